/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary_priv.h - what the answers (summary.c) and their words (summary_words.c) share.
 */
#ifndef IMGTANK_CORE_SUMMARY_PRIV_H
#define IMGTANK_CORE_SUMMARY_PRIV_H

#include "core/model.h"

uint32_t counts_files_stored(const struct import_counts *counts);
uint32_t counts_files_missing(const struct import_counts *counts);

/* The verdict that the counts bear out: a good one becomes "incomplete" if they contradict it. */
enum verdict counts_verdict(enum verdict verdict, const struct import_counts *counts);
enum verdict model_card_verdict(const struct model_card *card);
bool verdict_is_good(enum verdict verdict);

bool model_card_went_wrong(const struct model_card *card); /* whether or not somebody saw it */
bool model_card_is_gone(const struct model_card *card);
bool model_card_asks(const struct model_card *card);
bool model_card_must_be_ejected(const struct model_card *card);
bool model_card_is_at_work(const struct model_card *card);
bool model_card_waits_for_turn(const struct model_card *card);
bool model_card_is_ready_to_go(const struct model_card *card);
bool model_card_lies_there(
	const struct model_card *card); /* ended, not well, and seen by somebody */
enum fault model_card_main_fault(const struct model_card *card); /* why files are missing */
enum error_code model_card_error_code(const struct model_card *card);
enum fault model_tank_fault(const struct model_tank *tank); /* what is wrong with the tank itself */

/* The card with the gravest problem, the oldest of several; NULL if there is none. */
const struct model_card *model_worst_card(const struct tank_model *model);

/* The first card of which a thing is true; counts all of them if count is given. */
const struct model_card *model_find_card(const struct tank_model *model,
	bool (*is_true)(const struct model_card *card), uint32_t *count);

/* Set headline, removal and detail from the other fields. */
void summary_say_card(struct model_card *card);
void summary_say_tank(struct tank_model *model);

#endif
