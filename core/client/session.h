/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.h - one plain conversation with the daemon, for programs that ask
 * something and end: no loop, no reconnecting.
 */
#ifndef IMGTANK_CORE_CLIENT_SESSION_H
#define IMGTANK_CORE_CLIENT_SESSION_H

#include "core/client/model.h"

#define SESSION_NO_TIMEOUT (-1)

struct session; /* opaque */

/*
 * Connects and waits for hello, snapshot and sync. path as for address_choose().
 * -ENOENT, -ECONNREFUSED: no daemon; -EACCES: not allowed to; -ETIMEDOUT: it says nothing;
 * -EPROTONOSUPPORT: it speaks another protocol.
 */
int session_open(struct session **ret, const char *path);
void session_close(struct session *session); /* accepts NULL */

/* The mirrored state; borrowed. */
const struct tank_model *session_model(const struct session *session);

/*
 * Waits for the next line and applies it to the model. *line_ret, without its
 * end, and *message_ret are borrowed and live until the next call; either may be NULL.
 * -ETIMEDOUT; -ECONNRESET when the daemon has hung up; -EINTR after a signal.
 */
int session_next(struct session *session, int timeout_ms, const char **line_ret,
	const struct message **message_ret);

/* Sends a command and waits for its reply. Lines in between are applied to the model. */
int session_command(
	struct session *session, const struct command_request *request, struct message_reply *ret);

#endif
