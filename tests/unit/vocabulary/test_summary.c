/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_summary.c - the tables of states: what is said and offered for each card and
 * each tank, and above all when "may remove" and "may format" are never said.
 */
#include "tests/support/itest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/summary.h"

#define BIT(command) COMMAND_BIT(COMMAND_##command)

static int make_model(void **state)
{
	struct tank_model *model = model_new();

	if (!model)
		return -1;
	model->tank.is_ready = true;
	model->tank.is_mounted = true;
	model->tank.free_bytes = 812000000000;
	model->tank.total_bytes = 1000000000000;
	*state = model;
	return 0;
}

static int drop_model(void **state)
{
	model_free(*state);
	return 0;
}

/* A card in a state, with counts that fit the verdict. */
static struct model_card *add_card(
	struct tank_model *model, enum card_state card_state, bool is_mounted, enum verdict verdict)
{
	char id[MODEL_ID_BYTES], label[MODEL_LABEL_BYTES];
	struct model_card *card;

	assert_true(text_format(id, sizeof(id), "c%u", model->cards_count + 1));
	assert_true(text_format(label, sizeof(label), "CARD_%u", model->cards_count + 1));
	card = model_card_add(model, id);
	model_set_text(card->label, sizeof(card->label), label);
	card->state = card_state;
	card->is_mounted = is_mounted;
	card->verdict = verdict;
	if (verdict == VERDICT_NONE || verdict == VERDICT_EMPTY)
		return card;
	card->counts.files_selected = 10;
	card->counts.files_copied = 10;
	card->counts.bytes_selected = card->counts.bytes_copied = 1000;
	card->counts.bytes_verified = card->counts.bytes_to_verify = 1000;
	if (verdict == VERDICT_INCOMPLETE || verdict == VERDICT_CANCELLED ||
		verdict == VERDICT_FAILED) {
		card->counts.files_copied = 7;
		card->counts.files_failed = verdict == VERDICT_INCOMPLETE ? 3 : 0;
		card->counts.bytes_copied = card->counts.bytes_verified = 700;
	}
	return card;
}

static struct model_card *add_waiting(struct tank_model *model, enum waiting_reason waiting)
{
	struct model_card *card = add_card(model, CARD_WAITING, false, VERDICT_NONE);

	card->waiting = waiting;
	return card;
}

/* --- cards --- */

struct card_row {
	enum card_state state;
	enum waiting_reason waiting;
	bool is_mounted;
	enum verdict verdict;
	bool may_remove, may_format, needs_somebody;
	uint32_t commands;
	const char *headline, *removal;
};

#define TAKE_OUT "You may take the card out."
#define LEAVE_IN "Do not take the card out."
#define EJECT_FIRST "Eject the card before you take it out."

static const struct card_row card_rows[] = {
	{CARD_INSERTED, WAITING_NONE, false, VERDICT_NONE, false, false, false, BIT(CANCEL),
		"Card found", LEAVE_IN},
	{CARD_WAITING, WAITING_ASK, false, VERDICT_NONE, true, false, true,
		BIT(CONFIRM) | BIT(CANCEL), "Copy this card?", TAKE_OUT},
	{CARD_WAITING, WAITING_ASK, true, VERDICT_NONE, false, false, true,
		BIT(CONFIRM) | BIT(CANCEL) | BIT(EJECT), "Copy this card?", EJECT_FIRST},
	{CARD_WAITING, WAITING_NO_TANK, false, VERDICT_NONE, true, false, false, BIT(CANCEL),
		"Waiting for the tank", TAKE_OUT},
	{CARD_WAITING, WAITING_UNSUPPORTED, false, VERDICT_NONE, true, false, true,
		BIT(ACK) | BIT(RETRY), "This card cannot be read", TAKE_OUT},
	{CARD_WAITING, WAITING_TURN, false, VERDICT_NONE, true, false, false, BIT(CANCEL),
		"Waiting for its turn", TAKE_OUT},
	{CARD_SCANNING, WAITING_NONE, true, VERDICT_NONE, false, false, false, BIT(CANCEL),
		"Looking through the card", LEAVE_IN},
	{CARD_COPYING, WAITING_NONE, true, VERDICT_NONE, false, false, false, BIT(CANCEL),
		"Copying", LEAVE_IN},
	{CARD_VERIFYING, WAITING_NONE, true, VERDICT_NONE, false, false, false, BIT(CANCEL),
		"Checking the copies", LEAVE_IN},
	{CARD_DONE, WAITING_NONE, true, VERDICT_SAFE_TO_FORMAT, false, true, true, BIT(EJECT),
		"Finished", EJECT_FIRST},
	{CARD_DONE, WAITING_NONE, true, VERDICT_COPIED, false, false, true, BIT(EJECT), "Finished",
		EJECT_FIRST},
	{CARD_PARTIAL, WAITING_NONE, true, VERDICT_INCOMPLETE, false, false, true,
		BIT(ACK) | BIT(EJECT) | BIT(RETRY), "3 files were not copied", EJECT_FIRST},
	{CARD_FAILED, WAITING_NONE, true, VERDICT_FAILED, false, false, true,
		BIT(ACK) | BIT(EJECT) | BIT(RETRY), "Copying failed", EJECT_FIRST},
	{CARD_FAILED, WAITING_NONE, true, VERDICT_NONE, false, false, true,
		BIT(ACK) | BIT(EJECT) | BIT(RETRY), "Copying failed", EJECT_FIRST},
	{CARD_CANCELLED, WAITING_NONE, true, VERDICT_CANCELLED, false, false, true,
		BIT(EJECT) | BIT(RETRY), "Cancelled", EJECT_FIRST},
	{CARD_UNMOUNTED, WAITING_NONE, false, VERDICT_SAFE_TO_FORMAT, true, true, false, 0,
		"Safe to remove", TAKE_OUT},
	{CARD_UNMOUNTED, WAITING_NONE, false, VERDICT_COPIED, true, false, false, 0,
		"Safe to remove", TAKE_OUT},
	{CARD_UNMOUNTED, WAITING_NONE, false, VERDICT_EMPTY, true, false, false, 0,
		"Safe to remove", TAKE_OUT},
	{CARD_UNMOUNTED, WAITING_NONE, false, VERDICT_NONE, true, false, false, BIT(RETRY),
		"Safe to remove", TAKE_OUT},
	{CARD_UNMOUNTED, WAITING_NONE, false, VERDICT_CANCELLED, true, false, false, BIT(RETRY),
		"Cancelled", TAKE_OUT},
	{CARD_UNMOUNTED, WAITING_NONE, false, VERDICT_INCOMPLETE, true, false, true,
		BIT(ACK) | BIT(RETRY), "3 files were not copied", TAKE_OUT},
	{CARD_UNMOUNTED, WAITING_NONE, false, VERDICT_FAILED, true, false, true,
		BIT(ACK) | BIT(RETRY), "Copying failed", TAKE_OUT},
	{CARD_REMOVED, WAITING_NONE, false, VERDICT_SAFE_TO_FORMAT, false, true, false, 0,
		"Taken out", ""},
	{CARD_REMOVED, WAITING_NONE, false, VERDICT_INCOMPLETE, false, false, false, 0, "Taken out",
		""},
	{CARD_REMOVED_EARLY, WAITING_NONE, false, VERDICT_INCOMPLETE, false, false, true, BIT(ACK),
		"Taken out too early", ""},
};

static void check_card_row(struct tank_model *model, const struct card_row *row)
{
	struct model_card *card = add_card(model, row->state, row->is_mounted, row->verdict);

	card->waiting = row->waiting;
	summary_update(model);
	if (card->may_remove != row->may_remove || card->may_format != row->may_format ||
		card->needs_somebody != row->needs_somebody || card->commands != row->commands ||
		strcmp(card->headline, row->headline) != 0 ||
		strcmp(card->removal, row->removal) != 0)
		fail_msg("%s/%s/%s: remove %d format %d needs %d commands %#x \"%s\" \"%s\"",
			card_state_name(row->state), waiting_reason_name(row->waiting),
			verdict_name(row->verdict), card->may_remove, card->may_format,
			card->needs_somebody, card->commands, card->headline, card->removal);
	model_card_remove(model, card->id);
}

static void test_summary_each_card_has_its_answers_and_words(void **state)
{
	for (size_t i = 0; i < sizeof(card_rows) / sizeof(card_rows[0]); i++)
		check_card_row(*state, &card_rows[i]);
}

/* Every combination there is, also nonsense: P3 holds for all of them. */
static void check_promises(
	struct tank_model *model, enum card_state card_state, enum verdict verdict, bool is_mounted)
{
	struct model_card *card = add_card(model, card_state, is_mounted, verdict);

	summary_update(model);
	if (card->may_remove)
		assert_false(is_mounted || card_state_is_busy(card_state) ||
			card_state == CARD_REMOVED || card_state == CARD_REMOVED_EARLY);
	if (card->may_format) {
		assert_int_equal(verdict, VERDICT_SAFE_TO_FORMAT);
		assert_non_null(strstr(card->detail, "You may format the card."));
	} else {
		assert_null(strstr(card->detail, "may format"));
	}
	if (card_state_is_busy(card_state))
		assert_string_equal(card->removal, LEAVE_IN);
	if (strstr(model->tank.headline, "Safe to remove"))
		assert_true(card->may_remove);
	assert_true(*card->headline && *card->detail);
	assert_true(*model->tank.headline && *model->tank.detail);
	model_card_remove(model, card->id);
}

static void test_summary_never_promises_too_much_whatever_the_facts(void **state)
{
	for (int i = 0; i < CARD_STATES_COUNT; i++) {
		for (int verdict = 0; verdict < VERDICTS_COUNT; verdict++) {
			check_promises(*state, (enum card_state)i, (enum verdict)verdict, false);
			check_promises(*state, (enum card_state)i, (enum verdict)verdict, true);
		}
	}
}

static void test_summary_a_good_verdict_against_the_counts_is_not_believed(void **state)
{
	static const struct {
		uint32_t selected, copied, failed, folders_failed, errors_total;
	} cases[] = {
		{10, 10, 1, 0, 0},
		{10, 10, 0, 1, 0},
		{10, 9, 0, 0, 0},
		{10, 10, 0, 0, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tank_model *model = *state;
		struct model_card *card =
			add_card(model, CARD_UNMOUNTED, false, VERDICT_SAFE_TO_FORMAT);

		card->counts.files_selected = cases[i].selected;
		card->counts.files_copied = cases[i].copied;
		card->counts.files_failed = cases[i].failed;
		card->counts.folders_failed = cases[i].folders_failed;
		card->errors_total = cases[i].errors_total;
		summary_update(model);

		assert_false(card->may_format);
		assert_non_null(strstr(card->detail, "Do not format the card."));
		assert_int_equal(model->tank.state, TANK_ERROR);
		model_card_remove(model, card->id);
	}
}

static void test_summary_an_acknowledged_problem_needs_nobody_but_may_not_be_formatted(void **state)
{
	struct tank_model *model = *state;
	struct model_card *card = add_card(model, CARD_UNMOUNTED, false, VERDICT_INCOMPLETE);

	card->is_acknowledged = true;
	summary_update(model);

	assert_false(card->needs_somebody);
	assert_false(card->may_format);
	assert_int_equal(card->commands, BIT(RETRY));
	assert_int_equal(model->tank.state, TANK_IDLE);
	assert_false(model->tank.is_done);
	assert_string_equal(model->tank.headline, "CARD_1: 3 files were not copied");
}

static void test_summary_nothing_is_offered_while_halting(void **state)
{
	struct tank_model *model = *state;
	struct model_card *card = add_card(model, CARD_PARTIAL, true, VERDICT_INCOMPLETE);

	model->tank.halting = HALTING_POWEROFF;
	summary_update(model);

	assert_int_equal(card->commands, 0);
	assert_int_equal(model->tank.commands, 0);
	assert_int_equal(model->tank.next_command, COMMAND_NONE);
	assert_int_equal(model->tank.state, TANK_HALTING);
	assert_string_equal(model->tank.headline, "Shutting down");
}

static void test_summary_left_out_files_are_named_before_formatting_is_allowed(void **state)
{
	struct tank_model *model = *state;
	struct model_card *card = add_card(model, CARD_UNMOUNTED, false, VERDICT_SAFE_TO_FORMAT);

	card->counts.files_left_out = 3;
	summary_update(model);

	assert_string_equal(card->detail,
		"All 10 files are in the tank and were read back. "
		"3 other files were not copied. You may format the card.");
}

static void test_summary_detail_says_what_happened_what_is_safe_and_what_to_do(void **state)
{
	struct tank_model *model = *state;
	struct model_card *card = add_card(model, CARD_PARTIAL, true, VERDICT_INCOMPLETE);

	card->fault = FAULT_TANK_FULL;
	card->bytes_missing = 2300000000;
	summary_update(model);

	assert_string_equal(card->detail,
		"The tank is full. 2.3 GB more would be needed. "
		"Everything that was finished is safe; the rest is still on the card. "
		"Make room or use a larger disk, then import again. Do not format the card. "
		"7 of 10 files are in the tank, 3 are not.");
}

static void test_summary_progress_says_how_far_and_how_long(void **state)
{
	struct tank_model *model = *state;
	struct model_card *card = add_card(model, CARD_COPYING, true, VERDICT_NONE);

	card->counts = (struct import_counts){
		.files_selected = 1204,
		.files_known = 4,
		.files_copied = 300,
		.bytes_selected = 1204000,
		.bytes_known = 4000,
		.bytes_copied = 300000,
		.bytes_to_verify = 1200000,
		.bytes_verified = 180000,
	};
	card->eta_s = 250;
	card->rate_bytes_per_s = 5000;
	summary_update(model);

	assert_int_equal(card->progress_permille, 200);
	assert_string_equal(
		card->detail, "300 of 1200 files, about 4 min left. 4 were in the tank already.");
	assert_int_equal(model->tank.progress_permille, 200);
	assert_int_equal(model->tank.eta_s, 250);
	assert_int_equal(model->tank.rate_bytes_per_s, 5000);
	assert_string_equal(model->tank.headline, "Copying CARD_1");
	assert_string_equal(
		model->tank.detail, "Do not take the card out. 20 %, about 4 min left.");
}

static void test_summary_what_is_missing_keeps_an_ended_bar_below_full(void **state)
{
	struct model_card *card = add_card(*state, CARD_UNMOUNTED, false, VERDICT_INCOMPLETE);

	card->counts.bytes_failed = 300;
	summary_update(*state);

	assert_int_equal(card->progress_permille, 700);
}

static void test_summary_verdict_says_what_became_of_the_files(void **state)
{
	static const struct {
		enum verdict verdict;
		struct import_counts counts;
		const char *words;
	} cases[] = {
		{VERDICT_SAFE_TO_FORMAT, {.files_selected = 1, .files_copied = 1},
			"The one file is in the tank and was read back. You may format the card."},
		{VERDICT_SAFE_TO_FORMAT, {.files_selected = 5, .files_copied = 2, .files_known = 3},
			"All 5 files are in the tank and were read back. You may format the card."},
		{VERDICT_COPIED, {.files_selected = 5, .files_copied = 5},
			"All 5 files are in the tank, but were not read back. "
			"Do not format the card."},
		{VERDICT_INCOMPLETE, {.files_selected = 5, .files_copied = 4, .files_failed = 1},
			"4 of 5 files are in the tank, 1 is not. Do not format the card."},
		{VERDICT_INCOMPLETE, {.files_selected = 5, .files_copied = 5, .folders_failed = 2},
			"2 folders of the card could not be read. Do not format the card."},
		{VERDICT_SAFE_TO_FORMAT, {.files_selected = 5, .files_copied = 4},
			"4 of 5 files are in the tank, 1 is not. Do not format the card."},
		{VERDICT_CANCELLED, {.files_selected = 5, .files_copied = 1},
			"1 of 5 files are in the tank and stay there. Do not format the card."},
		{VERDICT_FAILED, {0}, "Do not format the card."},
		{VERDICT_EMPTY, {0}, "There is nothing to copy on this card."},
		{VERDICT_NONE, {0}, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char words[MODEL_TEXT_BYTES];

		summary_verdict(cases[i].verdict, &cases[i].counts, words, sizeof(words));
		assert_string_equal(words, cases[i].words);
	}
}

/* --- the tank --- */

static void check_tank(struct tank_model *model, enum tank_state tank_state, const char *headline,
	enum command next_command, const char *next_card)
{
	const struct model_tank *tank = &model->tank;

	summary_update(model);
	assert_string_equal(tank_state_name(tank->state), tank_state_name(tank_state));
	assert_string_equal(tank->headline, headline);
	assert_string_equal(command_name(tank->next_command), command_name(next_command));
	assert_string_equal(tank->next_card, next_card);
}

static void test_summary_tank_starting(void **state)
{
	struct tank_model *model = *state;

	model->tank.is_ready = false;
	check_tank(model, TANK_STARTING, "Starting", COMMAND_NONE, "");
}

static void test_summary_tank_idle(void **state)
{
	struct tank_model *model = *state;

	check_tank(model, TANK_IDLE, "Ready", COMMAND_NONE, "");
	assert_string_equal(model->tank.detail, "Put in a card. 812 GB free.");
	assert_false(model->tank.is_done);
	assert_int_equal(model->tank.commands, BIT(POWEROFF) | BIT(REBOOT));
}

static void test_summary_tank_busy(void **state)
{
	struct tank_model *model = *state;

	(void)add_card(model, CARD_VERIFYING, true, VERDICT_NONE);
	check_tank(model, TANK_BUSY, "Checking CARD_1", COMMAND_NONE, "");
	(void)add_card(model, CARD_COPYING, true, VERDICT_NONE);
	(void)add_waiting(model, WAITING_TURN);
	check_tank(model, TANK_BUSY, "Copying 2 cards", COMMAND_NONE, "");
	assert_int_equal(model->tank.busy_count, 2);
}

static void test_summary_tank_a_card_that_waits_for_its_turn_is_work_ahead(void **state)
{
	struct tank_model *model = *state;

	(void)add_waiting(model, WAITING_TURN);
	check_tank(model, TANK_BUSY, "CARD_1: Waiting for its turn", COMMAND_NONE, "");
}

static void test_summary_tank_done(void **state)
{
	struct tank_model *model = *state;

	(void)add_card(model, CARD_UNMOUNTED, false, VERDICT_SAFE_TO_FORMAT);
	check_tank(model, TANK_IDLE, "Safe to remove: CARD_1", COMMAND_NONE, "");
	assert_true(model->tank.is_done);
	(void)add_card(model, CARD_UNMOUNTED, false, VERDICT_COPIED);
	check_tank(model, TANK_IDLE, "2 cards are safe to remove", COMMAND_NONE, "");
}

static void test_summary_tank_is_not_done_while_another_card_is_at_work(void **state)
{
	struct tank_model *model = *state;

	(void)add_card(model, CARD_UNMOUNTED, false, VERDICT_SAFE_TO_FORMAT);
	(void)add_card(model, CARD_COPYING, true, VERDICT_NONE);
	check_tank(model, TANK_BUSY, "Copying CARD_2", COMMAND_NONE, "");
	assert_false(model->tank.is_done);
}

static void test_summary_tank_attention_waits_for_a_yes(void **state)
{
	struct tank_model *model = *state;

	(void)add_waiting(model, WAITING_ASK);
	check_tank(model, TANK_ATTENTION, "Copy CARD_1?", COMMAND_CONFIRM, "c1");
}

static void test_summary_tank_attention_waits_for_eject(void **state)
{
	struct tank_model *model = *state;

	(void)add_card(model, CARD_DONE, true, VERDICT_SAFE_TO_FORMAT);
	check_tank(model, TANK_ATTENTION, "Eject CARD_1", COMMAND_EJECT, "c1");
}

/* A card that nobody sees must not be taken for one that is safe. */
static void test_summary_tank_attention_for_cards_without_a_place(void **state)
{
	struct tank_model *model = *state;

	(void)add_card(model, CARD_UNMOUNTED, false, VERDICT_SAFE_TO_FORMAT);
	model->tank.unlisted_count = 1;
	check_tank(model, TANK_ATTENTION, "A card is not copied yet", COMMAND_NONE, "");
	assert_false(model->tank.is_done);
	assert_string_equal(model->tank.detail,
		"All 1 places are taken, so it waits. Do not format it. Take out a card that is "
		"done, and the next one follows by itself.");
	model->tank.unlisted_count = 2;
	check_tank(model, TANK_ATTENTION, "2 cards are not copied yet", COMMAND_NONE, "");
	(void)add_waiting(model, WAITING_ASK);
	check_tank(model, TANK_ATTENTION, "Copy CARD_2?", COMMAND_CONFIRM, "c2");
	model_card_remove(model, "c2");
	(void)add_card(model, CARD_COPYING, true, VERDICT_NONE);
	check_tank(model, TANK_BUSY, "Copying CARD_2", COMMAND_NONE, "");
}

static void test_summary_tank_error_until_acknowledged(void **state)
{
	struct tank_model *model = *state;
	struct model_card *card = add_card(model, CARD_PARTIAL, true, VERDICT_INCOMPLETE);

	check_tank(model, TANK_ERROR, "CARD_1: 3 files were not copied", COMMAND_ACK, "c1");
	assert_int_equal(model->tank.errors_count, 1);
	assert_int_equal(summary_cards_with_problem(model), 1);
	assert_int_equal(model->tank.error_code, ERROR_CODE_FILES);

	card->is_acknowledged = true;
	check_tank(model, TANK_ATTENTION, "Eject CARD_1", COMMAND_EJECT, "c1");
	assert_int_equal(model->tank.errors_count, 0);
	assert_int_equal(model->tank.error_code, ERROR_CODE_NONE);
}

static void test_summary_tank_error_ends_when_the_card_is_removed(void **state)
{
	struct tank_model *model = *state;
	struct model_card *card = add_card(model, CARD_UNMOUNTED, false, VERDICT_INCOMPLETE);

	check_tank(model, TANK_ERROR, "CARD_1: 3 files were not copied", COMMAND_ACK, "c1");
	card->state = CARD_REMOVED;
	check_tank(model, TANK_IDLE, "Ready", COMMAND_NONE, "");
}

static void test_summary_tank_a_pulled_card_stays_until_somebody_has_seen_it(void **state)
{
	struct tank_model *model = *state;

	(void)add_card(model, CARD_REMOVED_EARLY, false, VERDICT_INCOMPLETE);
	check_tank(model, TANK_ERROR, "CARD_1: Taken out too early", COMMAND_ACK, "c1");
	assert_int_equal(model->tank.error_code, ERROR_CODE_FILES);
	model->cards[0].fault = FAULT_CARD_PULLED;
	check_tank(model, TANK_ERROR, "CARD_1: Taken out too early", COMMAND_ACK, "c1");
	assert_int_equal(model->tank.error_code, ERROR_CODE_CARD);
}

static void test_summary_tank_without_disk_is_an_error_that_nobody_can_acknowledge(void **state)
{
	struct tank_model *model = *state;

	model->tank.is_mounted = false;
	(void)add_waiting(model, WAITING_NO_TANK);
	check_tank(model, TANK_ERROR, "The tank's disk is missing", COMMAND_NONE, "");
	assert_int_equal(model->tank.error_code, ERROR_CODE_TANK);
	assert_int_equal(model->tank.errors_count, 1);
	assert_int_equal(summary_cards_with_problem(model), 0);
	model->tank.is_mounted = true;
	model->cards[0].waiting = WAITING_TURN;
	check_tank(model, TANK_BUSY, "CARD_1: Waiting for its turn", COMMAND_NONE, "");
}

static void test_summary_tank_notices_are_no_errors(void **state)
{
	struct tank_model *model = *state;

	model->tank.fault = FAULT_LEDGER_DAMAGED;
	check_tank(model, TANK_IDLE, "Ready", COMMAND_NONE, "");
}

static void test_summary_tank_the_gravest_problem_is_told_first(void **state)
{
	struct tank_model *model = *state;

	(void)add_card(model, CARD_UNMOUNTED, false, VERDICT_INCOMPLETE);
	add_card(model, CARD_FAILED, true, VERDICT_FAILED)->fault = FAULT_CARD_UNREADABLE;
	add_card(model, CARD_PARTIAL, true, VERDICT_INCOMPLETE)->fault = FAULT_TANK_FULL;
	check_tank(model, TANK_ERROR, "CARD_3: 3 files were not copied", COMMAND_ACK, "c3");
	assert_int_equal(model->tank.error_code, ERROR_CODE_FULL);
	assert_int_equal(model->tank.errors_count, 3);
	model_card_remove(model, "c3");
	check_tank(model, TANK_ERROR, "CARD_2: Copying failed", COMMAND_ACK, "c2");
	assert_int_equal(model->tank.error_code, ERROR_CODE_CARD);
}

static void test_summary_tank_problem_before_question_before_work(void **state)
{
	struct tank_model *model = *state;

	(void)add_card(model, CARD_COPYING, true, VERDICT_NONE);
	(void)add_waiting(model, WAITING_ASK);
	check_tank(model, TANK_ATTENTION, "Copy CARD_2?", COMMAND_CONFIRM, "c2");
	assert_non_null(strstr(model->tank.detail, "Another card is still being copied."));
	(void)add_card(model, CARD_UNMOUNTED, false, VERDICT_FAILED);
	check_tank(model, TANK_ERROR, "CARD_3: Copying failed", COMMAND_ACK, "c3");
	assert_non_null(strstr(model->tank.detail, "Another card is still being copied."));
}

static void test_summary_tank_halting_is_above_all(void **state)
{
	struct tank_model *model = *state;

	(void)add_card(model, CARD_PARTIAL, true, VERDICT_INCOMPLETE);
	model->tank.is_ready = false;
	model->tank.halting = HALTING_REBOOT;
	check_tank(model, TANK_HALTING, "Restarting", COMMAND_NONE, "");
}

static void test_summary_tank_eta_is_the_longest_and_unknown_if_one_is(void **state)
{
	struct tank_model *model = *state;

	add_card(model, CARD_COPYING, true, VERDICT_NONE)->eta_s = 20;
	add_card(model, CARD_COPYING, true, VERDICT_NONE)->eta_s = 90;
	summary_update(model);
	assert_int_equal(model->tank.eta_s, 90);
	add_card(model, CARD_SCANNING, true, VERDICT_NONE)->eta_s = EVENT_ETA_UNKNOWN;
	add_card(model, CARD_COPYING, true, VERDICT_NONE)->eta_s = 10;
	summary_update(model);
	assert_true(model->tank.eta_s == EVENT_ETA_UNKNOWN);
}

static void test_summary_every_fault_of_class_has_a_blink_code(void **state)
{
	(void)state;
	for (int i = FAULT_NONE + 1; i < FAULTS_COUNT; i++) {
		enum fault fault = (enum fault)i;
		bool is_notice = fault_text(fault)->class == FAULT_CLASS_NOTICE;

		assert_int_equal(summary_error_code(fault) == ERROR_CODE_NONE, is_notice);
	}
	assert_int_equal(summary_error_code(FAULT_NONE), ERROR_CODE_NONE);
	assert_int_equal(summary_error_code(FAULT_VERIFY_MISMATCH), ERROR_CODE_FILES);
	assert_int_equal(summary_error_code(FAULT_CARD_PULLED), ERROR_CODE_CARD);
	assert_int_equal(summary_error_code(FAULT_TANK_FAILING), ERROR_CODE_TANK);
	assert_int_equal(summary_error_code(FAULT_TANK_FULL), ERROR_CODE_FULL);
	assert_int_equal(summary_error_code(FAULT_INTERNAL), ERROR_CODE_INTERNAL);
}

static void test_summary_all_words_fit(void **state)
{
	struct tank_model *model = *state;

	for (int i = 0; i < FAULTS_COUNT; i++) {
		struct model_card *card = add_card(model, CARD_PARTIAL, true, VERDICT_INCOMPLETE);

		card->fault = (enum fault)i;
		card->bytes_missing = 123456789012;
		card->counts.files_selected = card->counts.files_failed = UINT32_MAX;
		card->counts.files_left_out = UINT32_MAX;
		card->counts.folders_failed = UINT32_MAX;
		summary_update(model);
		assert_non_null(strstr(card->detail, "Do not format"));
		model_card_remove(model, card->id);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_model, drop_model)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_summary_each_card_has_its_answers_and_words),
		TEST(test_summary_never_promises_too_much_whatever_the_facts),
		TEST(test_summary_a_good_verdict_against_the_counts_is_not_believed),
		TEST(test_summary_an_acknowledged_problem_needs_nobody_but_may_not_be_formatted),
		TEST(test_summary_nothing_is_offered_while_halting),
		TEST(test_summary_left_out_files_are_named_before_formatting_is_allowed),
		TEST(test_summary_detail_says_what_happened_what_is_safe_and_what_to_do),
		TEST(test_summary_progress_says_how_far_and_how_long),
		TEST(test_summary_what_is_missing_keeps_an_ended_bar_below_full),
		TEST(test_summary_verdict_says_what_became_of_the_files),
		TEST(test_summary_tank_starting),
		TEST(test_summary_tank_idle),
		TEST(test_summary_tank_busy),
		TEST(test_summary_tank_a_card_that_waits_for_its_turn_is_work_ahead),
		TEST(test_summary_tank_done),
		TEST(test_summary_tank_is_not_done_while_another_card_is_at_work),
		TEST(test_summary_tank_attention_waits_for_a_yes),
		TEST(test_summary_tank_attention_waits_for_eject),
		TEST(test_summary_tank_attention_for_cards_without_a_place),
		TEST(test_summary_tank_error_until_acknowledged),
		TEST(test_summary_tank_error_ends_when_the_card_is_removed),
		TEST(test_summary_tank_a_pulled_card_stays_until_somebody_has_seen_it),
		TEST(test_summary_tank_without_disk_is_an_error_that_nobody_can_acknowledge),
		TEST(test_summary_tank_notices_are_no_errors),
		TEST(test_summary_tank_the_gravest_problem_is_told_first),
		TEST(test_summary_tank_problem_before_question_before_work),
		TEST(test_summary_tank_halting_is_above_all),
		TEST(test_summary_tank_eta_is_the_longest_and_unknown_if_one_is),
		TEST(test_summary_every_fault_of_class_has_a_blink_code),
		TEST(test_summary_all_words_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
