/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/draw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/qr/qr.h"
#include "ui-fb/picture.h"

/* How long the part of a bar without a known end is, and how far it goes in a phase. */
#define RUNNER_PARTS 5
#define RUNNER_PHASES 20

struct painter {
	const struct theme *theme;
	struct letters *letters;
	bool is_mono;
	char picture_path[WIDGET_TEXT_BYTES];
	cairo_surface_t *picture; /* of picture_path; NULL: it cannot be shown */
};

struct painter *painter_new(const struct theme *theme, const char *font_family, bool is_mono)
{
	struct painter *painter = calloc(1, sizeof(*painter));

	if (!painter)
		return NULL;
	painter->theme = is_mono ? theme_find("mono") : theme;
	painter->is_mono = is_mono;
	painter->letters = letters_new(font_family, is_mono);
	if (!painter->letters) {
		free(painter);
		return NULL;
	}
	return painter;
}

void painter_free(struct painter *painter)
{
	if (!painter)
		return;
	letters_free(painter->letters);
	if (painter->picture)
		cairo_surface_destroy(painter->picture);
	free(painter);
}

struct letters *painter_letters(struct painter *painter)
{
	return painter->letters;
}

static void set_colour(cairo_t *cr, uint32_t colour)
{
	cairo_set_source_rgb(cr, (colour >> 16 & 255) / 255.0, (colour >> 8 & 255) / 255.0,
		(colour & 255) / 255.0);
}

static void round_path(cairo_t *cr, struct box box, double radius)
{
	double x = box.x, y = box.y, w = box.w, h = box.h;

	if (radius > w / 2)
		radius = w / 2;
	if (radius > h / 2)
		radius = h / 2;
	cairo_new_path(cr);
	if (radius <= 0) {
		cairo_rectangle(cr, x, y, w, h);
		return;
	}
	cairo_arc(cr, x + w - radius, y + radius, radius, -M_PI / 2, 0);
	cairo_arc(cr, x + w - radius, y + h - radius, radius, 0, M_PI / 2);
	cairo_arc(cr, x + radius, y + h - radius, radius, M_PI / 2, M_PI);
	cairo_arc(cr, x + radius, y + radius, radius, M_PI, 1.5 * M_PI);
	cairo_close_path(cr);
}

static void fill_round(cairo_t *cr, struct box box, double radius, uint32_t colour)
{
	round_path(cr, box, radius);
	set_colour(cr, colour);
	cairo_fill(cr);
}

static void draw_words(struct painter *painter, cairo_t *cr, const struct widget *widget,
	struct box area, uint32_t colour)
{
	struct letters_set set;

	if (!*widget->text || area.w <= 0 || area.h <= 0)
		return;
	set = letters_fit(painter->letters, widget, area);
	cairo_save(cr);
	cairo_rectangle(cr, widget->box.x, widget->box.y, widget->box.w, widget->box.h);
	cairo_clip(cr);
	set_colour(cr, colour);
	cairo_move_to(cr, area.x, set.box.y);
	pango_cairo_show_layout(cr, set.layout);
	cairo_restore(cr);
	g_object_unref(set.layout);
}

/* --- buttons --- */

static int button_icon_px(const struct widget *button)
{
	return button->icon == ICON_NONE ? 0 : button->font_px * 5 / 4;
}

struct box button_words(const struct widget *button)
{
	struct box box = box_inset(button->box, button->font_px / 2, 2);

	if (button->icon != ICON_NONE)
		(void)box_cut_left(&box, button_icon_px(button) + button->font_px / 2);
	return box;
}

struct button_look {
	uint32_t surface, outline, letters;
	bool has_surface, has_outline;
};

static struct button_look button_look(const struct theme *theme, const struct widget *button)
{
	struct button_look look = {
		.surface = theme->panel, .outline = theme->line, .letters = theme->text};

	look.has_surface = button->emphasis != EMPHASIS_QUIET || button->is_pressed;
	look.has_outline = button->emphasis == EMPHASIS_PLAIN;
	if (button->emphasis == EMPHASIS_MAIN) {
		look.surface = theme->fill[button->role];
		look.letters = theme->on_fill[button->role];
	} else if (button->tint == TINT_ROLE || button->tint == TINT_MUTED) {
		look.letters = theme_tint(theme, button->role, button->tint);
	}
	if (button->is_pressed) { /* the colours change places, as under a finger */
		look.surface = theme->text;
		look.letters = theme->ground;
	}
	return look;
}

/* Sign and words stand together in the middle. */
static void draw_button(struct painter *painter, cairo_t *cr, const struct widget *button)
{
	struct button_look look = button_look(painter->theme, button);
	struct box area = button_words(button), icon = button->box;
	struct letters_set set;

	if (look.has_surface)
		fill_round(cr, button->box, button->radius_px, look.surface);
	if (look.has_outline) {
		round_path(cr, box_inset(button->box, 1, 1), button->radius_px);
		set_colour(cr, look.outline);
		cairo_set_line_width(cr, 2);
		cairo_stroke(cr);
	}
	if (!*button->text) {
		draw_icon(cr, button->icon,
			box_centre(button->box, button_icon_px(button), button_icon_px(button)),
			look.letters);
		return;
	}
	set = letters_fit(painter->letters, button, area);
	if (button->icon != ICON_NONE) {
		int side = button_icon_px(button), gap = button->font_px / 2;

		icon = (struct box){button->box.x + (button->box.w - side - gap - set.box.w) / 2,
			button->box.y + (button->box.h - side) / 2, side, side};
		area.x = icon.x + side + gap;
		area.w = set.box.w + 1;
		draw_icon(cr, button->icon, icon, look.letters);
	}
	g_object_unref(set.layout);
	draw_words(painter, cr, button, area, look.letters);
}

/* --- bars --- */

static void draw_bar(struct painter *painter, cairo_t *cr, const struct widget *bar, uint32_t phase)
{
	const struct theme *theme = painter->theme;
	double radius = bar->box.h / 2.0;
	struct box done = bar->box;

	cairo_save(cr);
	round_path(cr, bar->box, radius);
	cairo_clip(cr);
	set_colour(cr, painter->is_mono ? theme->ground : theme->fill[ROLE_NEUTRAL]);
	cairo_paint(cr);
	if (bar->is_moving) {
		int way = bar->box.w - bar->box.w / RUNNER_PARTS;
		uint32_t step = phase % (2 * RUNNER_PHASES);

		if (step > RUNNER_PHASES)
			step = 2 * RUNNER_PHASES - step;
		done.w = bar->box.w / RUNNER_PARTS;
		done.x += way * (int)step / RUNNER_PHASES;
	} else {
		done.w = (int)((int64_t)bar->box.w * bar->permille / 1000);
		if (bar->permille && done.w < bar->box.h)
			done.w = bar->box.h;
	}
	fill_round(cr, done, radius, theme->letters[bar->role]);
	cairo_restore(cr);
	if (painter->is_mono) {
		set_colour(cr, theme->line);
		cairo_set_line_width(cr, 1);
		cairo_rectangle(
			cr, bar->box.x + 0.5, bar->box.y + 0.5, bar->box.w - 1, bar->box.h - 1);
		cairo_stroke(cr);
	}
}

/* --- pictures --- */

static cairo_surface_t *load_picture(struct painter *painter, const struct widget *widget)
{
	int r;

	if (!strcmp(painter->picture_path, widget->text))
		return painter->picture;
	if (painter->picture)
		cairo_surface_destroy(painter->picture);
	memcpy(painter->picture_path, widget->text, sizeof(painter->picture_path));
	r = picture_read(widget->text, widget->box.w, widget->box.h, &painter->picture);
	if (r < 0)
		log_debug("no picture of %s (%d)", widget->text, r);
	return painter->picture;
}

/* The whole picture, as large as it goes, in the middle of the panel. */
static void draw_picture(struct painter *painter, cairo_t *cr, const struct widget *widget)
{
	cairo_surface_t *picture = load_picture(painter, widget);
	double width, height, scale;

	fill_round(cr, widget->box, widget->radius_px, painter->theme->panel);
	if (!picture) {
		int side = (widget->box.w < widget->box.h ? widget->box.w : widget->box.h) / 2;

		draw_icon(cr, widget->icon, box_centre(widget->box, side, side),
			painter->theme->letters[widget->role]);
		return;
	}
	width = cairo_image_surface_get_width(picture);
	height = cairo_image_surface_get_height(picture);
	scale = fmin(widget->box.w / width, widget->box.h / height);
	cairo_save(cr);
	round_path(cr, widget->box, widget->radius_px);
	cairo_clip(cr);
	cairo_translate(cr, widget->box.x + (widget->box.w - width * scale) / 2,
		widget->box.y + (widget->box.h - height * scale) / 2);
	cairo_scale(cr, scale, scale);
	cairo_set_source_surface(cr, picture, 0, 0);
	cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_GOOD);
	cairo_paint(cr);
	cairo_restore(cr);
}

/* --- codes --- */

/* Black on white in every theme: that is what cameras read. Whole pixels, and light around it. */
static void draw_qr(cairo_t *cr, const struct widget *widget)
{
	static struct qr qr; /* large, and this program has one thread */
	int all, module_px;
	struct box box;

	if (qr_make(&qr, widget->text) < 0)
		return; /* the same stands beside it in words */
	all = qr.side + 2 * QR_QUIET;
	module_px = (widget->box.w < widget->box.h ? widget->box.w : widget->box.h) / all;
	box = box_centre(widget->box, all * module_px, all * module_px);
	cairo_save(cr);
	cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_rectangle(cr, box.x, box.y, box.w, box.h);
	cairo_fill(cr);
	cairo_set_source_rgb(cr, 0, 0, 0);
	for (int row = 0; row < qr.side; row++)
		for (int column = 0; column < qr.side; column++)
			if (qr_is_dark(&qr, row, column))
				cairo_rectangle(cr, box.x + (column + QR_QUIET) * module_px,
					box.y + (row + QR_QUIET) * module_px, module_px, module_px);
	cairo_fill(cr);
	cairo_restore(cr);
}

/* --- a scene --- */

static void draw_widget(struct painter *painter, cairo_t *cr, const struct scene *scene,
	const struct widget *widget)
{
	const struct theme *theme = painter->theme;

	switch (widget->kind) {
	case WIDGET_PANEL:
		fill_round(cr, widget->box, widget->radius_px,
			widget->is_pressed ? theme->line : theme->panel);
		break;
	case WIDGET_FILL:
		fill_round(cr, widget->box, widget->radius_px, theme->fill[widget->role]);
		break;
	case WIDGET_VEIL:
		cairo_set_source_rgba(cr, 0, 0, 0, 0.72);
		cairo_rectangle(cr, widget->box.x, widget->box.y, widget->box.w, widget->box.h);
		cairo_fill(cr);
		break;
	case WIDGET_TEXT:
		draw_words(painter, cr, widget, widget->box,
			theme_tint(theme, widget->role, widget->tint));
		break;
	case WIDGET_BUTTON:
		draw_button(painter, cr, widget);
		break;
	case WIDGET_BAR:
		draw_bar(painter, cr, widget, scene->phase);
		break;
	case WIDGET_ICON:
		draw_icon(cr, widget->icon, widget->box,
			theme_tint(theme, widget->role, widget->tint));
		break;
	case WIDGET_PICTURE:
		draw_picture(painter, cr, widget);
		break;
	case WIDGET_QR:
		draw_qr(cr, widget);
		break;
	}
}

static bool is_touched(const struct box *box, const struct pixel_rect *rects, size_t n_rects)
{
	for (size_t i = 0; i < n_rects; i++)
		if (box->x < rects[i].x_px + rects[i].width_px && rects[i].x_px < box->x + box->w &&
			box->y < rects[i].y_px + rects[i].height_px &&
			rects[i].y_px < box->y + box->h)
			return true;
	return n_rects == 0;
}

void paint_scene(struct painter *painter, cairo_surface_t *surface, const struct scene *scene,
	const struct pixel_rect *rects, size_t n_rects)
{
	cairo_t *cr = cairo_create(surface);

	for (size_t i = 0; i < n_rects; i++)
		cairo_rectangle(
			cr, rects[i].x_px, rects[i].y_px, rects[i].width_px, rects[i].height_px);
	if (n_rects)
		cairo_clip(cr);
	if (painter->is_mono)
		cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
	set_colour(cr, painter->theme->ground);
	cairo_paint(cr);
	for (size_t i = 0; i < scene->widgets_count; i++)
		if (is_touched(&scene->widgets[i].box, rects, n_rects))
			draw_widget(painter, cr, scene, &scene->widgets[i]);
	cairo_destroy(cr);
	cairo_surface_flush(surface);
}
