/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fd.h - system calls on descriptors, each wrapped once: EINTR retried, short
 * transfers completed, negative errno returned.
 *
 * No function here owns a descriptor longer than its call, but for fd_close().
 */
#ifndef IMGTANK_CORE_BASE_FD_H
#define IMGTANK_CORE_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Closes fd and keeps errno; -1 is fine. */
void fd_close(int fd);

/* close() whose result counts: for files that were written. */
int fd_close_checked(int fd);

/*
 * Reads until size_bytes or the end of the file. Returns the bytes read, less
 * than asked only at the end of the file; or a negative errno.
 */
ssize_t fd_read_full(int fd, void *buffer, size_t size_bytes);
ssize_t fd_pread_full(int fd, void *buffer, size_t size_bytes, off_t offset);

/* Writes all of it. 0 or a negative errno. */
int fd_write_full(int fd, const void *buffer, size_t size_bytes);

/*
 * Opens a folder below dir_fd for reading without changing its access time
 * where the kernel allows that. Never follows a symbolic link in the last part.
 */
int fd_open_dir(int dir_fd, const char *path);

/*
 * Opens a regular file for reading: no link is followed in the last part of
 * path, a FIFO does not block, the access time stays where allowed.
 * -ELOOP for a link, -EINVAL for anything that is not a regular file.
 */
int fd_open_regular(int dir_fd, const char *path);

/*
 * The same for a path of several parts: no part may be a link, and the path
 * may not leave dir_fd. -ELOOP, -EXDEV, -EINVAL as above.
 */
int fd_open_beneath(int dir_fd, const char *path);

/* The same for a folder; "" is dir_fd itself. -ENOTDIR if it is none. */
int fd_open_dir_beneath(int dir_fd, const char *path);

/* Makes the folders of path below dir_fd, as far as missing. Existing ones are fine. */
int fd_make_dirs(int dir_fd, const char *path, mode_t mode);

/* Fills a small file's whole content into buffer as a string. -EFBIG if it does not fit. */
int fd_read_text(int dir_fd, const char *path, char *buffer, size_t size_bytes);

#endif
