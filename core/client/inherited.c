/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/client/inherited.h"

#include <errno.h>
#include <systemd/sd-daemon.h>

int inherited_socket(void)
{
	int count = sd_listen_fds(1);

	if (count < 0)
		return count;
	if (count != 1)
		return count ? -E2BIG : -ENOENT;
	return SD_LISTEN_FDS_START;
}
