/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define FIRST_ROOM 16
#define SEND_LINES_MAX 16

struct queue_line *queue_line_new(enum message_type type, const char *card, const char *text)
{
	size_t size_bytes = strlen(text);
	struct queue_line *line = malloc(sizeof(*line) + size_bytes + 1);

	if (!line)
		return NULL;
	line->refs = 1;
	line->type = type;
	model_set_text(line->card, sizeof(line->card), card);
	line->size_bytes = size_bytes;
	memcpy(line->text, text, size_bytes + 1);
	return line;
}

void queue_line_unref(struct queue_line *line)
{
	if (line && --line->refs == 0)
		free(line);
}

void queue_init(struct queue *queue, size_t max_bytes)
{
	*queue = (struct queue){.max_bytes = max_bytes};
}

void queue_finish(struct queue *queue)
{
	for (size_t i = 0; i < queue->lines_count; i++)
		queue_line_unref(queue->lines[i]);
	free(queue->lines);
	queue_init(queue, queue->max_bytes);
}

static void remove_line(struct queue *queue, size_t index)
{
	struct queue_line *line = queue->lines[index];

	queue->held_bytes -= line->size_bytes;
	queue_line_unref(line);
	queue->lines_count--;
	memmove(&queue->lines[index], &queue->lines[index + 1],
		(queue->lines_count - index) * sizeof(queue->lines[0]));
}

/* The first line that may still be taken out: one that is half sent must stay. */
static size_t first_removable(const struct queue *queue)
{
	return queue->sent_bytes > 0 ? 1 : 0;
}

/* The client is owed these whatever happens. */
static bool must_stay(const struct queue_line *line)
{
	return line->type == MESSAGE_REPLY || line->type == MESSAGE_HELLO;
}

/*
 * Takes out the one line that this one makes superfluous. A progress also has
 * the moving part of the tank, so only a newer progress replaces it, and behind everything.
 */
static void drop_superseded(struct queue *queue, const struct queue_line *line)
{
	if (line->type != MESSAGE_PROGRESS && line->type != MESSAGE_SYNC)
		return;
	for (size_t i = queue->lines_count; i > first_removable(queue); i--) {
		const struct queue_line *old = queue->lines[i - 1];

		if (old->type == line->type && !strcmp(old->card, line->card)) {
			remove_line(queue, i - 1);
			return;
		}
	}
}

static int append(struct queue *queue, struct queue_line *line)
{
	if (queue->lines_count == queue->lines_room) {
		size_t room = queue->lines_room ? queue->lines_room * 2 : FIRST_ROOM;
		struct queue_line **lines = reallocarray(queue->lines, room, sizeof(*lines));

		if (!lines)
			return -ENOMEM;
		queue->lines = lines;
		queue->lines_room = room;
	}
	line->refs++;
	queue->lines[queue->lines_count++] = line;
	queue->held_bytes += line->size_bytes;
	return 0;
}

void queue_reset(struct queue *queue)
{
	for (size_t i = queue->lines_count; i > first_removable(queue); i--)
		if (!must_stay(queue->lines[i - 1]))
			remove_line(queue, i - 1);
	queue->wants_snapshot = true;
}

int queue_add(struct queue *queue, struct queue_line *line)
{
	bool is_owed = must_stay(line), is_over;
	int r;

	if (queue->wants_snapshot && !is_owed)
		return 0; /* the snapshot will have it */
	drop_superseded(queue, line);
	/* A snapshot comes when nothing else waits: it may be larger than the bound. */
	is_over = queue->held_bytes + line->size_bytes > queue->max_bytes &&
		line->type != MESSAGE_SNAPSHOT && !queue->wants_snapshot;
	if (is_over)
		queue_reset(queue);
	if (is_over && !is_owed)
		return 1;
	r = append(queue, line);
	if (r < 0)
		queue_reset(queue);
	return r < 0 ? r : is_over;
}

/* Lets go of what was sent. */
static void forget(struct queue *queue, size_t sent_bytes)
{
	size_t done_count = 0;

	queue->sent_bytes += sent_bytes;
	while (done_count < queue->lines_count &&
		queue->sent_bytes >= queue->lines[done_count]->size_bytes) {
		struct queue_line *line = queue->lines[done_count++];

		queue->sent_bytes -= line->size_bytes;
		queue->held_bytes -= line->size_bytes;
		queue_line_unref(line);
	}
	queue->lines_count -= done_count;
	memmove(queue->lines, queue->lines + done_count,
		queue->lines_count * sizeof(queue->lines[0]));
}

static ssize_t send_some(struct queue *queue, int fd)
{
	struct iovec parts[SEND_LINES_MAX];
	struct msghdr message = {.msg_iov = parts};
	ssize_t n;

	while (message.msg_iovlen < queue->lines_count && message.msg_iovlen < SEND_LINES_MAX) {
		struct queue_line *line = queue->lines[message.msg_iovlen];
		size_t skip_bytes = message.msg_iovlen == 0 ? queue->sent_bytes : 0;

		parts[message.msg_iovlen++] = (struct iovec){
			.iov_base = line->text + skip_bytes,
			.iov_len = line->size_bytes - skip_bytes,
		};
	}
	do
		n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t queue_flush(struct queue *queue, int fd)
{
	ssize_t all = 0;

	while (!queue_is_empty(queue)) {
		ssize_t n = send_some(queue, fd);

		if (n == -EAGAIN)
			break;
		if (n < 0)
			return n;
		forget(queue, (size_t)n);
		all += n;
	}
	return all;
}
