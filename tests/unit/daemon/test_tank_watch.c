/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tank's disk: there, gone, back; and one that never answers, which must hold up nobody. */
#include "tests/support/itest.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <systemd/sd-event.h>

#include "core/base/clock.h"
#include "core/daemon/tank.h"

#define SOON_USEC 4000000 /* less than a disk hangs before it is failing */
#define TRIES_MAX 100
#define DEADLINE_USEC 20000000

/* Looks wait here as long as it is empty and the disk hangs. */
static int gate_fds[2];
static _Atomic bool is_hanging;
static _Atomic uint64_t clock_ahead_usec;

/* statvfs64: what statvfs() is called with _FILE_OFFSET_BITS=64. */
int __real_statvfs64(const char *path, struct statvfs *fs);
int __wrap_statvfs64(const char *path, struct statvfs *fs);
uint64_t __real_clock_monotonic_usec(void);
uint64_t __wrap_clock_monotonic_usec(void);

int __wrap_statvfs64(const char *path, struct statvfs *fs)
{
	struct pollfd gate = {.fd = gate_fds[0], .events = POLLIN};

	while (is_hanging && poll(&gate, 1, -1) != 1)
		;
	return __real_statvfs64(path, fs);
}

uint64_t __wrap_clock_monotonic_usec(void)
{
	return __real_clock_monotonic_usec() + clock_ahead_usec;
}

struct fixture {
	sd_event *event;
	struct tank_watch *watch;
	struct model_tank tank;
	unsigned int changes_count;
	char path[64];
};

static void on_changed(void *userdata)
{
	struct fixture *fixture = userdata;

	fixture->changes_count++;
	tank_watch_fill(fixture->watch, &fixture->tank);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture || sd_event_new(&fixture->event) < 0 || pipe(gate_fds) < 0)
		return -1;
	is_hanging = false;
	clock_ahead_usec = 0;
	(void)snprintf(fixture->path, sizeof(fixture->path), "/tmp/imgtank-tank-XXXXXX");
	*state = fixture;
	return mkdtemp(fixture->path) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	tank_watch_free(fixture->watch);
	(void)sd_event_unref(fixture->event);
	(void)rmdir(fixture->path);
	(void)close(gate_fds[0]);
	(void)close(gate_fds[1]);
	free(fixture);
	return 0;
}

static void begin(struct fixture *fixture)
{
	assert_int_equal(tank_watch_new(&fixture->watch, fixture->event, fixture->path, false,
				 on_changed, fixture),
		0);
	tank_watch_fill(fixture->watch, &fixture->tank);
}

/* A busy machine may need longer than the loop waits; then what is known stays as it was. */
static void begin_with_what_is_there(struct fixture *fixture)
{
	for (int i = 0; i < TRIES_MAX; i++) {
		begin(fixture);
		if (tank_is_usable(&fixture->tank))
			return;
		tank_watch_free(fixture->watch);
		fixture->watch = NULL;
	}
	fail_msg("what is there is not known at the start");
}

static void wait_for(struct fixture *fixture, bool is_usable, enum fault fault)
{
	uint64_t end_usec = __real_clock_monotonic_usec() + DEADLINE_USEC;

	while (tank_is_usable(&fixture->tank) != is_usable || fixture->tank.fault != fault) {
		assert_true(__real_clock_monotonic_usec() < end_usec);
		(void)sd_event_run(fixture->event, 100000);
	}
}

static void let_go(void)
{
	is_hanging = false;
	assert_int_equal(write(gate_fds[1], "x", 1), 1);
}

static void test_tank_is_known_from_the_start(void **state)
{
	struct fixture *fixture = *state;

	begin_with_what_is_there(fixture);
	assert_true(fixture->tank.total_bytes > 0);
}

static void test_tank_that_goes_and_comes_is_told(void **state)
{
	struct fixture *fixture = *state;

	begin_with_what_is_there(fixture);
	assert_int_equal(rmdir(fixture->path), 0);
	tank_watch_set_busy(fixture->watch, true);
	wait_for(fixture, false, FAULT_TANK_MISSING);
	assert_int_equal(mkdir(fixture->path, 0700), 0);
	wait_for(fixture, true, FAULT_NONE);
	assert_true(fixture->changes_count >= 2);
}

static void test_tank_looked_at_now_is_as_it_is_now(void **state)
{
	struct fixture *fixture = *state;

	begin_with_what_is_there(fixture);
	assert_int_equal(rmdir(fixture->path), 0);
	for (int i = 0; i < TRIES_MAX && fixture->tank.fault != FAULT_TANK_MISSING; i++) {
		tank_watch_look(fixture->watch);
		tank_watch_fill(fixture->watch, &fixture->tank);
	}
	assert_int_equal(fixture->tank.fault, FAULT_TANK_MISSING);
}

static void test_tank_that_hangs_from_the_start_is_missing_then_failing_then_back(void **state)
{
	struct fixture *fixture = *state;
	uint64_t began_usec = __real_clock_monotonic_usec();

	is_hanging = true;
	begin(fixture);
	assert_true(__real_clock_monotonic_usec() - began_usec < SOON_USEC);
	assert_false(tank_is_usable(&fixture->tank));
	clock_ahead_usec = 6000000;
	wait_for(fixture, false, FAULT_TANK_FAILING);
	let_go();
	wait_for(fixture, true, FAULT_NONE);
}

/* It was fine when it was looked at last; now the loop turns on while it hangs. */
static void test_tank_that_begins_to_hang_does_not_stop_the_loop(void **state)
{
	struct fixture *fixture = *state;
	uint64_t began_usec;

	begin_with_what_is_there(fixture);
	is_hanging = true;
	began_usec = __real_clock_monotonic_usec();
	tank_watch_look(fixture->watch);
	assert_true(__real_clock_monotonic_usec() - began_usec < SOON_USEC);
	tank_watch_set_busy(fixture->watch, true);
	clock_ahead_usec = 6000000;
	wait_for(fixture, false, FAULT_TANK_FAILING);
	let_go();
	wait_for(fixture, true, FAULT_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_tank_is_known_from_the_start),
		TEST(test_tank_that_goes_and_comes_is_told),
		TEST(test_tank_looked_at_now_is_as_it_is_now),
		TEST(test_tank_that_hangs_from_the_start_is_missing_then_failing_then_back),
		TEST(test_tank_that_begins_to_hang_does_not_stop_the_loop),
	};

	(void)signal(
		SIGPIPE, SIG_IGN); /* as the daemon does: a look may end when nobody waits for it */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
