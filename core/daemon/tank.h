/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tank.h - is the tank there? Looks at its folder and disk, and again whenever
 * something is mounted and every few moments; never writes to it.
 */
#ifndef IMGTANK_CORE_DAEMON_TANK_H
#define IMGTANK_CORE_DAEMON_TANK_H

#include <systemd/sd-event.h>

#include "core/model.h"

struct tank_watch; /* opaque */

/* Called after each look whose facts differ from the last one's. */
typedef void (*tank_changed_fn)(void *userdata);

/*
 * Looks once before it returns, but waits for the answer only a moment: a disk that hangs
 * counts as missing, and after some seconds as failing. path is borrowed for good.
 */
int tank_watch_new(struct tank_watch **ret, sd_event *event, const char *path, bool requires_mount,
	tank_changed_fn changed, void *userdata);
void tank_watch_free(struct tank_watch *watch); /* accepts NULL */

/* Looks now, without calling changed(). Waits as tank_watch_new(); then all stays as it was. */
void tank_watch_look(struct tank_watch *watch);

/* Looks more often while something is copied. */
void tank_watch_set_busy(struct tank_watch *watch, bool is_busy);

/* Fills the facts about the disk in; whatever else is in tank stays. */
void tank_watch_fill(const struct tank_watch *watch, struct model_tank *tank);

static inline bool tank_is_usable(const struct model_tank *tank)
{
	return tank->is_mounted && tank->fault == FAULT_NONE;
}

#endif
