/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <string.h>

#include "ui-web/zip.h"

static uint64_t number(const uint8_t *at, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | at[bytes];
	return value;
}

static void test_small_files_need_no_zip64(void **state)
{
	struct zip_entry entry = {
		.name = (char[]){"a/b.jpg"}, .size_bytes = 1000, .offset_bytes = 70, .crc = 7};
	uint8_t out[ZIP_RECORD_BYTES_MAX];

	(void)state;
	assert_int_equal(zip_local_header(&entry, out), 30 + 7);
	assert_memory_equal(out, "PK\3\4", 4);
	assert_int_equal(number(out + 18, 4), 1000);
	assert_int_equal(number(out + 28, 2), 0);
	assert_int_equal(zip_descriptor(&entry, out), 16);
	assert_int_equal(number(out + 4, 4), 7);
	assert_int_equal(zip_central(&entry, out), 46 + 7);
	assert_int_equal(number(out + 42, 4), 70);
	assert_int_equal(zip_end(1, 53, 1000, out), 22);
}

static void test_large_files_have_64_bits(void **state)
{
	struct zip_entry entry = {.name = (char[]){"film.mov"},
		.size_bytes = UINT64_C(0xffffffff),
		.offset_bytes = UINT64_C(5000000000)};
	uint8_t out[ZIP_RECORD_BYTES_MAX];

	(void)state;
	assert_int_equal(zip_local_header(&entry, out), 30 + 8 + 20);
	assert_int_equal(number(out + 18, 4), 0xffffffff);
	assert_int_equal(number(out + 38, 2), 1);
	assert_true(number(out + 42, 8) == UINT64_C(0xffffffff));
	assert_int_equal(zip_descriptor(&entry, out), 24);
	assert_int_equal(zip_central(&entry, out), 46 + 8 + 4 + 24);
	assert_int_equal(number(out + 42, 4), 0xffffffff);
	assert_true(number(out + 46 + 8 + 4 + 16, 8) == UINT64_C(5000000000));
	assert_int_equal(zip_end(1, 53, UINT64_C(5000000000), out), 56 + 20 + 22);
	assert_memory_equal(out, "PK\6\6", 4);
	assert_true(number(out + 48, 8) == UINT64_C(5000000000));
	assert_int_equal(zip_end(65535, 53, 0, out), 56 + 20 + 22);
	assert_int_equal(zip_end(65534, 53, 0, out), 22);
}

static void test_times(void **state)
{
	struct zip_entry entry;

	(void)state;
	zip_set_time(&entry, "2024-05-12 13:14:15");
	assert_int_equal(entry.dos_date, 44 << 9 | 5 << 5 | 12);
	assert_int_equal(entry.dos_time, 13 << 11 | 14 << 5 | 7);
	for (int i = 0; i < 3; i++) {
		zip_set_time(
			&entry, (const char *const[]){"", "1979-01-01 00:00:00", "2024-05-12"}[i]);
		assert_int_equal(entry.dos_date, 1 << 5 | 1);
	}
}

static void test_names_stay_inside(void **state)
{
	char name[ZIP_NAME_BYTES];

	(void)state;
	assert_true(zip_name("images/20240512/a.jpg", 1, name));
	assert_string_equal(name, "20240512/a.jpg");
	assert_true(zip_name("images/\\xff.jpg", 12, name));
	assert_string_equal(name, "12__xff.jpg");
	assert_true(zip_name("images/x/a\\\\b.jpg", 3, name));
	assert_string_equal(name, "3_a__b.jpg");
	assert_false(zip_name("images/../a.jpg", 1, name));
	assert_false(zip_name("images//a.jpg", 1, name));
	assert_false(zip_name("images/", 1, name));
	assert_false(zip_name("a.jpg", 1, name));
	assert_false(zip_name("images/\\x2e\\x2e/a.jpg", 1, name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_files_need_no_zip64),
		cmocka_unit_test(test_large_files_have_64_bits),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_names_stay_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
