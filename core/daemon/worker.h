/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker.h - one import in a process of its own: `imgtank import --json`, its
 * lines read as events. Whatever happens to it, it ends here as a result.
 */
#ifndef IMGTANK_CORE_DAEMON_WORKER_H
#define IMGTANK_CORE_DAEMON_WORKER_H

#include <stdbool.h>

#include <systemd/sd-event.h>

#include "core/events.h"

/* SIGTERM makes the engine stop between two files or inside one; a dying disk may hold it. */
#define WORKER_GRACE_USEC 30000000

struct worker; /* opaque */

/* Strings are borrowed for the call; NULL: not given. */
struct worker_options {
	const char *program; /* path of imgtank */
	const char *config_path;
	const char *tank_path; /* NULL: as the configuration says */
	const char *card_id, *card_label;
	const char *source_path;
};

struct worker_handler {
	/* Borrowed. Not after something that is no event. Must not free the worker. */
	void (*event)(void *userdata, const struct event *event);

	/* The process is gone. is_in_order: it ended by itself and said nothing but events. */
	void (*ended)(void *userdata, bool is_in_order);
};

int worker_new(struct worker **ret, sd_event *event, const struct worker_options *options,
	const struct worker_handler *handler, void *userdata);

/* Asks it to stop in order; once is enough. */
void worker_stop(struct worker *worker);

/* Kills it if it still runs; fine inside ended(). Accepts NULL. */
void worker_free(struct worker *worker);

#endif
