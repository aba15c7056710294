/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crowd.h - who may still connect when many do. Connections are free for anybody in the network, so
 * that one who means ill could take them all: each address gets some, the last quarter goes to
 * those who come with few, and the very last places are for those who have logged in.
 *
 * Pure: it knows addresses as text, and no socket.
 */
#ifndef IMGTANK_UI_WEB_CROWD_H
#define IMGTANK_UI_WEB_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "ui-web/auth.h"

#define CROWD_MAX 512 /* connections at the same time */
#define CROWD_PER_ADDRESS 64
#define CROWD_BUSY (CROWD_MAX * 3 / 4) /* from here on a stranger gets few */
#define CROWD_PER_STRANGER 8
#define CROWD_NEARLY_FULL (CROWD_MAX - 32) /* and from here on none */
#define CROWD_KNOWN_MAX 32 /* addresses of those who were logged in last */

struct crowd {
	struct {
		char address[AUTH_ADDRESS_BYTES];
		unsigned int count; /* 0: free */
	} members[CROWD_MAX];
	struct {
		char address[AUTH_ADDRESS_BYTES];
		uint64_t seen_usec;
	} known[CROWD_KNOWN_MAX];
	unsigned int count; /* of all */
};

bool crowd_may_enter(const struct crowd *crowd, const char *address);

/* False: it is full, and was not counted. Each that returns true is for crowd_leave(). */
bool crowd_enter(struct crowd *crowd, const char *address);
void crowd_leave(struct crowd *crowd, const char *address);

/* A request of somebody who is logged in came from there. */
void crowd_know(struct crowd *crowd, const char *address, uint64_t now_usec);

#endif
