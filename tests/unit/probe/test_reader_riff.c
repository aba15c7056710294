/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <string.h>

#include "tests/support/media_build.h"

static struct build b;
static struct media_facts facts;

static size_t start_file(const char *form)
{
	size_t at;

	build_reset(&b, false);
	at = chunk_start(&b, "RIFF");
	put_text(&b, form);
	return at;
}

static void read_file(size_t at)
{
	chunk_end(&b, at);
	assert_int_equal(read_build(&b, &facts), 0);
}

static void put_chunk(const char *id, const void *bytes, size_t size_bytes)
{
	size_t at = chunk_start(&b, id);

	put(&b, bytes, size_bytes);
	chunk_end(&b, at);
}

static void test_avi_reads_every_form_of_idit(void **state)
{
	static const char *const cases[][2] = {
		{"Mon Mar 10 15:04:43 2003\n", "2003-03-10T15:04:43"},
		{"FRI MAR 26 21:19:07 2021", "2021-03-26T21:19:07"},
		{"2001/ 1/27  1:42PM", "2001-01-27T13:42:00"},
		{"2005/11/28/ 09:19", "2005-11-28T09:19:00"},
		{"2002-12-16  15:35:01", "2002-12-16T15:35:01"},
		{"Mon Foo 10 15:04:43 2003", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t file = start_file("AVI ");
		size_t list = chunk_start(&b, "LIST");

		put_text(&b, "hdrl");
		put_chunk("IDIT", cases[i][0], strlen(cases[i][0]) + 1);
		chunk_end(&b, list);
		read_file(file);
		assert_string_equal(facts.type, "AVI");
		assert_string_equal(facts.capture_time, cases[i][1]);
	}
}

static void test_avi_reads_around_the_film_without_entering_it(void **state)
{
	size_t file, list;

	(void)state;
	for (int is_behind = 0; is_behind < 2; is_behind++) {
		file = start_file("AVI ");
		if (!is_behind)
			put_chunk("IDIT", "Mon Mar 10 15:04:43 2003", 25);
		list = chunk_start(&b, "LIST");
		put_text(&b, "movi");
		put_chunk("IDIT", "Mon Mar 10 15:04:43 1999", 25);
		chunk_end(&b, list);
		if (is_behind)
			put_chunk("IDIT", "Mon Mar 10 15:04:43 2003", 25);
		read_file(file);
		assert_string_equal(facts.capture_time, "2003-03-10T15:04:43");
	}
}

static void test_avi_reads_the_size(void **state)
{
	size_t file = start_file("AVI ");
	size_t list = chunk_start(&b, "LIST");
	size_t at;

	(void)state;
	put_text(&b, "hdrl");
	at = chunk_start(&b, "avih");
	put_zeros(&b, 32);
	put_u32(&b, 640);
	put_u32(&b, 480);
	chunk_end(&b, at);
	chunk_end(&b, list);
	read_file(file);
	assert_int_equal(facts.width_px, 640);
	assert_int_equal(facts.height_px, 480);
}

static void test_avi_reads_exif_of_a_stream(void **state)
{
	size_t file = start_file("AVI ");
	size_t at = chunk_start(&b, "strd");

	(void)state;
	put_text(&b, "AVIF");
	put_zeros(&b, 4);
	put_u16(&b, 1);
	put_u16(&b, 0x9003);
	put_u16(&b, 2);
	put_u32(&b, 20);
	put_u32(&b, 18);
	put_u32(&b, 0);
	put(&b, "2019:06:07 10:39:00", 20);
	chunk_end(&b, at);
	read_file(file);
	assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
}

static void test_avi_reads_nikon_records(void **state)
{
	size_t file = start_file("AVI ");
	size_t list = chunk_start(&b, "LIST");
	size_t at;

	(void)state;
	put_text(&b, "ncdt");
	at = chunk_start(&b, "nctg");
	put_u16(&b, 0x03);
	put_u16(&b, 6);
	put(&b, "NIKON", 6);
	put_u16(&b, 0x13);
	put_u16(&b, 20);
	put(&b, "2019:06:07 10:39:00", 20);
	chunk_end(&b, at);
	chunk_end(&b, list);
	read_file(file);
	assert_string_equal(facts.make, "NIKON");
	assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
}

static void test_avi_reads_kodaks_time(void **state)
{
	static const char *const cases[][2] = {
		{"29876004 3814834816", "2007-08-15T10:13:13"},
		{"2007:08:15 10:13:13", "2007-08-15T10:13:13"},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t file = start_file("AVI ");
		size_t list = chunk_start(&b, "LIST");

		put_text(&b, "INFO");
		put_chunk("DTIM", cases[i][0], strlen(cases[i][0]) + 1);
		chunk_end(&b, list);
		read_file(file);
		assert_string_equal(facts.capture_time, cases[i][1]);
	}
}

static void test_wav_reads_its_recorders_dates(void **state)
{
	size_t file, at;

	(void)state;
	file = start_file("WAVE");
	at = chunk_start(&b, "bext");
	put_zeros(&b, 320);
	put_text(&b, "2005-08-0816:23:35");
	put_zeros(&b, 20);
	chunk_end(&b, at);
	read_file(file);
	assert_string_equal(facts.type, "WAV");
	assert_string_equal(facts.capture_time, "2005-08-08T16:23:35");

	file = start_file("WAVE");
	at = chunk_start(&b, "olym");
	put_zeros(&b, 0x26);
	put_text(&b, "081130235959");
	chunk_end(&b, at);
	read_file(file);
	assert_string_equal(facts.capture_time, "2008-11-30T23:59:59");

	file = start_file("WAVE");
	at = chunk_start(&b, "LIST");
	put_text(&b, "INFO");
	put_chunk("ICRD", "2005-08-08", 11);
	chunk_end(&b, at);
	at = chunk_start(&b, "LIST");
	put_text(&b, "exif");
	put_chunk("etim", "16:23:35", 9);
	chunk_end(&b, at);
	read_file(file);
	assert_string_equal(facts.capture_time, "2005-08-08T16:23:35");
}

static void test_webp_reads_exif_xmp_and_size(void **state)
{
	static const char xmp[] = "<rdf:RDF><rdf:Description tiff:Make='ACME'/></rdf:RDF>";

	(void)state;
	for (int has_header = 0; has_header < 2; has_header++) {
		size_t file = start_file("WEBP");
		size_t at;

		put_chunk("VP8X", "\x08\0\0\0\x7f\x02\0\xdf\x01\0", 10);
		at = chunk_start(&b, "EXIF");
		if (has_header)
			put(&b, "Exif\0", 6);
		put_exif_date(&b, "2019:06:07 10:39:00");
		chunk_end(&b, at);
		put_chunk("XMP ", xmp, sizeof(xmp) - 1);
		read_file(file);
		assert_string_equal(facts.type, "WEBP");
		assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
		assert_string_equal(facts.make, "ACME");
		assert_int_equal(facts.width_px, 640);
		assert_int_equal(facts.height_px, 480);
	}
}

static void test_webp_reads_the_size_of_simple_files(void **state)
{
	size_t file;

	(void)state;
	file = start_file("WEBP");
	put_chunk("VP8 ", "\0\0\0\x9d\x01\x2a\x80\x42\xe0\x41", 10);
	read_file(file);
	assert_int_equal(facts.width_px, 640);
	assert_int_equal(facts.height_px, 480);

	file = start_file("WEBP");
	put_chunk("VP8L", "\x2f\x7f\xc2\x77\0\0\0\0\0\0", 10);
	read_file(file);
	assert_int_equal(facts.width_px, 640);
	assert_int_equal(facts.height_px, 480);
}

static void test_riff_survives_sizes_of_zero_and_more_than_there_is(void **state)
{
	size_t file = start_file("AVI ");

	(void)state;
	put_chunk("JUNK", "", 0);
	put_text(&b, "LIST");
	put_u32(&b, 0xffffffff);
	put_text(&b, "hdrl");
	put_chunk("IDIT", "Mon Mar 10 15:04:43 2003", 25);
	chunk_end(&b, file);
	memset(b.bytes + 4, 0, 4); /* the camera lost power */
	assert_int_equal(read_build(&b, &facts), 0);
	assert_string_equal(facts.capture_time, "2003-03-10T15:04:43");
}

static void test_riff_survives_lists_within_lists(void **state)
{
	size_t file = start_file("AVI ");

	(void)state;
	for (int i = 0; i < 20000; i++) {
		put_text(&b, "LIST");
		put_u32(&b, 0xffffffff);
		put_text(&b, "hdrl");
	}
	read_file(file);
	assert_string_equal(facts.type, "AVI");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_avi_reads_every_form_of_idit),
		cmocka_unit_test(test_avi_reads_around_the_film_without_entering_it),
		cmocka_unit_test(test_avi_reads_the_size),
		cmocka_unit_test(test_avi_reads_exif_of_a_stream),
		cmocka_unit_test(test_avi_reads_nikon_records),
		cmocka_unit_test(test_avi_reads_kodaks_time),
		cmocka_unit_test(test_wav_reads_its_recorders_dates),
		cmocka_unit_test(test_webp_reads_exif_xmp_and_size),
		cmocka_unit_test(test_webp_reads_the_size_of_simple_files),
		cmocka_unit_test(test_riff_survives_sizes_of_zero_and_more_than_there_is),
		cmocka_unit_test(test_riff_survives_lists_within_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
