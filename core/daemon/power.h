/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * power.h - shutting the machine down, and keeping others from doing so while
 * a card is copied. Through logind, or by commands of the administrator's.
 */
#ifndef IMGTANK_CORE_DAEMON_POWER_H
#define IMGTANK_CORE_DAEMON_POWER_H

#include <stdbool.h>

#include <systemd/sd-event.h>

#include "core/model.h"

struct power; /* opaque */

struct power_options {
	bool use_logind; /* else nothing is inhibited, and only the commands are used */
	const char *poweroff_command, *reboot_command; /* for sh(1); "" : logind */
};

struct power_handler {
	void (*failed)(
		void *userdata, int error); /* the machine goes on after all; error says why */
	/* Somebody else shuts the machine down, or (HALTING_NONE) has thought better of it. */
	void (*going_down)(void *userdata, enum halting_reason reason);
};

/* options and handler are borrowed for good. */
int power_new(struct power **ret, sd_event *event, const struct power_options *options,
	const struct power_handler *handler, void *userdata);
void power_free(struct power *power); /* accepts NULL */

/* Others may not shut down or suspend the machine while it is busy. Best effort, never waits. */
void power_set_busy(struct power *power, bool is_busy);

/* Shuts down or restarts; the handler is told if that did not work. */
void power_halt(struct power *power, enum halting_reason reason);

#endif
