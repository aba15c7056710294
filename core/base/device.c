/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/device.h"

#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/base/text.h"

bool device_is_gone(dev_t device)
{
	char path[96], size[32];

	if (major(device) == 0 || access("/sys/dev/block", F_OK) < 0)
		return false;
	(void)text_format(
		path, sizeof(path), "/sys/dev/block/%u:%u/size", major(device), minor(device));
	if (fd_read_text(AT_FDCWD, path, size, sizeof(size)) < 0)
		return true;
	return !strcmp(size, "0\n");
}
