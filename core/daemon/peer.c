/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "build.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/lines.h"
#include "core/base/log.h"

#define LINES_PER_TURN 32 /* then others have their turn */
#define OWED_LINES_MAX 64 /* with so many lines waiting no more commands are read */
#define STRIKES_MAX 200 /* nonsense in a row until the client is let go */

struct peer {
	sd_event *event; /* borrowed */
	sd_event_source *io_source;
	int fd; /* owned; -1: it is gone */
	uid_t user;
	bool may_command, follows, sees_access;
	bool is_greeted; /* hello and snapshot are on their way: replies come behind them */
	struct line_reader reader;
	bool has_lines; /* that were read and wait for their turn */
	struct queue queue;
	double tokens; /* commands that it may still send now */
	uint64_t tokens_usec; /* when they were counted */
	unsigned int strikes_count;
	uint64_t taken_usec; /* when it last took something, or nothing waited */
	const struct peer_handler *handler; /* borrowed */
	void *userdata;
};

bool peer_is_gone(const struct peer *peer)
{
	return peer->fd < 0;
}

bool peer_follows(const struct peer *peer)
{
	return peer->follows;
}

bool peer_sees_access(const struct peer *peer)
{
	return peer->sees_access;
}

uid_t peer_user(const struct peer *peer)
{
	return peer->user;
}

static void hang_up(struct peer *peer)
{
	peer->io_source = sd_event_source_disable_unref(peer->io_source);
	fd_close(TAKE_FD(peer->fd));
}

void peer_drop(struct peer *peer, const char *why)
{
	log_warning("a client of user %u is let go: %s", (unsigned int)peer->user, why);
	hang_up(peer);
}

/* --- sending --- */

/*
 * Write interest only while something waits to be sent, or lines wait for answers
 * that can be sent; read interest unless too much waits already.
 */
static void arm(struct peer *peer)
{
	uint32_t events = 0;

	if (peer_is_gone(peer))
		return;
	if (!queue_is_empty(&peer->queue) || peer->queue.wants_snapshot || peer->has_lines)
		events |= EPOLLOUT;
	if (peer->is_greeted && peer->queue.lines_count < OWED_LINES_MAX)
		events |= EPOLLIN;
	(void)sd_event_source_set_io_events(peer->io_source, events);
}

/* No part of the snapshot: not everybody may see it. */
static void send_access(struct peer *peer)
{
	struct queue_line *line = peer->sees_access ? peer->handler->access(peer->userdata) : NULL;

	if (line)
		peer_send(peer, line);
	queue_line_unref(line);
}

/* The snapshot is made when the socket takes it: then it is fresh, and made only once. */
static int add_snapshot(struct peer *peer)
{
	struct queue_line *line = peer->handler->snapshot(peer->userdata);
	int r;

	if (!line)
		return -ENOMEM;
	peer->queue.wants_snapshot = false;
	peer->is_greeted = true;
	r = queue_add(&peer->queue, line);
	queue_line_unref(line);
	send_access(peer);
	return r < 0 ? r : 0;
}

static int send_all(struct peer *peer, bool is_writable)
{
	for (;;) {
		ssize_t n = queue_flush(&peer->queue, peer->fd);
		int r;

		if (n < 0)
			return (int)n;
		if (n > 0)
			peer->taken_usec = clock_monotonic_usec();
		if (!queue_is_empty(&peer->queue) || !peer->queue.wants_snapshot || !is_writable)
			return 0;
		r = add_snapshot(peer);
		if (r < 0)
			return r;
	}
}

static void flush(struct peer *peer, bool is_writable)
{
	int r;

	if (peer_is_gone(peer))
		return;
	r = send_all(peer, is_writable);
	if (r == -ENOMEM)
		r = 0; /* later, perhaps */
	if (r < 0)
		hang_up(peer); /* it went away; nothing to tell anybody */
	arm(peer);
}

void peer_flush(struct peer *peer)
{
	flush(peer, false);
}

void peer_send(struct peer *peer, struct queue_line *line)
{
	if (peer_is_gone(peer))
		return;
	if (queue_is_empty(&peer->queue) && !peer->queue.wants_snapshot)
		peer->taken_usec = clock_monotonic_usec();
	if (queue_add(&peer->queue, line) == 1)
		log_info("a client of user %u is slow: it gets a fresh snapshot",
			(unsigned int)peer->user);
}

void peer_resync(struct peer *peer)
{
	queue_reset(&peer->queue);
}

uint64_t peer_stalled_usec(const struct peer *peer, uint64_t now_usec)
{
	bool is_owed = !queue_is_empty(&peer->queue) || peer->queue.wants_snapshot;

	if (peer_is_gone(peer) || !is_owed || now_usec < peer->taken_usec)
		return 0;
	return now_usec - peer->taken_usec;
}

static void reply(struct peer *peer, int64_t id, enum reply_code code, const char *sentence,
	const char *remedy)
{
	CLEANUP(freep) char *text = message_encode_reply(id, code, sentence, remedy);
	struct queue_line *line = text ? queue_line_new(MESSAGE_REPLY, "", text) : NULL;

	if (line)
		peer_send(peer, line);
	queue_line_unref(line);
}

/* --- what it says --- */

static bool take_token(struct peer *peer)
{
	uint64_t now_usec = clock_monotonic_usec();

	peer->tokens += (double)(now_usec - peer->tokens_usec) / 1e6 * MESSAGE_COMMANDS_PER_S;
	if (peer->tokens > MESSAGE_COMMANDS_BURST)
		peer->tokens = MESSAGE_COMMANDS_BURST;
	peer->tokens_usec = now_usec;
	if (peer->tokens < 1)
		return false;
	peer->tokens -= 1;
	return true;
}

static enum reply_code obey(struct peer *peer, const struct command_request *request,
	const char **sentence, const char **remedy)
{
	if (request->command == COMMAND_PING)
		return REPLY_OK;
	if (request->command == COMMAND_FOLLOW) {
		if (request->access && !peer->may_command)
			return REPLY_NOT_ALLOWED;
		peer->follows = request->files;
		peer->sees_access = request->access;
		send_access(peer);
		return REPLY_OK;
	}
	if (!peer->may_command)
		return REPLY_NOT_ALLOWED;
	return peer->handler->command(peer->userdata, request, sentence, remedy);
}

/* Counts nonsense in a row; a client that sends nothing else costs only time. */
static void count_strike(struct peer *peer, enum reply_code code)
{
	bool is_nonsense = code == REPLY_TOO_LONG || code == REPLY_BAD_JSON ||
		code == REPLY_BAD_MESSAGE || code == REPLY_TOO_FAST;

	peer->strikes_count = is_nonsense ? peer->strikes_count + 1 : 0;
	if (peer->strikes_count > STRIKES_MAX) {
		(void)queue_flush(&peer->queue, peer->fd);
		peer_drop(peer, "it sends nothing that makes sense");
	}
}

/* line: NULL for one that was too long. */
static void handle_line(struct peer *peer, const char *line, size_t length)
{
	struct command_request request = {0};
	const char *sentence = NULL, *remedy = NULL;
	enum reply_code code = line ? command_decode(line, length, &request) : REPLY_TOO_LONG;

	if (!take_token(peer))
		code = REPLY_TOO_FAST;
	if (code == REPLY_OK)
		code = obey(peer, &request, &sentence, &remedy);
	reply(peer, request.id, code, sentence, remedy);
	count_strike(peer, code);
}

/* Some of the lines that were read; more than a turn's worth waits for the next one. */
static void handle_lines(struct peer *peer)
{
	for (int i = 0; i < LINES_PER_TURN; i++) {
		char *line = NULL;
		size_t length = 0;
		int r;

		peer->has_lines = true;
		if (peer_is_gone(peer) || peer->queue.lines_count >= OWED_LINES_MAX)
			return;
		r = line_reader_next(&peer->reader, &line, &length);
		peer->has_lines = r != 0;
		if (r == 0)
			return;
		handle_line(peer, r < 0 ? NULL : line, length);
	}
}

static void read_some(struct peer *peer)
{
	ssize_t n = line_reader_fill(&peer->reader, peer->fd);

	if (n == -EAGAIN)
		return;
	if (n > 0) {
		handle_lines(peer);
		return;
	}
	(void)queue_flush(&peer->queue, peer->fd); /* it may listen to the end */
	hang_up(peer);
}

static int on_peer_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct peer *peer = userdata;

	(void)source;
	(void)fd;
	if (peer->has_lines)
		handle_lines(peer);
	else if ((revents & EPOLLIN) && peer->is_greeted)
		read_some(peer);
	else if (revents & (EPOLLHUP | EPOLLERR))
		hang_up(peer);
	flush(peer, (revents & EPOLLOUT) != 0);
	if (peer_is_gone(peer))
		peer->handler->gone(peer->userdata, peer);
	return 0;
}

/* --- its life --- */

static int say_hello(struct peer *peer)
{
	struct message_hello hello = {.protocol_major = PROTOCOL_MAJOR,
		.protocol_minor = PROTOCOL_MINOR,
		.version = IMGTANK_VERSION,
		.may_command = peer->may_command};
	CLEANUP(freep) char *text = message_encode_hello(&hello);
	struct queue_line *line = text ? queue_line_new(MESSAGE_HELLO, "", text) : NULL;

	if (!line)
		return -ENOMEM;
	peer_send(peer, line);
	queue_line_unref(line);
	queue_reset(&peer->queue); /* the snapshot comes next */
	return 0;
}

int peer_new(struct peer **ret, sd_event *event, int fd, uid_t user, bool may_command,
	const struct peer_handler *handler, void *userdata)
{
	struct peer *peer = calloc(1, sizeof(*peer));
	int r;

	if (!peer) {
		fd_close(fd);
		return -ENOMEM;
	}
	peer->event = event;
	peer->fd = fd;
	peer->user = user;
	peer->may_command = may_command;
	peer->handler = handler;
	peer->userdata = userdata;
	peer->tokens = MESSAGE_COMMANDS_BURST;
	peer->tokens_usec = peer->taken_usec = clock_monotonic_usec();
	line_reader_init(&peer->reader, MESSAGE_COMMAND_BYTES_MAX);
	queue_init(&peer->queue, PEER_QUEUE_BYTES_MAX);
	r = sd_event_add_io(event, &peer->io_source, fd, EPOLLIN, on_peer_io, peer);
	if (r >= 0)
		r = say_hello(peer);
	if (r < 0) {
		peer_free(peer);
		return r;
	}
	arm(peer);
	*ret = peer;
	return 0;
}

void peer_free(struct peer *peer)
{
	if (!peer)
		return;
	if (!peer_is_gone(peer))
		(void)queue_flush(&peer->queue, peer->fd);
	hang_up(peer);
	line_reader_finish(&peer->reader);
	queue_finish(&peer->queue);
	free(peer);
}
