/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/client/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/lines.h"
#include "core/base/log.h"
#include "core/client/address.h"

#define UNSENT_BYTES_MAX (64 * 1024)
#define LINES_PER_TURN 512 /* then the rest of the loop has its turn */

struct connection {
	sd_event *event; /* borrowed */
	const char *path; /* borrowed */
	const struct connection_handler *handler;
	void *userdata;
	int fd; /* -1 while there is no connection */
	sd_event_source *io, *timer, *rest;
	struct line_reader reader;
	struct line_writer writer;
	uint64_t retry_usec; /* how long the next wait is */
	int64_t last_id, ping_id; /* ping_id 0: no question is open */
	bool has_hello, has_sync;
	bool was_told; /* that there is no connection */
};

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata);

static void arm(struct connection *connection, uint64_t delay_usec)
{
	int r = sd_event_source_set_time_relative(connection->timer, delay_usec);

	if (r >= 0)
		r = sd_event_source_set_enabled(connection->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		(void)log_errno(LOG_LEVEL_ERROR, r, "the timer of the connection does not work");
}

static void hang_up(struct connection *connection)
{
	connection->io = sd_event_source_disable_unref(connection->io);
	fd_close(TAKE_FD(connection->fd));
	line_reader_finish(&connection->reader);
	line_writer_finish(&connection->writer);
	connection->has_hello = connection->has_sync = false;
	connection->ping_id = 0;
	(void)sd_event_source_set_enabled(connection->rest, SD_EVENT_OFF);
}

/* The connection is gone or could not be made: says so once and tries again later. */
static void lose(struct connection *connection, int error)
{
	bool is_wrong = error == -EBADMSG || error == -EMSGSIZE || error == -EPROTO ||
		error == -EPROTONOSUPPORT; /* it will not soon be better */

	hang_up(connection);
	arm(connection, is_wrong ? CONNECTION_RETRY_WRONG_USEC : connection->retry_usec);
	connection->retry_usec *= 2;
	if (connection->retry_usec > CONNECTION_RETRY_MAX_USEC)
		connection->retry_usec = CONNECTION_RETRY_MAX_USEC;
	if (connection->was_told)
		return;
	connection->was_told = true;
	(void)log_errno(LOG_LEVEL_INFO, error, "no connection to %s", connection->path);
	connection->handler->down(connection->userdata, error);
}

static int check_hello(const struct message_hello *hello)
{
	if (hello->protocol_major == PROTOCOL_MAJOR)
		return 0;
	log_warning("the daemon speaks protocol %u, this program %d: update the older one",
		hello->protocol_major, PROTOCOL_MAJOR);
	return -EPROTONOSUPPORT;
}

static void on_sync(struct connection *connection)
{
	if (connection->has_sync)
		return;
	connection->has_sync = true;
	connection->was_told = false;
	connection->retry_usec = CONNECTION_RETRY_FIRST_USEC;
	arm(connection, CONNECTION_QUIET_USEC);
	log_info("connected to %s", connection->path);
}

static int handle_message(struct connection *connection, const struct message *message)
{
	if (message->type == MESSAGE_HELLO) {
		int r = check_hello(&message->hello);

		if (r < 0)
			return r;
		connection->has_hello = true;
	}
	if (!connection->has_hello)
		return -EPROTO;
	if (message->type == MESSAGE_SYNC)
		on_sync(connection);
	if (message->type == MESSAGE_REPLY && connection->ping_id &&
		message->reply.id == connection->ping_id) {
		connection->ping_id = 0;
		return 0;
	}
	connection->handler->message(connection->userdata, message);
	return 0;
}

static int handle_line(struct connection *connection, const char *line, size_t length)
{
	struct message message;
	int r = message_decode(line, length, &message);

	if (r < 0)
		return log_errno(LOG_LEVEL_WARNING, r, "the daemon sent a line that is none");
	r = handle_message(connection, &message);
	message_finish(&message);
	return r;
}

/* 1 if there are more lines, 0 if not, or a negative errno. */
static int handle_lines(struct connection *connection)
{
	for (int i = 0; i < LINES_PER_TURN; i++) {
		size_t length;
		char *line;
		int r = line_reader_next(&connection->reader, &line, &length);

		if (r > 0)
			r = handle_line(connection, line, length) ?: 1;
		if (r <= 0)
			return r;
	}
	return 1;
}

static void handle_input(struct connection *connection)
{
	int r = handle_lines(connection);

	if (r < 0)
		lose(connection, r);
	else
		(void)sd_event_source_set_enabled(
			connection->rest, r > 0 ? SD_EVENT_ON : SD_EVENT_OFF);
	connection->handler->pause(connection->userdata);
}

/* Lines are left over from the turn before. */
static int on_rest(sd_event_source *source, void *userdata)
{
	struct connection *connection = userdata;

	(void)source;
	handle_input(connection);
	return 0;
}

static void watch_for(struct connection *connection, uint32_t events)
{
	int r = sd_event_source_set_io_events(connection->io, events);

	if (r < 0)
		(void)log_errno(LOG_LEVEL_ERROR, r, "cannot watch the connection");
}

static int flush(struct connection *connection)
{
	int r = line_writer_flush(&connection->writer, connection->fd);

	if (r == 0)
		watch_for(connection,
			line_writer_is_empty(&connection->writer) ? EPOLLIN : EPOLLIN | EPOLLOUT);
	return r;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct connection *connection = userdata;
	ssize_t n;

	(void)source;
	if (events & EPOLLOUT) {
		int r = flush(connection);

		if (r < 0) {
			lose(connection, r);
			return 0;
		}
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return 0;
	n = line_reader_fill(&connection->reader, fd);
	if (n == -EAGAIN || n == -ENOBUFS)
		return 0;
	if (n <= 0) {
		lose(connection, n == 0 ? -ECONNRESET : (int)n);
		return 0;
	}
	if (connection->has_sync)
		arm(connection, CONNECTION_QUIET_USEC);
	handle_input(connection);
	return 0;
}

static void begin(struct connection *connection)
{
	int fd = address_connect(connection->path);
	int r;

	if (fd < 0) {
		lose(connection, fd);
		return;
	}
	connection->fd = fd;
	r = sd_event_add_io(connection->event, &connection->io, fd, EPOLLIN, on_io, connection);
	if (r < 0)
		lose(connection, r);
	else
		arm(connection, CONNECTION_HELLO_USEC);
}

/* Nothing was heard for a while. */
static void ask(struct connection *connection)
{
	const struct command_request ping = {.command = COMMAND_PING};
	int64_t id = connection_send(connection, &ping);

	if (id < 0) {
		lose(connection, (int)id);
		return;
	}
	connection->ping_id = id;
	arm(connection, CONNECTION_ANSWER_USEC);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct connection *connection = userdata;

	(void)source;
	(void)usec;
	if (connection->fd < 0)
		begin(connection);
	else if (!connection->has_sync || connection->ping_id)
		lose(connection, -ETIMEDOUT);
	else
		ask(connection);
	return 0;
}

int connection_new(struct connection **ret, sd_event *event, const char *path,
	const struct connection_handler *handler, void *userdata)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	int r;

	if (!connection)
		return -ENOMEM;
	connection->event = event;
	connection->path = path;
	connection->handler = handler;
	connection->userdata = userdata;
	connection->fd = -1;
	connection->retry_usec = CONNECTION_RETRY_FIRST_USEC;
	line_reader_init(&connection->reader, MESSAGE_EVENT_BYTES_MAX);
	line_writer_init(&connection->writer, UNSENT_BYTES_MAX);
	r = sd_event_add_time_relative(
		event, &connection->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, connection);
	if (r >= 0)
		r = sd_event_add_defer(event, &connection->rest, on_rest, connection);
	if (r >= 0)
		r = sd_event_source_set_enabled(connection->rest, SD_EVENT_OFF);
	if (r < 0) {
		connection_free(connection);
		return r;
	}
	*ret = connection;
	return 0;
}

void connection_free(struct connection *connection)
{
	if (!connection)
		return;
	hang_up(connection);
	(void)sd_event_source_disable_unref(connection->timer);
	(void)sd_event_source_disable_unref(connection->rest);
	free(connection);
}

int64_t connection_send(struct connection *connection, const struct command_request *request)
{
	struct command_request numbered = *request;
	CLEANUP(freep) char *line = NULL;
	int r;

	if (!connection->has_sync)
		return -ENOTCONN;
	numbered.id = connection->last_id + 1;
	line = command_encode(&numbered);
	if (!line)
		return -ENOMEM;
	r = line_writer_add(&connection->writer, line, strlen(line));
	if (r < 0)
		return r == -ENOBUFS ? -EAGAIN : r;
	connection->last_id = numbered.id;
	watch_for(connection, EPOLLIN | EPOLLOUT);
	return numbered.id;
}
