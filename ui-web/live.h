/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * live.h - Now: the tank's state as JSON and as events (SSE, HTML Standard 9.2), and commands.
 *
 * Everybody reads the same newest state; who is slow misses those in between. Nothing is
 * kept for a reader but his place in one of them.
 */
#ifndef IMGTANK_UI_WEB_LIVE_H
#define IMGTANK_UI_WEB_LIVE_H

#include "core/client/frontend.h"
#include "ui-web/http.h"

#define LIVE_STREAMS_MAX 64 /* half of them for guests */
#define LIVE_STREAMS_PER_ADDRESS 16
#define LIVE_PAUSE_USEC 200000 /* between two states: five in a second */
#define LIVE_HEARTBEAT_USEC (UINT64_C(15) * 1000000)
#define LIVE_REPLY_USEC (UINT64_C(10) * 1000000) /* a daemon answers a command by then */

struct live; /* opaque */

struct live *live_new(struct web *web); /* NULL without memory */
void live_free(struct live *live); /* after the HTTP library has ended; accepts NULL */

void live_changed(struct live *live); /* the model did */
void live_session_ended(struct live *live); /* those who watch with it are let go */
void live_reply(struct live *live, const struct message_reply *reply);
void live_tick(struct live *live, uint64_t now_usec);

void live_state(struct request *request); /* GET /api/state */
void live_events(struct request *request); /* GET /api/events */
void live_command(struct request *request); /* POST /api/command */

#endif
