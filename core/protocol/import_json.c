/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/protocol/import_json.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "core/protocol/fields.h"

#define LINE_BYTES_MAX (64 * 1024)

/* "2026-05-31T12:00:00" in local time; 0 if it is something else. */
static int64_t get_time(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	struct tm local = {.tm_isdst = -1};
	time_t seconds;

	if (!text || !strptime(text, "%Y-%m-%dT%H:%M:%S", &local))
		return 0;
	seconds = mktime(&local);
	return seconds < 0 ? 0 : (int64_t)seconds;
}

static void get_text(json_t *object, const char *key, char *out, size_t out_bytes)
{
	const char *text = json_string_value(json_object_get(object, key));

	model_set_text(out, out_bytes, text ? text : "");
}

static int decode(json_t *object, struct import_json *ret)
{
	const char *verdict = json_string_value(json_object_get(object, "verdict"));
	int64_t started_s = get_time(object, "started");
	struct model_import *import = &ret->import;

	memset(ret, 0, sizeof(*ret));
	if (!verdict)
		return -EBADMSG;
	if (verdict_parse(verdict, &import->verdict) < 0)
		return -ENOMSG;
	import->time_s = get_time(object, "ended");
	if (started_s > 0 && import->time_s >= started_s)
		import->duration_s = (uint64_t)(import->time_s - started_s);
	get_text(object, "label", import->card, sizeof(import->card));
	get_text(object, "card", ret->identity, sizeof(ret->identity));
	return fields_decode(fields_counts, &import->counts, object);
}

int import_json_decode(const char *line, size_t size_bytes, struct import_json *ret)
{
	json_t *object;
	int r = fields_parse(line, size_bytes, LINE_BYTES_MAX, &object);

	if (r < 0)
		return r;
	r = decode(object, ret);
	json_decref(object);
	return r;
}
