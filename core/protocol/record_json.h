/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record_json.h - a flat JSON object a line, for commands that print lists.
 */
#ifndef IMGTANK_CORE_PROTOCOL_RECORD_JSON_H
#define IMGTANK_CORE_PROTOCOL_RECORD_JSON_H

#include <stdint.h>
#include <stdio.h>

struct record_field {
	const char *name; /* NULL ends the list */
	const char *text; /* escaped (text.h); NULL: number counts */
	uint64_t number;
};

void record_json_print(FILE *out, const struct record_field *fields);

#endif
