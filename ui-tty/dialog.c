/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dialog.c - boxes that ask before something is done.
 */
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "ui-tty/view.h"

#define BOX_COLUMNS_MAX 52

struct box {
	char title[MODEL_LABEL_BYTES + 32];
	char text[256];
	enum key_place place;
};

static void fill_box(const struct view *view, struct box *box)
{
	const struct model_card *card = view_selected(view);
	const char *busy = view->state->is_busy_told
		? "A card is being copied. What is finished stays; the rest is "
		  "copied when the card is put in again."
		: "The box ends in order. Wait until its lamps are off.";

	box->place = KEYS_QUESTION;
	switch (view->state->box) {
	case BOX_CANCEL:
		(void)snprintf(box->title, sizeof(box->title), "Stop copying %s?",
			card ? card->label : "this card");
		(void)snprintf(box->text, sizeof(box->text), "%s",
			"Finished files stay in the tank. Do not format the card: it has more.");
		break;
	case BOX_SHUTDOWN:
		(void)snprintf(box->title, sizeof(box->title), "Shut the box down?");
		(void)snprintf(box->text, sizeof(box->text), "%s", busy);
		break;
	case BOX_RESTART:
		(void)snprintf(box->title, sizeof(box->title), "Restart the box?");
		(void)snprintf(box->text, sizeof(box->text), "%s", busy);
		break;
	default:
		box->place = KEYS_POWER;
		(void)snprintf(box->title, sizeof(box->title), "Power");
		(void)snprintf(box->text, sizeof(box->text), "What shall the box do?");
	}
}

/* Each key once: "y Yes", not also "Esc No" beside "n No". */
static void draw_keys(struct view *view, enum key_place place, int row, int column, int gap)
{
	const struct key *key;
	enum action last = ACTION_NONE;

	for (size_t i = 0; (key = keys_at(i)); i++) {
		int x = column;

		if (!(key->places & place) || key->action == last)
			continue;
		if (key->command != COMMAND_NONE &&
			!(view->model->tank.commands & COMMAND_BIT(key->command)))
			continue;
		last = key->action;
		x += grid_put(view->grid, row, x, 1, ROLE_KEY, " ");
		x += grid_put(view->grid, row, x, 8, ROLE_KEY, key->shown);
		x += grid_put(view->grid, row, x, 1, ROLE_KEY, " ");
		x += grid_put(view->grid, row, x, 1, ROLE_BOX, " ");
		x += grid_put(view->grid, row, x, 16, ROLE_BOX, key->label);
		view_add_spot(view, row, column, x - column, key);
		column = x + gap;
	}
}

void view_draw_box(struct view *view)
{
	struct grid *grid = view->grid;
	int columns = grid->columns - 2 > BOX_COLUMNS_MAX ? BOX_COLUMNS_MAX : grid->columns - 2;
	int inner = columns - 4, rows, row, column;
	struct box box = {0};

	fill_box(view, &box);
	rows = grid_wrapped_rows(grid, inner, box.text);
	if (rows > grid->rows - 6)
		rows = grid->rows - 6;
	rows += 5;
	row = (grid->rows - rows) / 2;
	column = (grid->columns - columns) / 2;
	grid_put_frame(grid, row, column, rows, columns, ROLE_FRAME);
	grid_fill(grid, row + 1, column + 1, rows - 2, columns - 2, ROLE_BOX);
	(void)grid_put(grid, row + 1, column + 2, inner, ROLE_BOX, box.title);
	(void)grid_put_wrapped(grid, row + 2, column + 2, inner, rows - 5, ROLE_BOX, box.text);
	draw_keys(view, box.place, row + rows - 2, column + 1, columns < BOX_COLUMNS_MAX ? 1 : 2);
}
