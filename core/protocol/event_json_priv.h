/* SPDX-License-Identifier: GPL-3.0-or-later */
/* event_json_priv.h - events as jansson objects, inside this folder. */
#ifndef IMGTANK_CORE_PROTOCOL_EVENT_JSON_PRIV_H
#define IMGTANK_CORE_PROTOCOL_EVENT_JSON_PRIV_H

#include <jansson.h>

#include "core/protocol/event_json.h"

/* A new reference, or NULL without memory. */
json_t *event_json_object(const struct event *event);

/* Keeps a reference of its own to object. -EBADMSG, -ENOMSG, -ENOMEM. */
int event_json_from_object(json_t *object, struct event_json **ret);

#endif
