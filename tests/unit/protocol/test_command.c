/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/protocol/message.h"

static enum reply_code decode(const char *line, struct command_request *request)
{
	return command_decode(line, strlen(line), request);
}

static void test_command_what_is_written_is_read_back(void **state)
{
	static const struct command_request cases[] = {
		{.id = 1, .command = COMMAND_EJECT, .card = "c1"},
		{.id = MESSAGE_ID_MAX, .command = COMMAND_CONFIRM},
		{.id = 3, .command = COMMAND_POWEROFF, .force = true},
		{.id = 4, .command = COMMAND_FOLLOW, .files = true},
		{.id = 5, .command = COMMAND_FOLLOW},
		{.id = 6, .command = COMMAND_RETRY, .card = "EOS \\x1b \"quoted\" \xc3\xa9"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(freep) char *line = command_encode(&cases[i]);
		struct command_request back;

		assert_non_null(line);
		assert_int_equal(decode(line, &back), REPLY_OK);
		assert_true(back.id == cases[i].id);
		assert_int_equal(back.command, cases[i].command);
		assert_string_equal(back.card, cases[i].card);
		assert_int_equal(back.force, cases[i].force);
		assert_int_equal(back.files, cases[i].files);
	}
}

static void test_command_each_bad_line_gets_the_reply_that_it_deserves(void **state)
{
	static const struct {
		const char *line;
		enum reply_code code;
		int64_t id;
	} cases[] = {
		{"", REPLY_BAD_JSON, 0},
		{"eject", REPLY_BAD_JSON, 0},
		{"{", REPLY_BAD_JSON, 0},
		{"[1]", REPLY_BAD_JSON, 0},
		{"\"x\"", REPLY_BAD_JSON, 0},
		{"{\"id\":1,\"command\":\"ping\"} x", REPLY_BAD_JSON, 0},
		{"{\"id\":1,\"id\":2,\"command\":\"ping\"}", REPLY_BAD_JSON, 0},
		{"{\"id\":1,\"command\":\"ping\",\"x\":\"\xff\"}", REPLY_BAD_JSON, 0},
		{"{\"id\":1,\"command\":\"ping\",\"x\":\"\\u0000\"}", REPLY_BAD_JSON, 0},
		{"{\"id\":1,\"command\":\"ping\",\"x\":1e999}", REPLY_BAD_JSON, 0},
		{"{\"id\":1,\"x\":[[[[[[[[1]]]]]]]]}", REPLY_BAD_JSON, 0},
		{"{}", REPLY_BAD_MESSAGE, 0},
		{"{\"command\":\"ping\"}", REPLY_BAD_MESSAGE, 0},
		{"{\"id\":0,\"command\":\"ping\"}", REPLY_BAD_MESSAGE, 0},
		{"{\"id\":-1,\"command\":\"ping\"}", REPLY_BAD_MESSAGE, 0},
		{"{\"id\":1.5,\"command\":\"ping\"}", REPLY_BAD_MESSAGE, 0},
		{"{\"id\":\"1\",\"command\":\"ping\"}", REPLY_BAD_MESSAGE, 0},
		{"{\"id\":null,\"command\":\"ping\"}", REPLY_BAD_MESSAGE, 0},
		{"{\"id\":9007199254740993,\"command\":\"ping\"}", REPLY_BAD_MESSAGE, 0},
		{"{\"id\":2}", REPLY_BAD_MESSAGE, 2},
		{"{\"id\":2,\"command\":7}", REPLY_BAD_MESSAGE, 2},
		{"{\"id\":2,\"command\":\"eject\",\"card\":7}", REPLY_BAD_MESSAGE, 2},
		{"{\"id\":2,\"command\":\"eject\",\"card\":\"a\\u001bb\"}", REPLY_BAD_MESSAGE, 2},
		{"{\"id\":2,\"command\":\"poweroff\",\"force\":\"yes\"}", REPLY_BAD_MESSAGE, 2},
		{"{\"id\":2,\"command\":\"follow\",\"files\":1}", REPLY_BAD_MESSAGE, 2},
		{"{\"id\":2,\"command\":\"format\"}", REPLY_UNKNOWN_COMMAND, 2},
		{"{\"id\":2,\"command\":\"none\"}", REPLY_UNKNOWN_COMMAND, 2},
		{"{\"id\":2,\"command\":\"Eject\"}", REPLY_UNKNOWN_COMMAND, 2},
		{"{\"id\":2,\"command\":\"ping\",\"new\":{\"in\":[1,2]}}", REPLY_OK, 2},
		{" {\"id\":2,\"command\":\"ping\"}\r\n", REPLY_OK, 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct command_request request;
		enum reply_code code = decode(cases[i].line, &request);

		if (code != cases[i].code || request.id != cases[i].id)
			fail_msg("%s: %s, id %lld", cases[i].line, reply_code_name(code),
				(long long)request.id);
	}
}

static void test_command_a_line_is_bounded_before_it_is_parsed(void **state)
{
	static char line[MESSAGE_COMMAND_BYTES_MAX + 2];
	static const char head[] = "{\"id\":1,\"command\":\"ping\",\"x\":\"";
	struct command_request request;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, head, sizeof(head) - 1);
	memcpy(line + MESSAGE_COMMAND_BYTES_MAX - 2, "\"}", 2);
	assert_int_equal(command_decode(line, MESSAGE_COMMAND_BYTES_MAX, &request), REPLY_OK);
	assert_int_equal(
		command_decode(line, MESSAGE_COMMAND_BYTES_MAX + 1, &request), REPLY_TOO_LONG);
}

static void test_command_a_very_deep_line_is_refused_before_it_is_parsed(void **state)
{
	static char line[MESSAGE_COMMAND_BYTES_MAX];
	struct command_request request;

	(void)state;
	memset(line, '[', sizeof(line));
	assert_int_equal(command_decode(line, sizeof(line), &request), REPLY_BAD_JSON);
}

static void test_command_a_bracket_in_a_string_is_not_depth(void **state)
{
	struct command_request request;

	(void)state;
	assert_int_equal(
		decode("{\"id\":1,\"command\":\"ping\",\"x\":\"[[[[[[[[[[[[\\\"[[[[[[[[[[[[\\\\\"}",
			&request),
		REPLY_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_what_is_written_is_read_back),
		cmocka_unit_test(test_command_each_bad_line_gets_the_reply_that_it_deserves),
		cmocka_unit_test(test_command_a_line_is_bounded_before_it_is_parsed),
		cmocka_unit_test(test_command_a_very_deep_line_is_refused_before_it_is_parsed),
		cmocka_unit_test(test_command_a_bracket_in_a_string_is_not_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
