/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <string.h>

#include "ui-web/redirect.h"

static char location[REDIRECT_BYTES];

static void leads(const char *header, const char *target, unsigned int port, const char *wanted)
{
	assert_true(redirect_location(header, target, port, location));
	assert_string_equal(location, wanted);
}

static void test_same_host_and_path(void **state)
{
	(void)state;
	leads("imgtank", "/", 443, "https://imgtank/");
	leads("imgtank:80", "/login?a=b&c=%20d", 443, "https://imgtank/login?a=b&c=%20d");
	leads("tank.local.", "/", 8443, "https://tank.local:8443/");
	leads("192.168.100.1:8080", "/api/days", 443, "https://192.168.100.1/api/days");
	leads("[fe80::1]:80", "/", 65535, "https://[fe80::1]:65535/");
	leads("[::1]", "//evil.example/", 443, "https://[::1]//evil.example/");
}

static void test_what_is_no_path_leads_to_the_start(void **state)
{
	static const char *const targets[] = {"", "*", "http://evil.example/", "evil.example",
		"@evil.example/", ".evil.example/", ":1@evil.example/"};

	(void)state;
	leads("imgtank", NULL, 443, "https://imgtank/");
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		leads("imgtank", targets[i], 443, "https://imgtank/");
}

/* Nothing of a request ends a header, leaves the path, or is taken for markup. */
static void test_what_cannot_stand_in_a_url_is_escaped(void **state)
{
	(void)state;
	leads("imgtank", "/a\r\nSet-Cookie: b=c", 443, "https://imgtank/a%0D%0ASet-Cookie:%20b=c");
	leads("imgtank", "/%0d%0a\t\"<b>\\^`{|}", 443,
		"https://imgtank/%0d%0a%09%22%3Cb%3E%5C%5E%60%7B%7C%7D");
	leads("imgtank", "/#\303\244\177\001", 443, "https://imgtank/%23%C3%A4%7F%01");
}

static void test_no_host(void **state)
{
	static const char *const headers[] = {"", " ", "a b", "a\r\nb", "a/b", "a@b", "[::1",
		"[evil.example]", "[::1]evil", "[::1]@evil", "a:b", ":80"};

	(void)state;
	assert_false(redirect_location(NULL, "/", 443, location));
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (redirect_location(headers[i], "/", 443, location))
			fail_msg("'%s' leads to %s", headers[i], location);
}

static void test_long_targets(void **state)
{
	char target[REDIRECT_TARGET_MAX + 2], host[254];

	(void)state;
	memset(host, 'a', sizeof(host));
	host[sizeof(host) - 1] = '\0';
	memset(target, ' ', sizeof(target));
	target[0] = '/';
	target[REDIRECT_TARGET_MAX] = '\0';
	assert_true(redirect_location(host, target, 65535, location));
	assert_int_equal(strlen(location),
		strlen("https://:65535/") + 253 + 3 * (size_t)(REDIRECT_TARGET_MAX - 1));
	target[REDIRECT_TARGET_MAX] = ' ';
	target[REDIRECT_TARGET_MAX + 1] = '\0';
	assert_false(redirect_location(host, target, 65535, location));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_host_and_path),
		cmocka_unit_test(test_what_is_no_path_leads_to_the_start),
		cmocka_unit_test(test_what_cannot_stand_in_a_url_is_escaped),
		cmocka_unit_test(test_no_host),
		cmocka_unit_test(test_long_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
