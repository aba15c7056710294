/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/base/text.h"

#define HIDDEN ".upload-"
#define HIDDEN_BYTES (sizeof(HIDDEN) + SPOOL_ID_BYTES)
#define FOLDER_MODE 0755 /* the daemon's worker may run as somebody else */
#define FILE_NAME_MAX 200
#define DEPTH_MAX 2 /* files, and folders for those whose names were taken */
#define NAMES_MAX 1000

static void hidden_name(const char *id, char name[HIDDEN_BYTES])
{
	(void)text_format(name, HIDDEN_BYTES, HIDDEN "%s", id);
}

/* --- going through a folder --- */

/* Called for each thing in it; 0 goes on. */
typedef int (*each_fn)(int dir_fd, const char *name, const struct stat *st, void *userdata);

static int for_each(int dir_fd, each_fn each, void *userdata)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int r = 0;

	if (!dir) {
		fd_close(fd);
		return -errno;
	}
	while (r == 0 && (entry = readdir(dir))) {
		struct stat st;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		r = fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0
			? -errno
			: each(dir_fd, entry->d_name, &st, userdata);
	}
	(void)closedir(dir);
	return r;
}

struct walk {
	uint64_t files_count, bytes_count;
	unsigned int depth;
	each_fn each;
};

/* Goes into folders first. */
static int walk_into(int dir_fd, const char *name, const struct stat *st, void *userdata)
{
	CLEANUP(fd_closep) int fd = -1;
	struct walk *walk = userdata;
	int r = 0;

	if (S_ISDIR(st->st_mode)) {
		if (walk->depth == DEPTH_MAX)
			return -ESTALE;
		fd = fd_open_dir(dir_fd, name);
		if (fd < 0)
			return fd;
		walk->depth++;
		r = for_each(fd, walk->each, walk);
		walk->depth--;
	}
	return r;
}

/* --- removing --- */

static int remove_one(int dir_fd, const char *name, const struct stat *st, void *userdata)
{
	int r = walk_into(dir_fd, name, st, userdata);

	if (r == 0 && unlinkat(dir_fd, name, S_ISDIR(st->st_mode) ? AT_REMOVEDIR : 0) < 0)
		r = -errno;
	return r;
}

static int remove_tree(int dir_fd, const char *name)
{
	struct walk walk = {.each = remove_one};
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return remove_one(dir_fd, name, &st, &walk);
}

static bool is_ours(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

static int count_one(int dir_fd, const char *name, const struct stat *st, void *userdata)
{
	struct walk *walk = userdata;

	if (!is_ours(st) || (!S_ISDIR(st->st_mode) && !S_ISREG(st->st_mode)))
		return -ESTALE;
	if (S_ISREG(st->st_mode)) {
		walk->files_count++;
		walk->bytes_count += (uint64_t)st->st_size;
	}
	return walk_into(dir_fd, name, st, userdata);
}

int spool_remove(int spool_fd, const char *name, uint64_t files_count, uint64_t bytes_count)
{
	struct walk walk = {.each = count_one};
	struct stat st;
	int r;

	if (strchr(name, '/') || fstatat(spool_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -ENOENT;
	if (!S_ISDIR(st.st_mode))
		return -ESTALE;
	r = count_one(spool_fd, name, &st, &walk);
	if (r == 0 && (walk.files_count != files_count || walk.bytes_count != bytes_count))
		r = -ESTALE;
	return r < 0 ? r : remove_tree(spool_fd, name);
}

void spool_drop(int spool_fd, const char *id)
{
	char name[HIDDEN_BYTES];
	int r;

	hidden_name(id, name);
	r = remove_tree(spool_fd, name);
	if (r < 0)
		(void)log_errno(LOG_LEVEL_WARNING, r, "an unfinished upload could not be removed");
}

/* --- its life --- */

static int drop_left_over(int dir_fd, const char *name, const struct stat *st, void *userdata)
{
	(void)userdata;
	if (!strncmp(name, HIDDEN, strlen(HIDDEN)) && S_ISDIR(st->st_mode) && is_ours(st))
		(void)remove_tree(dir_fd, name);
	return 0;
}

int spool_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (faccessat(fd, ".", W_OK, AT_EACCESS) < 0) {
		fd_close(fd);
		return -EACCES;
	}
	(void)for_each(fd, drop_left_over, NULL);
	return fd;
}

int spool_begin(int spool_fd, const char *id)
{
	char name[HIDDEN_BYTES];

	hidden_name(id, name);
	if (mkdirat(spool_fd, name, FOLDER_MODE) < 0)
		return -errno;
	return fd_open_dir(spool_fd, name);
}

bool spool_has_room(int spool_fd, uint64_t size_bytes)
{
	struct statvfs st;

	if (fstatvfs(spool_fd, &st) < 0)
		return false;
	return (uint64_t)st.f_bavail * st.f_frsize >= SPOOL_KEEP_FREE_BYTES &&
		(uint64_t)st.f_bavail * st.f_frsize - SPOOL_KEEP_FREE_BYTES >= size_bytes;
}

bool spool_file_name(const char *given, char name[SPOOL_NAME_BYTES])
{
	const char *slash = strrchr(given, '/');
	const char *last = slash ? slash + 1 : given;

	return *last && *last != '.' && strlen(last) <= FILE_NAME_MAX && !strchr(last, '\\') &&
		text_copy_safe(last, name, SPOOL_NAME_BYTES);
}

int spool_finish(int spool_fd, int folder_fd, const char *id, const char *by)
{
	char hidden[HIDDEN_BYTES], name[SPOOL_NAME_BYTES];
	int r = -EEXIST;

	if (syncfs(folder_fd) < 0)
		return -errno;
	hidden_name(id, hidden);
	for (int i = 1; r == -EEXIST && i < NAMES_MAX; i++) {
		if (i == 1)
			(void)text_format(name, sizeof(name), SPOOL_CARD "%s", by);
		else
			(void)text_format(name, sizeof(name), SPOOL_CARD "%s (%d)", by, i);
		r = renameat2(spool_fd, hidden, spool_fd, name, RENAME_NOREPLACE) < 0 ? -errno : 0;
	}
	return r;
}
