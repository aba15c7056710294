/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trust.h - is the time of day right? A Pi without a clock chip starts with
 * any time at all, and gets the right one minutes later from the network.
 */
#ifndef IMGTANK_CORE_DAEMON_TRUST_H
#define IMGTANK_CORE_DAEMON_TRUST_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/* What speaks for the clock, or against it. */
struct trust_signs {
	int64_t now_s; /* since 1970 UTC, by the clock in question */
	int kernel_state; /* what adjtimex(2) returned: TIME_OK ..., or -1: it was refused */
	bool is_network_synced; /* systemd-timesyncd has set it since boot */
	bool is_from_chip; /* the kernel set it from a clock chip at boot */
};

/* Pure. A question that was refused says nothing for the clock. */
bool trust_decide(const struct trust_signs *signs);

/* Looks at this machine. */
bool trust_look(void);

struct trust_watch;

/*
 * Calls handler whenever somebody sets the clock; costs nothing in between. The
 * handler may not be called for a clock that is corrected in small steps. The
 * caller owns *ret and userdata. Negative errno.
 */
int trust_watch_new(
	struct trust_watch **ret, sd_event *event, void (*handler)(void *userdata), void *userdata);
void trust_watch_free(struct trust_watch *watch); /* NULL: nothing */

#endif
