/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include "ui-web/router.h"

static void nothing(struct request *request)
{
	(void)request;
}

static const struct route routes[] = {
	{METHOD_GET, "/", ACCESS_READ, nothing},
	{METHOD_GET, "/api/day/:", ACCESS_READ, nothing},
	{METHOD_POST, "/api/zip", ACCESS_READ, nothing},
	{METHOD_GET, "/api/zip/:", ACCESS_READ, nothing},
	{METHOD_GET, "/media/:/thumb", ACCESS_READ, nothing},
	{METHOD_GET, "/media/:/view", ACCESS_READ, nothing},
	{0},
};

static void test_paths_lead_to_their_handlers(void **state)
{
	static const struct {
		const char *method, *path;
		int route; /* or -1: no such path, -2: no such method */
		const char *argument;
	} tests[] = {
		{"GET", "/", 0, ""},
		{"HEAD", "/", 0, ""},
		{"GET", "/api/day/2024-05-12", 1, "2024-05-12"},
		{"POST", "/api/zip", 2, ""},
		{"GET", "/api/zip/x", 3, "x"},
		{"GET", "/media/12/view", 5, "12"},
		{"GET", "/media/../view", 5, ".."}, /* an argument is no file name */
		{"POST", "/", -2, ""},
		{"GET", "/api/zip", -2, ""},
		{"DELETE", "/media/12/view", -2, ""},
		{"get", "/", -2, ""},
		{"GET", "", -1, ""},
		{"GET", "//", -1, ""},
		{"GET", "/api/day/", -1, ""},
		{"GET", "/api/day/a/b", -1, ""},
		{"GET", "/media//view", -1, ""},
		{"GET", "/media/1/view/", -1, ""},
		{"GET", "/media/1/vie", -1, ""},
		{"GET", "/API/day/x", -1, ""},
		{"GET",
			"/api/day/"
			"0123456789012345678901234567890123456789012345678901234567890123",
			-1, ""},
		{"GET",
			"/api/day/"
			"012345678901234567890123456789012345678901234567890123456789012",
			1, "012345678901234567890123456789012345678901234567890123456789012"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		char argument[ROUTE_ARGUMENT_BYTES];
		const struct route *route = NULL;
		enum route_result result = router_find(
			routes, router_method(tests[i].method), tests[i].path, &route, argument);

		if (tests[i].route < 0) {
			assert_int_equal(
				result, tests[i].route == -1 ? ROUTE_NO_PATH : ROUTE_NO_METHOD);
			continue;
		}
		assert_int_equal(result, ROUTE_FOUND);
		assert_ptr_equal(route, &routes[tests[i].route]);
		assert_string_equal(argument, tests[i].argument);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_paths_lead_to_their_handlers)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
