/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each format whole, with what cameras append to it, and cut at every single byte. */
#include "tests/support/itest.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/drop/whole.h"
#include "tests/support/media_build.h"

#define HEAD_BYTES 12 /* a shorter one has no format yet, and is no picture either */
#define DATA_BYTES 3000

static struct build b;

static bool is_cut(size_t size_bytes)
{
	int fd = memfd_create("picture", MFD_CLOEXEC);
	bool r;

	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, b.bytes, size_bytes), 0);
	r = whole_is_cut(fd, size_bytes);
	fd_close(fd);
	return r;
}

static void assert_cut_from_to(size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (!is_cut(i))
			fail_msg("the first %zu of %zu bytes are taken for all", i, b.size_bytes);
}

static void assert_whole_and_cut_everywhere(void)
{
	assert_false(is_cut(b.size_bytes));
	assert_cut_from_to(HEAD_BYTES, b.size_bytes);
}

/* Compressed data with all that looks like a marker and is none. */
static void put_scan(void)
{
	for (size_t i = 0; i < DATA_BYTES; i++)
		put_u8(&b, i % 7 == 3 ? 0xfe : (unsigned)i & 0x7f);
	put(&b, "\xff\x00\xff\xd0\xff\xd7\xff\xff\x00", 9);
}

static void put_whole_jpeg(void)
{
	size_t at;

	put(&b, "\xff\xd8", 2);
	at = segment_start(&b, 0xe1);
	put(&b, "Exif\0\0\xff\xd8\xff\xd9", 10); /* the end of a preview is not the end */
	put_zeros(&b, 40);
	segment_end(&b, at);
	for (int i = 0; i < 2; i++) { /* progressive: several scans */
		at = segment_start(&b, 0xda);
		put(&b, "\x01\x01\x00\x00\x3f\x00", 6);
		segment_end(&b, at);
		put_scan();
	}
	put(&b, "\xff\xd9", 2);
}

static void test_whole_jpeg(void **state)
{
	(void)state;
	build_reset(&b, true);
	put_whole_jpeg();
	assert_whole_and_cut_everywhere();
}

static void test_whole_jpeg_with_a_film_behind_it(void **state)
{
	(void)state;
	build_reset(&b, true);
	put_whole_jpeg();
	put_zeros(&b, 100000); /* longer than any window on the end */
	assert_false(is_cut(b.size_bytes));
}

static void test_whole_png(void **state)
{
	(void)state;
	build_reset(&b, true);
	put(&b, "\x89PNG\r\n\x1a\n", 8);
	for (int i = 0; i < 3; i++) {
		put_u32(&b, 500);
		put_text(&b, "IDAT");
		put_zeros(&b, 504);
	}
	put(&b, "\0\0\0\0IEND\xae\x42\x60\x82", 12);
	assert_whole_and_cut_everywhere();
	put_text(&b, "something behind it");
	assert_false(is_cut(b.size_bytes));
}

static void put_film(bool is_index_first)
{
	size_t at = box_start(&b, "ftyp");

	put_text(&b, "mp42");
	put_zeros(&b, 8);
	box_end(&b, at);
	for (int i = 0; i < 2; i++) {
		at = box_start(&b, is_index_first == (i == 0) ? "moov" : "mdat");
		put_zeros(&b, DATA_BYTES);
		box_end(&b, at);
	}
}

static void test_whole_film_with_its_index_at_the_end(void **state)
{
	(void)state;
	build_reset(&b, true);
	put_film(false);
	assert_whole_and_cut_everywhere();
}

static void test_whole_film_with_its_index_first(void **state)
{
	size_t data_at;

	(void)state;
	build_reset(&b, true);
	put_film(true);
	data_at = b.size_bytes - DATA_BYTES;
	assert_false(is_cut(b.size_bytes));
	assert_cut_from_to(data_at, b.size_bytes);
	put_text(&b, "what a camera appends without asking anybody");
	assert_false(is_cut(b.size_bytes));
}

static void test_whole_film_larger_than_4_gib_says_so(void **state)
{
	(void)state;
	build_reset(&b, true);
	put_film(true);
	put_u32(&b, 1);
	put_text(&b, "mdat");
	put_u64(&b, UINT64_C(5) << 30);
	put_zeros(&b, 100);
	assert_true(is_cut(b.size_bytes));
}

static void test_whole_sound(void **state)
{
	size_t at;

	(void)state;
	build_reset(&b, false);
	at = chunk_start(&b, "RIFF");
	put_text(&b, "WAVE");
	put_zeros(&b, DATA_BYTES);
	chunk_end(&b, at);
	assert_whole_and_cut_everywhere();
	set_u32(&b, 4, 0); /* a recorder that was switched off */
	assert_false(is_cut(b.size_bytes));
}

static void put_entry(unsigned tag, unsigned type, uint32_t count, uint32_t value)
{
	put_u16(&b, tag);
	put_u16(&b, type);
	put_u32(&b, count);
	put_u32(&b, value);
}

/* Like a RAW file: a preview in IFD0, the picture in strips of a sub-IFD, at the end. */
static void put_raw(bool is_big_endian)
{
	build_reset(&b, is_big_endian);
	put_text(&b, is_big_endian ? "MM" : "II");
	put_u16(&b, 42);
	put_u32(&b, 8);
	put_u16(&b, 3);
	put_entry(330, 4, 1, 50);
	put_entry(513, 4, 1, 100);
	put_entry(514, 4, 1, 60);
	put_u32(&b, 0xfffffff0); /* no IFD is there: some cameras leave nonsense */
	put_u16(&b, 2);
	put_entry(273, 4, 2, 80);
	put_entry(279, 4, 2, 88);
	put_u32(&b, 0);
	put_u32(&b, 160);
	put_u32(&b, 160 + DATA_BYTES);
	put_u32(&b, DATA_BYTES);
	put_u32(&b, DATA_BYTES);
	put_zeros(&b, 160 + 2 * (size_t)DATA_BYTES - b.size_bytes);
}

static void test_whole_raw(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		put_raw(i == 1);
		assert_false(is_cut(b.size_bytes));
		assert_cut_from_to(170, b.size_bytes);
	}
}

/* Olympus has its own letters where TIFF has 42. */
static void test_whole_orf(void **state)
{
	static const char *const starts[] = {"IIRO", "IIRS", "MMOR"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		put_raw(starts[i][0] == 'M');
		memcpy(b.bytes, starts[i], 4);
		assert_false(is_cut(b.size_bytes));
		assert_cut_from_to(170, b.size_bytes);
	}
}

static void test_whole_raf(void **state)
{
	(void)state;
	build_reset(&b, true);
	put_text(&b, "FUJIFILMCCD-RAW 0201");
	put_zeros(&b, 84 - b.size_bytes);
	for (uint32_t i = 0; i < 3; i++) {
		put_u32(&b, 160 + i * DATA_BYTES);
		put_u32(&b, DATA_BYTES);
	}
	put_zeros(&b, 160 - b.size_bytes + 3 * (size_t)DATA_BYTES);
	assert_whole_and_cut_everywhere();
}

static size_t put_matroska(uint64_t segment_bytes)
{
	size_t data_at;

	build_reset(&b, true);
	put(&b, "\x1a\x45\xdf\xa3\x84", 5);
	put_zeros(&b, 4);
	put(&b, "\xec\x40\x64", 3); /* a void element of 100 bytes */
	put_zeros(&b, 100);
	put(&b, "\x18\x53\x80\x67", 4);
	put_u64(&b, segment_bytes);
	data_at = b.size_bytes;
	put_zeros(&b, DATA_BYTES);
	return data_at;
}

static void test_whole_matroska(void **state)
{
	size_t data_at;

	(void)state;
	put_matroska(UINT64_C(1) << 56 | DATA_BYTES);
	assert_whole_and_cut_everywhere();
	data_at = put_matroska(UINT64_MAX >> 7); /* not known: a stream */
	assert_false(is_cut(b.size_bytes));
	assert_false(is_cut(data_at + 1));
	put_matroska((UINT64_C(1) << 57) - 2); /* the longest of all */
	assert_true(is_cut(b.size_bytes));
}

static void test_whole_says_nothing_of_what_it_does_not_know(void **state)
{
	(void)state;
	build_reset(&b, true);
	assert_false(is_cut(0));
	put_text(&b, "IIU\n, an RW2, and more of it");
	assert_false(is_cut(b.size_bytes));
}

/* An IFD that is its own sub-IFD, and counts beyond all bounds. */
static void test_whole_comes_to_an_end_with_nonsense(void **state)
{
	(void)state;
	build_reset(&b, false);
	put(&b, "II\x2a\0\x08\0\0\0", 8);
	put_u16(&b, 2);
	put_entry(330, 4, 1, 8);
	put_entry(273, 4, UINT32_MAX, UINT32_MAX);
	put_u32(&b, 8);
	(void)is_cut(b.size_bytes);
	build_reset(&b, true);
	put(&b, "\xff\xd8\xff", 3);
	for (int i = 0; i < 100000; i++)
		put_u8(&b, 0xff);
	assert_true(is_cut(b.size_bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_jpeg),
		cmocka_unit_test(test_whole_jpeg_with_a_film_behind_it),
		cmocka_unit_test(test_whole_png),
		cmocka_unit_test(test_whole_film_with_its_index_at_the_end),
		cmocka_unit_test(test_whole_film_with_its_index_first),
		cmocka_unit_test(test_whole_film_larger_than_4_gib_says_so),
		cmocka_unit_test(test_whole_sound),
		cmocka_unit_test(test_whole_raw),
		cmocka_unit_test(test_whole_orf),
		cmocka_unit_test(test_whole_raf),
		cmocka_unit_test(test_whole_matroska),
		cmocka_unit_test(test_whole_says_nothing_of_what_it_does_not_know),
		cmocka_unit_test(test_whole_comes_to_an_end_with_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
