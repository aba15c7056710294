/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/protocol/event_json.h"

#include <jansson.h>

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
	set_number(object, "files_selected", counts->files_selected);
	set_number(object, "files_known", counts->files_known);
	set_number(object, "files_same_content", counts->files_same_content);
	set_number(object, "files_copied", counts->files_copied);
	set_number(object, "files_verified", counts->files_verified);
	set_number(object, "files_failed", counts->files_failed);
	set_number(object, "files_left_out", counts->files_left_out);
	set_number(object, "folders_failed", counts->folders_failed);
	set_number(object, "bytes_selected", counts->bytes_selected);
	set_number(object, "bytes_known", counts->bytes_known);
	set_number(object, "bytes_copied", counts->bytes_copied);
	set_number(object, "bytes_verified", counts->bytes_verified);
	set_number(object, "bytes_to_verify", counts->bytes_to_verify);
	set_number(object, "bytes_failed", counts->bytes_failed);
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

char *event_json_encode(const struct event *event)
{
	json_t *object = json_object();
	char *line;

	if (!object)
		return NULL;
	set_text(object, "event", event_type_name(event->type));
	set_number(object, "seq", event->seq);
	set_number(object, "time_usec", event->time_usec);
	set_text(object, "card", event->card);
	if (event->label && *event->label)
		set_text(object, "label", event->label);
	set_body(object, event);
	line = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(object);
	return line;
}
