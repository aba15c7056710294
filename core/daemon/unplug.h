/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unplug.h - a box that shuts down by itself: the last card is out, all went well, and
 * nobody says otherwise for a while. Off unless [power] halt-on-unplug says yes.
 */
#ifndef IMGTANK_CORE_DAEMON_UNPLUG_H
#define IMGTANK_CORE_DAEMON_UNPLUG_H

#include <systemd/sd-event.h>

#include "core/model.h"

struct unplug; /* opaque */

/* What it has decided: tell it, or do it. grace_s: how long there is to say otherwise. */
struct unplug_handler {
	void (*announced)(void *userdata, uint32_t grace_s);
	void (*called_off)(void *userdata); /* a card came, or somebody did something */
	void (*due)(void *userdata);
};

/* event, handler and userdata are borrowed. -ENOMEM or an error of sd-event. */
int unplug_new(struct unplug **ret, sd_event *event, uint32_t grace_ms,
	const struct unplug_handler *handler, void *userdata);
void unplug_free(struct unplug *unplug); /* accepts NULL */

/* Looks at the state anew; its computed fields must be filled. */
void unplug_look(struct unplug *unplug, const struct tank_model *model);

/* Somebody did something: not this time. */
void unplug_stay(struct unplug *unplug, const struct tank_model *model);

/*
 * Pure: cards were here in this run of the daemon, all of them went well, none is left, and nothing
 * is wrong with the tank.
 */
bool unplug_may_halt(const struct tank_model *model);

#endif
