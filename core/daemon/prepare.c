/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/drop/whole.h"

struct prepare {
	prepare_ended_fn ended;
	void *userdata;
	sd_event_source *source;
	int drop_fd, done_fd; /* owned */
	pthread_t thread;
	bool has_thread;
	atomic_bool is_cancelled;
	/* The thread's, until it has ended. */
	struct drop_list files; /* owned */
	int error;
};

/* --- the thread --- */

/* A file that is another one by now is left for the next look. */
static void check(int drop_fd, struct drop_file *file)
{
	CLEANUP(fd_closep) int fd = fd_open_beneath(drop_fd, file->path);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !drop_is_same(file, &st))
		return;
	file->is_cut = whole_is_cut(fd, file->size_bytes);
	file->is_checked = true;
}

static void *run(void *argument)
{
	struct prepare *prepare = argument;

	if (syncfs(prepare->drop_fd) < 0)
		prepare->error = -errno;
	for (size_t i = 0; i < prepare->files.count && !prepare->is_cancelled; i++)
		check(prepare->drop_fd, &prepare->files.files[i]);
	(void)eventfd_write(prepare->done_fd, 1);
	return NULL;
}

/* --- the loop --- */

static int on_done(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct prepare *prepare = userdata;

	(void)fd;
	(void)revents;
	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	(void)pthread_join(prepare->thread, NULL);
	prepare->has_thread = false;
	prepare->ended(
		prepare->userdata, prepare->error, prepare->files.files, prepare->files.count);
	return 0;
}

static int copy_files(
	struct drop_list *to, const struct drop_list *from, uid_t owner, size_t files_max)
{
	to->files = calloc(from->count ? from->count : 1, sizeof(*to->files));
	if (!to->files)
		return -ENOMEM;
	for (size_t i = 0; i < from->count && to->count < files_max; i++) {
		const struct drop_file *file = &from->files[i];

		if (file->why != DROP_RIPE || file->owner != owner)
			continue;
		to->files[to->count] = *file;
		to->files[to->count].path = strdup(file->path);
		if (!to->files[to->count].path)
			return -ENOMEM;
		to->count++;
	}
	return 0;
}

static int begin(struct prepare *prepare, sd_event *event, int drop_fd)
{
	int r;

	prepare->drop_fd = fcntl(drop_fd, F_DUPFD_CLOEXEC, 3);
	prepare->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (prepare->drop_fd < 0 || prepare->done_fd < 0)
		return -errno;
	r = sd_event_add_io(event, &prepare->source, prepare->done_fd, EPOLLIN, on_done, prepare);
	if (r < 0)
		return r;
	r = -pthread_create(&prepare->thread, NULL, run, prepare);
	prepare->has_thread = r == 0;
	return r;
}

int prepare_new(struct prepare **ret, sd_event *event, int drop_fd, const struct drop_list *list,
	uid_t owner, size_t files_max, prepare_ended_fn ended, void *userdata)
{
	struct prepare *prepare = calloc(1, sizeof(*prepare));
	int r;

	if (!prepare)
		return -ENOMEM;
	prepare->ended = ended;
	prepare->userdata = userdata;
	prepare->drop_fd = prepare->done_fd = -1;
	r = copy_files(&prepare->files, list, owner, files_max);
	if (r == 0)
		r = begin(prepare, event, drop_fd);
	if (r < 0) {
		prepare_free(prepare);
		return r;
	}
	*ret = prepare;
	return 0;
}

void prepare_free(struct prepare *prepare)
{
	if (!prepare)
		return;
	prepare->is_cancelled = true;
	if (prepare->has_thread)
		(void)pthread_join(prepare->thread, NULL);
	(void)sd_event_source_disable_unref(prepare->source);
	fd_close(prepare->drop_fd);
	fd_close(prepare->done_fd);
	drop_list_free(&prepare->files);
	free(prepare);
}
