/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * protocol_check.c - the decoder's word on lines of the protocol, for tests of the document.
 *
 *   protocol_check lines < FILE   every line must be one of the daemon or of a client
 *   protocol_check words          all keys and words there are, one a line
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/protocol/fields.h"
#include "core/protocol/message.h"

static bool is_of_daemon(const char *line, size_t length)
{
	struct message message;
	int r = message_decode(line, length, &message);
	bool is_known = r == 0 && message.type != MESSAGE_UNKNOWN;

	if (r == 0)
		message_finish(&message);
	return is_known;
}

static bool is_of_client(const char *line, size_t length)
{
	struct command_request request;

	return command_decode(line, length, &request) == REPLY_OK;
}

static int check_lines(void)
{
	CLEANUP(freep) char *line = NULL;
	size_t line_bytes = 0;
	unsigned int count = 0, bad = 0;
	ssize_t length;

	while ((length = getline(&line, &line_bytes, stdin)) > 0) {
		count++;
		if (is_of_daemon(line, (size_t)length) || is_of_client(line, (size_t)length))
			continue;
		bad++;
		(void)printf("line %u is none: %s", count, line);
	}
	(void)printf("%u lines, %u bad\n", count, bad);
	return bad || !count;
}

static void print_keys(const struct field *fields)
{
	for (; fields->key; fields++)
		(void)puts(fields->key);
}

static int print_words(void)
{
	print_keys(fields_tank);
	print_keys(fields_tank_progress);
	print_keys(fields_card);
	print_keys(fields_card_progress);
	print_keys(fields_note);
	print_keys(fields_import);
	for (int i = MESSAGE_HELLO; i < MESSAGE_ENGINE; i++)
		(void)puts(message_type_name((enum message_type)i));
	for (int i = 0; i < EVENTS_COUNT; i++)
		(void)puts(event_type_name((enum event_type)i));
	for (int i = COMMAND_NONE + 1; i < COMMANDS_COUNT; i++)
		(void)puts(command_name((enum command)i));
	for (int i = REPLY_OK + 1; i < REPLY_CODES_COUNT; i++)
		(void)puts(reply_code_name((enum reply_code)i));
	for (int i = 0; i < CARD_STATES_COUNT; i++)
		(void)puts(card_state_name((enum card_state)i));
	for (int i = 0; i < TANK_STATES_COUNT; i++)
		(void)puts(tank_state_name((enum tank_state)i));
	for (int i = 0; i < VERDICTS_COUNT; i++)
		(void)puts(verdict_name((enum verdict)i));
	for (int i = 0; i < WAITING_REASONS_COUNT; i++)
		(void)puts(waiting_reason_name((enum waiting_reason)i));
	for (int i = 0; i < HALTING_REASONS_COUNT; i++)
		(void)puts(halting_reason_name((enum halting_reason)i));
	for (int i = 0; i < MESSAGE_LEVELS_COUNT; i++)
		(void)puts(message_level_name((enum message_level)i));
	for (int i = 0; i < ERROR_CODES_COUNT; i++)
		(void)puts(error_code_name((enum error_code)i));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "lines"))
		return check_lines();
	if (argc == 2 && !strcmp(argv[1], "words"))
		return print_words();
	(void)fprintf(stderr, "Usage: protocol_check lines|words\n");
	return 2;
}
