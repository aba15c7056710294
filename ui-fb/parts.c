/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parts.c - what all screens are put together from.
 */
#include <string.h>
#include <time.h>

#include "core/base/text.h"
#include "ui-fb/draw.h"
#include "ui-fb/screen_priv.h"

#define LINES_ANY 40

enum role role_of_tone(enum tone tone)
{
	static const enum role roles[] = {
		[TONE_QUIET] = ROLE_NEUTRAL,
		[TONE_GOOD] = ROLE_GOOD,
		[TONE_WORKING] = ROLE_BUSY,
		[TONE_ATTENTION] = ROLE_ATTENTION,
		[TONE_BAD] = ROLE_ERROR,
	};

	return roles[tone];
}

enum icon icon_of_role(enum role role)
{
	static const enum icon icons[] = {
		[ROLE_NEUTRAL] = ICON_WAIT,
		[ROLE_BUSY] = ICON_COPY,
		[ROLE_GOOD] = ICON_CHECK,
		[ROLE_ATTENTION] = ICON_QUESTION,
		[ROLE_ERROR] = ICON_BANG,
	};

	return icons[role];
}

/* What somebody is asked for has a sign of its own. */
enum icon icon_of_card(const struct model_card *card, enum role role)
{
	if (role != ROLE_ATTENTION || card->commands & COMMAND_BIT(COMMAND_CONFIRM))
		return icon_of_role(role);
	if (card->commands & COMMAND_BIT(COMMAND_EJECT))
		return ICON_EJECT;
	return card->state == CARD_WAITING ? ICON_WAIT : ICON_CROSS;
}

struct action action_of(enum action_kind kind, enum command command, const char *card)
{
	struct action action;

	memset(&action, 0, sizeof(action));
	action.kind = kind;
	action.command = command;
	model_set_text(action.card, sizeof(action.card), card ? card : "");
	return action;
}

static void set_style(struct widget *widget, const struct style *style, const char *text)
{
	widget->font_px = style->font_px;
	widget->font_min_px = style->min_px ? style->min_px : style->font_px;
	widget->lines = style->lines ? style->lines : 1;
	widget->is_bold = style->is_bold;
	widget->is_name = style->is_name;
	widget->role = style->role;
	widget->tint = style->tint;
	widget->align = style->align;
	widget_say(widget, text);
}

/* What it would be in box. */
static struct letters_set try_fit(struct page *page, const struct widget *widget, struct box box)
{
	struct letters_set set = letters_fit(page->in->letters, widget, box);

	g_object_unref(set.layout);
	set.layout = NULL;
	return set;
}

static struct letters_set measure(
	struct page *page, int width_px, const struct style *style, const char *text)
{
	static struct widget widget; /* large, and this program has one thread */

	memset(&widget, 0, sizeof(widget));
	set_style(&widget, style, text);
	return try_fit(page, &widget, (struct box){0, 0, width_px, page->layout->height_px});
}

int page_height(struct page *page, int width_px, const struct style *style, const char *text)
{
	return measure(page, width_px, style, text).box.h;
}

bool page_fits_line(struct page *page, int width_px, const struct style *style, const char *text)
{
	struct style line = *style;

	line.lines = 1;
	return !measure(page, width_px, &line, text).is_shortened;
}

struct widget *page_flow(
	struct page *page, struct box *column, const struct style *style, const char *text)
{
	struct widget *widget;

	if (!*text || column->h <= 0)
		return NULL;
	widget = scene_add(page->scene, WIDGET_TEXT, *column);
	if (!widget)
		return NULL;
	set_style(widget, style, text);
	widget->box = box_cut_top(column, try_fit(page, widget, *column).box.h);
	(void)box_cut_top(column, page->layout->gap_px);
	return widget;
}

struct widget *page_text(
	struct page *page, struct box box, const struct style *style, const char *text)
{
	struct widget *widget;

	if (!*text || box.w <= 0 || box.h <= 0)
		return NULL;
	widget = scene_add(page->scene, WIDGET_TEXT, box);
	if (!widget)
		return NULL;
	set_style(widget, style, text);
	widget->is_middle = true;
	return widget;
}

void page_fill(struct page *page, struct box box, enum role role)
{
	struct widget *field = scene_add(page->scene, WIDGET_FILL, box);

	if (!field)
		return;
	field->role = role;
	field->radius_px = page->layout->radius_px;
}

void page_sign(struct page *page, struct box box, enum role role, enum icon icon)
{
	int side = (box.w < box.h ? box.w : box.h) * 5 / 9;

	page_fill(page, box, role);
	(void)page_icon(page, box_centre(box, side, side), icon, role, TINT_ON_ROLE);
}

struct widget *page_icon(
	struct page *page, struct box box, enum icon icon, enum role role, enum tint tint)
{
	struct widget *widget = scene_add(page->scene, WIDGET_ICON, box);

	if (widget) {
		widget->icon = icon;
		widget->role = role;
		widget->tint = tint;
	}
	return widget;
}

void page_bar(struct page *page, struct box box, enum role role, uint32_t permille, bool is_moving)
{
	struct widget *bar = scene_add(page->scene, WIDGET_BAR, box);

	if (!bar)
		return;
	bar->role = role;
	bar->permille = permille > 1000 ? 1000 : permille;
	bar->is_moving = is_moving;
}

struct widget *page_button(struct page *page, struct box box, const struct button *button)
{
	const struct layout *layout = page->layout;
	struct widget *widget = scene_add(page->scene, WIDGET_BUTTON, box);

	if (!widget)
		return NULL;
	widget->touch = box;
	widget->action = button->action;
	widget->icon = button->icon;
	widget->emphasis = button->emphasis;
	widget->role = button->role;
	widget->radius_px = layout->radius_px;
	widget->font_px = layout->large_px;
	widget->font_min_px = layout->small_px - 2;
	widget->align = button->icon == ICON_NONE ? ALIGN_CENTRE : ALIGN_LEFT;
	widget->is_bold = button->emphasis == EMPHASIS_MAIN;
	widget->is_middle = true;
	widget_say(widget, button->text);
	return widget;
}

void page_buttons(struct page *page, struct box *box, const struct button *buttons, size_t count)
{
	const struct layout *layout = page->layout;
	struct box row;
	int width;

	if (count == 0 || !layout->has_touch)
		return;
	row = box_cut_bottom(box, layout->button_px);
	(void)box_cut_bottom(box, layout->gap_px);
	width = (row.w - (int)(count - 1) * layout->gap_px) / (int)count;
	for (size_t i = 0; i < count; i++) {
		(void)page_button(page, box_cut_left(&row, width), &buttons[i]);
		(void)box_cut_left(&row, layout->gap_px);
	}
}

bool page_detail(struct page *page, struct box *column, const char *text, const char *card)
{
	const struct layout *layout = page->layout;
	struct style style = {.font_px = layout->body_px,
		.min_px = layout->small_px - (layout->class == LAYOUT_COMPACT ? 1 : 2),
		.lines = LINES_ANY};
	struct widget *widget;
	struct box box = *column;

	if (!*text || column->h < style.min_px || column->w <= 0)
		return false;
	widget = scene_add(page->scene, WIDGET_TEXT, box);
	if (!widget)
		return false;
	set_style(widget, &style, text);
	if (try_fit(page, widget, box).is_shortened) {
		widget->is_name = true; /* the rest is a touch away, or in a larger front end */
		if (layout->has_touch) {
			struct box more = {box.x, box.y, box.w, box.h};

			(void)box_cut_right(&widget->box, layout->body_px + layout->gap_px);
			widget->touch = more;
			widget->action = action_of(ACTION_OPEN_DETAIL, COMMAND_NONE, card);
			(void)page_icon(page,
				(struct box){box.x + box.w - layout->body_px, box.y,
					layout->body_px, try_fit(page, widget, widget->box).box.h},
				ICON_ARROW, ROLE_NEUTRAL, TINT_TEXT);
		}
	}
	box = widget->box;
	(void)box_cut_top(column, try_fit(page, widget, box).box.h + layout->gap_px);
	widget->box = box;
	return true;
}

void page_detail_behind(
	struct page *page, struct box box, enum role role, enum tint tint, const char *card)
{
	int side = page->layout->body_px;
	struct box place = {box.x + box.w - side, box.y + (box.h - side) / 2, side, side};
	struct widget *sign;

	if (!page->layout->has_touch)
		return;
	sign = page_icon(page, place, ICON_ARROW, role, tint);
	if (!sign)
		return;
	sign->touch = box;
	sign->action = action_of(ACTION_OPEN_DETAIL, COMMAND_NONE, card);
}

/* --- the line at the top --- */

static void head_power(struct page *page, struct box *head)
{
	const struct layout *layout = page->layout;
	struct box box;
	struct widget *widget;

	if (!layout->has_touch || !(page->model->tank.commands & COMMAND_BIT(COMMAND_POWEROFF)))
		return;
	box = box_cut_right(head, layout->head_px);
	(void)box_cut_right(head, layout->gap_px);
	widget = page_button(page, box_centre(box, box.w, box.h),
		&(struct button){"", ICON_POWER, EMPHASIS_QUIET, ROLE_NEUTRAL,
			action_of(ACTION_OPEN_POWER, COMMAND_NONE, NULL)});
	if (!widget)
		return;
	widget->font_px = layout->head_px * 5 / 12;
	widget->tint = TINT_MUTED;
	/* a finger may be broader than the sign: up to the corner, and a little below */
	widget->touch = (struct box){
		layout->width_px - layout->button_px, 0, layout->button_px, layout->button_px};
}

/* Left of it, once there is something to connect to. */
static void head_phone(struct page *page, struct box *head)
{
	const struct layout *layout = page->layout;
	const struct model_access *access = &page->model->access;
	enum action_kind kind = *access->network ? ACTION_OPEN_NETWORK : ACTION_OPEN_PAGE;
	int from_right = layout->width_px - layout->button_px;
	struct box box;
	struct widget *widget;

	if (!layout->has_touch || !model_access_is_there(access))
		return;
	/* where a finger for it does not meet the power's */
	if (head->x + head->w > from_right)
		(void)box_cut_right(head, head->x + head->w - from_right);
	box = box_cut_right(head, layout->button_px);
	(void)box_cut_right(head, layout->gap_px);
	widget = page_button(page, box_centre(box, layout->head_px, box.h),
		&(struct button){"", ICON_PHONE, EMPHASIS_QUIET, ROLE_NEUTRAL,
			action_of(kind, COMMAND_NONE, NULL)});
	if (!widget)
		return;
	widget->font_px = layout->head_px * 5 / 12;
	widget->tint = TINT_MUTED;
	widget->touch = (struct box){box.x, 0, layout->button_px, layout->button_px};
}

static void head_clock(struct page *page, struct box *head)
{
	const struct layout *layout = page->layout;
	struct style style = {
		.font_px = layout->small_px, .tint = TINT_MUTED, .align = ALIGN_RIGHT};
	time_t wall = (time_t)page->in->wall_s;
	struct tm local;
	char text[16];

	if (!wall || !localtime_r(&wall, &local) || !strftime(text, sizeof(text), "%H:%M", &local))
		return;
	(void)page_text(page, box_cut_right(head, layout->small_px * 3), &style, text);
	(void)box_cut_right(head, layout->margin_px);
}

/* From one of several cards back to all of them: the whole left of the head. */
static bool head_back(struct page *page, struct box head)
{
	const struct layout *layout = page->layout;
	struct widget *sign;

	if (!layout->has_touch || !*page->in->ui->opened_card || page->model->cards_count < 2)
		return false;
	sign = page_icon(page, box_cut_left(&head, layout->small_px * 3 / 2), ICON_BACK,
		ROLE_NEUTRAL, TINT_TEXT);
	if (sign) {
		sign->action = action_of(ACTION_CLOSE, COMMAND_NONE, NULL);
		sign->touch = (struct box){0, 0, layout->width_px / 2, layout->button_px};
	}
	return true;
}

static struct box make_head(struct page *page, const char *left, bool is_bare)
{
	const struct layout *layout = page->layout;
	struct box all = {0, 0, layout->width_px, layout->height_px};
	struct box head = box_cut_top(&all, layout->head_px);
	struct style name = {.font_px = layout->small_px, .is_bold = true, .is_name = true};
	struct style space = {.font_px = layout->small_px,
		.is_name = true,
		.tint = TINT_MUTED,
		.align = ALIGN_RIGHT};
	char size[32], text[64];

	head.x += layout->margin_px;
	head.w -= layout->margin_px + layout->margin_px / 2;
	head_power(page, &head);
	head_phone(page, &head);
	if (layout->class == LAYOUT_ROOMY && !is_bare) {
		head_clock(page, &head);
		if (page->model->tank.is_mounted && page->model->tank.total_bytes) {
			text_size(page->model->tank.free_bytes, size, sizeof(size));
			(void)text_format(text, sizeof(text), "%s free", size);
			(void)page_text(
				page, box_cut_right(&head, layout->small_px * 7), &space, text);
			(void)box_cut_right(&head, layout->gap_px);
		}
	}
	if (head_back(page, head))
		(void)box_cut_left(&head, layout->small_px * 3 / 2);
	(void)page_text(page, head, &name, left);
	all.x += layout->margin_px;
	all.w -= 2 * layout->margin_px;
	(void)box_cut_bottom(&all, layout->margin_px);
	return all;
}

struct box page_head(struct page *page, const char *left)
{
	return make_head(page, left, false);
}

struct box page_head_bare(struct page *page, const char *left)
{
	return make_head(page, left, true);
}

void card_name(const struct model_card *card, char *out, size_t out_bytes)
{
	if (*card->camera && strcmp(card->camera, card->label))
		(void)text_format(out, out_bytes, "%s  ·  %s", card->label, card->camera);
	else
		(void)text_format(out, out_bytes, "%s", card->label);
}
