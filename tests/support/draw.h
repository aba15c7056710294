/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draw.h - picture files made on the spot: four quarters, each of one colour, and
 * perhaps black bars above and below.
 */
#ifndef IMGTANK_TESTS_SUPPORT_DRAW_H
#define IMGTANK_TESTS_SUPPORT_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct drawing {
	uint32_t width_px, height_px;
	uint32_t channels; /* 1 grey, 2 grey + alpha, 3 RGB, 4 CMYK (JPEG) or RGB + alpha (PNG) */
	uint32_t bar_px; /* height of each bar */
	bool is_progressive; /* JPEG; of a PNG: interlaced */
	bool is_deep; /* PNG: 16 bits */
	bool is_plain_cmyk; /* JPEG of four channels: without Adobe's marker, 255 = full ink */
	bool is_noisy; /* no quarters, but noise */
	const uint8_t *icc; /* borrowed; NULL: none */
	size_t icc_bytes;
	uint8_t quarters[4][4]; /* top left, top right, bottom left, bottom right */
};

/* malloc()ed. */
struct blob {
	uint8_t *bytes;
	size_t size_bytes;
};

struct blob draw_jpeg(const struct drawing *drawing);
struct blob draw_png(const struct drawing *drawing);

/* HEIC by x265 or AVIF by aom, with a thumbnail of this side if it is not 0. size 0: no encoder. */
struct blob draw_heif(const struct drawing *drawing, bool is_avif, uint32_t thumbnail_px);

#endif
