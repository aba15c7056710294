/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/protocol/event_json.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/protocol/event_json_priv.h"
#include "core/protocol/fields.h"

static void set_text(json_t *object, const char *key, const char *text)
{
	(void)json_object_set_new(object, key, json_string(text ? text : ""));
}

static void set_number(json_t *object, const char *key, uint64_t value)
{
	if (value > INT64_MAX)
		value = INT64_MAX;
	(void)json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void set_counts(json_t *object, const struct import_counts *counts)
{
	(void)fields_encode(fields_counts, counts, object);
}

static void set_fault(json_t *object, const struct event *event)
{
	const struct fault_text *text = fault_text(event->fault);

	if (event->fault == FAULT_NONE)
		return;
	set_text(object, "fault", text->word);
	set_text(object, "what", text->what);
	set_text(object, "safe", text->safe);
	set_text(object, "remedy", text->remedy);
	if (event->error)
		(void)json_object_set_new(object, "errno", json_integer(-event->error));
	if (event->bytes_missing)
		set_number(object, "bytes_missing", event->bytes_missing);
}

static void set_stored_file(json_t *object, const struct event *event)
{
	set_text(object, "file", event->file);
	set_text(object, "tank_path", event->tank_path);
	set_number(object, "size_bytes", event->size_bytes);
	set_text(object, "hash", event->hash);
	if (event->type != EVENT_FILE_COPIED)
		return;
	set_text(object, "capture_time", event->capture_time);
	set_text(object, "date_source", event->date_source);
	(void)json_object_set_new(object, "date_is_guess", json_boolean(event->is_guess));
	set_text(object, "camera", event->camera);
}

static void set_progress(json_t *object, const struct event *event)
{
	set_text(object, "state", card_state_name(event->state));
	set_counts(object, event->counts);
	set_text(object, "file", event->file);
	set_number(object, "rate_bytes_per_s", event->rate_bytes_per_s);
	if (event->eta_s != EVENT_ETA_UNKNOWN)
		set_number(object, "eta_s", event->eta_s);
}

static void set_body(json_t *object, const struct event *event)
{
	switch (event->type) {
	case EVENT_CARD_STATE:
		set_text(object, "state", card_state_name(event->state));
		break;
	case EVENT_CARD_SCANNED:
		set_counts(object, event->counts);
		break;
	case EVENT_CARD_PROGRESS:
		set_progress(object, event);
		break;
	case EVENT_FILE_PLANNED:
		set_text(object, "file", event->file);
		set_number(object, "size_bytes", event->size_bytes);
		break;
	case EVENT_FILE_COPIED:
	case EVENT_FILE_KNOWN:
		set_stored_file(object, event);
		break;
	case EVENT_FILE_VERIFIED:
		set_text(object, "tank_path", event->tank_path);
		set_number(object, "size_bytes", event->size_bytes);
		break;
	case EVENT_FILE_LEFT_OUT:
		set_text(object, "file", event->file);
		set_text(object, "reason", event->reason);
		break;
	case EVENT_FILE_FAILED:
		set_text(object, "file", event->file);
		set_fault(object, event);
		break;
	case EVENT_NOTICE:
		if (event->file)
			set_text(object, "file", event->file);
		set_fault(object, event);
		break;
	case EVENT_CARD_DONE:
		set_text(object, "verdict", verdict_name(event->verdict));
		set_text(object, "state", card_state_name(event->state));
		set_counts(object, event->counts);
		set_number(object, "thumbnails_left", event->thumbnails_left);
		set_fault(object, event);
		break;
	case EVENTS_COUNT:
		break;
	}
}

json_t *event_json_object(const struct event *event)
{
	json_t *object = json_object();

	if (!object)
		return NULL;
	set_text(object, "event", event_type_name(event->type));
	set_number(object, "seq", event->seq);
	set_number(object, "time_usec", event->time_usec);
	set_text(object, "card", event->card);
	if (event->label && *event->label)
		set_text(object, "label", event->label);
	set_body(object, event);
	return object;
}

char *event_json_encode(const struct event *event)
{
	json_t *object = event_json_object(event);
	char *line = object ? json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;

	json_decref(object);
	return line;
}

/* --- and back --- */

/* What a line has of a field: "" if it is missing, NULL if it is not safe text. */
static const char *get_text(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	const char *text = value ? json_string_value(value) : "";

	return text && text_is_safe(text) ? text : NULL;
}

static int get_texts(json_t *object, struct event *event)
{
	const struct {
		const char *key;
		const char **to;
	} texts[] = {
		{"card", &event->card},
		{"label", &event->label},
		{"file", &event->file},
		{"tank_path", &event->tank_path},
		{"reason", &event->reason},
		{"hash", &event->hash},
		{"capture_time", &event->capture_time},
		{"date_source", &event->date_source},
		{"camera", &event->camera},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		*texts[i].to = get_text(object, texts[i].key);
		if (!*texts[i].to)
			return -EBADMSG;
	}
	return 0;
}

static int get_number(json_t *object, const char *key, uint64_t *ret)
{
	json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return -EBADMSG;
	*ret = (uint64_t)json_integer_value(value);
	return 0;
}

static int get_numbers(json_t *object, struct event *event)
{
	const struct {
		const char *key;
		uint64_t *to;
	} numbers[] = {
		{"seq", &event->seq},
		{"time_usec", &event->time_usec},
		{"size_bytes", &event->size_bytes},
		{"bytes_missing", &event->bytes_missing},
		{"rate_bytes_per_s", &event->rate_bytes_per_s},
		{"eta_s", &event->eta_s},
	};
	uint64_t error = 0;
	int r = get_number(object, "errno", &error);

	event->eta_s = EVENT_ETA_UNKNOWN;
	for (size_t i = 0; r == 0 && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		r = get_number(object, numbers[i].key, numbers[i].to);
	event->error = -(int)(error > INT32_MAX ? INT32_MAX : error);
	return r;
}

/* An unknown fault of a newer engine is one of its own making to us. */
static int get_words(json_t *object, struct event *event)
{
	const char *state = get_text(object, "state"), *verdict = get_text(object, "verdict");
	const char *fault = get_text(object, "fault");

	if (!state || !verdict || !fault)
		return -EBADMSG;
	if (*state && card_state_parse(state, &event->state) < 0)
		return -EBADMSG;
	if (*verdict && verdict_parse(verdict, &event->verdict) < 0)
		return -EBADMSG;
	if (*fault && fault_parse(fault, &event->fault) < 0)
		event->fault = FAULT_INTERNAL;
	if (event->type == EVENT_CARD_STATE && !*state)
		return -EBADMSG;
	return event->type == EVENT_CARD_DONE && !*verdict ? -EBADMSG : 0;
}

static int get_fields(json_t *object, struct event_json *decoded)
{
	struct event *event = &decoded->event;
	json_t *is_guess = json_object_get(object, "date_is_guess");
	int r = get_texts(object, event);

	if (r == 0)
		r = get_numbers(object, event);
	if (r == 0)
		r = get_words(object, event);
	if (r == 0)
		r = fields_decode(fields_counts, &decoded->counts, object);
	if (r == 0 && is_guess && !json_is_boolean(is_guess))
		r = -EBADMSG;
	event->is_guess = json_is_true(is_guess);
	event->counts = &decoded->counts;
	return r;
}

int event_json_from_object(json_t *object, struct event_json **ret)
{
	struct event_json *decoded;
	const char *word = json_string_value(json_object_get(object, "event"));
	enum event_type type;
	int r;

	if (!word)
		return -EBADMSG;
	if (event_type_parse(word, &type) < 0)
		return -ENOMSG;
	decoded = calloc(1, sizeof(*decoded));
	if (!decoded)
		return -ENOMEM;
	decoded->event.type = type;
	decoded->json = json_incref(object);
	r = get_fields(object, decoded);
	if (r < 0)
		event_json_free(TAKE_PTR(decoded));
	else
		*ret = decoded;
	return r;
}

int event_json_decode(const char *line, size_t size_bytes, struct event_json **ret)
{
	json_t *object;
	int r = fields_parse(line, size_bytes, EVENT_LINE_BYTES_MAX, &object);

	if (r < 0)
		return r;
	r = event_json_from_object(object, ret);
	json_decref(object);
	return r;
}

void event_json_free(struct event_json *event)
{
	if (!event)
		return;
	json_decref(event->json);
	free(event);
}
