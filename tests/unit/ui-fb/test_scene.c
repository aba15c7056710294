/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_scene.c - layouts, colours, damage, and pictures from files that may be anything.
 */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui-fb/draw.h"
#include "ui-fb/layout.h"
#include "ui-fb/picture.h"
#include "ui-fb/scene.h"
#include "ui-fb/theme.h"

#define CONTRAST_LEAST 4.5

static void test_contrast(void **state)
{
	static const char *const names[] = {"dark", "light", "mono"};

	(void)state;
	assert_true(theme_contrast(0x000000, 0xffffff) > 20.9);
	for (size_t i = 0; i < 3; i++) {
		const struct theme *theme = theme_find(names[i]);

		assert_true(theme_contrast(theme->text, theme->ground) >= CONTRAST_LEAST);
		assert_true(theme_contrast(theme->muted, theme->ground) >= CONTRAST_LEAST);
		assert_true(theme_contrast(theme->text, theme->panel) >= CONTRAST_LEAST);
		assert_true(theme_contrast(theme->muted, theme->panel) >= CONTRAST_LEAST);
		for (int role = 0; role < ROLES_COUNT; role++) {
			assert_true(theme_contrast(theme->fill[role], theme->on_fill[role]) >=
				CONTRAST_LEAST);
			assert_true(theme_contrast(theme->letters[role], theme->ground) >=
				CONTRAST_LEAST);
			assert_true(theme_contrast(theme->letters[role], theme->panel) >=
				CONTRAST_LEAST);
		}
	}
	assert_null(theme_find("pink"));
}

static void test_layout(void **state)
{
	struct layout_options options = {.width_px = 800, .height_px = 480, .has_touch = true};
	struct layout plain = layout_choose(&options), layout;

	(void)state;
	assert_int_equal(plain.class, LAYOUT_ROOMY);
	assert_false(plain.is_portrait);
	options.width_mm = 60; /* a small panel with many pixels */
	options.height_mm = 36;
	layout = layout_choose(&options);
	assert_int_equal(layout.button_px, 120);
	assert_true(plain.button_px < 120);
	options = (struct layout_options){.width_px = 480, .height_px = 800};
	assert_true(layout_choose(&options).is_portrait);
	assert_false(layout_choose(&options).has_touch);
	options = (struct layout_options){.width_px = 320, .height_px = 240};
	assert_int_equal(layout_choose(&options).class, LAYOUT_COMPACT);
	options = (struct layout_options){
		.width_px = 128, .height_px = 64, .is_mono = true, .has_touch = true};
	assert_int_equal(layout_choose(&options).class, LAYOUT_WORDS);
	assert_false(layout_choose(&options).has_touch);
}

static struct scene *scene_of(const char *words, uint32_t permille)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct widget *widget;

	scene->width_px = 200;
	scene->height_px = 100;
	widget = scene_add(scene, WIDGET_TEXT, (struct box){10, 10, 100, 20});
	widget->font_px = 14;
	widget_say(widget, words);
	widget = scene_add(scene, WIDGET_BAR, (struct box){10, 60, 180, 8});
	widget->permille = permille;
	return scene;
}

static void test_damage(void **state)
{
	struct scene *a = scene_of("12 %", 120), *b = scene_of("12 %", 125);
	struct pixel_damage damage = {0};

	(void)state;
	scene_difference(a, a, &damage);
	assert_int_equal(damage.n_rects, 0);
	scene_difference(a, b, &damage); /* only the bar */
	assert_int_equal(damage.n_rects, 1);
	assert_int_equal(damage.rects[0].y_px, 60);
	assert_int_equal(damage.rects[0].height_px, 8);
	b->widgets_count = 1; /* what is gone must be painted over */
	memset(&damage, 0, sizeof(damage));
	scene_difference(a, b, &damage);
	assert_int_equal(damage.n_rects, 1);
	free(a);
	free(b);
}

static void test_moving_is_damage(void **state)
{
	struct scene *a = scene_of("", 0), *b = scene_of("", 0);
	struct pixel_damage damage = {0};

	(void)state;
	a->widgets[1].is_moving = b->widgets[1].is_moving = true;
	b->phase = 1;
	scene_difference(a, b, &damage);
	assert_int_equal(damage.n_rects, 1);
	free(a);
	free(b);
}

/* What is drawn from a difference is what is drawn as a whole. */
static void test_partial_painting(void **state)
{
	struct painter *painter = painter_new(theme_find("dark"), "DejaVu Sans", false);
	cairo_surface_t *part = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 200, 100);
	cairo_surface_t *whole = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 200, 100);
	struct scene *a = scene_of("12 %", 120), *b = scene_of("97 percent", 970);
	struct pixel_damage damage = {0};
	size_t bytes = (size_t)cairo_image_surface_get_stride(whole) * 100;

	(void)state;
	paint_scene(painter, part, a, NULL, 0);
	paint_scene(painter, whole, b, NULL, 0);
	assert_memory_not_equal(
		cairo_image_surface_get_data(part), cairo_image_surface_get_data(whole), bytes);
	scene_difference(a, b, &damage);
	paint_scene(painter, part, b, damage.rects, damage.n_rects);
	assert_memory_equal(
		cairo_image_surface_get_data(part), cairo_image_surface_get_data(whole), bytes);
	cairo_surface_destroy(part);
	cairo_surface_destroy(whole);
	painter_free(painter);
	free(a);
	free(b);
}

static void test_veil_stops_touches(void **state)
{
	struct scene *scene = scene_of("", 0);
	struct widget *widget = &scene->widgets[0];

	(void)state;
	widget->touch = widget->box;
	widget->action.kind = ACTION_NEXT_PAGE;
	assert_ptr_equal(scene_hit(scene, 15, 15), widget);
	assert_null(scene_hit(scene, 5, 15));
	(void)scene_add(scene, WIDGET_VEIL, (struct box){0, 0, 200, 100});
	assert_null(scene_hit(scene, 15, 15));
	free(scene);
}

static void test_full_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct box box = {0};

	(void)state;
	for (int i = 0; i < SCENE_WIDGETS_MAX; i++)
		assert_non_null(scene_add(scene, WIDGET_PANEL, box));
	assert_null(scene_add(scene, WIDGET_PANEL, box));
	free(scene);
}

/* --- letters --- */

static struct letters_set fit(
	struct letters *letters, const char *words, struct box box, int lines, bool is_name)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct widget *widget = scene_add(scene, WIDGET_TEXT, box);
	struct letters_set set;

	widget->font_px = 32;
	widget->font_min_px = 10;
	widget->lines = lines;
	widget->is_name = is_name;
	widget_say(widget, words);
	set = letters_fit(letters, widget, box);
	g_object_unref(set.layout);
	free(scene);
	return set;
}

static void test_words_shrink_before_they_break(void **state)
{
	struct letters *letters = letters_new("DejaVu Sans", false);
	struct box box = {0, 0, 260, 100};
	struct letters_set set;

	(void)state;
	set = fit(letters, "Donaudampfschifffahrtsgesellschaft anlegen", box, 2, false);
	assert_false(set.is_broken);
	assert_false(set.is_shortened);
	set = fit(letters, "Donaudampfschifffahrtsgesellschaft anlegen", box, 2, true);
	assert_true(set.is_broken); /* a name need not be so careful */
	letters_free(letters);
}

static void test_any_script_stays_in_its_box(void **state)
{
	static const char *const texts[] = {
		"日本語の写真日本語の写真日本語の写真日本語の写真日本語の写真日本語の写真",
		"عربى عربى عربى عربى عربى عربى عربى عربى عربى عربى عربى",
		"WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
		"\\x1b]0;x\\x07 \u00e9\u0301\u0301\u0301\u0301 🌸🌸🌸 e\u0301 ก็็็็็็็็็็",
		"a",
		"",
	};
	struct letters *letters = letters_new("DejaVu Sans", false);

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (int width = 20; width < 400; width += 37) {
			struct box box = {7, 9, width, 44};
			struct letters_set set = fit(letters, texts[i], box, 2, true);

			assert_in_range(set.box.x, box.x, box.x + box.w);
			assert_in_range(set.box.x + set.box.w, box.x, box.x + box.w);
			assert_in_range(set.box.y + set.box.h, box.y, box.y + box.h);
		}
	}
	letters_free(letters);
}

/* --- pictures --- */

static size_t read_good(uint8_t *data, size_t bytes)
{
	FILE *file = fopen(IMGTANK_TEST_PICTURE, "re");
	size_t n;

	assert_non_null(file);
	n = fread(data, 1, bytes, file);
	(void)fclose(file);
	return n;
}

static int read_bytes(const uint8_t *data, size_t bytes, cairo_surface_t **image)
{
	char path[] = "/tmp/imgtank-picture-XXXXXX";
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, bytes), bytes);
	(void)close(fd);
	r = picture_read(path, 100, 80, image);
	(void)unlink(path);
	return r;
}

static void test_picture(void **state)
{
	cairo_surface_t *image;

	(void)state;
	assert_int_equal(picture_read(IMGTANK_TEST_PICTURE, 100, 80, &image), 0);
	assert_int_equal(cairo_image_surface_get_width(image), 160); /* of 320: half is enough */
	cairo_surface_destroy(image);
	assert_int_equal(picture_read("/nowhere/at/all.jpg", 100, 80, &image), -ENOENT);
	assert_null(image);
	assert_int_equal(picture_read("/dev/zero", 100, 80, &image), -EBADMSG);
	assert_int_equal(picture_read("/", 100, 80, &image), -EBADMSG);
}

/* Each cut and each changed byte: an image or an error, and nothing else. */
static void test_broken_pictures(void **state)
{
	static uint8_t data[8192];
	size_t bytes = read_good(data, sizeof(data));
	cairo_surface_t *image;

	(void)state;
	assert_in_range(bytes, 1000, sizeof(data) - 1);
	assert_int_equal(read_bytes((const uint8_t *)"GIF89a", 6, &image), -EBADMSG);
	assert_int_equal(read_bytes(data, 0, &image), -EBADMSG);
	for (size_t i = 0; i < bytes; i += i < 700 ? 7 : 131) {
		uint8_t kept = data[i];

		if (read_bytes(data, i, &image) == 0)
			cairo_surface_destroy(image);
		data[i] ^= 0xff;
		if (read_bytes(data, bytes, &image) == 0)
			cairo_surface_destroy(image);
		data[i] = kept;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contrast),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_moving_is_damage),
		cmocka_unit_test(test_partial_painting),
		cmocka_unit_test(test_veil_stops_touches),
		cmocka_unit_test(test_full_scene),
		cmocka_unit_test(test_words_shrink_before_they_break),
		cmocka_unit_test(test_any_script_stays_in_its_box),
		cmocka_unit_test(test_picture),
		cmocka_unit_test(test_broken_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
