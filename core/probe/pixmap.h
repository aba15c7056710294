/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pixmap.h - small pictures in memory, and how large ones become small. Pure.
 *
 * Rows lie one behind the other without gaps, 8 bits a channel: 1 grey, 3 RGB,
 * 4 CMYK.
 */
#ifndef IMGTANK_CORE_PROBE_PIXMAP_H
#define IMGTANK_CORE_PROBE_PIXMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIXMAP_CHANNELS_MAX 4

struct pixmap {
	uint32_t width_px, height_px, channels;
	uint8_t *pixels; /* owned */
};

struct area {
	uint32_t x, y, width_px, height_px;
};

/* channels: 1, 3 or 4. -ENOMEM. No bounds: the caller knows them. */
int pixmap_new(uint32_t width_px, uint32_t height_px, uint32_t channels, struct pixmap *ret);
void pixmap_finish(struct pixmap *pixmap); /* a zeroed one is fine */

static inline size_t pixmap_row_bytes(const struct pixmap *pixmap)
{
	return (size_t)pixmap->width_px * pixmap->channels;
}

/* The size whose long edge is at most side_px, same shape, never larger, never 0. */
void pixmap_fit(uint32_t side_px, uint32_t *width_px, uint32_t *height_px);

/* Turns and mirrors as EXIF's Orientation 1 to 8 says; anything else is 1. -ENOMEM. */
int pixmap_orient(struct pixmap *pixmap, uint32_t orientation);

/* In place; area lies inside. */
void pixmap_crop(struct pixmap *pixmap, const struct area *area);

/* Is what lies outside of area black? */
bool pixmap_is_dark_outside(const struct pixmap *pixmap, const struct area *area);

/* Makes it smaller so that it fits. -ENOMEM. */
int pixmap_shrink(struct pixmap *pixmap, uint32_t side_px);

/*
 * Takes the rows of a large picture, top to bottom, and gives a small one: each
 * pixel is the mean of the area that it covers. Holds two rows of the small one.
 */
struct shrink; /* opaque */

/* to_* at most from_*, none of them 0, from_* below 2^20. -ENOMEM. */
int shrink_new(struct shrink **ret, uint32_t from_width_px, uint32_t from_height_px,
	uint32_t channels, uint32_t to_width_px, uint32_t to_height_px);
void shrink_free(struct shrink *shrink); /* accepts NULL */
void shrink_add_row(struct shrink *shrink, const uint8_t *row);

/* After the last row: the picture, now the caller's. */
struct pixmap shrink_take(struct shrink *shrink);

#endif
