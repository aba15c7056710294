/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/clock.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/timex.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/base/text.h"

/* A clock that stands before this program was made has lost its time. */
#define CLOCK_SANE_S INT64_C(1767225600) /* 2026-01-01 */

uint64_t clock_monotonic_usec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int64_t clock_wall_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return clock_timespec_ns(&now);
}

static bool has_synchronized(const char *root)
{
	char path[PATH_MAX];

	return text_format(path, sizeof(path), "%s/run/systemd/timesync/synchronized", root) &&
		access(path, F_OK) == 0;
}

static bool has_clock_chip(const char *root)
{
	char path[PATH_MAX], content[16];

	return text_format(path, sizeof(path), "%s/sys/class/rtc/rtc0/hctosys", root) &&
		fd_read_text(AT_FDCWD, path, content, sizeof(content)) == 0 && content[0] == '1';
}

bool clock_signs_are_good(const struct clock_signs *signs)
{
	if (signs->now_s < CLOCK_SANE_S)
		return false;
	if (signs->kernel_state >= 0 && signs->kernel_state != TIME_ERROR)
		return true;
	return signs->is_network_synced || signs->is_from_chip;
}

/* A Pi without network and clock chip may be years off. */
bool clock_is_trusted(const char *root)
{
	struct timex clock = {0};
	const struct clock_signs signs = {
		.now_s = clock_wall_ns() / 1000000000,
		.kernel_state = *root ? -1 : adjtimex(&clock),
		.is_network_synced = has_synchronized(root),
		.is_from_chip = has_clock_chip(root),
	};

	return clock_signs_are_good(&signs);
}
