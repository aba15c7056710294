/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One client: rights, rate, nonsense, and that it is told where things stand. */
#include "tests/support/itest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <systemd/sd-event.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/daemon/peer.h"

#define TURNS 2000

struct fixture {
	sd_event *event;
	struct peer *peer;
	int fd; /* the client's end */
	bool may_command;
	unsigned int commands_count, snapshots_count;
	char text[1 << 20];
	size_t text_bytes;
};

static enum reply_code on_command(void *userdata, const struct command_request *request,
	const char **sentence, const char **remedy)
{
	struct fixture *fixture = userdata;

	(void)request;
	(void)sentence;
	(void)remedy;
	fixture->commands_count++;
	return REPLY_OK;
}

static struct queue_line *on_snapshot(void *userdata)
{
	struct fixture *fixture = userdata;

	fixture->snapshots_count++;
	return queue_line_new(MESSAGE_SNAPSHOT, "", "{\"event\":\"snapshot\"}\n");
}

static struct queue_line *on_access(void *userdata)
{
	(void)userdata;
	return queue_line_new(MESSAGE_ACCESS, "", "{\"event\":\"access\"}\n");
}

static void on_gone(void *userdata, struct peer *peer)
{
	struct fixture *fixture = userdata;

	peer_free(peer);
	fixture->peer = NULL;
}

static const struct peer_handler handler = {on_command, on_snapshot, on_access, on_gone};

static void connect_peer(struct fixture *fixture, bool may_command)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	fixture->fd = fds[0];
	assert_int_equal(peer_new(&fixture->peer, fixture->event, fds[1], 1000, may_command,
				 &handler, fixture),
		0);
	peer_flush(fixture->peer);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture || sd_event_new(&fixture->event) < 0)
		return -1;
	log_set_level(LOG_LEVEL_ERROR);
	fixture->fd = -1;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	peer_free(fixture->peer);
	fd_close(fixture->fd);
	(void)sd_event_unref(fixture->event);
	free(fixture);
	return 0;
}

static size_t read_some(struct fixture *fixture)
{
	ssize_t n = read(fixture->fd, fixture->text + fixture->text_bytes,
		sizeof(fixture->text) - 1 - fixture->text_bytes);

	fixture->text_bytes += n > 0 ? (size_t)n : 0;
	fixture->text[fixture->text_bytes] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* Lets the loop run until nothing happens any more; what the client gets is in text. */
static void turn(struct fixture *fixture)
{
	bool has_happened = true;

	for (int i = 0; i < TURNS && has_happened; i++) {
		has_happened = read_some(fixture) > 0;
		has_happened |= sd_event_run(fixture->event, 0) > 0;
	}
	assert_false(has_happened);
}

static void say(struct fixture *fixture, const char *text)
{
	assert_int_equal(
		send(fixture->fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
	turn(fixture);
}

static unsigned int count(const char *text, const char *word)
{
	unsigned int found = 0;

	while ((text = strstr(text, word))) {
		found++;
		text++;
	}
	return found;
}

static void test_peer_is_greeted_with_hello_and_snapshot(void **state)
{
	struct fixture *fixture = *state;
	const char *hello, *snapshot;

	connect_peer(fixture, true);
	turn(fixture);

	hello = strstr(fixture->text, "\"hello\"");
	snapshot = strstr(fixture->text, "\"snapshot\"");
	assert_non_null(hello);
	assert_non_null(snapshot);
	assert_true(hello < snapshot);
	assert_non_null(strstr(fixture->text, "\"may_command\":true"));
}

static void test_peer_gets_one_reply_for_each_command_in_order(void **state)
{
	struct fixture *fixture = *state;

	connect_peer(fixture, true);
	say(fixture,
		"{\"id\":7,\"command\":\"eject\"}\n{\"id\":8,\"command\":\"ping\"}\n"
		"{\"id\":9,\"command\":\"ack\"}\n");

	assert_int_equal(fixture->commands_count, 2);
	assert_int_equal(count(fixture->text, "\"reply\":"), 3);
	assert_true(strstr(fixture->text, "\"reply\":7") < strstr(fixture->text, "\"reply\":8"));
	assert_true(strstr(fixture->text, "\"reply\":8") < strstr(fixture->text, "\"reply\":9"));
}

static void test_peer_that_asks_at_once_is_greeted_first(void **state)
{
	struct fixture *fixture = *state;
	const char *snapshot, *reply;

	connect_peer(fixture, true);
	say(fixture, "{\"id\":1,\"command\":\"ping\"}\n");

	snapshot = strstr(fixture->text, "\"snapshot\"");
	reply = strstr(fixture->text, "\"reply\":1");
	assert_non_null(snapshot);
	assert_non_null(reply);
	assert_true(snapshot < reply);
}

static void test_peer_without_rights_may_only_watch(void **state)
{
	struct fixture *fixture = *state;

	connect_peer(fixture, false);
	say(fixture,
		"{\"id\":1,\"command\":\"eject\"}\n{\"id\":2,\"command\":\"poweroff\"}\n"
		"{\"id\":3,\"command\":\"ping\"}\n");

	assert_int_equal(fixture->commands_count, 0);
	assert_int_equal(count(fixture->text, "not-allowed"), 2);
	assert_int_equal(count(fixture->text, "\"ok\":true"), 1);
}

static void test_peer_gets_secrets_only_if_it_asks_and_may(void **state)
{
	static const char ask[] = "{\"id\":1,\"command\":\"follow\",\"access\":true}\n";
	struct fixture *fixture = *state;

	connect_peer(fixture, true);
	say(fixture, "{\"id\":1,\"command\":\"follow\",\"files\":true}\n");
	assert_int_equal(count(fixture->text, "access"), 0);
	say(fixture, ask);
	assert_int_equal(count(fixture->text, "access"), 1);
	peer_resync(fixture->peer); /* what waited was thrown away, so it comes again */
	peer_flush(fixture->peer);
	turn(fixture);
	assert_int_equal(count(fixture->text, "access"), 2);
	peer_free(fixture->peer);
	fd_close(fixture->fd);
	connect_peer(fixture, false);
	say(fixture, ask);
	assert_int_equal(count(fixture->text, "access"), 2);
	assert_int_equal(count(fixture->text, "not-allowed"), 1);
}

static void test_peer_says_what_is_wrong_with_a_line(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		const char *line, *code;
	} rows[] = {
		{"hello\n", "bad-json"},
		{"[]\n", "bad-json"},
		{"\n", "bad-json"},
		{"{\"id\":1,\"command\":\"dance\"}\n", "unknown-command"},
		{"{\"command\":\"ping\"}\n", "bad-message"},
		{"[[[[[[[[[]]]]]]]]]\n", "bad-json"},
	};

	connect_peer(fixture, true);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		turn(fixture);
		fixture->text_bytes = 0;
		say(fixture, rows[i].line);
		if (!strstr(fixture->text, rows[i].code))
			fail_msg("%s: %s", rows[i].line, fixture->text);
	}
}

static void test_peer_forgets_a_line_that_is_too_long_and_goes_on(void **state)
{
	struct fixture *fixture = *state;
	char *block = malloc(8193);

	assert_non_null(block);
	memset(block, 'a', 8192);
	block[8192] = '\0';
	connect_peer(fixture, true);
	for (int i = 0; i < 20; i++)
		say(fixture, block);
	say(fixture, "\n{\"id\":5,\"command\":\"ping\"}\n");

	assert_int_equal(count(fixture->text, "too-long"), 1);
	assert_non_null(strstr(fixture->text, "\"reply\":5,\"ok\":true"));
	free(block);
}

static void test_peer_that_asks_too_fast_is_told_so_and_then_served(void **state)
{
	struct fixture *fixture = *state;

	connect_peer(fixture, true);
	for (int i = 0; i < MESSAGE_COMMANDS_BURST + 20; i++)
		say(fixture, "{\"id\":1,\"command\":\"ping\"}\n");

	assert_true(count(fixture->text, "too-fast") > 0);
	assert_true(count(fixture->text, "\"ok\":true") >= MESSAGE_COMMANDS_BURST);
	assert_non_null(fixture->peer);
}

static void test_peer_that_sends_only_nonsense_is_let_go(void **state)
{
	struct fixture *fixture = *state;

	connect_peer(fixture, true);
	for (int i = 0; i < 1000 && fixture->peer; i++)
		say(fixture, "nonsense\n");

	assert_null(fixture->peer);
}

/* It is not read from while it does not read: so its replies stay few. */
static void test_peer_that_does_not_read_is_not_answered_for_ever(void **state)
{
	struct fixture *fixture = *state;
	const char *ping = "{\"id\":1,\"command\":\"ping\"}\n";
	int r = 0;

	connect_peer(fixture, true);
	for (int i = 0; i < 100000 && r >= 0 && fixture->peer; i++) {
		r = (int)send(fixture->fd, ping, strlen(ping), MSG_NOSIGNAL);
		(void)sd_event_run(fixture->event, 0);
	}
	assert_true(r < 0 || !fixture->peer);
}

static void test_peer_that_takes_nothing_gets_one_snapshot_for_all_it_missed(void **state)
{
	struct fixture *fixture = *state;
	char text[1024];
	struct queue_line *line;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 2] = '\n';
	text[sizeof(text) - 1] = '\0';
	line = queue_line_new(MESSAGE_CARD, "c1", text);
	connect_peer(fixture, true);
	turn(fixture);
	fixture->text_bytes = 0;
	for (int i = 0; i < 2000; i++) {
		peer_send(fixture->peer, line);
		peer_flush(fixture->peer);
	}
	assert_int_equal(fixture->snapshots_count, 1); /* the one of the greeting */
	assert_true(peer_stalled_usec(fixture->peer, clock_monotonic_usec() + 1000000) >= 1000000);
	turn(fixture);

	assert_int_equal(fixture->snapshots_count, 2);
	assert_int_equal(peer_stalled_usec(fixture->peer, clock_monotonic_usec() + 1000000), 0);
	queue_line_unref(line);
}

static void test_peer_that_hangs_up_is_gone(void **state)
{
	struct fixture *fixture = *state;

	connect_peer(fixture, true);
	turn(fixture);
	(void)shutdown(fixture->fd, SHUT_RDWR);
	turn(fixture);

	assert_null(fixture->peer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_peer_is_greeted_with_hello_and_snapshot),
		TEST(test_peer_gets_one_reply_for_each_command_in_order),
		TEST(test_peer_that_asks_at_once_is_greeted_first),
		TEST(test_peer_without_rights_may_only_watch),
		TEST(test_peer_gets_secrets_only_if_it_asks_and_may),
		TEST(test_peer_says_what_is_wrong_with_a_line),
		TEST(test_peer_forgets_a_line_that_is_too_long_and_goes_on),
		TEST(test_peer_that_asks_too_fast_is_told_so_and_then_served),
		TEST(test_peer_that_sends_only_nonsense_is_let_go),
		TEST(test_peer_that_does_not_read_is_not_answered_for_ever),
		TEST(test_peer_that_takes_nothing_gets_one_snapshot_for_all_it_missed),
		TEST(test_peer_that_hangs_up_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
