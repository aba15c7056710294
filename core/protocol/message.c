/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/protocol/message.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/protocol/event_json_priv.h"
#include "core/protocol/fields.h"

/* --- words --- */

static const struct {
	const char *word, *sentence, *remedy;
} replies[] = {
#define REPLY_ROW(symbol, word, sentence, remedy) [symbol] = {(word), (sentence), (remedy)},
	REPLY_CODES(REPLY_ROW)
#undef REPLY_ROW
};

static const char *const type_names[MESSAGE_TYPES_COUNT] = {
	[MESSAGE_UNKNOWN] = "unknown",
#define NAME_OF(symbol, word) [symbol] = (word),
	MESSAGES(NAME_OF)
#undef NAME_OF
		[MESSAGE_ENGINE] = "engine",
	[MESSAGE_REPLY] = "reply",
};

const char *message_type_name(enum message_type type)
{
	return type_names[type];
}

const char *reply_code_name(enum reply_code code)
{
	return replies[code].word;
}

const char *reply_code_sentence(enum reply_code code)
{
	return replies[code].sentence;
}

const char *reply_code_remedy(enum reply_code code)
{
	return replies[code].remedy;
}

int reply_code_parse(const char *word, enum reply_code *ret)
{
	for (int i = 0; i < REPLY_CODES_COUNT; i++) {
		if (!strcmp(replies[i].word, word)) {
			*ret = (enum reply_code)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* --- lines of the daemon: writing --- */

static json_t *begin_event(const char *word, uint64_t seq)
{
	json_t *object = json_object();

	if (json_object_set_new(object, "event", json_string(word)) < 0 ||
		(seq && json_object_set_new(object, "seq", json_integer((json_int_t)seq)) < 0)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* Prints the object, or gives it up if something of it could not be made. */
static char *end_event(json_t *object, bool is_whole)
{
	if (is_whole)
		return fields_print(object);
	json_decref(object);
	return NULL;
}

static char *encode_fields(
	enum message_type type, uint64_t seq, const struct field *fields, const void *base)
{
	json_t *object = begin_event(type_names[type], seq);

	return end_event(object, object && fields_encode(fields, base, object));
}

char *message_encode_hello(const struct message_hello *hello)
{
	json_t *object = begin_event(type_names[MESSAGE_HELLO], 0);
	char protocol[32];
	bool is_whole;

	(void)text_format(
		protocol, sizeof(protocol), "%u.%u", hello->protocol_major, hello->protocol_minor);
	is_whole = json_object_set_new(object, "name", json_string(PROTOCOL_NAME)) == 0 &&
		json_object_set_new(object, "protocol", json_string(protocol)) == 0 &&
		json_object_set_new(object, "version", json_string(hello->version)) == 0 &&
		json_object_set_new(object, "may_command", json_boolean(hello->may_command)) == 0 &&
		json_object_set_new(
			object, "line_bytes_max", json_integer(MESSAGE_COMMAND_BYTES_MAX)) == 0;
	return end_event(object, is_whole);
}

static bool encode_tank(const struct model_tank *tank, json_t *object)
{
	return fields_encode(fields_tank, tank, object) &&
		fields_encode(fields_tank_progress, tank, object);
}

static bool encode_cards(const struct tank_model *model, json_t *object)
{
	json_t *list = json_array();

	if (json_object_set_new(object, "cards", list) < 0)
		return false;
	for (uint32_t i = 0; i < model->cards_count; i++) {
		json_t *card = json_object();

		if (json_array_append_new(list, card) < 0 ||
			!fields_encode_card(&model->cards[i], card))
			return false;
	}
	return true;
}

static bool encode_snapshot(const struct tank_model *model, json_t *object)
{
	json_t *tank = json_object();

	return json_object_set_new(object, "time_s", json_integer(model->time_s)) == 0 &&
		json_object_set_new(object, "tank", tank) == 0 && encode_tank(&model->tank, tank) &&
		encode_cards(model, object) &&
		fields_encode_list(fields_note, model->messages, sizeof(model->messages[0]),
			model->messages_count, object, "messages") &&
		fields_encode_list(fields_import, model->history, sizeof(model->history[0]),
			model->history_count, object, "history");
}

char *message_encode_snapshot(const struct tank_model *model, uint64_t seq)
{
	json_t *object = begin_event(type_names[MESSAGE_SNAPSHOT], seq);

	return end_event(object, object && encode_snapshot(model, object));
}

char *message_encode_tank(const struct model_tank *tank, uint64_t seq)
{
	json_t *object = begin_event(type_names[MESSAGE_TANK], seq);

	return end_event(object, object && encode_tank(tank, object));
}

char *message_encode_card(const struct model_card *card, uint64_t seq)
{
	json_t *object = begin_event(type_names[MESSAGE_CARD], seq);

	return end_event(object, object && fields_encode_card(card, object));
}

char *message_encode_progress(
	const struct model_card *card, const struct model_tank *tank, uint64_t seq)
{
	json_t *object = begin_event(type_names[MESSAGE_PROGRESS], seq), *moving = json_object();
	bool is_whole = json_object_set_new(object, "card", json_string(card->id)) == 0 &&
		fields_encode(fields_card_progress, card, object) &&
		fields_encode(fields_tank_progress, tank, moving);

	is_whole = json_object_set_new(object, "tank", moving) == 0 && is_whole;
	return end_event(object, is_whole);
}

char *message_encode_card_gone(const char *card_id, uint64_t seq)
{
	json_t *object = begin_event(type_names[MESSAGE_CARD_GONE], seq);

	return end_event(object, json_object_set_new(object, "card", json_string(card_id)) == 0);
}

char *message_encode_note(const struct model_message *note, uint64_t seq)
{
	return encode_fields(MESSAGE_NOTE, seq, fields_note, note);
}

char *message_encode_history(const struct model_import *import, uint64_t seq)
{
	return encode_fields(MESSAGE_HISTORY, seq, fields_import, import);
}

char *message_encode_access(const struct model_access *access, uint64_t seq)
{
	return encode_fields(MESSAGE_ACCESS, seq, fields_access, access);
}

char *message_encode_sync(uint64_t seq, uint64_t time_usec)
{
	json_t *object = begin_event(type_names[MESSAGE_SYNC], seq);

	return end_event(object,
		json_object_set_new(object, "time_usec", json_integer((json_int_t)time_usec)) == 0);
}

char *message_encode_engine(const struct event *event, const char *card_id, uint64_t seq)
{
	struct event renamed = *event;

	renamed.card = card_id;
	renamed.seq = seq;
	return fields_print(event_json_object(&renamed));
}

char *message_encode_reply(
	int64_t id, enum reply_code code, const char *sentence, const char *remedy)
{
	json_t *object = json_object();
	bool is_whole = json_object_set_new(object, "reply", json_integer(id)) == 0 &&
		json_object_set_new(object, "ok", json_boolean(code == REPLY_OK)) == 0;

	if (code != REPLY_OK) {
		if (!sentence)
			sentence = replies[code].sentence;
		if (!remedy)
			remedy = replies[code].remedy;
		is_whole = is_whole &&
			json_object_set_new(object, "code", json_string(replies[code].word)) == 0 &&
			json_object_set_new(object, "sentence", json_string(sentence)) == 0 &&
			json_object_set_new(object, "remedy", json_string(remedy)) == 0;
	}
	return end_event(object, is_whole);
}

/* --- lines of the daemon: reading --- */

static int get_text(json_t *object, const char *key, char *out, size_t out_bytes)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text)
		return -EBADMSG;
	model_set_text(out, out_bytes, text);
	return 0;
}

/* A whole number >= 0; missing is 0. */
static int get_number(json_t *object, const char *key, uint64_t *ret)
{
	json_t *value = json_object_get(object, key);

	if (value && (!json_is_integer(value) || json_integer_value(value) < 0))
		return -EBADMSG;
	*ret = value ? (uint64_t)json_integer_value(value) : 0;
	return 0;
}

static int get_bool(json_t *object, const char *key, bool *ret)
{
	json_t *value = json_object_get(object, key);

	if (value && !json_is_boolean(value))
		return -EBADMSG;
	*ret = json_is_true(value);
	return 0;
}

/* "1.0" */
static int parse_version(const char *text, uint32_t *major, uint32_t *minor)
{
	uint64_t number[2];
	char part[16];
	const char *dot = strchr(text, '.');

	if (!dot || !text_format(part, sizeof(part), "%.*s", (int)(dot - text), text) ||
		text_parse_u64(part, UINT32_MAX, &number[0]) < 0 ||
		text_parse_u64(dot + 1, UINT32_MAX, &number[1]) < 0)
		return -EBADMSG;
	*major = (uint32_t)number[0];
	*minor = (uint32_t)number[1];
	return 0;
}

static int decode_hello(json_t *object, struct message *message)
{
	struct message_hello *hello = &message->hello;
	const char *name = json_string_value(json_object_get(object, "name"));
	const char *protocol = json_string_value(json_object_get(object, "protocol"));
	int r;

	if (!name || strcmp(name, PROTOCOL_NAME) != 0 || !protocol)
		return -EBADMSG;
	r = parse_version(protocol, &hello->protocol_major, &hello->protocol_minor);
	if (r == 0)
		r = get_text(object, "version", hello->version, sizeof(hello->version));
	return r < 0 ? r : get_bool(object, "may_command", &hello->may_command);
}

static int decode_tank(struct model_tank *tank, json_t *object)
{
	int r;

	memset(tank, 0, sizeof(*tank));
	tank->eta_s = EVENT_ETA_UNKNOWN;
	r = fields_decode(fields_tank, tank, object);
	return r < 0 ? r : fields_decode(fields_tank_progress, tank, object);
}

static int decode_cards(struct tank_model *model, json_t *list)
{
	json_t *object;
	size_t i;

	if (!list)
		return 0;
	if (!json_is_array(list))
		return -EBADMSG;
	json_array_foreach(list, i, object)
	{
		int r;

		if (model->cards_count == MODEL_CARDS_MAX)
			return 0;
		r = fields_decode_card(&model->cards[model->cards_count], object);
		if (r < 0)
			return r;
		model->cards_count++;
	}
	return 0;
}

static int decode_snapshot(json_t *object, struct message *message)
{
	struct tank_model *model = model_new();
	json_t *tank = json_object_get(object, "tank"), *time_s = json_object_get(object, "time_s");
	int r = 0;

	message->snapshot = model;
	if (!model)
		return -ENOMEM;
	if (time_s && !json_is_integer(time_s))
		return -EBADMSG;
	model->time_s = json_integer_value(time_s);
	/* The daemon has it in no snapshot; a state in a file may. */
	if (json_object_get(object, "access"))
		r = fields_decode(fields_access, &model->access, json_object_get(object, "access"));
	if (r == 0)
		r = decode_tank(&model->tank, tank);
	if (r == 0)
		r = decode_cards(model, json_object_get(object, "cards"));
	if (r == 0)
		r = fields_decode_list(fields_note, model->messages, sizeof(model->messages[0]),
			MODEL_MESSAGES_MAX, &model->messages_count,
			json_object_get(object, "messages"));
	if (r == 0)
		r = fields_decode_list(fields_import, model->history, sizeof(model->history[0]),
			MODEL_HISTORY_MAX, &model->history_count,
			json_object_get(object, "history"));
	return r;
}

static int decode_whole_tank(json_t *object, struct message *message)
{
	message->tank = calloc(1, sizeof(*message->tank));
	return message->tank ? decode_tank(message->tank, object) : -ENOMEM;
}

static int decode_whole_card(json_t *object, struct message *message)
{
	message->card = calloc(1, sizeof(*message->card));
	return message->card ? fields_decode_card(message->card, object) : -ENOMEM;
}

/* Only the moving fields are in it; the mirror copies no others. */
static int decode_progress(json_t *object, struct message *message)
{
	int r = decode_whole_card(object, message);

	if (r < 0)
		return r;
	return decode_whole_tank(json_object_get(object, "tank"), message);
}

static int decode_card_gone(json_t *object, struct message *message)
{
	return get_text(object, "card", message->card_id, sizeof(message->card_id));
}

static int decode_note(json_t *object, struct message *message)
{
	message->note = calloc(1, sizeof(*message->note));
	return message->note ? fields_decode(fields_note, message->note, object) : -ENOMEM;
}

static int decode_history(json_t *object, struct message *message)
{
	message->import = calloc(1, sizeof(*message->import));
	return message->import ? fields_decode(fields_import, message->import, object) : -ENOMEM;
}

static int decode_access(json_t *object, struct message *message)
{
	return fields_decode(fields_access, &message->access, object);
}

static int decode_sync(json_t *object, struct message *message)
{
	return get_number(object, "time_usec", &message->time_usec);
}

static int (*const decoders[MESSAGE_TYPES_COUNT])(json_t *object, struct message *message) = {
	[MESSAGE_HELLO] = decode_hello,
	[MESSAGE_SNAPSHOT] = decode_snapshot,
	[MESSAGE_TANK] = decode_whole_tank,
	[MESSAGE_CARD] = decode_whole_card,
	[MESSAGE_PROGRESS] = decode_progress,
	[MESSAGE_CARD_GONE] = decode_card_gone,
	[MESSAGE_NOTE] = decode_note,
	[MESSAGE_HISTORY] = decode_history,
	[MESSAGE_ACCESS] = decode_access,
	[MESSAGE_SYNC] = decode_sync,
};

static int decode_event(json_t *object, const char *word, struct message *message)
{
	enum event_type engine;
	int r = get_number(object, "seq", &message->seq);

	if (r < 0)
		return r;
	for (int i = 0; i < MESSAGE_TYPES_COUNT; i++) {
		if (decoders[i] && !strcmp(type_names[i], word)) {
			message->type = (enum message_type)i;
			return decoders[i](object, message);
		}
	}
	if (event_type_parse(word, &engine) < 0)
		return 0;
	message->type = MESSAGE_ENGINE;
	return event_json_from_object(object, &message->engine);
}

static int decode_reply(json_t *object, struct message *message)
{
	struct message_reply *reply = &message->reply;
	const char *word = json_string_value(json_object_get(object, "code"));
	uint64_t id;
	bool is_ok;
	int r = get_number(object, "reply", &id);

	if (r < 0 || id > (uint64_t)MESSAGE_ID_MAX || get_bool(object, "ok", &is_ok) < 0)
		return -EBADMSG;
	message->type = MESSAGE_REPLY;
	reply->id = (int64_t)id;
	if (is_ok)
		return 0;
	reply->code = REPLY_FAILED; /* also for a code of a newer daemon */
	if (word)
		(void)reply_code_parse(word, &reply->code);
	if (!word || reply->code == REPLY_OK)
		return -EBADMSG;
	r = get_text(object, "sentence", reply->sentence, sizeof(reply->sentence));
	return r < 0 ? r : get_text(object, "remedy", reply->remedy, sizeof(reply->remedy));
}

static int decode_object(json_t *object, struct message *message)
{
	const char *word = json_string_value(json_object_get(object, "event"));

	if (word)
		return decode_event(object, word, message);
	return json_object_get(object, "reply") ? decode_reply(object, message) : -EBADMSG;
}

int message_decode(const char *line, size_t size_bytes, struct message *ret)
{
	json_t *object;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = fields_parse(line, size_bytes, MESSAGE_EVENT_BYTES_MAX, &object);
	if (r < 0)
		return r;
	r = decode_object(object, ret);
	json_decref(object);
	if (r < 0)
		message_finish(ret);
	return r;
}

int message_decode_state(const char *text, size_t size_bytes, struct message *ret)
{
	json_t *object, *word;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = fields_parse(text, size_bytes, MESSAGE_EVENT_BYTES_MAX, &object);
	if (r < 0)
		return r;
	word = json_object_get(object, "event");
	ret->type = MESSAGE_SNAPSHOT;
	if (word && (!json_is_string(word) || strcmp(json_string_value(word), "snapshot") != 0))
		r = -EBADMSG;
	else
		r = decode_snapshot(object, ret);
	json_decref(object);
	if (r < 0)
		message_finish(ret);
	return r;
}

void message_finish(struct message *message)
{
	model_free(message->snapshot);
	free(message->tank);
	free(message->card);
	free(message->note);
	free(message->import);
	event_json_free(message->engine);
	memset(message, 0, sizeof(*message));
}

/* --- lines of a client --- */

char *command_encode(const struct command_request *request)
{
	json_t *object = json_object();
	bool is_whole = json_object_set_new(object, "id", json_integer(request->id)) == 0 &&
		json_object_set_new(
			object, "command", json_string(command_name(request->command))) == 0;

	if (*request->card)
		is_whole = is_whole &&
			json_object_set_new(object, "card", json_string(request->card)) == 0;
	if (request->force)
		is_whole = is_whole && json_object_set_new(object, "force", json_true()) == 0;
	if (request->command == COMMAND_FOLLOW)
		is_whole = is_whole &&
			json_object_set_new(object, "files", json_boolean(request->files)) == 0;
	if (request->access)
		is_whole = is_whole && json_object_set_new(object, "access", json_true()) == 0;
	return end_event(object, is_whole);
}

/* A card's id or label; a label may be long or strange, but then it names no card. */
static int get_card(json_t *object, struct command_request *request)
{
	json_t *value = json_object_get(object, "card");

	if (!value)
		return 0;
	if (!json_is_string(value) || json_string_length(value) >= sizeof(request->card) ||
		!text_is_safe(json_string_value(value)))
		return -EBADMSG;
	return get_text(object, "card", request->card, sizeof(request->card));
}

static enum reply_code decode_command(json_t *object, struct command_request *request)
{
	const char *word = json_string_value(json_object_get(object, "command"));
	uint64_t id;

	if (get_number(object, "id", &id) < 0 || id == 0 || id > (uint64_t)MESSAGE_ID_MAX)
		return REPLY_BAD_MESSAGE;
	request->id = (int64_t)id;
	if (!word || get_card(object, request) < 0 ||
		get_bool(object, "force", &request->force) < 0 ||
		get_bool(object, "files", &request->files) < 0 ||
		get_bool(object, "access", &request->access) < 0)
		return REPLY_BAD_MESSAGE;
	if (command_parse(word, &request->command) < 0)
		return REPLY_UNKNOWN_COMMAND;
	return REPLY_OK;
}

enum reply_code command_decode(const char *line, size_t size_bytes, struct command_request *ret)
{
	enum reply_code code;
	json_t *object;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = fields_parse(line, size_bytes, MESSAGE_COMMAND_BYTES_MAX, &object);
	if (r == -ENOMEM)
		return REPLY_FAILED;
	if (r < 0)
		return r == -EMSGSIZE && size_bytes > MESSAGE_COMMAND_BYTES_MAX ? REPLY_TOO_LONG
										: REPLY_BAD_JSON;
	code = decode_command(object, ret);
	json_decref(object);
	return code;
}
