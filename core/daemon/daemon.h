/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * daemon.h - imgtankd: owns the cards, runs one worker for each, publishes where
 * everything stands, and does what it is asked. One loop in one thread; only looks
 * at the tank's disk, which may hang, are made beside it (tank.c).
 *
 *   source -> card (cards.c) -> worker -> model -> what changed -> every client
 */
#ifndef IMGTANK_CORE_DAEMON_DAEMON_H
#define IMGTANK_CORE_DAEMON_DAEMON_H

#include <stdbool.h>

#include <systemd/sd-event.h>

#include "core/config/config.h"
#include "core/daemon/power.h"
#include "core/daemon/server.h"
#include "core/drop/look.h"

struct daemon_options {
	const char *engine_program; /* path of imgtank */
	const char *config_path; /* passed on to workers; NULL: the usual one */
	const char *tank_path;
	bool is_tank_given; /* on the command line: passed on, too */
	bool requires_mount;
	enum config_start start;
	unsigned int workers_max; /* cards at work at the same time */
	const char *virtual_reader; /* a folder; "" for none */
	bool use_devices; /* the machine's card readers */
	const char *drop_path; /* a folder that files are dropped into; "" for none */
	struct drop_options drop;
	const char *file_systems; /* that cards may have: mount_allow() */
	bool may_halt; /* poweroff and reboot */
	bool halts_on_unplug; /* by itself when the last card is out and all went well */
	uint32_t unplug_grace_ms;
	const char *access_root; /* below it are the notes of access.h; "" for this machine's */
	struct server_options server;
	struct power_options power;
};

struct daemon; /* opaque */

/* options is borrowed for good. The socket is there when it returns. */
int daemon_new(struct daemon **ret, sd_event *event, const struct daemon_options *options);
void daemon_free(struct daemon *daemon); /* accepts NULL; kills workers that still run */

/* Stops all work in order and then ends the loop. */
void daemon_stop(struct daemon *daemon);

#endif
