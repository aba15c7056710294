/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/json_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct json_writer *writer, size_t bytes)
{
	size_t capacity = writer->capacity ? writer->capacity : 1024;
	char *text;

	while (capacity - writer->length < bytes + 1)
		capacity *= 2;
	if (capacity == writer->capacity)
		return true;
	text = realloc(writer->text, capacity);
	if (!text)
		return false;
	writer->text = text;
	writer->capacity = capacity;
	return true;
}

static void put(struct json_writer *writer, const char *bytes, size_t count)
{
	if (writer->has_failed || !make_room(writer, count)) {
		writer->has_failed = true;
		return;
	}
	memcpy(writer->text + writer->length, bytes, count);
	writer->length += count;
	writer->text[writer->length] = '\0';
}

static void put_string(struct json_writer *writer, const char *value)
{
	put(writer, "\"", 1);
	while (*value) {
		size_t plain = strcspn(value, "\"\\");

		put(writer, value, plain);
		value += plain;
		if (*value) {
			put(writer, "\\", 1);
			put(writer, value++, 1);
		}
	}
	put(writer, "\"", 1);
}

static void put_key(struct json_writer *writer, const char *key)
{
	if (writer->needs_comma)
		put(writer, ",", 1);
	writer->needs_comma = true;
	if (key) {
		put_string(writer, key);
		put(writer, ":", 1);
	}
}

void json_writer_open(struct json_writer *writer, const char *key, char bracket)
{
	put_key(writer, key);
	put(writer, &bracket, 1);
	writer->needs_comma = false;
}

void json_writer_close(struct json_writer *writer, char bracket)
{
	put(writer, &bracket, 1);
	writer->needs_comma = true;
}

void json_writer_text(struct json_writer *writer, const char *key, const char *value)
{
	put_key(writer, key);
	put_string(writer, value);
}

void json_writer_number(struct json_writer *writer, const char *key, int64_t value)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%" PRId64, value);
	json_writer_raw(writer, key, digits);
}

void json_writer_bool(struct json_writer *writer, const char *key, bool value)
{
	json_writer_raw(writer, key, value ? "true" : "false");
}

void json_writer_raw(struct json_writer *writer, const char *key, const char *value)
{
	put_key(writer, key);
	put(writer, value, strcspn(value, "\n"));
}

char *json_writer_take(struct json_writer *writer)
{
	char *text = writer->has_failed ? NULL : writer->text;

	if (!text)
		free(writer->text);
	*writer = (struct json_writer){0};
	return text;
}

void json_writer_finish(struct json_writer *writer)
{
	free(json_writer_take(writer));
}
