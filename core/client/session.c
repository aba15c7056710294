/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/client/session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/lines.h"
#include "core/client/address.h"

#define GREETING_MS 5000
#define REPLY_MS 30000 /* to eject, a slow card may have to be waited for */
#define UNSENT_BYTES_MAX (64 * 1024)

struct session {
	int fd;
	struct line_reader reader;
	struct line_writer writer;
	struct tank_model *model; /* owned */
	struct message message; /* the last one */
	int64_t last_id;
};

/* What is left of timeout_ms at now, for poll(2). */
static int remaining_ms(uint64_t deadline_usec)
{
	uint64_t now_usec = clock_monotonic_usec();

	if (deadline_usec == UINT64_MAX)
		return -1;
	return now_usec >= deadline_usec ? 0 : (int)((deadline_usec - now_usec) / 1000) + 1;
}

static uint64_t deadline_of(int timeout_ms)
{
	if (timeout_ms < 0)
		return UINT64_MAX;
	return clock_monotonic_usec() + (uint64_t)timeout_ms * 1000;
}

static int wait_for(struct session *session, uint64_t deadline_usec)
{
	bool has_more = !line_writer_is_empty(&session->writer);
	struct pollfd poll_fd = {
		.fd = session->fd, .events = (short)(has_more ? POLLIN | POLLOUT : POLLIN)};
	int n = poll(&poll_fd, 1, remaining_ms(deadline_usec));

	if (n < 0)
		return -errno;
	return n == 0 ? -ETIMEDOUT : 0;
}

/* Waits for more of what the daemon says. */
static int read_more(struct session *session, uint64_t deadline_usec)
{
	int r = wait_for(session, deadline_usec);
	ssize_t n;

	if (r == 0)
		r = line_writer_flush(&session->writer, session->fd);
	if (r < 0)
		return r;
	n = line_reader_fill(&session->reader, session->fd);
	if (n == -EAGAIN)
		return 0;
	if (n <= 0)
		return n == 0 ? -ECONNRESET : (int)n;
	return 0;
}

static int next_line(struct session *session, uint64_t deadline_usec, char **line, size_t *length)
{
	for (;;) {
		int r = line_reader_next(&session->reader, line, length);

		if (r == 0)
			r = read_more(session, deadline_usec);
		if (r != 0)
			return r < 0 ? r : 0;
	}
}

static int next_message(struct session *session, uint64_t deadline_usec, char **line)
{
	uint32_t changed = 0;
	size_t length;
	int r = next_line(session, deadline_usec, line, &length);

	if (r < 0)
		return r;
	message_finish(&session->message);
	r = message_decode(*line, length, &session->message);
	if (r < 0)
		return r;
	if (session->message.type == MESSAGE_HELLO &&
		session->message.hello.protocol_major != PROTOCOL_MAJOR)
		return -EPROTONOSUPPORT;
	model_apply(session->model, &session->message, &changed);
	return 0;
}

static int greet(struct session *session)
{
	uint64_t deadline_usec = deadline_of(GREETING_MS);
	char *line;

	do {
		int r = next_message(session, deadline_usec, &line);

		if (r < 0)
			return r;
	} while (session->message.type != MESSAGE_SYNC ||
		session->model->connection != CONNECTION_UP);
	return 0;
}

int session_open(struct session **ret, const char *path)
{
	struct session *session = calloc(1, sizeof(*session));
	int r;

	if (!session)
		return -ENOMEM;
	session->fd = -1;
	line_reader_init(&session->reader, MESSAGE_EVENT_BYTES_MAX);
	line_writer_init(&session->writer, UNSENT_BYTES_MAX);
	session->model = model_new();
	r = session->model ? address_connect(address_choose(path)) : -ENOMEM;
	if (r >= 0) {
		session->fd = r;
		r = greet(session);
	}
	if (r < 0)
		session_close(session);
	else
		*ret = session;
	return r;
}

void session_close(struct session *session)
{
	if (!session)
		return;
	fd_close(session->fd);
	line_reader_finish(&session->reader);
	line_writer_finish(&session->writer);
	message_finish(&session->message);
	model_free(session->model);
	free(session);
}

const struct tank_model *session_model(const struct session *session)
{
	return session->model;
}

int session_next(struct session *session, int timeout_ms, const char **line_ret,
	const struct message **message_ret)
{
	char *line;
	int r = next_message(session, deadline_of(timeout_ms), &line);

	if (r < 0)
		return r;
	if (line_ret)
		*line_ret = line;
	if (message_ret)
		*message_ret = &session->message;
	return 0;
}

int session_command(
	struct session *session, const struct command_request *request, struct message_reply *ret)
{
	struct command_request numbered = *request;
	CLEANUP(freep) char *text = NULL;
	uint64_t deadline_usec = deadline_of(REPLY_MS);
	char *line;
	int r;

	numbered.id = ++session->last_id;
	text = command_encode(&numbered);
	if (!text)
		return -ENOMEM;
	r = line_writer_add(&session->writer, text, strlen(text));
	if (r == 0)
		r = line_writer_flush(&session->writer, session->fd);
	while (r == 0) {
		r = next_message(session, deadline_usec, &line);
		if (r == 0 && session->message.type == MESSAGE_REPLY &&
			session->message.reply.id == numbered.id) {
			*ret = session->message.reply;
			return 0;
		}
	}
	return r;
}
