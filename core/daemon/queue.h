/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * queue.h - what one client has still to be sent, with a bound.
 *
 * A line is made once and shared by the queues of all clients. A newer progress
 * of a card takes the place of an older one that waits, and only the last sync waits.
 * When the bound is passed, everything but replies is thrown away and
 * the client gets one fresh snapshot as soon as it has taken the rest: so
 * a slow client misses moments, but never where things stand.
 */
#ifndef IMGTANK_CORE_DAEMON_QUEUE_H
#define IMGTANK_CORE_DAEMON_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/protocol/message.h"

/* One or more whole lines, shared: freed with the last reference. */
struct queue_line {
	unsigned int refs;
	enum message_type type;
	char card[MODEL_ID_BYTES]; /* whose progress it is, or "" */
	size_t size_bytes;
	char text[];
};

/* Copies text. The caller has the first reference; NULL without memory. */
struct queue_line *queue_line_new(enum message_type type, const char *card, const char *text);
void queue_line_unref(struct queue_line *line); /* accepts NULL */

struct queue {
	struct queue_line **lines; /* owned, and a reference to each */
	size_t lines_count, lines_room;
	size_t sent_bytes; /* of the first line: then it must stay */
	size_t held_bytes, max_bytes;
	bool wants_snapshot; /* nothing but replies waits; the rest comes as one snapshot */
};

void queue_init(struct queue *queue, size_t max_bytes);
void queue_finish(struct queue *queue);

/*
 * Takes a reference of its own. 1 if the bound was passed and the client will
 * get a snapshot instead; 0; -ENOMEM, likewise with a snapshot to come.
 */
int queue_add(struct queue *queue, struct queue_line *line);

/* A snapshot shall come in the place of all that waits but replies. */
void queue_reset(struct queue *queue);

/* Sends what the socket takes now. The bytes sent, or a negative errno; -EAGAIN is 0. */
ssize_t queue_flush(struct queue *queue, int fd);

static inline bool queue_is_empty(const struct queue *queue)
{
	return queue->lines_count == 0;
}

#endif
