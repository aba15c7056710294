/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary_words.c - the answers of summary.c as sentences: short, calm, exact.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/summary.h"
#include "core/summary_priv.h"

#define NEVER_FORMAT "Do not format"

/* Adds a sentence behind the others, or nothing if it is empty or does not fit. */
static void add_sentence(char *text, size_t text_bytes, const char *sentence)
{
	size_t length = strlen(text);
	const char *gap = length ? " " : "";

	if (!*sentence || length + strlen(gap) + strlen(sentence) >= text_bytes)
		return;
	(void)text_format(text + length, text_bytes - length, "%s%s", gap, sentence);
}

__attribute__((format(printf, 3, 4))) static void add_format(
	char *text, size_t text_bytes, const char *format, ...)
{
	char sentence[MODEL_TEXT_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	add_sentence(text, text_bytes, sentence);
}

#define ADD(text, ...) add_format((text), MODEL_TEXT_BYTES, __VA_ARGS__)

__attribute__((format(printf, 2, 3))) static void set_line(
	char line[MODEL_LINE_BYTES], const char *format, ...)
{
	char text[MODEL_LINE_BYTES * 2];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	model_set_text(line, MODEL_LINE_BYTES, text);
}

static const char *plural(uint32_t count)
{
	return count == 1 ? "" : "s";
}

/* --- a card's words --- */

void summary_left_out(const struct model_card *card, char *out, size_t out_bytes)
{
	uint32_t count = card->counts.files_left_out;

	out[0] = '\0';
	if (count)
		(void)text_format(out, out_bytes, "%" PRIu32 " other file%s %s not copied.", count,
			plural(count), count == 1 ? "was" : "were");
}

/* What became of the files, without advice. */
static void add_verdict_facts(char *text, enum verdict verdict, const struct import_counts *counts)
{
	uint32_t all = counts->files_selected, stored = counts_files_stored(counts);
	uint32_t missing = counts_files_missing(counts);

	switch (verdict) {
	case VERDICT_SAFE_TO_FORMAT:
		ADD(text,
			all == 1 ? "The one file is in the tank and was read back."
				 : "All %" PRIu32 " files are in the tank and were read back.",
			all);
		break;
	case VERDICT_COPIED:
		ADD(text, "All %" PRIu32 " files are in the tank, but were not read back.", all);
		break;
	case VERDICT_INCOMPLETE:
		if (missing)
			ADD(text,
				"%" PRIu32 " of %" PRIu32 " files are in the tank, %" PRIu32
				" %s not.",
				stored, all, missing, missing == 1 ? "is" : "are");
		if (counts->folders_failed)
			ADD(text, "%" PRIu32 " folder%s of the card could not be read.",
				counts->folders_failed, plural(counts->folders_failed));
		if (!missing && !counts->folders_failed)
			ADD(text, "Not everything is in the tank.");
		break;
	case VERDICT_CANCELLED:
		ADD(text, "%" PRIu32 " of %" PRIu32 " files are in the tank and stay there.",
			stored, all);
		break;
	case VERDICT_FAILED:
		if (stored)
			ADD(text, "%" PRIu32 " of %" PRIu32 " files are in the tank.", stored, all);
		break;
	case VERDICT_EMPTY:
		ADD(text, "There is nothing to copy on this card.");
		break;
	case VERDICT_NONE:
	case VERDICTS_COUNT:
		break;
	}
}

/* The last word, unless it was said already. */
static void add_verdict_advice(char *text, enum verdict verdict)
{
	if (verdict == VERDICT_SAFE_TO_FORMAT)
		ADD(text, "You may format the card.");
	else if (verdict != VERDICT_EMPTY && verdict != VERDICT_NONE && !strstr(text, NEVER_FORMAT))
		ADD(text, NEVER_FORMAT " the card.");
}

void summary_verdict(
	enum verdict verdict, const struct import_counts *counts, char *out, size_t out_bytes)
{
	char text[MODEL_TEXT_BYTES] = "";

	verdict = counts_verdict(verdict, counts);
	add_verdict_facts(text, verdict, counts);
	add_verdict_advice(text, verdict);
	model_set_text(out, out_bytes, text);
}

static void add_fault(char *text, enum fault fault, uint64_t bytes_missing)
{
	const struct fault_text *words = fault_text(fault);
	char size[32];

	ADD(text, "%s", words->what);
	if (bytes_missing) {
		text_size(bytes_missing, size, sizeof(size));
		ADD(text, "%s more would be needed.", size);
	}
	ADD(text, "%s", words->safe);
	ADD(text, "%s", words->remedy);
}

/* "about 4 min", rounded so that it does not flicker; "" if not known. */
static void format_eta(uint64_t eta_s, char *out, size_t out_bytes)
{
	char duration[32];

	out[0] = '\0';
	if (eta_s == EVENT_ETA_UNKNOWN)
		return;
	if (eta_s >= 3600)
		eta_s -= eta_s % 300;
	else if (eta_s >= 60)
		eta_s -= eta_s % 60;
	else
		eta_s = eta_s < 5 ? 5 : eta_s + (5 - eta_s % 5) % 5;
	if (eta_s >= 60 && eta_s < 3600)
		(void)text_format(duration, sizeof(duration), "%" PRIu64 " min", eta_s / 60);
	else
		text_duration(eta_s, duration, sizeof(duration));
	(void)text_format(out, out_bytes, ", about %s left", duration);
}

static void add_copying(char *text, const struct model_card *card)
{
	const struct import_counts *counts = &card->counts;
	uint32_t to_copy = counts->files_selected > counts->files_known
		? counts->files_selected - counts->files_known
		: 0;
	char eta[64];

	format_eta(card->eta_s, eta, sizeof(eta));
	ADD(text, "%" PRIu32 " of %" PRIu32 " file%s%s.", counts->files_copied, to_copy,
		plural(to_copy), eta);
	if (counts->files_known)
		ADD(text, "%" PRIu32 " %s in the tank already.", counts->files_known,
			counts->files_known == 1 ? "was" : "were");
}

static void add_verifying(char *text, const struct model_card *card)
{
	char eta[64];

	format_eta(card->eta_s, eta, sizeof(eta));
	ADD(text, "%" PRIu32 " of %" PRIu32 " files were read back%s.", card->counts.files_verified,
		counts_files_stored(&card->counts), eta);
}

static void add_waiting(char *text, const struct model_card *card)
{
	switch (card->waiting) {
	case WAITING_ASK:
		ADD(text, "It waits for your yes.");
		if (card->is_seen_before)
			ADD(text, "It was here before: only what is new will be copied.");
		break;
	case WAITING_NO_TANK:
		add_fault(text, card->fault == FAULT_NONE ? FAULT_TANK_NOT_MOUNTED : card->fault,
			card->bytes_missing);
		ADD(text, "Copying begins by itself as soon as the disk is there.");
		break;
	case WAITING_UNSUPPORTED:
		add_fault(
			text, card->fault == FAULT_NONE ? FAULT_CARD_UNSUPPORTED : card->fault, 0);
		break;
	case WAITING_TURN:
		ADD(text, "It is copied as soon as another card is finished.");
		break;
	case WAITING_NONE:
	case WAITING_REASONS_COUNT:
		ADD(text, "Nothing is done with it at the moment.");
		break;
	}
}

static void add_ended(char *text, const struct model_card *card)
{
	enum verdict verdict = model_card_verdict(card);
	enum fault fault = model_card_main_fault(card);
	bool is_of_card = fault_text(fault)->class != FAULT_CLASS_FILE;
	char left_out[80];

	if (verdict == VERDICT_NONE) {
		ADD(text, "This card was not copied. " NEVER_FORMAT " it.");
		return;
	}
	if (fault != FAULT_NONE && is_of_card && verdict != VERDICT_SAFE_TO_FORMAT &&
		verdict != VERDICT_CANCELLED)
		add_fault(text, fault, card->bytes_missing);
	add_verdict_facts(text, verdict, &card->counts);
	if (fault != FAULT_NONE && !is_of_card && verdict == VERDICT_INCOMPLETE)
		ADD(text, "%s", fault_text(fault)->remedy);
	summary_left_out(card, left_out, sizeof(left_out));
	ADD(text, "%s", left_out); /* before anybody reads that the card may be formatted */
	add_verdict_advice(text, verdict);
}

static void add_pulled(char *text, const struct model_card *card)
{
	add_fault(text, card->fault == FAULT_NONE ? FAULT_CARD_PULLED : card->fault, 0);
	if (card->counts.files_selected)
		ADD(text, "%" PRIu32 " of %" PRIu32 " files are in the tank.",
			counts_files_stored(&card->counts), card->counts.files_selected);
	if (!strstr(text, NEVER_FORMAT))
		ADD(text, NEVER_FORMAT " the card.");
}

static void set_detail(struct model_card *card)
{
	char *text = card->detail;

	text[0] = '\0';
	switch (card->state) {
	case CARD_INSERTED:
		ADD(text, "Finding out what it is.");
		break;
	case CARD_WAITING:
		add_waiting(text, card);
		break;
	case CARD_SCANNING:
		ADD(text, "Finding out what is new on it.");
		break;
	case CARD_COPYING:
		add_copying(text, card);
		break;
	case CARD_VERIFYING:
		add_verifying(text, card);
		break;
	case CARD_REMOVED_EARLY:
		add_pulled(text, card);
		break;
	case CARD_DONE:
	case CARD_PARTIAL:
	case CARD_FAILED:
	case CARD_CANCELLED:
	case CARD_UNMOUNTED:
	case CARD_REMOVED:
		add_ended(text, card);
		break;
	case CARD_STATES_COUNT:
		break;
	}
	if (card_state_is_busy(card->state) && card->errors_total)
		ADD(text, "%" PRIu32 " file%s could not be copied.", card->errors_total,
			plural(card->errors_total));
}

static const char *waiting_headline(const struct model_card *card)
{
	switch (card->waiting) {
	case WAITING_ASK:
		return "Copy this card?";
	case WAITING_NO_TANK:
		return "Waiting for the tank";
	case WAITING_UNSUPPORTED:
		return "This card cannot be read";
	case WAITING_TURN:
		return "Waiting for its turn";
	case WAITING_NONE:
	case WAITING_REASONS_COUNT:
		break;
	}
	return "Waiting";
}

static void set_ended_headline(struct model_card *card)
{
	enum verdict verdict = model_card_verdict(card);
	uint32_t missing = counts_files_missing(&card->counts);

	if (card->state == CARD_FAILED || verdict == VERDICT_FAILED)
		set_line(card->headline, "Copying failed");
	else if (verdict == VERDICT_CANCELLED || card->state == CARD_CANCELLED)
		set_line(card->headline, "Cancelled");
	else if ((verdict == VERDICT_INCOMPLETE || card->state == CARD_PARTIAL) && missing)
		set_line(card->headline, "%" PRIu32 " file%s not copied", missing,
			missing == 1 ? " was" : "s were");
	else if (verdict == VERDICT_INCOMPLETE || card->state == CARD_PARTIAL)
		set_line(card->headline, "Not everything was copied");
	else
		set_line(card->headline, card->may_remove ? "Safe to remove" : "Finished");
}

static void set_headline(struct model_card *card)
{
	switch (card->state) {
	case CARD_INSERTED:
		set_line(card->headline, "Card found");
		break;
	case CARD_WAITING:
		set_line(card->headline, "%s", waiting_headline(card));
		break;
	case CARD_SCANNING:
		set_line(card->headline, "Looking through the card");
		break;
	case CARD_COPYING:
		set_line(card->headline, "Copying");
		break;
	case CARD_VERIFYING:
		set_line(card->headline, "Checking the copies");
		break;
	case CARD_REMOVED:
		set_line(card->headline, "Taken out");
		break;
	case CARD_REMOVED_EARLY:
		set_line(card->headline, "Taken out too early");
		break;
	case CARD_DONE:
	case CARD_PARTIAL:
	case CARD_FAILED:
	case CARD_CANCELLED:
	case CARD_UNMOUNTED:
		set_ended_headline(card);
		break;
	case CARD_STATES_COUNT:
		break;
	}
}

static const char *removal_words(const struct model_card *card)
{
	if (model_card_is_gone(card))
		return "";
	if (card->may_remove)
		return "You may take the card out.";
	if (card_state_is_busy(card->state))
		return "Do not take the card out.";
	return "Eject the card before you take it out.";
}

void summary_say_card(struct model_card *card)
{
	set_headline(card);
	set_line(card->removal, "%s", removal_words(card));
	set_detail(card);
}

/* --- the tank's words --- */

static void say_halting(struct model_tank *tank)
{
	static const char *const headlines[] = {
		[HALTING_NONE] = "",
		[HALTING_POWEROFF] = "Shutting down",
		[HALTING_REBOOT] = "Restarting",
		[HALTING_STOP] = "Stopping",
	};

	set_line(tank->headline, "%s", headlines[tank->halting]);
	if (tank->halting == HALTING_POWEROFF)
		ADD(tank->detail, "Wait until the machine is off before you unplug anything.");
	else
		ADD(tank->detail, "Do not unplug anything.");
}

static void say_tank_fault(struct model_tank *tank, enum fault fault)
{
	if (fault == FAULT_TANK_MISSING || fault == FAULT_TANK_NOT_MOUNTED)
		set_line(tank->headline, "The tank's disk is missing");
	else if (fault == FAULT_TANK_FULL)
		set_line(tank->headline, "The tank is full");
	else if (fault == FAULT_INTERNAL)
		set_line(tank->headline, "imgtank has a problem");
	else
		set_line(tank->headline, "The tank cannot be used");
	add_fault(tank->detail, fault, 0);
}

static void say_card(struct model_tank *tank, const struct model_card *card)
{
	set_line(tank->headline, "%s: %s", card->label, card->headline);
	ADD(tank->detail, "%s", card->detail);
	ADD(tank->detail, "%s", card->removal);
	if (tank->busy_count)
		ADD(tank->detail, "Another card is still being copied.");
}

/* Nobody may take the silence about a card for a yes. */
static void say_unlisted(struct tank_model *model)
{
	struct model_tank *tank = &model->tank;
	uint32_t count = tank->unlisted_count;

	if (count == 1)
		set_line(tank->headline, "A card is not copied yet");
	else
		set_line(tank->headline, "%" PRIu32 " cards are not copied yet", count);
	ADD(tank->detail, "All %" PRIu32 " places are taken, so %s. Do not format %s.",
		model->cards_count, count == 1 ? "it waits" : "they wait",
		count == 1 ? "it" : "them");
	ADD(tank->detail, "Take out a card that is done, and the next one follows by itself.");
}

static void say_attention(struct tank_model *model)
{
	struct model_tank *tank = &model->tank;
	const struct model_card *asks = model_find_card(model, model_card_asks, NULL);
	const struct model_card *card =
		asks ?: model_find_card(model, model_card_must_be_ejected, NULL);

	if (!card) {
		say_unlisted(model);
		return;
	}
	if (asks)
		set_line(tank->headline, "Copy %s?", card->label);
	else
		set_line(tank->headline, "Eject %s", card->label);
	ADD(tank->detail, "%s", card->detail);
	ADD(tank->detail, "%s", card->may_remove ? "" : card->removal);
	if (tank->busy_count)
		ADD(tank->detail, "Another card is still being copied.");
}

static void say_busy(struct tank_model *model)
{
	struct model_tank *tank = &model->tank;
	const struct model_card *card = model_find_card(model, model_card_is_at_work, NULL);
	char eta[64];

	if (!card) {
		card = model_find_card(model, model_card_waits_for_turn, NULL);
		assert(card);
		say_card(tank, card);
		return;
	}
	if (tank->busy_count > 1)
		set_line(tank->headline, "Copying %" PRIu32 " cards", tank->busy_count);
	else if (card->state == CARD_VERIFYING)
		set_line(tank->headline, "Checking %s", card->label);
	else if (card->state == CARD_COPYING)
		set_line(tank->headline, "Copying %s", card->label);
	else
		set_line(tank->headline, "Looking through %s", card->label);
	ADD(tank->detail, "Do not take the card%s out.", plural(tank->busy_count));
	format_eta(tank->eta_s, eta, sizeof(eta));
	if (tank->progress_permille)
		ADD(tank->detail, "%" PRIu32 " %%%s.", tank->progress_permille / 10, eta);
}

static void say_idle(struct tank_model *model)
{
	struct model_tank *tank = &model->tank;
	uint32_t done_count;
	const struct model_card *done =
		model_find_card(model, model_card_is_ready_to_go, &done_count);
	const struct model_card *other = model_find_card(model, model_card_lies_there, NULL);
	char free[32];

	if (done_count > 1) {
		set_line(tank->headline, "%" PRIu32 " cards are safe to remove", done_count);
		ADD(tank->detail, "Each of them says whether it may be formatted.");
	} else if (done) {
		set_line(tank->headline, "Safe to remove: %s", done->label);
		ADD(tank->detail, "%s", done->detail);
	} else if (other) {
		say_card(tank, other);
	} else {
		set_line(tank->headline, "Ready");
		ADD(tank->detail, "Put in a card.");
		text_size(tank->free_bytes, free, sizeof(free));
		if (tank->total_bytes)
			ADD(tank->detail, "%s free.", free);
	}
}

void summary_say_tank(struct tank_model *model)
{
	struct model_tank *tank = &model->tank;
	const struct model_card *worst = model_worst_card(model);

	tank->headline[0] = '\0';
	tank->detail[0] = '\0';
	switch (tank->state) {
	case TANK_STARTING:
		set_line(tank->headline, "Starting");
		ADD(tank->detail, "Looking for the tank and for cards.");
		break;
	case TANK_IDLE:
		say_idle(model);
		break;
	case TANK_BUSY:
		say_busy(model);
		break;
	case TANK_ATTENTION:
		say_attention(model);
		break;
	case TANK_ERROR:
		if (worst &&
			model_card_error_code(worst) >= summary_error_code(model_tank_fault(tank)))
			say_card(tank, worst);
		else
			say_tank_fault(tank, model_tank_fault(tank));
		break;
	case TANK_HALTING:
		say_halting(tank);
		break;
	case TANK_STATES_COUNT:
		break;
	}
}
