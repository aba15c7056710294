/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_main.c - the first screen: what is the matter, the cards, the tank, what happened.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/summary.h"
#include "core/tone.h"
#include "ui-tty/view.h"

#define BAR_COLUMNS_MAX 60
#define WIDE_COLUMNS 60 /* from here on there is room for more in a line */

/* --- a card --- */

/* "45 %   312 of 710 files   84.0 MB/s   1 min 10 s left": as much of it as there is room for. */
static void draw_numbers(struct view *view, const struct model_card *card, int row, int column)
{
	uint32_t done = card->counts.files_known + card->counts.files_copied;
	bool is_busy = card_state_is_busy(card->state);
	int end = view->grid->columns - 1;
	char text[64], number[32];

	if (card->counts.files_selected) {
		(void)snprintf(text, sizeof(text), "%" PRIu32 " of %" PRIu32 " files", done,
			card->counts.files_selected);
		column += grid_put(view->grid, row, column, end - column, ROLE_NORMAL, text) + 2;
	}
	if (is_busy && card->rate_bytes_per_s && column < end - 10) {
		text_size(card->rate_bytes_per_s, number, sizeof(number));
		(void)snprintf(text, sizeof(text), "%s/s", number);
		column += grid_put(view->grid, row, column, end - column, ROLE_NORMAL, text) + 2;
	}
	if (is_busy && card->eta_s != EVENT_ETA_UNKNOWN && column < end - 12) {
		text_duration(card->eta_s, number, sizeof(number));
		(void)snprintf(text, sizeof(text), "%s left", number);
		(void)grid_put(view->grid, row, column, end - column, ROLE_STRONG, text);
	}
}

static void draw_bar_row(struct view *view, const struct model_card *card, int row)
{
	int columns = view->grid->columns / 3, column = 3;
	char percent[16];

	if (columns > BAR_COLUMNS_MAX)
		columns = BAR_COLUMNS_MAX;
	grid_put_bar(view->grid, row, column, columns, card->progress_permille,
		theme_bar(tone_of_card(card)), ROLE_BAR_REST);
	column += columns + 1;
	(void)snprintf(percent, sizeof(percent), "%3" PRIu32 " %%", card->progress_permille / 10);
	column += grid_put(view->grid, row, column, 6, ROLE_STRONG, percent) + 2;
	draw_numbers(view, card, row, column);
}

/* The name at the left, what is the matter at the right: neither is ever cut for the camera's. */
static void draw_title_row(struct view *view, const struct model_card *card, int row)
{
	struct grid *grid = view->grid;
	bool is_selected = view->model->cards_count > 1 && view_selected(view) == card;
	int end = grid->columns - 1, column = 1, headline;

	if (is_selected)
		grid_fill(grid, row, 0, 1, grid->columns, ROLE_SELECTED);
	(void)grid_put(grid, row, column, 1, is_selected ? ROLE_SELECTED : ROLE_QUIET,
		is_selected ? ">" : " ");
	headline = grid_put_right(grid, row, end, (end - 3) * 2 / 3,
		is_selected ? ROLE_SELECTED : theme_text(tone_of_card(card)), card->headline);
	end -= headline + 2;
	column = 3 +
		grid_put(grid, row, 3, end - 3, is_selected ? ROLE_SELECTED : ROLE_STRONG,
			card->label);
	if (*card->camera && end - column > 8)
		(void)grid_put(grid, row, column + 2, end - column - 2,
			is_selected ? ROLE_SELECTED : ROLE_QUIET, card->camera);
}

/* The only card's words stand above already, as the tank's. */
static bool is_said(const struct view *view, const struct model_card *card)
{
	return strstr(view->model->tank.detail, card->detail) != NULL;
}

static int wants_bar(const struct model_card *card)
{
	return card->progress_permille > 0 || card_state_is_busy(card->state);
}

/* Rows of a card when there is room, and when there is little. */
static int rows_of(const struct view *view, const struct model_card *card, bool is_short)
{
	int columns = view->grid->columns - 4, rows = 1 + wants_bar(card);

	if (is_short)
		return rows + 1;
	if (!is_said(view, card))
		rows += grid_wrapped_rows(view->grid, columns, card->detail);
	return rows + (*card->removal != '\0') + (*card->file != '\0');
}

static int draw_card(
	struct view *view, const struct model_card *card, int row, int rows_max, bool is_short)
{
	struct grid *grid = view->grid;
	int columns = grid->columns - 4, used = 0;
	enum theme_role role = theme_text(tone_of_card(card));

	draw_title_row(view, card, row + used++);
	if (wants_bar(card) && used < rows_max)
		draw_bar_row(view, card, row + used++);
	if (*card->removal && used < rows_max)
		(void)grid_put(grid, row + used++, 3, columns, role, card->removal);
	if (is_short)
		return used;
	if (*card->file && used < rows_max)
		(void)grid_put_end(grid, row + used++, 3, columns, ROLE_QUIET, card->file);
	if (used < rows_max && !is_said(view, card))
		used += grid_put_wrapped(
			grid, row + used, 3, columns, rows_max - used, ROLE_NORMAL, card->detail);
	return used;
}

static int rows_of_all(const struct view *view, bool is_short)
{
	int rows = 0;

	for (uint32_t i = 0; i < view->model->cards_count; i++)
		rows += rows_of(view, &view->model->cards[i], is_short) + !is_short;
	return rows;
}

/* The first card to draw, so that the selected one is among those that fit. */
static uint32_t first_card(const struct view *view, int rows, bool is_short)
{
	const struct model_card *cards = view->model->cards, *selected = view_selected(view);
	uint32_t first = selected ? (uint32_t)(selected - cards) : 0;
	int used = selected ? rows_of(view, selected, is_short) : 0;

	while (first > 0) {
		used += rows_of(view, &cards[first - 1], is_short) + !is_short;
		if (used >= rows)
			break;
		first--;
	}
	return first;
}

/* Returns the rows used. */
static int draw_cards(struct view *view, int row, int rows_max)
{
	bool is_short = rows_of_all(view, false) > rows_max;
	uint32_t first = first_card(view, rows_max - 1, is_short), i;
	int used = 0;
	char more[64];

	for (i = first; i < view->model->cards_count && used < rows_max; i++) {
		const struct model_card *card = &view->model->cards[i];
		int rows = rows_of(view, card, is_short);
		bool is_last = i + 1 == view->model->cards_count;

		/* One row stays for saying that there are more. */
		if (used > 0 && used + rows + (is_last ? 0 : 1) > rows_max)
			break;
		view_add_card_spot(view, row + used, rows, card->id);
		used += draw_card(view, card, row + used, rows_max - used, is_short) + !is_short;
	}
	if (i < view->model->cards_count || first > 0) {
		(void)snprintf(more, sizeof(more), "%" PRIu32 " more card%s: up and down",
			view->model->cards_count - (i - first),
			view->model->cards_count - (i - first) == 1 ? "" : "s");
		if (used >= rows_max)
			used = rows_max - 1;
		grid_fill(view->grid, row + used, 0, 1, view->grid->columns, ROLE_NORMAL);
		(void)grid_put(
			view->grid, row + used++, 3, view->grid->columns - 4, ROLE_QUIET, more);
	}
	return used < rows_max ? used : rows_max;
}

/* --- the tank --- */

static void draw_tank(struct view *view, int row)
{
	const struct model_tank *tank = &view->model->tank;
	struct grid *grid = view->grid;
	int column = 3, end = grid->columns - 1, bar = grid->columns / 3;
	char text[96], free_size[24], total_size[24];

	if (tank->total_bytes == 0) {
		(void)grid_put(grid, row, column, end - column, ROLE_QUIET, "Tank: no disk");
		return;
	}
	if (bar > BAR_COLUMNS_MAX)
		bar = BAR_COLUMNS_MAX;
	grid_put_bar(grid, row, column, bar,
		(unsigned int)((double)(tank->total_bytes - tank->free_bytes) * 1000.0 /
			(double)tank->total_bytes),
		ROLE_BAR_REST, ROLE_BAR_REST);
	column += bar + 1;
	text_size(tank->free_bytes, free_size, sizeof(free_size));
	text_size(tank->total_bytes, total_size, sizeof(total_size));
	(void)snprintf(text, sizeof(text), "%s free", free_size);
	column += grid_put(grid, row, column, end - column, ROLE_STRONG, text);
	(void)snprintf(text, sizeof(text), " of %s", total_size);
	column += grid_put(grid, row, column, end - column, ROLE_NORMAL, text) + 2;
	if (grid->columns >= WIDE_COLUMNS && *tank->disk_label)
		(void)grid_put(grid, row, column, end - column, ROLE_QUIET, tank->disk_label);
}

static int draw_title(struct view *view, int row, const char *title)
{
	(void)grid_put(view->grid, row, 1, view->grid->columns - 2, ROLE_TITLE, title);
	return 1;
}

/* --- all together --- */

/* From the bottom up: keys, the tank, and then what is left is for cards and for what happened. */
void view_draw_main(struct view *view)
{
	struct grid *grid = view->grid;
	const struct model_tank *tank = &view->model->tank;
	bool is_roomy = grid->rows >= 20;
	int bottom = grid->rows - 1, row = view_draw_band(view, 0, grid->rows / 4), rows, below;

	rows = grid_wrapped_rows(grid, grid->columns - 4, tank->detail);
	if (is_roomy)
		row++;
	row += grid_put_wrapped(grid, row, 2, grid->columns - 4,
		rows < grid->rows / 3 ? rows : grid->rows / 3, ROLE_NORMAL, tank->detail);
	if (is_roomy || view->model->cards_count == 0)
		row++;
	bottom -= 1 + is_roomy * 2;
	if (view->model->connection == CONNECTION_UP) {
		if (is_roomy)
			(void)draw_title(view, bottom, "Tank");
		draw_tank(view, bottom + is_roomy);
	}
	below = view->model->cards_count ? bottom - row : 0;
	if (below > 0)
		row += draw_cards(view, row, below);
	if (bottom - row >= 3 && view->model->messages_count) {
		row += draw_title(view, row, "Messages");
		row += view_draw_messages(view, row, (bottom - row - 1) > 6 ? 6 : bottom - row - 1);
		row++;
	}
	if (bottom - row >= 3 && view->model->history_count) {
		row += draw_title(view, row, "Earlier imports");
		(void)view_draw_imports(view, row, bottom - row - 1);
	}
}
