/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/cleanup.h"

void fd_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		(void)close(fd); /* nothing was written through it */
	errno = saved;
}

int fd_close_checked(int fd)
{
	/* On Linux the descriptor is gone even after EINTR: never retry. */
	if (close(fd) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

ssize_t fd_read_full(int fd, void *buffer, size_t size_bytes)
{
	size_t done = 0;

	while (done < size_bytes) {
		ssize_t n = read(fd, (char *)buffer + done, size_bytes - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t fd_pread_full(int fd, void *buffer, size_t size_bytes, off_t offset)
{
	size_t done = 0;

	while (done < size_bytes) {
		ssize_t n =
			pread(fd, (char *)buffer + done, size_bytes - done, offset + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int fd_write_full(int fd, const void *buffer, size_t size_bytes)
{
	size_t done = 0;

	while (done < size_bytes) {
		ssize_t n = write(fd, (const char *)buffer + done, size_bytes - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		done += (size_t)n;
	}
	return 0;
}

/* O_NOATIME needs the owner or CAP_FOWNER: then a read must not leave a trace. */
static int open_no_atime(int dir_fd, const char *path, int flags)
{
	int fd = openat(dir_fd, path, flags | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = openat(dir_fd, path, flags);
	return fd < 0 ? -errno : fd;
}

int fd_open_dir(int dir_fd, const char *path)
{
	return open_no_atime(dir_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int only_regular(int fd)
{
	struct stat st;
	int r = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EINVAL;
	if (r < 0) {
		fd_close(fd);
		return r;
	}
	return fd;
}

#define REGULAR_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

int fd_open_regular(int dir_fd, const char *path)
{
	return only_regular(open_no_atime(dir_fd, path, REGULAR_FLAGS));
}

static int open_beneath_kernel(int dir_fd, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

/* Kernels without openat2 and containers that forbid it: one part at a time. */
static int open_beneath_by_parts(int dir_fd, const char *path, int flags)
{
	CLEANUP(fd_closep) int at = -1;
	char part[256];

	for (;;) {
		size_t length = strcspn(path, "/");
		int next;

		if (length == 0 || length >= sizeof(part))
			return -EINVAL;
		memcpy(part, path, length);
		part[length] = '\0';
		if (!strcmp(part, "..") || !strcmp(part, "."))
			return -EXDEV;
		if (path[length] == '\0')
			return open_no_atime(at >= 0 ? at : dir_fd, part, flags);
		next = fd_open_dir(at >= 0 ? at : dir_fd, part);
		if (next < 0)
			return next == -ENOTDIR ? -ELOOP : next;
		fd_close(at);
		at = next;
		path += length + 1;
	}
}

static int open_beneath(int dir_fd, const char *path, int flags)
{
	int fd = open_beneath_kernel(dir_fd, path, (uint64_t)(flags | O_NOATIME));

	if (fd == -EPERM)
		fd = open_beneath_kernel(dir_fd, path, (uint64_t)flags);
	if (fd == -ENOSYS || fd == -EPERM)
		fd = open_beneath_by_parts(dir_fd, path, flags);
	return fd;
}

int fd_open_beneath(int dir_fd, const char *path)
{
	return only_regular(open_beneath(dir_fd, path, REGULAR_FLAGS));
}

int fd_open_dir_beneath(int dir_fd, const char *path)
{
	if (!*path)
		return fd_open_dir(dir_fd, ".");
	return open_beneath(dir_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int fd_make_dirs(int dir_fd, const char *path, mode_t mode)
{
	char partial[4096];
	size_t length = strlen(path);

	if (length == 0)
		return 0;
	if (length >= sizeof(partial))
		return -ENAMETOOLONG;
	memcpy(partial, path, length + 1);
	for (size_t i = 1; i <= length; i++) {
		if (partial[i] != '/' && partial[i] != '\0')
			continue;
		partial[i] = '\0';
		if (mkdirat(dir_fd, partial, mode) < 0 && errno != EEXIST)
			return -errno;
		partial[i] = path[i];
	}
	return 0;
}

int fd_read_text(int dir_fd, const char *path, char *buffer, size_t size_bytes)
{
	CLEANUP(fd_closep) int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = fd_read_full(fd, buffer, size_bytes);
	if (n < 0)
		return (int)n;
	if ((size_t)n >= size_bytes)
		return -EFBIG;
	buffer[n] = '\0';
	return 0;
}
