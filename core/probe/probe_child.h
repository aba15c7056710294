/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe_child.h - the process imgtank-probe: found, started, ended. For probe.c.
 */
#ifndef IMGTANK_CORE_PROBE_PROBE_CHILD_H
#define IMGTANK_CORE_PROBE_PROBE_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#include "core/probe/probe_wire.h"

#define CHILD_DYING_MAX 4

/* Zeroed but for socket_fd = -1: none runs. */
struct child {
	pid_t pid; /* 0 = none */
	int socket_fd;
	struct probe_hello hello; /* the last one */
	/* Killed, but stuck in the kernel on a card that does not answer. */
	pid_t dying[CHILD_DYING_MAX];
	size_t dying_count;
};

/* The path of the program, for the caller to free. -ENOENT, -EACCES, -ENOMEM. */
int child_find_program(const char *wanted, char **ret);

/*
 * Starts it and waits until it says that it is in its sandbox. -ENOENT, -EACCES
 * ...: it cannot be executed; -ECHILD: it ended instead, or hello.error says why.
 */
int child_start(struct child *child, const char *program, const struct probe_setup *setup);

/*
 * Kills and reaps. 0, or the wait status if it had ended by itself before. Never
 * waits for the kernel for more than a moment.
 */
int child_end(struct child *child);

/* CPU time that it has used so far. */
int child_cpu_usec(const struct child *child, uint64_t *ret);

/* Waits until the socket can be read. -ETIMEDOUT. */
int child_wait(const struct child *child, uint64_t until_usec);

#endif
