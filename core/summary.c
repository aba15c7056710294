/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary.c - pure functions from facts to answers. When facts contradict each
 * other, the careful answer wins: no "may format", no "may remove".
 */
#include "core/summary.h"

#include <stdio.h>
#include <string.h>

#include "core/summary_priv.h"

uint32_t counts_files_stored(const struct import_counts *counts)
{
	return counts->files_known + counts->files_copied;
}

uint32_t counts_files_missing(const struct import_counts *counts)
{
	uint32_t stored = counts_files_stored(counts);

	if (counts->files_selected > stored)
		return counts->files_selected - stored;
	return counts->files_failed;
}

static bool is_complete(const struct import_counts *counts)
{
	return counts->files_failed == 0 && counts->folders_failed == 0 &&
		counts_files_stored(counts) >= counts->files_selected;
}

/* The verdict that the counts bear out. */
enum verdict counts_verdict(enum verdict verdict, const struct import_counts *counts)
{
	bool is_good = verdict == VERDICT_SAFE_TO_FORMAT || verdict == VERDICT_COPIED;

	return is_good && !is_complete(counts) ? VERDICT_INCOMPLETE : verdict;
}

bool verdict_is_good(enum verdict verdict)
{
	return verdict == VERDICT_SAFE_TO_FORMAT || verdict == VERDICT_COPIED ||
		verdict == VERDICT_EMPTY;
}

/* What the state alone says about the end; VERDICT_NONE if it says nothing. */
static enum verdict verdict_of_state(enum card_state state)
{
	switch (state) {
	case CARD_PARTIAL:
	case CARD_REMOVED_EARLY:
		return VERDICT_INCOMPLETE;
	case CARD_FAILED:
		return VERDICT_FAILED;
	case CARD_CANCELLED:
		return VERDICT_CANCELLED;
	default:
		return VERDICT_NONE;
	}
}

enum verdict model_card_verdict(const struct model_card *card)
{
	enum verdict verdict = counts_verdict(card->verdict, &card->counts);
	enum verdict of_state = verdict_of_state(card->state);

	if (of_state != VERDICT_NONE && (verdict == VERDICT_NONE || verdict_is_good(verdict)))
		return of_state;
	if (card->errors_total && verdict_is_good(verdict))
		return VERDICT_INCOMPLETE;
	return verdict;
}

static uint64_t card_work_bytes(const struct model_card *card)
{
	const struct import_counts *counts = &card->counts;
	uint64_t to_copy_bytes = counts->bytes_selected > counts->bytes_known
		? counts->bytes_selected - counts->bytes_known
		: 0;

	return to_copy_bytes + counts->bytes_to_verify;
}

static uint64_t card_done_bytes(const struct model_card *card)
{
	const struct import_counts *counts = &card->counts;

	return counts->bytes_copied + counts->bytes_failed + counts->bytes_verified;
}

static uint32_t permille(uint64_t done, uint64_t all)
{
	if (all == 0 || done >= all)
		return all == 0 ? 0 : 1000;
	return (uint32_t)((double)done / (double)all * 1000.0);
}

/* --- a card's answers --- */

bool card_state_is_busy(enum card_state state)
{
	return state == CARD_INSERTED || state == CARD_SCANNING || state == CARD_COPYING ||
		state == CARD_VERIFYING;
}

bool model_card_is_gone(const struct model_card *card)
{
	return card->state == CARD_REMOVED || card->state == CARD_REMOVED_EARLY;
}

/* The import has ended and the card is still there. */
static bool card_has_ended(const struct model_card *card)
{
	return card->state == CARD_DONE || card->state == CARD_PARTIAL ||
		card->state == CARD_FAILED || card->state == CARD_CANCELLED ||
		card->state == CARD_UNMOUNTED;
}

bool model_card_went_wrong(const struct model_card *card)
{
	enum verdict verdict = model_card_verdict(card);

	if (card->state == CARD_PARTIAL || card->state == CARD_FAILED ||
		card->state == CARD_REMOVED_EARLY)
		return true;
	if (card->state == CARD_WAITING)
		return card->waiting == WAITING_UNSUPPORTED;
	return card_has_ended(card) && card->state != CARD_CANCELLED &&
		(verdict == VERDICT_INCOMPLETE || verdict == VERDICT_FAILED);
}

static bool card_is_problem(const struct model_card *card)
{
	return model_card_went_wrong(card) && !card->is_acknowledged;
}

bool model_card_must_be_ejected(const struct model_card *card)
{
	return card_has_ended(card) && card->is_mounted;
}

bool model_card_asks(const struct model_card *card)
{
	return card->state == CARD_WAITING && card->waiting == WAITING_ASK;
}

static bool card_may_remove(const struct model_card *card)
{
	return !card->is_mounted && !card_state_is_busy(card->state) && !model_card_is_gone(card);
}

static bool card_may_format(const struct model_card *card)
{
	bool is_over = card->state == CARD_DONE || card->state == CARD_UNMOUNTED ||
		card->state == CARD_REMOVED;

	return is_over && model_card_verdict(card) == VERDICT_SAFE_TO_FORMAT;
}

static uint32_t card_commands(const struct model_card *card)
{
	uint32_t set = 0;

	if (model_card_asks(card))
		set |= COMMAND_BIT(COMMAND_CONFIRM);
	if (card_state_is_busy(card->state) ||
		(card->state == CARD_WAITING && card->waiting != WAITING_UNSUPPORTED))
		set |= COMMAND_BIT(COMMAND_CANCEL);
	if (card->is_mounted && !card_state_is_busy(card->state) && !model_card_is_gone(card))
		set |= COMMAND_BIT(COMMAND_EJECT);
	if (card->can_power_down && card->state == CARD_UNMOUNTED)
		set |= COMMAND_BIT(COMMAND_EJECT);
	if (card_is_problem(card))
		set |= COMMAND_BIT(COMMAND_ACK);
	if (card->state == CARD_WAITING && card->waiting == WAITING_UNSUPPORTED)
		set |= COMMAND_BIT(COMMAND_RETRY);
	if (card_has_ended(card) && !verdict_is_good(model_card_verdict(card)))
		set |= COMMAND_BIT(COMMAND_RETRY);
	return set;
}

/* Failed files are over while others go on; in the end they are what is missing. */
static uint32_t card_permille(const struct model_card *card)
{
	uint64_t done_bytes = card->counts.bytes_copied + card->counts.bytes_verified;

	if (verdict_is_good(model_card_verdict(card)))
		return 1000;
	if (card_state_is_busy(card->state))
		return permille(card_done_bytes(card), card_work_bytes(card));
	return permille(done_bytes, card_work_bytes(card));
}

/* The fault that explains why files are missing. */
enum fault model_card_main_fault(const struct model_card *card)
{
	if (card->fault != FAULT_NONE)
		return card->fault;
	return card->errors_count ? card->errors[0].fault : FAULT_NONE;
}

void summary_card(struct model_card *card, const struct model_tank *tank)
{
	card->progress_permille = card_permille(card);
	card->commands = tank->halting == HALTING_NONE ? card_commands(card) : 0;
	card->may_remove = card_may_remove(card);
	card->may_format = card_may_format(card);
	card->needs_somebody =
		card_is_problem(card) || model_card_asks(card) || model_card_must_be_ejected(card);
	summary_say_card(card);
}

/* --- the tank --- */

enum error_code summary_error_code(enum fault fault)
{
	switch (fault_text(fault)->class) {
	case FAULT_CLASS_FILE:
		return ERROR_CODE_FILES;
	case FAULT_CLASS_CARD:
		return ERROR_CODE_CARD;
	case FAULT_CLASS_TANK:
		if (fault == FAULT_TANK_FULL)
			return ERROR_CODE_FULL;
		return fault == FAULT_INTERNAL ? ERROR_CODE_INTERNAL : ERROR_CODE_TANK;
	case FAULT_CLASS_NONE:
	case FAULT_CLASS_NOTICE:
		break;
	}
	return ERROR_CODE_NONE;
}

enum error_code model_card_error_code(const struct model_card *card)
{
	enum error_code code = summary_error_code(model_card_main_fault(card));

	if (!card_is_problem(card))
		return ERROR_CODE_NONE;
	if (code != ERROR_CODE_NONE)
		return code;
	return model_card_verdict(card) == VERDICT_INCOMPLETE || card->state == CARD_PARTIAL
		? ERROR_CODE_FILES
		: ERROR_CODE_CARD;
}

/* What is wrong with the tank itself. */
enum fault model_tank_fault(const struct model_tank *tank)
{
	if (summary_error_code(tank->fault) != ERROR_CODE_NONE)
		return tank->fault;
	return tank->is_mounted ? FAULT_NONE : FAULT_TANK_NOT_MOUNTED;
}

/* The card with the gravest problem, the oldest of several; NULL if there is none. */
const struct model_card *model_worst_card(const struct tank_model *model)
{
	const struct model_card *worst = NULL;

	for (uint32_t i = 0; i < model->cards_count; i++) {
		const struct model_card *card = &model->cards[i];

		if (card_is_problem(card) &&
			(!worst || model_card_error_code(card) > model_card_error_code(worst)))
			worst = card;
	}
	return worst;
}

/* The first card of which a thing is true; counts all of them if count is given. */
const struct model_card *model_find_card(const struct tank_model *model,
	bool (*is_true)(const struct model_card *card), uint32_t *count)
{
	const struct model_card *first = NULL;

	if (count)
		*count = 0;
	for (uint32_t i = 0; i < model->cards_count; i++) {
		if (!is_true(&model->cards[i]))
			continue;
		if (!first)
			first = &model->cards[i];
		if (count)
			(*count)++;
	}
	return first;
}

bool model_card_is_at_work(const struct model_card *card)
{
	return card_state_is_busy(card->state);
}

bool model_card_waits_for_turn(const struct model_card *card)
{
	return card->state == CARD_WAITING && card->waiting == WAITING_TURN;
}

bool model_card_is_ready_to_go(const struct model_card *card)
{
	return card->state == CARD_UNMOUNTED && card->may_remove &&
		verdict_is_good(model_card_verdict(card));
}

/* Ended, not well, and seen by somebody: it just lies there. */
bool model_card_lies_there(const struct model_card *card)
{
	return card_has_ended(card) && !verdict_is_good(model_card_verdict(card));
}

static enum tank_state state_of(const struct tank_model *model)
{
	const struct model_tank *tank = &model->tank;

	if (tank->halting != HALTING_NONE)
		return TANK_HALTING;
	if (!tank->is_ready)
		return TANK_STARTING;
	if (model_tank_fault(tank) != FAULT_NONE || model_find_card(model, card_is_problem, NULL))
		return TANK_ERROR;
	if (model_find_card(model, model_card_asks, NULL) ||
		model_find_card(model, model_card_must_be_ejected, NULL))
		return TANK_ATTENTION;
	if (model_find_card(model, model_card_is_at_work, NULL) ||
		model_find_card(model, model_card_waits_for_turn, NULL))
		return TANK_BUSY;
	return tank->unlisted_count ? TANK_ATTENTION : TANK_IDLE;
}

static void sum_work(struct tank_model *model)
{
	struct model_tank *tank = &model->tank;
	uint64_t work_bytes = 0, done_bytes = 0;

	tank->busy_count = 0;
	tank->rate_bytes_per_s = 0;
	tank->eta_s = EVENT_ETA_UNKNOWN;
	for (uint32_t i = 0; i < model->cards_count; i++) {
		const struct model_card *card = &model->cards[i];
		bool is_first = tank->busy_count == 0;

		if (!model_card_is_at_work(card))
			continue;
		tank->busy_count++;
		work_bytes += card_work_bytes(card);
		done_bytes += card_done_bytes(card);
		tank->rate_bytes_per_s += card->rate_bytes_per_s;
		if (is_first || card->eta_s == EVENT_ETA_UNKNOWN)
			tank->eta_s = card->eta_s;
		else if (tank->eta_s != EVENT_ETA_UNKNOWN && card->eta_s > tank->eta_s)
			tank->eta_s = card->eta_s;
	}
	tank->progress_permille = tank->busy_count ? permille(done_bytes, work_bytes) : 0;
}

uint32_t summary_cards_with_problem(const struct tank_model *model)
{
	uint32_t count;

	(void)model_find_card(model, card_is_problem, &count);
	return count;
}

static void count_errors(struct tank_model *model)
{
	struct model_tank *tank = &model->tank;
	const struct model_card *worst = model_worst_card(model);
	enum error_code of_card = worst ? model_card_error_code(worst) : ERROR_CODE_NONE;
	enum error_code of_tank = summary_error_code(model_tank_fault(tank));

	tank->errors_count = summary_cards_with_problem(model) + (of_tank != ERROR_CODE_NONE);
	tank->error_code = of_card > of_tank ? of_card : of_tank;
}

/* What one button does: first what the lamp shows, so that a press fits what is seen. */
static void set_next(struct tank_model *model)
{
	struct model_tank *tank = &model->tank;
	const struct model_card *card = model_worst_card(model);

	tank->next_command = COMMAND_NONE;
	tank->next_card[0] = '\0';
	if (tank->halting != HALTING_NONE)
		return;
	if (card) {
		tank->next_command = COMMAND_ACK;
	} else if ((card = model_find_card(model, model_card_asks, NULL))) {
		tank->next_command = COMMAND_CONFIRM;
	} else if ((card = model_find_card(model, model_card_must_be_ejected, NULL))) {
		tank->next_command = COMMAND_EJECT;
	}
	if (card)
		model_set_text(tank->next_card, sizeof(tank->next_card), card->id);
}

void summary_tank(struct tank_model *model)
{
	struct model_tank *tank = &model->tank;

	tank->state = state_of(model);
	sum_work(model);
	tank->is_done =
		tank->state == TANK_IDLE && model_find_card(model, model_card_is_ready_to_go, NULL);
	count_errors(model);
	tank->commands = tank->halting == HALTING_NONE
		? COMMAND_BIT(COMMAND_POWEROFF) | COMMAND_BIT(COMMAND_REBOOT)
		: 0;
	set_next(model);
	summary_say_tank(model);
}

void summary_update(struct tank_model *model)
{
	for (uint32_t i = 0; i < model->cards_count; i++)
		summary_card(&model->cards[i], &model->tank);
	summary_tank(model);
}
