/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <stdio.h>
#include <string.h>

#include "ui-web/crowd.h"

static struct crowd crowd;

static int set_up(void **state)
{
	(void)state;
	memset(&crowd, 0, sizeof(crowd));
	return 0;
}

/* As many as there may be of this address; returns how many. */
static unsigned int come(const char *address, unsigned int wanted)
{
	unsigned int count = 0;

	while (count < wanted && crowd_may_enter(&crowd, address) && crowd_enter(&crowd, address))
		count++;
	return count;
}

static unsigned int come_from_many(unsigned int addresses_count)
{
	unsigned int count = 0;
	char address[AUTH_ADDRESS_BYTES];

	for (unsigned int i = 0; i < addresses_count; i++) {
		(void)snprintf(address, sizeof(address), "10.0.%u.%u", i / 250, i % 250);
		count += come(address, CROWD_MAX);
	}
	return count;
}

static void test_one_address_has_a_share(void **state)
{
	(void)state;
	assert_int_equal(come("10.1.0.1", CROWD_MAX), CROWD_PER_ADDRESS);
	crowd_leave(&crowd, "10.1.0.1");
	assert_true(crowd_may_enter(&crowd, "10.1.0.1"));
	assert_int_equal(come("10.1.0.2", 1), 1);
}

static void test_a_stranger_still_gets_in_when_it_is_busy(void **state)
{
	(void)state;
	assert_int_equal(come_from_many(CROWD_BUSY / CROWD_PER_ADDRESS), CROWD_BUSY);
	assert_int_equal(come("10.1.0.1", CROWD_MAX), CROWD_PER_STRANGER);
	assert_false(crowd_may_enter(&crowd, "10.0.0.0"));
}

static void test_a_place_is_kept_for_those_who_have_logged_in(void **state)
{
	(void)state;
	crowd_know(&crowd, "10.1.0.1", 1);
	assert_int_equal(come_from_many(1000), CROWD_NEARLY_FULL);
	assert_false(crowd_may_enter(&crowd, "10.1.0.2"));
	assert_int_equal(come("10.1.0.1", CROWD_MAX), CROWD_MAX - CROWD_NEARLY_FULL);
}

static void test_all_who_have_come_can_leave(void **state)
{
	char address[AUTH_ADDRESS_BYTES];

	(void)state;
	(void)come_from_many(1000);
	for (unsigned int i = 0; i < 1000; i++)
		for (unsigned int j = 0; j <= CROWD_PER_ADDRESS; j++) {
			(void)snprintf(address, sizeof(address), "10.0.%u.%u", i / 250, i % 250);
			crowd_leave(&crowd, address);
		}
	assert_int_equal(crowd.count, 0);
	assert_int_equal(come("10.1.0.1", CROWD_MAX), CROWD_PER_ADDRESS);
}

static void test_who_was_known_longest_ago_is_forgotten_first(void **state)
{
	char address[AUTH_ADDRESS_BYTES];

	(void)state;
	crowd_know(&crowd, "10.1.0.1", 1);
	for (unsigned int i = 0; i < CROWD_KNOWN_MAX; i++) {
		(void)snprintf(address, sizeof(address), "10.2.0.%u", i);
		crowd_know(&crowd, address, 2 + i);
		if (i < CROWD_KNOWN_MAX / 2)
			crowd_know(&crowd, "10.1.0.1", 2 + i);
	}
	(void)come_from_many(1000);
	assert_true(crowd_may_enter(&crowd, "10.1.0.1"));
	assert_false(crowd_may_enter(&crowd, "10.2.0.0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_address_has_a_share, set_up),
		cmocka_unit_test_setup(test_a_stranger_still_gets_in_when_it_is_busy, set_up),
		cmocka_unit_test_setup(test_a_place_is_kept_for_those_who_have_logged_in, set_up),
		cmocka_unit_test_setup(test_all_who_have_come_can_leave, set_up),
		cmocka_unit_test_setup(test_who_was_known_longest_ago_is_forgotten_first, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
