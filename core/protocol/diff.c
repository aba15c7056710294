/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/protocol/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/protocol/fields.h"

struct diff {
	const struct tank_model *from, *to;
	uint64_t *seq;
	diff_line_fn line_fn;
	void *userdata;
	bool has_changed;
	bool has_sent_tank; /* its moving part */
};

/* Owns line from here on. */
static int emit(struct diff *diff, enum message_type type, const char *card_id, char *line)
{
	int r;

	if (!line)
		return -ENOMEM;
	diff->has_changed = true;
	r = diff->line_fn(type, card_id, line, diff->userdata);
	free(line);
	return r;
}

static int diff_gone(struct diff *diff)
{
	for (uint32_t i = 0; i < diff->from->cards_count; i++) {
		const char *id = diff->from->cards[i].id;
		int r;

		if (model_card_const(diff->to, id))
			continue;
		r = emit(diff, MESSAGE_CARD_GONE, id, message_encode_card_gone(id, (*diff->seq)++));
		if (r < 0)
			return r;
	}
	return 0;
}

static int diff_card(struct diff *diff, const struct model_card *card)
{
	const struct model_card *before = model_card_const(diff->from, card->id);

	if (!before || !fields_equal_card(before, card))
		return emit(
			diff, MESSAGE_CARD, card->id, message_encode_card(card, (*diff->seq)++));
	if (fields_equal(fields_card_progress, before, card))
		return 0;
	diff->has_sent_tank = true;
	return emit(diff, MESSAGE_PROGRESS, card->id,
		message_encode_progress(card, &diff->to->tank, (*diff->seq)++));
}

static int diff_cards(struct diff *diff)
{
	int r = diff_gone(diff);

	for (uint32_t i = 0; r >= 0 && i < diff->to->cards_count; i++)
		r = diff_card(diff, &diff->to->cards[i]);
	return r;
}

static int diff_tank(struct diff *diff)
{
	const struct model_tank *before = &diff->from->tank, *tank = &diff->to->tank;
	bool is_same = fields_equal(fields_tank, before, tank);
	bool has_moved = !fields_equal(fields_tank_progress, before, tank);

	if (is_same && (!has_moved || diff->has_sent_tank))
		return 0;
	return emit(diff, MESSAGE_TANK, "", message_encode_tank(tank, (*diff->seq)++));
}

/*
 * How many entries at the head of a newest-first list are new: the fewest
 * after which the rest is the beginning of the old list.
 */
static uint32_t new_entries(const struct field *fields, const void *from, uint32_t from_count,
	const void *to, uint32_t to_count, size_t entry_bytes)
{
	for (uint32_t skipped = 0; skipped < to_count; skipped++) {
		uint32_t same = 0;

		while (skipped + same < to_count && same < from_count &&
			fields_equal(fields, (const char *)to + (skipped + same) * entry_bytes,
				(const char *)from + same * entry_bytes))
			same++;
		if (skipped + same == to_count)
			return skipped;
	}
	return to_count;
}

static int diff_messages(struct diff *diff)
{
	const struct tank_model *from = diff->from, *to = diff->to;
	uint32_t count = new_entries(fields_note, from->messages, from->messages_count,
		to->messages, to->messages_count, sizeof(to->messages[0]));
	int r = 0;

	while (r >= 0 && count > 0)
		r = emit(diff, MESSAGE_NOTE, "",
			message_encode_note(&to->messages[--count], (*diff->seq)++));
	return r;
}

static int diff_history(struct diff *diff)
{
	const struct tank_model *from = diff->from, *to = diff->to;
	uint32_t count = new_entries(fields_import, from->history, from->history_count, to->history,
		to->history_count, sizeof(to->history[0]));
	int r = 0;

	while (r >= 0 && count > 0)
		r = emit(diff, MESSAGE_HISTORY, "",
			message_encode_history(&to->history[--count], (*diff->seq)++));
	return r;
}

static int diff_access(struct diff *diff)
{
	const struct model_access *access = &diff->to->access;

	if (fields_equal(fields_access, &diff->from->access, access))
		return 0;
	return emit(diff, MESSAGE_ACCESS, "", message_encode_access(access, (*diff->seq)++));
}

int message_diff(const struct tank_model *from, const struct tank_model *to, uint64_t *seq,
	diff_line_fn line_fn, void *userdata)
{
	struct diff diff = {from, to, seq, line_fn, userdata, false, false};
	int r = diff_cards(&diff);

	if (r >= 0)
		r = diff_tank(&diff);
	if (r >= 0)
		r = diff_messages(&diff);
	if (r >= 0)
		r = diff_history(&diff);
	if (r >= 0)
		r = diff_access(&diff);
	if (r < 0)
		return r;
	return diff.has_changed;
}
