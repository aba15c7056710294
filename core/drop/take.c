/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/drop/take.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/base/text.h"

#define FOLDER_MODE 0700
#define FILE_MODE 0400
#define NAMES_MAX 1000

/* From here to there: two folders, and the name in both. */
struct move {
	int fd; /* of the file; owned */
	int from_fd, to_fd; /* owned */
	const char *name; /* borrowed from the path */
	struct stat st; /* of the file before */
};

static void finish_move(struct move *move)
{
	fd_close(move->fd);
	fd_close(move->from_fd);
	fd_close(move->to_fd);
}

/* As it is in the list, and nobody writes to it. */
static int is_still_good(int fd, const struct drop_file *file, struct stat *st)
{
	if (fstat(fd, st) < 0)
		return -errno;
	if (st->st_nlink != 1 || !drop_is_same(file, st))
		return -EAGAIN;
	return drop_ask_writers(fd);
}

static int open_move(struct move *move, int drop_fd, const struct drop_file *file, int batch_fd)
{
	const char *slash = strrchr(file->path, '/');
	char folder[PATH_MAX];
	int r;

	move->name = slash ? slash + 1 : file->path;
	if (!text_format(folder, sizeof(folder), "%.*s", slash ? (int)(slash - file->path) : 0,
		    file->path))
		return -ENAMETOOLONG;
	move->from_fd = fd_open_dir_beneath(drop_fd, folder);
	if (move->from_fd < 0)
		return move->from_fd;
	move->fd = fd_open_regular(move->from_fd, move->name);
	if (move->fd < 0)
		return move->fd;
	r = is_still_good(move->fd, file, &move->st);
	if (r == 0)
		r = fd_make_dirs(batch_fd, folder, FOLDER_MODE);
	if (r < 0)
		return r;
	move->to_fd = fd_open_dir_beneath(batch_fd, folder);
	return move->to_fd < 0 ? move->to_fd : 0;
}

/* Under its name, or if somebody has put something else there meanwhile, under another one. */
static int put_back(const struct move *move)
{
	char name[NAME_MAX + 1];
	int r = -EEXIST;

	for (int i = 0; r == -EEXIST && i < NAMES_MAX; i++) {
		if (i == 0)
			(void)text_format(name, sizeof(name), "%s", move->name);
		else
			(void)text_format(name, sizeof(name), "(%d) %.200s", i, move->name);
		r = renameat2(move->to_fd, move->name, move->from_fd, name, RENAME_NOREPLACE) < 0
			? -errno
			: 0;
	}
	return r;
}

/* Who has it open for reading only could open it for writing through /proc, if its rights allowed.
 */
static int make_ours(const struct move *move)
{
	if (move->st.st_uid != geteuid() && fchown(move->fd, geteuid(), (gid_t)-1) < 0)
		return -errno;
	return fchmod(move->fd, FILE_MODE) < 0 ? -errno : 0;
}

static void give_back(const struct move *move)
{
	int r = 0;

	if (move->st.st_uid != geteuid() && fchown(move->fd, move->st.st_uid, (gid_t)-1) < 0)
		r = -errno;
	if (fchmod(move->fd, move->st.st_mode & 07777) < 0)
		r = -errno;
	if (r < 0)
		(void)log_errno(
			LOG_LEVEL_WARNING, r, "a dropped file could not be given its rights back");
}

/* What is there now must be what was looked at: the name may have led to another thing. */
static int check_moved(const struct move *move, const struct drop_file *file)
{
	struct stat st;

	if (fstatat(move->to_fd, move->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return drop_is_same(file, &st) && S_ISREG(st.st_mode) ? 0 : -EAGAIN;
}

static int keep_or_put_back(const struct move *move, const struct drop_file *file)
{
	struct stat st;
	int r = check_moved(move, file), back;
	bool is_it = r == 0;

	if (is_it)
		r = make_ours(move);
	if (is_it && r == 0)
		r = is_still_good(move->fd, file, &st);
	if (r == 0)
		return 0;
	if (is_it)
		give_back(move);
	back = put_back(move);
	if (back < 0)
		(void)log_errno(
			LOG_LEVEL_ERROR, back, "a dropped file could not be put back where it was");
	return r;
}

int drop_take(int drop_fd, const struct drop_file *file, int batch_fd)
{
	struct move move = {.fd = -1, .from_fd = -1, .to_fd = -1};
	int r = open_move(&move, drop_fd, file, batch_fd);

	if (r == 0 &&
		renameat2(move.from_fd, move.name, move.to_fd, move.name, RENAME_NOREPLACE) < 0)
		r = -errno;
	else if (r == 0)
		r = keep_or_put_back(&move, file);
	finish_move(&move);
	return r;
}
