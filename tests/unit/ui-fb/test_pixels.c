/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/pixels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GAP_BYTES 12 /* behind each line of source and panel */
#define GUARD 0xa5

static void fill_source(uint8_t *source, size_t stride_bytes, uint32_t width, uint32_t height)
{
	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++) {
			uint32_t rgb = (x * 37 + y * 11) % 256 << 16 | (x * 5 + y * 59) % 256 << 8 |
				(x * 91 + y * 3) % 256;

			memcpy(source + y * stride_bytes + (size_t)x * 4, &rgb, sizeof(rgb));
		}
	}
}

/* Told apart from the code under test: where does the pixel go, and what does it become? */
static void place(uint32_t rotation, uint32_t width, uint32_t height, uint32_t x, uint32_t y,
	uint32_t *px, uint32_t *py)
{
	*px = rotation == 0       ? x
		: rotation == 90  ? height - 1 - y
		: rotation == 180 ? width - 1 - x
				  : y;
	*py = rotation == 0       ? y
		: rotation == 90  ? x
		: rotation == 180 ? height - 1 - y
				  : width - 1 - x;
}

static void expect_pixel(uint8_t *line, uint32_t x, uint32_t rgb, enum pixel_format format)
{
	uint32_t r = rgb >> 16;
	uint32_t g = rgb >> 8 & 255;
	uint32_t b = rgb & 255;
	uint32_t swapped = b << 16 | g << 8 | r;
	uint16_t rgb565 = (uint16_t)(r / 8 * 2048 + g / 4 * 32 + b / 8);
	uint16_t bgr565 = (uint16_t)(b / 8 * 2048 + g / 4 * 32 + r / 8);

	switch (format) {
	case PIXEL_XRGB8888:
		memcpy(line + (size_t)x * 4, &rgb, 4);
		break;
	case PIXEL_XBGR8888:
		memcpy(line + (size_t)x * 4, &swapped, 4);
		break;
	case PIXEL_RGB565:
		memcpy(line + (size_t)x * 2, &rgb565, 2);
		break;
	case PIXEL_BGR565:
		memcpy(line + (size_t)x * 2, &bgr565, 2);
		break;
	case PIXEL_MONO:
		line[x / 8] = (uint8_t)((line[x / 8] & ~(1U << x % 8)) |
			(uint32_t)((77 * r + 151 * g + 28 * b) / 256 >= 128) << x % 8);
		break;
	}
}

static void check_copy(uint32_t width, uint32_t height, uint32_t rotation, enum pixel_format format,
	const struct pixel_rect *rect)
{
	bool is_turned = rotation % 180 != 0;
	struct pixel_geometry panel = {.width_px = is_turned ? height : width,
		.height_px = is_turned ? width : height,
		.format = format};
	size_t source_stride = (size_t)width * 4 + GAP_BYTES;

	panel.stride_bytes = pixel_line_bytes(format, panel.width_px) + GAP_BYTES;
	size_t panel_bytes = panel.stride_bytes * panel.height_px;
	uint8_t *source = calloc(height, source_stride);
	uint8_t *got = malloc(panel_bytes);
	uint8_t *wanted = malloc(panel_bytes);

	assert_non_null(source);
	assert_non_null(got);
	assert_non_null(wanted);
	memset(got, GUARD, panel_bytes);
	memset(wanted, GUARD, panel_bytes);
	fill_source(source, source_stride, width, height);
	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++) {
			uint32_t px;
			uint32_t py;
			uint32_t rgb;

			if ((int64_t)x < rect->x_px || (int64_t)y < rect->y_px ||
				(int64_t)x >= (int64_t)rect->x_px + rect->width_px ||
				(int64_t)y >= (int64_t)rect->y_px + rect->height_px)
				continue;
			place(rotation, width, height, x, y, &px, &py);
			memcpy(&rgb, source + y * source_stride + (size_t)x * 4, 4);
			expect_pixel(wanted + py * panel.stride_bytes, px, rgb, format);
		}
	}
	struct pixel_copy copy = {.source = source,
		.source_stride_bytes = source_stride,
		.width_px = width,
		.height_px = height,
		.target = got,
		.panel = panel,
		.rotation_deg = rotation};

	pixel_copy_rect(&copy, rect);
	assert_memory_equal(got, wanted, panel_bytes);
	free(source);
	free(got);
	free(wanted);
}

static void test_every_rotation_format_and_damage(void **state)
{
	static const uint32_t sizes[][2] = {{1, 1}, {7, 5}, {8, 16}, {33, 17}, {128, 64}};
	static const struct pixel_rect rects[] = {{0, 0, 1000, 1000}, {1, 2, 3, 2}, {0, 0, 1, 1},
		{-4, -4, 9, 6}, {5, 3, INT32_MAX, INT32_MAX}, {6, 4, 1, 1}, {2, 2, 0, 5},
		{900, 900, 10, 10}, {INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX}};

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		for (uint32_t rotation = 0; rotation < 360; rotation += 90) {
			for (int f = PIXEL_XRGB8888; f <= PIXEL_MONO; f++) {
				for (size_t r = 0; r < sizeof(rects) / sizeof(rects[0]); r++) {
					check_copy(sizes[s][0], sizes[s][1], rotation,
						(enum pixel_format)f, &rects[r]);
				}
			}
		}
	}
}

static void test_dithering_keeps_the_mean(void **state)
{
	uint32_t source[16 * 16];
	uint8_t panel[16 * 2];
	size_t white = 0;

	(void)state;
	for (size_t i = 0; i < 256; i++)
		source[i] = 0x404040; /* a quarter */
	struct pixel_copy copy = {.source = source,
		.source_stride_bytes = 64,
		.width_px = 16,
		.height_px = 16,
		.target = panel,
		.panel = {16, 16, 2, PIXEL_MONO},
		.is_dithered = true};
	struct pixel_rect all = {0, 0, 16, 16};

	memset(panel, 0, sizeof(panel));
	pixel_copy_rect(&copy, &all);
	for (size_t i = 0; i < sizeof(panel); i++)
		white += (size_t)__builtin_popcount(panel[i]);
	assert_int_equal(white, 64);
}

static void test_damage_covers_all_and_stays_small(void **state)
{
	struct pixel_damage damage = {0};
	bool is_hit[40][40] = {{false}};

	(void)state;
	srand(7);
	for (int i = 0; i < 60; i++) {
		struct pixel_rect rect = {rand() % 30, rand() % 30, rand() % 6, rand() % 6};

		pixel_damage_add(&damage, &rect);
		assert_true(damage.n_rects <= PIXEL_DAMAGE_MAX);
		for (int y = rect.y_px; y < rect.y_px + rect.height_px; y++) {
			for (int x = rect.x_px; rect.width_px > 0 && x < rect.x_px + rect.width_px;
				x++)
				is_hit[y][x] = true;
		}
		for (int y = 0; y < 40; y++) {
			for (int x = 0; x < 40; x++) {
				bool is_in = false;

				for (size_t r = 0; r < damage.n_rects; r++) {
					const struct pixel_rect *d = &damage.rects[r];

					is_in |= x >= d->x_px && x < d->x_px + d->width_px &&
						y >= d->y_px && y < d->y_px + d->height_px;
				}
				assert_true(is_in || !is_hit[y][x]);
			}
		}
	}
}

static void test_distant_rectangles_stay_apart(void **state)
{
	struct pixel_damage damage = {0};
	struct pixel_rect rects[] = {{0, 0, 10, 10}, {400, 300, 10, 10}, {10, 0, 10, 10}};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		pixel_damage_add(&damage, &rects[i]);
	assert_int_equal(damage.n_rects, 2); /* the third joins the first */
}

static void test_geometry(void **state)
{
	static const char *const bad[] = {"", "480", "480x", "x320", "0x5", "5x0", "-5x5", "9000x5",
		"5x5,", "5x5,rgb", "5x5,mono,", "5x5 ", "5x5,rgb565 "};
	struct pixel_geometry geometry;

	(void)state;
	assert_int_equal(pixel_geometry_parse("480x320,rgb565", &geometry), 0);
	assert_int_equal(geometry.width_px, 480);
	assert_int_equal(geometry.height_px, 320);
	assert_int_equal(geometry.format, PIXEL_RGB565);
	assert_int_equal(pixel_geometry_parse("7x5", &geometry), 0);
	assert_int_equal(geometry.format, PIXEL_XRGB8888);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(pixel_geometry_parse(bad[i], &geometry) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_rotation_format_and_damage),
		cmocka_unit_test(test_dithering_keeps_the_mean),
		cmocka_unit_test(test_damage_covers_all_and_stays_small),
		cmocka_unit_test(test_distant_rectangles_stay_apart),
		cmocka_unit_test(test_geometry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
