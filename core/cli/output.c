/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/output.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fd.h"

/* Behind by more than this, progress is left out. */
#define DROP_BYTES (32u << 10)
/* Some 100,000 events. Whoever is further behind makes the sender wait. */
#define BLOCK_BYTES (16u << 20)

struct output {
	int fd;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	char *text;
	size_t length, room;
	bool is_ended, is_broken;
};

static void *write_all(void *userdata)
{
	struct output *output = userdata;

	(void)pthread_mutex_lock(&output->mutex);
	for (;;) {
		char *text = output->text;
		size_t length = output->length;
		int r;

		if (length == 0 && output->is_ended)
			break;
		if (length == 0) {
			(void)pthread_cond_wait(&output->changed, &output->mutex);
			continue;
		}
		output->text = NULL;
		output->length = output->room = 0;
		(void)pthread_cond_broadcast(&output->changed);
		(void)pthread_mutex_unlock(&output->mutex);
		r = output->is_broken ? 0 : fd_write_full(output->fd, text, length);
		free(text);
		(void)pthread_mutex_lock(&output->mutex);
		if (r < 0)
			output->is_broken = true; /* the import goes on without a reader */
	}
	(void)pthread_mutex_unlock(&output->mutex);
	return NULL;
}

int output_new(struct output **ret, int fd)
{
	struct output *output = calloc(1, sizeof(*output));

	if (!output)
		return -ENOMEM;
	output->fd = fd;
	(void)pthread_mutex_init(&output->mutex, NULL);
	(void)pthread_cond_init(&output->changed, NULL);
	if (pthread_create(&output->thread, NULL, write_all, output) != 0) {
		free(output);
		return -EAGAIN;
	}
	*ret = output;
	return 0;
}

void output_free(struct output *output)
{
	if (!output)
		return;
	(void)pthread_mutex_lock(&output->mutex);
	output->is_ended = true;
	(void)pthread_cond_broadcast(&output->changed);
	(void)pthread_mutex_unlock(&output->mutex);
	(void)pthread_join(output->thread, NULL);
	(void)pthread_cond_destroy(&output->changed);
	(void)pthread_mutex_destroy(&output->mutex);
	free(output->text);
	free(output);
}

static bool make_room(struct output *output, size_t more)
{
	size_t room = output->room ? output->room : 4096;
	char *text;

	if (output->length + more <= output->room)
		return true;
	while (room < output->length + more)
		room *= 2;
	text = realloc(output->text, room);
	if (!text)
		return false;
	output->text = text;
	output->room = room;
	return true;
}

void output_text(struct output *output, const char *text, bool may_drop)
{
	size_t length = strlen(text);

	if (length == 0)
		return;
	(void)pthread_mutex_lock(&output->mutex);
	while (output->length > BLOCK_BYTES && !output->is_broken)
		(void)pthread_cond_wait(&output->changed, &output->mutex);
	if (!output->is_broken && !(may_drop && output->length > DROP_BYTES) &&
		make_room(output, length)) {
		memcpy(output->text + output->length, text, length);
		output->length += length;
		(void)pthread_cond_broadcast(&output->changed);
	}
	(void)pthread_mutex_unlock(&output->mutex);
}

bool output_is_broken(struct output *output)
{
	bool is_broken;

	(void)pthread_mutex_lock(&output->mutex);
	is_broken = output->is_broken;
	(void)pthread_mutex_unlock(&output->mutex);
	return is_broken;
}
