/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/protocol/record_json.h"

#include <jansson.h>

static json_t *make_object(const struct record_field *fields);

static json_t *make_value(const struct record_field *field)
{
	if (field->is_null)
		return json_null();
	if (field->object)
		return make_object(field->object);
	return field->text ? json_string(field->text) : json_integer((json_int_t)field->number);
}

static json_t *make_object(const struct record_field *fields)
{
	json_t *object = json_object();

	for (; object && fields->name; fields++)
		(void)json_object_set_new(object, fields->name, make_value(fields));
	return object;
}

void record_json_print(FILE *out, const struct record_field *fields)
{
	json_t *object = make_object(fields);

	if (object && json_dumpf(object, out, JSON_COMPACT | JSON_PRESERVE_ORDER) == 0)
		(void)fputc('\n', out);
	json_decref(object);
}
