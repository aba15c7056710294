/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <string.h>

#include "tests/support/media_build.h"

#define MOVIE_2019 3642741542u /* 2019-06-07 08:39:02 UTC, since 1904 */

static struct build b;
static struct build inner;
static struct media_facts facts;

static void start_file(const char *brand)
{
	size_t at;

	build_reset(&b, true);
	at = box_start(&b, "ftyp");
	put_text(&b, brand);
	put_u32(&b, 0);
	box_end(&b, at);
}

static void put_movie_header(uint64_t seconds, bool is_wide)
{
	size_t at = box_start(&b, "mvhd");

	put_u32(&b, is_wide ? 0x01000000 : 0);
	if (is_wide)
		put_u64(&b, seconds);
	else
		put_u32(&b, seconds);
	put_zeros(&b, 92);
	box_end(&b, at);
}

static void put_track(uint32_t a, uint32_t bb, uint32_t width_px, uint32_t height_px)
{
	size_t trak = box_start(&b, "trak");
	size_t tkhd = box_start(&b, "tkhd");

	put_zeros(&b, 40);
	put_u32(&b, a);
	put_u32(&b, bb);
	put_zeros(&b, 28);
	put_u32(&b, width_px << 16);
	put_u32(&b, height_px << 16);
	box_end(&b, tkhd);
	box_end(&b, trak);
}

static void read_file(void)
{
	assert_int_equal(read_build(&b, &facts), 0);
}

static void test_movie_header_is_utc(void **state)
{
	(void)state;
	for (int is_wide = 0; is_wide < 2; is_wide++) {
		size_t moov;

		start_file("mp42");
		moov = box_start(&b, "moov");
		put_movie_header(MOVIE_2019, is_wide);
		box_end(&b, moov);
		read_file();
		assert_string_equal(facts.type, "MP4");
		assert_string_equal(facts.capture_time, "2019-06-07T08:39:02");
		assert_string_equal(facts.utc_offset, "+00:00");
		assert_string_equal(facts.local_time, "");
		assert_int_equal(facts.date_source, MEDIA_DATE_QUICKTIME_UTC);
	}
}

static void test_movie_header_of_zero_is_no_date(void **state)
{
	size_t moov;

	(void)state;
	start_file("isom");
	moov = box_start(&b, "moov");
	put_movie_header(0, false);
	box_end(&b, moov);
	read_file();
	assert_string_equal(facts.capture_time, "");
	assert_int_equal(facts.date_source, MEDIA_DATE_NONE);
}

static void test_movie_header_from_1970_is_understood(void **state)
{
	size_t moov;

	(void)state;
	start_file("isom");
	moov = box_start(&b, "moov");
	put_movie_header(1559896742, false);
	box_end(&b, moov);
	read_file();
	assert_string_equal(facts.capture_time, "2019-06-07T08:39:02");
}

static void put_key(const char *name)
{
	size_t at = box_start(&b, "mdta");

	put_text(&b, name);
	box_end(&b, at);
}

static void put_value(uint32_t number, const char *text)
{
	size_t at = b.size_bytes, data;

	put_u32(&b, 0);
	put_u32(&b, number);
	data = box_start(&b, "data");
	put_u32(&b, 1);
	put_u32(&b, 0);
	put_text(&b, text);
	box_end(&b, data);
	box_end(&b, at);
}

static void put_apple_keys(void)
{
	size_t meta = box_start(&b, "meta"), at;

	at = box_start(&b, "hdlr");
	put_zeros(&b, 24);
	box_end(&b, at);
	at = box_start(&b, "keys");
	put_u32(&b, 0);
	put_u32(&b, 3);
	put_key("com.apple.quicktime.make");
	put_key("com.apple.quicktime.creationdate");
	put_key("com.apple.quicktime.model");
	box_end(&b, at);
	at = box_start(&b, "ilst");
	put_value(1, "Apple");
	put_value(2, "2019-06-07T10:39:02+0200");
	put_value(3, "iPhone X");
	put_value(4, "2001-01-01T00:00:00+0200");
	box_end(&b, at);
	box_end(&b, meta);
}

static void test_movie_keys_give_local_time_beside(void **state)
{
	size_t moov;

	(void)state;
	start_file("qt  ");
	moov = box_start(&b, "moov");
	put_movie_header(MOVIE_2019, false);
	put_apple_keys();
	box_end(&b, moov);
	read_file();
	assert_string_equal(facts.type, "MOV");
	assert_string_equal(facts.capture_time, "2019-06-07T08:39:02");
	assert_string_equal(facts.local_time, "2019-06-07T10:39:02");
	assert_string_equal(facts.utc_offset, "+02:00");
	assert_string_equal(facts.make, "Apple");
	assert_string_equal(facts.model, "iPhone X");
}

static void test_movie_keys_alone_are_a_date(void **state)
{
	size_t moov;

	(void)state;
	start_file("qt  ");
	moov = box_start(&b, "moov");
	put_movie_header(0, false);
	put_apple_keys();
	box_end(&b, moov);
	read_file();
	assert_string_equal(facts.capture_time, "2019-06-07T10:39:02");
	assert_string_equal(facts.utc_offset, "+02:00");
	assert_int_equal(facts.date_source, MEDIA_DATE_CONTAINER);
}

static void test_movie_original_of_user_data_wins(void **state)
{
	size_t moov, udta, at;

	(void)state;
	start_file("mp42");
	moov = box_start(&b, "moov");
	put_movie_header(MOVIE_2019, false);
	udta = box_start(&b, "udta");
	at = box_start(&b, "date");
	put_text(&b, "2019-06-07T10:39:00+0200");
	box_end(&b, at);
	box_end(&b, udta);
	box_end(&b, moov);
	read_file();
	assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
	assert_string_equal(facts.utc_offset, "+02:00");
	assert_int_equal(facts.date_source, MEDIA_DATE_CONTAINER);
}

static void test_movie_exif_of_makers_wins(void **state)
{
	size_t moov, udta, at;

	(void)state;
	build_reset(&inner, false);
	put_exif_date(&inner, "2019:06:07 10:39:00");
	start_file("mp42");
	moov = box_start(&b, "moov");
	udta = box_start(&b, "udta");
	at = box_start(&b, "RMKN");
	put(&b, inner.bytes, inner.size_bytes);
	box_end(&b, at);
	box_end(&b, udta);
	put_movie_header(MOVIE_2019, false);
	box_end(&b, moov);
	read_file();
	assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
	assert_int_equal(facts.date_source, MEDIA_DATE_EXIF_ORIGINAL);
}

static void test_movie_nikon_records(void **state)
{
	size_t moov, udta, ncdt, nctg;

	(void)state;
	start_file("qt  ");
	moov = box_start(&b, "moov");
	udta = box_start(&b, "udta");
	ncdt = box_start(&b, "NCDT");
	nctg = box_start(&b, "NCTG");
	put_u32(&b, 1);
	put_u16(&b, 2);
	put_u16(&b, 6);
	put(&b, "NIKON", 6);
	put_u32(&b, 0x12);
	put_u16(&b, 2);
	put_u16(&b, 20);
	put(&b, "2019:06:07 10:39:00", 20);
	box_end(&b, nctg);
	box_end(&b, ncdt);
	box_end(&b, udta);
	box_end(&b, moov);
	read_file();
	assert_string_equal(facts.make, "NIKON");
	assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
}

static void test_movie_sony_xml_gives_local_time(void **state)
{
	size_t moov, meta, at;

	(void)state;
	start_file("XAVC");
	moov = box_start(&b, "moov");
	put_movie_header(MOVIE_2019, false);
	box_end(&b, moov);
	meta = box_start(&b, "meta");
	put_u32(&b, 0);
	at = box_start(&b, "xml ");
	put_u32(&b, 0);
	put_text(&b,
		"<NonRealTimeMeta><CreationDate value=\"2019-06-07T10:39:02+02:00\"/>"
		"<Device manufacturer=\"Sony\" modelName=\"ILCE-7M3\"/></NonRealTimeMeta>");
	box_end(&b, at);
	box_end(&b, meta);
	read_file();
	assert_string_equal(facts.capture_time, "2019-06-07T08:39:02");
	assert_string_equal(facts.local_time, "2019-06-07T10:39:02");
	assert_string_equal(facts.model, "ILCE-7M3");
}

static void test_movie_track_gives_size_and_rotation(void **state)
{
	static const struct {
		uint32_t a, b, orientation;
	} cases[] = {{0x10000, 0, 1}, {0xffff0000, 0, 3}, {0, 0x10000, 6}, {0, 0xffff0000, 8}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t moov;

		start_file("mp42");
		moov = box_start(&b, "moov");
		put_track(0x10000, 0, 0, 0); /* sound */
		put_track(cases[i].a, cases[i].b, 1920, 1080);
		box_end(&b, moov);
		read_file();
		assert_int_equal(facts.width_px, 1920);
		assert_int_equal(facts.height_px, 1080);
		assert_int_equal(facts.orientation, cases[i].orientation);
	}
}

static void test_movie_behind_a_large_one_is_found(void **state)
{
	size_t moov;

	(void)state;
	start_file("mp42");
	put_u32(&b, 1);
	put_text(&b, "mdat");
	put_u64(&b, 16 + 100000);
	put_zeros(&b, 100000);
	moov = box_start(&b, "moov");
	put_movie_header(MOVIE_2019, false);
	box_end(&b, moov);
	read_file();
	assert_string_equal(facts.capture_time, "2019-06-07T08:39:02");
}

static void put_item_info(unsigned id, const char *type, const char *content)
{
	size_t at = box_start(&b, "infe");

	put_u32(&b, 0x02000000);
	put_u16(&b, id);
	put_u16(&b, 0);
	put_text(&b, type);
	put_u8(&b, 0);
	put(&b, content, strlen(content) + 1);
	box_end(&b, at);
}

static void put_location(unsigned id, unsigned method, uint32_t offset, uint32_t length_bytes)
{
	put_u16(&b, id);
	put_u16(&b, method);
	put_u16(&b, 0);
	put_u16(&b, 1);
	put_u32(&b, offset);
	put_u32(&b, length_bytes);
}

/* Locations stand in front of what they name; idat holds the XMP, the file the others. */
static void build_heif(const char *brand)
{
	static const char xmp[] = "<rdf:RDF><rdf:Description tiff:Make='ACME'/></rdf:RDF>";
	size_t meta, at, exif_at = 1000, jpeg_at = 2000;

	build_reset(&inner, true);
	put_exif_date(&inner, "2019:06:07 10:39:00");
	start_file(brand);
	meta = box_start(&b, "meta");
	put_u32(&b, 0);
	at = box_start(&b, "iloc");
	put_u32(&b, 0x01000000);
	put_u16(&b, 0x4400);
	put_u16(&b, 3);
	put_location(7, 0, (uint32_t)exif_at, (uint32_t)inner.size_bytes + 10);
	put_location(8, 1, 0, sizeof(xmp) - 1);
	put_location(9, 0, (uint32_t)jpeg_at, 19);
	box_end(&b, at);
	at = box_start(&b, "iinf");
	put_u32(&b, 0);
	put_u16(&b, 3);
	put_item_info(7, "Exif", "");
	put_item_info(8, "mime", "application/rdf+xml");
	put_item_info(9, "jpeg", "");
	box_end(&b, at);
	at = box_start(&b, "idat");
	put_text(&b, xmp);
	box_end(&b, at);
	box_end(&b, meta);
	put_zeros(&b, exif_at - b.size_bytes);
	put_u32(&b, 6);
	put(&b, "Exif\0", 6);
	put(&b, inner.bytes, inner.size_bytes);
	put_zeros(&b, jpeg_at - b.size_bytes);
	put_jpeg(&b, 320, 240);
}

static void test_heif_finds_items(void **state)
{
	static const char *const brands[][2] = {
		{"heic", "HEIC"}, {"mif1", "HEIF"}, {"avif", "AVIF"}, {"heix", "HEIF"}};

	(void)state;
	for (size_t i = 0; i < sizeof(brands) / sizeof(brands[0]); i++) {
		build_heif(brands[i][0]);
		read_file();
		assert_string_equal(facts.type, brands[i][1]);
		assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
		assert_string_equal(facts.make, "ACME");
		assert_int_equal(facts.preview_count, 1);
		assert_int_equal(facts.previews[0].offset, 2000);
	}
}

static void test_heif_largest_property_is_the_size(void **state)
{
	static const uint32_t sizes[][2] = {{512, 512}, {4032, 3024}, {320, 240}};
	size_t meta, iprp, ipco;

	(void)state;
	start_file("heic");
	meta = box_start(&b, "meta");
	put_u32(&b, 0);
	iprp = box_start(&b, "iprp");
	ipco = box_start(&b, "ipco");
	for (size_t i = 0; i < 3; i++) {
		size_t at = box_start(&b, "ispe");

		put_u32(&b, 0);
		put_u32(&b, sizes[i][0]);
		put_u32(&b, sizes[i][1]);
		box_end(&b, at);
	}
	box_end(&b, ipco);
	box_end(&b, iprp);
	box_end(&b, meta);
	read_file();
	assert_int_equal(facts.width_px, 4032);
	assert_int_equal(facts.height_px, 3024);
}

static void test_canon_raw_finds_its_blocks(void **state)
{
	static const uint8_t canon[16] = {0x85, 0xc0, 0xb6, 0x87, 0x82, 0x0f, 0x11, 0xe0, 0x81,
		0x11, 0xf4, 0xce, 0x46, 0x2b, 0x6a, 0x48};
	static const struct build_tag main_tags[] = {{0x010f, "Canon", 0}, {0x0112, NULL, 6}};
	static const struct build_tag exif[] = {{0x9003, "2019:06:07 10:39:00", 0}};
	size_t moov, uuid, at;

	(void)state;
	start_file("crx ");
	moov = box_start(&b, "moov");
	uuid = box_start(&b, "uuid");
	put(&b, canon, sizeof(canon));
	at = box_start(&b, "CMT1");
	put_tiff(&b, main_tags, 2, NULL, 0);
	box_end(&b, at);
	at = box_start(&b, "CMT2");
	put_tiff(&b, exif, 1, NULL, 0);
	box_end(&b, at);
	at = box_start(&b, "THMB");
	put_zeros(&b, 16);
	put_jpeg(&b, 160, 120);
	box_end(&b, at);
	box_end(&b, uuid);
	put_movie_header(MOVIE_2019, false);
	box_end(&b, moov);
	read_file();
	assert_string_equal(facts.type, "CR3");
	assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
	assert_string_equal(facts.make, "Canon");
	assert_int_equal(facts.orientation, 6);
	assert_int_equal(facts.preview_count, 1);
}

static void test_jpeg_xl_reads_boxes_and_size(void **state)
{
	size_t at;

	(void)state;
	build_reset(&inner, false);
	put_exif_date(&inner, "2019:06:07 10:39:00");
	build_reset(&b, true);
	at = box_start(&b, "JXL ");
	put_u32(&b, 0x0d0a870a);
	box_end(&b, at);
	at = box_start(&b, "ftyp");
	put_text(&b, "jxl ");
	put_u32(&b, 0);
	box_end(&b, at);
	at = box_start(&b, "Exif");
	put_u32(&b, 0);
	put(&b, inner.bytes, inner.size_bytes);
	box_end(&b, at);
	at = box_start(&b, "jxlc");
	put_u16(&b, 0xff0a);
	/* small, height (29 + 1) * 8, ratio 3 = 4:3; lowest bits first */
	put_u8(&b, (1 | 29 << 1 | 3 << 6) & 0xff);
	put_u8(&b, 3 >> 2);
	put_zeros(&b, 10);
	box_end(&b, at);
	read_file();
	assert_string_equal(facts.type, "JXL");
	assert_string_equal(facts.capture_time, "2019-06-07T10:39:00");
	assert_int_equal(facts.width_px, 320);
	assert_int_equal(facts.height_px, 240);
}

static void test_boxes_survive_bad_sizes(void **state)
{
	static const uint32_t sizes[] = {0, 1, 2, 7, 8, 0x7fffffff, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		start_file("mp42");
		put_u32(&b, sizes[i]);
		put_text(&b, "moov");
		put_u64(&b, UINT64_MAX);
		put_text(&b, "trakudtametakeys");
		read_file();
		assert_string_equal(facts.capture_time, "");
	}
}

static void test_boxes_survive_boxes_within_boxes(void **state)
{
	(void)state;
	start_file("mp42");
	(void)box_start(&b, "moov");
	for (int i = 0; i < 3000; i++) {
		set_u32(&b, b.size_bytes, 0);
		put_u32(&b, 0); /* to the end */
		put_text(&b, i % 2 ? "udta" : "meta");
		put_u32(&b, 0);
	}
	read_file();
	assert_string_equal(facts.capture_time, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_movie_header_is_utc),
		cmocka_unit_test(test_movie_header_of_zero_is_no_date),
		cmocka_unit_test(test_movie_header_from_1970_is_understood),
		cmocka_unit_test(test_movie_keys_give_local_time_beside),
		cmocka_unit_test(test_movie_keys_alone_are_a_date),
		cmocka_unit_test(test_movie_original_of_user_data_wins),
		cmocka_unit_test(test_movie_exif_of_makers_wins),
		cmocka_unit_test(test_movie_nikon_records),
		cmocka_unit_test(test_movie_sony_xml_gives_local_time),
		cmocka_unit_test(test_movie_track_gives_size_and_rotation),
		cmocka_unit_test(test_movie_behind_a_large_one_is_found),
		cmocka_unit_test(test_heif_finds_items),
		cmocka_unit_test(test_heif_largest_property_is_the_size),
		cmocka_unit_test(test_canon_raw_finds_its_blocks),
		cmocka_unit_test(test_jpeg_xl_reads_boxes_and_size),
		cmocka_unit_test(test_boxes_survive_bad_sizes),
		cmocka_unit_test(test_boxes_survive_boxes_within_boxes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
