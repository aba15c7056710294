/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <stdlib.h>
#include <string.h>

#include "core/probe/pixmap.h"

/* "abc/def": one letter a pixel, grey. */
static struct pixmap draw(const char *rows)
{
	uint32_t width_px = (uint32_t)strcspn(rows, "/");
	uint32_t height_px = (uint32_t)((strlen(rows) + 1) / (width_px + 1));
	struct pixmap pixmap;

	assert_int_equal(pixmap_new(width_px, height_px, 1, &pixmap), 0);
	for (uint32_t y = 0; y < height_px; y++)
		memcpy(pixmap.pixels + (size_t)y * width_px, rows + y * (width_px + 1), width_px);
	return pixmap;
}

static void assert_drawn(struct pixmap *pixmap, const char *rows)
{
	struct pixmap wanted = draw(rows);

	assert_int_equal(pixmap->width_px, wanted.width_px);
	assert_int_equal(pixmap->height_px, wanted.height_px);
	if (memcmp(pixmap->pixels, wanted.pixels, pixmap_row_bytes(&wanted) * wanted.height_px))
		fail_msg("not %s", rows);
	pixmap_finish(pixmap);
	pixmap_finish(&wanted);
}

static void test_pixmap_orients_as_exif_says(void **state)
{
	/* EXIF 2.32, 4.6.4, Orientation: where row 0 and column 0 of what is stored belong. */
	static const struct {
		uint32_t orientation;
		const char *upright;
	} cases[] = {{0, "abc/def"}, {1, "abc/def"}, {2, "cba/fed"}, {3, "fed/cba"}, {4, "def/abc"},
		{5, "ad/be/cf"}, {6, "da/eb/fc"}, {7, "fc/eb/da"}, {8, "cf/be/ad"}, {9, "abc/def"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pixmap pixmap = draw("abc/def");

		assert_int_equal(pixmap_orient(&pixmap, cases[i].orientation), 0);
		assert_drawn(&pixmap, cases[i].upright);
	}
}

static void test_pixmap_moves_whole_pixels(void **state)
{
	static const uint8_t stored[] = {1, 2, 3, 4, 5, 6}, upright[] = {4, 5, 6, 1, 2, 3};
	struct pixmap pixmap;

	(void)state;
	assert_int_equal(pixmap_new(2, 1, 3, &pixmap), 0);
	memcpy(pixmap.pixels, stored, sizeof(stored));
	assert_int_equal(pixmap_orient(&pixmap, 2), 0);
	assert_memory_equal(pixmap.pixels, upright, sizeof(upright));
	pixmap_finish(&pixmap);
}

static void test_pixmap_crops(void **state)
{
	struct pixmap pixmap = draw("abcd/efgh/ijkl");

	(void)state;
	pixmap_crop(&pixmap, &(struct area){1, 1, 2, 2});
	assert_drawn(&pixmap, "fg/jk");
}

static void test_pixmap_fits_without_growing(void **state)
{
	static const struct {
		uint32_t side_px, width_px, height_px, to_width_px, to_height_px;
	} cases[] = {
		{256, 6000, 4000, 256, 171},
		{256, 4000, 6000, 171, 256},
		{256, 256, 256, 256, 256},
		{256, 100, 50, 100, 50},
		{256, 65500, 1, 256, 1},
		{256, 257, 256, 256, 255},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t width_px = cases[i].width_px, height_px = cases[i].height_px;

		pixmap_fit(cases[i].side_px, &width_px, &height_px);
		assert_int_equal(width_px, cases[i].to_width_px);
		assert_int_equal(height_px, cases[i].to_height_px);
	}
}

static void test_shrink_takes_the_mean_of_each_area(void **state)
{
	/* Three pixels into two: each takes one and a half. */
	static const uint8_t row[] = {0, 90, 240};
	struct shrink *shrink;
	struct pixmap small;

	(void)state;
	assert_int_equal(shrink_new(&shrink, 3, 3, 1, 2, 2), 0);
	for (int i = 0; i < 3; i++)
		shrink_add_row(shrink, row);
	small = shrink_take(shrink);
	shrink_free(shrink);

	assert_int_equal(small.pixels[0], 30); /* (0 + 90 / 2) / 1.5 */
	assert_int_equal(small.pixels[1], 190); /* (90 / 2 + 240) / 1.5 */
	assert_int_equal(small.pixels[2], 30);
	assert_int_equal(small.pixels[3], 190);
	pixmap_finish(&small);
}

static void test_shrink_keeps_an_even_colour(void **state)
{
	(void)state;
	for (uint32_t from = 1; from < 70; from += 3) {
		for (uint32_t to = 1; to <= from; to += 2) {
			struct pixmap pixmap, large;

			assert_int_equal(pixmap_new(from, from, 3, &large), 0);
			memset(large.pixels, 255, (size_t)from * from * 3);
			pixmap = large;
			assert_int_equal(pixmap_shrink(&pixmap, to), 0);
			assert_int_equal(pixmap.width_px, to);
			for (size_t i = 0; i < (size_t)to * to * 3; i++)
				assert_int_equal(pixmap.pixels[i], 255);
			pixmap_finish(&pixmap);
		}
	}
}

static void test_shrink_leaves_a_picture_of_the_right_size(void **state)
{
	struct pixmap pixmap = draw("abc/def");

	(void)state;
	assert_int_equal(pixmap_shrink(&pixmap, 3), 0);
	assert_drawn(&pixmap, "abc/def");
}

static void test_pixmap_knows_black_bars(void **state)
{
	const struct area content = {0, 3, 20, 14};
	struct pixmap pixmap;

	(void)state;
	assert_int_equal(pixmap_new(20, 20, 1, &pixmap), 0);
	memset(pixmap.pixels + 60, 200, 14 * 20);
	assert_true(pixmap_is_dark_outside(&pixmap, &content));
	memset(pixmap.pixels + 40, 200, 20); /* blurred by a row */
	assert_true(pixmap_is_dark_outside(&pixmap, &content));
	memset(pixmap.pixels, 200, 20);
	assert_false(pixmap_is_dark_outside(&pixmap, &content));
	pixmap_finish(&pixmap);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pixmap_orients_as_exif_says),
		cmocka_unit_test(test_pixmap_moves_whole_pixels),
		cmocka_unit_test(test_pixmap_crops),
		cmocka_unit_test(test_pixmap_fits_without_growing),
		cmocka_unit_test(test_shrink_takes_the_mean_of_each_area),
		cmocka_unit_test(test_shrink_keeps_an_even_colour),
		cmocka_unit_test(test_shrink_leaves_a_picture_of_the_right_size),
		cmocka_unit_test(test_pixmap_knows_black_bars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
