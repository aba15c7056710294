/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * event_json.h - an event as one line of JSON, the same on the socket and
 * behind `imgtank import --json`, and back again. Fields: docs/protocol.md.
 */
#ifndef IMGTANK_CORE_PROTOCOL_EVENT_JSON_H
#define IMGTANK_CORE_PROTOCOL_EVENT_JSON_H

#include <stddef.h>

#include "core/events.h"

#define EVENT_LINE_BYTES_MAX (64 * 1024) /* one line of the engine with its line end */

/* One object without a line end, which the caller frees; NULL without memory. */
char *event_json_encode(const struct event *event);

/* A decoded event; its strings and counts live as long as it does. */
struct event_json {
	struct event event; /* strings are never NULL here */
	struct import_counts counts; /* event.counts points here; zeros if the line has none */
	void *json; /* what owns the strings */
};

/*
 * Reads a line of the engine. 0 and an event to free with event_json_free();
 * -EBADMSG if it is none, -EMSGSIZE if it is too long or deep, -ENOMSG for an
 * event of an unknown name (ignore it), -ENOMEM.
 */
int event_json_decode(const char *line, size_t size_bytes, struct event_json **ret);
void event_json_free(struct event_json *event); /* accepts NULL */

#endif
