/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <stdlib.h>

#include "core/daemon/unplug.h"

/* A box whose only card went well and is out. */
static int make_model(void **state)
{
	struct tank_model *model = model_new();

	if (!model)
		return -1;
	model->tank.is_ready = model->tank.is_mounted = true;
	model->tank.good_ends_count = 1;
	*state = model;
	return 0;
}

static int drop_model(void **state)
{
	model_free(*state);
	return 0;
}

static void test_unplug_halts_when_all_went_well(void **state)
{
	assert_true(unplug_may_halt(*state));
}

static void test_unplug_stays_before_the_first_card(void **state)
{
	struct tank_model *model = *state;

	model->tank.good_ends_count = 0;
	assert_false(unplug_may_halt(model));
}

static void test_unplug_stays_while_a_card_is_there(void **state)
{
	struct tank_model *model = *state;

	assert_non_null(model_card_add(model, "c1"));
	assert_false(unplug_may_halt(model));
}

static void test_unplug_stays_when_something_went_wrong(void **state)
{
	struct tank_model *model = *state;

	model->tank.bad_ends_count = 1;
	assert_false(unplug_may_halt(model));
	model->tank.bad_ends_count = 0;
	model->tank.unlisted_count = 1;
	assert_false(unplug_may_halt(model));
	model->tank.unlisted_count = 0;
	model->tank.errors_count = 1;
	assert_false(unplug_may_halt(model));
	model->tank.errors_count = 0;
	model->tank.fault = FAULT_TANK_NOT_MOUNTED;
	assert_false(unplug_may_halt(model));
	model->tank.fault = FAULT_NONE;
	model->tank.is_mounted = false;
	assert_false(unplug_may_halt(model));
}

static void test_unplug_does_not_halt_twice(void **state)
{
	struct tank_model *model = *state;

	model->tank.halting = HALTING_REBOOT;
	assert_false(unplug_may_halt(model));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_model, drop_model)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unplug_halts_when_all_went_well),
		TEST(test_unplug_stays_before_the_first_card),
		TEST(test_unplug_stays_while_a_card_is_there),
		TEST(test_unplug_stays_when_something_went_wrong),
		TEST(test_unplug_does_not_halt_twice),
	};

	return cmocka_run_group_tests_name("unplug", tests, NULL, NULL);
}
