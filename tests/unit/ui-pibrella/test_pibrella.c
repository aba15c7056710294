/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <string.h>

#include "ui-pibrella/button.h"
#include "ui-pibrella/dim.h"
#include "ui-pibrella/settings.h"

#define MS UINT64_C(1000)
#define BEGIN (1000000 * MS)

/* --- the button --- */

static void test_a_short_press_counts_when_it_ends(void **state)
{
	struct button button;

	(void)state;
	button_init(&button, BUTTON_BOUNCE_USEC);
	button_edge(&button, true, BEGIN);
	assert_int_equal(button_step(&button, BEGIN + 20 * MS), BUTTON_NOTHING);
	button_edge(&button, false, BEGIN + 300 * MS);
	assert_int_equal(button_step(&button, BEGIN + 310 * MS), BUTTON_NOTHING);
	assert_int_equal(button_step(&button, BEGIN + 320 * MS), BUTTON_PRESSED);
	assert_int_equal(button_step(&button, BEGIN + 900 * MS), BUTTON_NOTHING);
	assert_true(button_deadline(&button) == BUTTON_NEVER);
}

static void test_a_bouncing_contact_is_one_press(void **state)
{
	static const unsigned int edges_ms[] = {0, 2, 5, 6, 9, 200, 203, 204, 208, 209};
	struct button button;
	unsigned int presses = 0;

	(void)state;
	button_init(&button, BUTTON_BOUNCE_USEC);
	for (uint64_t ms = 0, next = 0; ms < 400; ms++) {
		if (next < 10 && edges_ms[next] == ms)
			button_edge(&button, next++ % 2 == 0, BEGIN + ms * MS);
		presses += button_step(&button, BEGIN + ms * MS) == BUTTON_PRESSED;
	}
	assert_int_equal(presses, 1);
}

static void test_a_spike_is_no_press(void **state)
{
	struct button button;

	(void)state;
	button_init(&button, BUTTON_BOUNCE_USEC);
	button_edge(&button, true, BEGIN);
	button_edge(&button, false, BEGIN + 5 * MS);
	assert_int_equal(button_step(&button, BEGIN + 30 * MS), BUTTON_NOTHING);
	assert_int_equal(button_step(&button, BEGIN + 3000 * MS), BUTTON_NOTHING);
}

static void test_holding_counts_while_it_is_down_and_is_no_press(void **state)
{
	struct button button;

	(void)state;
	button_init(&button, 0);
	button_edge(&button, true, BEGIN);
	assert_int_equal(button_step(&button, BEGIN), BUTTON_NOTHING);
	assert_true(button_deadline(&button) == BEGIN + 2000 * MS);
	assert_int_equal(button_step(&button, BEGIN + 1999 * MS), BUTTON_NOTHING);
	assert_int_equal(button_step(&button, BEGIN + 2000 * MS), BUTTON_HELD);
	assert_int_equal(button_step(&button, BEGIN + 2000 * MS), BUTTON_NOTHING);
	assert_true(button_deadline(&button) == BEGIN + 6000 * MS);
	assert_int_equal(button_step(&button, BEGIN + 6000 * MS), BUTTON_INSISTED);
	assert_true(button_deadline(&button) == BUTTON_NEVER);
	button_edge(&button, false, BEGIN + 7000 * MS);
	assert_int_equal(button_step(&button, BEGIN + 7000 * MS), BUTTON_NOTHING);
}

/* --- dimming --- */

/* On-time within a window, found by going from change to change as the front end does. */
static uint64_t on_usec(const struct lamp_pattern *pattern, uint64_t from, uint64_t to, unsigned *n)
{
	uint64_t sum = 0;

	for (uint64_t at = from; at < to; (*n)++) {
		uint64_t next = at + dim_next_usec(pattern, at);

		assert_true(next > at);
		if (dim_is_on(pattern, LAMP_AMBER, at))
			sum += (next < to ? next : to) - at;
		at = next;
	}
	return sum;
}

static void test_half_brightness_is_a_quarter_of_the_time(void **state)
{
	struct lamp_pattern pattern;
	unsigned int wakes = 0;
	uint64_t on;

	(void)state;
	lamp_pattern_full(LAMP_STATE_BUSY, 0, &pattern);
	on = on_usec(&pattern, 350 * MS, 450 * MS, &wakes);
	assert_in_range(on, 23 * MS, 27 * MS);
}

static void test_a_pulse_wakes_rarely(void **state)
{
	struct lamp_pattern pattern;
	unsigned int wakes = 0;

	(void)state;
	lamp_pattern_full(LAMP_STATE_BUSY, 0, &pattern);
	(void)on_usec(&pattern, 0, 2400 * MS, &wakes);
	assert_in_range(wakes, 100, 330); /* 2 in 10 ms, and none while it stays */
}

static void test_nothing_moves_in_a_steady_light(void **state)
{
	struct lamp_pattern pattern;

	(void)state;
	lamp_pattern_full(LAMP_STATE_IDLE, 0, &pattern);
	assert_true(dim_next_usec(&pattern, 123456) == UINT64_MAX);
	assert_true(dim_is_on(&pattern, LAMP_GREEN, 123456));
}

/* --- settings --- */

static void test_settings_take_what_can_be(void **state)
{
	static const char *const good[][2] = {{"red", "21"}, {"amber", "none"},
		{"active-low", "green red"}, {"active-low", "none"}, {"pull", "up"},
		{"buzzer-pwm", "0:2"}, {"sound", "no"}, {"fitted", "yes"},
		{"chip", "gpio-mockup-A"}};
	struct settings settings = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(settings_set(&settings, good[i][0], good[i][1]), 0);
	assert_int_equal(settings.board.offsets[BOARD_RED], 21);
	assert_int_equal(settings.board.offsets[BOARD_AMBER], BOARD_NO_LINE);
	assert_int_equal(settings.board.offsets[BOARD_GREEN], 4);
	assert_int_equal(settings.pwm.channel, 2);
	assert_false(settings.has_sound);
	assert_string_equal(settings.board.labels, "gpio-mockup-A");
	assert_false(settings.board.is_active_low[BOARD_RED]);
}

static void test_settings_refuse_what_cannot_be(void **state)
{
	static const char *const bad[][2] = {{"red", "-1"}, {"red", "256"}, {"red", ""},
		{"green", "GPIO4"}, {"active-low", "purple"}, {"active-low", "red purple"},
		{"pull", "sideways"}, {"buzzer-pwm", "0"}, {"buzzer-pwm", ":1"},
		{"buzzer-pwm", "0:x"}, {"chip", ""}, {"sound", "loud"}, {"nonsense", "1"}};
	struct settings settings = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(settings_set(&settings, bad[i][0], bad[i][1]), -EINVAL);
	assert_int_equal(settings.board.offsets[BOARD_RED], 27);
}

static void test_labels_are_whole_words(void **state)
{
	(void)state;
	assert_true(board_has_label("pinctrl-bcm2835 pinctrl-rp1", "pinctrl-rp1"));
	assert_true(board_has_label("a, b", "a"));
	assert_false(board_has_label("pinctrl-rp10", "pinctrl-rp1"));
	assert_false(board_has_label("a b", ""));
}

/* --- tunes --- */

static void test_tunes_are_short_and_in_range(void **state)
{
	(void)state;
	for (int tune = 0; tune < TUNES_COUNT; tune++) {
		size_t count;
		const struct tune_note *notes = tune_notes((enum tune)tune, &count);
		unsigned int sum_ms = 0;

		assert_true(count > 0);
		for (size_t i = 0; i < count; i++) {
			if (notes[i].pitch_hz)
				assert_in_range(notes[i].pitch_hz, 440, 660);
			sum_ms += notes[i].duration_ms;
		}
		assert_in_range(sum_ms, 200, 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_short_press_counts_when_it_ends),
		cmocka_unit_test(test_a_bouncing_contact_is_one_press),
		cmocka_unit_test(test_a_spike_is_no_press),
		cmocka_unit_test(test_holding_counts_while_it_is_down_and_is_no_press),
		cmocka_unit_test(test_half_brightness_is_a_quarter_of_the_time),
		cmocka_unit_test(test_a_pulse_wakes_rarely),
		cmocka_unit_test(test_nothing_moves_in_a_steady_light),
		cmocka_unit_test(test_settings_take_what_can_be),
		cmocka_unit_test(test_settings_refuse_what_cannot_be),
		cmocka_unit_test(test_labels_are_whole_words),
		cmocka_unit_test(test_tunes_are_short_and_in_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
