/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <string.h>

#include <libexif/exif-data.h>

#include "tests/support/media_build.h"

static struct build b;
static struct build inner;
static struct build instead; /* for libexif, if it is not empty */
static struct media_facts facts;

/* The linker puts this in front of libexif. */
void __real_exif_data_load_data(ExifData *data, const unsigned char *bytes, unsigned size_bytes);
void __wrap_exif_data_load_data(ExifData *data, const unsigned char *bytes, unsigned size_bytes);

void __wrap_exif_data_load_data(ExifData *data, const unsigned char *bytes, unsigned size_bytes)
{
	if (instead.size_bytes > 0)
		__real_exif_data_load_data(data, instead.bytes, (unsigned)instead.size_bytes);
	else
		__real_exif_data_load_data(data, bytes, size_bytes);
}

static void put_exif_segment(const char *lead, const void *block, size_t block_bytes)
{
	size_t at = segment_start(&b, 0xe1);

	put_text(&b, lead);
	put_text(&b, "Exif");
	put_zeros(&b, 2);
	put(&b, block, block_bytes);
	segment_end(&b, at);
}

static void start_jpeg(void)
{
	build_reset(&b, true);
	put(&b, "\xff\xd8", 2);
}

static void finish_jpeg(void)
{
	static const uint8_t frame[] = {8, 0x0f, 0xa0, 0x17, 0x70, 1, 1, 0x11, 0};
	size_t at = segment_start(&b, 0xc0);

	put(&b, frame, sizeof(frame));
	segment_end(&b, at);
	put(&b, "\xff\xda", 2);
	assert_int_equal(read_build(&b, &facts), 0);
	assert_string_equal(facts.type, "JPEG");
}

static void build_block(const char *date)
{
	build_reset(&inner, false);
	put_exif_date(&inner, date);
}

static void test_jpeg_reads_exif_and_size(void **state)
{
	(void)state;
	build_block("2019:06:07 08:09:10");
	start_jpeg();
	put_exif_segment("", inner.bytes, inner.size_bytes);
	finish_jpeg();

	assert_string_equal(facts.capture_time, "2019-06-07T08:09:10");
	assert_int_equal(facts.date_source, MEDIA_DATE_EXIF_ORIGINAL);
	assert_int_equal(facts.width_px, 6000);
	assert_int_equal(facts.height_px, 4000);
}

static void test_jpeg_libexif_has_the_word_on_exif(void **state)
{
	(void)state;
	build_reset(&instead, true);
	put(&instead, "Exif\0", 6);
	put_exif_date(&instead, "2001:02:03 04:05:06");
	build_block("2019:06:07 08:09:10");
	start_jpeg();
	put_exif_segment("", inner.bytes, inner.size_bytes);
	finish_jpeg();
	instead.size_bytes = 0;

	assert_string_equal(facts.capture_time, "2001-02-03T04:05:06");
}

static void test_jpeg_reads_what_libexif_does_not(void **state)
{
	(void)state;
	build_reset(&instead, true);
	put_text(&instead, "nothing");
	build_block("2019:06:07 08:09:10");
	start_jpeg();
	put_exif_segment("", inner.bytes, inner.size_bytes);
	finish_jpeg();
	instead.size_bytes = 0;

	assert_string_equal(facts.capture_time, "2019-06-07T08:09:10");
}

static void test_jpeg_reads_exif_behind_garbage(void **state)
{
	(void)state;
	build_block("2019:06:07 08:09:10");
	start_jpeg();
	segment_end(&b, segment_start(&b, 0xe5));
	put_text(&b, "some bytes");
	put_exif_segment("abc", inner.bytes, inner.size_bytes);
	finish_jpeg();

	assert_string_equal(facts.capture_time, "2019-06-07T08:09:10");
}

static void test_jpeg_joins_exif_of_several_segments(void **state)
{
	static const struct build_tag main_tags[] = {{0x010f, "ACME", 0}};
	static const struct build_tag exif[] = {{0x9003, "2019:06:07 08:09:10", 0}};
	size_t half;

	(void)state;
	build_reset(&inner, true);
	put_tiff(&inner, main_tags, 1, exif, 1);
	half = inner.size_bytes / 2;
	start_jpeg();
	put_exif_segment("", inner.bytes, half);
	put_exif_segment("", inner.bytes + half, inner.size_bytes - half);
	finish_jpeg();

	assert_string_equal(facts.capture_time, "2019-06-07T08:09:10");
	assert_string_equal(facts.make, "ACME");
}

static void test_jpeg_later_exif_wins(void **state)
{
	(void)state;
	start_jpeg();
	build_block("2019:06:07 08:09:10");
	put_exif_segment("", inner.bytes, inner.size_bytes);
	build_block("2018:06:07 08:09:10");
	put_exif_segment("", inner.bytes, inner.size_bytes);
	finish_jpeg();

	assert_string_equal(facts.capture_time, "2018-06-07T08:09:10");
}

static void test_jpeg_exif_wins_over_xmp(void **state)
{
	size_t at;

	(void)state;
	build_block("2019:06:07 08:09:10");
	start_jpeg();
	put_exif_segment("", inner.bytes, inner.size_bytes);
	at = segment_start(&b, 0xe1);
	put(&b, "http://ns.adobe.com/xap/1.0/", 29);
	put_text(&b,
		"<rdf:RDF><rdf:Description exif:DateTimeOriginal='2001-01-01T01:01:01'"
		" tiff:Make='XMPMAKE'/></rdf:RDF>");
	segment_end(&b, at);
	finish_jpeg();

	assert_string_equal(facts.capture_time, "2019-06-07T08:09:10");
	assert_string_equal(facts.make, "XMPMAKE");
}

static void test_jpeg_reads_thumbnail_of_exif(void **state)
{
	size_t thumbnail_at, entry_at;

	(void)state;
	build_reset(&inner, false);
	put_exif_date(&inner, "2019:06:07 08:09:10");
	set_u32(&inner, 22, inner.size_bytes); /* behind the only entry of the main directory */
	put_u16(&inner, 2);
	put_u16(&inner, 0x0201);
	put_u16(&inner, 4);
	put_u32(&inner, 1);
	entry_at = inner.size_bytes;
	put_u32(&inner, 0);
	put_u16(&inner, 0x0202);
	put_u16(&inner, 4);
	put_u32(&inner, 1);
	put_u32(&inner, 19);
	put_u32(&inner, 0);
	thumbnail_at = inner.size_bytes;
	set_u32(&inner, entry_at, thumbnail_at);
	put_jpeg(&inner, 160, 120);
	start_jpeg();
	put_exif_segment("", inner.bytes, inner.size_bytes);
	finish_jpeg();

	assert_int_equal(facts.preview_count, 1);
	assert_int_equal(facts.previews[0].offset, 12 + thumbnail_at);
	assert_memory_equal(b.bytes + facts.previews[0].offset, "\xff\xd8", 2);
	assert_int_equal(facts.previews[0].width_px, 160);
}

static void put_mpf(uint32_t kind, uint32_t size_bytes, uint32_t offset)
{
	size_t at = segment_start(&b, 0xe2);

	put(&b, "MPF", 4);
	put_text(&b, "MM");
	put_u16(&b, 42);
	put_u32(&b, 8);
	put_u16(&b, 1);
	put_u16(&b, 0xb002);
	put_u16(&b, 7);
	put_u32(&b, 16);
	put_u32(&b, 26);
	put_u32(&b, 0);
	put_u32(&b, kind);
	put_u32(&b, size_bytes);
	put_u32(&b, offset);
	put_u32(&b, 0);
	segment_end(&b, at);
}

static void test_jpeg_offers_large_thumbnails_of_mpf(void **state)
{
	(void)state;
	start_jpeg();
	put_mpf(0x010002, 19, 200 - 10);
	put(&b, "\xff\xda", 2);
	put_zeros(&b, 200 - b.size_bytes);
	put_jpeg(&b, 1620, 1080);

	assert_int_equal(read_build(&b, &facts), 0);
	assert_int_equal(facts.preview_count, 1);
	assert_int_equal(facts.previews[0].offset, 200);
	assert_int_equal(facts.previews[0].width_px, 1620);
}

static void test_jpeg_offers_no_gain_maps_of_mpf(void **state)
{
	(void)state;
	start_jpeg();
	put_mpf(0, 19, 200 - 10);
	put(&b, "\xff\xda", 2);
	put_zeros(&b, 200 - b.size_bytes);
	put_jpeg(&b, 1620, 1080);

	assert_int_equal(read_build(&b, &facts), 0);
	assert_int_equal(facts.preview_count, 0);
}

static void test_jpeg_names_three_dimensional_pictures(void **state)
{
	(void)state;
	start_jpeg();
	put_mpf(0x020002, 19, 0);
	put(&b, "\xff\xda", 2);

	assert_int_equal(read_build(&b, &facts), 0);
	assert_string_equal(facts.type, "MPO");
}

static void test_jpeg_reads_photoshops_copy_last(void **state)
{
	size_t at, size_at;

	(void)state;
	build_block("2001:01:01 01:01:01");
	start_jpeg();
	at = segment_start(&b, 0xed);
	put(&b, "Photoshop 3.0", 14);
	put_text(&b, "8BIM");
	put_u16(&b, 0x0422);
	put_u16(&b, 0);
	size_at = b.size_bytes;
	put_u32(&b, 0);
	put(&b, inner.bytes, inner.size_bytes);
	set_u32(&b, size_at, inner.size_bytes);
	segment_end(&b, at);
	finish_jpeg();
	assert_string_equal(facts.capture_time, "2001-01-01T01:01:01");

	b.size_bytes -= 15; /* frame and scan go, to put EXIF behind it */
	build_block("2019:06:07 08:09:10");
	put_exif_segment("", inner.bytes, inner.size_bytes);
	finish_jpeg();
	assert_string_equal(facts.capture_time, "2019-06-07T08:09:10");
}

static void test_jpeg_reads_iptc_date_if_there_is_no_other(void **state)
{
	static const uint8_t iptc[] = "\x1c\x02\x37\x00\x08"
				      "20070602"
				      "\x1c\x02\x3c\x00\x0b"
				      "201520+0200";
	size_t at;

	(void)state;
	start_jpeg();
	at = segment_start(&b, 0xed);
	put(&b, "Photoshop 3.0", 14);
	put_text(&b, "8BIM");
	put_u16(&b, 0x0404);
	put_u16(&b, 0);
	put_u32(&b, sizeof(iptc) - 1);
	put(&b, iptc, sizeof(iptc) - 1);
	segment_end(&b, at);
	finish_jpeg();

	assert_string_equal(facts.capture_time, "2007-06-02T20:15:20");
	assert_string_equal(facts.utc_offset, "+02:00");
}

static void test_jpeg_reads_dates_of_before_exif(void **state)
{
	size_t at;

	(void)state;
	start_jpeg();
	at = segment_start(&b, 0xec);
	put_text(&b, "[picture info]\r\nTimeDate=930700000\r\nShutter=5\r\n");
	segment_end(&b, at);
	finish_jpeg();
	assert_string_equal(facts.capture_time, "1999-06-29T23:46:40");
	assert_int_equal(facts.date_source, MEDIA_DATE_CONTAINER);

	start_jpeg();
	at = segment_start(&b, 0xe1);
	put(&b, "QVCI", 5);
	put_zeros(&b, 0x4d - 5);
	put(&b, "1998.10.24.12.08.57", 20);
	segment_end(&b, at);
	finish_jpeg();
	assert_string_equal(facts.capture_time, "1998-10-24T12:08:57");
}

static void test_jpeg_escapes_what_the_camera_says(void **state)
{
	static const struct build_tag tags[] = {{0x010f,
		"A\x1b[31m\xff"
		"B",
		0}};

	(void)state;
	build_reset(&inner, false);
	put_tiff(&inner, tags, 1, NULL, 0);
	start_jpeg();
	put_exif_segment("", inner.bytes, inner.size_bytes);
	finish_jpeg();

	assert_string_equal(facts.make, "A\\x1b[31m\\xffB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jpeg_reads_exif_and_size),
		cmocka_unit_test(test_jpeg_libexif_has_the_word_on_exif),
		cmocka_unit_test(test_jpeg_reads_what_libexif_does_not),
		cmocka_unit_test(test_jpeg_reads_exif_behind_garbage),
		cmocka_unit_test(test_jpeg_joins_exif_of_several_segments),
		cmocka_unit_test(test_jpeg_later_exif_wins),
		cmocka_unit_test(test_jpeg_exif_wins_over_xmp),
		cmocka_unit_test(test_jpeg_reads_thumbnail_of_exif),
		cmocka_unit_test(test_jpeg_offers_large_thumbnails_of_mpf),
		cmocka_unit_test(test_jpeg_offers_no_gain_maps_of_mpf),
		cmocka_unit_test(test_jpeg_names_three_dimensional_pictures),
		cmocka_unit_test(test_jpeg_reads_photoshops_copy_last),
		cmocka_unit_test(test_jpeg_reads_iptc_date_if_there_is_no_other),
		cmocka_unit_test(test_jpeg_reads_dates_of_before_exif),
		cmocka_unit_test(test_jpeg_escapes_what_the_camera_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
