/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-lamp/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/base/text.h"

int sysfs_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_full(fd, text, strlen(text));
	fd_close(fd);
	return r;
}

int sysfs_write_number(const char *path, uint64_t number)
{
	char text[24];

	(void)text_format(text, sizeof(text), "%" PRIu64, number);
	return sysfs_write(path, text);
}
