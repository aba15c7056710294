/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view.h - what is to be seen: draws the model into a grid. Pure: the same model,
 * state and size always give the same cells.
 */
#ifndef IMGTANK_UI_TTY_VIEW_H
#define IMGTANK_UI_TTY_VIEW_H

#include "core/model.h"
#include "ui-tty/grid.h"
#include "ui-tty/keys.h"

#define VIEW_SPOTS_MAX 64
#define VIEW_ROWS_MIN 8
#define VIEW_COLUMNS_MIN 30

enum view_page { PAGE_MAIN, PAGE_CARD, PAGE_HISTORY, PAGE_HELP, PAGE_CONNECT };

enum view_box { BOX_NONE, BOX_CANCEL, BOX_POWER, BOX_SHUTDOWN, BOX_RESTART };

/* What the person in front of it did, and nothing of the tank. */
struct view_state {
	enum view_page page;
	enum view_box box;
	bool is_busy_told; /* the box says that a card is being copied: a yes insists on that */
	char selected[MODEL_ID_BYTES]; /* a card, or "" */
	int scroll; /* first row of a page */
	bool is_at_page; /* PAGE_CONNECT: past the Wi-Fi */
	char flash[MODEL_TEXT_BYTES]; /* what a command was answered, or "" */
	bool is_flash_bad;
};

/* A place where the mouse does what a key does. */
struct view_spot {
	int row, column, rows, columns;
	enum action action;
	int key; /* as if it was pressed; KEY_CODE_NONE for ACTION_CARD */
	char card[MODEL_ID_BYTES]; /* with ACTION_CARD */
};

struct view {
	struct grid *grid; /* borrowed */
	const struct tank_model *model; /* borrowed */
	struct view_state *state; /* borrowed; selected and scroll are put right */
	size_t spots_count;
	struct view_spot spots[VIEW_SPOTS_MAX];
};

/* Draws everything anew. */
void view_draw(struct view *view);

/* The selected card, borrowed from the model, or NULL: there is none. */
const struct model_card *view_selected(const struct view *view);

/* Where keys go now. */
enum key_place view_place(const struct view_state *state);

/* The spot under a cell, or NULL. */
const struct view_spot *view_spot_at(const struct view *view, int row, int column);

/* --- for the views themselves --- */

void view_add_spot(struct view *view, int row, int column, int columns, const struct key *key);
void view_add_card_spot(struct view *view, int row, int rows, const char *card_id);

/* Each draws its part of the screen: rows from row on. Those with a count return the rows used. */
int view_draw_band(struct view *view, int row, int rows_max);
void view_draw_main(struct view *view);
void view_draw_card_page(struct view *view);
void view_draw_history_page(struct view *view);
void view_draw_help_page(struct view *view);
void view_draw_connect_page(struct view *view);
int view_draw_messages(struct view *view, int row, int rows_max);
int view_draw_imports(struct view *view, int row, int rows_max);
void view_draw_key_bar(struct view *view, int row);
void view_draw_box(struct view *view);

/* "14:05", or "12 May" of another day than the model's; "" without a trusted clock. */
void view_time(const struct tank_model *model, int64_t time_s, char *out, size_t out_bytes);

#endif
