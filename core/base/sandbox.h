/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sandbox.h - gives up, for good, every right that a process which only computes
 * does not need.
 *
 * What is left: its memory, the clock, one socket, and reading by position from
 * descriptors that come over the socket. Not even read() or lseek(): such a
 * descriptor shares its position with the process that sent it.
 */
#ifndef IMGTANK_CORE_BASE_SANDBOX_H
#define IMGTANK_CORE_BASE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The parts, in the order in which they are put up; each is one bit. */
enum sandbox_part {
	SANDBOX_DESCRIPTORS = 1 << 0, /* none but 0 to 2 and the socket */
	SANDBOX_UNPRIVILEGED = 1 << 1, /* neither root nor capabilities */
	SANDBOX_NO_NEW_PRIVILEGES = 1 << 2,
	SANDBOX_RLIMITS = 1 << 3, /* no file written, bounded CPU time, few descriptors */
	SANDBOX_MEMORY = 1 << 4, /* bounded; not with the sanitizers, which reserve terabytes */
	SANDBOX_LANDLOCK = 1 << 5,
	SANDBOX_SECCOMP = 1 << 6,
};

#define SANDBOX_PARTS_ALL ((1u << 7) - 1)

struct sandbox_options {
	int socket_fd; /* connected; sendmsg and recvmsg work on no other */
	uint64_t memory_bytes; /* bound of the resident memory, program and libraries included */
	uint32_t cpu_seconds; /* in all of the process's life */
	bool has_threads; /* a library in it cannot do without */
};

struct sandbox_result {
	uint32_t parts; /* enum sandbox_part, or-ed: in force */
	uint32_t failed; /* the one that stopped sandbox_enter(), or 0 */
};

/*
 * Enters; there is no way back. From now on the death of the parent's thread kills.
 * A kernel without Landlock, root that cannot become somebody else and memory
 * under a sanitizer only leave their bit out. Any other failure is a negative
 * errno: the process must then end. Before the first thread is started.
 */
int sandbox_enter(const struct sandbox_options *options, struct sandbox_result *result);

/* "seccomp", "landlock" ...; NULL for anything but one part. Literals. */
const char *sandbox_part_name(uint32_t part);

/* "seccomp memory rlimits ...; not in force: landlock". */
void sandbox_describe(uint32_t parts, char *text, size_t size_bytes);

#endif
