/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <string.h>

#include "core/client/model.h"
#include "ui-lamp/lamp.h"

#define MS UINT64_C(1000)

/* Where the pattern is fully lit in this lamp, as text: one character per 100 ms. */
static void draw(const struct lamp_pattern *pattern, enum lamp lamp, char *out, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t level = lamp_level(pattern, lamp, (i * 100 + 50) * MS);

		out[i] = level == 0 ? '.' : level == LAMP_FULL ? '#' : '+';
	}
	out[count] = '\0';
}

static void assert_three(enum lamp_state state, enum error_code code, const char *green,
	const char *amber, const char *red)
{
	struct lamp_pattern pattern;
	char drawn[128];

	lamp_pattern(state, code, LAMPS_ALL, &pattern);
	draw(&pattern, LAMP_GREEN, drawn, strlen(green));
	assert_string_equal(drawn, green);
	draw(&pattern, LAMP_AMBER, drawn, strlen(amber));
	assert_string_equal(drawn, amber);
	draw(&pattern, LAMP_RED, drawn, strlen(red));
	assert_string_equal(drawn, red);
}

static void test_three_lamps_are_as_in_the_table(void **state)
{
	(void)state;
	assert_three(LAMP_STATE_STARTING, 0, "........", "........", "##..##..");
	assert_three(LAMP_STATE_HALTING, 0, "........", "........", "##..##..");
	assert_three(LAMP_STATE_IDLE, 0, "########", "........", "........");
	assert_three(LAMP_STATE_DONE, 0, "########", "........", "........");
	assert_three(LAMP_STATE_BUSY, 0, "........................", "++++++++###++++++++.....",
		"........................");
	assert_three(LAMP_STATE_ATTENTION, 0, "#####.....#####.....", ".....#####.....#####",
		"....................");
	assert_three(LAMP_STATE_NO_CONNECTION, 0, "....................", "....................",
		"#...................");
}

static void test_an_error_blinks_its_number(void **state)
{
	(void)state;
	for (int code = ERROR_CODE_FILES; code < ERROR_CODES_COUNT; code++) {
		char amber[64] = "", red[64] = "";

		for (int i = 0; i < code; i++)
			strcat(amber, "###...");
		strcat(amber, "............");
		memset(red, '#', strlen(amber));
		assert_three(LAMP_STATE_ERROR, (enum error_code)code, "......", amber, red);
	}
}

/* Durations of one round, from the first change on, whatever is on and what is off. */
static void test_one_lamp_tells_states_apart_by_rhythm_alone(void **state)
{
	struct lamp_pattern patterns[LAMP_STATES_COUNT + ERROR_CODES_COUNT];
	size_t count = 0;

	(void)state;
	for (int s = 0; s < LAMP_STATE_HALTING; s++) /* halting looks like starting */
		lamp_pattern_single(
			(enum lamp_state)s, ERROR_CODE_FILES, LAMP_RED, &patterns[count++]);
	for (int code = ERROR_CODE_CARD; code < ERROR_CODES_COUNT; code++)
		lamp_pattern_single(
			LAMP_STATE_ERROR, (enum error_code)code, LAMP_RED, &patterns[count++]);
	for (size_t i = 0; i < count; i++) {
		assert_true(patterns[i].steps_count >= 2);
		assert_true(patterns[i].steps_count < PATTERN_STEPS_MAX);
		for (size_t k = 0; k < i; k++)
			assert_false(patterns[i].steps_count == patterns[k].steps_count &&
				lamp_pattern_ms(&patterns[i]) == lamp_pattern_ms(&patterns[k]));
	}
}

static void test_with_some_lamps_each_state_still_shows(void **state)
{
	(void)state;
	for (uint32_t lamps = 1; lamps <= LAMPS_ALL; lamps++) {
		for (int s = 0; s < LAMP_STATES_COUNT; s++) {
			struct lamp_pattern pattern;
			bool is_seen = false;

			lamp_pattern((enum lamp_state)s, ERROR_CODE_FULL, lamps, &pattern);
			for (int lamp = 0; lamp < LAMPS_COUNT; lamp++)
				for (uint32_t i = 0; i < pattern.steps_count; i++) {
					bool is_lit = pattern.steps[i].level[lamp];

					is_seen |= is_lit;
					assert_false(is_lit && !(lamps & LAMP_BIT(lamp)));
				}
			assert_true(is_seen);
		}
	}
}

static void test_a_ramp_is_even(void **state)
{
	struct lamp_pattern pattern;

	(void)state;
	lamp_pattern_full(LAMP_STATE_BUSY, 0, &pattern);

	assert_int_equal(lamp_level(&pattern, LAMP_AMBER, 0), 0);
	assert_int_equal(lamp_level(&pattern, LAMP_AMBER, 400 * MS), 50);
	assert_int_equal(lamp_level(&pattern, LAMP_AMBER, 1500 * MS), 50);
	assert_int_equal(lamp_level(&pattern, LAMP_AMBER, (2400 + 200) * MS), 25);
}

/* --- from the model --- */

static struct tank_model *new_model(enum tank_state state)
{
	struct tank_model *model = model_new();

	assert_non_null(model);
	model->connection = CONNECTION_UP;
	model->tank.state = state;
	return model;
}

static void test_a_sound_belongs_to_a_growing_count(void **state)
{
	struct tank_model *model = new_model(TANK_IDLE);
	struct lamp_memory memory = {0};

	(void)state;
	model->tank.good_ends_count = 5;
	assert_int_equal(lamp_view(&memory, model, 0).sound, LAMP_SOUND_NONE); /* long ago */
	model->tank.good_ends_count = 6;
	assert_int_equal(lamp_view(&memory, model, 0).sound, LAMP_SOUND_GOOD);
	assert_int_equal(lamp_view(&memory, model, 0).sound, LAMP_SOUND_NONE);
	model->tank.good_ends_count = 7;
	model->tank.bad_ends_count = 1;
	assert_int_equal(lamp_view(&memory, model, 0).sound, LAMP_SOUND_BAD);
	model->connection = CONNECTION_NONE; /* the mirror is empty then */
	model->tank.good_ends_count = model->tank.bad_ends_count = 0;
	assert_int_equal(lamp_view(&memory, model, 0).sound, LAMP_SOUND_NONE);
	model->connection = CONNECTION_UP;
	assert_int_equal(lamp_view(&memory, model, 0).sound, LAMP_SOUND_NONE); /* a new daemon */
	model_free(model);
}

/* At boot lamps are there before the daemon: that is no fault yet. */
static void test_a_daemon_that_never_was_there_is_on_its_way_for_a_while(void **state)
{
	struct lamp_memory memory = {0};
	struct tank_model *model = model_new();

	(void)state;
	model->connection = CONNECTION_NONE;
	model->connection_since_usec = 1000;
	assert_int_equal(lamp_view(&memory, model, 0).state, LAMP_STATE_STARTING);
	assert_int_equal(
		lamp_view(&memory, model, 999 + LAMP_STARTING_USEC).state, LAMP_STATE_STARTING);
	assert_int_equal(lamp_view(&memory, model, 1000 + LAMP_STARTING_USEC).state,
		LAMP_STATE_NO_CONNECTION);
	model->protocol_major = 1; /* it was there, and is gone */
	assert_int_equal(lamp_view(&memory, model, 1001).state, LAMP_STATE_NO_CONNECTION);
	model_free(model);
}

static void test_done_is_idle_with_a_finished_card(void **state)
{
	struct tank_model *model = new_model(TANK_IDLE);
	struct lamp_memory memory = {0};

	(void)state;
	assert_int_equal(lamp_view(&memory, model, 0).state, LAMP_STATE_IDLE);
	model->tank.is_done = true;
	assert_int_equal(lamp_view(&memory, model, 0).state, LAMP_STATE_DONE);
	model_free(model);
}

static void test_halting_stays_when_the_daemon_is_gone(void **state)
{
	struct tank_model *model = new_model(TANK_HALTING);
	struct lamp_memory memory = {0};
	uint32_t changed = 0;

	(void)state;
	model->tank.halting = HALTING_POWEROFF;
	assert_int_equal(lamp_view(&memory, model, 0).state, LAMP_STATE_HALTING);
	model_disconnect(model, 1, &changed);
	assert_int_equal(lamp_view(&memory, model, 0).state, LAMP_STATE_HALTING);
	assert_true(memory.is_power_going);
	model->connection = CONNECTION_UP;
	model->tank.halting = HALTING_STOP; /* only the daemon stops */
	(void)lamp_view(&memory, model, 0);
	model->protocol_major = 1;
	model_disconnect(model, 2, &changed);
	assert_false(lamp_view(&memory, model, 0).state == LAMP_STATE_HALTING);
	assert_int_equal(lamp_view(&memory, model, 0).state, LAMP_STATE_NO_CONNECTION);
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_lamps_are_as_in_the_table),
		cmocka_unit_test(test_an_error_blinks_its_number),
		cmocka_unit_test(test_one_lamp_tells_states_apart_by_rhythm_alone),
		cmocka_unit_test(test_with_some_lamps_each_state_still_shows),
		cmocka_unit_test(test_a_ramp_is_even),
		cmocka_unit_test(test_a_sound_belongs_to_a_growing_count),
		cmocka_unit_test(test_a_daemon_that_never_was_there_is_on_its_way_for_a_while),
		cmocka_unit_test(test_done_is_idle_with_a_finished_card),
		cmocka_unit_test(test_halting_stays_when_the_daemon_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
