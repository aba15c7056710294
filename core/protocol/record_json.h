/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record_json.h - a JSON object a line, for commands that print lists.
 */
#ifndef IMGTANK_CORE_PROTOCOL_RECORD_JSON_H
#define IMGTANK_CORE_PROTOCOL_RECORD_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct record_field {
	const char *name; /* NULL ends the list */
	const char *text; /* escaped (text.h); NULL: number counts */
	uint64_t number;
	const struct record_field *object; /* instead of both: a list of its own */
	bool is_null; /* instead of all: null */
};

void record_json_print(FILE *out, const struct record_field *fields);

#endif
