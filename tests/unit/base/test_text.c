/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

static void test_text_escape_makes_every_name_safe_to_look_at(void **state)
{
	static const struct {
		const char *raw, *escaped;
	} cases[] = {
		{"IMG_0001.JPG", "IMG_0001.JPG"},
		{"a\nb", "a\\x0ab"},
		{"\x1b[31mred", "\\x1b[31mred"},
		{"bad\xff\xfe", "bad\\xff\\xfe"},
		{"caf\xc3\xa9", "caf\xc3\xa9"},
		{"over\xc0\xaf", "over\\xc0\\xaf"},
		{"sur\xed\xa0\x80", "sur\\xed\\xa0\\x80"},
		{"c1\xc2\x9b", "c1\\xc2\\x9b"},
		{"rtl\xe2\x80\xae", "rtl\\xe2\\x80\\xae"},
		{"back\\slash", "back\\\\slash"},
		{"\x7f", "\\x7f"},
		{"\xf0\x9f\x93\xb7", "\xf0\x9f\x93\xb7"},
		{"cut\xf0\x9f\x93", "cut\\xf0\\x9f\\x93"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[200], back[200];

		assert_true(text_escape(cases[i].raw, out, sizeof(out)));
		assert_string_equal(out, cases[i].escaped);
		assert_int_equal(text_unescape(out, back, sizeof(back)), 0);
		assert_string_equal(back, cases[i].raw);
	}
}

static void test_text_escape_gives_back_any_bytes(void **state)
{
	unsigned int seed = 7;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char raw[65], out[TEXT_ESCAPED_BYTES(64)], back[65];
		size_t length = (size_t)rand_r(&seed) % 64;

		for (size_t i = 0; i < length; i++)
			raw[i] = (char)(1 + rand_r(&seed) % 255);
		raw[length] = '\0';
		assert_true(text_escape(raw, out, sizeof(out)));
		assert_int_equal(text_unescape(out, back, sizeof(back)), 0);
		assert_string_equal(back, raw);
	}
}

static void test_text_escape_cuts_at_whole_characters(void **state)
{
	char out[8];

	(void)state;
	assert_false(text_escape("ab\xc3\xa9\xff\xff", out, sizeof(out)));
	assert_string_equal(out, "ab\xc3\xa9");
}

static void test_text_unescape_refuses_bad_escapes(void **state)
{
	static const char *const bad[] = {"\\", "\\y", "\\x", "\\x1", "\\xg0", "\\x00", "\\X41"};
	char out[32];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(text_unescape(bad[i], out, sizeof(out)), -EINVAL);
	assert_int_equal(text_unescape("abc", out, 3), -ENOSPC);
}

static void test_text_size_and_duration_read_well(void **state)
{
	char out[32];

	(void)state;
	text_size(999, out, sizeof(out));
	assert_string_equal(out, "999 bytes");
	text_size(999999, out, sizeof(out));
	assert_string_equal(out, "1.0 MB");
	text_size(15300000000, out, sizeof(out));
	assert_string_equal(out, "15.3 GB");
	text_size(UINT64_MAX, out, sizeof(out));
	assert_string_equal(out, "18.4 EB");
	text_duration(3900, out, sizeof(out));
	assert_string_equal(out, "1 h 05 min");
	text_duration(59, out, sizeof(out));
	assert_string_equal(out, "59 s");
}

static void test_text_parse_u64_refuses_what_is_no_number(void **state)
{
	uint64_t value = 42;

	(void)state;
	assert_int_equal(text_parse_u64("", 10, &value), -EINVAL);
	assert_int_equal(text_parse_u64("-1", 10, &value), -EINVAL);
	assert_int_equal(text_parse_u64("11", 10, &value), -ERANGE);
	assert_int_equal(text_parse_u64("99999999999999999999", UINT64_MAX, &value), -ERANGE);
	assert_int_equal(value, 42);
	assert_int_equal(text_parse_u64("10", 10, &value), 0);
	assert_int_equal(value, 10);
}

static void test_text_camera_names_a_maker_once(void **state)
{
	static const struct {
		const char *make, *model, *camera;
	} cases[] = {
		{"NIKON", "Z 6", "NIKON Z 6"},
		{"Canon", "CANON EOS R6", "CANON EOS R6"},
		{"Canon", "Canon", "Canon"},
		{"Canon", "", "Canon"},
		{"", "Z 6", "Z 6"},
		{"", "", ""},
	};
	char camera[40];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_camera(cases[i].make, cases[i].model, camera, sizeof(camera));
		assert_string_equal(camera, cases[i].camera);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_escape_makes_every_name_safe_to_look_at),
		cmocka_unit_test(test_text_escape_gives_back_any_bytes),
		cmocka_unit_test(test_text_escape_cuts_at_whole_characters),
		cmocka_unit_test(test_text_unescape_refuses_bad_escapes),
		cmocka_unit_test(test_text_size_and_duration_read_well),
		cmocka_unit_test(test_text_parse_u64_refuses_what_is_no_number),
		cmocka_unit_test(test_text_camera_names_a_maker_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
