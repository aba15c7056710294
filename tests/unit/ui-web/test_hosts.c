/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <string.h>

#include "ui-web/hosts.h"

static bool is_ours(const char *header)
{
	return hosts_is_ours(header, "darkroom.studio.lan", "pictures.example nas");
}

static void test_names_of_the_box_are_answered(void **state)
{
	static const char *const names[] = {"127.0.0.1", "192.168.100.1:8080", "[::1]",
		"[fe80::1]:8080", "[::ffff:10.0.0.1]", "localhost", "LocalHost:80", "darkroom",
		"darkroom:8080", "DARKROOM.local", "darkroom.local.", "darkroom-2.local",
		"darkroom-13.local:8080", "darkroom.studio.lan", "imgtank", "imgtank:8080",
		"imgtank.local", "imgtank-2.local", "pictures.example", "NAS:8080"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!is_ours(names[i]))
			fail_msg("%s is refused", names[i]);
}

static void test_other_names_are_not(void **state)
{
	static const char *const names[] = {"", "evil.example", "evil.example:8080",
		"127.0.0.1.evil.example", "127.0.0.1:8080.evil.example", "127.0.0.1@evil.example",
		"127.1", "0x7f.0.0.1", "localhost.evil.example", "evil.localhost",
		"darkroom.evil.example", "darkroom.localx", "darkroom-.local", "darkroom-x.local",
		"darkroom-2", "darkroom2.local", "x.darkroom.local", "imgtank.evil.example",
		"imgtank.com", "studio.lan", "pictures", "pictures.example.evil", "nas.example",
		"pictures.example nas", " nas", "nas ", "nas:", "nas:x", "nas:123456", "nas:80:80",
		"[::1", "::1", "[::1]x", "[::1]:", "[nas]", "[]", "[127.0.0.1]", ".", "..",
		".local", "-2.local", ":8080", "nas..", "nas/", "nas\r\n", "n\303\244s",
		"[fe80::1%eth0]"};

	(void)state;
	assert_false(is_ours(NULL));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_ours(names[i]))
			fail_msg("%s is answered", names[i]);
}

static void test_long_names(void **state)
{
	char name[600];

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t length = 1; length < sizeof(name); length++) {
		char text[600];

		memcpy(text, name, length);
		text[length] = '\0';
		assert_int_equal(hosts_is_ours(text, "tank", text), length < HOSTS_NAME_BYTES);
	}
}

/* A machine that has no name has not every name. */
static void test_a_machine_without_a_name(void **state)
{
	(void)state;
	assert_false(hosts_is_ours("evil.example", "", ""));
	assert_false(hosts_is_ours(".local", "", ""));
	assert_false(hosts_is_ours("-2.local", ".", ""));
	assert_true(hosts_is_ours("10.0.0.1", "", ""));
	assert_true(hosts_is_ours("imgtank", "", ""));
}

static void test_settings(void **state)
{
	(void)state;
	assert_true(hosts_are_names("nas"));
	assert_true(hosts_are_names("nas pictures.example"));
	assert_true(hosts_are_names(" nas  x_y-z "));
	assert_false(hosts_are_names(""));
	assert_false(hosts_are_names(" "));
	assert_false(hosts_are_names("nas:8080"));
	assert_false(hosts_are_names("http://nas"));
	assert_false(hosts_are_names("nas, other"));
	assert_false(hosts_are_names("*"));
	assert_false(hosts_are_names("nas."));
}

static void test_what_is_shown(void **state)
{
	char name[HOSTS_NAME_BYTES];

	(void)state;
	assert_true(hosts_name("evil.example.:8080", name));
	assert_string_equal(name, "evil.example");
	assert_false(hosts_name("<b>x</b>", name));
	assert_false(hosts_name("a\nb", name));
	assert_false(hosts_name(NULL, name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_the_box_are_answered),
		cmocka_unit_test(test_other_names_are_not),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_a_machine_without_a_name),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_what_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
