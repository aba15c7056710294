/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draw.h - draws scenes with cairo. It knows how things look, not what they mean.
 */
#ifndef IMGTANK_UI_FB_DRAW_H
#define IMGTANK_UI_FB_DRAW_H

#include <cairo.h>

#include "ui-fb/letters.h"
#include "ui-fb/scene.h"
#include "ui-fb/theme.h"

struct painter; /* opaque: fonts, theme, and the last picture decoded */

/* theme is borrowed for good. NULL without memory. */
struct painter *painter_new(const struct theme *theme, const char *font_family, bool is_mono);
void painter_free(struct painter *painter); /* NULL is fine */

struct letters *painter_letters(struct painter *painter); /* borrowed */

/* Draws what of the scene lies in the rectangles; all of it if n_rects is 0. */
void paint_scene(struct painter *painter, cairo_surface_t *surface, const struct scene *scene,
	const struct pixel_rect *rects, size_t n_rects);

/* The part of a button's box that its words have. */
struct box button_words(const struct widget *button);

void draw_icon(cairo_t *cr, enum icon icon, struct box box, uint32_t colour);

#endif
