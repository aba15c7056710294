/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is believed of the notes on how people get to the tank. */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/daemon/access.h"
#include "core/protocol/access_json.h"

static void test_access_reads_code_and_address(void **state)
{
	static const struct {
		const char *note, *address, *url, *code;
	} cases[] = {
		{"1234 5678\nhttp 8080\n", "192.168.1.5", "http://192.168.1.5:8080/", "1234 5678"},
		{"0000 0000\nhttp 80\n", "10.0.0.1", "http://10.0.0.1/", "0000 0000"},
		{"-\nhttps 443\n", "10.0.0.1", "https://10.0.0.1/", ""},
		{"-\nhttps 8443\n", "10.0.0.1", "https://10.0.0.1:8443/", ""},
		{"-\nhttp 80\n", "", "", ""}, /* in no network yet */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct model_access access = {0};

		assert_int_equal(access_read_code(cases[i].note, cases[i].address, &access), 0);
		assert_string_equal(access.url, cases[i].url);
		assert_string_equal(access.code, cases[i].code);
	}
}

/* Who has taken the web front end over may write there what they like. */
static void test_access_believes_no_other_note(void **state)
{
	static const char *const notes[] = {"", "1234 5678", "1234 5678\n", "12345678\nhttp 80\n",
		"1234 567x\nhttp 80\n", "-\n", "-\nftp 80\n", "-\nhttp 0\n", "-\nhttp 65536\n",
		"-\nhttp 80", "-\nhttp 80\nmore\n", "-\nhttp 8x\n", "-\nhttp \n",
		"root:x:0:0:root:/root:/bin/bash\n", "1234 5678\nhttp 80 evil\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		struct model_access access = {0};

		if (access_read_code(notes[i], "10.0.0.1", &access) != -EBADMSG)
			fail_msg("note %zu was believed", i);
		assert_string_equal(access.code, "");
		assert_false(model_access_is_there(&access));
	}
}

static int read_network(const char *text, struct model_access *access)
{
	memset(access, 0, sizeof(*access));
	return access_json_read(text, strlen(text), access);
}

static void test_access_reads_the_network(void **state)
{
	struct model_access access;

	(void)state;
	assert_int_equal(read_network("{\"name\": \"imgtank\", \"password\": \"a\\\\b-c\", "
				      "\"wifi\": \"WIFI:T:WPA;S:imgtank;P:a\\\\\\\\b-c;;\", "
				      "\"url\": \"http://imgtank/\"}\n",
				 &access),
		0);
	assert_string_equal(access.network, "imgtank");
	assert_string_equal(access.password, "a\\b-c");
	assert_string_equal(access.wifi, "WIFI:T:WPA;S:imgtank;P:a\\\\b-c;;");
	assert_string_equal(access.network_url, "http://imgtank/");
	assert_true(model_access_is_there(&access));
}

static void test_access_takes_no_half_network(void **state)
{
	static const char *const notes[] = {"", "{}", "[]", "{\"name\": \"imgtank\"}",
		"{\"name\": \"i\", \"password\": 7, \"wifi\": \"w\", \"url\": \"u\"}",
		"{\"name\": \"i\\u001b[2J\", \"password\": \"p\", \"wifi\": \"w\", \"url\": \"u\"}",
		"{\"name\": \"i\", \"password\": \"p\", \"wifi\": \"w\"}"};
	struct model_access access;
	char text[1024], name[200];

	(void)state;
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		if (read_network(notes[i], &access) != -EBADMSG)
			fail_msg("note %zu was taken", i);
		assert_false(model_access_is_there(&access));
	}
	memset(name, 'n', sizeof(name));
	(void)snprintf(text, sizeof(text),
		"{\"name\": \"%.200s\", \"password\": \"p\", \"wifi\": \"w\", \"url\": \"u\"}",
		name);
	assert_int_equal(read_network(text, &access), -EBADMSG); /* not a shorter one */
}

static void test_access_prefers_a_cable(void **state)
{
	(void)state;
	assert_true(access_rank_interface("eth0", false) > access_rank_interface("wlan0", false));
	assert_true(access_rank_interface("enp1s0", true) > access_rank_interface("usb0", true));
	assert_true(access_rank_interface("wlan0", false) > 0);
	assert_int_equal(access_rank_interface("wlan0", true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_access_reads_code_and_address),
		cmocka_unit_test(test_access_believes_no_other_note),
		cmocka_unit_test(test_access_reads_the_network),
		cmocka_unit_test(test_access_takes_no_half_network),
		cmocka_unit_test(test_access_prefers_a_cable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
