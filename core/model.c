/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

#define NAME_OF(symbol, word) [symbol] = (word),
static const char *const waiting_names[] = {WAITING_REASONS(NAME_OF)};
static const char *const halting_names[] = {HALTING_REASONS(NAME_OF)};
static const char *const level_names[] = {MESSAGE_LEVELS(NAME_OF)};
static const char *const code_names[] = {ERROR_CODES(NAME_OF)};

static int find_word(const char *const *words, int count, const char *word)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(words[i], word))
			return i;
	return -EINVAL;
}

const char *waiting_reason_name(enum waiting_reason reason)
{
	return waiting_names[reason];
}

const char *halting_reason_name(enum halting_reason reason)
{
	return halting_names[reason];
}

const char *message_level_name(enum message_level level)
{
	return level_names[level];
}

const char *error_code_name(enum error_code code)
{
	return code_names[code];
}

int waiting_reason_parse(const char *word, enum waiting_reason *ret)
{
	int i = find_word(waiting_names, WAITING_REASONS_COUNT, word);

	if (i >= 0)
		*ret = (enum waiting_reason)i;
	return i < 0 ? i : 0;
}

int halting_reason_parse(const char *word, enum halting_reason *ret)
{
	int i = find_word(halting_names, HALTING_REASONS_COUNT, word);

	if (i >= 0)
		*ret = (enum halting_reason)i;
	return i < 0 ? i : 0;
}

int message_level_parse(const char *word, enum message_level *ret)
{
	int i = find_word(level_names, MESSAGE_LEVELS_COUNT, word);

	if (i >= 0)
		*ret = (enum message_level)i;
	return i < 0 ? i : 0;
}

int error_code_parse(const char *word, enum error_code *ret)
{
	int i = find_word(code_names, ERROR_CODES_COUNT, word);

	if (i >= 0)
		*ret = (enum error_code)i;
	return i < 0 ? i : 0;
}

struct tank_model *model_new(void)
{
	struct tank_model *model = calloc(1, sizeof(*model));

	if (model)
		model->tank.eta_s = EVENT_ETA_UNKNOWN;
	return model;
}

void model_free(struct tank_model *model)
{
	free(model);
}

bool model_access_is_there(const struct model_access *access)
{
	return *access->network || *access->network_url || *access->url;
}

const char *model_access_url(const struct model_access *access)
{
	return *access->network_url ? access->network_url : access->url;
}

void model_access_page(const struct model_access *access, char out[MODEL_WIFI_BYTES])
{
	const char *url = model_access_url(access);

	if (*url && *access->code) /* behind a '#' it stays in the phone: assets/web/login.js */
		(void)text_format(out, MODEL_WIFI_BYTES, "%slogin#%.4s%s", url, access->code,
			access->code + 5);
	else
		(void)text_format(out, MODEL_WIFI_BYTES, "%s", url);
}

const struct model_card *model_card_const(const struct tank_model *model, const char *id)
{
	for (uint32_t i = 0; i < model->cards_count; i++)
		if (!strcmp(model->cards[i].id, id))
			return &model->cards[i];
	return NULL;
}

struct model_card *model_card(struct tank_model *model, const char *id)
{
	for (uint32_t i = 0; i < model->cards_count; i++)
		if (!strcmp(model->cards[i].id, id))
			return &model->cards[i];
	return NULL;
}

struct model_card *model_card_add(struct tank_model *model, const char *id)
{
	struct model_card *card;

	if (model->cards_count == MODEL_CARDS_MAX)
		return NULL;
	card = &model->cards[model->cards_count++];
	memset(card, 0, sizeof(*card));
	model_set_text(card->id, sizeof(card->id), id);
	card->eta_s = EVENT_ETA_UNKNOWN;
	return card;
}

void model_card_remove(struct tank_model *model, const char *id)
{
	struct model_card *card = model_card(model, id);
	size_t behind_count;

	if (!card)
		return;
	behind_count = (size_t)(&model->cards[model->cards_count] - card) - 1;
	memmove(card, card + 1, behind_count * sizeof(*card));
	model->cards_count--;
	memset(&model->cards[model->cards_count], 0, sizeof(*card));
}

void model_add_message(struct tank_model *model, const struct model_message *message)
{
	if (model->messages_count < MODEL_MESSAGES_MAX)
		model->messages_count++;
	memmove(&model->messages[1], &model->messages[0],
		(model->messages_count - 1) * sizeof(model->messages[0]));
	model->messages[0] = *message;
}

void model_add_import(struct tank_model *model, const struct model_import *import)
{
	if (model->history_count < MODEL_HISTORY_MAX)
		model->history_count++;
	memmove(&model->history[1], &model->history[0],
		(model->history_count - 1) * sizeof(model->history[0]));
	model->history[0] = *import;
}

void model_card_add_error(struct model_card *card, enum fault fault, const char *file)
{
	struct model_error *error;

	if (card->errors_total < UINT32_MAX)
		card->errors_total++;
	if (card->errors_count == MODEL_CARD_ERRORS_MAX)
		return;
	error = &card->errors[card->errors_count++];
	error->fault = fault;
	model_set_text(error->file, sizeof(error->file), file ? file : "");
}

/* The place for a reason: its own, a new one, or the last, which holds all others. */
static struct model_left_out *find_reason(struct model_card *card, const char *reason)
{
	struct model_left_out *last = &card->left_out[MODEL_LEFT_OUT_MAX - 1];

	for (uint32_t i = 0; i < card->left_out_count; i++)
		if (!strcmp(card->left_out[i].reason, reason))
			return &card->left_out[i];
	if (card->left_out_count == MODEL_LEFT_OUT_MAX)
		return last;
	if (card->left_out_count == MODEL_LEFT_OUT_MAX - 1)
		reason = "other";
	model_set_text(card->left_out[card->left_out_count].reason, sizeof(last->reason), reason);
	return &card->left_out[card->left_out_count++];
}

void model_card_add_left_out(struct model_card *card, const char *reason)
{
	struct model_left_out *place = find_reason(card, reason);

	if (place->files_count < UINT32_MAX)
		place->files_count++;
}

void model_set_text(char *field, size_t field_bytes, const char *text)
{
	(void)text_copy_safe(text, field, field_bytes);
}
