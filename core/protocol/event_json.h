/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * event_json.h - an event as one line of JSON, the same on the socket and
 * behind `imgtank import --json`. Fields: docs/protocol.md.
 */
#ifndef IMGTANK_CORE_PROTOCOL_EVENT_JSON_H
#define IMGTANK_CORE_PROTOCOL_EVENT_JSON_H

#include "core/events.h"

/* One object without a line end, which the caller frees; NULL without memory. */
char *event_json_encode(const struct event *event);

#endif
