/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * past.h - the imports that the tank's ledger remembers, read once by `imgtank
 * history` in a process of its own: the daemon itself opens no data base.
 */
#ifndef IMGTANK_CORE_DAEMON_PAST_H
#define IMGTANK_CORE_DAEMON_PAST_H

#include <systemd/sd-event.h>

#include "core/model.h"

struct past; /* opaque */

struct past_handler {
	/* Newest first. identity: of the card, escaped. Borrowed. */
	void (*import)(void *userdata, const struct model_import *import, const char *identity);
	void (*ended)(void *userdata); /* may free the past */
};

/* Strings as in worker.h. */
int past_new(struct past **ret, sd_event *event, const char *program, const char *config_path,
	const char *tank_path, const struct past_handler *handler, void *userdata);
void past_free(struct past *past); /* accepts NULL */

#endif
