/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_mirror.c - a mirror that is fed with the differences ends up with the
 * daemon's state, whatever happens to that; and never shows more than it knows.
 */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/client/model.h"
#include "core/protocol/diff.h"
#include "core/summary.h"

struct pair {
	struct tank_model *daemon, *published, *mirror;
	uint64_t seq;
	uint32_t changed;
	unsigned int cards_ever, lines_count;
};

static int feed(struct pair *pair, const char *line)
{
	struct message message;
	int r = message_decode(line, strlen(line), &message);

	assert_int_equal(r, 0);
	model_apply(pair->mirror, &message, &pair->changed);
	message_finish(&message);
	return 0;
}

static int on_line(enum message_type type, const char *card_id, const char *line, void *userdata)
{
	struct pair *pair = userdata;

	(void)type;
	(void)card_id;
	pair->lines_count++;
	return feed(pair, line);
}

static void greet(struct pair *pair, bool may_command)
{
	const struct message_hello hello = {PROTOCOL_MAJOR, PROTOCOL_MINOR, "1.2", may_command};
	CLEANUP(freep) char *hello_line = message_encode_hello(&hello);
	CLEANUP(freep) char *snapshot = NULL;

	summary_update(pair->daemon);
	snapshot = message_encode_snapshot(pair->daemon, pair->seq++);
	(void)feed(pair, hello_line);
	(void)feed(pair, snapshot);
	*pair->published = *pair->daemon;
}

static int make_pair(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	if (!pair)
		return -1;
	pair->daemon = model_new();
	pair->published = model_new();
	pair->mirror = model_new();
	pair->seq = 1;
	pair->daemon->tank.is_ready = pair->daemon->tank.is_mounted = true;
	summary_update(pair->daemon);
	*state = pair;
	return pair->daemon && pair->published && pair->mirror ? 0 : -1;
}

static int drop_pair(void **state)
{
	struct pair *pair = *state;

	model_free(pair->daemon);
	model_free(pair->published);
	model_free(pair->mirror);
	free(pair);
	return 0;
}

/* The daemon publishes what has changed, and the mirror applies it. */
static void publish(struct pair *pair)
{
	CLEANUP(freep) char *sync = NULL;
	int r;

	pair->changed = 0;
	pair->lines_count = 0;
	summary_update(pair->daemon);
	r = message_diff(pair->published, pair->daemon, &pair->seq, on_line, pair);
	assert_true(r >= 0);
	assert_int_equal(r, pair->lines_count > 0);
	*pair->published = *pair->daemon;
	sync = message_encode_sync(pair->seq++, 1000);
	(void)feed(pair, sync);
}

static void assert_same(struct pair *pair)
{
	CLEANUP(freep) char *mine = NULL;
	CLEANUP(freep) char *theirs = NULL;

	pair->mirror->time_s = pair->daemon->time_s; /* of the snapshot, not of now */
	mine = message_encode_snapshot(pair->mirror, 1);
	theirs = message_encode_snapshot(pair->daemon, 1);
	if (strcmp(mine, theirs) != 0)
		fail_msg("mirror: %s\ndaemon: %s", mine, theirs);
}

/* --- the property --- */

static unsigned int dice(unsigned int sides)
{
	static unsigned int seed = 20260601;

	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % sides;
}

static void random_text(char *field, size_t field_bytes)
{
	static const char *const words[] = {"", "EOS_DIGITAL", "\\x1b[2J", "\"", "caf\xc3\xa9",
		"\xe6\x97\xa5\xe6\x9c\xac", "DCIM/100CANON/IMG_0001.JPG",
		"a longer one with spaces"};

	model_set_text(field, field_bytes, words[dice(8)]);
}

static void random_counts(struct import_counts *counts)
{
	counts->files_selected = dice(30);
	counts->files_copied = dice(30);
	counts->files_known = dice(5);
	counts->files_failed = dice(4) ? 0 : dice(3);
	counts->files_left_out = dice(9);
	counts->bytes_selected = dice(100000);
	counts->bytes_copied = dice(100000);
	counts->bytes_to_verify = dice(100000);
	counts->bytes_verified = dice(100000);
}

static struct model_card *random_card(struct pair *pair)
{
	struct tank_model *model = pair->daemon;

	return model->cards_count ? &model->cards[dice(model->cards_count)] : NULL;
}

static void put_in(struct pair *pair)
{
	char id[MODEL_ID_BYTES];
	struct model_card *card;

	assert_true(text_format(id, sizeof(id), "c%u", ++pair->cards_ever));
	card = model_card_add(pair->daemon, id);
	if (!card)
		return;
	random_text(card->label, sizeof(card->label));
	random_text(card->camera, sizeof(card->camera));
}

static void change_card(struct model_card *card)
{
	card->state = (enum card_state)dice(CARD_STATES_COUNT);
	card->waiting = card->state == CARD_WAITING
		? (enum waiting_reason)dice(WAITING_REASONS_COUNT)
		: WAITING_NONE;
	card->verdict = (enum verdict)dice(VERDICTS_COUNT);
	card->is_mounted = dice(2);
	card->is_acknowledged = dice(2);
	card->fault = dice(2) ? FAULT_NONE : (enum fault)dice(FAULTS_COUNT);
	card->bytes_missing = dice(2) ? 0 : dice(1000);
}

static void move_card(struct model_card *card)
{
	random_counts(&card->counts);
	card->rate_bytes_per_s = dice(20000000);
	card->eta_s = dice(3) ? dice(500) : EVENT_ETA_UNKNOWN;
	random_text(card->file, sizeof(card->file));
	random_text(card->newest_thumbnail, sizeof(card->newest_thumbnail));
}

static void change_tank(struct model_tank *tank)
{
	tank->is_mounted = dice(4) > 0;
	tank->fault = dice(2) ? FAULT_NONE : (enum fault)dice(FAULTS_COUNT);
	tank->halting = dice(8) ? HALTING_NONE : (enum halting_reason)dice(HALTING_REASONS_COUNT);
	tank->good_ends_count = dice(5);
	random_text(tank->disk_label, sizeof(tank->disk_label));
}

static void add_note(struct tank_model *model)
{
	struct model_message note = {.time_s = dice(1000), .level = (enum message_level)dice(4)};

	random_text(note.text, sizeof(note.text));
	model_add_message(model, &note);
}

static void add_import(struct tank_model *model)
{
	struct model_import import = {
		.time_s = dice(1000), .verdict = (enum verdict)dice(VERDICTS_COUNT)};

	random_counts(&import.counts);
	model_add_import(model, &import);
}

static void happen(struct pair *pair)
{
	struct model_card *card = random_card(pair);

	switch (dice(10)) {
	case 0:
		put_in(pair);
		break;
	case 1:
		if (card && !dice(3))
			model_card_remove(pair->daemon, card->id);
		break;
	case 2:
		if (card)
			change_card(card);
		break;
	case 3:
	case 4:
	case 5:
		if (card)
			move_card(card);
		break;
	case 6:
		change_tank(&pair->daemon->tank);
		break;
	case 7:
		pair->daemon->tank.free_bytes = dice(1000000);
		break;
	case 8:
		add_note(pair->daemon);
		break;
	default:
		if (card)
			model_card_add_error(card, FAULT_FILE_UNREADABLE, "DCIM/x.jpg");
		if (card)
			model_card_add_left_out(card, dice(2) ? "system" : "link");
		add_import(pair->daemon);
	}
}

static void test_mirror_equals_the_daemon_after_any_changes(void **state)
{
	struct pair *pair = *state;

	greet(pair, true);
	for (int i = 0; i < 400; i++) {
		for (unsigned int n = dice(6); n > 0; n--)
			happen(pair);
		publish(pair);
		assert_same(pair);
	}
	assert_true(pair->cards_ever > 30);
}

static void test_mirror_a_snapshot_replaces_everything(void **state)
{
	struct pair *pair = *state;

	greet(pair, true);
	for (int i = 0; i < 50; i++)
		happen(pair);
	greet(pair, true);
	assert_same(pair);
	assert_int_equal(pair->changed & CHANGED_ALL, CHANGED_ALL);
}

/* --- what changed --- */

static void test_mirror_progress_is_told_as_progress_only(void **state)
{
	struct pair *pair = *state;
	struct model_card *card = model_card_add(pair->daemon, "c1");

	card->state = CARD_COPYING;
	card->counts.files_selected = 10;
	card->counts.bytes_selected = 1000;
	greet(pair, true);
	card->counts.files_copied = 1;
	card->counts.bytes_copied = 500;
	publish(pair);

	assert_int_equal(pair->changed, CHANGED_PROGRESS);
	assert_int_equal(pair->mirror->cards[0].counts.files_copied, 1);
	assert_int_equal(pair->mirror->tank.progress_permille, 500);
	assert_int_equal(pair->lines_count, 1);
}

static void test_mirror_a_change_of_state_is_told_as_such(void **state)
{
	struct pair *pair = *state;
	struct model_card *card = model_card_add(pair->daemon, "c1");

	card->state = CARD_COPYING;
	greet(pair, true);
	card->state = CARD_VERIFYING;
	publish(pair);

	assert_true(pair->changed & CHANGED_CARDS);
	assert_true(pair->changed & CHANGED_TANK); /* the headline */
	assert_false(pair->changed & (CHANGED_MESSAGES | CHANGED_HISTORY | CHANGED_CONNECTION));
}

static void test_mirror_nothing_changed_is_nothing_told(void **state)
{
	struct pair *pair = *state;

	greet(pair, true);
	publish(pair);

	assert_int_equal(pair->changed, 0);
	assert_int_equal(pair->lines_count, 0);
	assert_int_equal(pair->mirror->sync_time_usec, 1000);
}

static void test_mirror_free_space_alone_is_progress(void **state)
{
	struct pair *pair = *state;

	(void)model_card_add(pair->daemon, "c1");
	greet(pair, true);
	pair->daemon->tank.free_bytes = 5;
	publish(pair);

	assert_int_equal(pair->changed & ~(uint32_t)CHANGED_PROGRESS, 0);
	assert_int_equal(pair->mirror->tank.free_bytes, 5);
}

static void test_mirror_messages_and_history_come_one_by_one(void **state)
{
	struct pair *pair = *state;

	greet(pair, true);
	add_note(pair->daemon);
	add_note(pair->daemon);
	publish(pair);
	assert_int_equal(pair->changed, CHANGED_MESSAGES);
	assert_int_equal(pair->lines_count, 2);
	add_import(pair->daemon);
	publish(pair);
	assert_int_equal(pair->changed, CHANGED_HISTORY);
	assert_same(pair);
}

static void test_mirror_a_message_that_comes_again_is_told_again(void **state)
{
	const struct model_message ping = {.text = "ping"}, pong = {.text = "pong"};
	struct pair *pair = *state;

	model_add_message(pair->daemon, &ping);
	greet(pair, true);
	model_add_message(pair->daemon, &pong);
	model_add_message(pair->daemon, &ping);
	publish(pair);
	assert_same(pair);
	model_add_message(pair->daemon, &ping);
	publish(pair);
	assert_same(pair);
	assert_int_equal(pair->mirror->messages_count, 4);
}

/* --- connections --- */

static void test_mirror_before_the_snapshot_nothing_is_believed(void **state)
{
	struct pair *pair = *state;

	(void)feed(pair, "{\"event\":\"card\",\"seq\":1,\"card\":\"c1\",\"may_remove\":true}");
	(void)feed(pair, "{\"event\":\"tank\",\"seq\":1,\"headline\":\"Safe to remove\"}");

	assert_int_equal(pair->mirror->connection, CONNECTION_CONNECTING);
	assert_int_equal(pair->mirror->cards_count, 0);
	assert_string_equal(pair->mirror->tank.headline, "");
}

static void test_mirror_a_lost_connection_leaves_no_promise(void **state)
{
	struct pair *pair = *state;
	struct model_card *card = model_card_add(pair->daemon, "c1");

	card->state = CARD_UNMOUNTED;
	card->verdict = VERDICT_SAFE_TO_FORMAT;
	summary_update(pair->daemon);
	add_note(pair->daemon);
	greet(pair, true);
	assert_true(pair->mirror->cards[0].may_format);
	assert_true(pair->mirror->tank.is_done);

	pair->changed = 0;
	model_disconnect(pair->mirror, 777, &pair->changed);

	assert_int_equal(pair->mirror->connection, CONNECTION_NONE);
	assert_true(pair->mirror->connection_since_usec == 777);
	assert_int_equal(pair->mirror->cards_count, 0);
	assert_int_equal(pair->mirror->tank.state, TANK_STARTING);
	assert_false(pair->mirror->tank.is_done);
	assert_int_equal(pair->mirror->tank.next_command, COMMAND_NONE);
	assert_string_equal(pair->mirror->tank.headline, "No connection to imgtank");
	assert_int_equal(pair->mirror->messages_count, 1);
	assert_int_equal(pair->changed, CHANGED_ALL);
}

/* The daemon goes before the power does: nobody shall see "no connection" meanwhile. */
static void test_mirror_a_box_that_shuts_down_still_does_without_its_daemon(void **state)
{
	struct pair *pair = *state;

	pair->daemon->tank.is_ready = true;
	pair->daemon->tank.halting = HALTING_POWEROFF;
	summary_update(pair->daemon);
	greet(pair, true);
	model_disconnect(pair->mirror, 777, &pair->changed);
	assert_int_equal(pair->mirror->connection, CONNECTION_NONE);
	assert_int_equal(pair->mirror->tank.state, TANK_HALTING);
	assert_string_equal(pair->mirror->tank.headline, "Shutting down");
	assert_int_equal(pair->mirror->tank.commands, 0);
	/* One that only stopped is gone, and that is said. */
	pair->daemon->tank.halting = HALTING_STOP;
	summary_update(pair->daemon);
	greet(pair, true);
	model_disconnect(pair->mirror, 888, &pair->changed);
	assert_int_equal(pair->mirror->tank.state, TANK_STARTING);
}

static void test_mirror_the_time_of_the_loss_stays_while_it_lasts(void **state)
{
	struct pair *pair = *state;

	greet(pair, true);
	model_disconnect(pair->mirror, 777, &pair->changed);
	model_disconnect(pair->mirror, 888, &pair->changed);
	assert_true(pair->mirror->connection_since_usec == 777);
}

static void test_mirror_offers_no_commands_to_those_who_may_only_watch(void **state)
{
	struct pair *pair = *state;
	struct model_card *card = model_card_add(pair->daemon, "c1");

	card->state = CARD_WAITING;
	card->waiting = WAITING_ASK;
	summary_update(pair->daemon);
	greet(pair, false);
	assert_int_equal(pair->mirror->cards[0].commands, 0);
	assert_int_equal(pair->mirror->tank.commands, 0);
	assert_int_equal(pair->mirror->tank.next_command, COMMAND_NONE);

	card->is_mounted = true;
	publish(pair);
	assert_int_equal(pair->mirror->cards[0].commands, 0);
	pair->daemon->tank.good_ends_count++;
	publish(pair);
	assert_int_equal(pair->mirror->tank.commands, 0);
	assert_string_equal(pair->mirror->tank.next_card, "");
}

/* --- states from files --- */

static void test_mirror_a_state_of_facts_gets_its_words(void **state)
{
	static const char text[] =
		"{\"tank\":{\"is_ready\":true,\"is_mounted\":true},\n\"cards\":[{\"card\":\"c1\","
		"\"label\":\"EOS\",\"state\":\"waiting\",\"waiting\":\"ask\"}]}\n";
	struct pair *pair = *state;

	assert_int_equal(model_from_json(pair->mirror, text, strlen(text)), 0);
	assert_int_equal(pair->mirror->connection, CONNECTION_UP);
	assert_string_equal(pair->mirror->tank.headline, "Copy EOS?");
	assert_int_equal(pair->mirror->tank.next_command, COMMAND_CONFIRM);
}

static void test_mirror_a_state_with_words_keeps_them(void **state)
{
	static const char text[] = "{\"event\":\"snapshot\",\"tank\":{\"state\":\"idle\","
				   "\"headline\":\"As it was\"}}";
	struct pair *pair = *state;

	assert_int_equal(model_from_json(pair->mirror, text, strlen(text)), 0);
	assert_string_equal(pair->mirror->tank.headline, "As it was");
}

static void test_mirror_what_is_no_state_is_refused(void **state)
{
	static const char *const texts[] = {"", "{}", "[]", "{\"event\":\"tank\",\"tank\":{}}",
		"{\"tank\":{\"state\":\"asleep\"}}", "{\"tank\":{}}\n{\"tank\":{}}"};
	struct pair *pair = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(
			model_from_json(pair->mirror, texts[i], strlen(texts[i])), -EBADMSG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_pair, drop_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mirror_equals_the_daemon_after_any_changes),
		TEST(test_mirror_a_snapshot_replaces_everything),
		TEST(test_mirror_progress_is_told_as_progress_only),
		TEST(test_mirror_a_change_of_state_is_told_as_such),
		TEST(test_mirror_nothing_changed_is_nothing_told),
		TEST(test_mirror_free_space_alone_is_progress),
		TEST(test_mirror_messages_and_history_come_one_by_one),
		TEST(test_mirror_a_message_that_comes_again_is_told_again),
		TEST(test_mirror_before_the_snapshot_nothing_is_believed),
		TEST(test_mirror_a_lost_connection_leaves_no_promise),
		TEST(test_mirror_a_box_that_shuts_down_still_does_without_its_daemon),
		TEST(test_mirror_the_time_of_the_loss_stays_while_it_lasts),
		TEST(test_mirror_offers_no_commands_to_those_who_may_only_watch),
		TEST(test_mirror_a_state_of_facts_gets_its_words),
		TEST(test_mirror_a_state_with_words_keeps_them),
		TEST(test_mirror_what_is_no_state_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
