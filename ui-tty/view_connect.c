/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_connect.c - how to get to the tank from a phone: a code for its camera where there is room,
 * and the same in words. First the box's own Wi-Fi, if it has one, then the page.
 */
#include "core/access_way.h"
#include "core/qr/qr.h"
#include "ui-tty/view.h"

#define QUIET 2 /* light around the code: half of what the standard wants is enough on a screen */
#define WORDS_COLUMNS_MIN 28 /* beside it */

/* Two modules in a cell, one above the other. */
static void put_code(struct grid *grid, int row, int column, const struct qr *qr)
{
	static const char *const signs[] = {" ", "▄", "▀", "█"};
	int all = qr->side + 2 * QUIET;

	for (int y = 0; y < all; y += 2)
		for (int x = 0; x < all; x++) {
			bool upper = qr_is_dark(qr, y - QUIET, x - QUIET);
			bool lower = qr_is_dark(qr, y + 1 - QUIET, x - QUIET);

			(void)grid_put(grid, row + y / 2, column + x, 1, ROLE_CODE,
				signs[2 * upper + lower]);
		}
}

/* Columns that it takes, with a gap; 0: there is no room, and the words must do. */
static int draw_code(struct view *view, int row, int rows, const char *text)
{
	static struct qr qr; /* large, and this program has one thread */
	struct grid *grid = view->grid;
	int all;

	if (grid->is_ascii || qr_make(&qr, text) < 0)
		return 0;
	all = qr.side + 2 * QUIET;
	if ((all + 1) / 2 > rows || all + WORDS_COLUMNS_MIN + 4 > grid->columns)
		return 0;
	put_code(grid, row, 2, &qr);
	return all + 3;
}

static int draw_line(struct view *view, int row, int rows_end, int column, enum theme_role role,
	const char *text)
{
	if (!*text || row >= rows_end)
		return 0;
	return grid_put_wrapped(view->grid, row, column, view->grid->columns - column - 1,
		rows_end - row, role, text);
}

static void draw_way(struct view *view, const struct access_way *way, const char *next)
{
	int top = view_draw_band(view, 0, view->grid->rows / 4) + 1;
	int end = view->grid->rows - 1, row = top, column;

	column = 2 + draw_code(view, top, end - top, way->code_text);
	row += draw_line(view, row, end, column, ROLE_TITLE, way->title);
	row += draw_line(view, row, end, column, ROLE_NORMAL, way->hint);
	for (size_t i = 0; i < 2; i++) {
		bool is_roomy = end - row > 6;

		row += is_roomy;
		row += draw_line(view, row, end, column, ROLE_QUIET, way->rows[i].label);
		row += draw_line(view, row, end, column, ROLE_STRONG, way->rows[i].value);
	}
	row += end - row > 3;
	(void)draw_line(view, row, end, column, ROLE_NORMAL, next);
}

void view_draw_connect_page(struct view *view)
{
	const struct model_access *access = &view->model->access;
	bool is_page = *model_access_url(access) && (view->state->is_at_page || !*access->network);
	struct access_way way;

	if (is_page)
		access_way_page(&way, access);
	else
		access_way_network(&way, access);
	draw_way(view, &way,
		!way.has_other    ? ""
			: is_page ? "w shows the Wi-Fi again."
				  : "w shows the page in it.");
}
