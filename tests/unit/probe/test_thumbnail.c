/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

#include "core/probe/thumbnail.h"
#include "core/probe/thumbnail_codec.h"
#include "tests/support/draw.h"

#define RED                                                                                        \
	{                                                                                          \
		220, 30, 30                                                                        \
	}
#define GREEN                                                                                      \
	{                                                                                          \
		30, 160, 60                                                                        \
	}
#define BLUE                                                                                       \
	{                                                                                          \
		40, 50, 200                                                                        \
	}
#define YELLOW                                                                                     \
	{                                                                                          \
		230, 220, 60                                                                       \
	}
#define MEMORY_BYTES (40u << 20)
/* How far JPEG may put a colour off. */
#define TOLERANCE 7

/* A file in memory: what is drawn one behind the other. */
static struct {
	uint8_t bytes[4 << 20];
	size_t size_bytes;
	size_t bad_offset; /* from here on reading fails; 0: never */
} file;
static struct media_facts facts;
static uint8_t jpeg[256 << 10];
static struct thumbnail thumbnail;
static struct picture shown; /* the thumbnail, decoded */
static int calls_left; /* until it is late; < 0: never */

static const struct drawing photo = {
	.width_px = 1200, .height_px = 800, .channels = 3, .quarters = {RED, GREEN, BLUE, YELLOW}};
static const struct drawing large_photo = {
	.width_px = 2400, .height_px = 1600, .channels = 3, .quarters = {RED, GREEN, BLUE, YELLOW}};
static const struct drawing all_green = {
	.width_px = 640, .height_px = 427, .channels = 3, .quarters = {GREEN, GREEN, GREEN, GREEN}};

static ssize_t read_memory(void *userdata, void *buffer, size_t size_bytes, uint64_t offset)
{
	(void)userdata;
	if (offset >= file.size_bytes)
		return 0;
	if (size_bytes > file.size_bytes - offset)
		size_bytes = (size_t)(file.size_bytes - offset);
	if (file.bad_offset && offset + size_bytes > file.bad_offset)
		return -EIO;
	memcpy(buffer, file.bytes + offset, size_bytes);
	return (ssize_t)size_bytes;
}

static bool is_late(void *userdata)
{
	(void)userdata;
	return calls_left >= 0 && calls_left-- == 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(&file, 0, sizeof(file));
	facts = (struct media_facts){0};
	calls_left = -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	picture_finish(&shown);
	return 0;
}

/* Appends to the file; where it lies. */
static struct media_preview append(struct blob blob)
{
	struct media_preview preview = {
		.offset = file.size_bytes, .size_bytes = (uint32_t)blob.size_bytes};

	assert_true(blob.size_bytes > 0 && file.size_bytes + blob.size_bytes <= sizeof(file.bytes));
	memcpy(file.bytes + file.size_bytes, blob.bytes, blob.size_bytes);
	file.size_bytes += blob.size_bytes;
	free(blob.bytes);
	return preview;
}

static void append_preview(const struct drawing *drawing)
{
	struct media_preview preview = append(draw_jpeg(drawing));

	preview.width_px = drawing->width_px;
	preview.height_px = drawing->height_px;
	facts.previews[facts.preview_count++] = preview;
}

static void say_size(const struct drawing *drawing)
{
	facts.width_px = drawing->width_px;
	facts.height_px = drawing->height_px;
}

/* A RAW: something that no codec knows, and previews. */
static void append_raw(const struct drawing *drawing)
{
	static const uint8_t head[64] = "II*";

	memcpy(file.bytes, head, sizeof(head));
	file.size_bytes = sizeof(head);
	say_size(drawing);
}

static struct thumbnail_request make_request(
	const struct media_input *input, uint32_t side_px, size_t memory_bytes)
{
	return (struct thumbnail_request){.input = input,
		.facts = &facts,
		.side_px = side_px,
		.memory_bytes = memory_bytes,
		.is_late = is_late};
}

static int make_within(uint32_t side_px, size_t memory_bytes)
{
	const struct media_input input = {.read_at = read_memory, .size_bytes = file.size_bytes};
	struct thumbnail_request request = make_request(&input, side_px, memory_bytes);

	thumbnail = (struct thumbnail){.jpeg = jpeg, .capacity_bytes = sizeof(jpeg)};
	return thumbnail_make(&request, &thumbnail);
}

/* Makes the thumbnail and looks at it. */
static void make(uint32_t side_px)
{
	const struct media_input input = {.read_at = read_memory, .size_bytes = sizeof(jpeg)};
	struct thumbnail_request request;
	struct codec_wish wish;

	assert_int_equal(make_within(side_px, MEMORY_BYTES), 0);
	assert_true(thumbnail.size_bytes > 0);
	memcpy(file.bytes, jpeg, thumbnail.size_bytes);
	file.size_bytes = thumbnail.size_bytes;
	request = make_request(&input, 4096, MEMORY_BYTES);
	wish = (struct codec_wish){
		.request = &request, .size_bytes = thumbnail.size_bytes, .side_px = 4096};
	picture_finish(&shown);
	assert_int_equal(jpeg_decode(&wish, &shown), 0);
	assert_int_equal(shown.pixmap.width_px, thumbnail.width_px);
	assert_int_equal(shown.pixmap.height_px, thumbnail.height_px);
}

static void assert_size(uint32_t width_px, uint32_t height_px)
{
	assert_int_equal(thumbnail.width_px, width_px);
	assert_int_equal(thumbnail.height_px, height_px);
}

/* In the middle of a quarter, 0 to 3 as in struct drawing. */
static void assert_quarter(size_t quarter, const uint8_t colour[3])
{
	const struct pixmap *p = &shown.pixmap;
	uint32_t x = p->width_px * (quarter % 2 ? 3 : 1) / 4;
	uint32_t y = p->height_px * (quarter / 2 ? 3 : 1) / 4;
	const uint8_t *pixel = p->pixels + ((size_t)y * p->width_px + x) * p->channels;

	for (uint32_t c = 0; c < p->channels; c++)
		if (abs(pixel[c] - colour[c]) > TOLERANCE)
			fail_msg("quarter %zu, channel %u: %u, not %u", quarter, c, pixel[c],
				colour[c]);
}

static void assert_quarters(const struct drawing *drawing)
{
	for (size_t i = 0; i < 4; i++)
		assert_quarter(i, drawing->quarters[i]);
}

static void test_thumbnail_has_the_wanted_long_edge(void **state)
{
	struct drawing high = photo;

	(void)state;
	append(draw_jpeg(&photo));
	make(256);
	assert_size(256, 171);
	assert_quarters(&photo);
	assert_false(thumbnail.is_embedded);

	high.width_px = 800;
	high.height_px = 1200;
	file.size_bytes = 0;
	append(draw_jpeg(&high));
	make(512);
	assert_size(341, 512);
	assert_quarters(&photo);
}

static void test_thumbnail_never_grows_a_picture(void **state)
{
	struct drawing small = photo;

	(void)state;
	small.width_px = 90;
	small.height_px = 60;
	append(draw_jpeg(&small));
	make(256);
	assert_size(90, 60);
}

static void test_thumbnail_is_upright(void **state)
{
	/* Which stored quarter is shown top left, top right, bottom left, bottom right. */
	static const size_t upright[9][4] = {{0, 1, 2, 3}, {0, 1, 2, 3}, {1, 0, 3, 2}, {3, 2, 1, 0},
		{2, 3, 0, 1}, {0, 2, 1, 3}, {2, 0, 3, 1}, {3, 1, 2, 0}, {1, 3, 0, 2}};

	(void)state;
	for (uint32_t orientation = 0; orientation <= 8; orientation++) {
		file.size_bytes = 0;
		append(draw_jpeg(&photo));
		facts.orientation = orientation;
		make(256);
		if (orientation >= 5)
			assert_size(171, 256);
		else
			assert_size(256, 171);
		for (size_t i = 0; i < 4; i++)
			assert_quarter(i, photo.quarters[upright[orientation][i]]);
	}
}

static void test_thumbnail_of_grey_is_grey(void **state)
{
	struct drawing grey = {.width_px = 600,
		.height_px = 400,
		.channels = 1,
		.quarters = {{10}, {90}, {170}, {250}}};

	(void)state;
	append(draw_jpeg(&grey));
	make(256);
	assert_int_equal(shown.pixmap.channels, 1);
	assert_quarters(&grey);
}

static void test_thumbnail_mixes_inks(void **state)
{
	/* As Adobe writes it: 255 is no ink. */
	struct drawing inks = {.width_px = 600,
		.height_px = 400,
		.channels = 4,
		.quarters = {{255, 255, 255, 255}, {255, 255, 255, 0}, {0, 255, 255, 255},
			{255, 255, 0, 255}}};
	static const uint8_t colours[4][3] = {
		{255, 255, 255}, {0, 0, 0}, {0, 255, 255}, {255, 255, 0}};

	(void)state;
	append(draw_jpeg(&inks));
	make(256);
	for (size_t i = 0; i < 4; i++)
		assert_quarter(i, colours[i]);

	file.size_bytes = 0;
	inks.is_plain_cmyk = true;
	for (size_t i = 0; i < 16; i++)
		inks.quarters[i / 4][i % 4] ^= 255;
	append(draw_jpeg(&inks));
	make(256);
	for (size_t i = 0; i < 4; i++)
		assert_quarter(i, colours[i]);
}

/* D65, and primaries far from sRGB's: Adobe RGB (1998). */
static void *make_wide_profile(size_t *size_bytes)
{
	const cmsCIExyY white = {0.3127, 0.3290, 1.0};
	const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1.0}, {0.21, 0.71, 1.0}, {0.15, 0.06, 1.0}};
	cmsToneCurve *gamma = cmsBuildGamma(NULL, 2.19921875);
	cmsHPROFILE profile =
		cmsCreateRGBProfile(&white, &primaries, (cmsToneCurve *[3]){gamma, gamma, gamma});
	cmsUInt32Number count = 0;
	void *bytes;

	cmsFreeToneCurve(gamma);
	assert_true(cmsSaveProfileToMem(profile, NULL, &count));
	bytes = malloc(count);
	assert_true(cmsSaveProfileToMem(profile, bytes, &count));
	(void)cmsCloseProfile(profile);
	*size_bytes = count;
	return bytes;
}

/* The standards' matrices and curves, by hand: Adobe RGB (1998) 4.3.6, IEC 61966-2-1. */
static void convert_by_hand(const uint8_t wide[3], uint8_t srgb[3])
{
	static const double to_srgb[3][3] = {
		{1.39836, -0.39836, 0.0}, {0.0, 1.0, 0.0}, {0.0, -0.04293, 1.04293}};
	double linear[3];

	for (size_t i = 0; i < 3; i++)
		linear[i] = pow(wide[i] / 255.0, 2.19921875);
	for (size_t i = 0; i < 3; i++) {
		double v = 0;

		for (size_t k = 0; k < 3; k++)
			v += to_srgb[i][k] * linear[k];
		v = v <= 0.0031308 ? v * 12.92 : 1.055 * pow(v, 1 / 2.4) - 0.055;
		srgb[i] = (uint8_t)lround(fmin(fmax(v, 0), 1) * 255);
	}
}

static void assert_converted(const struct drawing *drawing)
{
	for (size_t i = 0; i < 4; i++) {
		uint8_t colour[3];

		convert_by_hand(drawing->quarters[i], colour);
		assert_quarter(i, colour);
	}
}

static void test_thumbnail_is_srgb(void **state)
{
	struct drawing wide = {.width_px = 600,
		.height_px = 400,
		.channels = 3,
		.quarters = {{120, 160, 110}, {150, 120, 100}, {200, 190, 120}, {128, 128, 128}}};
	size_t icc_bytes;
	void *icc = make_wide_profile(&icc_bytes);

	(void)state;
	wide.icc = icc;
	wide.icc_bytes = icc_bytes;
	append(draw_jpeg(&wide));
	make(256);
	assert_converted(&wide);

	file.size_bytes = 0;
	append(draw_png(&wide));
	make(256);
	assert_converted(&wide);
	free(icc);

	/* By EXIF alone */
	file.size_bytes = 0;
	wide.icc = NULL;
	append(draw_jpeg(&wide));
	make(256);
	assert_quarters(&wide);
	file.size_bytes = 0;
	append(draw_jpeg(&wide));
	facts.is_adobe_rgb = 1;
	make(256);
	assert_converted(&wide);
}

static void test_thumbnail_survives_a_bad_profile(void **state)
{
	static const uint8_t noise[300] = {1, 2, 3};
	struct drawing drawing = photo;

	(void)state;
	drawing.icc = noise;
	drawing.icc_bytes = sizeof(noise);
	append(draw_jpeg(&drawing));
	make(256);
	assert_quarters(&photo);
}

static void test_thumbnail_carries_no_metadata(void **state)
{
	struct drawing drawing = photo;
	size_t icc_bytes;
	void *icc = make_wide_profile(&icc_bytes);

	(void)state;
	drawing.icc = icc;
	drawing.icc_bytes = icc_bytes;
	append(draw_jpeg(&drawing));
	make(256);
	assert_null(memmem(jpeg, thumbnail.size_bytes, "ICC_PROFILE", 11));
	assert_null(memmem(jpeg, thumbnail.size_bytes, "\xff\xe1", 2));
	free(icc);
}

static void test_thumbnail_prefers_the_smallest_preview_that_will_do(void **state)
{
	struct drawing tiny = all_green, huge = large_photo;

	(void)state;
	tiny.width_px = 160;
	tiny.height_px = 107;
	append(draw_jpeg(&large_photo));
	append_preview(&huge);
	append_preview(&tiny);
	append_preview(&all_green);

	make(256);
	assert_size(256, 171);
	assert_true(thumbnail.is_embedded);
	assert_quarters(&all_green);
}

static void test_thumbnail_decodes_a_small_picture_itself(void **state)
{
	(void)state;
	append(draw_jpeg(&photo)); /* less than two megapixels: edited, perhaps */
	append_preview(&all_green);
	make(256);
	assert_false(thumbnail.is_embedded);
	assert_quarters(&photo);
}

static void test_thumbnail_of_a_raw_is_its_preview(void **state)
{
	(void)state;
	append_raw(&large_photo);
	append_preview(&photo);
	facts.orientation = 3;
	make(256);
	assert_size(256, 171);
	assert_true(thumbnail.is_embedded);
	for (size_t i = 0; i < 4; i++)
		assert_quarter(i, photo.quarters[3 - i]);
}

static void test_thumbnail_may_be_smaller_if_there_is_nothing_else(void **state)
{
	struct drawing tiny = all_green;

	(void)state;
	tiny.width_px = 160;
	tiny.height_px = 107;
	append_raw(&large_photo);
	append_preview(&tiny);
	make(256);
	assert_size(160, 107);
}

static void test_thumbnail_loses_its_bars(void **state)
{
	struct drawing barred = {.width_px = 640,
		.height_px = 480,
		.channels = 3,
		.bar_px = 27,
		.quarters = {RED, GREEN, BLUE, YELLOW}};

	(void)state;
	append_raw(&large_photo); /* 3:2, of which 640 x 426 is shown */
	append_preview(&barred);
	make(256);
	assert_size(256, 170);
	for (uint32_t x = 0; x < 3 * shown.pixmap.width_px; x++) {
		if (shown.pixmap.pixels[x] + shown.pixmap.pixels[x + 1] +
				shown.pixmap.pixels[x + 2] <
			60)
			fail_msg("dark at %u", x);
		x += 2;
	}

	/* Too small before, and after */
	set_up(NULL);
	barred.width_px = 160;
	barred.height_px = 120;
	barred.bar_px = 7;
	append_raw(&large_photo);
	append_preview(&barred);
	make(256);
	assert_size(160, 106);
}

static void test_thumbnail_keeps_an_odd_preview_without_bars(void **state)
{
	struct drawing square = photo;

	(void)state;
	square.width_px = square.height_px = 600;
	append_raw(&large_photo);
	append_preview(&square);
	make(256);
	assert_size(256, 256);

	/* But the picture itself is better. */
	set_up(NULL);
	append(draw_jpeg(&large_photo));
	append_preview(&square);
	make(256);
	assert_size(256, 171);
	assert_false(thumbnail.is_embedded);
}

static void test_thumbnail_does_not_turn_what_is_upright(void **state)
{
	struct drawing upright = photo;

	(void)state;
	upright.width_px = 800;
	upright.height_px = 1200;
	append_raw(&large_photo);
	append_preview(&upright);
	facts.orientation = 6;
	make(256);
	assert_size(171, 256);
	assert_quarters(&photo);
}

static void test_thumbnail_passes_over_a_damaged_preview(void **state)
{
	(void)state;
	append(draw_jpeg(&large_photo));
	append_preview(&all_green);
	memset(file.bytes + facts.previews[0].offset + 2, 0, 200);
	make(256);
	assert_false(thumbnail.is_embedded);
	assert_quarters(&photo);
}

static void test_thumbnail_shows_what_is_left_of_a_cut_picture(void **state)
{
	(void)state;
	append(draw_jpeg(&photo));
	file.size_bytes = file.size_bytes * 3 / 5;
	make(256);
	assert_quarter(0, photo.quarters[0]);
	assert_quarter(1, photo.quarters[1]);

	/* Nearly nothing: none. */
	set_up(NULL);
	append(draw_jpeg(&photo));
	file.size_bytes = 700;
	assert_int_equal(make_within(256, MEMORY_BYTES), 0);
	assert_int_equal(thumbnail.size_bytes, 0);
}

static void test_thumbnail_stays_within_its_memory(void **state)
{
	struct drawing progressive = large_photo, tiny = all_green;

	(void)state;
	progressive.is_progressive = true;
	tiny.width_px = 160;
	tiny.height_px = 107;
	append(draw_jpeg(&progressive));
	make(256);
	assert_quarters(&photo);

	/* Its coefficients need 11 MB. */
	set_up(NULL);
	append(draw_jpeg(&progressive));
	assert_int_equal(make_within(256, 8 << 20), 0);
	assert_int_equal(thumbnail.size_bytes, 0);

	/* A preview below the wanted size is better than none. */
	append_preview(&tiny);
	assert_int_equal(make_within(256, 8 << 20), 0);
	assert_size(160, 107);

	set_up(NULL);
	append(draw_png(&progressive)); /* 11.5 MB at one time */
	assert_int_equal(make_within(256, 8 << 20), 0);
	assert_int_equal(thumbnail.size_bytes, 0);
}

static void put_be16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void test_thumbnail_refuses_absurd_sizes(void **state)
{
	struct blob blob = draw_jpeg(&photo);
	uint8_t *frame = memmem(blob.bytes, blob.size_bytes, "\xff\xc0", 2);

	(void)state;
	assert_non_null(frame);
	put_be16(frame + 5, 65500);
	put_be16(frame + 7, 65500);
	append(blob);
	assert_int_equal(make_within(256, MEMORY_BYTES), 0);
	assert_int_equal(thumbnail.size_bytes, 0);
}

static void test_thumbnail_is_given_up_when_late(void **state)
{
	(void)state;
	append(draw_jpeg(&photo));
	calls_left = 3;
	assert_int_equal(make_within(256, MEMORY_BYTES), 0);
	assert_int_equal(thumbnail.size_bytes, 0);

	set_up(NULL);
	append(draw_png(&photo));
	calls_left = 3;
	assert_int_equal(make_within(256, MEMORY_BYTES), 0);
	assert_int_equal(thumbnail.size_bytes, 0);
}

static void test_thumbnail_tells_a_failing_card(void **state)
{
	(void)state;
	append(draw_jpeg(&photo));
	file.bad_offset = file.size_bytes / 2;
	assert_int_equal(make_within(256, MEMORY_BYTES), -EIO);
	assert_int_equal(thumbnail.size_bytes, 0);

	set_up(NULL);
	append(draw_png(&photo));
	file.bad_offset = file.size_bytes / 2;
	assert_int_equal(make_within(256, MEMORY_BYTES), -EIO);
}

static void test_thumbnail_of_anything_else_is_none(void **state)
{
	(void)state;
	append_raw(&photo);
	assert_int_equal(make_within(256, MEMORY_BYTES), 0);
	assert_int_equal(thumbnail.size_bytes, 0);
	file.size_bytes = 0;
	assert_int_equal(make_within(256, MEMORY_BYTES), 0);
	assert_int_equal(thumbnail.size_bytes, 0);
}

static void test_thumbnail_of_noise_fits_its_room(void **state)
{
	static struct pixmap noise;
	uint32_t random = 1;

	(void)state;
	assert_int_equal(pixmap_new(512, 512, 3, &noise), 0);
	for (size_t i = 0; i < (size_t)512 * 512 * 3; i++) {
		random = random * 1664525 + 1013904223;
		noise.pixels[i] = (uint8_t)(random >> 24);
	}
	assert_int_equal(
		jpeg_encode(&noise, 95, file.bytes, sizeof(file.bytes), &file.size_bytes), 0);
	pixmap_finish(&noise);
	assert_true(file.size_bytes > (256 << 10));
	make(512);
	assert_size(512, 512);
}

static void test_thumbnail_of_png_is_on_white(void **state)
{
	struct drawing clear = {.width_px = 600,
		.height_px = 400,
		.channels = 4,
		.quarters = {{220, 30, 30, 255}, {0, 0, 0, 0}, {0, 0, 0, 128}, {40, 50, 200, 255}}};
	static const uint8_t colours[4][3] = {
		{220, 30, 30}, {255, 255, 255}, {127, 127, 127}, {40, 50, 200}};

	(void)state;
	append(draw_png(&clear));
	make(256);
	assert_size(256, 171);
	for (size_t i = 0; i < 4; i++)
		assert_quarter(i, colours[i]);
}

static void test_thumbnail_of_png_in_all_its_forms(void **state)
{
	struct drawing forms[4] = {photo, photo, photo, photo};

	(void)state;
	forms[1].is_progressive = true;
	forms[2].is_deep = true;
	forms[3].is_deep = true;
	forms[3].is_progressive = true;
	for (size_t i = 0; i < 4; i++) {
		file.size_bytes = 0;
		append(draw_png(&forms[i]));
		make(256);
		assert_size(256, 171);
		assert_quarters(&photo);
		assert_false(thumbnail.is_embedded);
	}
}

#if HAS_HEIF
static void assert_heif(bool is_avif, uint32_t thumbnail_px)
{
	struct blob blob = draw_heif(&photo, is_avif, thumbnail_px);

	if (blob.size_bytes == 0)
		skip(); /* this libheif can only decode */
	append(blob);
	facts.orientation = 6; /* must not count: the file's own boxes do */
	make(256);
	assert_size(256, thumbnail_px ? 170 : 171);
	assert_quarters(&photo);
	assert_int_equal(thumbnail.is_embedded, thumbnail_px > 0);
}

static void test_thumbnail_of_heic(void **state)
{
	(void)state;
	assert_heif(false, 0);
}

static void test_thumbnail_of_heic_is_its_own(void **state)
{
	(void)state;
	assert_heif(false, 320);
}

static void test_thumbnail_of_avif(void **state)
{
	(void)state;
	assert_heif(true, 0);
}

static void test_thumbnail_of_heif_stays_within_its_memory(void **state)
{
	struct blob blob = draw_heif(&photo, false, 0);

	(void)state;
	if (blob.size_bytes == 0)
		skip();
	append(blob);
	assert_int_equal(make_within(256, 4 << 20), 0);
	assert_int_equal(thumbnail.size_bytes, 0);
}
#endif

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_thumbnail_has_the_wanted_long_edge),
		TEST(test_thumbnail_never_grows_a_picture),
		TEST(test_thumbnail_is_upright),
		TEST(test_thumbnail_of_grey_is_grey),
		TEST(test_thumbnail_mixes_inks),
		TEST(test_thumbnail_is_srgb),
		TEST(test_thumbnail_survives_a_bad_profile),
		TEST(test_thumbnail_carries_no_metadata),
		TEST(test_thumbnail_prefers_the_smallest_preview_that_will_do),
		TEST(test_thumbnail_decodes_a_small_picture_itself),
		TEST(test_thumbnail_of_a_raw_is_its_preview),
		TEST(test_thumbnail_may_be_smaller_if_there_is_nothing_else),
		TEST(test_thumbnail_loses_its_bars),
		TEST(test_thumbnail_keeps_an_odd_preview_without_bars),
		TEST(test_thumbnail_does_not_turn_what_is_upright),
		TEST(test_thumbnail_passes_over_a_damaged_preview),
		TEST(test_thumbnail_shows_what_is_left_of_a_cut_picture),
		TEST(test_thumbnail_stays_within_its_memory),
		TEST(test_thumbnail_refuses_absurd_sizes),
		TEST(test_thumbnail_is_given_up_when_late),
		TEST(test_thumbnail_tells_a_failing_card),
		TEST(test_thumbnail_of_anything_else_is_none),
		TEST(test_thumbnail_of_noise_fits_its_room),
		TEST(test_thumbnail_of_png_is_on_white),
		TEST(test_thumbnail_of_png_in_all_its_forms),
#if HAS_HEIF
		TEST(test_thumbnail_of_heic),
		TEST(test_thumbnail_of_heic_is_its_own),
		TEST(test_thumbnail_of_avif),
		TEST(test_thumbnail_of_heif_stays_within_its_memory),
#endif
#undef TEST
	};

	thumbnail_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
