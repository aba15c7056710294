/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <string.h>

#include "tests/support/media_build.h"

#define TIME_2003 1068485966u /* 2003-11-10 17:39:26 */

static struct build b;
static struct build inner;
static struct media_facts facts;

static void read_file(void)
{
	assert_int_equal(read_build(&b, &facts), 0);
}

static void put_ciff_entry(uint16_t tag, uint32_t size_bytes, uint32_t offset)
{
	put_u16(&b, tag);
	put_u32(&b, size_bytes);
	put_u32(&b, offset);
}

/* Heap: make and model, a picture, an inner heap with the time, the directory. */
static void build_ciff(const char *mark, bool is_big_endian)
{
	size_t heap, inner_heap, picture, directory;

	build_reset(&b, is_big_endian);
	put_text(&b, is_big_endian ? "MM" : "II");
	put_u32(&b, 26);
	put_text(&b, mark);
	put_zeros(&b, 26 - b.size_bytes);
	heap = b.size_bytes;
	put(&b, "Canon\0EOS D60", 14);
	picture = b.size_bytes - heap;
	put_jpeg(&b, 160, 120);
	inner_heap = b.size_bytes - heap;
	put_u16(&b, 1);
	put_u16(&b, 0x580e); /* 0x180e, the value in the entry */
	put_u32(&b, TIME_2003);
	put_u32(&b, 0);
	put_u32(&b, 0);
	directory = b.size_bytes - heap;
	put_u16(&b, 3);
	put_ciff_entry(0x080a, 14, 0);
	put_ciff_entry(0x2008, 19, (uint32_t)picture);
	put_ciff_entry(0x300a, (uint32_t)(directory - inner_heap), (uint32_t)inner_heap);
	put_u32(&b, directory);
}

static void test_ciff_reads_time_camera_and_picture(void **state)
{
	(void)state;
	for (int is_big_endian = 0; is_big_endian < 2; is_big_endian++) {
		build_ciff("HEAPCCDR", is_big_endian);
		read_file();
		assert_string_equal(facts.type, "CRW");
		assert_string_equal(facts.capture_time, "2003-11-10T17:39:26");
		assert_string_equal(facts.make, "Canon");
		assert_string_equal(facts.model, "EOS D60");
		assert_int_equal(facts.preview_count, 1);
		assert_int_equal(facts.previews[0].offset, 40);
		assert_int_equal(facts.date_source, MEDIA_DATE_CONTAINER);
	}
}

static void test_ciff_is_read_in_a_jpeg(void **state)
{
	size_t at;

	(void)state;
	build_ciff("HEAPJPGM", true);
	memcpy(inner.bytes, b.bytes, b.size_bytes);
	inner.size_bytes = b.size_bytes;
	build_reset(&b, true);
	put(&b, "\xff\xd8", 2);
	at = segment_start(&b, 0xe0);
	put(&b, inner.bytes, inner.size_bytes);
	segment_end(&b, at);
	put(&b, "\xff\xda", 2);
	read_file();
	assert_string_equal(facts.type, "JPEG");
	assert_string_equal(facts.capture_time, "2003-11-10T17:39:26");
}

static void test_ciff_survives_a_heap_that_holds_itself(void **state)
{
	(void)state;
	build_reset(&b, false);
	put_text(&b, "II");
	put_u32(&b, 14);
	put_text(&b, "HEAPCCDR");
	put_u16(&b, 1000);
	for (int i = 0; i < 1000; i++)
		put_ciff_entry(0x300a, 0xffffffff, 0);
	put_u32(&b, 0);
	read_file();
	assert_string_equal(facts.type, "CRW");
}

static void test_raf_reads_its_jpeg(void **state)
{
	size_t at;

	(void)state;
	build_reset(&inner, true);
	put_exif_date(&inner, "2007:05:22 13:58:30");
	build_reset(&b, true);
	put_text(&b, "FUJIFILMCCD-RAW 0201FF392201");
	put_text(&b, "FinePix S5Pro");
	put_zeros(&b, 84 - b.size_bytes);
	put_u32(&b, 200);
	put_u32(&b, 0);
	put_zeros(&b, 200 - b.size_bytes);
	put(&b, "\xff\xd8", 2);
	at = segment_start(&b, 0xe1);
	put(&b, "Exif\0", 6);
	put(&b, inner.bytes, inner.size_bytes);
	segment_end(&b, at);
	at = b.size_bytes;
	put_jpeg(&b, 1920, 1280);
	memmove(b.bytes + at, b.bytes + at + 2, b.size_bytes - at - 2); /* one start is enough */
	b.size_bytes -= 2;
	set_u32(&b, 88, b.size_bytes - 200);
	read_file();
	assert_string_equal(facts.type, "RAF");
	assert_string_equal(facts.capture_time, "2007-05-22T13:58:30");
	assert_string_equal(facts.model, "FinePix S5Pro");
	assert_int_equal(facts.preview_count, 1);
	assert_int_equal(facts.previews[0].offset, 200);
	assert_int_equal(facts.previews[0].width_px, 1920);
}

static void test_mrw_reads_its_tiff(void **state)
{
	(void)state;
	build_reset(&inner, true);
	put_exif_date(&inner, "2004:11:18 23:14:58");
	build_reset(&b, true);
	put(&b, "\0MRM", 4);
	put_u32(&b, 0);
	put(&b, "\0PRD", 4);
	put_u32(&b, 24);
	put_zeros(&b, 8);
	put_u16(&b, 2456);
	put_u16(&b, 3272);
	put_zeros(&b, 12);
	put(&b, "\0TTW", 4);
	put_u32(&b, inner.size_bytes);
	put(&b, inner.bytes, inner.size_bytes);
	read_file();
	assert_string_equal(facts.type, "MRW");
	assert_string_equal(facts.capture_time, "2004-11-18T23:14:58");
	assert_int_equal(facts.width_px, 3272);
	assert_int_equal(facts.height_px, 2456);
}

static uint32_t put_wide(struct build *texts, const char *text)
{
	uint32_t at = (uint32_t)texts->size_bytes / 2;

	for (size_t i = 0; i <= strlen(text); i++)
		put_u16(texts, (unsigned char)text[i]);
	return at;
}

static void test_x3f_reads_its_properties(void **state)
{
	static const char *const properties[][2] = {
		{"CAMMANUF", "SIGMA"}, {"CAMMODEL", "SD9"}, {"TIME", "978309395"}};
	size_t section, directory;

	(void)state;
	build_reset(&b, false);
	put_text(&b, "FOVb");
	put_u32(&b, 0x00020000);
	put_zeros(&b, 20);
	put_u32(&b, 2268);
	put_u32(&b, 1512);
	put_u32(&b, 0);
	section = b.size_bytes;
	put_text(&b, "SECp");
	put_u32(&b, 0x00020000);
	put_u32(&b, 3);
	put_zeros(&b, 12);
	build_reset(&inner, false);
	for (size_t i = 0; i < 3; i++) {
		put_u32(&b, put_wide(&inner, properties[i][0]));
		put_u32(&b, put_wide(&inner, properties[i][1]));
	}
	put(&b, inner.bytes, inner.size_bytes);
	directory = b.size_bytes;
	put_text(&b, "SECd");
	put_u32(&b, 0x00020000);
	put_u32(&b, 1);
	put_u32(&b, section);
	put_u32(&b, directory - section);
	put_text(&b, "PROP");
	put_u32(&b, directory);
	read_file();
	assert_string_equal(facts.type, "X3F");
	assert_string_equal(facts.make, "SIGMA");
	assert_string_equal(facts.model, "SD9");
	assert_string_equal(facts.capture_time, "2001-01-01T00:36:35");
	assert_int_equal(facts.width_px, 2268);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ciff_reads_time_camera_and_picture),
		cmocka_unit_test(test_ciff_is_read_in_a_jpeg),
		cmocka_unit_test(test_ciff_survives_a_heap_that_holds_itself),
		cmocka_unit_test(test_raf_reads_its_jpeg),
		cmocka_unit_test(test_mrw_reads_its_tiff),
		cmocka_unit_test(test_x3f_reads_its_properties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
