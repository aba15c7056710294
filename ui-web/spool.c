/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/base/tree.h"

#define HIDDEN ".upload-"
#define HIDDEN_BYTES (sizeof(HIDDEN) + SPOOL_ID_BYTES)
#define FOLDER_MODE 0755 /* the daemon's worker may run as somebody else */
#define FILE_NAME_MAX 200
#define DEPTH_MAX 1 /* files, and folders for those whose names were taken */
#define NAMES_MAX 1000
#define IDENTITY_BYTES 128

static void hidden_name(const char *id, char name[HIDDEN_BYTES])
{
	(void)text_format(name, HIDDEN_BYTES, HIDDEN "%s", id);
}

int spool_remove(int spool_fd, const char *name, const char *identity, uint64_t files_count,
	uint64_t bytes_count)
{
	const struct tree_count expected = {files_count, bytes_count};
	char found[IDENTITY_BYTES];

	tree_identity(spool_fd, name, found, sizeof(found));
	if (!*found || strcmp(found, identity) != 0)
		return -ENOENT;
	return tree_remove_counted(spool_fd, name, DEPTH_MAX, &expected);
}

void spool_drop(int spool_fd, const char *id)
{
	char name[HIDDEN_BYTES];
	int r;

	hidden_name(id, name);
	r = tree_remove(spool_fd, name, DEPTH_MAX);
	if (r < 0)
		(void)log_errno(LOG_LEVEL_WARNING, r, "an unfinished upload could not be removed");
}

/* --- its life --- */

static int drop_left_over(int dir_fd, const char *name, const struct stat *st, void *userdata)
{
	(void)userdata;
	if (!strncmp(name, HIDDEN, strlen(HIDDEN)) && S_ISDIR(st->st_mode) && tree_is_ours(st))
		(void)tree_remove(dir_fd, name, DEPTH_MAX);
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
	/* Not while another one is at work there; it holds the lock as long as it lives. */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)tree_for_each(fd, drop_left_over, NULL);
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

int spool_finish(int spool_fd, const char *id, const char *by)
{
	char hidden[HIDDEN_BYTES], name[SPOOL_NAME_BYTES];
	int r = -EEXIST;

	hidden_name(id, hidden);
	for (int i = 1; r == -EEXIST && i < NAMES_MAX; i++) {
		if (i == 1)
			(void)text_format(name, sizeof(name), SPOOL_CARD "%s", by);
		else
			(void)text_format(name, sizeof(name), SPOOL_CARD "%s (%d)", by, i);
		r = renameat2(spool_fd, hidden, spool_fd, name, RENAME_NOREPLACE) < 0 ? -errno : 0;
	}
	/* Else it could have its hidden name again after a power cut, and be removed as unfinished.
	 */
	return r == 0 && fsync(spool_fd) < 0 ? -errno : r;
}
