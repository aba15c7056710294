/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What cannot be used is refused, and what was said before stays in force. */
#include "tests/support/itest.h"

#include <errno.h>
#include <string.h>

#include "ui-fb/settings.h"

static void test_fb_settings_a_wrong_word_leaves_touch_as_it_was(void **state)
{
	struct settings settings = {0};

	(void)state;
	settings_init(&settings);
	assert_int_equal(settings_set(&settings, "touch", "none"), 0);
	assert_int_equal(settings_set(&settings, "touch", "finger"), -EINVAL);
	assert_false(settings.has_touch);
	assert_int_equal(settings_set(&settings, "touch", "events"), 0);
	assert_true(settings.has_touch);
	settings_free(&settings);
}

static void test_fb_settings_half_a_calibration_is_none(void **state)
{
	static const float good[6] = {0, 1, 0, -1, 0, 1};
	struct settings settings = {0};

	(void)state;
	settings_init(&settings);
	assert_int_equal(settings_set(&settings, "calibration", "5 5 5 x 1 1"), -EINVAL);
	assert_false(settings.has_calibration);
	assert_int_equal(settings_set(&settings, "calibration", "0 1 0 -1 0 1"), 0);
	assert_int_equal(settings_set(&settings, "calibration", "5 5 5 5 5 5 5"), -EINVAL);
	assert_true(settings.has_calibration);
	assert_memory_equal(settings.calibration, good, sizeof(good));
	settings_free(&settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fb_settings_a_wrong_word_leaves_touch_as_it_was),
		cmocka_unit_test(test_fb_settings_half_a_calibration_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
