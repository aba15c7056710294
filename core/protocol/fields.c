/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/protocol/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/protocol/message.h"

_Static_assert(sizeof(enum card_state) == sizeof(uint32_t), "FIELD_WORD copies 32 bits");

/* --- the tables --- */

#define SIZE_OF(type, name) sizeof(((type *)NULL)->name)
#define ROW(type, key, name, kind)                                                                 \
	{                                                                                          \
		(key), (kind), 0, offsetof(type, name), SIZE_OF(type, name), NULL                  \
	}
#define WORD_ROW(type, name, count, word)                                                          \
	{                                                                                          \
#name, FIELD_WORD, (count), offsetof(type, name), SIZE_OF(type, name), (word)      \
	}
#define WORD_FN(enumeration)                                                                       \
	static const char *word_of_##enumeration(unsigned int value)                               \
	{                                                                                          \
		return enumeration##_name(value);                                                  \
	}

WORD_FN(card_state)
WORD_FN(tank_state)
WORD_FN(verdict)
WORD_FN(waiting_reason)
WORD_FN(halting_reason)
WORD_FN(message_level)
WORD_FN(error_code)
WORD_FN(command)

#define ROWS_COUNTS(type, counts)                                                                  \
	ROW(type, "files_selected", counts files_selected, FIELD_U32),                             \
		ROW(type, "files_known", counts files_known, FIELD_U32),                           \
		ROW(type, "files_same_content", counts files_same_content, FIELD_U32),             \
		ROW(type, "files_copied", counts files_copied, FIELD_U32),                         \
		ROW(type, "files_verified", counts files_verified, FIELD_U32),                     \
		ROW(type, "files_failed", counts files_failed, FIELD_U32),                         \
		ROW(type, "files_left_out", counts files_left_out, FIELD_U32),                     \
		ROW(type, "folders_failed", counts folders_failed, FIELD_U32),                     \
		ROW(type, "bytes_selected", counts bytes_selected, FIELD_U64),                     \
		ROW(type, "bytes_known", counts bytes_known, FIELD_U64),                           \
		ROW(type, "bytes_copied", counts bytes_copied, FIELD_U64),                         \
		ROW(type, "bytes_verified", counts bytes_verified, FIELD_U64),                     \
		ROW(type, "bytes_to_verify", counts bytes_to_verify, FIELD_U64),                   \
		ROW(type, "bytes_failed", counts bytes_failed, FIELD_U64)

/* The engine's lines have the counts at the top, and so has everything else. */
const struct field fields_counts[] = {ROWS_COUNTS(struct import_counts, ), {0}};

#define CARD(name, kind) ROW(struct model_card, #name, name, kind)
const struct field fields_card[] = {
	ROW(struct model_card, "card", id, FIELD_ID),
	CARD(identity, FIELD_TEXT),
	CARD(label, FIELD_TEXT),
	CARD(camera, FIELD_TEXT),
	CARD(slot, FIELD_TEXT),
	CARD(size_bytes, FIELD_U64),
	WORD_ROW(struct model_card, state, CARD_STATES_COUNT, word_of_card_state),
	WORD_ROW(struct model_card, waiting, WAITING_REASONS_COUNT, word_of_waiting_reason),
	CARD(is_mounted, FIELD_BOOL),
	CARD(is_acknowledged, FIELD_BOOL),
	CARD(is_seen_before, FIELD_BOOL),
	CARD(fault, FIELD_FAULT),
	CARD(bytes_missing, FIELD_U64),
	WORD_ROW(struct model_card, verdict, VERDICTS_COUNT, word_of_verdict),
	CARD(commands, FIELD_COMMANDS),
	CARD(may_remove, FIELD_BOOL),
	CARD(may_format, FIELD_BOOL),
	CARD(needs_somebody, FIELD_BOOL),
	CARD(headline, FIELD_TEXT),
	CARD(removal, FIELD_TEXT),
	CARD(errors_total, FIELD_U32),
	{0},
};

const struct field fields_card_progress[] = {
	ROWS_COUNTS(struct model_card, counts.),
	CARD(rate_bytes_per_s, FIELD_U64),
	CARD(eta_s, FIELD_ETA),
	CARD(file, FIELD_TEXT),
	CARD(newest_tank_path, FIELD_PATH),
	CARD(newest_thumbnail, FIELD_PATH),
	CARD(progress_permille, FIELD_U32),
	CARD(detail, FIELD_TEXT),
	{0},
};

static const struct field fields_error[] = {
	ROW(struct model_error, "file", file, FIELD_TEXT),
	ROW(struct model_error, "fault", fault, FIELD_FAULT),
	{0},
};

static const struct field fields_left_out[] = {
	ROW(struct model_left_out, "reason", reason, FIELD_TEXT),
	ROW(struct model_left_out, "files_count", files_count, FIELD_U32),
	{0},
};

#define TANK(name, kind) ROW(struct model_tank, #name, name, kind)
const struct field fields_tank[] = {
	WORD_ROW(struct model_tank, state, TANK_STATES_COUNT, word_of_tank_state),
	TANK(headline, FIELD_TEXT),
	TANK(is_ready, FIELD_BOOL),
	TANK(is_done, FIELD_BOOL),
	TANK(path, FIELD_PATH),
	TANK(disk_label, FIELD_TEXT),
	TANK(disk_id, FIELD_TEXT),
	TANK(is_mounted, FIELD_BOOL),
	TANK(total_bytes, FIELD_U64),
	TANK(is_clock_trusted, FIELD_BOOL),
	WORD_ROW(struct model_tank, halting, HALTING_REASONS_COUNT, word_of_halting_reason),
	TANK(fault, FIELD_FAULT),
	TANK(good_ends_count, FIELD_U32),
	TANK(bad_ends_count, FIELD_U32),
	TANK(unlisted_count, FIELD_U32),
	TANK(busy_count, FIELD_U32),
	TANK(errors_count, FIELD_U32),
	WORD_ROW(struct model_tank, error_code, ERROR_CODES_COUNT, word_of_error_code),
	TANK(commands, FIELD_COMMANDS),
	WORD_ROW(struct model_tank, next_command, COMMANDS_COUNT, word_of_command),
	TANK(next_card, FIELD_ID),
	{0},
};

const struct field fields_tank_progress[] = {
	TANK(free_bytes, FIELD_U64),
	TANK(progress_permille, FIELD_U32),
	TANK(rate_bytes_per_s, FIELD_U64),
	TANK(eta_s, FIELD_ETA),
	TANK(detail, FIELD_TEXT),
	{0},
};

#define NOTE(name, kind) ROW(struct model_message, #name, name, kind)
const struct field fields_note[] = {
	NOTE(time_s, FIELD_I64),
	WORD_ROW(struct model_message, level, MESSAGE_LEVELS_COUNT, word_of_message_level),
	ROW(struct model_message, "label", card, FIELD_TEXT),
	NOTE(text, FIELD_TEXT),
	NOTE(fault, FIELD_FAULT),
	{0},
};

#define IMPORT(name, kind) ROW(struct model_import, #name, name, kind)
const struct field fields_import[] = {
	IMPORT(time_s, FIELD_I64),
	IMPORT(duration_s, FIELD_U64),
	ROW(struct model_import, "label", card, FIELD_TEXT),
	IMPORT(camera, FIELD_TEXT),
	WORD_ROW(struct model_import, verdict, VERDICTS_COUNT, word_of_verdict),
	IMPORT(fault, FIELD_FAULT),
	ROWS_COUNTS(struct model_import, counts.),
	{0},
};

#define ACCESS(name) ROW(struct model_access, #name, name, FIELD_TEXT)
const struct field fields_access[] = {
	ACCESS(network),
	ACCESS(password),
	ACCESS(wifi),
	ACCESS(network_url),
	ACCESS(url),
	ACCESS(code),
	{0},
};

/* --- struct to JSON --- */

static uint32_t get_u32(const void *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t get_u64(const void *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static json_t *number_of(uint64_t value)
{
	return json_integer((json_int_t)(value > INT64_MAX ? INT64_MAX : value));
}

static json_t *commands_of(uint32_t set)
{
	json_t *words = json_array();

	for (int i = COMMAND_NONE + 1; words && i < COMMANDS_COUNT; i++) {
		if (!(set & COMMAND_BIT(i)))
			continue;
		if (json_array_append_new(words, json_string(command_name((enum command)i))) < 0) {
			json_decref(words);
			return NULL;
		}
	}
	return words;
}

static bool encode_fault(const struct field *field, const void *at, json_t *object)
{
	const struct fault_text *text = fault_text((enum fault)get_u32(at));

	if (text->class == FAULT_CLASS_NONE)
		return true;
	return json_object_set_new(object, field->key, json_string(text->word)) == 0 &&
		json_object_set_new(object, "what", json_string(text->what)) == 0 &&
		json_object_set_new(object, "safe", json_string(text->safe)) == 0 &&
		json_object_set_new(object, "remedy", json_string(text->remedy)) == 0;
}

/* jansson refuses bad UTF-8; one bad byte must not cost the whole line. */
static json_t *text_of(const char *text)
{
	char safe[MODEL_PATH_BYTES];

	if (text_is_safe(text))
		return json_string(text);
	(void)text_copy_safe(text, safe, sizeof(safe));
	return json_string(safe);
}

static json_t *value_of(const struct field *field, const void *at)
{
	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_PATH:
	case FIELD_ID:
		return text_of(at);
	case FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case FIELD_U32:
		return number_of(get_u32(at));
	case FIELD_U64:
	case FIELD_ETA:
		return number_of(get_u64(at));
	case FIELD_I64:
		return json_integer((json_int_t)get_u64(at));
	case FIELD_WORD:
		return json_string(field->word(get_u32(at)));
	case FIELD_COMMANDS:
		return commands_of(get_u32(at));
	case FIELD_FAULT:
		break;
	}
	return NULL;
}

bool fields_encode(const struct field *fields, const void *base, json_t *object)
{
	for (; fields->key; fields++) {
		const void *at = (const char *)base + fields->offset;

		if (fields->kind == FIELD_ETA && get_u64(at) == EVENT_ETA_UNKNOWN)
			continue;
		if (fields->kind == FIELD_FAULT) {
			if (!encode_fault(fields, at, object))
				return false;
			continue;
		}
		if (json_object_set_new(object, fields->key, value_of(fields, at)) < 0)
			return false;
	}
	return true;
}

bool fields_encode_list(const struct field *fields, const void *first, size_t element_bytes,
	uint32_t count, json_t *object, const char *key)
{
	json_t *list = json_array();

	if (json_object_set_new(object, key, list) < 0)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		json_t *element = json_object();

		if (json_array_append_new(list, element) < 0 ||
			!fields_encode(fields, (const char *)first + i * element_bytes, element))
			return false;
	}
	return true;
}

bool fields_encode_card(const struct model_card *card, json_t *object)
{
	return fields_encode(fields_card, card, object) &&
		fields_encode(fields_card_progress, card, object) &&
		fields_encode_list(fields_error, card->errors, sizeof(card->errors[0]),
			card->errors_count, object, "errors") &&
		fields_encode_list(fields_left_out, card->left_out, sizeof(card->left_out[0]),
			card->left_out_count, object, "left_out");
}

char *fields_print(json_t *object)
{
	size_t length;
	char *line, *longer;

	line = object ? json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
	json_decref(object);
	if (!line)
		return NULL;
	length = strlen(line);
	longer = realloc(line, length + 2);
	if (!longer) {
		free(line);
		return NULL;
	}
	longer[length] = '\n';
	longer[length + 1] = '\0';
	return longer;
}

/* --- JSON to struct --- */

static int decode_text(const struct field *field, void *at, json_t *value)
{
	if (!json_is_string(value))
		return -EBADMSG;
	if (field->kind == FIELD_PATH && json_string_length(value) >= field->size_bytes)
		memset(at, 0, field->size_bytes);
	else
		model_set_text(at, field->size_bytes, json_string_value(value));
	return 0;
}

static int decode_id(const struct field *field, void *at, json_t *value)
{
	const char *id = json_string_value(value);

	if (!id || json_string_length(value) >= field->size_bytes ||
		strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(id))
		return -EBADMSG;
	memcpy(at, id, strlen(id) + 1);
	return 0;
}

static int decode_number(const struct field *field, void *at, json_t *value)
{
	json_int_t number = json_integer_value(value);
	uint32_t small;

	if (!json_is_integer(value) || (number < 0 && field->kind != FIELD_I64))
		return -EBADMSG;
	if (field->kind != FIELD_U32) {
		memcpy(at, &number, sizeof(uint64_t));
		return 0;
	}
	if (number > UINT32_MAX)
		return -EBADMSG;
	small = (uint32_t)number;
	memcpy(at, &small, sizeof(small));
	return 0;
}

static int decode_word(const struct field *field, void *at, json_t *value)
{
	const char *word = json_string_value(value);

	for (unsigned int i = 0; word && i < field->words_count; i++) {
		if (!strcmp(field->word(i), word)) {
			memcpy(at, &i, sizeof(i));
			return 0;
		}
	}
	return -EBADMSG;
}

/* A newer daemon may know more faults than we do: its words are in the line anyway. */
static int decode_fault(void *at, json_t *value)
{
	enum fault fault = FAULT_INTERNAL;

	if (!json_is_string(value))
		return -EBADMSG;
	(void)fault_parse(json_string_value(value), &fault);
	memcpy(at, &fault, sizeof(fault));
	return 0;
}

/* Commands of a newer daemon are left out: this side could not send them. */
static int decode_commands(void *at, json_t *value)
{
	uint32_t set = 0;
	json_t *word;
	size_t i;

	if (!json_is_array(value))
		return -EBADMSG;
	json_array_foreach(value, i, word)
	{
		enum command command;

		if (!json_is_string(word))
			return -EBADMSG;
		if (command_parse(json_string_value(word), &command) == 0)
			set |= COMMAND_BIT(command);
	}
	memcpy(at, &set, sizeof(set));
	return 0;
}

static int decode_value(const struct field *field, void *at, json_t *value)
{
	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_PATH:
		return decode_text(field, at, value);
	case FIELD_ID:
		return decode_id(field, at, value);
	case FIELD_BOOL:
		if (!json_is_boolean(value))
			return -EBADMSG;
		*(bool *)at = json_is_true(value);
		return 0;
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_I64:
	case FIELD_ETA:
		return decode_number(field, at, value);
	case FIELD_WORD:
		return decode_word(field, at, value);
	case FIELD_FAULT:
		return decode_fault(at, value);
	case FIELD_COMMANDS:
		return decode_commands(at, value);
	}
	return -EBADMSG;
}

int fields_decode(const struct field *fields, void *base, json_t *object)
{
	int r = json_is_object(object) ? 0 : -EBADMSG;

	for (; r == 0 && fields->key; fields++) {
		json_t *value = json_object_get(object, fields->key);

		if (value)
			r = decode_value(fields, (char *)base + fields->offset, value);
	}
	return r;
}

int fields_decode_list(const struct field *fields, void *first, size_t element_bytes,
	uint32_t max_count, uint32_t *count, json_t *list)
{
	json_t *element;
	size_t i;

	*count = 0;
	if (!list)
		return 0;
	if (!json_is_array(list))
		return -EBADMSG;
	json_array_foreach(list, i, element)
	{
		int r;

		if (*count == max_count)
			return 0;
		r = fields_decode(fields, (char *)first + i * element_bytes, element);
		if (r < 0)
			return r;
		(*count)++;
	}
	return 0;
}

int fields_decode_card(struct model_card *card, json_t *object)
{
	int r;

	memset(card, 0, sizeof(*card));
	card->eta_s = EVENT_ETA_UNKNOWN;
	r = fields_decode(fields_card, card, object);
	if (r == 0)
		r = fields_decode(fields_card_progress, card, object);
	if (r == 0)
		r = fields_decode_list(fields_error, card->errors, sizeof(card->errors[0]),
			MODEL_CARD_ERRORS_MAX, &card->errors_count,
			json_object_get(object, "errors"));
	if (r == 0)
		r = fields_decode_list(fields_left_out, card->left_out, sizeof(card->left_out[0]),
			MODEL_LEFT_OUT_MAX, &card->left_out_count,
			json_object_get(object, "left_out"));
	return r == 0 && !*card->id ? -EBADMSG : r;
}

/* --- comparing --- */

static bool is_text(const struct field *field)
{
	return field->kind == FIELD_TEXT || field->kind == FIELD_PATH || field->kind == FIELD_ID;
}

static bool value_equal(const struct field *field, const void *a, const void *b)
{
	return is_text(field) ? !strcmp(a, b) : !memcmp(a, b, field->size_bytes);
}

bool fields_equal(const struct field *fields, const void *a, const void *b)
{
	for (; fields->key; fields++)
		if (!value_equal(fields, (const char *)a + fields->offset,
			    (const char *)b + fields->offset))
			return false;
	return true;
}

void fields_copy(const struct field *fields, const void *from, void *to)
{
	for (; fields->key; fields++)
		memcpy((char *)to + fields->offset, (const char *)from + fields->offset,
			fields->size_bytes);
}

bool fields_equal_card(const struct model_card *a, const struct model_card *b)
{
	if (!fields_equal(fields_card, a, b) || a->errors_count != b->errors_count ||
		a->left_out_count != b->left_out_count)
		return false;
	for (uint32_t i = 0; i < a->errors_count; i++)
		if (!fields_equal(fields_error, &a->errors[i], &b->errors[i]))
			return false;
	for (uint32_t i = 0; i < a->left_out_count; i++)
		if (!fields_equal(fields_left_out, &a->left_out[i], &b->left_out[i]))
			return false;
	return true;
}

/* --- lines --- */

/* jansson recurses; so the depth is known before it sees the line. */
static bool is_too_deep(const char *line, size_t size_bytes)
{
	unsigned int depth = 0;
	bool is_string = false;

	for (size_t i = 0; i < size_bytes; i++) {
		char c = line[i];

		if (is_string && c == '\\')
			i++;
		else if (c == '"')
			is_string = !is_string;
		else if (!is_string && (c == '{' || c == '[') && ++depth > MESSAGE_DEPTH_MAX)
			return true;
		else if (!is_string && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return false;
}

int fields_parse(const char *line, size_t size_bytes, size_t max_bytes, json_t **ret)
{
	json_error_t error;
	json_t *object;

	if (size_bytes > max_bytes || is_too_deep(line, size_bytes))
		return -EMSGSIZE;
	object = json_loadb(line, size_bytes, JSON_REJECT_DUPLICATES, &error);
	if (!object)
		return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
	if (!json_is_object(object)) {
		json_decref(object);
		return -EBADMSG;
	}
	*ret = object;
	return 0;
}
