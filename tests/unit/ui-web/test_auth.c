/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ui-web/auth.h"
#include "ui-web/password.h"
#include "ui-web/sha256.h"

#define SECOND UINT64_C(1000000)
#define START (1000 * SECOND)

static int make(void **state)
{
	*state = auth_new();
	return *state ? 0 : -1;
}

static int unmake(void **state)
{
	auth_free(*state);
	return 0;
}

static void test_a_token_opens_its_session_until_it_is_closed(void **state)
{
	char token[AUTH_TOKEN_BYTES], other[AUTH_TOKEN_BYTES];
	struct auth *auth = *state;
	int64_t session = auth_open(auth, START, token);

	assert_true(session > 0);
	assert_int_equal(strlen(token), AUTH_TOKEN_BYTES - 1);
	assert_int_equal(auth_find(auth, token, START), session);
	assert_true(auth_open(auth, START, other) != session);
	assert_string_not_equal(token, other);
	other[0] = other[0] == 'a' ? 'b' : 'a';
	assert_int_equal(auth_find(auth, other, START), 0);
	assert_int_equal(auth_find(auth, "", START), 0);
	auth_close(auth, session);
	assert_int_equal(auth_find(auth, token, START), 0);
	assert_false(auth_is_open(auth, session, START));
	assert_false(auth_is_open(auth, 0, START));
}

static void test_sessions_end_by_themselves(void **state)
{
	char token[AUTH_TOKEN_BYTES];
	struct auth *auth = *state;
	int64_t session = auth_open(auth, START, token);
	uint64_t now_usec = START;

	assert_int_equal(auth_find(auth, token, START + AUTH_IDLE_USEC - 1), session);
	assert_int_equal(auth_find(auth, token, START + 2 * AUTH_IDLE_USEC), 0);
	session = auth_open(auth, START, token);
	for (; now_usec < START + AUTH_LIFE_USEC; now_usec += AUTH_IDLE_USEC / 2)
		assert_int_equal(auth_find(auth, token, now_usec), session);
	assert_int_equal(auth_find(auth, token, START + AUTH_LIFE_USEC), 0);
}

static void test_the_session_unused_longest_makes_room(void **state)
{
	char first[AUTH_TOKEN_BYTES], second[AUTH_TOKEN_BYTES], token[AUTH_TOKEN_BYTES];
	struct auth *auth = *state;
	int64_t kept = auth_open(auth, START, first);

	(void)auth_open(auth, START + 1, second);
	for (unsigned int i = 2; i < AUTH_SESSIONS_MAX; i++)
		(void)auth_open(auth, START + i, token);
	assert_int_equal(auth_find(auth, first, START + SECOND), kept);
	(void)auth_open(auth, START + 2 * SECOND, token);
	assert_int_equal(auth_find(auth, second, START + 2 * SECOND), 0);
	assert_int_equal(auth_find(auth, first, START + 2 * SECOND), kept);
}

static void test_one_address_is_slowed_down_alone(void **state)
{
	struct auth *auth = *state;

	for (int i = 0; i < AUTH_BURST_ADDRESS; i++)
		assert_int_equal(auth_may_try(auth, "a", START), 0);
	assert_int_equal(auth_may_try(auth, "a", START), AUTH_REFILL_ADDRESS_S);
	assert_int_equal(auth_may_try(auth, "a", START + 10 * SECOND), AUTH_REFILL_ADDRESS_S - 10);
	assert_int_equal(auth_may_try(auth, "b", START), 0);
	assert_int_equal(auth_may_try(auth, "a", START + AUTH_REFILL_ADDRESS_S * SECOND), 0);
	assert_true(auth_may_try(auth, "a", START + AUTH_REFILL_ADDRESS_S * SECOND) > 0);
}

static void test_a_good_login_costs_nothing(void **state)
{
	struct auth *auth = *state;

	for (int i = 0; i < 3 * AUTH_BURST_ALL; i++) {
		assert_int_equal(auth_may_try(auth, "a", START), 0);
		auth_succeeded(auth, "a");
	}
}

static void test_many_addresses_are_slowed_down_together(void **state)
{
	struct auth *auth = *state;
	char address[16];
	int tries = 0;

	for (int i = 0; i < 1000; i++) {
		(void)snprintf(address, sizeof(address), "%d", i);
		tries += auth_may_try(auth, address, START) == 0;
	}
	assert_int_equal(tries, AUTH_BURST_ALL);
}

static void test_codes(void **state)
{
	char code[AUTH_CODE_BYTES], other[AUTH_CODE_BYTES], typed[16];

	(void)state;
	assert_int_equal(auth_make_code(code), 0);
	assert_int_equal(auth_make_code(other), 0);
	assert_int_equal(strspn(code, "0123456789"), AUTH_CODE_BYTES - 1);
	assert_string_not_equal(code, other);
	(void)snprintf(typed, sizeof(typed), "%.4s-%s ", code, code + 4);
	assert_true(auth_is_code(code, typed));
	assert_false(auth_is_code(code, other));
	assert_false(auth_is_code(code, ""));
	code[7] = '\0';
	(void)snprintf(other, sizeof(other), "%s", code);
	assert_false(auth_is_code(other, code));
}

static void test_sha256_of_known_texts(void **state)
{
	static const struct {
		const char *text;
		uint8_t begin[4], end[2];
	} tests[] = {
		{"", {0xe3, 0xb0, 0xc4, 0x42}, {0xb8, 0x55}},
		{"abc", {0xba, 0x78, 0x16, 0xbf}, {0x15, 0xad}},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			{0x24, 0x8d, 0x6a, 0x61}, {0x06, 0xc1}},
	};
	static uint8_t million[1000000];
	uint8_t digest[SHA256_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		sha256(tests[i].text, strlen(tests[i].text), digest);
		assert_memory_equal(digest, tests[i].begin, 4);
		assert_memory_equal(digest + 30, tests[i].end, 2);
	}
	memset(million, 'a', sizeof(million));
	sha256(million, sizeof(million), digest);
	assert_memory_equal(digest, "\xcd\xc7\x6e\x5c", 4);
}

static void test_passwords(void **state)
{
	char folder[] = "/tmp/imgtank-XXXXXX", path[64], hash[PASSWORD_HASH_BYTES];
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/password", folder);
	assert_int_equal(password_load(path, hash), -ENOENT);
	assert_int_equal(password_store(path, "short"), -EINVAL);
	assert_int_equal(password_store(path, "long enough"), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(password_load(path, hash), 0);
	assert_memory_equal(hash, "$y$", 3);
	assert_true(password_is(hash, "long enough"));
	assert_false(password_is(hash, "long enough "));
	assert_false(password_is(hash, ""));
	assert_false(password_is("$nonsense$", "long enough"));
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(password_load(path, hash), -EPERM);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_a_token_opens_its_session_until_it_is_closed, make, unmake),
		cmocka_unit_test_setup_teardown(test_sessions_end_by_themselves, make, unmake),
		cmocka_unit_test_setup_teardown(
			test_the_session_unused_longest_makes_room, make, unmake),
		cmocka_unit_test_setup_teardown(
			test_one_address_is_slowed_down_alone, make, unmake),
		cmocka_unit_test_setup_teardown(test_a_good_login_costs_nothing, make, unmake),
		cmocka_unit_test_setup_teardown(
			test_many_addresses_are_slowed_down_together, make, unmake),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_sha256_of_known_texts),
		cmocka_unit_test(test_passwords),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
