/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/protocol/access_json.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "core/base/text.h"
#include "core/protocol/fields.h"

#define NOTE_BYTES_MAX 4096

/* A name or pass phrase that was cut or changed would be a wrong one. */
static int take(json_t *object, const char *key, char *out, size_t out_bytes)
{
	json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	if (!text || !*text || json_string_length(value) >= out_bytes || !text_is_safe(text))
		return -EBADMSG;
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

static int take_all(json_t *object, struct model_access *access)
{
	int r = take(object, "name", access->network, sizeof(access->network));

	if (r == 0)
		r = take(object, "password", access->password, sizeof(access->password));
	if (r == 0)
		r = take(object, "wifi", access->wifi, sizeof(access->wifi));
	return r < 0 ? r : take(object, "url", access->network_url, sizeof(access->network_url));
}

int access_json_read(const char *text, size_t size_bytes, struct model_access *ret)
{
	json_t *object;
	int r = fields_parse(text, size_bytes, NOTE_BYTES_MAX, &object);

	if (r < 0)
		return -EBADMSG;
	r = take_all(object, ret);
	json_decref(object);
	if (r < 0)
		ret->network[0] = ret->password[0] = ret->wifi[0] = ret->network_url[0] = '\0';
	return r;
}
