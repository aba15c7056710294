/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pixels.h - rectangles, and the way from the drawn image to the panel's memory:
 * rotation and conversion. Pure functions over memory the caller owns.
 */
#ifndef IMGTANK_UI_FB_PIXELS_H
#define IMGTANK_UI_FB_PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIXEL_SIDE_MAX 8192U /* no side of an image is longer */

enum pixel_format {
	PIXEL_XRGB8888, /* 32 bits in native byte order, red above green above blue */
	PIXEL_XBGR8888, /* the same with red and blue changed about */
	PIXEL_RGB565, /* 16 bits in native byte order, red on top */
	PIXEL_BGR565,
	PIXEL_MONO, /* 1 bit, leftmost pixel in the lowest bit, 1 is white; as Linux' ssd1307fb */
};

struct pixel_geometry {
	uint32_t width_px, height_px;
	size_t stride_bytes; /* 0 asks for lines without gaps */
	enum pixel_format format;
};

/* Half open: x_px .. x_px + width_px. Empty when a side is 0. */
struct pixel_rect {
	int32_t x_px, y_px;
	int32_t width_px, height_px;
};

/* "480x320,rgb565" (xrgb8888 | rgb565 | mono; without one xrgb8888). 0 or -EINVAL. */
int pixel_geometry_parse(const char *text, struct pixel_geometry *geometry);

/* Bytes of a line without gaps; mono lines start on bytes. */
size_t pixel_line_bytes(enum pixel_format format, uint32_t width_px);

bool pixel_rect_is_empty(const struct pixel_rect *rect);

/* The part of rect inside width x height at 0, 0; any values are fine. */
struct pixel_rect pixel_rect_clip(
	const struct pixel_rect *rect, uint32_t width_px, uint32_t height_px);

/* The smallest rectangle around both; an empty one does not count. */
struct pixel_rect pixel_rect_union(const struct pixel_rect *a, const struct pixel_rect *b);

/*
 * Where rect of a drawn image of width x height lies on the panel, when the picture
 * is turned clockwise by rotation_deg (0, 90, 180, 270).
 */
struct pixel_rect pixel_rect_rotate(const struct pixel_rect *rect, uint32_t width_px,
	uint32_t height_px, uint32_t rotation_deg);

#define PIXEL_DAMAGE_MAX 8U

/* What must be sent, as few rectangles; zeroed is empty. Too many are merged. */
struct pixel_damage {
	struct pixel_rect rects[PIXEL_DAMAGE_MAX];
	size_t n_rects;
};

/* Adds rect: overlapping and touching ones become one; past the maximum the cheapest pair. */
void pixel_damage_add(struct pixel_damage *damage, const struct pixel_rect *rect);

/* From the image into panel memory. */
struct pixel_copy {
	const void *source; /* XRGB8888 */
	size_t source_stride_bytes;
	uint32_t width_px, height_px; /* of the source */
	void *target;
	struct pixel_geometry panel; /* sides swapped against the source for 90 and 270 */
	uint32_t rotation_deg;
	bool is_dithered;
};

/* Copies one rectangle of the source (cut to it), and gives where it came to on the panel. */
struct pixel_rect pixel_copy_rect(const struct pixel_copy *copy, const struct pixel_rect *rect);

/* Copies rect between two memories of one geometry but for the stride. */
void pixel_move_rect(void *target, size_t target_stride_bytes, const void *source,
	size_t source_stride_bytes, enum pixel_format format, const struct pixel_rect *rect);

#endif
