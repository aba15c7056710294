/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <stdio.h>
#include <string.h>

#include <zlib.h>

#include "tests/support/media_build.h"

static struct build b;
static struct build inner;
static struct media_facts facts;

static void put_chunk(const char *type, const void *bytes, size_t size_bytes)
{
	put_u32(&b, size_bytes);
	put(&b, type, 4);
	put(&b, bytes, size_bytes);
	put_u32(&b, 0); /* a checksum that nobody checks */
}

static void start_file(void)
{
	build_reset(&b, true);
	put(&b, "\x89PNG\r\n\x1a\n", 8);
	put_chunk("IHDR", "\0\0\x02\x80\0\0\x01\xe0\x08\x02\0\0\0", 13);
}

static void read_file(void)
{
	put_chunk("IEND", "", 0);
	assert_int_equal(read_build(&b, &facts), 0);
	assert_string_equal(facts.type, "PNG");
	assert_int_equal(facts.width_px, 640);
	assert_int_equal(facts.height_px, 480);
}

static void build_block(void)
{
	build_reset(&inner, true);
	put_exif_date(&inner, "2019:06:07 10:39:00");
}

static void test_png_reads_exif_behind_the_picture(void **state)
{
	(void)state;
	build_block();
	start_file();
	put_chunk("IDAT", "some data", 9);
	put_chunk("eXIf", inner.bytes, inner.size_bytes);
	read_file();
	assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
}

static void put_xmp_text(bool is_compressed)
{
	static const char xmp[] =
		"<rdf:RDF><rdf:Description exif:DateTimeOriginal='2008-05-04T16:47:24'/></rdf:RDF>";
	uint8_t packed[200];
	uLongf packed_bytes = sizeof(packed);

	build_reset(&inner, true);
	put(&inner, "XML:com.adobe.xmp", 18);
	put_u8(&inner, is_compressed);
	put_u8(&inner, 0);
	put(&inner, "en\0title", 9);
	assert_int_equal(
		compress(packed, &packed_bytes, (const Bytef *)xmp, sizeof(xmp) - 1), Z_OK);
	if (is_compressed)
		put(&inner, packed, packed_bytes);
	else
		put(&inner, xmp, sizeof(xmp) - 1);
	put_chunk("iTXt", inner.bytes, inner.size_bytes);
}

static void test_png_reads_xmp_plain_and_compressed(void **state)
{
	(void)state;
	for (int is_compressed = 0; is_compressed < 2; is_compressed++) {
		start_file();
		put_xmp_text(is_compressed);
		read_file();
		assert_string_equal(facts.capture_time, "2008-05-04T16:47:24");
	}
}

/* As ImageMagick writes it: hexadecimal in lines, compressed. */
static void put_profile(void)
{
	static char text[8192];
	static uint8_t packed[8192];
	uLongf packed_bytes = sizeof(packed);
	int n = sprintf(text, "\nexif\n%8zu\n457869660000", inner.size_bytes + 6);

	for (size_t i = 0; i < inner.size_bytes; i++)
		n += sprintf(text + n, "%02x%s", inner.bytes[i], i % 36 == 35 ? "\n" : "");
	assert_int_equal(compress(packed, &packed_bytes, (const Bytef *)text, (uLong)n), Z_OK);
	build_reset(&inner, true);
	put(&inner, "Raw profile type exif", 22);
	put_u8(&inner, 0);
	put(&inner, packed, packed_bytes);
	put_chunk("zTXt", inner.bytes, inner.size_bytes);
}

static void test_png_reads_profiles_in_hexadecimal(void **state)
{
	(void)state;
	build_block();
	start_file();
	put_profile();
	read_file();
	assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
}

static void test_png_reads_dates_in_text(void **state)
{
	(void)state;
	start_file();
	put_chunk("tEXt",
		"create-date\0"
		"2008-05-04T16:47:24",
		31);
	read_file();
	assert_string_equal(facts.capture_time, "2008-05-04T16:47:24");
	assert_int_equal(facts.date_source, MEDIA_DATE_CONTAINER);
}

static void test_png_survives_what_inflates_without_end(void **state)
{
	static uint8_t zeros[64 << 10];
	static uint8_t packed[64 << 10];
	z_stream stream = {0};

	(void)state;
	assert_int_equal(deflateInit(&stream, 9), Z_OK);
	stream.next_out = packed;
	stream.avail_out = sizeof(packed);
	for (int i = 0; i < 800; i++) { /* 50 MiB of zeros */
		stream.next_in = zeros;
		stream.avail_in = sizeof(zeros);
		assert_int_equal(deflate(&stream, Z_NO_FLUSH), Z_OK);
	}
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	build_reset(&inner, true);
	put(&inner, "Raw profile type exif", 22);
	put_u8(&inner, 0);
	put(&inner, packed, stream.total_out);
	assert_int_equal(deflateEnd(&stream), Z_OK);
	start_file();
	put_chunk("zTXt", inner.bytes, inner.size_bytes);
	build_block();
	put_chunk("eXIf", inner.bytes, inner.size_bytes);
	read_file();
	assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
}

static void test_png_survives_text_without_end(void **state)
{
	(void)state;
	start_file();
	put_chunk("iTXt", "XML:com.adobe.xmp", 17);
	put_chunk("zTXt", "", 0);
	put_chunk("tEXt", "a", 1);
	read_file();
	assert_string_equal(facts.capture_time, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_png_reads_exif_behind_the_picture),
		cmocka_unit_test(test_png_reads_xmp_plain_and_compressed),
		cmocka_unit_test(test_png_reads_profiles_in_hexadecimal),
		cmocka_unit_test(test_png_reads_dates_in_text),
		cmocka_unit_test(test_png_survives_what_inflates_without_end),
		cmocka_unit_test(test_png_survives_text_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
