/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include "tests/support/tree.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fd.h"

void tree_make(struct tree *tree)
{
	const char *base = getenv("TMPDIR");

	(void)snprintf(
		tree->path, sizeof(tree->path), "%s/imgtank-test-XXXXXX", base ? base : "/var/tmp");
	assert_non_null(mkdtemp(tree->path));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void tree_remove(struct tree *tree)
{
	assert_int_equal(nftw(tree->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void tree_write(const struct tree *tree, const char *name, const void *bytes, size_t size_bytes)
{
	int dir_fd = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char folder[512];
	char *slash;
	int fd;

	assert_true(dir_fd >= 0);
	(void)snprintf(folder, sizeof(folder), "%s", name);
	slash = strrchr(folder, '/');
	if (slash) {
		*slash = '\0';
		assert_int_equal(fd_make_dirs(dir_fd, folder, 0755), 0);
	}
	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, bytes, size_bytes), 0);
	fd_close(fd);
	fd_close(dir_fd);
}
