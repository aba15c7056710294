/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <string.h>

#include "tests/support/media_build.h"

static struct build b;
static struct build video;
static struct media_facts facts;

static void read_file(void)
{
	assert_int_equal(read_build(&b, &facts), 0);
}

static void put_packet(size_t lead_bytes, unsigned pid, bool is_start, const uint8_t *payload,
	size_t payload_bytes)
{
	size_t padding_bytes = 184 - payload_bytes;

	put_zeros(&b, lead_bytes);
	put_u8(&b, 0x47);
	put_u16(&b, pid | (is_start ? 0x4000 : 0));
	put_u8(&b, padding_bytes > 0 ? 0x30 : 0x10);
	if (padding_bytes > 0) { /* the adaptation field fills up */
		put_u8(&b, (unsigned)padding_bytes - 1);
		put_zeros(&b, padding_bytes - 1);
	}
	put(&b, payload, payload_bytes);
}

/* Of the picture's stream: a frame's user data with date and time. */
static void build_video(void)
{
	static const uint8_t head[] = {0, 0, 1, 0xe0, 0, 0, 0x80, 0, 0, 0, 0, 0, 1, 6, 5, 60};
	static const uint8_t mark[] = {0x17, 0xee, 0x8c, 0x60, 0xf8, 0x4d, 0x11, 0xd9, 0x8c, 0xd6,
		0x08, 0x00, 0x20, 0x0c, 0x9a, 0x66};

	build_reset(&video, true);
	put(&video, head, sizeof(head));
	put(&video, mark, sizeof(mark));
	put_text(&video, "MDPM");
	put_u8(&video, 3);
	put(&video, "\x18\x42\x20\x19\x04", 5); /* zone +1 and summer time, 2019, April */
	put(&video, "\x19\x24\0\0\3\1", 6); /* the 24th, 00:00:01, and a 3 behind two zeros */
	put(&video, "\xe0\x01\x08\0\0", 5);
	put_zeros(&video, 200);
}

static void build_stream(size_t lead_bytes)
{
	static const uint8_t other[184] = {0, 0, 1, 0xc0};

	build_video();
	build_reset(&b, true);
	for (int i = 0; i < 8; i++) /* sound comes first */
		put_packet(lead_bytes, 0x1100, true, other, sizeof(other));
	put_packet(lead_bytes, 0x1011, true, video.bytes, 40);
	put_packet(lead_bytes, 0x1100, false, other, sizeof(other));
	put_packet(lead_bytes, 0x1011, false, video.bytes + 40, 150);
}

static void test_mpegts_reads_the_picture_streams_user_data(void **state)
{
	(void)state;
	for (size_t lead_bytes = 0; lead_bytes <= 4; lead_bytes += 4) {
		build_stream(lead_bytes);
		read_file();
		assert_string_equal(facts.type, "MTS");
		assert_string_equal(facts.capture_time, "2019-04-24T00:00:01");
		assert_string_equal(facts.utc_offset, "+01:00");
		assert_int_equal(facts.date_source, MEDIA_DATE_CONTAINER);
	}
}

static void test_mpegts_without_user_data_has_no_date(void **state)
{
	(void)state;
	build_stream(0);
	for (size_t i = 0; i + 4 <= b.size_bytes; i++)
		if (memcmp(b.bytes + i, "MDPM", 4) == 0)
			b.bytes[i] = 'X';
	read_file();
	assert_string_equal(facts.type, "MTS");
	assert_string_equal(facts.capture_time, "");
}

static void test_dv_reads_its_packs(void **state)
{
	(void)state;
	build_reset(&b, true);
	put(&b, "\x1f\x07\0\xbf", 4);
	put_zeros(&b, 3 * 80 - b.size_bytes);
	put(&b, "\x50\0\0", 3);
	put(&b, "\x60\xff\xff\xff\xff", 5);
	put(&b, "\x62\xff\xd6\xe2\x10", 5); /* 16 February 2010 */
	put(&b, "\x63\xff\xa8\xb6\xe1", 5); /* 21:36:28 */
	put_zeros(&b, 6 * 80 - b.size_bytes);
	read_file();
	assert_string_equal(facts.type, "DV");
	assert_string_equal(facts.capture_time, "2010-02-16T21:36:28");
	assert_int_equal(facts.height_px, 576);
}

static void test_moi_reads_its_date(void **state)
{
	(void)state;
	build_reset(&b, true);
	put_text(&b, "V6");
	put_u32(&b, 302);
	put_u16(&b, 2011);
	put(&b, "\x05\x0f\x11\x3a", 4);
	put_u16(&b, 48000);
	put_zeros(&b, 100);
	read_file();
	assert_string_equal(facts.type, "MOI");
	assert_string_equal(facts.capture_time, "2011-05-15T17:58:48");
}

static void test_mpeg_reads_the_size(void **state)
{
	(void)state;
	build_reset(&b, true);
	put(&b, "\0\0\1\xba", 4);
	put_zeros(&b, 100);
	put(&b, "\0\0\1\xb3\x28\x01\xe0", 7);
	read_file();
	assert_string_equal(facts.type, "MPEG");
	assert_int_equal(facts.width_px, 640);
	assert_int_equal(facts.height_px, 480);
}

static void put_element(uint32_t id, const void *bytes, size_t size_bytes)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		if (id >> shift != 0)
			put_u8(&b, id >> shift & 0xff);
	put_u8(&b, 0x80 | (unsigned)size_bytes);
	put(&b, bytes, size_bytes);
}

static void start_matroska(const char *kind)
{
	build_reset(&b, true);
	put(&b, "\x1a\x45\xdf\xa3", 4);
	put_u8(&b, 0x80 | (unsigned)(3 + strlen(kind)));
	put_element(0x4282, kind, strlen(kind));
	put(&b, "\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff", 12); /* of unknown size */
}

static void test_matroska_reads_the_date_in_utc(void **state)
{
	(void)state;
	start_matroska("matroska");
	put(&b, "\x15\x49\xa9\x66\x8b", 5);
	put_u16(&b, 0x4461);
	put_u8(&b, 0x88);
	put_u64(&b, UINT64_C(367959445) * 1000000000); /* 2012-08-29 18:57:25, from 2001 */
	read_file();
	assert_string_equal(facts.type, "MKV");
	assert_string_equal(facts.capture_time, "2012-08-29T18:57:25");
	assert_string_equal(facts.utc_offset, "+00:00");
}

static void test_matroska_reads_tags(void **state)
{
	(void)state;
	start_matroska("webm");
	put(&b, "\x12\x54\xc3\x67\xa9\x73\x73\xa6\x67\xc8\xa3", 11);
	put_element(0x45a3, "DATE_RECORDED", 13);
	put_element(0x4487, "2012-08-29 18:57", 16);
	read_file();
	assert_string_equal(facts.type, "WEBM");
	assert_string_equal(facts.capture_time, "2012-08-29T18:57:00");
}

static void test_matroska_survives_elements_within_elements(void **state)
{
	(void)state;
	start_matroska("webm");
	for (int i = 0; i < 40000; i++)
		put(&b, "\x67\xc8\x01\xff\xff\xff\xff\xff\xff\xff", 10);
	read_file();
	assert_string_equal(facts.capture_time, "");
}

static void put_klv(unsigned kind, unsigned set, const void *bytes, size_t size_bytes)
{
	put(&b, "\x06\x0e\x2b\x34\x02", 5);
	put_u8(&b, kind);
	put(&b, "\x01\x01\x0d\x01\x01\x01\x01\x01", 8);
	put_u16(&b, set);
	put_u8(&b, 0x83);
	put_u8(&b, 0);
	put_u16(&b, (unsigned)size_bytes);
	put(&b, bytes, size_bytes);
}

static void test_mxf_reads_the_packages_creation_date(void **state)
{
	static const uint8_t set[] = {
		0x3c, 0x0a, 0, 2, 1, 2, 0x44, 0x05, 0, 8, 0x07, 0xda, 12, 20, 0, 14, 40, 56};

	(void)state;
	for (unsigned junk_bytes = 0; junk_bytes < 100; junk_bytes += 99) {
		build_reset(&b, true);
		put_klv(0x05, 0x0200, "partition", 9);
		put_zeros(&b, junk_bytes); /* a wrong length */
		put_klv(0x53, 0x3600, set, sizeof(set));
		read_file();
		assert_string_equal(facts.type, "MXF");
		assert_string_equal(facts.capture_time, "2010-12-20T00:14:40");
		assert_int_equal(facts.date_source, MEDIA_DATE_CONTAINER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mpegts_reads_the_picture_streams_user_data),
		cmocka_unit_test(test_mpegts_without_user_data_has_no_date),
		cmocka_unit_test(test_dv_reads_its_packs),
		cmocka_unit_test(test_moi_reads_its_date),
		cmocka_unit_test(test_mpeg_reads_the_size),
		cmocka_unit_test(test_matroska_reads_the_date_in_utc),
		cmocka_unit_test(test_matroska_reads_tags),
		cmocka_unit_test(test_matroska_survives_elements_within_elements),
		cmocka_unit_test(test_mxf_reads_the_packages_creation_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
