/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * access.h - how people get to the tank from their own devices: looks every few moments at what
 * `imgtank setup ap` and the web front end have noted for those who stand at the box.
 */
#ifndef IMGTANK_CORE_DAEMON_ACCESS_H
#define IMGTANK_CORE_DAEMON_ACCESS_H

#include <systemd/sd-event.h>

#include "core/model.h"

/* Below a root folder, "" for this machine's. */
#define ACCESS_NETWORK_FILE "/etc/imgtank/ap/ap.json"
#define ACCESS_CODE_FILE "/run/imgtank-web/code"

struct access_watch; /* opaque */

/* Looks once before it returns; changed() is called after each look that found something else. */
int access_watch_new(struct access_watch **ret, sd_event *event, const char *root,
	void (*changed)(void *userdata), void *userdata);
void access_watch_free(struct access_watch *watch); /* accepts NULL */

/* What the last look has found; borrowed. */
const struct model_access *access_watch_found(const struct access_watch *watch);

/* --- its parts, pure --- */

/*
 * The web front end's note: a code for one log-in or "-", and in the next line how it can be
 * reached: "http 8080". It may be written by a program that was taken over: anything else is
 * -EBADMSG. address: the machine's in its network, or "". Sets code and url.
 */
int access_read_code(const char *note, const char *address, struct model_access *ret);

/*
 * Which interface's address is shown: 0 for none, more is better. A cable before a radio; with a
 * Wi-Fi of the box's own a radio's address is that one's, and has its own line.
 */
int access_rank_interface(const char *name, bool has_own_network);

#endif
