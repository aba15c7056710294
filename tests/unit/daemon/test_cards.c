/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_cards.c - a card's life in the worst order: what source, worker, mount and
 * people do is played by this test, one step at a time.
 */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/daemon/daemon_priv.h"
#include "core/daemon/mount.h"
#include "core/daemon/worker.h"
#include "core/summary.h"

#define KEY "disk/by-path/1"

struct worker {
	const struct worker_handler *handler;
	void *userdata;
	bool is_stopped;
};

struct mount_job {
	mount_done_fn done;
	void *userdata;
	bool is_undo, is_lazy;
};

/* What was begun last and has not ended. */
static struct worker *the_worker;
static struct mount_job *the_job;
static unsigned int workers_count, undo_count, power_down_count, notes_count;
static bool must_worker_fail, is_tank_there;

/* --- what cards.c calls --- */

int worker_new(struct worker **ret, sd_event *event, const struct worker_options *options,
	const struct worker_handler *handler, void *userdata)
{
	(void)event;
	assert_non_null(options->source_path);
	assert_null(the_worker);
	if (must_worker_fail)
		return -EAGAIN;
	*ret = the_worker = calloc(1, sizeof(**ret));
	assert_non_null(the_worker);
	the_worker->handler = handler;
	the_worker->userdata = userdata;
	workers_count++;
	return 0;
}

void worker_stop(struct worker *worker)
{
	worker->is_stopped = true;
}

void worker_free(struct worker *worker)
{
	if (worker == the_worker)
		the_worker = NULL;
	free(worker);
}

static int new_job(struct mount_job **ret, mount_done_fn done, void *userdata)
{
	assert_null(the_job);
	*ret = the_job = calloc(1, sizeof(**ret));
	assert_non_null(the_job);
	the_job->done = done;
	the_job->userdata = userdata;
	return 0;
}

int mount_begin(struct mount_job **ret, sd_event *event, const char *device, const char *fs_type,
	const char *folder, mount_done_fn done, void *userdata)
{
	(void)event;
	(void)device;
	(void)fs_type;
	(void)folder;
	return new_job(ret, done, userdata);
}

int mount_undo(struct mount_job **ret, sd_event *event, const char *folder, bool is_lazy,
	mount_done_fn done, void *userdata)
{
	int r = new_job(ret, done, userdata);

	(void)event;
	assert_non_null(folder);
	the_job->is_undo = true;
	the_job->is_lazy = is_lazy;
	undo_count++;
	return r;
}

int mount_power_down(struct mount_job **ret, sd_event *event, const char *disk_node,
	mount_done_fn done, void *userdata)
{
	(void)event;
	assert_string_equal(disk_node, "/dev/whole");
	power_down_count++;
	return new_job(ret, done, userdata);
}

void mount_job_free(struct mount_job *job)
{
	if (job == the_job)
		the_job = NULL;
	free(job);
}

void daemon_touch(struct daemon *daemon)
{
	(void)daemon;
}

void daemon_tell_followers(struct daemon *daemon, const struct event *event, const char *card_id)
{
	(void)daemon;
	(void)event;
	(void)card_id;
}

int64_t daemon_time_s(const struct daemon *daemon)
{
	(void)daemon;
	return 0;
}

void daemon_note(struct daemon *daemon, enum message_level level, enum fault fault,
	const char *card, const char *format, ...)
{
	(void)daemon;
	(void)level;
	(void)fault;
	(void)card;
	(void)format;
	notes_count++;
}

bool daemon_knows_card(const struct daemon *daemon, const char *identity)
{
	(void)daemon;
	(void)identity;
	return false;
}

void daemon_remember_card(struct daemon *daemon, const char *identity)
{
	(void)daemon;
	(void)identity;
}

void daemon_settle(struct daemon *daemon)
{
	(void)daemon;
}

void tank_watch_look(struct tank_watch *watch)
{
	(void)watch;
}

void tank_watch_fill(const struct tank_watch *watch, struct model_tank *tank)
{
	(void)watch;
	tank->is_mounted = is_tank_there;
	tank->fault = is_tank_there ? FAULT_NONE : FAULT_TANK_MISSING;
}

/* --- the source, which is told of ends --- */

static unsigned int ends_count;
static enum verdict told_verdict;

static void on_source_ended(struct source *source, const char *key, const struct model_card *card)
{
	(void)source;
	assert_string_equal(key, KEY);
	ends_count++;
	told_verdict = card->verdict;
}

static const struct source_ops source_ops = {.name = "test", .ended = on_source_ended};

/* --- the world --- */

struct fixture {
	struct daemon daemon;
	struct daemon_options options;
	struct source source;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	log_set_level(LOG_LEVEL_ERROR);
	if (!fixture || sd_event_new(&fixture->daemon.event) < 0)
		return -1;
	fixture->options.workers_max = 2;
	fixture->options.start = CONFIG_START_AUTO;
	fixture->options.tank_path = "/nowhere";
	fixture->daemon.options = &fixture->options;
	fixture->daemon.model = model_new();
	is_tank_there = true;
	must_worker_fail = false;
	workers_count = undo_count = power_down_count = ends_count = 0;
	fixture->source.ops = &source_ops;
	tank_watch_fill(NULL, &fixture->daemon.model->tank);
	*state = fixture;
	return fixture->daemon.model ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	cards_free(&fixture->daemon);
	model_free(fixture->daemon.model);
	(void)sd_event_unref(fixture->daemon.event);
	free(fixture);
	return the_worker || the_job ? -1 : 0;
}

/* The end of a turn of the loop. */
static void settle(struct fixture *fixture)
{
	cards_go_on(&fixture->daemon);
	summary_update(fixture->daemon.model);
}

static void insert_as(struct fixture *fixture, bool must_ask)
{
	const struct source_card told = {.key = KEY,
		.label = "EOS",
		.slot = "slot 1",
		.identity = "uuid-1",
		.device = "/dev/none",
		.fs_type = "vfat",
		.is_supported = true,
		.slot_device = "/dev/whole",
		.must_ask = must_ask};

	cards_source_handler.inserted(&fixture->daemon, &fixture->source, &told);
	settle(fixture);
}

static void insert(struct fixture *fixture)
{
	insert_as(fixture, false);
}

static void pull(struct fixture *fixture)
{
	cards_source_handler.removed(&fixture->daemon, &fixture->source, KEY);
	settle(fixture);
}

static void end_job(struct fixture *fixture, int error)
{
	assert_non_null(the_job);
	the_job->done(the_job->userdata, error);
	settle(fixture);
}

static void end_worker(struct fixture *fixture, bool is_in_order)
{
	assert_non_null(the_worker);
	the_worker->handler->ended(the_worker->userdata, is_in_order);
	settle(fixture);
}

static void say(struct fixture *fixture, struct event event)
{
	static const struct import_counts counts = {
		.files_selected = 3, .files_copied = 3, .files_verified = 3};

	event.card = event.label = event.file = event.tank_path = event.camera = "";
	if (!event.counts)
		event.counts = &counts;
	assert_non_null(the_worker);
	the_worker->handler->event(the_worker->userdata, &event);
	settle(fixture);
}

static void say_done(struct fixture *fixture, enum verdict verdict)
{
	say(fixture, (struct event){.type = EVENT_CARD_DONE, .verdict = verdict});
}

static enum reply_code command(struct fixture *fixture, enum command what)
{
	const struct command_request request = {.id = 1, .command = what};
	const char *sentence = NULL, *remedy = NULL;
	enum reply_code code = cards_command(&fixture->daemon, &request, &sentence, &remedy);

	settle(fixture);
	return code;
}

static const struct model_card *only_card(const struct fixture *fixture)
{
	assert_int_equal(fixture->daemon.model->cards_count, 1);
	return &fixture->daemon.model->cards[0];
}

/* Lets timers run out, up to half a second each. */
static void wait_for_job(struct fixture *fixture)
{
	for (int i = 0; i < 4 && !the_job; i++)
		(void)sd_event_run(fixture->daemon.event, 500000);
	assert_non_null(the_job);
	settle(fixture);
}

static void start_copying(struct fixture *fixture)
{
	insert(fixture);
	end_job(fixture, 0);
	say(fixture, (struct event){.type = EVENT_CARD_STATE, .state = CARD_COPYING});
	assert_int_equal(only_card(fixture)->state, CARD_COPYING);
}

static void assert_not_safe(const struct model_card *card)
{
	assert_false(card->may_remove);
	assert_int_not_equal(card->state, CARD_UNMOUNTED);
}

/* --- tests --- */

static void test_cards_safe_only_once_it_is_unmounted(void **state)
{
	struct fixture *fixture = *state;

	start_copying(fixture);
	say_done(fixture, VERDICT_SAFE_TO_FORMAT);
	assert_int_equal(only_card(fixture)->verdict, VERDICT_SAFE_TO_FORMAT);
	assert_int_equal(ends_count, 1);
	assert_int_equal(told_verdict, VERDICT_SAFE_TO_FORMAT);
	assert_not_safe(only_card(fixture));
	assert_true(the_job->is_undo && !the_job->is_lazy);
	end_job(fixture, 0);
	assert_true(only_card(fixture)->may_remove && only_card(fixture)->may_format);
	assert_int_equal(only_card(fixture)->state, CARD_UNMOUNTED);
	end_worker(fixture, true);
	pull(fixture);
	assert_null(fixture->daemon.actors);
}

/* What may be somebody's disk is left alone until somebody says yes. */
static void test_cards_asks_about_a_disk(void **state)
{
	struct fixture *fixture = *state;

	insert_as(fixture, true);
	assert_null(the_job);
	assert_int_equal(only_card(fixture)->state, CARD_WAITING);
	assert_int_equal(only_card(fixture)->waiting, WAITING_ASK);
	assert_int_equal(command(fixture, COMMAND_CONFIRM), REPLY_OK);
	assert_non_null(the_job);
	end_job(fixture, -EBUSY);
}

/* The disk is stopped when somebody says so, and only once nothing uses it. */
static void test_cards_eject_stops_a_disk_that_is_safe(void **state)
{
	struct fixture *fixture = *state;

	insert_as(fixture, true);
	assert_int_equal(command(fixture, COMMAND_CONFIRM), REPLY_OK);
	end_job(fixture, 0);
	say(fixture, (struct event){.type = EVENT_CARD_STATE, .state = CARD_COPYING});
	assert_int_equal(command(fixture, COMMAND_EJECT), REPLY_NOT_NOW);
	say_done(fixture, VERDICT_SAFE_TO_FORMAT);
	assert_int_equal(command(fixture, COMMAND_EJECT), REPLY_OK);
	assert_int_equal(power_down_count, 0);
	end_job(fixture, 0);
	assert_int_equal(power_down_count, 1);
	assert_true(only_card(fixture)->may_remove && only_card(fixture)->may_format);
	end_job(fixture, -ENOTTY); /* what the disk says to that changes nothing */
	assert_true(only_card(fixture)->may_remove && only_card(fixture)->may_format);
	assert_int_equal(command(fixture, COMMAND_EJECT), REPLY_NOT_NOW);
	end_worker(fixture, true);
	pull(fixture);
	assert_null(fixture->daemon.actors);
}

static void test_cards_eject_stops_no_disk_that_could_not_be_unmounted(void **state)
{
	struct fixture *fixture = *state;

	start_copying(fixture);
	say_done(fixture, VERDICT_SAFE_TO_FORMAT);
	assert_int_equal(command(fixture, COMMAND_EJECT), REPLY_OK);
	end_job(fixture, -EBUSY);
	assert_int_equal(power_down_count, 0);
	wait_for_job(fixture);
	end_job(fixture, 0);
	assert_int_equal(power_down_count, 1);
	pull(fixture);
	end_job(fixture, 0);
	end_worker(fixture, true);
	assert_null(fixture->daemon.actors);
}

/* Whatever umount(2) says, and whoever asks: as long as it failed nothing is safe. */
static void test_cards_not_safe_when_it_cannot_be_unmounted(void **state)
{
	struct fixture *fixture = *state;
	static const int errors[] = {-EBUSY, -EIO, -EPERM};

	start_copying(fixture);
	say_done(fixture, VERDICT_SAFE_TO_FORMAT);
	end_worker(fixture, true);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		end_job(fixture, errors[i]);
		assert_not_safe(only_card(fixture));
		assert_int_equal(command(fixture, COMMAND_EJECT), REPLY_OK);
		assert_not_safe(only_card(fixture));
		if (!the_job)
			wait_for_job(fixture);
		assert_not_safe(only_card(fixture));
	}
	end_job(fixture, 0);
	assert_int_equal(only_card(fixture)->state, CARD_UNMOUNTED);
}

static void test_cards_pulled_during_unmount_is_let_go_lazily(void **state)
{
	struct fixture *fixture = *state;

	start_copying(fixture);
	say_done(fixture, VERDICT_SAFE_TO_FORMAT);
	pull(fixture);
	assert_int_equal(fixture->daemon.model->cards_count, 0);
	end_job(fixture, -EBUSY);
	if (!the_job)
		wait_for_job(fixture);
	assert_true(the_job->is_lazy);
	end_job(fixture, 0);
	end_worker(fixture, true);
	assert_null(fixture->daemon.actors);
}

static void test_cards_lazy_unmount_says_nothing_of_safe(void **state)
{
	struct fixture *fixture = *state;

	start_copying(fixture);
	pull(fixture);
	assert_int_equal(only_card(fixture)->state, CARD_REMOVED_EARLY);
	assert_true(the_job->is_lazy && the_worker->is_stopped);
	end_job(fixture, 0);
	assert_int_equal(only_card(fixture)->state, CARD_REMOVED_EARLY);
	assert_false(only_card(fixture)->may_remove || only_card(fixture)->may_format);
	/* Too late: its words about a card that is gone. */
	say_done(fixture, VERDICT_SAFE_TO_FORMAT);
	assert_int_equal(only_card(fixture)->verdict, VERDICT_INCOMPLETE);
	assert_false(only_card(fixture)->may_format);
	end_worker(fixture, true);
	assert_null(fixture->daemon.actors);
	assert_int_equal(command(fixture, COMMAND_ACK), REPLY_OK);
	assert_int_equal(fixture->daemon.model->cards_count, 0);
}

static void test_cards_same_one_back_at_once_waits_for_its_old_worker(void **state)
{
	struct fixture *fixture = *state;

	start_copying(fixture);
	pull(fixture);
	insert(fixture);
	assert_int_equal(only_card(fixture)->state, CARD_WAITING);
	assert_int_equal(only_card(fixture)->waiting, WAITING_TURN);
	/* What the old worker says is not about the card that is in now. */
	say_done(fixture, VERDICT_SAFE_TO_FORMAT);
	assert_int_equal(only_card(fixture)->verdict, VERDICT_NONE);
	assert_false(only_card(fixture)->may_format);
	end_job(fixture, 0);
	end_worker(fixture, true);
	assert_int_equal(only_card(fixture)->state, CARD_SCANNING);
	end_job(fixture, 0);
	assert_int_equal(workers_count, 2);
	end_worker(fixture, false);
	end_job(fixture, 0);
}

static void test_cards_worker_without_a_verdict_has_failed(void **state)
{
	struct fixture *fixture = *state;

	start_copying(fixture);
	end_worker(fixture, true);
	assert_int_equal(only_card(fixture)->verdict, VERDICT_FAILED);
	assert_int_equal(only_card(fixture)->fault, FAULT_INTERNAL);
	end_job(fixture, 0);
	assert_true(only_card(fixture)->may_remove && !only_card(fixture)->may_format);
}

static void test_cards_second_verdict_does_not_count(void **state)
{
	struct fixture *fixture = *state;

	start_copying(fixture);
	say_done(fixture, VERDICT_INCOMPLETE);
	say_done(fixture, VERDICT_SAFE_TO_FORMAT);
	assert_int_equal(only_card(fixture)->verdict, VERDICT_INCOMPLETE);
	end_job(fixture, 0);
	assert_false(only_card(fixture)->may_format);
	end_worker(fixture, true);
}

/* A verdict that its own numbers deny is not believed. */
static void test_cards_safe_with_failed_files_is_incomplete(void **state)
{
	struct fixture *fixture = *state;
	static const struct import_counts denied[] = {
		{.files_selected = 3, .files_copied = 2, .files_verified = 3, .files_failed = 1},
		{.files_selected = 3, .files_copied = 3, .files_verified = 3, .folders_failed = 1},
		{.files_selected = 3, .files_copied = 1, .files_verified = 3, .files_known = 1},
		{.files_selected = 3, .files_copied = 3, .files_verified = 2},
	};

	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
		start_copying(fixture);
		say(fixture,
			(struct event){.type = EVENT_CARD_DONE,
				.verdict = VERDICT_SAFE_TO_FORMAT,
				.counts = &denied[i]});
		end_job(fixture, 0);
		assert_int_equal(only_card(fixture)->verdict, VERDICT_INCOMPLETE);
		assert_false(only_card(fixture)->may_format);
		end_worker(fixture, true);
		pull(fixture);
	}
}

static void test_cards_tank_gone_at_the_end_waits_and_claims_nothing(void **state)
{
	struct fixture *fixture = *state;

	start_copying(fixture);
	is_tank_there = false;
	say(fixture,
		(struct event){.type = EVENT_CARD_DONE,
			.verdict = VERDICT_FAILED,
			.fault = FAULT_TANK_MISSING});
	assert_int_equal(only_card(fixture)->state, CARD_WAITING);
	assert_int_equal(only_card(fixture)->waiting, WAITING_NO_TANK);
	assert_int_equal(only_card(fixture)->verdict, VERDICT_NONE);
	assert_false(only_card(fixture)->may_format);
	end_job(fixture, 0);
	end_worker(fixture, true);
	is_tank_there = true;
	tank_watch_fill(NULL, &fixture->daemon.model->tank);
	settle(fixture);
	assert_int_equal(only_card(fixture)->state, CARD_SCANNING);
	end_job(fixture, -EIO);
	assert_int_equal(only_card(fixture)->verdict, VERDICT_FAILED);
	assert_int_equal(only_card(fixture)->fault, FAULT_CARD_UNREADABLE);
}

static void test_cards_cancel_while_it_is_being_mounted(void **state)
{
	struct fixture *fixture = *state;

	insert(fixture);
	assert_int_equal(command(fixture, COMMAND_CANCEL), REPLY_OK);
	assert_not_safe(only_card(fixture));
	end_job(fixture, 0);
	assert_int_equal(only_card(fixture)->verdict, VERDICT_CANCELLED);
	assert_not_safe(only_card(fixture));
	assert_int_equal(workers_count, 0);
	end_job(fixture, 0);
	assert_int_equal(only_card(fixture)->state, CARD_UNMOUNTED);
}

static void test_cards_pulled_while_it_is_being_mounted(void **state)
{
	struct fixture *fixture = *state;

	insert(fixture);
	pull(fixture);
	assert_int_equal(only_card(fixture)->state, CARD_REMOVED_EARLY);
	end_job(fixture, 0);
	assert_true(the_job->is_undo && the_job->is_lazy);
	end_job(fixture, 0);
	assert_null(fixture->daemon.actors);
	assert_int_equal(workers_count, 0);
}

static void test_cards_without_a_worker_has_failed(void **state)
{
	struct fixture *fixture = *state;

	must_worker_fail = true;
	insert(fixture);
	end_job(fixture, 0);
	assert_int_equal(only_card(fixture)->verdict, VERDICT_FAILED);
	end_job(fixture, 0);
	assert_int_equal(only_card(fixture)->state, CARD_UNMOUNTED);
}

/* An unmount that fails for good must not keep the machine from going down. */
static void test_cards_stop_does_not_wait_for_an_unmount_that_fails(void **state)
{
	struct fixture *fixture = *state;

	start_copying(fixture);
	say_done(fixture, VERDICT_COPIED);
	end_worker(fixture, true);
	fixture->daemon.halting = HALTING_STOP;
	cards_stop(&fixture->daemon);
	assert_true(cards_are_busy(&fixture->daemon));
	end_job(fixture, -EIO);
	assert_false(cards_are_busy(&fixture->daemon));
	assert_not_safe(only_card(fixture));
}

static void test_cards_say_what_they_cannot_do_now(void **state)
{
	struct fixture *fixture = *state;
	/* When, and what is refused then; the rest of the commands is obeyed. */
	static const enum command while_copying[] = {
		COMMAND_CONFIRM, COMMAND_EJECT, COMMAND_RETRY, COMMAND_ACK};
	static const enum command when_safe[] = {
		COMMAND_CONFIRM, COMMAND_CANCEL, COMMAND_EJECT, COMMAND_RETRY, COMMAND_ACK};

	start_copying(fixture);
	for (size_t i = 0; i < sizeof(while_copying) / sizeof(while_copying[0]); i++)
		assert_int_equal(command(fixture, while_copying[i]), REPLY_NOT_NOW);
	assert_int_equal(only_card(fixture)->state, CARD_COPYING);
	say_done(fixture, VERDICT_COPIED);
	end_worker(fixture, true);
	end_job(fixture, 0);
	for (size_t i = 0; i < sizeof(when_safe) / sizeof(when_safe[0]); i++)
		assert_int_equal(command(fixture, when_safe[i]), REPLY_NOT_NOW);
	assert_int_equal(only_card(fixture)->state, CARD_UNMOUNTED);
}

static bool insert_at(struct fixture *fixture, unsigned int number)
{
	char slot[32];
	const struct source_card told = {
		.key = slot, .label = "EOS", .slot = slot, .is_supported = false};
	bool is_taken;

	(void)snprintf(slot, sizeof(slot), "slot %u", number);
	is_taken = cards_source_handler.inserted(&fixture->daemon, &fixture->source, &told);
	settle(fixture);
	return is_taken;
}

static void pull_from(struct fixture *fixture, unsigned int number)
{
	char slot[32];

	(void)snprintf(slot, sizeof(slot), "slot %u", number);
	cards_source_handler.removed(&fixture->daemon, &fixture->source, slot);
	settle(fixture);
}

static void test_cards_without_a_place_wait_and_are_said_once(void **state)
{
	struct fixture *fixture = *state;
	struct tank_model *model = fixture->daemon.model;

	for (unsigned int i = 0; i < MODEL_CARDS_MAX; i++)
		assert_true(insert_at(fixture, i));
	assert_int_equal(model->tank.unlisted_count, 0);
	notes_count = 0;
	assert_false(insert_at(fixture, 100));
	assert_false(insert_at(fixture, 101));
	assert_false(insert_at(fixture, 100));
	assert_int_equal(model->tank.unlisted_count, 2);
	assert_int_equal(notes_count, 2);
	pull_from(fixture, 101); /* it went without having had a place */
	assert_int_equal(model->tank.unlisted_count, 1);
	pull_from(fixture, 3);
	assert_true(insert_at(fixture, 100));
	assert_int_equal(model->tank.unlisted_count, 0);
	assert_int_equal(model->cards_count, MODEL_CARDS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cards_safe_only_once_it_is_unmounted),
		TEST(test_cards_asks_about_a_disk),
		TEST(test_cards_eject_stops_a_disk_that_is_safe),
		TEST(test_cards_eject_stops_no_disk_that_could_not_be_unmounted),
		TEST(test_cards_not_safe_when_it_cannot_be_unmounted),
		TEST(test_cards_pulled_during_unmount_is_let_go_lazily),
		TEST(test_cards_lazy_unmount_says_nothing_of_safe),
		TEST(test_cards_same_one_back_at_once_waits_for_its_old_worker),
		TEST(test_cards_worker_without_a_verdict_has_failed),
		TEST(test_cards_second_verdict_does_not_count),
		TEST(test_cards_safe_with_failed_files_is_incomplete),
		TEST(test_cards_tank_gone_at_the_end_waits_and_claims_nothing),
		TEST(test_cards_cancel_while_it_is_being_mounted),
		TEST(test_cards_pulled_while_it_is_being_mounted),
		TEST(test_cards_without_a_worker_has_failed),
		TEST(test_cards_stop_does_not_wait_for_an_unmount_that_fails),
		TEST(test_cards_say_what_they_cannot_do_now),
		TEST(test_cards_without_a_place_wait_and_are_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
