/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frontend.h - how to write a front end in C: fill in one struct frontend, call
 * frontend_main(). docs/frontend-howto.md walks through one.
 *
 * The host connects, reconnects, mirrors the tank's state, runs the loop (one
 * thread), reads options and configuration, and ends in order on signals. The
 * front end shows the model as it is and decides nothing about cards. A
 * callback must not block: the copy never waits for it, but its user would.
 */
#ifndef IMGTANK_CORE_CLIENT_FRONTEND_H
#define IMGTANK_CORE_CLIENT_FRONTEND_H

#include "core/client/model.h"

struct frontend_host; /* opaque; lives from before open() until after close() */

#define FRONTEND_TIMERS_MAX 8
#define FRONTEND_NEVER UINT64_MAX

enum frontend_flags {
	FRONTEND_OWNS_TERMINAL = 1U << 0, /* the host writes nothing to it between open and close */
	FRONTEND_FOLLOWS_FILES = 1U << 1, /* asks for the engine's events, one per file */
	FRONTEND_SHOWS_ACCESS = 1U << 2, /* asks for model->access: it stands at the box */
};

/*
 * A setting: `key = value` in the section [ui-NAME] of the configuration,
 * and `--key=value` on the command line, which wins. A flag needs no value
 * there and comes as "yes".
 */
struct frontend_setting {
	const char *key;
	const char *value_name; /* for --help: "DEGREES"; NULL for a flag */
	const char *help;
	bool is_option_only; /* not in the configuration */
};

/* A setting of another part that this front end goes by, too: `key = value` in [section]. */
struct frontend_shared_setting {
	const char *section, *key;
};

struct frontend {
	const char *name; /* "pibrella", as in [ui] frontends =; its section: [ui-pibrella] */
	const char *summary; /* one line for --help */
	uint32_t flags;
	size_t state_size; /* the host allocates and zeroes this much: "state" below */
	const struct frontend_setting *settings; /* ends with a zeroed one; may be NULL */
	const struct frontend_shared_setting *shared_settings; /* the same */

	/*
	 * Gets each setting that was given, before open(). 0, or -EINVAL, leaving what was there:
	 * the host says where it stands, goes on without one of the configuration, and ends for one
	 * of the command line. value is borrowed, and never empty for one of the configuration.
	 * Those of other parts come in the same way; what is wrong with them is not said here.
	 * NULL if there are no settings.
	 */
	int (*set)(void *state, const char *key, const char *value);

	/* Is the hardware here? 0 or -ENODEV, leaving it as it was. NULL: open() and close() tell.
	 */
	int (*probe)(void *state);

	/* Takes the hardware. -ENODEV: it is not here; other negative errno: it failed. */
	int (*open)(void *state, struct frontend_host *host);

	/*
	 * Shows the model; changed has the CHANGED_ bits since the last call. Called
	 * once after open(), then only when something changed, never half-way through
	 * a group of changes. The model is borrowed until the next return to the host.
	 */
	void (*show)(void *state, const struct tank_model *model, uint32_t changed);

	/* All below may be NULL. */

	/* One event of the engine, with FRONTEND_FOLLOWS_FILES. Not a state: some may be left out.
	 */
	void (*event)(void *state, const struct event *event);

	/* The answer to a command; reply->code is REPLY_OK or says why not. */
	void (*reply)(void *state, const struct message_reply *reply);

	/* A descriptor given to frontend_host_watch() is ready; events as of epoll(7). */
	void (*ready)(void *state, int fd, uint32_t events);

	/* A timer is due. now_usec is CLOCK_MONOTONIC. */
	void (*tick)(void *state, unsigned int timer, uint64_t now_usec);

	/* A signal given to frontend_host_watch_signal() came. In the loop, not in a handler. */
	void (*signal)(void *state, int number);

	/* Undoes what must not stay after a crash. Async-signal-safe calls only. */
	void (*crash)(void *state);

	/* After every open, also a failed one: leaves the hardware quiet. */
	void (*close)(void *state);
};

/*
 * Runs the front end until a signal or frontend_host_quit(); returns the exit
 * status: 0 in order, 2 usage, 3 the hardware is not here, 1 all else.
 * Options: --socket PATH, --config FILE, --name NAME, --probe, --render FILE (show one
 * state and end), --replay FILE [--speed N] (recorded lines), --help, --version.
 */
int frontend_main(const struct frontend *frontend, int argc, char **argv);

/*
 * Sends a command. card_id: NULL for COMMAND_POWEROFF and such. The id of the
 * reply to come (> 0), -ENOTCONN, or -EAGAIN when too many are under way.
 */
int64_t frontend_host_command(
	struct frontend_host *host, enum command command, const char *card_id);

/* The same, insisting: shuts down even while a card is copied. */
int64_t frontend_host_command_force(struct frontend_host *host, enum command command);

/* What was last shown, or would be; borrowed until the next return to the host. */
const struct tank_model *frontend_host_model(const struct frontend_host *host);

/* Calls ready() when fd has one of events (EPOLLIN ...); 0 ends that, as must be before close(fd).
 */
int frontend_host_watch(struct frontend_host *host, int fd, uint32_t events);

/* Calls tick() once at this CLOCK_MONOTONIC time; FRONTEND_NEVER disarms. timer: 0 .. 7. */
void frontend_host_timer(struct frontend_host *host, unsigned int timer, uint64_t at_usec);

/* Calls signal() for it: SIGWINCH, SIGUSR1 ... but not SIGTERM, SIGINT, SIGHUP: those end. */
int frontend_host_watch_signal(struct frontend_host *host, int number);

uint64_t frontend_host_now_usec(const struct frontend_host *host); /* CLOCK_MONOTONIC */

/* Seconds since 1970; with --render and --replay the model's own; 0 without a trusted clock. */
int64_t frontend_host_wall_s(const struct frontend_host *host);

/* True with --render: draw the whole state at once, without motion. */
bool frontend_host_is_still(const struct frontend_host *host);

/* Ends the loop in order with this exit status. */
void frontend_host_quit(struct frontend_host *host, int exit_status);

#endif
