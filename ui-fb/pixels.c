/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/pixels.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	enum pixel_format format;
} formats[] = {
	{"xrgb8888", PIXEL_XRGB8888},
	{"xbgr8888", PIXEL_XBGR8888},
	{"rgb565", PIXEL_RGB565},
	{"bgr565", PIXEL_BGR565},
	{"mono", PIXEL_MONO},
};

static int format_parse(const char *text, enum pixel_format *format)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(text, formats[i].name) == 0) {
			*format = formats[i].format;
			return 0;
		}
	}
	return -EINVAL;
}

int pixel_geometry_parse(const char *text, struct pixel_geometry *geometry)
{
	unsigned int width_px = 0;
	unsigned int height_px = 0;
	char format[16] = "xrgb8888";
	int end_size = 0;
	int end_all = 0;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	sscanf(text, "%5ux%5u%n,%15s%n", &width_px, &height_px, &end_size, format, &end_all);
	if (end_size == 0 || (text[end_size] != '\0' && text[end_all] != '\0'))
		return -EINVAL;
	if (text[end_size] != '\0' && end_all == 0)
		return -EINVAL;
	if (width_px == 0 || height_px == 0 || width_px > PIXEL_SIDE_MAX ||
		height_px > PIXEL_SIDE_MAX)
		return -EINVAL;
	*geometry = (struct pixel_geometry){.width_px = width_px, .height_px = height_px};
	return format_parse(format, &geometry->format);
}

static uint32_t bits_per_pixel(enum pixel_format format)
{
	switch (format) {
	case PIXEL_RGB565:
	case PIXEL_BGR565:
		return 16;
	case PIXEL_MONO:
		return 1;
	case PIXEL_XRGB8888:
	case PIXEL_XBGR8888:
		break;
	}
	return 32;
}

size_t pixel_line_bytes(enum pixel_format format, uint32_t width_px)
{
	return ((size_t)width_px * bits_per_pixel(format) + 7) / 8;
}

bool pixel_rect_is_empty(const struct pixel_rect *rect)
{
	return rect->width_px <= 0 || rect->height_px <= 0;
}

static int64_t clamp(int64_t value, int64_t max)
{
	return value < 0 ? 0 : value > max ? max : value;
}

struct pixel_rect pixel_rect_clip(
	const struct pixel_rect *rect, uint32_t width_px, uint32_t height_px)
{
	if (pixel_rect_is_empty(rect))
		return (struct pixel_rect){0};
	int64_t left = clamp(rect->x_px, width_px);
	int64_t top = clamp(rect->y_px, height_px);
	int64_t right = clamp((int64_t)rect->x_px + rect->width_px, width_px);
	int64_t bottom = clamp((int64_t)rect->y_px + rect->height_px, height_px);

	if (left >= right || top >= bottom)
		return (struct pixel_rect){0};
	return (struct pixel_rect){
		(int32_t)left, (int32_t)top, (int32_t)(right - left), (int32_t)(bottom - top)};
}

static int32_t min_i32(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static int32_t max_i32(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

struct pixel_rect pixel_rect_union(const struct pixel_rect *a, const struct pixel_rect *b)
{
	if (pixel_rect_is_empty(a))
		return *b;
	if (pixel_rect_is_empty(b))
		return *a;
	int32_t left = min_i32(a->x_px, b->x_px);
	int32_t top = min_i32(a->y_px, b->y_px);
	int32_t right = max_i32(a->x_px + a->width_px, b->x_px + b->width_px);
	int32_t bottom = max_i32(a->y_px + a->height_px, b->y_px + b->height_px);

	return (struct pixel_rect){left, top, right - left, bottom - top};
}

struct pixel_rect pixel_rect_rotate(
	const struct pixel_rect *rect, uint32_t width_px, uint32_t height_px, uint32_t rotation_deg)
{
	int32_t from_right = (int32_t)width_px - rect->x_px - rect->width_px;
	int32_t from_bottom = (int32_t)height_px - rect->y_px - rect->height_px;

	switch (rotation_deg) {
	case 90:
		return (struct pixel_rect){
			from_bottom, rect->x_px, rect->height_px, rect->width_px};
	case 180:
		return (struct pixel_rect){
			from_right, from_bottom, rect->width_px, rect->height_px};
	case 270:
		return (struct pixel_rect){rect->y_px, from_right, rect->height_px, rect->width_px};
	default:
		return *rect;
	}
}

static int64_t area(const struct pixel_rect *rect)
{
	return (int64_t)rect->width_px * rect->height_px;
}

/* What sending one rectangle around both sends more than both for themselves. */
static int64_t waste(const struct pixel_rect *a, const struct pixel_rect *b)
{
	struct pixel_rect both = pixel_rect_union(a, b);

	return area(&both) - area(a) - area(b);
}

static void damage_remove(struct pixel_damage *damage, size_t i)
{
	damage->rects[i] = damage->rects[--damage->n_rects];
}

/* Full: makes room by merging the pair that costs least. */
static void damage_squeeze(struct pixel_damage *damage)
{
	size_t best_a = 0;
	size_t best_b = 1;

	for (size_t a = 0; a < damage->n_rects; a++) {
		for (size_t b = a + 1; b < damage->n_rects; b++) {
			if (waste(&damage->rects[a], &damage->rects[b]) <
				waste(&damage->rects[best_a], &damage->rects[best_b])) {
				best_a = a;
				best_b = b;
			}
		}
	}
	struct pixel_rect both = pixel_rect_union(&damage->rects[best_a], &damage->rects[best_b]);

	damage_remove(damage, best_b);
	damage_remove(damage, best_a);
	pixel_damage_add(damage, &both);
}

void pixel_damage_add(struct pixel_damage *damage, const struct pixel_rect *rect)
{
	struct pixel_rect added = *rect;
	size_t i = 0;

	if (pixel_rect_is_empty(rect))
		return;
	while (i < damage->n_rects) {
		if (waste(&damage->rects[i], &added) > 0) {
			i++;
			continue;
		}
		/* It grew, so it may now meet those passed before. */
		added = pixel_rect_union(&damage->rects[i], &added);
		damage_remove(damage, i);
		i = 0;
	}
	if (damage->n_rects == PIXEL_DAMAGE_MAX)
		damage_squeeze(damage);
	damage->rects[damage->n_rects++] = added;
}

/* Ordered dithering: thresholds of a 4 x 4 Bayer matrix, 0 .. 15. */
static const uint8_t bayer[4][4] = {{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};

static uint32_t add_saturated(uint32_t value, uint32_t more)
{
	return value + more > 255 ? 255 : value + more;
}

/* threshold 0 .. 15; the dropped bits are worth 8 (of red and blue) and 4 (of green). */
static uint16_t to_565(uint32_t red, uint32_t green, uint32_t blue, uint32_t threshold)
{
	red = add_saturated(red, threshold / 2);
	green = add_saturated(green, threshold / 4);
	blue = add_saturated(blue, threshold / 2);
	return (uint16_t)((red >> 3) << 11 | (green >> 2) << 5 | blue >> 3);
}

static bool to_mono(uint32_t red, uint32_t green, uint32_t blue, uint32_t threshold)
{
	return (red * 77 + green * 151 + blue * 28) / 256 > threshold;
}

static void put_pixel(uint8_t *line, uint32_t x_px, uint32_t y_px, uint32_t rgb,
	enum pixel_format format, bool is_dithered)
{
	uint32_t red = rgb >> 16 & 0xff;
	uint32_t green = rgb >> 8 & 0xff;
	uint32_t blue = rgb & 0xff;
	uint32_t step = bayer[y_px % 4][x_px % 4];
	uint32_t word;
	uint16_t half;

	switch (format) {
	case PIXEL_XBGR8888:
		word = blue << 16 | green << 8 | red;
		memcpy(line + (size_t)x_px * 4, &word, sizeof(word));
		return;
	case PIXEL_XRGB8888:
		word = rgb & 0xffffff;
		memcpy(line + (size_t)x_px * 4, &word, sizeof(word));
		return;
	case PIXEL_RGB565:
		half = to_565(red, green, blue, is_dithered ? step : 0);
		memcpy(line + (size_t)x_px * 2, &half, sizeof(half));
		return;
	case PIXEL_BGR565:
		half = to_565(blue, green, red, is_dithered ? step : 0);
		memcpy(line + (size_t)x_px * 2, &half, sizeof(half));
		return;
	case PIXEL_MONO:
		if (to_mono(red, green, blue, is_dithered ? step * 16 + 7 : 127))
			line[x_px / 8] |= (uint8_t)(1U << x_px % 8);
		else
			line[x_px / 8] &= (uint8_t) ~(1U << x_px % 8);
		return;
	}
}

/* How the source is walked while the panel is filled line by line: offsets in bytes. */
struct walk {
	ptrdiff_t origin;
	ptrdiff_t per_x;
	ptrdiff_t per_y;
};

static struct walk walk_of(const struct pixel_copy *copy)
{
	ptrdiff_t line = (ptrdiff_t)copy->source_stride_bytes;
	ptrdiff_t last_x = ((ptrdiff_t)copy->width_px - 1) * 4;
	ptrdiff_t last_y = ((ptrdiff_t)copy->height_px - 1) * line;

	switch (copy->rotation_deg) {
	case 90:
		return (struct walk){last_y, -line, 4};
	case 180:
		return (struct walk){last_x + last_y, -4, -line};
	case 270:
		return (struct walk){last_x, line, -4};
	default:
		return (struct walk){0, 4, line};
	}
}

static void copy_line(const struct pixel_copy *copy, const struct walk *walk,
	const struct pixel_rect *to, uint32_t y_px)
{
	uint8_t *line = (uint8_t *)copy->target + (size_t)y_px * copy->panel.stride_bytes;
	const uint8_t *from = (const uint8_t *)copy->source + walk->origin +
		walk->per_y * (ptrdiff_t)y_px + walk->per_x * (ptrdiff_t)to->x_px;
	uint32_t end_px = (uint32_t)(to->x_px + to->width_px);

	for (uint32_t x_px = (uint32_t)to->x_px; x_px < end_px; x_px++) {
		uint32_t rgb;

		memcpy(&rgb, from, sizeof(rgb));
		put_pixel(line, x_px, y_px, rgb, copy->panel.format, copy->is_dithered);
		from += walk->per_x;
	}
}

struct pixel_rect pixel_copy_rect(const struct pixel_copy *copy, const struct pixel_rect *rect)
{
	struct pixel_rect cut = pixel_rect_clip(rect, copy->width_px, copy->height_px);
	struct pixel_rect to =
		pixel_rect_rotate(&cut, copy->width_px, copy->height_px, copy->rotation_deg);
	struct walk walk = walk_of(copy);

	if (pixel_rect_is_empty(&cut))
		return cut;
	for (int32_t y_px = to.y_px; y_px < to.y_px + to.height_px; y_px++)
		copy_line(copy, &walk, &to, (uint32_t)y_px);
	return to;
}

void pixel_move_rect(void *target, size_t target_stride_bytes, const void *source,
	size_t source_stride_bytes, enum pixel_format format, const struct pixel_rect *rect)
{
	size_t bits = bits_per_pixel(format);
	/* Mono: whole bytes; both sides hold the same outside of what changed. */
	size_t start = (size_t)rect->x_px * bits / 8;
	size_t end = ((size_t)(rect->x_px + rect->width_px) * bits + 7) / 8;

	for (size_t y = (size_t)rect->y_px; y < (size_t)(rect->y_px + rect->height_px); y++) {
		memcpy((uint8_t *)target + y * target_stride_bytes + start,
			(const uint8_t *)source + y * source_stride_bytes + start, end - start);
	}
}
