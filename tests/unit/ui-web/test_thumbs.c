/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <stdlib.h>
#include <string.h>

#include "ui-web/thumbs.h"

#define VERSION "0123456789abcdef"
#define NOW UINT64_C(1000000000)

static int set_up(void **state)
{
	*state = thumbs_new();
	assert_non_null(*state);
	return 0;
}

static int tear_down(void **state)
{
	thumbs_free(*state);
	return 0;
}

static struct MHD_Response *keep(
	struct thumbs *thumbs, int64_t id, size_t size_bytes, uint64_t now_usec)
{
	char *body = calloc(1, size_bytes);
	struct MHD_Response *response;

	assert_non_null(body);
	response = MHD_create_response_from_buffer(size_bytes, body, MHD_RESPMEM_MUST_FREE);
	assert_non_null(response);
	thumbs_keep(thumbs, id, VERSION, response, size_bytes, now_usec);
	return response;
}

static void test_what_was_kept_is_found(void **state)
{
	struct MHD_Response *response = keep(*state, 7, 10, NOW);

	assert_ptr_equal(thumbs_find(*state, 7, VERSION, NOW), response);
	assert_null(thumbs_find(*state, 8, VERSION, NOW));
	assert_null(thumbs_find(*state, 7 + THUMBS_COUNT_MAX, VERSION, NOW));
	assert_null(thumbs_find(*state, 7, "0123456789abcdee", NOW));
	assert_null(thumbs_find(*state, 7, VERSION "0", NOW));
	assert_null(thumbs_find(*state, 7, "", NOW));
	assert_null(thumbs_find(*state, -7, VERSION, NOW));
	assert_ptr_equal(thumbs_find(*state, 7, VERSION, NOW + 1), response);
}

static void test_a_newer_one_takes_the_place(void **state)
{
	struct MHD_Response *response;

	(void)keep(*state, 7, 10, NOW);
	response = keep(*state, 7 + THUMBS_COUNT_MAX, 10, NOW);
	assert_null(thumbs_find(*state, 7, VERSION, NOW));
	assert_ptr_equal(thumbs_find(*state, 7 + THUMBS_COUNT_MAX, VERSION, NOW), response);
}

static void test_it_is_not_kept_for_long(void **state)
{
	(void)keep(*state, 7, 10, NOW);
	assert_non_null(thumbs_find(*state, 7, VERSION, NOW + THUMBS_AGE_USEC - 1));
	assert_null(thumbs_find(*state, 7, VERSION, NOW + THUMBS_AGE_USEC));
	assert_null(thumbs_find(*state, 7, VERSION, NOW));
}

static void test_nothing_is_left_when_it_is_cleared(void **state)
{
	for (int64_t id = 0; id < 2 * THUMBS_COUNT_MAX; id++)
		(void)keep(*state, id, 10, NOW);
	thumbs_clear(*state);
	for (int64_t id = 0; id < 2 * THUMBS_COUNT_MAX; id++)
		assert_null(thumbs_find(*state, id, VERSION, NOW));
}

/* However large they are: what is found again fits, and the last ones are among it. */
static void test_memory_is_bounded(void **state)
{
	const size_t size_bytes = 60000;
	size_t bytes = 0;

	for (int64_t id = 1; id <= 3 * THUMBS_COUNT_MAX; id++)
		(void)keep(*state, id, size_bytes, NOW);
	for (int64_t id = 1; id <= 3 * THUMBS_COUNT_MAX; id++)
		bytes += thumbs_find(*state, id, VERSION, NOW) ? size_bytes : 0;
	assert_true(bytes <= THUMBS_BYTES_MAX);
	assert_true(bytes > THUMBS_BYTES_MAX / 2);
	assert_non_null(thumbs_find(*state, (int64_t)3 * THUMBS_COUNT_MAX, VERSION, NOW));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_was_kept_is_found),
		TEST(test_a_newer_one_takes_the_place),
		TEST(test_it_is_not_kept_for_long),
		TEST(test_nothing_is_left_when_it_is_cleared),
		TEST(test_memory_is_bounded),
	};

	return cmocka_run_group_tests_name("web thumbs", tests, NULL, NULL);
}
