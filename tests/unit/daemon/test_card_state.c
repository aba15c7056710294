/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a card as a table: every state against everything that can happen. */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdbool.h>

#include "core/daemon/card.h"

struct row {
	enum card_state from;
	enum card_input input;
	enum card_state to;
	enum waiting_reason waiting;
};

#define WAIT(reason) CARD_WAITING, WAITING_##reason
#define GO(state) CARD_##state, WAITING_NONE

/* All that leads somewhere; whatever is not here must be refused. */
static const struct row rows[] = {
	{CARD_INSERTED, CARD_INPUT_UNSUPPORTED, WAIT(UNSUPPORTED)},
	{CARD_INSERTED, CARD_INPUT_ASK, WAIT(ASK)},
	{CARD_INSERTED, CARD_INPUT_LEAVE, GO(UNMOUNTED)},
	{CARD_INSERTED, CARD_INPUT_NO_TANK, WAIT(NO_TANK)},
	{CARD_INSERTED, CARD_INPUT_TURN, WAIT(TURN)},
	{CARD_INSERTED, CARD_INPUT_BEGIN, GO(SCANNING)},
	{CARD_INSERTED, CARD_INPUT_DECLINED, GO(UNMOUNTED)},
	{CARD_INSERTED, CARD_INPUT_PULLED, GO(REMOVED)},
	{CARD_WAITING, CARD_INPUT_UNSUPPORTED, WAIT(UNSUPPORTED)},
	{CARD_WAITING, CARD_INPUT_NO_TANK, WAIT(NO_TANK)},
	{CARD_WAITING, CARD_INPUT_TURN, WAIT(TURN)},
	{CARD_WAITING, CARD_INPUT_BEGIN, GO(SCANNING)},
	{CARD_WAITING, CARD_INPUT_DECLINED, GO(UNMOUNTED)},
	{CARD_WAITING, CARD_INPUT_PULLED, GO(REMOVED)},
	{CARD_SCANNING, CARD_INPUT_NO_TANK, WAIT(NO_TANK)},
	{CARD_SCANNING, CARD_INPUT_SCANNING, GO(SCANNING)},
	{CARD_SCANNING, CARD_INPUT_COPYING, GO(COPYING)},
	{CARD_SCANNING, CARD_INPUT_VERIFYING, GO(VERIFYING)},
	{CARD_SCANNING, CARD_INPUT_DONE, GO(DONE)},
	{CARD_SCANNING, CARD_INPUT_PARTIAL, GO(PARTIAL)},
	{CARD_SCANNING, CARD_INPUT_FAILED, GO(FAILED)},
	{CARD_SCANNING, CARD_INPUT_CANCELLED, GO(CANCELLED)},
	{CARD_SCANNING, CARD_INPUT_PULLED, GO(REMOVED_EARLY)},
	{CARD_COPYING, CARD_INPUT_NO_TANK, WAIT(NO_TANK)},
	{CARD_COPYING, CARD_INPUT_COPYING, GO(COPYING)},
	{CARD_COPYING, CARD_INPUT_VERIFYING, GO(VERIFYING)},
	{CARD_COPYING, CARD_INPUT_DONE, GO(DONE)},
	{CARD_COPYING, CARD_INPUT_PARTIAL, GO(PARTIAL)},
	{CARD_COPYING, CARD_INPUT_FAILED, GO(FAILED)},
	{CARD_COPYING, CARD_INPUT_CANCELLED, GO(CANCELLED)},
	{CARD_COPYING, CARD_INPUT_PULLED, GO(REMOVED_EARLY)},
	{CARD_VERIFYING, CARD_INPUT_NO_TANK, WAIT(NO_TANK)},
	{CARD_VERIFYING, CARD_INPUT_VERIFYING, GO(VERIFYING)},
	{CARD_VERIFYING, CARD_INPUT_DONE, GO(DONE)},
	{CARD_VERIFYING, CARD_INPUT_PARTIAL, GO(PARTIAL)},
	{CARD_VERIFYING, CARD_INPUT_FAILED, GO(FAILED)},
	{CARD_VERIFYING, CARD_INPUT_CANCELLED, GO(CANCELLED)},
	{CARD_VERIFYING, CARD_INPUT_PULLED, GO(REMOVED_EARLY)},
#define ENDED(state)                                                                               \
	{state, CARD_INPUT_NO_TANK, WAIT(NO_TANK)}, {state, CARD_INPUT_TURN, WAIT(TURN)},          \
		{state, CARD_INPUT_BEGIN, GO(SCANNING)}, {state, CARD_INPUT_PULLED, GO(REMOVED)},  \
	{                                                                                          \
		state, CARD_INPUT_SAFE, GO(UNMOUNTED)                                              \
	}
	ENDED(CARD_DONE),
	ENDED(CARD_PARTIAL),
	ENDED(CARD_FAILED),
	ENDED(CARD_CANCELLED),
	{CARD_UNMOUNTED, CARD_INPUT_NO_TANK, WAIT(NO_TANK)},
	{CARD_UNMOUNTED, CARD_INPUT_TURN, WAIT(TURN)},
	{CARD_UNMOUNTED, CARD_INPUT_BEGIN, GO(SCANNING)},
	{CARD_UNMOUNTED, CARD_INPUT_PULLED, GO(REMOVED)},
	{CARD_REMOVED_EARLY, CARD_INPUT_SEEN, GO(REMOVED)},
};

static const struct row *find_row(enum card_state from, enum card_input input)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].from == from && rows[i].input == input)
			return &rows[i];
	return NULL;
}

static void check(enum card_state from, enum card_input input)
{
	const struct card_phase start = {from, from == CARD_WAITING ? WAITING_ASK : WAITING_NONE};
	const struct row *row = find_row(from, input);
	struct card_phase phase = start;
	int r = card_next_state(start, input, &phase);

	if (r != (row ? 0 : -EINVAL))
		fail_msg("%s while %s: %d", card_input_name(input), card_state_name(from), r);
	if (row && (phase.state != row->to || phase.waiting != row->waiting))
		fail_msg("%s while %s leads to %s, %s", card_input_name(input),
			card_state_name(from), card_state_name(phase.state),
			waiting_reason_name(phase.waiting));
	if (!row) {
		assert_int_equal(phase.state, start.state);
		assert_int_equal(phase.waiting, start.waiting);
	}
}

static void test_card_goes_where_the_table_says_and_nowhere_else(void **state)
{
	(void)state;
	for (int from = 0; from < CARD_STATES_COUNT; from++)
		for (int input = 0; input < CARD_INPUTS_COUNT; input++)
			check((enum card_state)from, (enum card_input)input);
}

/* "May be taken out" is said of "safe-to-remove": nothing but an unmount may lead there. */
static void test_card_that_is_read_is_never_safe_at_once(void **state)
{
	static const enum card_state busy[] = {CARD_SCANNING, CARD_COPYING, CARD_VERIFYING};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (int input = 0; input < CARD_INPUTS_COUNT; input++) {
			struct card_phase phase = {busy[i], WAITING_NONE};

			(void)card_next_state(phase, (enum card_input)input, &phase);
			assert_int_not_equal(phase.state, CARD_UNMOUNTED);
			assert_int_not_equal(phase.state, CARD_REMOVED);
		}
	}
}

static void test_card_input_of_work_is_only_for_work(void **state)
{
	enum card_input input;

	(void)state;
	assert_int_equal(card_input_of_work(CARD_COPYING, &input), 0);
	assert_int_equal(input, CARD_INPUT_COPYING);
	assert_int_equal(card_input_of_work(CARD_CANCELLED, &input), -EINVAL);
	assert_int_equal(card_input_of_work(CARD_UNMOUNTED, &input), -EINVAL);
	assert_int_equal(card_input_of_work(CARD_REMOVED, &input), -EINVAL);
	assert_int_equal(card_input_of_work(CARD_INSERTED, &input), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_card_goes_where_the_table_says_and_nowhere_else),
		cmocka_unit_test(test_card_that_is_read_is_never_safe_at_once),
		cmocka_unit_test(test_card_input_of_work_is_only_for_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
