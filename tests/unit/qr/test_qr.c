/* SPDX-License-Identifier: GPL-3.0-or-later */
/* That they can be read is tested with a real reader, on the pictures that front ends make. */
#include "tests/support/itest.h"

#include <errno.h>
#include <string.h>

#include "core/qr/qr.h"

/* The three squares in the corners: a dark ring of 7, a light one, a dark field of 3. */
static bool has_finder(const struct qr *qr, int top, int left)
{
	for (int row = 0; row < 7; row++)
		for (int column = 0; column < 7; column++) {
			int from_edge = row < column ? row : column;
			int other = 6 - (row > column ? row : column);
			int ring = from_edge < other ? from_edge : other;

			if (qr_is_dark(qr, top + row, left + column) != (ring != 1))
				return false;
		}
	return true;
}

static void test_qr_has_its_three_corners_and_light_around(void **state)
{
	static struct qr qr;

	(void)state;
	assert_int_equal(qr_make(&qr, "WIFI:T:WPA;S:imgtank;P:sand-dune-river;;"), 0);
	assert_int_equal((qr.side - 17) % 4, 0);
	assert_true(has_finder(&qr, 0, 0));
	assert_true(has_finder(&qr, 0, qr.side - 7));
	assert_true(has_finder(&qr, qr.side - 7, 0));
	assert_false(qr_is_dark(&qr, -1, 0) || qr_is_dark(&qr, 0, qr.side));
}

static void test_qr_refuses_what_is_no_text_or_too_long(void **state)
{
	static struct qr qr;
	char text[5000];

	(void)state;
	assert_int_equal(qr_make(&qr, ""), -EINVAL);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(qr_make(&qr, text), -E2BIG);
	text[500] = '\0';
	assert_int_equal(qr_make(&qr, text), -E2BIG); /* more than fits a screen */
	text[255] = '\0';
	assert_int_equal(qr_make(&qr, text), 0); /* the longest that there is */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qr_has_its_three_corners_and_light_around),
		cmocka_unit_test(test_qr_refuses_what_is_no_text_or_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
