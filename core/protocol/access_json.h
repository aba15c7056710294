/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * access_json.h - what `imgtank setup ap` has noted of the box's own Wi-Fi:
 * {"name": "...", "password": "...", "wifi": "WIFI:...", "url": "http://imgtank/"}
 */
#ifndef IMGTANK_CORE_PROTOCOL_ACCESS_JSON_H
#define IMGTANK_CORE_PROTOCOL_ACCESS_JSON_H

#include <stddef.h>

#include "core/model.h"

/*
 * Sets network, password, wifi and network_url. -EBADMSG, and all four "", if it is no such note,
 * or if something in it is too long or not fit to be shown.
 */
int access_json_read(const char *text, size_t size_bytes, struct model_access *ret);

#endif
