/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/probe/pixmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Brighter than this in any channel is not a bar. JPEG's noise is below. */
#define DARK_MAX 36

int pixmap_new(uint32_t width_px, uint32_t height_px, uint32_t channels, struct pixmap *ret)
{
	uint8_t *pixels = calloc((size_t)width_px * channels, height_px);

	if (!pixels)
		return -ENOMEM;
	*ret = (struct pixmap){width_px, height_px, channels, pixels};
	return 0;
}

void pixmap_finish(struct pixmap *pixmap)
{
	free(pixmap->pixels);
	*pixmap = (struct pixmap){0};
}

static uint32_t scale(uint32_t length_px, uint32_t to_px, uint32_t from_px)
{
	uint64_t scaled_px = ((uint64_t)length_px * to_px + from_px / 2) / from_px;

	return scaled_px ? (uint32_t)scaled_px : 1;
}

void pixmap_fit(uint32_t side_px, uint32_t *width_px, uint32_t *height_px)
{
	uint32_t width = *width_px, height = *height_px;
	uint32_t long_px = width > height ? width : height;

	if (long_px <= side_px)
		return;
	*width_px = scale(width, side_px, long_px);
	*height_px = scale(height, side_px, long_px);
}

/* Where the pixel that is shown at x, y stands in the stored picture. */
static size_t find_source(const struct pixmap *from, uint32_t orientation, uint32_t x, uint32_t y)
{
	uint32_t right = from->width_px - 1, bottom = from->height_px - 1;
	uint32_t along = orientation >= 5 ? y : x, across = orientation >= 5 ? x : y;
	bool is_mirrored =
		orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
	bool is_upside_down =
		orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;

	along = is_mirrored ? right - along : along;
	across = is_upside_down ? bottom - across : across;
	return ((size_t)across * from->width_px + along) * from->channels;
}

int pixmap_orient(struct pixmap *pixmap, uint32_t orientation)
{
	bool is_turned = orientation >= 5;
	struct pixmap turned;
	uint8_t *to;
	int r;

	if (orientation < 2 || orientation > 8)
		return 0;
	r = pixmap_new(is_turned ? pixmap->height_px : pixmap->width_px,
		is_turned ? pixmap->width_px : pixmap->height_px, pixmap->channels, &turned);
	if (r < 0)
		return r;
	to = turned.pixels;
	for (uint32_t y = 0; y < turned.height_px; y++) {
		for (uint32_t x = 0; x < turned.width_px; x++) {
			memcpy(to, pixmap->pixels + find_source(pixmap, orientation, x, y),
				pixmap->channels);
			to += pixmap->channels;
		}
	}
	pixmap_finish(pixmap);
	*pixmap = turned;
	return 0;
}

void pixmap_crop(struct pixmap *pixmap, const struct area *area)
{
	size_t from_bytes = pixmap_row_bytes(pixmap);
	size_t to_bytes = (size_t)area->width_px * pixmap->channels;
	const uint8_t *from =
		pixmap->pixels + area->y * from_bytes + (size_t)area->x * pixmap->channels;

	for (uint32_t y = 0; y < area->height_px; y++)
		memmove(pixmap->pixels + y * to_bytes, from + y * from_bytes, to_bytes);
	pixmap->width_px = area->width_px;
	pixmap->height_px = area->height_px;
}

static bool is_dark(const uint8_t *pixel, uint32_t channels)
{
	for (uint32_t c = 0; c < channels; c++)
		if (pixel[c] > DARK_MAX)
			return false;
	return true;
}

/* A row and a column beside the area may be blurred into it. */
static bool is_near(uint32_t at, uint32_t start, uint32_t length)
{
	return at + 1 >= start && at <= start + length;
}

bool pixmap_is_dark_outside(const struct pixmap *pixmap, const struct area *area)
{
	const uint8_t *pixel = pixmap->pixels;
	uint64_t outside_count = 0, bright_count = 0;

	for (uint32_t y = 0; y < pixmap->height_px; y++) {
		for (uint32_t x = 0; x < pixmap->width_px; x++, pixel += pixmap->channels) {
			if (is_near(x, area->x, area->width_px) &&
				is_near(y, area->y, area->height_px))
				continue;
			outside_count++;
			bright_count += !is_dark(pixel, pixmap->channels);
		}
	}
	return bright_count * 50 <= outside_count;
}

/*
 * Both axes in whole numbers: a pixel of the large picture is to_width units
 * wide, one of the small picture from_width, and both rows are equally long.
 */
struct shrink {
	uint32_t from_width_px, from_height_px;
	uint32_t row; /* next row of the large picture */
	uint32_t to_row; /* row of the small one that is being summed up */
	struct pixmap to;
	uint32_t *line; /* one row, made narrow: sums of pixel x units */
	uint64_t *sums; /* the lines of the row so far x units */
};

int shrink_new(struct shrink **ret, uint32_t from_width_px, uint32_t from_height_px,
	uint32_t channels, uint32_t to_width_px, uint32_t to_height_px)
{
	size_t count = (size_t)to_width_px * channels;
	struct shrink *shrink = calloc(1, sizeof(*shrink));

	if (!shrink)
		return -ENOMEM;
	shrink->from_width_px = from_width_px;
	shrink->from_height_px = from_height_px;
	shrink->line = calloc(count, sizeof(*shrink->line));
	shrink->sums = calloc(count, sizeof(*shrink->sums));
	if (!shrink->line || !shrink->sums ||
		pixmap_new(to_width_px, to_height_px, channels, &shrink->to) < 0) {
		shrink_free(shrink);
		return -ENOMEM;
	}
	*ret = shrink;
	return 0;
}

void shrink_free(struct shrink *shrink)
{
	if (!shrink)
		return;
	free(shrink->line);
	free(shrink->sums);
	pixmap_finish(&shrink->to);
	free(shrink);
}

/* Inline, and so compiled for each number of channels: this is where the time goes. */
#define EACH_CHANNELS static inline __attribute__((always_inline)) void

EACH_CHANNELS add_pixels(uint32_t *sums, const uint8_t *pixels, uint32_t count,
	const uint32_t channels, uint32_t weight)
{
	uint32_t here[PIXMAP_CHANNELS_MAX] = {0};

	for (uint32_t i = 0; i < count; i++, pixels += channels)
		for (uint32_t c = 0; c < channels; c++)
			here[c] += pixels[c];
	for (uint32_t c = 0; c < channels; c++)
		sums[c] += here[c] * weight;
}

/* A pixel at a border counts for both sides, by its parts. */
EACH_CHANNELS narrow(struct shrink *shrink, const uint8_t *row, const uint32_t channels)
{
	uint32_t from = shrink->from_width_px, to = shrink->to.width_px;

	memset(shrink->line, 0, (size_t)to * channels * sizeof(*shrink->line));
	for (uint32_t x = 0; x < to; x++) {
		uint64_t start = (uint64_t)x * from, end = start + from;
		uint32_t first = (uint32_t)(start / to), last = (uint32_t)((end - 1) / to);
		uint32_t *sums = shrink->line + (size_t)x * channels;
		uint32_t before = (uint32_t)(start - (uint64_t)first * to);
		uint32_t behind = (uint32_t)((uint64_t)(last + 1) * to - end);

		if (first == last) {
			add_pixels(sums, row + (size_t)first * channels, 1, channels, from);
			continue;
		}
		add_pixels(sums, row + (size_t)first * channels, 1, channels, to - before);
		add_pixels(
			sums, row + (size_t)(first + 1) * channels, last - first - 1, channels, to);
		add_pixels(sums, row + (size_t)last * channels, 1, channels, to - behind);
	}
}

static void narrow_row(struct shrink *shrink, const uint8_t *row)
{
	switch (shrink->to.channels) {
	case 1:
		narrow(shrink, row, 1);
		break;
	case 3:
		narrow(shrink, row, 3);
		break;
	default:
		narrow(shrink, row, 4);
		break;
	}
}

static void add_line(struct shrink *shrink, uint64_t weight)
{
	size_t count = pixmap_row_bytes(&shrink->to);

	for (size_t i = 0; i < count; i++)
		shrink->sums[i] += shrink->line[i] * weight;
}

static void end_line(struct shrink *shrink)
{
	size_t count = pixmap_row_bytes(&shrink->to);
	uint8_t *to = shrink->to.pixels + shrink->to_row * count;
	uint64_t whole = (uint64_t)shrink->from_width_px * shrink->from_height_px;

	for (size_t i = 0; i < count; i++)
		to[i] = (uint8_t)((shrink->sums[i] + whole / 2) / whole);
	memset(shrink->sums, 0, count * sizeof(*shrink->sums));
	shrink->to_row++;
}

void shrink_add_row(struct shrink *shrink, const uint8_t *row)
{
	uint32_t to = shrink->to.height_px;
	uint64_t start = (uint64_t)shrink->row * to, end = start + to;
	uint64_t border = (uint64_t)(shrink->to_row + 1) * shrink->from_height_px;

	if (shrink->to_row >= to)
		return;
	narrow_row(shrink, row);
	shrink->row++;
	add_line(shrink, (end < border ? end : border) - start);
	if (end < border)
		return;
	end_line(shrink);
	if (shrink->to_row < to)
		add_line(shrink, end - border);
}

struct pixmap shrink_take(struct shrink *shrink)
{
	struct pixmap pixmap = shrink->to;

	shrink->to = (struct pixmap){0};
	return pixmap;
}

int pixmap_shrink(struct pixmap *pixmap, uint32_t side_px)
{
	uint32_t width_px = pixmap->width_px, height_px = pixmap->height_px;
	struct shrink *shrink;
	int r;

	pixmap_fit(side_px, &width_px, &height_px);
	if (width_px == pixmap->width_px && height_px == pixmap->height_px)
		return 0;
	r = shrink_new(&shrink, pixmap->width_px, pixmap->height_px, pixmap->channels, width_px,
		height_px);
	if (r < 0)
		return r;
	for (uint32_t y = 0; y < pixmap->height_px; y++)
		shrink_add_row(shrink, pixmap->pixels + y * pixmap_row_bytes(pixmap));
	pixmap_finish(pixmap);
	*pixmap = shrink_take(shrink);
	shrink_free(shrink);
	return 0;
}
