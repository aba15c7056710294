/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock.h - the one place that asks what time it is.
 */
#ifndef IMGTANK_CORE_BASE_CLOCK_H
#define IMGTANK_CORE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Monotonic, for durations and deadlines. */
uint64_t clock_monotonic_usec(void);

/* Wall clock in ns since 1970 UTC. A Pi without a clock chip may be years off. */
int64_t clock_wall_ns(void);

/* What speaks for the wall clock, or against it. */
struct clock_signs {
	int64_t now_s; /* since 1970 UTC, by the clock in question */
	int kernel_state; /* what adjtimex(2) returned: TIME_OK ..., or -1: it was refused */
	bool is_network_synced; /* systemd-timesyncd has set it since boot */
	bool is_from_chip; /* the kernel set it from a clock chip at boot */
};

/* Pure. A question that was refused says nothing for the clock. */
bool clock_signs_are_good(const struct clock_signs *signs);

/*
 * Has something set the wall clock: the network, or a clock chip at boot? root: "" for this
 * machine; else another one's files below this folder, and only they are asked.
 */
bool clock_is_trusted(const char *root);

static inline int64_t clock_timespec_ns(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

#endif
