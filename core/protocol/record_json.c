/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/protocol/record_json.h"

#include <jansson.h>

void record_json_print(FILE *out, const struct record_field *fields)
{
	json_t *object = json_object();

	for (; object && fields->name; fields++) {
		json_t *value = fields->text ? json_string(fields->text)
					     : json_integer((json_int_t)fields->number);

		(void)json_object_set_new(object, fields->name, value);
	}
	if (object && json_dumpf(object, out, JSON_COMPACT | JSON_PRESERVE_ORDER) == 0)
		(void)fputc('\n', out);
	json_decref(object);
}
