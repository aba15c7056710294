/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connection.h - a connection to the daemon that comes back by itself.
 *
 * Lives in an sd-event loop. When it is lost it is tried again after 0.1 s,
 * then after twice as long, up to 0.5 s: what is shown is right within a second
 * of the daemon being back. A daemon that speaks another language is tried every 5 s.
 * One that is silent for 5 s is asked whether it is alive, and has 3 s to answer.
 */
#ifndef IMGTANK_CORE_CLIENT_CONNECTION_H
#define IMGTANK_CORE_CLIENT_CONNECTION_H

#include <systemd/sd-event.h>

#include "core/protocol/message.h"

#define CONNECTION_RETRY_FIRST_USEC 100000
#define CONNECTION_RETRY_MAX_USEC 500000
#define CONNECTION_RETRY_WRONG_USEC 5000000
#define CONNECTION_HELLO_USEC 1000000 /* to the first sync after connecting */
#define CONNECTION_QUIET_USEC 5000000
#define CONNECTION_ANSWER_USEC 3000000

struct connection; /* opaque */

/* None of them may free the connection. */
struct connection_handler {
	/* Every line of the daemon, in order, but its answers to our own questions. Borrowed. */
	void (*message)(void *userdata, const struct message *message);

	/* All lines that were there have been handled: a good moment to show something. */
	void (*pause)(void *userdata);

	/* There is no connection. Once for each loss, and once if the first try fails. */
	void (*down)(void *userdata, int error);
};

/*
 * Begins to connect in the next turn of the loop. event, path, handler and
 * userdata are borrowed and must live longer. -ENOMEM or an error of sd-event.
 */
int connection_new(struct connection **ret, sd_event *event, const char *path,
	const struct connection_handler *handler, void *userdata);
void connection_free(struct connection *connection); /* accepts NULL */

/*
 * Sends a command and gives it an id, which is returned; request->id is not
 * used. -ENOTCONN; -EAGAIN if the daemon does not take what was sent before.
 */
int64_t connection_send(struct connection *connection, const struct command_request *request);

#endif
