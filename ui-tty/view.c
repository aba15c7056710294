/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view.c - the frame of every page: the band that answers at a glance, the key
 * bar, and which page is between them.
 */
#include "ui-tty/view.h"

#include <string.h>
#include <time.h>

#include "core/base/text.h"
#include "core/tone.h"

/* Rows of the whole screen for a band of three, and of five. */
#define BAND_TALL_ROWS_MIN 20
#define BAND_HUGE_ROWS_MIN 40

const struct model_card *view_selected(const struct view *view)
{
	return *view->state->selected ? model_card_const(view->model, view->state->selected) : NULL;
}

/* A card that is gone cannot stay selected; then the one that needs somebody first, else the first.
 */
static void put_selection_right(struct view *view)
{
	const struct tank_model *model = view->model;
	const struct model_card *card = view_selected(view);
	const char *id = "";

	/* A yes that comes late must not be about another card. */
	if (view->state->box == BOX_CANCEL &&
		!(card && card->commands & COMMAND_BIT(COMMAND_CANCEL)))
		view->state->box = BOX_NONE;
	if (card)
		return;
	if (model->cards_count)
		id = model->cards[0].id;
	if (model_card_const(model, model->tank.next_card))
		id = model->tank.next_card;
	(void)text_format(view->state->selected, sizeof(view->state->selected), "%s", id);
}

enum key_place view_place(const struct view_state *state)
{
	if (state->box == BOX_POWER)
		return KEYS_POWER;
	if (state->box != BOX_NONE)
		return KEYS_QUESTION;
	return state->page == PAGE_MAIN ? KEYS_MAIN : KEYS_PAGE;
}

/* --- the mouse --- */

static struct view_spot *add_spot(struct view *view)
{
	return view->spots_count < VIEW_SPOTS_MAX ? &view->spots[view->spots_count++] : NULL;
}

void view_add_spot(struct view *view, int row, int column, int columns, const struct key *key)
{
	struct view_spot *spot = add_spot(view);

	if (spot)
		*spot = (struct view_spot){.row = row,
			.column = column,
			.rows = 1,
			.columns = columns,
			.action = key->action,
			.key = key->key};
}

void view_add_card_spot(struct view *view, int row, int rows, const char *card_id)
{
	struct view_spot *spot = add_spot(view);

	if (!spot)
		return;
	*spot = (struct view_spot){
		.row = row, .rows = rows, .columns = view->grid->columns, .action = ACTION_CARD};
	(void)text_format(spot->card, sizeof(spot->card), "%s", card_id);
}

/* The last one drawn lies on top. */
const struct view_spot *view_spot_at(const struct view *view, int row, int column)
{
	for (size_t i = view->spots_count; i > 0; i--) {
		const struct view_spot *spot = &view->spots[i - 1];

		if (row >= spot->row && row < spot->row + spot->rows && column >= spot->column &&
			column < spot->column + spot->columns)
			return spot;
	}
	return NULL;
}

/* --- parts of every page --- */

void view_time(const struct tank_model *model, int64_t time_s, char *out, size_t out_bytes)
{
	time_t when = (time_t)time_s, now = (time_t)model->time_s;
	struct tm then, today;

	*out = '\0';
	if (time_s == 0 || !localtime_r(&when, &then))
		return;
	if (localtime_r(&now, &today) && then.tm_year == today.tm_year &&
		then.tm_yday == today.tm_yday)
		(void)strftime(out, out_bytes, "%H:%M", &then);
	else
		(void)strftime(out, out_bytes, "%d %b", &then);
}

int view_draw_band(struct view *view, int row, int rows_max)
{
	const struct tank_model *model = view->model;
	struct grid *grid = view->grid;
	int rows = grid->rows >= BAND_HUGE_ROWS_MIN && rows_max >= 5 ? 5
		: grid->rows >= BAND_TALL_ROWS_MIN && rows_max >= 3  ? 3
								     : 1;
	int text_row = row + rows / 2;
	enum theme_role role = theme_band(tone_of_tank(model));

	grid_fill(grid, row, 0, rows, grid->columns, role);
	if (grid->columns >= 60)
		(void)grid_put_right(grid, text_row, grid->columns - 2, 12, role, "imgtank");
	(void)grid_put(grid, text_row, 2, grid->columns - (grid->columns >= 60 ? 14 : 3), role,
		model->tank.headline);
	return rows;
}

static bool is_fixed_key(const struct key *key)
{
	return key->action == ACTION_HELP || key->action == ACTION_QUIT ||
		key->action == ACTION_BACK;
}

/* Does it stand in the bar of this place now? */
static bool is_in_bar(const struct view *view, const struct key *key, enum key_place place)
{
	return key->is_in_bar && key->places & place &&
		!(place == KEYS_PAGE && key->action == ACTION_HELP) &&
		keys_is_offered(key, view->model, view_selected(view));
}

static int key_columns(const struct key *key)
{
	return (int)(strlen(key->shown) + strlen(key->label)) + 3;
}

static void draw_key(struct view *view, int row, int column, const struct key *key)
{
	view_add_spot(view, row, column, key_columns(key), key);
	column += grid_put(view->grid, row, column, 1, ROLE_KEY, " ");
	column += grid_put(view->grid, row, column, 8, ROLE_KEY, key->shown);
	column += grid_put(view->grid, row, column, 1, ROLE_NORMAL, " ");
	(void)grid_put(view->grid, row, column, 16, ROLE_KEY_LABEL, key->label);
}

/* In this order keys get a place: the one sensible thing, other commands, all else. */
static bool is_in_pass(const struct view *view, const struct key *key, int pass)
{
	bool is_next =
		key->command != COMMAND_NONE && key->command == view->model->tank.next_command;
	bool is_command = key->command != COMMAND_NONE;

	return pass == 0 ? is_next : pass == 1 ? is_command && !is_next : !is_command;
}

/* What is of use first; "?" and "q" at the right end, always. */
void view_draw_key_bar(struct view *view, int row)
{
	enum key_place place = view->state->page == PAGE_MAIN ? KEYS_MAIN : KEYS_PAGE;
	int end = view->grid->columns - 1, column = 1;
	const struct key *key;

	grid_fill(view->grid, row, 0, 1, view->grid->columns, ROLE_NORMAL);
	for (size_t i = 0; (key = keys_at(i)); i++)
		if (is_fixed_key(key) && is_in_bar(view, key, place)) {
			end -= key_columns(key);
			draw_key(view, row, end, key);
		}
	for (int pass = 0; pass < 3; pass++)
		for (size_t i = 0; (key = keys_at(i)); i++) {
			if (is_fixed_key(key) || !is_in_bar(view, key, place) ||
				!is_in_pass(view, key, pass) || column + key_columns(key) > end + 1)
				continue;
			draw_key(view, row, column, key);
			column += key_columns(key) + 1;
		}
}

static void draw_flash(struct view *view, int row)
{
	enum theme_role role = view->state->is_flash_bad ? ROLE_BAD : ROLE_STRONG;
	int columns = view->grid->columns - 2;
	int rows = grid_wrapped_rows(view->grid, columns, view->state->flash);

	if (rows > 3)
		rows = 3;
	grid_fill(view->grid, row - rows + 1, 0, rows, view->grid->columns, ROLE_NORMAL);
	(void)grid_put_wrapped(
		view->grid, row - rows + 1, 1, columns, rows, role, view->state->flash);
}

static void draw_too_small(struct view *view)
{
	struct grid *grid = view->grid;

	(void)grid_put_wrapped(grid, 0, 0, grid->columns, grid->rows - 1,
		theme_text(tone_of_tank(view->model)), view->model->tank.headline);
	if (grid->rows > 2)
		(void)grid_put(grid, grid->rows - 1, 0, grid->columns, ROLE_QUIET,
			"A larger window shows more.");
}

void view_draw(struct view *view)
{
	struct grid *grid = view->grid;

	view->spots_count = 0;
	put_selection_right(view);
	grid_fill(grid, 0, 0, grid->rows, grid->columns, ROLE_NORMAL);
	if (grid->rows < VIEW_ROWS_MIN || grid->columns < VIEW_COLUMNS_MIN) {
		draw_too_small(view);
		return;
	}
	if (view->state->page == PAGE_CARD && !view_selected(view))
		view->state->page = PAGE_MAIN;
	if (view->state->page == PAGE_CONNECT && !model_access_is_there(&view->model->access))
		view->state->page = PAGE_MAIN;
	switch (view->state->page) {
	case PAGE_CARD:
		view_draw_card_page(view);
		break;
	case PAGE_HISTORY:
		view_draw_history_page(view);
		break;
	case PAGE_HELP:
		view_draw_help_page(view);
		break;
	case PAGE_CONNECT:
		view_draw_connect_page(view);
		break;
	default:
		view_draw_main(view);
	}
	view_draw_key_bar(view, grid->rows - 1);
	if (*view->state->flash)
		draw_flash(view, grid->rows - 2);
	if (view->state->box != BOX_NONE) {
		view->spots_count = 0; /* what lies behind it cannot be pointed at */
		view_draw_box(view);
	}
}
