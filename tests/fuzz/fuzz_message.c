/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_message.c - the decoders of the protocol: a daemon's lines, a client's, an engine's,
 * and states from files. What was read must be written and read again as the same,
 * and nothing unsafe to look at may get through.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/client/model.h"
#include "core/protocol/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_card(const struct model_card *card)
{
	assert(*card->id);
	assert(card->errors_count <= MODEL_CARD_ERRORS_MAX);
	assert(card->left_out_count <= MODEL_LEFT_OUT_MAX);
	assert(text_is_safe(card->label) && text_is_safe(card->file) && text_is_safe(card->detail));
	assert(text_is_safe(card->newest_thumbnail));
	for (uint32_t i = 0; i < card->errors_count; i++)
		assert(text_is_safe(card->errors[i].file));
}

static void check_model(const struct tank_model *model)
{
	assert(model->cards_count <= MODEL_CARDS_MAX);
	assert(model->messages_count <= MODEL_MESSAGES_MAX);
	assert(model->history_count <= MODEL_HISTORY_MAX);
	assert(text_is_safe(model->tank.headline) && text_is_safe(model->tank.path));
	for (uint32_t i = 0; i < model->cards_count; i++)
		check_card(&model->cards[i]);
}

/* Decoded, written, decoded, written: the two lines are the same. */
static void check_round(const struct tank_model *model)
{
	CLEANUP(freep) char *once = message_encode_snapshot(model, 1);
	CLEANUP(freep) char *twice = NULL;
	struct message message;

	assert(once && strlen(once) <= MESSAGE_EVENT_BYTES_MAX);
	assert(message_decode(once, strlen(once), &message) == 0);
	twice = message_encode_snapshot(message.snapshot, 1);
	assert(twice && !strcmp(once, twice));
	message_finish(&message);
}

static void try_daemon(const char *line, size_t size)
{
	struct tank_model *model = model_new();
	struct message message;
	uint32_t changed = 0;

	if (message_decode(line, size, &message) == 0) {
		model->connection = CONNECTION_UP;
		model_apply(model, &message, &changed);
		if (message.type == MESSAGE_SNAPSHOT)
			check_round(message.snapshot);
		message_finish(&message);
		check_model(model);
	}
	model_free(model);
}

static void try_client(const char *line, size_t size)
{
	struct command_request request, back;
	CLEANUP(freep) char *again = NULL;

	if (command_decode(line, size, &request) != REPLY_OK)
		return;
	assert(text_is_safe(request.card) && request.id > 0);
	again = command_encode(&request);
	assert(again && command_decode(again, strlen(again), &back) == REPLY_OK);
	assert(back.id == request.id && back.command == request.command);
	assert(!strcmp(back.card, request.card));
}

static void try_engine(const char *line, size_t size)
{
	struct event_json *event = NULL;
	CLEANUP(freep) char *again = NULL;

	if (event_json_decode(line, size, &event) < 0)
		return;
	assert(text_is_safe(event->event.file) && text_is_safe(event->event.card));
	again = event_json_encode(&event->event);
	assert(again);
	event_json_free(event);
}

static void try_state(const char *text, size_t size)
{
	struct tank_model *model = model_new();

	if (model_from_json(model, text, size) == 0) {
		check_model(model);
		for (uint32_t i = 0; i < model->cards_count; i++)
			assert(text_is_safe(model->cards[i].headline));
		check_round(model);
	}
	model_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data;

	try_daemon(line, size);
	try_client(line, size);
	try_engine(line, size);
	try_state(line, size);
	return 0;
}
