/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/engine/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/engine/run.h"

static void init_lock(pthread_mutex_t *mutex, pthread_cond_t *changed)
{
	pthread_condattr_t attributes;

	(void)pthread_mutex_init(mutex, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

/* false when the deadline has passed. */
static bool wait_until(pthread_cond_t *changed, pthread_mutex_t *mutex, uint64_t deadline_usec)
{
	struct timespec until = {.tv_sec = (time_t)(deadline_usec / 1000000),
		.tv_nsec = (long)(deadline_usec % 1000000) * 1000};

	if (!deadline_usec)
		return pthread_cond_wait(changed, mutex) == 0;
	return pthread_cond_timedwait(changed, mutex, &until) != ETIMEDOUT;
}

void item_queue_init(struct item_queue *queue, size_t limit)
{
	memset(queue, 0, sizeof(*queue));
	init_lock(&queue->mutex, &queue->changed);
	queue->last = &queue->first;
	queue->limit = limit;
}

void item_queue_finish(struct item_queue *queue)
{
	(void)pthread_cond_destroy(&queue->changed);
	(void)pthread_mutex_destroy(&queue->mutex);
}

void item_queue_push(struct item_queue *queue, struct item *item)
{
	(void)pthread_mutex_lock(&queue->mutex);
	while (queue->count >= queue->limit)
		(void)pthread_cond_wait(&queue->changed, &queue->mutex);
	item->next = NULL;
	*queue->last = item;
	queue->last = &item->next;
	queue->count++;
	(void)pthread_cond_broadcast(&queue->changed);
	(void)pthread_mutex_unlock(&queue->mutex);
}

void item_queue_end(struct item_queue *queue)
{
	(void)pthread_mutex_lock(&queue->mutex);
	queue->is_ended = true;
	(void)pthread_cond_broadcast(&queue->changed);
	(void)pthread_mutex_unlock(&queue->mutex);
}

struct item *item_queue_pop(struct item_queue *queue, uint64_t deadline_usec)
{
	struct item *item;

	(void)pthread_mutex_lock(&queue->mutex);
	while (!queue->first && !queue->is_ended)
		if (!wait_until(&queue->changed, &queue->mutex, deadline_usec))
			break;
	item = queue->first;
	if (item) {
		queue->first = item->next;
		if (!queue->first)
			queue->last = &queue->first;
		item->next = NULL;
		queue->count--;
		(void)pthread_cond_broadcast(&queue->changed);
	}
	(void)pthread_mutex_unlock(&queue->mutex);
	return item;
}

void id_queue_init(struct id_queue *queue)
{
	memset(queue, 0, sizeof(*queue));
	init_lock(&queue->mutex, &queue->changed);
}

void id_queue_finish(struct id_queue *queue)
{
	(void)pthread_cond_destroy(&queue->changed);
	(void)pthread_mutex_destroy(&queue->mutex);
	free(queue->pairs);
}

/* Moves what is left to the start, and grows only if that is not enough. */
static int make_room(struct id_queue *queue)
{
	size_t room = queue->room ? queue->room * 2 : 256;
	struct id_pair *pairs;

	if (queue->first + queue->count < queue->room)
		return 0;
	if (queue->first > queue->room / 2) {
		memmove(queue->pairs, queue->pairs + queue->first,
			queue->count * sizeof(*queue->pairs));
		queue->first = 0;
		return 0;
	}
	pairs = reallocarray(queue->pairs, room, sizeof(*pairs));
	if (!pairs)
		return -ENOMEM;
	queue->pairs = pairs;
	queue->room = room;
	return 0;
}

int id_queue_push(struct id_queue *queue, struct id_pair pair)
{
	int r;

	(void)pthread_mutex_lock(&queue->mutex);
	r = make_room(queue);
	if (r == 0) {
		queue->pairs[queue->first + queue->count++] = pair;
		(void)pthread_cond_broadcast(&queue->changed);
	}
	(void)pthread_mutex_unlock(&queue->mutex);
	return r;
}

size_t id_queue_count(struct id_queue *queue)
{
	size_t count;

	(void)pthread_mutex_lock(&queue->mutex);
	count = queue->count;
	(void)pthread_mutex_unlock(&queue->mutex);
	return count;
}

void id_queue_end(struct id_queue *queue)
{
	(void)pthread_mutex_lock(&queue->mutex);
	queue->is_ended = true;
	(void)pthread_cond_broadcast(&queue->changed);
	(void)pthread_mutex_unlock(&queue->mutex);
}

bool id_queue_pop(struct id_queue *queue, uint64_t deadline_usec, struct id_pair *pair)
{
	bool is_there;

	(void)pthread_mutex_lock(&queue->mutex);
	while (!queue->count && !queue->is_ended)
		if (!wait_until(&queue->changed, &queue->mutex, deadline_usec))
			break;
	is_there = queue->count > 0;
	if (is_there) {
		*pair = queue->pairs[queue->first++];
		queue->count--;
	}
	(void)pthread_mutex_unlock(&queue->mutex);
	return is_there;
}
