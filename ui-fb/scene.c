/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/scene.h"

#include <string.h>

#include "core/base/text.h"

static int at_least_0(int value)
{
	return value > 0 ? value : 0;
}

static int at_most(int value, int most)
{
	value = at_least_0(value);
	return value < most ? value : at_least_0(most);
}

struct widget *scene_add(struct scene *scene, enum widget_kind kind, struct box box)
{
	struct widget *widget;

	if (scene->widgets_count >= SCENE_WIDGETS_MAX)
		return NULL;
	widget = &scene->widgets[scene->widgets_count++];
	memset(widget, 0, sizeof(*widget));
	widget->kind = kind;
	widget->box = box;
	widget->lines = 1;
	return widget;
}

void widget_say(struct widget *widget, const char *text)
{
	memset(widget->text, 0, sizeof(widget->text));
	(void)text_copy_safe(text, widget->text, sizeof(widget->text));
}

static bool box_has(const struct box *box, int x, int y)
{
	return x >= box->x && y >= box->y && x < box->x + box->w && y < box->y + box->h;
}

struct widget *scene_hit(struct scene *scene, int x, int y)
{
	for (size_t i = scene->widgets_count; i-- > 0;) {
		struct widget *widget = &scene->widgets[i];

		if (widget->action.kind != ACTION_NONE && box_has(&widget->touch, x, y))
			return widget;
		if (widget->kind == WIDGET_VEIL && box_has(&widget->box, x, y))
			return NULL;
	}
	return NULL;
}

bool action_is_equal(const struct action *a, const struct action *b)
{
	return a->kind == b->kind && a->command == b->command && !strcmp(a->card, b->card);
}

static void damage_box(struct pixel_damage *damage, const struct box *box)
{
	struct pixel_rect rect = {box->x, box->y, box->w, box->h};

	if (!pixel_rect_is_empty(&rect))
		pixel_damage_add(damage, &rect);
}

/* Widgets are zeroed before they are filled, so that their bytes tell. */
static bool widget_is_equal(const struct widget *a, const struct widget *b)
{
	return !memcmp(a, b, sizeof(*a));
}

void scene_difference(
	const struct scene *before, const struct scene *after, struct pixel_damage *damage)
{
	size_t most = before->widgets_count > after->widgets_count ? before->widgets_count
								   : after->widgets_count;

	for (size_t i = 0; i < most; i++) {
		const struct widget *a = i < before->widgets_count ? &before->widgets[i] : NULL;
		const struct widget *b = i < after->widgets_count ? &after->widgets[i] : NULL;
		bool is_moving = b && b->is_moving && before->phase != after->phase;

		if (a && b && widget_is_equal(a, b) && !is_moving)
			continue;
		if (a)
			damage_box(damage, &a->box);
		if (b)
			damage_box(damage, &b->box);
	}
}

struct box box_cut_top(struct box *box, int height)
{
	struct box part = {box->x, box->y, box->w, at_most(height, box->h)};

	box->y += part.h;
	box->h -= part.h;
	return part;
}

struct box box_cut_bottom(struct box *box, int height)
{
	int h = at_most(height, box->h);
	struct box part = {box->x, box->y + box->h - h, box->w, h};

	box->h -= h;
	return part;
}

struct box box_cut_left(struct box *box, int width)
{
	struct box part = {box->x, box->y, at_most(width, box->w), box->h};

	box->x += part.w;
	box->w -= part.w;
	return part;
}

struct box box_cut_right(struct box *box, int width)
{
	int w = at_most(width, box->w);
	struct box part = {box->x + box->w - w, box->y, w, box->h};

	box->w -= w;
	return part;
}

struct box box_inset(struct box box, int dx, int dy)
{
	return (struct box){
		box.x + dx, box.y + dy, at_least_0(box.w - 2 * dx), at_least_0(box.h - 2 * dy)};
}

struct box box_centre(struct box box, int width, int height)
{
	int w = at_most(width, box.w), h = at_most(height, box.h);

	return (struct box){box.x + (box.w - w) / 2, box.y + (box.h - h) / 2, w, h};
}
