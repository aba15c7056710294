/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-tty/svg.h"

#include <string.h>

#define CELL_WIDTH 8
#define CELL_HEIGHT 17
#define BASELINE 13
#define MARGIN 10
#define SCREEN_COLOUR "#16181c"

static bool is_same_run(const struct grid *grid, int row, int from, int to)
{
	return to < grid->columns && grid_at(grid, row, from)->role == grid_at(grid, row, to)->role;
}

static void print_background(
	FILE *out, int row, int column, int columns, const struct theme_colours *colours)
{
	if (colours->background < 0)
		return;
	(void)fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n",
		MARGIN + column * CELL_WIDTH, MARGIN + row * CELL_HEIGHT, columns * CELL_WIDTH,
		CELL_HEIGHT, theme_hex(colours->background));
}

static void print_character(FILE *out, const char *text)
{
	static const char *const names[][2] = {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(text, names[i][0])) {
			(void)fputs(names[i][1], out);
			return;
		}
	(void)fputs(text, out);
}

/* A full cell is a rectangle: a font's block may leave gaps. */
static bool print_block(FILE *out, const struct grid_cell *cell, int row, int column)
{
	struct theme_colours colours = theme_colours((enum theme_role)cell->role, 256);
	bool is_full = !strcmp(cell->text, "█");

	if (!is_full && strcmp(cell->text, "░") != 0)
		return false;
	(void)fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n",
		MARGIN + column * CELL_WIDTH, MARGIN + row * CELL_HEIGHT + 3, CELL_WIDTH,
		CELL_HEIGHT - 6, theme_hex(is_full ? colours.foreground : 238));
	return true;
}

static void print_run(const struct grid *grid, FILE *out, int row, int column, int columns)
{
	struct theme_colours colours =
		theme_colours((enum theme_role)grid_at(grid, row, column)->role, 256);
	bool is_open = false;

	print_background(out, row, column, columns, &colours);
	for (int x = column; x < column + columns; x++) {
		const struct grid_cell *cell = grid_at(grid, row, x);

		if (print_block(out, cell, row, x) || !strcmp(cell->text, " ") ||
			cell->width == 0) {
			if (is_open)
				(void)fputs("</text>\n", out);
			is_open = false;
			continue;
		}
		if (!is_open)
			(void)fprintf(out, "<text x=\"%d\" y=\"%d\" fill=\"%s\"%s>",
				MARGIN + x * CELL_WIDTH, MARGIN + row * CELL_HEIGHT + BASELINE,
				theme_hex(colours.foreground),
				colours.is_bold ? " font-weight=\"bold\"" : "");
		is_open = true;
		print_character(out, cell->text);
	}
	if (is_open)
		(void)fputs("</text>\n", out);
}

void svg_print(const struct grid *grid, FILE *out)
{
	int width = grid->columns * CELL_WIDTH + 2 * MARGIN;
	int height = grid->rows * CELL_HEIGHT + 2 * MARGIN;

	(void)fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
		"height=\"%d\" font-family=\"DejaVu Sans Mono, monospace\" font-size=\"13.3\">\n"
		"<rect width=\"%d\" height=\"%d\" rx=\"8\" fill=\"" SCREEN_COLOUR "\"/>\n",
		width, height, width, height, width, height);
	for (int row = 0; row < grid->rows; row++) {
		int from = 0;

		while (from < grid->columns) {
			int to = from + 1;

			while (is_same_run(grid, row, from, to))
				to++;
			print_run(grid, out, row, from, to - from);
			from = to;
		}
	}
	(void)fputs("</svg>\n", out);
}
