/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "core/naming/capture.h"

#define SECOND_NS INT64_C(1000000000)
#define NOW_S INT64_C(1718452800) /* 2024-06-15T12:00:00Z */

static const struct capture_clock trusted = {NOW_S * SECOND_NS, true};
static const struct capture_clock untrusted = {NOW_S * SECOND_NS, false};

static void test_capture_knows_dates_that_no_camera_meant(void **state)
{
	static const char *const bad[] = {"1904-01-01T00:00:00", "1969-12-31T23:59:59",
		"1970-01-01T00:00:00", "1970-06-01T00:00:00", "1979-12-31T22:00:00",
		"1980-01-01T00:00:00", "1980-01-01T09:30:00", "2107-12-31T23:59:58",
		"2100-01-01T00:00:00"};
	static const char *const good[] = {"1971-01-01T00:00:00", "1980-01-02T00:00:00",
		"1999-12-31T23:59:60", "2000-02-29T00:00:00", "2024-06-15T12:00:00"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (capture_is_plausible(bad[i], &untrusted))
			fail_msg("%s is believed", bad[i]);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!capture_is_plausible(good[i], &trusted))
			fail_msg("%s is not believed", good[i]);
}

static void test_capture_refuses_what_is_no_date(void **state)
{
	static const char *const bad[] = {"", "2024", "2024-06-15", "2024-06-15 12:00:00",
		"2024:06:15T12:00:00", "2024-13-01T00:00:00", "2024-00-01T00:00:00",
		"2024-06-31T00:00:00", "2023-02-29T00:00:00", "1900-02-29T00:00:00",
		"2024-06-00T00:00:00", "2024-06-15T24:00:00", "2024-06-15T12:60:00",
		"2024-06-15T12:00:61", "2024-06-15T12:00:00Z",
		"    -  -  T  :  :  ", "0000-00-00T00:00:00", "+024-06-15T12:00:00"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (capture_is_plausible(bad[i], &untrusted))
			fail_msg("'%s' is believed", bad[i]);
	assert_false(capture_is_plausible(NULL, &untrusted));
}

static void test_capture_judges_the_future_by_a_trusted_clock_only(void **state)
{
	(void)state;
	assert_true(capture_is_plausible("2024-06-16T12:00:00", &trusted));
	assert_false(capture_is_plausible("2024-06-16T12:00:01", &trusted));
	assert_true(capture_is_plausible("2031-01-01T00:00:00", &untrusted));
}

struct decision {
	const char *own, *partner;
	int64_t mtime_s;
	const char *time, *source;
	bool is_guess;
};

static void test_capture_takes_the_best_date_there_is(void **state)
{
	static const struct decision cases[] = {
		{"2024-05-12T10:00:00", "2024-05-13T10:00:00", NOW_S, "2024-05-12T10:00:00",
			"exif-original", false},
		{"", "2024-05-13T10:00:00", NOW_S, "2024-05-13T10:00:00", "partner", false},
		{NULL, NULL, NOW_S, "2024-06-15T12:00:00", "mtime", true},
		{"1980-01-01T00:00:00", "2024-05-13T10:00:00", NOW_S, "2024-05-13T10:00:00",
			"partner", false},
		{"1980-01-01T00:00:00", "", NOW_S, "2024-06-15T12:00:00", "mtime", true},
		{"1980-01-01T00:00:00", "", 0, "1980-01-01T00:00:00", "exif-original", true},
		{"", "2090-01-01T00:00:00", 0, "2090-01-01T00:00:00", "partner", true},
		{"", "", 0, "1970-01-01T00:00:00", "mtime", true},
		{"", "", -1, "1969-12-31T23:59:59", "mtime", true},
		{"nonsense", "", NOW_S, "2024-06-15T12:00:00", "mtime", true},
		{"2024-99-99T00:00:00", "", 0, "1970-01-01T00:00:00", "mtime", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct capture_candidate own = {cases[i].own, "exif-original"};
		struct capture_candidate partner = {cases[i].partner, "container"};
		struct capture_date got;

		capture_decide(&own, &partner, cases[i].mtime_s * SECOND_NS, true, &trusted, &got);
		assert_string_equal(got.time, cases[i].time);
		assert_string_equal(got.source, cases[i].source);
		assert_int_equal(got.is_guess, cases[i].is_guess);
	}
}

static void test_capture_cuts_fractions_downwards(void **state)
{
	struct capture_date got;

	(void)state;
	capture_decide(NULL, NULL, NOW_S * SECOND_NS + SECOND_NS - 1, true, &trusted, &got);
	assert_string_equal(got.time, "2024-06-15T12:00:00");
	capture_decide(NULL, NULL, -1, true, &trusted, &got);
	assert_string_equal(got.time, "1969-12-31T23:59:59");
}

static void test_capture_says_none_when_there_is_nothing(void **state)
{
	struct capture_date got;

	(void)state;
	capture_decide(NULL, NULL, CAPTURE_MTIME_NONE, true, &trusted, &got);
	assert_string_equal(got.time, "");
	assert_string_equal(got.source, "none");
	assert_true(got.is_guess);
}

static void test_capture_reads_an_mtime_in_the_right_zone(void **state)
{
	struct capture_date got;

	(void)state;
	assert_int_equal(setenv("TZ", "XXX-3", 1), 0);
	tzset();
	capture_decide(NULL, NULL, NOW_S * SECOND_NS, false, &trusted, &got);
	assert_string_equal(got.time, "2024-06-15T15:00:00");
	capture_decide(NULL, NULL, NOW_S * SECOND_NS, true, &trusted, &got);
	assert_string_equal(got.time, "2024-06-15T12:00:00");
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capture_knows_dates_that_no_camera_meant),
		cmocka_unit_test(test_capture_refuses_what_is_no_date),
		cmocka_unit_test(test_capture_judges_the_future_by_a_trusted_clock_only),
		cmocka_unit_test(test_capture_takes_the_best_date_there_is),
		cmocka_unit_test(test_capture_cuts_fractions_downwards),
		cmocka_unit_test(test_capture_says_none_when_there_is_nothing),
		cmocka_unit_test(test_capture_reads_an_mtime_in_the_right_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
