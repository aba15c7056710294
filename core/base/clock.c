/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/clock.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/base/text.h"

#define DAY_S INT64_C(86400)
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

static int64_t read_chip(const char *root)
{
	char path[PATH_MAX], content[32];
	uint64_t chip_s;

	if (!text_format(path, sizeof(path), "%s/sys/class/rtc/rtc0/since_epoch", root) ||
		fd_read_text(AT_FDCWD, path, content, sizeof(content)) < 0)
		return -1;
	content[strcspn(content, "\n")] = '\0';
	return text_parse_u64(content, INT64_MAX, &chip_s) < 0 ? -1 : (int64_t)chip_s;
}

static bool is_kernel_synced(void)
{
	struct timex state = {0}; /* modes = 0: only asks */
	int r = adjtimex(&state);

	return r >= 0 && r != TIME_ERROR && !(state.status & STA_UNSYNC);
}

bool clock_signs_are_good(const struct clock_signs *signs)
{
	if (signs->now_s < CLOCK_SANE_S)
		return false;
	return signs->is_kernel_synced || signs->is_network_synced ||
		(signs->chip_s >= 0 && llabs(signs->chip_s - signs->now_s) <= DAY_S);
}

bool clock_is_trusted(const char *root)
{
	const struct clock_signs signs = {
		.now_s = clock_wall_ns() / 1000000000,
		.is_kernel_synced = !*root && is_kernel_synced(),
		.is_network_synced = has_synchronized(root),
		.chip_s = read_chip(root),
	};

	return clock_signs_are_good(&signs);
}
