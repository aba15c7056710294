/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include "ui-led/device.h"

static void test_the_marked_trigger_is_the_current_one(void **state)
{
	static const char *const tests[][2] = {{"none rc-feedback [mmc0] timer", "mmc0"},
		{"[none] timer", "none"}, {"none timer [default-on]\n", "default-on"},
		{"none timer", ""}, {"", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		char trigger[DEVICE_TRIGGER_BYTES];

		device_current_trigger(tests[i][0], trigger, sizeof(trigger));
		assert_string_equal(trigger, tests[i][1]);
	}
}

static void test_triggers_are_whole_words(void **state)
{
	(void)state;
	assert_true(device_has_trigger("none [timer] pattern", "timer"));
	assert_true(device_has_trigger("none [timer] pattern", "pattern"));
	assert_false(device_has_trigger("none timers", "timer"));
	assert_false(device_has_trigger("", "timer"));
}

/* Each value twice, the second time without duration: the kernel fades between points. */
static void test_pattern_text_has_hard_edges(void **state)
{
	struct lamp_pattern pattern;
	char text[256];

	(void)state;
	lamp_pattern_single(LAMP_STATE_DONE, 0, LAMP_GREEN, &pattern);
	assert_true(device_pattern_text(&pattern, 255, 0, text, sizeof(text)));
	assert_string_equal(text, "255 1500 255 0 0 150 0 0 255 150 255 0 0 150 0 0");
	assert_false(device_pattern_text(&pattern, 255, 0, text, 20));
}

static void test_the_longest_pattern_fits(void **state)
{
	struct lamp_pattern pattern;
	char text[PATTERN_STEPS_MAX * 48];

	(void)state;
	lamp_pattern_single(LAMP_STATE_ERROR, ERROR_CODE_INTERNAL, LAMP_GREEN, &pattern);
	assert_true(device_pattern_text(&pattern, 65535, 0, text, sizeof(text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_marked_trigger_is_the_current_one),
		cmocka_unit_test(test_triggers_are_whole_words),
		cmocka_unit_test(test_pattern_text_has_hard_edges),
		cmocka_unit_test(test_the_longest_pattern_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
