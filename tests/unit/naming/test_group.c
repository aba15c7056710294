/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/naming/group.h"

#define NAMES_MAX 16

struct folder {
	const char *names[NAMES_MAX]; /* sorted as strcmp() does */
	const char *tails[NAMES_MAX];
	uint32_t groups[NAMES_MAX];
};

static void assert_groups(const struct folder *folder)
{
	struct group_slot slots[NAMES_MAX];
	size_t count = 0;

	while (count < NAMES_MAX && folder->names[count])
		count++;
	assert_int_equal(group_folder(folder->names, count, slots), 0);
	for (size_t i = 0; i < count; i++) {
		const char *name = folder->names[i];

		if (i)
			assert_true(strcmp(folder->names[i - 1], name) < 0);
		if (strcmp(name + slots[i].tail_offset, folder->tails[i]) != 0)
			fail_msg("%s has tail %s", name, name + slots[i].tail_offset);
		if (slots[i].group != folder->groups[i])
			fail_msg("%s is in group %u", name, slots[i].group);
	}
}

static void test_group_keeps_raw_jpeg_and_sidecars_together(void **state)
{
	static const struct folder folders[] = {
		{{"IMG_0001.CR2", "IMG_0001.CR2.xmp", "IMG_0001.JPG", "IMG_0001.WAV",
			 "IMG_0002.JPG", "img_0001.xmp"},
			{".CR2", ".CR2.xmp", ".JPG", ".WAV", ".JPG", ".xmp"}, {0, 0, 0, 0, 1, 0}},
		{{"IMG_0001.AAE", "IMG_0001.HEIC", "IMG_0001.MOV", "IMG_E0001.HEIC",
			 "IMG_E0001.JPG"},
			{".AAE", ".HEIC", ".MOV", ".HEIC", ".JPG"}, {0, 0, 0, 1, 1}},
		{{"DJI_0001.LRF", "DJI_0001.MP4", "DJI_0001.SRT", "DJI_0002.MP4"},
			{".LRF", ".MP4", ".SRT", ".MP4"}, {0, 0, 0, 1}},
		{{"IMG_0001.jpg.pp3", "IMG_0001.nef.dop"}, {".jpg.pp3", ".nef.dop"}, {0, 0}},
		{{"_DSC0001.ARW", "_DSC0001.JPG"}, {".ARW", ".JPG"}, {0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_groups(&folders[i]);
}

static void test_group_understands_makers_who_change_the_stem(void **state)
{
	static const struct folder folders[] = {
		{{"C0001.MP4", "C0001M01.XML", "C0002.MP4", "C0002M01.XML"},
			{".MP4", "M01.XML", ".MP4", "M01.XML"}, {0, 0, 1, 1}},
		{{"853_0001_01.MP4", "853_0001_01.SMI", "853_0001_01I01.PPN", "853_0001_01M01.XML",
			 "853_0001_01R01.BIM"},
			{".MP4", ".SMI", "I01.PPN", "M01.XML", "R01.BIM"}, {0, 0, 0, 0, 0}},
		{{"AB-.MP4", "AB-M01.XML"}, {".MP4", ".XML"}, {0, 1}},
		{{"ABC.MP4", "ABCM01.XML"}, {".MP4", ".XML"}, {0, 1}},
		{{"RO.MP4", "ROM01.XML"}, {".MP4", ".XML"}, {0, 1}},
		{{"GH010123.LRV", "GL010124.LRV", "GOPR0001.JPG", "GX010124.MP4", "GX010124.THM",
			 "GX020124.MP4", "gl020124.lrv"},
			{".LRV", ".LRV", ".JPG", ".MP4", ".THM", ".MP4", ".lrv"},
			{0, 1, 2, 1, 1, 3, 3}},
		{{"GL010123.JPG", "GX010123.MP4"}, {".JPG", ".MP4"}, {0, 1}},
		{{"GLAA0001.LRV", "GX010123.MP4", "GX010123.MP4.xmp", "GXAA0001.MP4"},
			{".LRV", ".MP4", ".MP4.xmp", ".MP4"}, {0, 1, 1, 0}},
		{{"LRV_20240512_120000_11_001.insv", "VID_20240512_120000_00_001.insv",
			 "VID_20240512_120000_10_001.insv", "VID_20240512_120000_10_002.mp4"},
			{"_11_001.insv", "_00_001.insv", "_10_001.insv", ".mp4"}, {0, 0, 0, 1}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_groups(&folders[i]);
}

static void test_group_splits_names_where_the_extension_begins(void **state)
{
	static const struct folder folder = {
		{"...", "..jpg", ".jpg", "A.B.C.jpg", "Dr. Smith's birthday", "IMG_0001.", "noext",
			"x.abcdefghijklmnop", "x.abcdefghijklmnopq", "x.caf\xc3\xa9"},
		{"", "", "", ".jpg", "", "", "", ".abcdefghijklmnop", "", ""},
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}};

	(void)state;
	assert_groups(&folder);
}

static void test_group_never_holds_a_tail_twice(void **state)
{
	static const struct folder folders[] = {
		{{"A.JPG", "A.jpg"}, {".JPG", ".jpg"}, {0, 1}},
		{{"A.JPG", "a.jpg", "a.xmp"}, {".JPG", ".jpg", ".xmp"}, {0, 1, 1}},
		{{"A.JPG", "A.jpg", "A.xmp", "a.WAV", "a.jPg"},
			{".JPG", ".jpg", ".xmp", ".WAV", ".jPg"}, {0, 1, 0, 2, 2}},
		{{"A.JPG", "a.WAV"}, {".JPG", ".WAV"}, {0, 0}},
		{{"AB.JPG", "Ab.WAV", "aB.WAV"}, {".JPG", ".WAV", ".WAV"}, {0, 0, 1}},
		{{"GH010001.MP4", "GL010001.LRV", "GX010001.MP4"}, {".MP4", ".LRV", ".MP4"},
			{0, 0, 1}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_groups(&folders[i]);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* 2^16 spellings of one name, the worst that a card can do: still sorted, not compared pairwise. */
static void test_group_is_quick_for_names_that_differ_in_their_case_only(void **state)
{
	enum { COUNT = 1 << 16 };
	static char texts[COUNT][24];
	static const char *names[COUNT];
	static struct group_slot slots[COUNT];
	uint64_t start_usec;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		strcpy(texts[i], "abcdefghijklmnop.jpg");
		for (int bit = 0; bit < 16; bit++)
			if (i & (1 << bit))
				texts[i][bit] = (char)(texts[i][bit] - 'a' + 'A');
		names[i] = texts[i];
	}
	qsort(names, COUNT, sizeof(names[0]), compare_names);
	start_usec = clock_monotonic_usec();
	assert_int_equal(group_folder(names, COUNT, slots), 0);
	assert_in_range(clock_monotonic_usec() - start_usec, 0, 20000000);
	for (uint32_t i = 0; i < COUNT; i++)
		assert_int_equal(slots[i].group, i);
}

static void test_group_of_an_empty_folder_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(group_folder(NULL, 0, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_group_keeps_raw_jpeg_and_sidecars_together),
		cmocka_unit_test(test_group_understands_makers_who_change_the_stem),
		cmocka_unit_test(test_group_splits_names_where_the_extension_begins),
		cmocka_unit_test(test_group_never_holds_a_tail_twice),
		cmocka_unit_test(test_group_is_quick_for_names_that_differ_in_their_case_only),
		cmocka_unit_test(test_group_of_an_empty_folder_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
