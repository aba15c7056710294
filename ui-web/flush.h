/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flush.h - what an upload has brought goes to the disk, in a thread: a slow disk takes its time
 * for that, and the page has others to answer meanwhile.
 */
#ifndef IMGTANK_UI_WEB_FLUSH_H
#define IMGTANK_UI_WEB_FLUSH_H

#include <stdbool.h>

struct flush; /* opaque */

/* folder_fd: on the disk; it must stay open. done_fd: an eventfd that is written to at the end;
 * both borrowed. 0 or a negative errno. */
int flush_new(struct flush **ret, int folder_fd, int done_fd);

/* True: it is over, and *error says how: 0 or a negative errno. */
bool flush_has_ended(const struct flush *flush, int *error);

/* Waits for its end, which it returns. */
int flush_wait(struct flush *flush);

void flush_free(struct flush *flush); /* accepts NULL; waits for its end */

#endif
