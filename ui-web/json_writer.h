/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json_writer.h - writes JSON piece by piece. Text must be valid UTF-8 without control
 * characters, as the escaped form of text.h is. Without memory all goes on, and the end
 * gives NULL.
 */
#ifndef IMGTANK_UI_WEB_JSON_WRITER_H
#define IMGTANK_UI_WEB_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed to begin with; json_writer_take() or json_writer_finish() ends it. */
struct json_writer {
	char *text; /* owned */
	size_t length, capacity;
	bool has_failed, needs_comma;
};

/* key: NULL in an array. bracket: '{' or '[', and '}' or ']'. */
void json_writer_open(struct json_writer *writer, const char *key, char bracket);
void json_writer_close(struct json_writer *writer, char bracket);
void json_writer_text(struct json_writer *writer, const char *key, const char *value);
void json_writer_number(struct json_writer *writer, const char *key, int64_t value);
void json_writer_bool(struct json_writer *writer, const char *key, bool value);
/* value is JSON already; a line end behind it is left out. */
void json_writer_raw(struct json_writer *writer, const char *key, const char *value);

/* The text for the caller to free, or NULL without memory. The writer is empty again. */
char *json_writer_take(struct json_writer *writer);
void json_writer_finish(struct json_writer *writer);

#endif
