/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include "tests/support/media_build.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct build b;
static struct media_facts facts;

static void read_both_orders(const struct build_tag *main_tags, size_t main_count,
	const struct build_tag *exif, size_t exif_count, const char *time)
{
	for (int is_big_endian = 0; is_big_endian < 2; is_big_endian++) {
		build_reset(&b, is_big_endian);
		put_tiff(&b, main_tags, main_count, exif, exif_count);
		assert_int_equal(read_build(&b, &facts), 0);
		assert_string_equal(facts.capture_time, time);
	}
}

static void test_tiff_reads_exif_with_fraction_and_zone(void **state)
{
	static const struct build_tag main_tags[] = {
		{0x0100, NULL, 6000},
		{0x0101, NULL, 4000},
		{0x010f, "ACME ", 0},
		{0x0110, "Box 1", 0},
		{0x0112, NULL, 8},
		{0x0132, "2020:01:01 00:00:00", 0},
	};
	static const struct build_tag exif[] = {
		{0x9003, "2019:06:07 08:09:10", 0},
		{0x9004, "2019:06:07 08:09:11", 0},
		{0x9011, "-05:00", 0},
		{0x9291, "042", 0},
	};

	(void)state;

	read_both_orders(main_tags, COUNT(main_tags), exif, COUNT(exif), "2019-06-07T08:09:10");
	assert_string_equal(facts.type, "TIFF");
	assert_string_equal(facts.subsec, "042");
	assert_string_equal(facts.utc_offset, "-05:00");
	assert_string_equal(facts.make, "ACME");
	assert_string_equal(facts.model, "Box 1");
	assert_int_equal(facts.orientation, 8);
	assert_int_equal(facts.width_px, 6000);
	assert_int_equal(facts.height_px, 4000);
	assert_int_equal(facts.date_source, MEDIA_DATE_EXIF_ORIGINAL);
}

/* The directory of 0xa005 stands behind all others: first it is seen where that is. */
static void put_interop(const char *index)
{
	struct build_tag exif[] = {{0x9003, "2019:06:07 08:09:10", 0}, {0xa005, NULL, 8}};

	for (int i = 0; i < 2; i++) {
		build_reset(&b, false);
		put_tiff(&b, NULL, 0, exif, COUNT(exif));
		exif[1].number = (uint32_t)b.size_bytes;
	}
	put_u16(&b, 1);
	put_u16(&b, 1); /* InteroperabilityIndex */
	put_u16(&b, 2); /* ASCII */
	put_u32(&b, 4);
	put(&b, index, 4);
	put_u32(&b, 0);
}

static void test_tiff_knows_adobe_rgb(void **state)
{
	static const struct build_tag said[] = {{0xa001, NULL, 2}}, srgb[] = {{0xa001, NULL, 1}};

	(void)state;
	put_interop("R03");
	assert_int_equal(read_build(&b, &facts), 0);
	assert_int_equal(facts.is_adobe_rgb, 1);
	put_interop("R98");
	assert_int_equal(read_build(&b, &facts), 0);
	assert_int_equal(facts.is_adobe_rgb, 0);
	read_both_orders(NULL, 0, said, COUNT(said), "");
	assert_int_equal(facts.is_adobe_rgb, 1);
	read_both_orders(NULL, 0, srgb, COUNT(srgb), "");
	assert_int_equal(facts.is_adobe_rgb, 0);
}

static void test_tiff_takes_digitized_then_modified(void **state)
{
	static const struct build_tag modified = {0x0132, "2020:01:01 00:00:00", 0};
	static const struct build_tag zero[] = {
		{0x9003, "0000:00:00 00:00:00", 0},
		{0x9004, "2019:06:07 08:09:11", 0},
	};

	(void)state;

	read_both_orders(&modified, 1, zero, 2, "2019-06-07T08:09:11");
	assert_int_equal(facts.date_source, MEDIA_DATE_EXIF_DIGITIZED);
	read_both_orders(&modified, 1, zero, 1, "2020-01-01T00:00:00");
	assert_int_equal(facts.date_source, MEDIA_DATE_EXIF_MODIFIED);
}

static void test_tiff_finds_exif_tags_in_the_main_directory(void **state)
{
	static const struct build_tag main_tags[] = {{0x9003, "1994:01:02 15:56:59", 0}};

	(void)state;
	read_both_orders(main_tags, 1, NULL, 0, "1994-01-02T15:56:59");
}

static void test_tiff_names_raw_by_content_and_maker(void **state)
{
	static const struct {
		const char *make;
		uint16_t tag;
		uint32_t value;
		const char *type;
	} cases[] = {
		{"NIKON CORPORATION", 0x0106, 32803, "NEF"},
		{"NIKON CORPORATION", 0x0106, 2, "TIFF"},
		{"SONY", 0x0103, 32767, "ARW"},
		{"PENTAX", 0x0103, 65535, "PEF"},
		{"SAMSUNG", 0x0103, 32770, "SRW"},
		{"Canon", 0xc612, 0x00000401, "DNG"},
		{"GoPro", 0xc612, 0x00000401, "GPR"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct build_tag tags[] = {
			{0x010f, cases[i].make, 0}, {cases[i].tag, NULL, cases[i].value}};

		build_reset(&b, false);
		put_tiff(&b, tags, 2, NULL, 0);
		assert_int_equal(read_build(&b, &facts), 0);
		assert_string_equal(facts.type, cases[i].type);
	}
}

static void test_tiff_offers_embedded_jpegs_smallest_first(void **state)
{
	struct build_tag tags[] = {{0x0201, NULL, 1000}, {0x0202, NULL, 19}, {0x014a, NULL, 500}};
	static const struct build_tag sub[] = {{0x0201, NULL, 1100}, {0x0202, NULL, 19}};

	(void)state;
	build_reset(&b, false);
	put_tiff(&b, tags, 3, NULL, 0);
	put_zeros(&b, 500 - b.size_bytes);
	put_u16(&b, 2);
	for (size_t i = 0; i < 2; i++) {
		put_u16(&b, sub[i].tag);
		put_u16(&b, 4);
		put_u32(&b, 1);
		put_u32(&b, sub[i].number);
	}
	put_zeros(&b, 1000 - b.size_bytes);
	put_jpeg(&b, 1616, 1080);
	put_zeros(&b, 1100 - b.size_bytes);
	put_jpeg(&b, 160, 120);

	assert_int_equal(read_build(&b, &facts), 0);
	assert_int_equal(facts.preview_count, 2);
	assert_int_equal(facts.previews[0].offset, 1100);
	assert_int_equal(facts.previews[0].size_bytes, 19);
	assert_int_equal(facts.previews[0].width_px, 160);
	assert_int_equal(facts.previews[0].height_px, 120);
	assert_int_equal(facts.previews[1].offset, 1000);
}

static void test_tiff_offers_no_preview_outside_the_file(void **state)
{
	struct build_tag tags[] = {{0x0201, NULL, 100}, {0x0202, NULL, 20}};

	(void)state;
	build_reset(&b, false);
	put_tiff(&b, tags, 2, NULL, 0);
	put_zeros(&b, 100 - b.size_bytes);
	put_jpeg(&b, 160, 120); /* 19 bytes, one less than said */

	assert_int_equal(read_build(&b, &facts), 0);
	assert_int_equal(facts.preview_count, 0);
}

static void test_tiff_survives_a_directory_that_is_its_own_next(void **state)
{
	struct build_tag tags[] = {{0x8769, NULL, 8}, {0x014a, NULL, 8}};

	(void)state;
	build_reset(&b, true);
	put_tiff(&b, tags, 2, NULL, 0);
	set_u32(&b, b.size_bytes - 4, 8);

	assert_int_equal(read_build(&b, &facts), 0);
	assert_string_equal(facts.capture_time, "");
}

static void test_tiff_survives_entries_that_claim_everything(void **state)
{
	(void)state;
	build_reset(&b, false);
	put_text(&b, "II*");
	put_u8(&b, 0);
	put_u32(&b, 8);
	put_u16(&b, 0xffff);
	for (unsigned i = 0; i < 20000; i++) {
		put_u16(&b, i % 2 ? 0x02bc : 0x8649);
		put_u16(&b, i % 3 ? 7 : 12);
		put_u32(&b, 0xffffffff);
		put_u32(&b, i);
	}

	assert_int_equal(read_build(&b, &facts), 0);
	assert_string_equal(facts.type, "TIFF");
}

static void test_tiff_reads_big_tiff(void **state)
{
	(void)state;
	build_reset(&b, false);
	put_text(&b, "II+");
	put_u8(&b, 0);
	put_u16(&b, 8);
	put_u16(&b, 0);
	put_u64(&b, 16);
	put_u64(&b, 1);
	put_u16(&b, 0x9003);
	put_u16(&b, 2);
	put_u64(&b, 20);
	put_u64(&b, 52);
	put_u64(&b, 0);
	put_text(&b, "2019:06:07 08:09:10");
	put_u8(&b, 0);

	assert_int_equal(read_build(&b, &facts), 0);
	assert_string_equal(facts.capture_time, "2019-06-07T08:09:10");
}

static void test_tiff_knows_the_makers_headers(void **state)
{
	static const struct {
		const char *header;
		const char *type;
	} cases[] = {{"IIRO", "ORF"}, {"IIRS", "ORF"}, {"IIU", "RW2"}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		build_reset(&b, false);
		put_exif_date(&b, "2019:06:07 08:09:10");
		for (size_t n = 0; n < 4; n++)
			b.bytes[n] = (uint8_t)cases[i].header[n];
		assert_int_equal(read_build(&b, &facts), 0);
		assert_string_equal(facts.type, cases[i].type);
		assert_string_equal(facts.capture_time, "2019-06-07T08:09:10");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tiff_reads_exif_with_fraction_and_zone),
		cmocka_unit_test(test_tiff_knows_adobe_rgb),
		cmocka_unit_test(test_tiff_takes_digitized_then_modified),
		cmocka_unit_test(test_tiff_finds_exif_tags_in_the_main_directory),
		cmocka_unit_test(test_tiff_names_raw_by_content_and_maker),
		cmocka_unit_test(test_tiff_offers_embedded_jpegs_smallest_first),
		cmocka_unit_test(test_tiff_offers_no_preview_outside_the_file),
		cmocka_unit_test(test_tiff_survives_a_directory_that_is_its_own_next),
		cmocka_unit_test(test_tiff_survives_entries_that_claim_everything),
		cmocka_unit_test(test_tiff_reads_big_tiff),
		cmocka_unit_test(test_tiff_knows_the_makers_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
