/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When the time of day is believed. */
#include "tests/support/itest.h"

#include <stdbool.h>
#include <sys/timex.h>

#include "core/base/clock.h"

#define BEFORE_S INT64_C(1767225599) /* a second before 2026 */
#define AFTER_S INT64_C(1767225600)

static const struct row {
	struct clock_signs signs;
	bool is_trusted;
} rows[] = {
	{{AFTER_S, TIME_OK, false, false}, true},
	{{AFTER_S, TIME_INS, false, false}, true},
	{{AFTER_S, TIME_ERROR, false, false}, false},
	{{AFTER_S, TIME_ERROR, true, false}, true},
	{{AFTER_S, TIME_ERROR, false, true}, true},
	/* A filter of system calls refuses the question: that is no yes. */
	{{AFTER_S, -1, false, false}, false},
	{{AFTER_S, -1, true, false}, true},
	{{AFTER_S, -1, false, true}, true},
	/* Whatever is said for it, it stands before this program was made. */
	{{BEFORE_S, TIME_OK, true, true}, false},
	{{0, TIME_OK, true, true}, false},
};

static void test_clock_is_what_the_signs_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (clock_signs_are_good(&rows[i].signs) != rows[i].is_trusted)
			fail_msg("row %zu should be %d", i, rows[i].is_trusted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock_is_what_the_signs_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
