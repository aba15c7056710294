/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include "ui-web/preview.h"

#define MIB (UINT64_C(1) << 20)

static void test_a_quarter_of_the_memory_within_bounds(void **state)
{
	(void)state;
	assert_int_equal(preview_memory_bytes(0), 192 * MIB); /* not known */
	assert_int_equal(preview_memory_bytes(512 * MIB), 192 * MIB); /* a Zero 2 W */
	assert_int_equal(preview_memory_bytes(1024 * MIB), 256 * MIB); /* 24 megapixels: 216 MiB */
	assert_int_equal(preview_memory_bytes(4096 * MIB), 448 * MIB);
	assert_int_equal(preview_memory_bytes(UINT64_MAX), 448 * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_quarter_of_the_memory_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
