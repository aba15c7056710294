/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * output.h - standard output that nobody has to wait for.
 *
 * A terminal stopped with Ctrl-S, or a pipe that nobody reads, must not stop a
 * copy. Lines are kept in memory and written by a thread of its own; what may be
 * left out (progress) is left out while it is behind.
 */
#ifndef IMGTANK_CORE_CLI_OUTPUT_H
#define IMGTANK_CORE_CLI_OUTPUT_H

#include <stdbool.h>

struct output; /* opaque */

/* Writes to fd, which stays the caller's. -ENOMEM, -EAGAIN. */
int output_new(struct output **ret, int fd);

/* Waits until all is written or nobody can read it any more. Accepts NULL. */
void output_free(struct output *output);

/* Any thread. text is copied. may_drop: leave it out if the reader is behind. */
void output_text(struct output *output, const char *text, bool may_drop);

/* The reader has gone away: nothing more needs to be made up. */
bool output_is_broken(struct output *output);

#endif
