/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * child.h - a program of ours in a process of its own, whose standard output is
 * read line by line in the event loop.
 *
 * It leads its own process group, gets SIGTERM when the daemon dies, and stands behind
 * interactive programs. Nothing of its group outlives it.
 */
#ifndef IMGTANK_CORE_DAEMON_CHILD_H
#define IMGTANK_CORE_DAEMON_CHILD_H

#include <signal.h>
#include <stddef.h>

#include <systemd/sd-event.h>

struct child; /* opaque */

struct child_handler {
	/* A line without its end, borrowed; NULL for one that was too long. */
	void (*line)(void *userdata, const char *line, size_t length);

	/* It has ended and all its lines were handled: si_code and si_status as in waitid(2). */
	void (*ended)(void *userdata, const siginfo_t *how);
};

/*
 * Starts argv[0], found as it is. handler and userdata are borrowed. A program
 * that cannot be started ends with status 127. -ENOMEM, -EAGAIN, -EMFILE ...
 */
int child_new(struct child **ret, sd_event *event, const char *const *argv, size_t line_bytes_max,
	const struct child_handler *handler, void *userdata);

/* Asks it to end (SIGTERM); after grace_usec it is killed. */
void child_stop(struct child *child, uint64_t grace_usec);

/* Kills it if it is still there, without calling the handler. Fine inside ended(). Accepts NULL. */
void child_free(struct child *child);

#endif
