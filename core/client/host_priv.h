/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host_priv.h - the host of a front end, inside this folder. */
#ifndef IMGTANK_CORE_CLIENT_HOST_PRIV_H
#define IMGTANK_CORE_CLIENT_HOST_PRIV_H

#include <systemd/sd-event.h>

#include "core/client/connection.h"
#include "core/client/frontend.h"

#define HOST_WATCHES_MAX 32
#define HOST_SIGNALS_MAX 8

enum frontend_exit {
	FRONTEND_EXIT_OK = 0,
	FRONTEND_EXIT_TROUBLE = 1,
	FRONTEND_EXIT_USAGE = 2,
	FRONTEND_EXIT_NOT_HERE = 3,
};

/* The command line. Strings are borrowed from it. */
struct host_options {
	const char *socket_path, *config_path, *name, *render_path, *replay_path;
	double speed; /* of --replay; 0: as fast as it goes */
	bool is_probe;
};

struct host_watch {
	int fd;
	sd_event_source *source;
};

struct frontend_host {
	const struct frontend *frontend; /* borrowed */
	void *state; /* owned */
	struct host_options options;
	sd_event *event;
	struct connection *connection;
	struct replay *replay;
	struct tank_model *model;
	uint32_t pending; /* changed, not yet closed by a sync */
	uint32_t changed; /* may be shown */
	bool is_shown; /* show() was called once */
	bool is_clock_trusted; /* as last known: it outlives the connection */
	int64_t follow_id; /* of our own command */
	sd_event_source *first_show;
	sd_event_source *timers[FRONTEND_TIMERS_MAX];
	struct host_watch watches[HOST_WATCHES_MAX];
	sd_event_source *signals[HOST_SIGNALS_MAX];
};

/*
 * options.c: reads the command line, and gives all settings of configuration
 * and command line to the front end. -1 to go on, or an exit status.
 */
int host_options_read(struct frontend_host *host, int argc, char **argv);

/* host.c: applies one line of a daemon, live or recorded; shows what may be shown. */
void host_apply(struct frontend_host *host, const struct message *message);
void host_show(struct frontend_host *host);

/* replay.c: recorded lines as if they came just now. Ends the loop behind the last one. */
int replay_open(struct replay **ret, struct frontend_host *host, const char *path, double speed);
void replay_close(struct replay *replay); /* accepts NULL */

#endif
