/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/model.h"

static int make_model(void **state)
{
	*state = model_new();
	return *state ? 0 : -1;
}

static int drop_model(void **state)
{
	model_free(*state);
	return 0;
}

static void test_model_cards_keep_their_order_when_one_goes(void **state)
{
	struct tank_model *model = *state;

	assert_non_null(model_card_add(model, "c1"));
	assert_non_null(model_card_add(model, "c2"));
	assert_non_null(model_card_add(model, "c3"));
	model_card_remove(model, "c2");
	model_card_remove(model, "c9");

	assert_int_equal(model->cards_count, 2);
	assert_string_equal(model->cards[0].id, "c1");
	assert_string_equal(model->cards[1].id, "c3");
	assert_null(model_card(model, "c2"));
	assert_ptr_equal(model_card_const(model, "c3"), &model->cards[1]);
}

static void test_model_takes_no_more_cards_than_it_has_room_for(void **state)
{
	struct tank_model *model = *state;

	for (int i = 0; i < MODEL_CARDS_MAX; i++) {
		char id[MODEL_ID_BYTES];

		assert_true(text_format(id, sizeof(id), "c%d", i));
		assert_non_null(model_card_add(model, id));
	}
	assert_null(model_card_add(model, "one-more"));
	model_card_remove(model, "c0");
	assert_non_null(model_card_add(model, "one-more"));
}

static void test_model_a_card_added_knows_no_eta_and_nothing_of_the_one_before(void **state)
{
	struct tank_model *model = *state;
	struct model_card *card = model_card_add(model, "c1");

	card->counts.files_failed = 7;
	model_card_remove(model, "c1");
	card = model_card_add(model, "c2");

	assert_int_equal(card->counts.files_failed, 0);
	assert_true(card->eta_s == EVENT_ETA_UNKNOWN);
}

static void test_model_messages_are_newest_first_and_bounded(void **state)
{
	struct tank_model *model = *state;
	struct model_message message = {.level = LEVEL_INFO};

	for (int i = 0; i < MODEL_MESSAGES_MAX + 3; i++) {
		message.time_s = i;
		model_add_message(model, &message);
	}

	assert_int_equal(model->messages_count, MODEL_MESSAGES_MAX);
	assert_int_equal(model->messages[0].time_s, MODEL_MESSAGES_MAX + 2);
	assert_int_equal(model->messages[MODEL_MESSAGES_MAX - 1].time_s, 3);
}

static void test_model_history_is_newest_first_and_bounded(void **state)
{
	struct tank_model *model = *state;
	struct model_import import = {.verdict = VERDICT_SAFE_TO_FORMAT};

	for (int i = 0; i < MODEL_HISTORY_MAX + 1; i++) {
		import.time_s = i;
		model_add_import(model, &import);
	}

	assert_int_equal(model->history_count, MODEL_HISTORY_MAX);
	assert_int_equal(model->history[0].time_s, MODEL_HISTORY_MAX);
	assert_int_equal(model->history[MODEL_HISTORY_MAX - 1].time_s, 1);
}

static void test_model_errors_are_all_counted_and_the_first_ones_listed(void **state)
{
	struct model_card *card = model_card_add(*state, "c1");

	for (int i = 0; i < MODEL_CARD_ERRORS_MAX + 5; i++)
		model_card_add_error(card, FAULT_FILE_UNREADABLE, i ? "DCIM/x.jpg" : NULL);

	assert_int_equal(card->errors_total, MODEL_CARD_ERRORS_MAX + 5);
	assert_int_equal(card->errors_count, MODEL_CARD_ERRORS_MAX);
	assert_string_equal(card->errors[0].file, "");
	assert_string_equal(card->errors[1].file, "DCIM/x.jpg");
}

static void test_model_left_out_files_are_counted_by_reason(void **state)
{
	struct model_card *card = model_card_add(*state, "c1");

	model_card_add_left_out(card, "system");
	model_card_add_left_out(card, "link");
	model_card_add_left_out(card, "system");

	assert_int_equal(card->left_out_count, 2);
	assert_string_equal(card->left_out[0].reason, "system");
	assert_int_equal(card->left_out[0].files_count, 2);
	assert_int_equal(card->left_out[1].files_count, 1);
}

static void test_model_the_last_place_collects_all_other_reasons(void **state)
{
	struct model_card *card = model_card_add(*state, "c1");
	uint32_t files_count = 0;

	for (int i = 0; i < MODEL_LEFT_OUT_MAX + 4; i++) {
		char reason[24];

		assert_true(text_format(reason, sizeof(reason), "reason-%d", i));
		model_card_add_left_out(card, reason);
	}

	assert_int_equal(card->left_out_count, MODEL_LEFT_OUT_MAX);
	assert_string_equal(card->left_out[MODEL_LEFT_OUT_MAX - 1].reason, "other");
	assert_int_equal(card->left_out[MODEL_LEFT_OUT_MAX - 1].files_count, 5);
	for (uint32_t i = 0; i < card->left_out_count; i++)
		files_count += card->left_out[i].files_count;
	assert_int_equal(files_count, MODEL_LEFT_OUT_MAX + 4);
}

static void test_model_text_is_cut_at_a_whole_character_and_always_safe(void **state)
{
	static const struct {
		const char *text, *field;
	} cases[] = {
		{"short", "short"},
		{"1234567", "1234567"},
		{"12345678", "1234567"},
		{"12345\xe2\x82\xac", "12345"}, /* three bytes for two places */
		{"a\x1b[1m", "a?[1m"},
		{"\xff\xfe", "??"},
		{"\xe2\x80\xae"
		 "b",
			"?b"}, /* right to left */
		{"\\x1b", "\\x1b"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char field[8];

		model_set_text(field, sizeof(field), cases[i].text);
		assert_string_equal(field, cases[i].field);
	}
}

static void test_model_words_can_be_read_back(void **state)
{
	(void)state;
	for (int i = 0; i < WAITING_REASONS_COUNT; i++) {
		enum waiting_reason back;

		assert_int_equal(
			waiting_reason_parse(waiting_reason_name((enum waiting_reason)i), &back),
			0);
		assert_int_equal(back, i);
	}
	for (int i = 0; i < HALTING_REASONS_COUNT; i++) {
		enum halting_reason back;

		assert_int_equal(
			halting_reason_parse(halting_reason_name((enum halting_reason)i), &back),
			0);
		assert_int_equal(back, i);
	}
	for (int i = 0; i < MESSAGE_LEVELS_COUNT; i++) {
		enum message_level back;

		assert_int_equal(
			message_level_parse(message_level_name((enum message_level)i), &back), 0);
		assert_int_equal(back, i);
	}
	for (int i = 0; i < ERROR_CODES_COUNT; i++) {
		enum error_code back;

		assert_int_equal(error_code_parse(error_code_name((enum error_code)i), &back), 0);
		assert_int_equal(back, i);
	}
}

static void test_model_commands_have_words_and_labels(void **state)
{
	enum command back;

	(void)state;
	for (int i = COMMAND_NONE + 1; i < COMMANDS_COUNT; i++) {
		enum command command = (enum command)i;

		assert_int_equal(command_parse(command_name(command), &back), 0);
		assert_int_equal(back, command);
		assert_true(strlen(command_label(command)) > 2);
		assert_true(strlen(command_summary(command)) > 10);
	}
	assert_int_equal(command_parse("none", &back), -EINVAL);
	assert_int_equal(command_parse("format", &back), -EINVAL);
	assert_int_equal(command_about(COMMAND_EJECT), COMMAND_ABOUT_CARD);
	assert_int_equal(command_about(COMMAND_POWEROFF), COMMAND_ABOUT_TANK);
	assert_int_equal(command_about(COMMAND_PING), COMMAND_ABOUT_NONE);
}

#define WITH_MODEL(test) cmocka_unit_test_setup_teardown(test, make_model, drop_model)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_MODEL(test_model_cards_keep_their_order_when_one_goes),
		WITH_MODEL(test_model_takes_no_more_cards_than_it_has_room_for),
		WITH_MODEL(test_model_a_card_added_knows_no_eta_and_nothing_of_the_one_before),
		WITH_MODEL(test_model_messages_are_newest_first_and_bounded),
		WITH_MODEL(test_model_history_is_newest_first_and_bounded),
		WITH_MODEL(test_model_errors_are_all_counted_and_the_first_ones_listed),
		WITH_MODEL(test_model_left_out_files_are_counted_by_reason),
		WITH_MODEL(test_model_the_last_place_collects_all_other_reasons),
		cmocka_unit_test(test_model_text_is_cut_at_a_whole_character_and_always_safe),
		cmocka_unit_test(test_model_words_can_be_read_back),
		cmocka_unit_test(test_model_commands_have_words_and_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
