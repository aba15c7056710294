/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * thumb.c - thumbnails, from the tank's files, at the lowest priority.
 *
 * They can be made again at any time, so nothing here is flushed or an error of the import.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/fd.h"
#include "core/base/text.h"
#include "core/engine/run.h"

#define MARKS_MAX 64

struct thumber {
	struct run *run;
	struct ledger *ledger;
	struct probe *probe;
	struct media_facts facts;
	struct probe_thumbnail thumbnail;
	struct {
		int64_t file_id;
		bool has_thumbnail;
	} marks[MARKS_MAX];
	size_t marks_count;
	bool has_complained;
};

static int write_temp(struct thumber *thumber, const char *name)
{
	int fd = openat(thumber->run->tank.run_fd, name,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	int r, closed;

	if (fd < 0)
		return -errno;
	(void)tank_give_to_owner(
		&thumber->run->tank, fd); /* then it belongs to whoever runs this */
	r = fd_write_full(fd, thumber->thumbnail.jpeg, thumber->thumbnail.size_bytes);
	closed = fd_close_checked(fd);
	return r < 0 ? r : closed;
}

static int store(struct thumber *thumber, const struct ledger_file *file)
{
	struct tank *tank = &thumber->run->tank;
	CLEANUP(fd_closep) int folder_fd = -1;
	char path[1300], temp[40];
	char *name;
	int r;

	if (!ledger_thumbnail_path(file->tank_path, path, sizeof(path)))
		return -ENAMETOOLONG;
	name = strrchr(path, '/');
	*name++ = '\0';
	folder_fd = tank_open_folder(tank, path, true);
	if (folder_fd < 0)
		return folder_fd;
	(void)snprintf(temp, sizeof(temp), "thumb-%" PRId64, file->id);
	r = write_temp(thumber, temp);
	if (r == 0 && renameat(tank->run_fd, temp, folder_fd, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(tank->run_fd, temp, 0); /* else the run's end */
	return r;
}

static int write_marks(struct thumber *thumber)
{
	int r;

	if (thumber->marks_count == 0)
		return 0;
	r = ledger_begin(thumber->ledger);
	for (size_t i = 0; r == 0 && i < thumber->marks_count; i++)
		r = ledger_set_thumbnail(thumber->ledger, thumber->marks[i].file_id,
			thumber->marks[i].has_thumbnail);
	if (r == 0)
		r = ledger_commit(thumber->ledger);
	if (r < 0)
		ledger_rollback(thumber->ledger);
	thumber->marks_count = 0;
	return r;
}

static void complain(struct thumber *thumber, int error)
{
	if (!thumber->has_complained && !run_should_stop(thumber->run))
		report_notice(thumber->run, FAULT_THUMBNAILS, error, NULL, 0);
	thumber->has_complained = true;
}

/* 1 if there is a thumbnail now, 0 if the file gives none. */
static int make_one(struct thumber *thumber, const struct ledger_file *file, int64_t of_id)
{
	CLEANUP(fd_closep) int fd = -1;
	struct ledger_file still = *file;
	int r = 1;

	if (of_id)
		r = ledger_file_by_id(thumber->ledger, of_id, &still);
	if (r <= 0)
		return r;
	fd = fd_open_beneath(thumber->run->tank.fd, still.tank_path);
	if (fd < 0)
		return 0;
	r = probe_read_thumbnail(thumber->probe, fd, &thumber->facts, &thumber->thumbnail);
	if (r < 0 || !thumber->thumbnail.size_bytes)
		return 0; /* a crash or a hang costs this file its thumbnail */
	r = store(thumber, file);
	return r < 0 ? r : 1;
}

static void thumb_all(struct thumber *thumber)
{
	struct run *run = thumber->run;
	struct ledger_file file;
	struct id_pair pair;
	int r = 0;

	while (r >= 0 && id_queue_pop(&run->to_thumb, 0, &pair) && !run_should_stop(run)) {
		r = ledger_file_by_id(thumber->ledger, pair.file_id, &file);
		if (r == 1)
			r = make_one(thumber, &file, pair.of_id);
		if (r < 0) {
			complain(thumber, r);
			r = 0;
			continue;
		}
		thumber->marks[thumber->marks_count].file_id = pair.file_id;
		thumber->marks[thumber->marks_count++].has_thumbnail = r == 1;
		if (thumber->marks_count == MARKS_MAX)
			r = write_marks(thumber);
	}
	if (r >= 0)
		r = write_marks(thumber);
	if (r < 0)
		complain(thumber, r);
}

static int start(struct thumber *thumber)
{
	const struct engine_options *options = thumber->run->options;
	struct probe_options probe_options = {.program = options->probe_program,
		.deadline_ms = options->probe_deadline_ms,
		.memory_bytes = options->probe_memory_bytes,
		.is_background = true,
		.thumbnail_side_px = options->thumbnail_side_px};
	int r = probe_new(&thumber->probe, &probe_options);

	if (r < 0)
		return r;
	return ledger_open(&thumber->ledger, thumber->run->tank.path, thumber->run->tank.id);
}

void *thumb_thread(void *userdata)
{
	struct thumber *thumber = calloc(1, sizeof(*thumber));

	if (!thumber)
		return NULL; /* no thumbnails this time */
	thumber->run = userdata;
	if (start(thumber) == 0)
		thumb_all(thumber);
	ledger_close(thumber->ledger);
	probe_free(thumber->probe);
	free(thumber);
	return NULL;
}
