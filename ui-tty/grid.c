/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-tty/grid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "core/base/text.h"

/* One character of a text as a cell would show it. */
struct glyph {
	char text[GRID_CELL_BYTES];
	int width; /* 0: it belongs to the character before it */
	size_t length; /* of what it was made of */
};

static int clamp(int value, int low, int high)
{
	return value < low ? low : value > high ? high : value;
}

int grid_resize(struct grid *grid, int rows, int columns)
{
	struct grid_cell *cells;

	rows = clamp(rows, 1, GRID_ROWS_MAX);
	columns = clamp(columns, 1, GRID_COLUMNS_MAX);
	cells = calloc((size_t)rows * (size_t)columns, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	free(grid->cells);
	grid->cells = cells;
	grid->rows = rows;
	grid->columns = columns;
	grid_fill(grid, 0, 0, rows, columns, ROLE_NORMAL);
	return 0;
}

void grid_finish(struct grid *grid)
{
	free(grid->cells);
	grid->cells = NULL;
}

static struct grid_cell *cell_at(struct grid *grid, int row, int column)
{
	if (row < 0 || column < 0 || row >= grid->rows || column >= grid->columns)
		return NULL;
	return &grid->cells[row * grid->columns + column];
}

const struct grid_cell *grid_at(const struct grid *grid, int row, int column)
{
	if (row < 0 || column < 0 || row >= grid->rows || column >= grid->columns)
		return NULL;
	return &grid->cells[row * grid->columns + column];
}

static void set_cell(
	struct grid *grid, int row, int column, enum theme_role role, const char *text, int width)
{
	struct grid_cell *cell = cell_at(grid, row, column);

	if (!cell)
		return;
	(void)text_format(cell->text, sizeof(cell->text), "%s", text);
	cell->width = (unsigned char)width;
	cell->role = (unsigned char)role;
}

/* A wide character whose half is written over must not stay half. */
static void part_wide(struct grid *grid, int row, int column)
{
	struct grid_cell *cell = cell_at(grid, row, column);

	if (cell && cell->width == 0)
		set_cell(grid, row, column - 1, cell->role, " ", 1);
	if (cell && cell->width == 2)
		set_cell(grid, row, column + 1, cell->role, " ", 1);
}

void grid_fill(struct grid *grid, int row, int column, int rows, int columns, enum theme_role role)
{
	for (int y = row; y < row + rows; y++) {
		part_wide(grid, y, column);
		part_wide(grid, y, column + columns - 1);
		for (int x = column; x < column + columns; x++)
			set_cell(grid, y, x, role, " ", 1);
	}
}

/* --- characters --- */

static bool set_plain(struct glyph *glyph, const char *text, size_t length)
{
	(void)snprintf(glyph->text, sizeof(glyph->text), "%s", text);
	glyph->width = (int)strlen(text);
	glyph->length = length;
	return true;
}

/* The few signs that our own words use; all else that is not ASCII is a '?' there. */
static const char *ascii_for(const char *s, size_t length)
{
	static const char *const signs[][2] = {
		{"…", "~"}, {"–", "-"}, {"—", "-"}, {"·", "-"}, {"×", "x"}, {"•", "*"}};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (!strncmp(s, signs[i][0], length))
			return signs[i][1];
	return "?";
}

/* The next character. False at the end of the text. */
static bool next_glyph(const struct grid *grid, const char *s, struct glyph *glyph)
{
	size_t length =
		*s == '\\' ? 1 : text_safe_length(s); /* it is there since text was escaped */
	wchar_t wide = 0;
	mbstate_t state = {0};
	int width;

	if (!*s)
		return false;
	if (length == 0) {
		length = text_utf8_length(s);
		return set_plain(glyph, "?", length ? length : 1);
	}
	if (grid->is_ascii && length > 1)
		return set_plain(glyph, ascii_for(s, length), length);
	if (length > 1 && mbrtowc(&wide, s, length, &state) != length)
		return set_plain(glyph, "?", length);
	width = length == 1 ? 1 : wcwidth(wide);
	if (width < 0)
		return set_plain(glyph, "?", length);
	memcpy(glyph->text, s, length);
	glyph->text[length] = '\0';
	glyph->width = width;
	glyph->length = length;
	return true;
}

int grid_text_columns(const struct grid *grid, const char *text)
{
	struct glyph glyph;
	int columns = 0;

	for (; next_glyph(grid, text, &glyph); text += glyph.length)
		columns += glyph.width;
	return columns;
}

/* Bytes of the longest beginning that fits into columns. */
static size_t fitting_bytes(const struct grid *grid, const char *text, int columns)
{
	struct glyph glyph;
	size_t bytes = 0;
	int used = 0;

	while (next_glyph(grid, text + bytes, &glyph) && used + glyph.width <= columns) {
		used += glyph.width;
		bytes += glyph.length;
	}
	return bytes;
}

/* A mark goes to the character before it as long as there is room in its cell. */
static void add_mark(struct grid *grid, int row, int column, const struct glyph *glyph)
{
	struct grid_cell *cell = cell_at(grid, row, column - 1);

	if (cell && cell->width == 0)
		cell = cell_at(grid, row, column - 2);
	if (cell && strlen(cell->text) + strlen(glyph->text) < sizeof(cell->text))
		strcat(cell->text, glyph->text);
}

static int put_bytes(struct grid *grid, int row, int column, enum theme_role role, const char *text,
	size_t bytes)
{
	const char *end = text + bytes;
	struct glyph glyph;
	int used = 0;

	for (; text < end && next_glyph(grid, text, &glyph); text += glyph.length) {
		int x = column + used;

		if (glyph.width == 0) {
			add_mark(grid, row, x, &glyph);
			continue;
		}
		part_wide(grid, row, x);
		if (glyph.width == 2) {
			part_wide(grid, row, x + 1);
			if (x + 1 >= grid->columns)
				break;
			set_cell(grid, row, x + 1, role, "", 0);
		}
		set_cell(grid, row, x, role, glyph.text, glyph.width);
		used += glyph.width;
	}
	return used;
}

static const char *ellipsis(const struct grid *grid)
{
	return grid->is_ascii ? "~" : "…";
}

int grid_put(struct grid *grid, int row, int column, int columns_max, enum theme_role role,
	const char *text)
{
	size_t bytes;
	int used;

	if (columns_max > grid->columns - column)
		columns_max = grid->columns - column;
	if (columns_max <= 0)
		return 0;
	bytes = fitting_bytes(grid, text, columns_max);
	if (!text[bytes])
		return put_bytes(grid, row, column, role, text, bytes);
	bytes = fitting_bytes(grid, text, columns_max - 1);
	used = put_bytes(grid, row, column, role, text, bytes);
	return used + put_bytes(grid, row, column + used, role, ellipsis(grid), 3);
}

int grid_put_end(struct grid *grid, int row, int column, int columns_max, enum theme_role role,
	const char *text)
{
	struct glyph glyph;
	int used;

	if (columns_max > grid->columns - column)
		columns_max = grid->columns - column;
	if (grid_text_columns(grid, text) <= columns_max || columns_max <= 1)
		return grid_put(grid, row, column, columns_max, role, text);
	while (grid_text_columns(grid, text) > columns_max - 1 && next_glyph(grid, text, &glyph))
		text += glyph.length;
	used = put_bytes(grid, row, column, role, ellipsis(grid), 3);
	return used + grid_put(grid, row, column + used, columns_max - used, role, text);
}

int grid_put_right(struct grid *grid, int row, int column, int columns_max, enum theme_role role,
	const char *text)
{
	int columns = grid_text_columns(grid, text);

	if (columns > columns_max)
		columns = columns_max;
	return grid_put(grid, row, column - columns, columns, role, text);
}

/* --- lines --- */

/* Bytes of the next line; *next: where the one behind it begins. */
static size_t next_line(const struct grid *grid, const char *text, int columns, const char **next)
{
	size_t fits = fitting_bytes(grid, text, columns), cut = fits;

	if (text[fits] && fits > 0) {
		while (cut > 0 && text[cut] != ' ')
			cut--;
		if (cut == 0)
			cut = fits; /* a word longer than a line */
	}
	*next = text + cut;
	if (cut == 0 && *text) /* not even one character fits */
		*next = text + strlen(text);
	while (**next == ' ')
		(*next)++;
	return cut;
}

int grid_wrapped_rows(const struct grid *grid, int columns_max, const char *text)
{
	int rows = 0;

	while (*text && columns_max > 0) {
		(void)next_line(grid, text, columns_max, &text);
		rows++;
	}
	return rows;
}

int grid_put_wrapped(struct grid *grid, int row, int column, int columns_max, int rows_max,
	enum theme_role role, const char *text)
{
	int rows = 0;

	if (columns_max > grid->columns - column)
		columns_max = grid->columns - column;
	while (*text && rows < rows_max && columns_max > 0) {
		const char *next;
		size_t bytes = next_line(grid, text, columns_max, &next);

		if (rows + 1 == rows_max && *next)
			(void)grid_put(grid, row + rows, column, columns_max, role, text);
		else
			(void)put_bytes(grid, row + rows, column, role, text, bytes);
		text = next;
		rows++;
	}
	return rows;
}

/* --- shapes --- */

void grid_put_bar(struct grid *grid, int row, int column, int columns, unsigned int permille,
	enum theme_role full, enum theme_role empty)
{
	const char *full_sign = grid->is_ascii ? "#" : "█", *rest_sign = grid->is_ascii ? "-" : "░";
	int filled;

	if (permille > 1000)
		permille = 1000;
	filled = (int)((unsigned int)columns * permille / 1000);
	if (filled == 0 && permille > 0)
		filled = 1; /* begun is to be seen */
	for (int i = 0; i < columns; i++) {
		part_wide(grid, row, column + i);
		set_cell(grid, row, column + i, i < filled ? full : empty,
			i < filled ? full_sign : rest_sign, 1);
	}
}

void grid_put_rule(struct grid *grid, int row, int column, int columns, enum theme_role role)
{
	for (int i = 0; i < columns; i++)
		set_cell(grid, row, column + i, role, grid->is_ascii ? "-" : "─", 1);
}

void grid_put_frame(
	struct grid *grid, int row, int column, int rows, int columns, enum theme_role role)
{
	static const char *const lines[] = {"┌", "┐", "└", "┘", "│"};
	const bool is_ascii = grid->is_ascii;
	int right = column + columns - 1, bottom = row + rows - 1;

	grid_fill(grid, row, column, rows, columns, role);
	grid_put_rule(grid, row, column, columns, role);
	grid_put_rule(grid, bottom, column, columns, role);
	for (int y = row + 1; y < bottom; y++) {
		set_cell(grid, y, column, role, is_ascii ? "|" : lines[4], 1);
		set_cell(grid, y, right, role, is_ascii ? "|" : lines[4], 1);
	}
	set_cell(grid, row, column, role, is_ascii ? "+" : lines[0], 1);
	set_cell(grid, row, right, role, is_ascii ? "+" : lines[1], 1);
	set_cell(grid, bottom, column, role, is_ascii ? "+" : lines[2], 1);
	set_cell(grid, bottom, right, role, is_ascii ? "+" : lines[3], 1);
}

void grid_print(const struct grid *grid, FILE *out)
{
	for (int row = 0; row < grid->rows; row++) {
		int end = grid->columns;

		while (end > 0 && !strcmp(grid_at(grid, row, end - 1)->text, " "))
			end--;
		for (int column = 0; column < end; column++)
			(void)fputs(grid_at(grid, row, column)->text, out);
		(void)fputc('\n', out);
	}
}
