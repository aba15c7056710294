/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen_connect.c - how to get to the tank from a phone: a code for its camera, and the same in
 * words. First the box's own Wi-Fi, if it has one, then the page.
 */
#include "core/access_way.h"
#include "ui-fb/screen_priv.h"

/* From the Wi-Fi on to the page, if there is one; else back. */
static struct button button_of(const struct access_way *way, enum dialog dialog)
{
	if (dialog == DIALOG_NETWORK && way->has_other)
		return (struct button){"Then the page", ICON_ARROW, EMPHASIS_MAIN, ROLE_BUSY,
			action_of(ACTION_OPEN_PAGE, COMMAND_NONE, NULL)};
	return (struct button){"Back", ICON_NONE, EMPHASIS_MAIN, ROLE_BUSY,
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
static void touch_anywhere(struct page *page, struct box all, const struct button *button)
{
	int side = page->layout->large_px;
	struct box corner = {
		all.w - side - page->layout->margin_px, page->layout->margin_px, side, side};
	struct widget *sign;

	if (!page->layout->has_touch)
		return;
	sign = page_icon(page, corner, button->icon == ICON_NONE ? ICON_CROSS : button->icon,
		ROLE_NEUTRAL, TINT_MUTED);
	if (!sign)
		return;
	sign->action = button->action;
	sign->touch = all;
}

static void show_way(struct page *page, const struct access_way *way, const struct button *button)
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
		touch_anywhere(page, all, button);
	else if (layout->is_portrait)
		page_buttons(page, &sheet, button, 1);
	code = cut_code(layout, &sheet);
	add_code(page, code, way->code_text);
	if (!is_compact && !layout->is_portrait)
		page_buttons(page, &sheet, button, 1);
	if (!is_compact) {
		(void)page_flow(page, &sheet, &title, way->title);
		(void)page_flow(page, &sheet, &hint, way->hint);
	}
	for (size_t i = 0; i < sizeof(way->rows) / sizeof(way->rows[0]); i++)
		add_row(page, &sheet, way->rows[i].label, way->rows[i].value);
}

void screen_connect(struct page *page)
{
	enum dialog dialog = page->in->ui->dialog;
	struct access_way way;
	struct button button;

	if (dialog == DIALOG_NETWORK)
		access_way_network(&way, &page->model->access);
	else
		access_way_page(&way, &page->model->access);
	button = button_of(&way, dialog);
	show_way(page, &way, &button);
}
