/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/flush.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct flush {
	int folder_fd, done_fd; /* borrowed */
	pthread_t thread;
	bool is_joined;
	int error; /* the thread's, until it has ended */
	atomic_bool has_ended;
};

static void *run(void *argument)
{
	struct flush *flush = argument;

	if (syncfs(flush->folder_fd) < 0)
		flush->error = -errno;
	flush->has_ended = true;
	(void)eventfd_write(flush->done_fd, 1);
	return NULL;
}

int flush_new(struct flush **ret, int folder_fd, int done_fd)
{
	struct flush *flush = calloc(1, sizeof(*flush));
	int r;

	if (!flush)
		return -ENOMEM;
	flush->folder_fd = folder_fd;
	flush->done_fd = done_fd;
	r = -pthread_create(&flush->thread, NULL, run, flush);
	if (r < 0) {
		free(flush);
		return r;
	}
	*ret = flush;
	return 0;
}

bool flush_has_ended(const struct flush *flush, int *error)
{
	if (!flush->has_ended)
		return false;
	*error = flush->error;
	return true;
}

int flush_wait(struct flush *flush)
{
	if (!flush->is_joined)
		(void)pthread_join(flush->thread, NULL);
	flush->is_joined = true;
	return flush->error;
}

void flush_free(struct flush *flush)
{
	if (flush)
		(void)flush_wait(flush);
	free(flush);
}
