/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_card.c - pages that scroll: all about one card, and the help.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/summary.h"
#include "core/tone.h"
#include "ui-tty/view.h"

/* Rows that are drawn one below the other, of which a window is to be seen. */
struct flow {
	struct view *view;
	int top, bottom; /* of the window */
	int row; /* of the next line, counted from the window's top; may lie outside */
};

static void add(struct flow *flow, int indent, enum theme_role role, const char *text)
{
	struct grid *grid = flow->view->grid;
	int columns = grid->columns - indent - 2;
	int rows = grid_wrapped_rows(grid, columns, text);
	struct grid line = {.is_ascii = grid->is_ascii};

	if (rows == 0 || grid_resize(&line, rows, grid->columns) < 0)
		return;
	(void)grid_put_wrapped(&line, 0, indent, columns, rows, role, text);
	for (int i = 0; i < rows; i++) {
		int row = flow->top + flow->row++;

		if (row >= flow->top && row < flow->bottom)
			memcpy(&grid->cells[row * grid->columns], &line.cells[i * grid->columns],
				sizeof(*line.cells) * (size_t)grid->columns);
	}
	grid_finish(&line);
}

static void gap(struct flow *flow)
{
	flow->row++;
}

/* Begins behind the band; scroll is put right when the page was drawn. */
static struct flow begin(struct view *view)
{
	int top = view_draw_band(view, 0, view->grid->rows / 4) + 1;

	return (struct flow){view, top, view->grid->rows - 1, -view->state->scroll};
}

/* True if it must be drawn again, because it was scrolled too far. */
static bool end(struct flow *flow)
{
	struct view_state *state = flow->view->state;
	int rows = flow->row + state->scroll, window = flow->bottom - flow->top;
	int last = rows > window ? rows - window : 0;
	bool is_wrong = state->scroll > last || state->scroll < 0;

	if (state->scroll > last)
		state->scroll = last;
	if (state->scroll < 0)
		state->scroll = 0;
	return is_wrong;
}

static void add_counts(struct flow *flow, const struct model_card *card)
{
	const struct import_counts *counts = &card->counts;
	char size[24], text[160];

	if (counts->files_selected == 0)
		return;
	text_size(counts->bytes_selected, size, sizeof(size));
	(void)snprintf(text, sizeof(text), "%" PRIu32 " pictures and films on the card, %s.",
		counts->files_selected, size);
	add(flow, 3, ROLE_NORMAL, text);
	(void)snprintf(text, sizeof(text),
		"%" PRIu32 " copied, %" PRIu32 " in the tank before, %" PRIu32
		" read back, %" PRIu32 " failed.",
		counts->files_copied, counts->files_known, counts->files_verified,
		counts->files_failed);
	add(flow, 3, ROLE_NORMAL, text);
	summary_left_out(card, text, sizeof(text));
	add(flow, 3, ROLE_NORMAL, text);
}

static void add_errors(struct flow *flow, const struct model_card *card)
{
	char text[64];

	for (uint32_t i = 0; i < card->errors_count; i++) {
		const struct fault_text *fault = fault_text(card->errors[i].fault);

		gap(flow);
		add(flow, 3, ROLE_BAD, card->errors[i].file);
		add(flow, 5, ROLE_NORMAL, fault->what);
		add(flow, 5, ROLE_NORMAL, fault->safe);
		add(flow, 5, ROLE_STRONG, fault->remedy);
	}
	if (card->errors_total > card->errors_count) {
		(void)snprintf(text, sizeof(text), "and %" PRIu32 " more.",
			card->errors_total - card->errors_count);
		gap(flow);
		add(flow, 3, ROLE_BAD, text);
	}
}

static void add_card(struct flow *flow, const struct model_card *card)
{
	enum theme_role role = theme_text(tone_of_card(card));
	char text[MODEL_LABEL_BYTES * 2 + 64], size[24];

	text_size(card->size_bytes, size, sizeof(size));
	(void)snprintf(text, sizeof(text), "%s%s%s", card->label, *card->camera ? "   " : "",
		card->camera);
	add(flow, 1, ROLE_STRONG, text);
	(void)snprintf(text, sizeof(text), "%s%s%s", card->slot,
		card->size_bytes && *card->slot ? ", " : "", card->size_bytes ? size : "");
	add(flow, 1, ROLE_QUIET, text);
	gap(flow);
	add(flow, 1, role, card->headline);
	add(flow, 1, role, card->removal);
	add(flow, 1, ROLE_NORMAL, card->detail);
	gap(flow);
	add_counts(flow, card);
	add_errors(flow, card);
}

void view_draw_card_page(struct view *view)
{
	struct flow flow = begin(view);

	add_card(&flow, view_selected(view));
	if (!end(&flow))
		return;
	grid_fill(
		view->grid, flow.top, 0, flow.bottom - flow.top, view->grid->columns, ROLE_NORMAL);
	flow = begin(view);
	add_card(&flow, view_selected(view));
}

static void add_help(struct flow *flow)
{
	const struct key *key;
	char text[128];

	add(flow, 1, ROLE_TITLE, "Keys");
	for (size_t i = 0; (key = keys_at(i)); i++) {
		if (!key->help ||
			(key->action == ACTION_CONNECT &&
				!keys_is_offered(key, flow->view->model, NULL)))
			continue;
		(void)snprintf(text, sizeof(text), "%-6s %s", key->shown, key->help);
		add(flow, 3, ROLE_NORMAL, text);
	}
	gap(flow);
	add(flow, 1, ROLE_TITLE, "What the words mean");
	add(flow, 3, ROLE_GOOD, "Safe to remove");
	add(flow, 5, ROLE_NORMAL, "Nothing uses the card any more. You may take it out.");
	add(flow, 3, ROLE_GOOD, "Safe to format");
	add(flow, 5, ROLE_NORMAL,
		"Every picture on the card is in the tank, and was read back from its disk and "
		"found equal.");
	add(flow, 3, ROLE_BAD, "Do not format");
	add(flow, 5, ROLE_NORMAL,
		"The card has something that the tank does not have. Enter shows what.");
	gap(flow);
	add(flow, 3, ROLE_NORMAL,
		"This screen only shows. Leaving it, or losing the connection to it, never "
		"touches a copy.");
}

void view_draw_help_page(struct view *view)
{
	struct flow flow = begin(view);

	add_help(&flow);
	if (!end(&flow))
		return;
	grid_fill(
		view->grid, flow.top, 0, flow.bottom - flow.top, view->grid->columns, ROLE_NORMAL);
	flow = begin(view);
	add_help(&flow);
}
