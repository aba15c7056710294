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
	bool is_kernel_synced; /* adjtimex(2) says so; false: also if it was refused */
	bool is_network_synced; /* systemd-timesyncd has set it since boot */
	int64_t chip_s; /* what a clock chip says, in UTC or in local time; -1: there is none */
};

/*
 * Pure. Yes if something that knows has set it, or if a clock chip agrees within a day (a Pi 5
 * without a battery has a chip that starts in 1970). A time before this program was made is never
 * right.
 */
bool clock_signs_are_good(const struct clock_signs *signs);

/*
 * Is the wall clock right, as far as the machine can know? A Pi without network and clock chip may
 * be years off. root: "" for this machine; else another one's files below this folder, and only
 * they are asked.
 */
bool clock_is_trusted(const char *root);

/* A file system may hold times that 64 bits of nanoseconds do not (after 2262): then the last one.
 */
static inline int64_t clock_timespec_ns(const struct timespec *t)
{
	if (t->tv_sec >= INT64_MAX / 1000000000)
		return INT64_MAX;
	if (t->tv_sec <= INT64_MIN / 1000000000)
		return INT64_MIN;
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

#endif
