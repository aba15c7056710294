/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prepare.h - what has to be done with dropped files before they are taken and may last: what was
 * written goes to the disk, and each is looked at whether it ends too early. In a thread of its
 * own.
 */
#ifndef IMGTANK_CORE_DAEMON_PREPARE_H
#define IMGTANK_CORE_DAEMON_PREPARE_H

#include <systemd/sd-event.h>

#include "core/drop/look.h"

struct prepare; /* opaque */

/*
 * ended: in the event loop, once. error: of writing to the disk. files: those that were given,
 * in their order, is_checked and is_cut filled in; borrowed.
 */
typedef void (*prepare_ended_fn)(
	void *userdata, int error, const struct drop_file *files, size_t files_count);

/* Begins with the ripe files of this owner, up to files_max. Negative errno. */
int prepare_new(struct prepare **ret, sd_event *event, int drop_fd, const struct drop_list *list,
	uid_t owner, size_t files_max, prepare_ended_fn ended, void *userdata);

/* Waits for the file in work if it has not ended. Fine inside ended(). Accepts NULL. */
void prepare_free(struct prepare *prepare);

#endif
