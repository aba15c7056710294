/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * icons.c - signs in lines of one weight, on a field of 24 x 24.
 */
#include <math.h>

#include "ui-fb/draw.h"

static void ring(cairo_t *cr)
{
	cairo_new_sub_path(cr);
	cairo_arc(cr, 12, 12, 9.5, 0, 2 * M_PI);
}

static void dot(cairo_t *cr, double x, double y)
{
	cairo_stroke(cr);
	cairo_arc(cr, x, y, 1.35, 0, 2 * M_PI);
	cairo_fill(cr);
}

static void card(cairo_t *cr)
{
	cairo_move_to(cr, 6, 2.5);
	cairo_line_to(cr, 14.5, 2.5);
	cairo_line_to(cr, 19, 7);
	cairo_line_to(cr, 19, 20.5);
	cairo_line_to(cr, 5, 20.5);
	cairo_line_to(cr, 5, 3.5);
	cairo_close_path(cr);
	for (int i = 0; i < 3; i++) {
		cairo_move_to(cr, 8.5 + 3 * i, 5.5);
		cairo_rel_line_to(cr, 0, 3.5);
	}
}

static void check(cairo_t *cr)
{
	cairo_move_to(cr, 4.5, 12.8);
	cairo_line_to(cr, 9.8, 18);
	cairo_line_to(cr, 19.5, 6.5);
}

static void bang(cairo_t *cr)
{
	cairo_move_to(cr, 12, 3);
	cairo_line_to(cr, 22, 20.5);
	cairo_line_to(cr, 2, 20.5);
	cairo_close_path(cr);
	cairo_move_to(cr, 12, 9.2);
	cairo_line_to(cr, 12, 14.2);
	dot(cr, 12, 17.5);
}

static void question(cairo_t *cr)
{
	ring(cr);
	cairo_new_sub_path(cr);
	cairo_arc(cr, 12, 9.4, 2.9, M_PI * 1.05, M_PI * 0.33);
	cairo_line_to(cr, 12, 14);
	dot(cr, 12, 17.3);
}

static void cross(cairo_t *cr)
{
	cairo_move_to(cr, 6, 6);
	cairo_line_to(cr, 18, 18);
	cairo_move_to(cr, 18, 6);
	cairo_line_to(cr, 6, 18);
}

static void power(cairo_t *cr)
{
	cairo_arc(cr, 12, 13, 8, -M_PI / 2 + 0.75, 1.5 * M_PI - 0.75);
	cairo_move_to(cr, 12, 2.8);
	cairo_line_to(cr, 12, 11);
}

/* A plug that is out of its socket. */
static void plug(cairo_t *cr)
{
	cairo_move_to(cr, 2, 22);
	cairo_line_to(cr, 6, 18);
	cairo_move_to(cr, 8, 10);
	cairo_line_to(cr, 14, 16);
	cairo_curve_to(cr, 11.5, 19.5, 8, 20, 6, 18);
	cairo_curve_to(cr, 4, 16, 4.5, 12.5, 8, 10);
	cairo_move_to(cr, 22, 2);
	cairo_line_to(cr, 18, 6);
	cairo_move_to(cr, 11.5, 7.5);
	cairo_line_to(cr, 16.5, 12.5);
	cairo_curve_to(cr, 20, 10, 20, 8, 18, 6);
	cairo_curve_to(cr, 16, 4, 14, 4, 11.5, 7.5);
}

static void arrow(cairo_t *cr)
{
	cairo_move_to(cr, 9, 5);
	cairo_line_to(cr, 16, 12);
	cairo_line_to(cr, 9, 19);
}

static void back(cairo_t *cr)
{
	cairo_move_to(cr, 15, 5);
	cairo_line_to(cr, 8, 12);
	cairo_line_to(cr, 15, 19);
}

static void copy(cairo_t *cr)
{
	cairo_move_to(cr, 12, 3);
	cairo_line_to(cr, 12, 15);
	cairo_move_to(cr, 7, 10.2);
	cairo_line_to(cr, 12, 15.2);
	cairo_line_to(cr, 17, 10.2);
	cairo_move_to(cr, 4, 15.5);
	cairo_line_to(cr, 4, 20.5);
	cairo_line_to(cr, 20, 20.5);
	cairo_line_to(cr, 20, 15.5);
}

static void eject(cairo_t *cr)
{
	cairo_move_to(cr, 12, 4.5);
	cairo_line_to(cr, 20, 14.5);
	cairo_line_to(cr, 4, 14.5);
	cairo_close_path(cr);
	cairo_move_to(cr, 4, 19.5);
	cairo_line_to(cr, 20, 19.5);
}

/* A phone, and what goes out from it. */
static void phone(cairo_t *cr)
{
	cairo_rectangle(cr, 3.5, 3, 9.5, 18);
	cairo_move_to(cr, 7, 18);
	cairo_line_to(cr, 9.5, 18);
	cairo_new_sub_path(cr);
	cairo_arc(cr, 14, 8, 3, -M_PI / 3.5, M_PI / 3.5);
	cairo_new_sub_path(cr);
	cairo_arc(cr, 14, 8, 7, -M_PI / 3.5, M_PI / 3.5);
}

static void clock_face(cairo_t *cr)
{
	ring(cr);
	cairo_move_to(cr, 12, 6.5);
	cairo_line_to(cr, 12, 12.3);
	cairo_line_to(cr, 15.8, 14.6);
}

static void (*const shapes[])(cairo_t *cr) = {
	[ICON_NONE] = NULL,
	[ICON_CARD] = card,
	[ICON_CHECK] = check,
	[ICON_BANG] = bang,
	[ICON_QUESTION] = question,
	[ICON_CROSS] = cross,
	[ICON_POWER] = power,
	[ICON_PLUG] = plug,
	[ICON_ARROW] = arrow,
	[ICON_BACK] = back,
	[ICON_COPY] = copy,
	[ICON_WAIT] = clock_face,
	[ICON_EJECT] = eject,
	[ICON_PHONE] = phone,
};

void draw_icon(cairo_t *cr, enum icon icon, struct box box, uint32_t colour)
{
	int side = box.w < box.h ? box.w : box.h;
	double scale = side / 24.0;

	if (!shapes[icon] || side <= 0)
		return;
	cairo_save(cr);
	cairo_translate(cr, box.x + (box.w - side) / 2.0, box.y + (box.h - side) / 2.0);
	cairo_scale(cr, scale, scale);
	cairo_set_source_rgb(cr, (colour >> 16 & 255) / 255.0, (colour >> 8 & 255) / 255.0,
		(colour & 255) / 255.0);
	/* a large sign is lighter, a small one heavier, as with letters */
	cairo_set_line_width(cr, side > 80 ? 1.6 : side > 30 ? 2 : 2.4);
	cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
	cairo_new_path(cr);
	shapes[icon](cr);
	cairo_stroke(cr);
	cairo_restore(cr);
}
