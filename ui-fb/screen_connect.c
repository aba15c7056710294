/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen_connect.c - how to get to the tank from a phone: a code for its camera, and the same in
 * words. First the box's own Wi-Fi, if it has one, then the page.
 */
#include "core/access_words.h"
#include "core/base/text.h"
#include "ui-fb/screen_priv.h"

struct way {
	const char *title, *hint, *code_text;
	struct {
		const char *label, *value;
	} rows[2];
	struct button button;
};

static void way_to_network(struct way *way, const struct model_access *access)
{
	way->title = ACCESS_TITLE_NETWORK;
	way->hint = ACCESS_HINT_NETWORK;
	way->code_text = access->wifi;
	way->rows[0].label = ACCESS_LABEL_NETWORK;
	way->rows[0].value = access->network;
	way->rows[1].label = ACCESS_LABEL_PASSWORD;
	way->rows[1].value = access->password;
	way->button = (struct button){"Back", ICON_NONE, EMPHASIS_MAIN, ROLE_BUSY,
		action_of(ACTION_CLOSE, COMMAND_NONE, NULL)};
	if (*access->network_url)
		way->button = (struct button){"Then the page", ICON_ARROW, EMPHASIS_MAIN, ROLE_BUSY,
			action_of(ACTION_OPEN_PAGE, COMMAND_NONE, NULL)};
}

static void way_to_page(struct way *way, const struct model_access *access, const char *page_text)
{
	way->title = ACCESS_TITLE_PAGE;
	way->hint = ACCESS_HINT_PAGE;
	way->code_text = page_text;
	way->rows[0].label = "";
	way->rows[0].value = model_access_url(access);
	way->rows[1].label = *access->code ? ACCESS_LABEL_CODE : "";
	way->rows[1].value = *access->code ? access->code : ACCESS_LABEL_LOGIN;
	way->button = (struct button){"Back", ICON_NONE, EMPHASIS_MAIN, ROLE_BUSY,
		action_of(ACTION_CLOSE, COMMAND_NONE, NULL)};
}

/* What has to be typed is never shortened: it becomes smaller, and only then goes on below. */
static void add_row(struct page *page, struct box *column, const char *label, const char *value)
{
	const struct layout *layout = page->layout;
	struct style name = {.font_px = layout->small_px, .tint = TINT_MUTED};
	struct style words = {.font_px = layout->large_px,
		.min_px = layout->small_px - 2,
		.is_bold = true,
		.is_name = true};

	if (*label && layout->class != LAYOUT_COMPACT) {
		struct widget *widget = page_flow(page, column, &name, label);

		if (widget) { /* it belongs to what is below it */
			column->y -= layout->gap_px * 2 / 3;
			column->h += layout->gap_px * 2 / 3;
		}
	}
	if (!page_fits_line(page, column->w, &words, value))
		words.lines = 4;
	(void)page_flow(page, column, &words, value);
}

static void add_code(struct page *page, struct box box, const char *text)
{
	struct widget *code = scene_add(page->scene, WIDGET_QR, box);

	if (code)
		widget_say(code, text);
}

/* The code beside the words; above them where the screen is upright or small. */
static struct box cut_code(const struct layout *layout, struct box *sheet)
{
	bool is_compact = layout->class == LAYOUT_COMPACT;
	bool is_below = layout->is_portrait || is_compact;
	int side = is_below ? sheet->h * 48 / 100 : sheet->h;
	struct box code;

	if (is_compact)
		side = sheet->h - 2 * (layout->large_px * 4 / 3 + layout->gap_px);
	if (side > sheet->w * (is_below ? 100 : 52) / 100)
		side = sheet->w * (is_below ? 100 : 52) / 100;
	code = is_below ? box_cut_top(sheet, side) : box_cut_left(sheet, side);
	if (is_below)
		(void)box_cut_top(sheet, layout->gap_px);
	else
		(void)box_cut_left(sheet, layout->margin_px);
	return box_centre(code, side, side);
}

/* On a small screen the code needs the room: a touch anywhere is the button, and a sign says so. */
static void touch_anywhere(struct page *page, struct box all, const struct way *way)
{
	int side = page->layout->large_px;
	struct box corner = {
		all.w - side - page->layout->margin_px, page->layout->margin_px, side, side};
	struct widget *sign;

	if (!page->layout->has_touch)
		return;
	sign = page_icon(page, corner,
		way->button.icon == ICON_NONE ? ICON_CROSS : way->button.icon, ROLE_NEUTRAL,
		TINT_MUTED);
	if (!sign)
		return;
	sign->action = way->button.action;
	sign->touch = all;
}

static void show_way(struct page *page, const struct way *way)
{
	const struct layout *layout = page->layout;
	struct box all = {0, 0, layout->width_px, layout->height_px}, sheet, code;
	bool is_compact = layout->class == LAYOUT_COMPACT;
	struct style title = {
		.font_px = layout->large_px, .min_px = layout->small_px, .is_bold = true};
	struct style hint = {.font_px = layout->small_px, .lines = 4, .tint = TINT_MUTED};
	struct widget *veil = scene_add(page->scene, WIDGET_VEIL, all);

	if (veil)
		veil->touch = all;
	(void)scene_add(page->scene, WIDGET_PANEL, all);
	sheet = box_inset(all, layout->margin_px, layout->margin_px);
	if (is_compact)
		touch_anywhere(page, all, way);
	else if (layout->is_portrait)
		page_buttons(page, &sheet, &way->button, 1);
	code = cut_code(layout, &sheet);
	add_code(page, code, way->code_text);
	if (!is_compact && !layout->is_portrait)
		page_buttons(page, &sheet, &way->button, 1);
	if (!is_compact) {
		(void)page_flow(page, &sheet, &title, way->title);
		(void)page_flow(page, &sheet, &hint, way->hint);
	}
	for (size_t i = 0; i < sizeof(way->rows) / sizeof(way->rows[0]); i++)
		add_row(page, &sheet, way->rows[i].label, way->rows[i].value);
}

void screen_connect(struct page *page)
{
	const struct model_access *access = &page->model->access;
	char page_text[MODEL_WIFI_BYTES];
	struct way way = {0};

	model_access_page(access, page_text);
	if (page->in->ui->dialog == DIALOG_NETWORK)
		way_to_network(&way, access);
	else
		way_to_page(&way, access, page_text);
	show_way(page, &way);
}
