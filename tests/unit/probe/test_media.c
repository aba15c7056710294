/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <string.h>

#include "tests/support/media_build.h"

static struct build b;
static struct media_facts facts;

static void test_media_of_nothing_is_nothing(void **state)
{
	struct media_facts empty = {0};

	(void)state;
	for (size_t n = 0; n < 40; n++) {
		build_reset(&b, true);
		put_zeros(&b, n);
		assert_int_equal(read_build(&b, &facts), 0);
		assert_memory_equal(&facts, &empty, sizeof(facts));
	}
}

static void test_media_names_every_source(void **state)
{
	static const char *const names[] = {"none", "exif-original", "exif-digitized",
		"exif-modified", "xmp", "container", "quicktime-utc"};

	(void)state;
	for (unsigned i = 0; i < MEDIA_DATE_SOURCES_COUNT; i++)
		assert_string_equal(media_date_source_name((enum media_date_source)i), names[i]);
	assert_string_equal(media_date_source_name((enum media_date_source)99), "none");
}

static void test_media_finds_pictures_behind_junk(void **state)
{
	(void)state;
	build_reset(&b, false);
	put_text(&b, "a header nobody knows");
	put_exif_date(&b, "2019:06:07 10:39:00");
	assert_int_equal(read_build(&b, &facts), 0);
	assert_string_equal(facts.type, "");
	assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
}

static ssize_t fail_behind_16k(void *userdata, void *buffer, size_t size_bytes, uint64_t offset)
{
	const struct build *build = userdata;

	if (offset + size_bytes > 16384)
		return -EIO;
	memcpy(buffer, build->bytes + offset, size_bytes);
	return (ssize_t)size_bytes;
}

static void test_media_says_when_reading_failed_and_keeps_the_rest(void **state)
{
	struct media_input input = {fail_behind_16k, &b, 100000};
	size_t at;

	(void)state;
	build_reset(&b, true);
	put(&b, "\xff\xd8", 2);
	at = segment_start(&b, 0xe1);
	put(&b, "Exif\0", 6);
	put_exif_date(&b, "2019:06:07 10:39:00");
	segment_end(&b, at);
	at = segment_start(&b, 0xe4);
	put_zeros(&b, 40000);
	segment_end(&b, at);

	assert_int_equal(media_read(&input, &facts), -EIO);
	assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
}

static ssize_t read_short(void *userdata, void *buffer, size_t size_bytes, uint64_t offset)
{
	const struct build *build = userdata;

	if (offset >= build->size_bytes)
		return 0;
	if (size_bytes > build->size_bytes - offset)
		size_bytes = (size_t)(build->size_bytes - offset);
	memcpy(buffer, build->bytes + offset, size_bytes);
	return (ssize_t)size_bytes;
}

static void test_media_survives_a_file_shorter_than_said(void **state)
{
	struct media_input input = {read_short, &b, 1u << 30};
	size_t at;

	(void)state;
	build_reset(&b, true);
	at = box_start(&b, "ftyp");
	put_text(&b, "heic");
	box_end(&b, at);
	put_u32(&b, 500u << 20);
	put_text(&b, "meta");
	put_u32(&b, 0);
	put_u32(&b, 400u << 20);
	put_text(&b, "iloc");

	assert_int_equal(media_read(&input, &facts), 0);
	assert_string_equal(facts.type, "HEIC");
}

/* Every cut and many flipped bytes of a file with something of everything in it. */
static void test_media_survives_cuts_and_flips(void **state)
{
	static struct build whole;
	static const struct build_tag main_tags[] = {{0x010f, "ACME", 0}, {0x0112, NULL, 3}};
	static const struct build_tag exif[] = {{0x9003, "2019:06:07 10:39:00", 0}};
	size_t at;

	(void)state;
	build_reset(&whole, true);
	put(&whole, "\xff\xd8", 2);
	at = segment_start(&whole, 0xe1);
	put(&whole, "Exif\0", 6);
	put_tiff(&whole, main_tags, 2, exif, 1);
	segment_end(&whole, at);
	at = segment_start(&whole, 0xe1);
	put(&whole, "http://ns.adobe.com/xap/1.0/", 29);
	put_text(&whole, "<rdf:RDF><rdf:Description tiff:Model='Box'/></rdf:RDF>");
	segment_end(&whole, at);
	put_jpeg(&whole, 100, 100);
	for (size_t n = 0; n < whole.size_bytes; n++) {
		b = whole;
		b.size_bytes = n;
		assert_int_equal(read_build(&b, &facts), 0);
		b.size_bytes = whole.size_bytes;
		for (unsigned flip = 1; flip < 256; flip *= 4) {
			b.bytes[n] = (uint8_t)(whole.bytes[n] ^ flip);
			assert_int_equal(read_build(&b, &facts), 0);
		}
	}
	assert_int_equal(read_build(&whole, &facts), 0);
	assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
	assert_string_equal(facts.model, "Box");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_media_of_nothing_is_nothing),
		cmocka_unit_test(test_media_names_every_source),
		cmocka_unit_test(test_media_finds_pictures_behind_junk),
		cmocka_unit_test(test_media_says_when_reading_failed_and_keeps_the_rest),
		cmocka_unit_test(test_media_survives_a_file_shorter_than_said),
		cmocka_unit_test(test_media_survives_cuts_and_flips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
