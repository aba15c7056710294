/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trust.h - waits for somebody to set the clock: a Pi without a clock chip starts
 * with any time at all, and gets the right one minutes later from the network.
 */
#ifndef IMGTANK_CORE_DAEMON_TRUST_H
#define IMGTANK_CORE_DAEMON_TRUST_H

#include <systemd/sd-event.h>

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
