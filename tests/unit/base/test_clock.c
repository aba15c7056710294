/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the time of day is believed. */
#include "tests/support/itest.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include "core/base/clock.h"

#define BEFORE_S INT64_C(1767225599) /* a second before 2026 */
#define AFTER_S INT64_C(1767225600)
#define DAY_S INT64_C(86400)

static int kernel_result, kernel_status;
static unsigned int kernel_asked;

int __wrap_adjtimex(struct timex *state);

int __wrap_adjtimex(struct timex *state)
{
	assert_int_equal(state->modes, 0); /* it only asks */
	kernel_asked++;
	state->status = kernel_status;
	return kernel_result;
}

static const struct row {
	struct clock_signs signs;
	bool is_trusted;
} rows[] = {
	{{AFTER_S, false, false, -1}, false},
	{{AFTER_S, true, false, -1}, true},
	{{AFTER_S, false, true, -1}, true},
	{{AFTER_S, false, false, AFTER_S}, true},
	{{AFTER_S, false, false, AFTER_S - DAY_S}, true}, /* in local time */
	{{AFTER_S, false, false, AFTER_S + DAY_S}, true},
	{{AFTER_S, false, false, AFTER_S + DAY_S + 1}, false},
	{{AFTER_S, false, false, 97}, false}, /* no battery */
	/* Whatever is said for it, it stands before this program was made. */
	{{BEFORE_S, true, true, BEFORE_S}, false},
	{{0, true, true, 0}, false},
};

static void test_clock_is_what_the_signs_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (clock_signs_are_good(&rows[i].signs) != rows[i].is_trusted)
			fail_msg("row %zu should be %d", i, rows[i].is_trusted);
}

static void test_clock_believes_the_kernel_only_when_it_says_yes(void **state)
{
	static const struct {
		int result, status;
		bool is_trusted;
	} cases[] = {{TIME_OK, 0, true}, {TIME_INS, 0, true}, {TIME_OK, STA_UNSYNC, false},
		{TIME_ERROR, STA_UNSYNC, false}, {TIME_ERROR, 0, false},
		{-1, 0, false}}; /* a filter of system calls refuses the question */

	(void)state;
	if (access("/run/systemd/timesync/synchronized", F_OK) == 0 ||
		access("/sys/class/rtc/rtc0/since_epoch", F_OK) == 0)
		skip(); /* this machine has other reasons to believe its clock */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		kernel_result = cases[i].result;
		kernel_status = cases[i].status;
		if (clock_is_trusted("") != cases[i].is_trusted)
			fail_msg("case %zu", i);
	}
}

static void write_chip(const char *root, const char *text)
{
	static const char *const parts[] = {
		"sys", "sys/class", "sys/class/rtc", "sys/class/rtc/rtc0"};
	char path[256];
	FILE *file;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", root, parts[i]);
		(void)mkdir(path, 0755);
	}
	(void)snprintf(path, sizeof(path), "%s/sys/class/rtc/rtc0/since_epoch", root);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void test_clock_asks_only_the_other_machine_s_files(void **state)
{
	char root[] = "/tmp/imgtank-clock-XXXXXX", text[64];

	(void)state;
	assert_non_null(mkdtemp(root));
	kernel_result = TIME_OK;
	kernel_status = 0;
	kernel_asked = 0;
	assert_false(clock_is_trusted(root));
	write_chip(root, "-5\n");
	assert_false(clock_is_trusted(root));
	write_chip(root, "97\n");
	assert_false(clock_is_trusted(root));
	(void)snprintf(text, sizeof(text), "%lld\n", (long long)(clock_wall_ns() / 1000000000));
	write_chip(root, text);
	assert_true(clock_is_trusted(root));
	assert_int_equal(kernel_asked, 0);
	(void)snprintf(text, sizeof(text), "rm -rf %s", root);
	assert_int_equal(system(text), 0);
}

static void test_clock_has_an_end_and_a_beginning(void **state)
{
	(void)state;
	assert_int_equal(
		clock_timespec_ns(&(struct timespec){1715500000, 5}), INT64_C(1715500000000000005));
	assert_int_equal(clock_timespec_ns(&(struct timespec){-1, 5}), INT64_C(-999999995));
	assert_int_equal(clock_timespec_ns(&(struct timespec){INT64_C(15032385535), 0}), INT64_MAX);
	assert_int_equal(clock_timespec_ns(&(struct timespec){INT64_MAX, 999999999}), INT64_MAX);
	assert_int_equal(clock_timespec_ns(&(struct timespec){INT64_MIN, 0}), INT64_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock_is_what_the_signs_say),
		cmocka_unit_test(test_clock_believes_the_kernel_only_when_it_says_yes),
		cmocka_unit_test(test_clock_has_an_end_and_a_beginning),
		cmocka_unit_test(test_clock_asks_only_the_other_machine_s_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
