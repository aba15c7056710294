/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_list.c - what happened: messages, earlier imports, and the page of both.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/summary.h"
#include "core/tone.h"
#include "ui-tty/view.h"

#define TIME_COLUMNS 8

int view_draw_messages(struct view *view, int row, int rows_max)
{
	struct grid *grid = view->grid;
	int used = 0;

	for (uint32_t i = 0; i < view->model->messages_count && used < rows_max; i++) {
		const struct model_message *message = &view->model->messages[i];
		enum theme_role role = theme_text(tone_of_level(message->level));
		int column = 3, end = grid->columns - 1;
		char time[24];

		view_time(view->model, message->time_s, time, sizeof(time));
		if (*time) {
			(void)grid_put(grid, row + used, column, TIME_COLUMNS, ROLE_QUIET, time);
			column += TIME_COLUMNS;
		}
		if (*message->card &&
			strncmp(message->text, message->card, strlen(message->card)) != 0) {
			column += grid_put(grid, row + used, column, (end - column) / 3,
				ROLE_STRONG, message->card);
			column += grid_put(grid, row + used, column, 2, ROLE_NORMAL, ": ");
		}
		(void)grid_put(grid, row + used, column, end - column, role, message->text);
		used++;
	}
	return used;
}

int view_draw_imports(struct view *view, int row, int rows_max)
{
	struct grid *grid = view->grid;
	int used = 0;

	for (uint32_t i = 0; i < view->model->history_count && used < rows_max; i++) {
		const struct model_import *import = &view->model->history[i];
		int column = 3, end = grid->columns - 1;
		char text[MODEL_TEXT_BYTES];

		view_time(view->model, import->time_s, text, sizeof(text));
		if (*text) {
			(void)grid_put(grid, row + used, column, TIME_COLUMNS, ROLE_QUIET, text);
			column += TIME_COLUMNS;
		}
		column += grid_put(
			grid, row + used, column, (end - column) / 3, ROLE_STRONG, import->card);
		column += grid_put(grid, row + used, column, 2, ROLE_NORMAL, ": ");
		summary_verdict(import->verdict, &import->counts, text, sizeof(text));
		(void)grid_put(grid, row + used, column, end - column,
			theme_text(tone_of_verdict(import->verdict)), text);
		used++;
	}
	return used;
}

void view_draw_history_page(struct view *view)
{
	struct grid *grid = view->grid;
	int row = view_draw_band(view, 0, grid->rows / 4) + 1, bottom = grid->rows - 1;
	int half = row + (bottom - row) / 2;

	(void)grid_put(grid, row++, 1, grid->columns - 2, ROLE_TITLE, "Earlier imports");
	if (view->model->history_count == 0)
		(void)grid_put(grid, row++, 3, grid->columns - 4, ROLE_QUIET, "None yet.");
	row += view_draw_imports(view, row, half - row) + 1;
	(void)grid_put(grid, row++, 1, grid->columns - 2, ROLE_TITLE, "Messages");
	if (view->model->messages_count == 0)
		(void)grid_put(grid, row, 3, grid->columns - 4, ROLE_QUIET, "None yet.");
	(void)view_draw_messages(view, row, bottom - row);
}
