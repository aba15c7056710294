/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fields.h - structs of the model as JSON objects, by tables: one row per field
 * serves both directions, so that what is written can be read back.
 */
#ifndef IMGTANK_CORE_PROTOCOL_FIELDS_H
#define IMGTANK_CORE_PROTOCOL_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model.h"

enum field_kind {
	FIELD_TEXT, /* char[]; too long: cut */
	FIELD_PATH, /* char[]; too long: "", for half a path names something else */
	FIELD_ID, /* char[]; too long or with other characters: an error */
	FIELD_BOOL,
	FIELD_U32,
	FIELD_U64,
	FIELD_I64,
	FIELD_ETA, /* uint64_t; absent when EVENT_ETA_UNKNOWN */
	FIELD_WORD, /* an enum; its word */
	FIELD_FAULT, /* enum fault; absent when FAULT_NONE; written with its sentences */
	FIELD_COMMANDS, /* uint32_t of COMMAND_BITs; an array of words */
};

struct field {
	const char *key;
	enum field_kind kind;
	unsigned int words_count; /* FIELD_WORD */
	size_t offset, size_bytes;
	const char *(*word)(unsigned int value);
};

/*
 * Tables, each ended by a row without a key. What moves while a card is copied
 * stands in the _progress tables and not in the others.
 */
extern const struct field fields_counts[], fields_card[], fields_card_progress[], fields_tank[],
	fields_tank_progress[], fields_note[], fields_import[], fields_access[];

/* Puts the fields of the struct at base into object. False without memory. */
bool fields_encode(const struct field *fields, const void *base, json_t *object);

/*
 * Sets the fields of the struct at base that are in object; others stay as they
 * are. -EBADMSG for a field of the wrong type or an unknown word.
 */
int fields_decode(const struct field *fields, void *base, json_t *object);

/*
 * An array of structs, element_bytes apart, as a list of objects under key.
 * Reading: a missing list is empty; more elements than max_count are left out.
 */
bool fields_encode_list(const struct field *fields, const void *first, size_t element_bytes,
	uint32_t count, json_t *object, const char *key);
int fields_decode_list(const struct field *fields, void *first, size_t element_bytes,
	uint32_t max_count, uint32_t *count, json_t *list);

bool fields_equal(const struct field *fields, const void *a, const void *b);
void fields_copy(const struct field *fields, const void *from, void *to);

/* The same for a whole card with its lists; what moves stays out of fields_equal_card(). */
bool fields_encode_card(const struct model_card *card, json_t *object);
int fields_decode_card(struct model_card *card, json_t *object);
bool fields_equal_card(const struct model_card *a, const struct model_card *b);

/*
 * Parses one line to an object after checking its size and depth.
 * -EMSGSIZE, -EBADMSG, -ENOMEM.
 */
int fields_parse(const char *line, size_t size_bytes, size_t max_bytes, json_t **ret);

/* The object as one line with its line end, in new memory; gives up the caller's reference. */
char *fields_print(json_t *object);

#endif
