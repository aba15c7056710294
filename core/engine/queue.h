/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * queue.h - hands work from one thread to the next, in order.
 *
 * A bounded queue of pointers makes the sender wait (copy -> date -> settle); a queue of
 * numbers has no bound, since a number is all that is kept of a file (verify, thumbnails).
 */
#ifndef IMGTANK_CORE_ENGINE_QUEUE_H
#define IMGTANK_CORE_ENGINE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct item;

/* Bounded, of items linked through item->next. Caller's memory. */
struct item_queue {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct item *first, **last;
	size_t count, limit;
	bool is_ended;
};

void item_queue_init(struct item_queue *queue, size_t limit);
void item_queue_finish(struct item_queue *queue); /* must be empty */
void item_queue_push(struct item_queue *queue, struct item *item); /* waits for room */
void item_queue_end(struct item_queue *queue); /* nothing more will come */

/* Waits for one; NULL at the end. deadline_usec (monotonic, 0 = none): NULL when it has passed. */
struct item *item_queue_pop(struct item_queue *queue, uint64_t deadline_usec);

struct id_pair {
	int64_t file_id;
	union {
		int64_t of_id; /* thumbnails: whose picture serves this file; 0 = its own */
		bool must_read; /* reading back: also if an earlier import has done it */
	};
};

/* Without a bound; 16 bytes each. */
struct id_queue {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct id_pair *pairs;
	size_t first, count, room;
	bool is_ended;
};

void id_queue_init(struct id_queue *queue);
void id_queue_finish(struct id_queue *queue);
int id_queue_push(struct id_queue *queue, struct id_pair pair); /* -ENOMEM */
size_t id_queue_count(struct id_queue *queue);
void id_queue_end(struct id_queue *queue);
/* true and *pair; false at the end; with deadline_usec also when that has passed. */
bool id_queue_pop(struct id_queue *queue, uint64_t deadline_usec, struct id_pair *pair);

#endif
