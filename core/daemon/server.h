/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * server.h - the socket: who may connect, who may command, and lines to everybody.
 *
 * Nothing here waits for a client: each has a queue with a bound (queue.h), and
 * one that takes nothing for too long is let go.
 */
#ifndef IMGTANK_CORE_DAEMON_SERVER_H
#define IMGTANK_CORE_DAEMON_SERVER_H

#include <sys/types.h>

#include <systemd/sd-event.h>

#include "core/daemon/queue.h"

#define SERVER_PEERS_MAX 128
#define SERVER_PEERS_PER_USER_MAX 64 /* root and the daemon's own user: no limit of their own */

struct server; /* opaque */

struct server_options {
	const char *path; /* of the socket; not used if systemd gave one */
	const char *group; /* its members may command; "" for none */
	bool only_group_watches; /* others may not even watch */
	uint64_t stall_usec; /* a client that takes nothing for so long is let go */
};

struct server_handler {
	/* What a client asks and may ask. sentence and remedy may be set to other words than the
	 * code's own: literals. */
	enum reply_code (*command)(void *userdata, const struct command_request *request,
		const char **sentence, const char **remedy);

	/* The published state as a snapshot with its sync: a reference for the caller; NULL
	 * without memory. */
	struct queue_line *(*snapshot)(void *userdata);

	/* How people get to the tank, with its sync; the same way. */
	struct queue_line *(*access)(void *userdata);
};

/*
 * Listens at options->path, or on the socket that systemd has opened. options
 * and handler are borrowed for good. -EADDRINUSE if another daemon answers there.
 */
int server_new(struct server **ret, sd_event *event, const struct server_options *options,
	const struct server_handler *handler, void *userdata);

/* Sends everybody what their sockets take at once, hangs up, and removes the socket. */
void server_free(struct server *server); /* accepts NULL */

/*
 * To everybody; MESSAGE_ENGINE and MESSAGE_ACCESS only to those who asked and may. Sent by
 * server_flush(), which is not for the inside of command(): a client may be gone afterwards.
 */
void server_send(struct server *server, struct queue_line *line);
void server_flush(struct server *server);

/* Something was lost on the way: everybody gets a fresh snapshot. */
void server_resync(struct server *server);

bool server_has_followers(const struct server *server);

#endif
