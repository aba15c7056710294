/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client's queue: what may be left out, what never, and where the bound is. */
#include "tests/support/itest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/daemon/queue.h"

#define MAX_BYTES 64

struct fixture {
	struct queue queue;
	int fds[2];
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fixture->fds) < 0)
		return -1;
	queue_init(&fixture->queue, MAX_BYTES);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	queue_finish(&fixture->queue);
	(void)close(fixture->fds[0]);
	(void)close(fixture->fds[1]);
	free(fixture);
	return 0;
}

static int add(struct queue *queue, enum message_type type, const char *card, const char *text)
{
	struct queue_line *line = queue_line_new(type, card, text);
	int r;

	assert_non_null(line);
	r = queue_add(queue, line);
	queue_line_unref(line);
	return r;
}

/* All that waits, sent and read at the other end. */
static const char *drain(struct fixture *fixture)
{
	static char text[4096];
	ssize_t n;

	assert_true(queue_flush(&fixture->queue, fixture->fds[0]) >= 0);
	assert_true(queue_is_empty(&fixture->queue));
	n = read(fixture->fds[1], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* Fills the socket, so that nothing more is taken. */
static void stuff(struct fixture *fixture)
{
	char block[4096] = {0};

	while (send(fixture->fds[0], block, sizeof(block), MSG_DONTWAIT) > 0)
		;
	while (send(fixture->fds[0], block, 1, MSG_DONTWAIT) > 0)
		;
	assert_int_equal(errno, EAGAIN);
}

static void unstuff(struct fixture *fixture)
{
	char block[4096];

	while (read(fixture->fds[1], block, sizeof(block)) > 0)
		;
}

static void test_queue_sends_in_order(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(add(&fixture->queue, MESSAGE_CARD, "c1", "card\n"), 0);
	assert_int_equal(add(&fixture->queue, MESSAGE_TANK, "", "tank\n"), 0);
	assert_int_equal(add(&fixture->queue, MESSAGE_SYNC, "", "sync\n"), 0);

	assert_string_equal(drain(fixture), "card\ntank\nsync\n");
}

static void test_queue_newer_progress_replaces_older_of_the_same_card(void **state)
{
	struct fixture *fixture = *state;

	(void)add(&fixture->queue, MESSAGE_PROGRESS, "c1", "old 1\n");
	(void)add(&fixture->queue, MESSAGE_PROGRESS, "c2", "old 2\n");
	(void)add(&fixture->queue, MESSAGE_PROGRESS, "c1", "new 1\n");

	assert_string_equal(drain(fixture), "old 2\nnew 1\n");
}

/* Else a card's old numbers would be shown after its new ones. */
static void test_queue_newer_progress_stays_behind_the_card_that_was_between(void **state)
{
	struct fixture *fixture = *state;

	(void)add(&fixture->queue, MESSAGE_PROGRESS, "c1", "old\n");
	(void)add(&fixture->queue, MESSAGE_CARD, "c1", "card\n");
	(void)add(&fixture->queue, MESSAGE_PROGRESS, "c1", "new\n");

	assert_string_equal(drain(fixture), "card\nnew\n");
}

/* It has the moving part of the tank, too, which nobody would say again. */
static void test_queue_card_does_not_replace_its_progress(void **state)
{
	struct fixture *fixture = *state;

	(void)add(&fixture->queue, MESSAGE_PROGRESS, "c1", "progress\n");
	(void)add(&fixture->queue, MESSAGE_CARD, "c1", "card\n");

	assert_string_equal(drain(fixture), "progress\ncard\n");
}

static void test_queue_keeps_only_the_last_sync(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 1000; i++) {
		(void)add(&fixture->queue, MESSAGE_PROGRESS, "c1", "progress\n");
		assert_int_equal(add(&fixture->queue, MESSAGE_SYNC, "", "sync\n"), 0);
		assert_true(fixture->queue.lines_count <= 2);
	}
	assert_string_equal(drain(fixture), "progress\nsync\n");
}

static void test_queue_over_the_bound_asks_for_a_snapshot_and_keeps_replies(void **state)
{
	struct fixture *fixture = *state;
	int r = 0;

	(void)add(&fixture->queue, MESSAGE_REPLY, "", "reply\n");
	for (int i = 0; i < 100 && r == 0; i++)
		r = add(&fixture->queue, MESSAGE_CARD, "c1", "card state\n");

	assert_int_equal(r, 1);
	assert_true(fixture->queue.wants_snapshot);
	assert_string_equal(drain(fixture), "reply\n");
}

static void test_queue_waiting_for_a_snapshot_takes_nothing_but_replies(void **state)
{
	struct fixture *fixture = *state;

	queue_reset(&fixture->queue);
	(void)add(&fixture->queue, MESSAGE_CARD, "c1", "card\n");
	(void)add(&fixture->queue, MESSAGE_REPLY, "", "reply\n");
	(void)add(&fixture->queue, MESSAGE_SYNC, "", "sync\n");

	assert_string_equal(drain(fixture), "reply\n");
}

static void test_queue_snapshot_may_be_larger_than_the_bound(void **state)
{
	struct fixture *fixture = *state;
	char large[MAX_BYTES * 4];

	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 2] = '\n';
	large[sizeof(large) - 1] = '\0';
	assert_int_equal(add(&fixture->queue, MESSAGE_SNAPSHOT, "", large), 0);

	assert_string_equal(drain(fixture), large);
}

/* Half a line must be followed by its other half, whatever happens meanwhile. */
static void test_queue_never_cuts_a_line_that_is_half_sent(void **state)
{
	struct fixture *fixture = *state;
	int small = 4608; /* the smallest that the kernel gives */
	size_t length = 200000, at = 0;
	char *large = malloc(length + 1), *got = malloc(length + 64);

	assert_non_null(large);
	assert_non_null(got);
	(void)setsockopt(fixture->fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	memset(large, 'x', length);
	large[length - 1] = '\n';
	large[length] = '\0';
	fixture->queue.max_bytes = length * 2;
	(void)add(&fixture->queue, MESSAGE_PROGRESS, "c1", large);
	assert_true(queue_flush(&fixture->queue, fixture->fds[0]) > 0);
	assert_true(fixture->queue.sent_bytes > 0);

	(void)add(&fixture->queue, MESSAGE_PROGRESS, "c1", "new\n");
	queue_reset(&fixture->queue);
	while (!queue_is_empty(&fixture->queue)) {
		ssize_t n = read(fixture->fds[1], got + at, length + 64 - at);

		at += n > 0 ? (size_t)n : 0;
		assert_true(queue_flush(&fixture->queue, fixture->fds[0]) >= 0);
	}
	for (ssize_t n = 1; n > 0; at += n > 0 ? (size_t)n : 0)
		n = read(fixture->fds[1], got + at, length + 64 - at);

	assert_int_equal(at, length);
	assert_memory_equal(got, large, length);
	free(large);
	free(got);
}

static void test_queue_flush_does_not_wait(void **state)
{
	struct fixture *fixture = *state;

	stuff(fixture);
	(void)add(&fixture->queue, MESSAGE_CARD, "c1", "card\n");
	assert_int_equal(queue_flush(&fixture->queue, fixture->fds[0]), 0);
	assert_false(queue_is_empty(&fixture->queue));
	unstuff(fixture);
	assert_string_equal(drain(fixture), "card\n");
}

static void test_queue_flush_says_that_the_other_end_is_gone(void **state)
{
	struct fixture *fixture = *state;

	(void)shutdown(fixture->fds[1], SHUT_RDWR);
	(void)add(&fixture->queue, MESSAGE_CARD, "c1", "card\n");
	assert_int_equal(queue_flush(&fixture->queue, fixture->fds[0]), -EPIPE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_queue_sends_in_order),
		TEST(test_queue_newer_progress_replaces_older_of_the_same_card),
		TEST(test_queue_newer_progress_stays_behind_the_card_that_was_between),
		TEST(test_queue_card_does_not_replace_its_progress),
		TEST(test_queue_keeps_only_the_last_sync),
		TEST(test_queue_over_the_bound_asks_for_a_snapshot_and_keeps_replies),
		TEST(test_queue_waiting_for_a_snapshot_takes_nothing_but_replies),
		TEST(test_queue_snapshot_may_be_larger_than_the_bound),
		TEST(test_queue_never_cuts_a_line_that_is_half_sent),
		TEST(test_queue_flush_does_not_wait),
		TEST(test_queue_flush_says_that_the_other_end_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
