/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/protocol/message.h"
#include "core/summary.h"

static int decode(const char *line, struct message *message)
{
	return message_decode(line, strlen(line), message);
}

/* The line decoded and encoded again must be the same. Owns the line. */
static void check_round(char *line, char *(*encode_again)(const struct message *message))
{
	CLEANUP(freep) char *again = NULL;
	struct message message;

	assert_non_null(line);
	assert_int_equal(line[strlen(line) - 1], '\n');
	assert_null(memchr(line, '\n', strlen(line) - 1));
	assert_int_equal(decode(line, &message), 0);
	again = encode_again(&message);
	assert_string_equal(again, line);
	message_finish(&message);
	free(line);
}

static char *again_hello(const struct message *message)
{
	return message_encode_hello(&message->hello);
}

static char *again_snapshot(const struct message *message)
{
	return message_encode_snapshot(message->snapshot, message->seq);
}

static char *again_tank(const struct message *message)
{
	return message_encode_tank(message->tank, message->seq);
}

static char *again_card(const struct message *message)
{
	return message_encode_card(message->card, message->seq);
}

static char *again_progress(const struct message *message)
{
	return message_encode_progress(message->card, message->tank, message->seq);
}

static char *again_gone(const struct message *message)
{
	return message_encode_card_gone(message->card_id, message->seq);
}

static char *again_note(const struct message *message)
{
	return message_encode_note(message->note, message->seq);
}

static char *again_history(const struct message *message)
{
	return message_encode_history(message->import, message->seq);
}

static char *again_access(const struct message *message)
{
	return message_encode_access(&message->access, message->seq);
}

static char *again_sync(const struct message *message)
{
	return message_encode_sync(message->seq, message->time_usec);
}

static char *again_engine(const struct message *message)
{
	const struct event *event = &message->engine->event;

	return message_encode_engine(event, event->card, event->seq);
}

static char *again_reply(const struct message *message)
{
	const struct message_reply *reply = &message->reply;

	return message_encode_reply(reply->id, reply->code, reply->sentence, reply->remedy);
}

/* A text that fills a field to the brim, and makes JSON twice as long. */
static void fill(char *field, size_t field_bytes)
{
	memset(field, '\\', field_bytes - 1);
	field[field_bytes - 1] = '\0';
}

#define FILL(field) fill((field), sizeof(field))

static void fill_counts(struct import_counts *counts)
{
	memset(counts, 0xff, sizeof(*counts));
	counts->bytes_selected = counts->bytes_known = counts->bytes_copied = INT64_MAX;
	counts->bytes_verified = counts->bytes_to_verify = counts->bytes_failed = INT64_MAX;
}

static void fill_card(struct model_card *card)
{
	FILL(card->identity);
	FILL(card->label);
	FILL(card->camera);
	FILL(card->slot);
	FILL(card->file);
	FILL(card->newest_tank_path);
	FILL(card->newest_thumbnail);
	card->size_bytes = card->rate_bytes_per_s = card->eta_s = card->bytes_missing = INT64_MAX;
	card->state = CARD_REMOVED_EARLY;
	card->waiting = WAITING_UNSUPPORTED;
	card->is_mounted = card->is_acknowledged = card->is_seen_before = true;
	card->may_remove = card->may_format = card->needs_somebody = true;
	card->fault = FAULT_CARD_UNREADABLE;
	fill_counts(&card->counts);
	for (int i = 0; i < MODEL_CARD_ERRORS_MAX + 1; i++) {
		char file[MODEL_FILE_BYTES];

		FILL(file);
		model_card_add_error(card, FAULT_FILE_NOT_STORED, file);
	}
	for (int i = 0; i < MODEL_LEFT_OUT_MAX; i++) {
		card->left_out[i].files_count = UINT32_MAX;
		FILL(card->left_out[i].reason);
	}
	card->left_out_count = MODEL_LEFT_OUT_MAX;
	card->verdict = VERDICT_SAFE_TO_FORMAT;
	card->progress_permille = UINT32_MAX;
	card->commands = ((1U << COMMANDS_COUNT) - 1) & ~COMMAND_BIT(COMMAND_NONE);
	FILL(card->headline);
	FILL(card->removal);
	FILL(card->detail);
}

/* Field by field, so that the bytes between them stay as they are: 0. */
static void fill_tank(struct model_tank *tank)
{
	tank->is_ready = tank->is_mounted = tank->is_clock_trusted = tank->is_done = true;
	tank->free_bytes = tank->total_bytes = tank->rate_bytes_per_s = INT64_MAX - 1;
	tank->eta_s = INT64_MAX;
	tank->halting = HALTING_POWEROFF;
	tank->fault = FAULT_TANK_FULL;
	tank->good_ends_count = tank->bad_ends_count = tank->unlisted_count = UINT32_MAX;
	tank->state = TANK_ATTENTION;
	tank->busy_count = tank->errors_count = tank->progress_permille = UINT32_MAX - 1;
	tank->error_code = ERROR_CODE_INTERNAL;
	tank->commands = COMMAND_BIT(COMMAND_POWEROFF) | COMMAND_BIT(COMMAND_REBOOT);
	tank->next_command = COMMAND_CONFIRM;
	(void)strcpy(tank->next_card, "c1");
	FILL(tank->path);
	FILL(tank->disk_label);
	FILL(tank->disk_id);
	FILL(tank->headline);
	FILL(tank->detail);
}

static void fill_note(struct model_message *note)
{
	*note = (struct model_message){
		.time_s = INT64_MAX, .level = LEVEL_ERROR, .fault = FAULT_INTERNAL};
	FILL(note->card);
	FILL(note->text);
}

static void fill_import(struct model_import *import)
{
	*import = (struct model_import){.time_s = INT64_MIN,
		.duration_s = INT64_MAX,
		.verdict = VERDICT_INCOMPLETE,
		.fault = FAULT_CARD_PULLED};
	FILL(import->card);
	FILL(import->camera);
	fill_counts(&import->counts);
}

/* The largest model there can be. */
static struct tank_model *full_model(void)
{
	struct tank_model *model = model_new();
	struct model_message note;
	struct model_import import;

	assert_non_null(model);
	model->time_s = INT64_MAX;
	fill_tank(&model->tank);
	for (int i = 0; i < MODEL_CARDS_MAX; i++) {
		char id[MODEL_ID_BYTES];

		(void)text_format(id, sizeof(id), "%031d", i);
		fill_card(model_card_add(model, id));
	}
	fill_note(&note);
	fill_import(&import);
	for (int i = 0; i < MODEL_MESSAGES_MAX; i++)
		model_add_message(model, &note);
	for (int i = 0; i < MODEL_HISTORY_MAX; i++)
		model_add_import(model, &import);
	return model;
}

static void test_message_every_kind_of_line_is_read_back_as_written(void **state)
{
	struct tank_model *model = full_model();
	const struct message_hello hello = {1, 7, "0.1.0", true};
	const struct import_counts counts = {.files_selected = 3, .bytes_copied = 77};
	const struct event event = {
		.type = EVENT_CARD_DONE,
		.time_usec = 5,
		.label = "EOS",
		.state = CARD_PARTIAL,
		.verdict = VERDICT_INCOMPLETE,
		.counts = &counts,
		.fault = FAULT_TANK_FULL,
		.error = -ENOSPC,
		.bytes_missing = 99,
	};
	const struct model_access access = {"imgtank", "sand\\dune", "WIFI:S:imgtank;P:sand;;",
		"http://imgtank/", "http://10.0.0.1:8080/", "1234 5678"};

	(void)state;
	check_round(message_encode_hello(&hello), again_hello);
	check_round(message_encode_snapshot(model, 1), again_snapshot);
	check_round(message_encode_tank(&model->tank, 2), again_tank);
	check_round(message_encode_card(&model->cards[0], 3), again_card);
	check_round(message_encode_progress(&model->cards[0], &model->tank, 4), again_progress);
	check_round(message_encode_card_gone("c1", 5), again_gone);
	check_round(message_encode_note(&model->messages[0], 6), again_note);
	check_round(message_encode_history(&model->history[0], 7), again_history);
	check_round(message_encode_access(&access, 7), again_access);
	check_round(message_encode_sync(8, 123456789), again_sync);
	check_round(message_encode_engine(&event, "c1", 9), again_engine);
	for (int i = 0; i < REPLY_CODES_COUNT; i++)
		check_round(message_encode_reply(i, (enum reply_code)i, NULL, NULL), again_reply);
	model_free(model);
}

static void test_message_every_field_of_the_state_arrives(void **state)
{
	struct tank_model *model = full_model();
	CLEANUP(freep) char *line = message_encode_snapshot(model, 1);
	struct message message;

	(void)state;
	assert_int_equal(decode(line, &message), 0);
	assert_int_equal(message.snapshot->cards_count, model->cards_count);
	assert_memory_equal(&message.snapshot->tank, &model->tank, sizeof(model->tank));
	for (uint32_t i = 0; i < model->cards_count; i++)
		assert_memory_equal(
			&message.snapshot->cards[i], &model->cards[i], sizeof(model->cards[i]));
	message_finish(&message);
	model_free(model);
}

static void test_message_an_empty_state_is_read_back_as_written(void **state)
{
	struct tank_model *model = model_new();

	(void)state;
	check_round(message_encode_snapshot(model, 1), again_snapshot);
	check_round(message_encode_tank(&model->tank, 2), again_tank);
	check_round(message_encode_card(model_card_add(model, "c1"), 3), again_card);
	model_free(model);
}

static void test_message_the_fullest_snapshot_is_within_the_bound(void **state)
{
	struct tank_model *model = full_model();
	CLEANUP(freep) char *line = message_encode_snapshot(model, UINT64_MAX);

	(void)state;
	assert_true(strlen(line) <= MESSAGE_EVENT_BYTES_MAX);
	model_free(model);
}

static void test_message_progress_carries_nothing_but_what_moves(void **state)
{
	struct tank_model *model = full_model();
	CLEANUP(freep) char *line = message_encode_progress(&model->cards[0], &model->tank, 1);

	(void)state;
	assert_null(strstr(line, "\"label\""));
	assert_null(strstr(line, "\"state\""));
	assert_null(strstr(line, "\"errors\""));
	assert_non_null(strstr(line, "\"files_copied\""));
	model_free(model);
}

static void test_message_a_fault_brings_its_three_sentences(void **state)
{
	struct model_message note = {.fault = FAULT_TANK_FULL};
	CLEANUP(freep) char *line = message_encode_note(&note, 1);

	(void)state;
	assert_non_null(strstr(line, "\"fault\":\"tank-full\""));
	assert_non_null(strstr(line, fault_text(FAULT_TANK_FULL)->what));
	assert_non_null(strstr(line, fault_text(FAULT_TANK_FULL)->safe));
	assert_non_null(strstr(line, fault_text(FAULT_TANK_FULL)->remedy));
}

static void test_message_bad_bytes_in_a_field_do_not_cost_the_line(void **state)
{
	struct model_message note = {.text = "bad \xff byte"};
	CLEANUP(freep) char *line = message_encode_note(&note, 1);

	(void)state;
	assert_non_null(line);
	assert_non_null(strstr(line, "bad ? byte"));
}

static void test_message_what_is_no_line_of_the_daemon_is_refused(void **state)
{
	static const struct {
		const char *line;
		int result;
	} cases[] = {
		{"", -EBADMSG},
		{"null", -EBADMSG},
		{"{}", -EBADMSG},
		{"{\"event\":7}", -EBADMSG},
		{"{\"event\":\"sync\"", -EBADMSG},
		{"{\"event\":\"sync\",\"seq\":-1}", -EBADMSG},
		{"{\"event\":\"sync\",\"seq\":\"1\"}", -EBADMSG},
		{"{\"event\":\"sync\",\"seq\":1,\"time_usec\":1.5}", -EBADMSG},
		{"{\"event\":\"hello\"}", -EBADMSG},
		{"{\"event\":\"hello\",\"name\":\"other\",\"protocol\":\"1.0\",\"version\":\"1\"}",
			-EBADMSG},
		{"{\"event\":\"hello\",\"name\":\"imgtank\",\"protocol\":\"1\",\"version\":\"1\"}",
			-EBADMSG},
		{"{\"event\":\"hello\",\"name\":\"imgtank\",\"protocol\":\"1.x\",\"version\":"
		 "\"1\"}",
			-EBADMSG},
		{"{\"event\":\"hello\",\"name\":\"imgtank\",\"protocol\":\"1.0\"}", -EBADMSG},
		{"{\"event\":\"snapshot\"}", -EBADMSG},
		{"{\"event\":\"snapshot\",\"tank\":[]}", -EBADMSG},
		{"{\"event\":\"snapshot\",\"tank\":{},\"cards\":{}}", -EBADMSG},
		{"{\"event\":\"snapshot\",\"tank\":{},\"cards\":[1]}", -EBADMSG},
		{"{\"event\":\"snapshot\",\"tank\":{},\"cards\":[{}]}", -EBADMSG},
		{"{\"event\":\"snapshot\",\"tank\":{},\"messages\":7}", -EBADMSG},
		{"{\"event\":\"tank\",\"state\":\"new-state\"}", -EBADMSG},
		{"{\"event\":\"tank\",\"state\":3}", -EBADMSG},
		{"{\"event\":\"tank\",\"is_ready\":1}", -EBADMSG},
		{"{\"event\":\"tank\",\"free_bytes\":-1}", -EBADMSG},
		{"{\"event\":\"tank\",\"busy_count\":4294967296}", -EBADMSG},
		{"{\"event\":\"tank\",\"commands\":\"poweroff\"}", -EBADMSG},
		{"{\"event\":\"tank\",\"commands\":[7]}", -EBADMSG},
		{"{\"event\":\"tank\",\"next_card\":\"C 1\"}", -EBADMSG},
		{"{\"event\":\"card\"}", -EBADMSG},
		{"{\"event\":\"card\",\"card\":\"../c1\"}", -EBADMSG},
		{"{\"event\":\"card\",\"card\":\"c1\",\"errors\":{}}", -EBADMSG},
		{"{\"event\":\"card\",\"card\":\"c1\",\"errors\":[{\"file\":1}]}", -EBADMSG},
		{"{\"event\":\"card\",\"card\":\"c1\",\"left_out\":[[]]}", -EBADMSG},
		{"{\"event\":\"card\",\"card\":\"an-id-that-is-longer-than-any-can-be\"}",
			-EBADMSG},
		{"{\"event\":\"progress\",\"card\":\"c1\"}", -EBADMSG},
		{"{\"event\":\"card-gone\"}", -EBADMSG},
		{"{\"event\":\"file-copied\",\"file\":7}", -EBADMSG},
		{"{\"event\":\"file-copied\",\"file\":\"a\\u001b\"}", -EBADMSG},
		{"{\"event\":\"card-done\"}", -EBADMSG},
		{"{\"reply\":\"1\",\"ok\":true}", -EBADMSG},
		{"{\"reply\":1,\"ok\":1}", -EBADMSG},
		{"{\"reply\":1,\"ok\":false}", -EBADMSG},
		{"{\"reply\":1,\"ok\":false,\"code\":\"ok\",\"sentence\":\"\",\"remedy\":\"\"}",
			-EBADMSG},
		{"{\"reply\":1,\"ok\":false,\"code\":\"busy\"}", -EBADMSG},
		{"{\"event\":\"x\",\"a\":[[[[[[[[]]]]]]]]}", -EMSGSIZE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message message;
		int r = decode(cases[i].line, &message);

		if (r != cases[i].result)
			fail_msg("%s: %d", cases[i].line, r);
	}
}

static void test_message_what_a_newer_daemon_adds_is_ignored(void **state)
{
	struct message message;

	(void)state;
	assert_int_equal(decode("{\"event\":\"weather\",\"seq\":5,\"rain\":true}", &message), 0);
	assert_int_equal(message.type, MESSAGE_UNKNOWN);
	assert_int_equal(message.seq, 5);
	message_finish(&message);

	assert_int_equal(decode("{\"event\":\"card\",\"card\":\"c1\",\"fault\":\"new-fault\","
				"\"commands\":[\"eject\",\"dance\"],\"moon\":{\"is\":[\"full\"]}}",
				 &message),
		0);
	assert_int_equal(message.card->fault, FAULT_INTERNAL);
	assert_int_equal(message.card->commands, COMMAND_BIT(COMMAND_EJECT));
	message_finish(&message);

	assert_int_equal(decode("{\"reply\":1,\"ok\":false,\"code\":\"rainy\",\"sentence\":\"a\","
				"\"remedy\":\"b\"}",
				 &message),
		0);
	assert_int_equal(message.reply.code, REPLY_FAILED);
	assert_string_equal(message.reply.sentence, "a");
	message_finish(&message);
}

static void test_message_more_than_there_is_room_for_is_left_out(void **state)
{
	CLEANUP(freep) char *line = malloc(100000);
	struct message message;
	size_t used;

	(void)state;
	used = (size_t)sprintf(line,
		"{\"event\":\"snapshot\",\"tank\":{},\"cards\":[{\"card\":\"c0\",\"errors\":[{}");
	for (int i = 0; i < 40; i++)
		used += (size_t)sprintf(line + used, ",{\"file\":\"f%d\"}", i);
	used += (size_t)sprintf(line + used, "]}");
	for (int i = 1; i < 40; i++)
		used += (size_t)sprintf(line + used, ",{\"card\":\"c%d\"}", i);
	(void)sprintf(line + used, "]}");

	assert_int_equal(decode(line, &message), 0);
	assert_int_equal(message.snapshot->cards_count, MODEL_CARDS_MAX);
	assert_int_equal(message.snapshot->cards[0].errors_count, MODEL_CARD_ERRORS_MAX);
	message_finish(&message);
}

static void test_message_a_path_that_does_not_fit_is_no_path(void **state)
{
	CLEANUP(freep) char *line = malloc(10000);
	char path[MODEL_PATH_BYTES + 1];
	struct message message;

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	(void)sprintf(line,
		"{\"event\":\"card\",\"card\":\"c1\",\"newest_thumbnail\":\"%s\",\"label\":\"%s\"}",
		path, path);
	assert_int_equal(decode(line, &message), 0);
	assert_string_equal(message.card->newest_thumbnail, "");
	assert_int_equal(strlen(message.card->label), MODEL_LABEL_BYTES - 1);
	message_finish(&message);
}

static void test_message_nothing_unsafe_to_look_at_gets_into_the_model(void **state)
{
	struct message message;

	(void)state;
	assert_int_equal(
		decode("{\"event\":\"tank\",\"headline\":\"a\\u001b[2J\\u202eb\"}", &message), 0);
	assert_string_equal(message.tank->headline, "a?[2J?b");
	message_finish(&message);
}

static void test_message_a_line_is_bounded_before_it_is_parsed(void **state)
{
	CLEANUP(freep) char *line = malloc(MESSAGE_EVENT_BYTES_MAX + 1);
	struct message message;

	(void)state;
	memset(line, ' ', MESSAGE_EVENT_BYTES_MAX + 1);
	memcpy(line, "{\"event\":\"sync\"}", 16);
	assert_int_equal(message_decode(line, MESSAGE_EVENT_BYTES_MAX, &message), 0);
	message_finish(&message);
	assert_int_equal(message_decode(line, MESSAGE_EVENT_BYTES_MAX + 1, &message), -EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_every_kind_of_line_is_read_back_as_written),
		cmocka_unit_test(test_message_every_field_of_the_state_arrives),
		cmocka_unit_test(test_message_an_empty_state_is_read_back_as_written),
		cmocka_unit_test(test_message_the_fullest_snapshot_is_within_the_bound),
		cmocka_unit_test(test_message_progress_carries_nothing_but_what_moves),
		cmocka_unit_test(test_message_a_fault_brings_its_three_sentences),
		cmocka_unit_test(test_message_bad_bytes_in_a_field_do_not_cost_the_line),
		cmocka_unit_test(test_message_what_is_no_line_of_the_daemon_is_refused),
		cmocka_unit_test(test_message_what_a_newer_daemon_adds_is_ignored),
		cmocka_unit_test(test_message_more_than_there_is_room_for_is_left_out),
		cmocka_unit_test(test_message_a_path_that_does_not_fit_is_no_path),
		cmocka_unit_test(test_message_nothing_unsafe_to_look_at_gets_into_the_model),
		cmocka_unit_test(test_message_a_line_is_bounded_before_it_is_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
