/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * view_connect.c - how to get to the tank from a phone: a code for its camera where there is room,
 * and the same in words. First the box's own Wi-Fi, if it has one, then the page.
 */
#include "core/access_words.h"
#include "core/base/text.h"
#include "core/qr/qr.h"
#include "ui-tty/view.h"

#define QUIET 2 /* light around the code: half of what the standard wants is enough on a screen */
#define WORDS_COLUMNS_MIN 28 /* beside it */

struct way {
	const char *title, *hint, *code_text, *next;
	const char *labels[2], *values[2];
};

static void way_to_network(struct way *way, const struct model_access *access)
{
	*way = (struct way){.title = ACCESS_TITLE_NETWORK,
		.hint = ACCESS_HINT_NETWORK,
		.code_text = access->wifi,
		.next = *model_access_url(access) ? "w shows the page in it." : "",
		.labels = {ACCESS_LABEL_NETWORK, ACCESS_LABEL_PASSWORD},
		.values = {access->network, access->password}};
}

static void way_to_page(struct way *way, const struct model_access *access, const char *page_text)
{
	*way = (struct way){.title = ACCESS_TITLE_PAGE,
		.hint = ACCESS_HINT_PAGE,
		.code_text = page_text,
		.next = *access->network ? "w shows the Wi-Fi again." : "",
		.labels = {"", *access->code ? ACCESS_LABEL_CODE : ""},
		.values = {model_access_url(access),
			*access->code ? access->code : ACCESS_LABEL_LOGIN}};
}

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

static void draw_way(struct view *view, const struct way *way)
{
	int top = view_draw_band(view, 0, view->grid->rows / 4) + 1;
	int end = view->grid->rows - 1, row = top, column;

	column = 2 + draw_code(view, top, end - top, way->code_text);
	row += draw_line(view, row, end, column, ROLE_TITLE, way->title);
	row += draw_line(view, row, end, column, ROLE_NORMAL, way->hint);
	for (size_t i = 0; i < 2; i++) {
		bool is_roomy = end - row > 6;

		row += is_roomy;
		row += draw_line(view, row, end, column, ROLE_QUIET, way->labels[i]);
		row += draw_line(view, row, end, column, ROLE_STRONG, way->values[i]);
	}
	row += end - row > 3;
	(void)draw_line(view, row, end, column, ROLE_NORMAL, way->next);
}

void view_draw_connect_page(struct view *view)
{
	const struct model_access *access = &view->model->access;
	bool is_page = *model_access_url(access) && (view->state->is_at_page || !*access->network);
	char page_text[MODEL_WIFI_BYTES];
	struct way way;

	model_access_page(access, page_text);
	if (is_page)
		way_to_page(&way, access, page_text);
	else
		way_to_network(&way, access);
	draw_way(view, &way);
}
