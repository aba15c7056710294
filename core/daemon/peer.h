/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * peer.h - one client of the socket: its rights, what it said and what it is owed.
 */
#ifndef IMGTANK_CORE_DAEMON_PEER_H
#define IMGTANK_CORE_DAEMON_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include <systemd/sd-event.h>

#include "core/daemon/queue.h"

#define PEER_QUEUE_BYTES_MAX (256 * 1024)

struct peer; /* opaque */

struct peer_handler {
	/* A command that is well-formed and allowed. Sets sentence and remedy or leaves them. */
	enum reply_code (*command)(void *userdata, const struct command_request *request,
		const char **sentence, const char **remedy);
	struct queue_line *(*snapshot)(void *userdata); /* as in server.h */
	struct queue_line *(*access)(void *userdata);
	void (*gone)(void *userdata, struct peer *peer); /* frees it */
};

/* Takes the connection over, also on an error. Says hello. */
int peer_new(struct peer **ret, sd_event *event, int fd, uid_t user, bool may_command,
	const struct peer_handler *handler, void *userdata);
void peer_free(struct peer *peer); /* accepts NULL; sends what the socket takes at once */

/* Queues a line; peer_flush() sends. */
void peer_send(struct peer *peer, struct queue_line *line);

/* A fresh snapshot takes the place of all that waits. */
void peer_resync(struct peer *peer);

/* Sends what the socket takes. May find that the peer is gone: then peer_is_gone(). */
void peer_flush(struct peer *peer);
bool peer_is_gone(const struct peer *peer);

/* How long it has taken nothing although there is something for it; 0: all is well. */
uint64_t peer_stalled_usec(const struct peer *peer, uint64_t now_usec);

bool peer_follows(const struct peer *peer);
bool peer_sees_access(const struct peer *peer);
uid_t peer_user(const struct peer *peer);

/* Why a client is let go: closes it with a line in the log. */
void peer_drop(struct peer *peer, const char *why);

#endif
