/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"

struct walk {
	struct tree_count count;
	unsigned int depth_left;
	tree_each_fn each;
};

int tree_for_each(int dir_fd, tree_each_fn each, void *userdata)
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

/* Goes into folders first. */
static int walk_into(int dir_fd, const char *name, const struct stat *st, struct walk *walk)
{
	CLEANUP(fd_closep) int fd = -1;
	int r;

	if (!S_ISDIR(st->st_mode))
		return 0;
	if (walk->depth_left == 0)
		return -ESTALE;
	fd = fd_open_dir(dir_fd, name);
	if (fd < 0)
		return fd;
	walk->depth_left--;
	r = tree_for_each(fd, walk->each, walk);
	walk->depth_left++;
	return r;
}

static int remove_one(int dir_fd, const char *name, const struct stat *st, void *userdata)
{
	int r = walk_into(dir_fd, name, st, userdata);

	if (r == 0 && unlinkat(dir_fd, name, S_ISDIR(st->st_mode) ? AT_REMOVEDIR : 0) < 0)
		r = -errno;
	return r;
}

static int count_one(int dir_fd, const char *name, const struct stat *st, void *userdata)
{
	struct walk *walk = userdata;

	if (!tree_is_ours(st) || (!S_ISDIR(st->st_mode) && !S_ISREG(st->st_mode)))
		return -ESTALE;
	if (S_ISREG(st->st_mode)) {
		walk->count.files_count++;
		walk->count.bytes_count += (uint64_t)st->st_size;
	}
	return walk_into(dir_fd, name, st, walk);
}

/* The folder itself is the first level. */
static int walk_from(int dir_fd, const char *name, unsigned int depth_max, struct walk *walk)
{
	struct stat st;

	if (strchr(name, '/') || fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -ENOENT;
	if (!S_ISDIR(st.st_mode))
		return -ESTALE;
	walk->depth_left = depth_max + 1;
	return walk->each(dir_fd, name, &st, walk);
}

void tree_identity(int dir_fd, const char *name, char *out, size_t out_bytes)
{
	struct statx st;

	if (statx(dir_fd, name, 0, STATX_INO | STATX_BTIME, &st) < 0) {
		out[0] = '\0';
		return;
	}
	(void)text_format(out, out_bytes, "folder:%" PRIx32 ":%" PRIx32 ":%" PRIx64 ":%" PRIx64,
		st.stx_dev_major, st.stx_dev_minor, (uint64_t)st.stx_ino,
		(uint64_t)st.stx_btime.tv_sec * 1000000000 + st.stx_btime.tv_nsec);
}

bool tree_is_ours(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

int tree_count(int dir_fd, const char *name, unsigned int depth_max, struct tree_count *ret)
{
	struct walk walk = {.each = count_one};
	int r = walk_from(dir_fd, name, depth_max, &walk);

	*ret = walk.count;
	return r;
}

int tree_remove(int dir_fd, const char *name, unsigned int depth_max)
{
	struct walk walk = {.each = remove_one};

	return walk_from(dir_fd, name, depth_max, &walk);
}

int tree_remove_counted(
	int dir_fd, const char *name, unsigned int depth_max, const struct tree_count *expected)
{
	struct tree_count found;
	int r = tree_count(dir_fd, name, depth_max, &found);

	if (r == 0 &&
		(found.files_count != expected->files_count ||
			found.bytes_count != expected->bytes_count))
		r = -ESTALE;
	return r < 0 ? r : tree_remove(dir_fd, name, depth_max);
}
