/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <stdlib.h>

#include "core/summary.h"
#include "core/tone.h"

static int make_model(void **state)
{
	struct tank_model *model = model_new();

	if (!model)
		return -1;
	model->connection = CONNECTION_UP;
	model->tank.is_ready = model->tank.is_mounted = true;
	model->tank.total_bytes = 1000;
	*state = model;
	return 0;
}

static int drop_model(void **state)
{
	model_free(*state);
	return 0;
}

static void test_tone_without_a_connection_nothing_is_good(void **state)
{
	struct tank_model *model = *state;

	summary_update(model);
	assert_int_equal(tone_of_tank(model), TONE_GOOD);
	model->connection = CONNECTION_NONE;
	assert_int_equal(tone_of_tank(model), TONE_QUIET);
	model->connection = CONNECTION_CONNECTING;
	assert_int_equal(tone_of_tank(model), TONE_QUIET);
}

static void test_tone_of_each_tank(void **state)
{
	static const enum tone tones[TANK_STATES_COUNT] = {[TANK_STARTING] = TONE_QUIET,
		[TANK_IDLE] = TONE_GOOD,
		[TANK_BUSY] = TONE_WORKING,
		[TANK_ATTENTION] = TONE_ATTENTION,
		[TANK_ERROR] = TONE_BAD,
		[TANK_HALTING] = TONE_BAD};
	struct tank_model *model = *state;

	for (int i = 0; i < TANK_STATES_COUNT; i++) {
		model->tank.state = (enum tank_state)i;
		assert_int_equal(tone_of_tank(model), tones[i]);
	}
}

struct card_case {
	enum card_state state;
	enum waiting_reason waiting;
	bool is_mounted;
	enum verdict verdict;
	enum tone tone;
};

static void test_tone_of_each_card(void **state)
{
	static const struct card_case cases[] = {
		{CARD_INSERTED, WAITING_NONE, false, VERDICT_NONE, TONE_WORKING},
		{CARD_WAITING, WAITING_ASK, true, VERDICT_NONE, TONE_ATTENTION},
		{CARD_WAITING, WAITING_TURN, false, VERDICT_NONE, TONE_WORKING},
		{CARD_WAITING, WAITING_UNSUPPORTED, false, VERDICT_NONE, TONE_BAD},
		{CARD_SCANNING, WAITING_NONE, true, VERDICT_NONE, TONE_WORKING},
		{CARD_COPYING, WAITING_NONE, true, VERDICT_NONE, TONE_WORKING},
		{CARD_VERIFYING, WAITING_NONE, true, VERDICT_NONE, TONE_WORKING},
		{CARD_DONE, WAITING_NONE, true, VERDICT_SAFE_TO_FORMAT, TONE_ATTENTION},
		{CARD_UNMOUNTED, WAITING_NONE, false, VERDICT_SAFE_TO_FORMAT, TONE_GOOD},
		{CARD_UNMOUNTED, WAITING_NONE, false, VERDICT_COPIED, TONE_GOOD},
		{CARD_UNMOUNTED, WAITING_NONE, false, VERDICT_INCOMPLETE, TONE_BAD},
		{CARD_PARTIAL, WAITING_NONE, false, VERDICT_INCOMPLETE, TONE_BAD},
		{CARD_FAILED, WAITING_NONE, false, VERDICT_FAILED, TONE_BAD},
		{CARD_REMOVED_EARLY, WAITING_NONE, false, VERDICT_INCOMPLETE, TONE_BAD},
	};
	struct tank_model *model = *state;
	struct model_card *card = model_card_add(model, "c1");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct card_case *one = &cases[i];

		card->state = one->state;
		card->waiting = one->waiting;
		card->is_mounted = one->is_mounted;
		card->verdict = one->verdict;
		card->counts = (struct import_counts){
			.files_selected = 2, .files_copied = 2, .files_verified = 2};
		if (one->verdict == VERDICT_INCOMPLETE)
			card->counts.files_failed = 1;
		summary_update(model);
		assert_int_equal(tone_of_card(card), one->tone);
		/* Green means that hands are free, and nothing else does. */
		if (tone_of_card(card) == TONE_GOOD)
			assert_true(card->may_remove);
	}
}

static void test_tone_of_verdicts_and_levels(void **state)
{
	(void)state;
	assert_int_equal(tone_of_verdict(VERDICT_SAFE_TO_FORMAT), TONE_GOOD);
	assert_int_equal(tone_of_verdict(VERDICT_COPIED), TONE_QUIET);
	assert_int_equal(tone_of_verdict(VERDICT_INCOMPLETE), TONE_BAD);
	assert_int_equal(tone_of_verdict(VERDICT_FAILED), TONE_BAD);
	assert_int_equal(tone_of_level(LEVEL_INFO), TONE_QUIET);
	assert_int_equal(tone_of_level(LEVEL_WARNING), TONE_ATTENTION);
	assert_int_equal(tone_of_level(LEVEL_ERROR), TONE_BAD);
	assert_string_equal(tone_name(TONE_BAD), "bad");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_model, drop_model)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tone_without_a_connection_nothing_is_good),
		TEST(test_tone_of_each_tank),
		TEST(test_tone_of_each_card),
		cmocka_unit_test(test_tone_of_verdicts_and_levels),
	};

	return cmocka_run_group_tests_name("tone", tests, NULL, NULL);
}
