/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * summary.h - what the facts mean to the person in front of the box: may the
 * card come out, may it be formatted, what can be done now, and the words.
 *
 * Pure functions of the model. The daemon calls summary_update() before it
 * publishes; front ends, lamps and the command line only show the result, so
 * that all of them say the same.
 */
#ifndef IMGTANK_CORE_SUMMARY_H
#define IMGTANK_CORE_SUMMARY_H

#include "core/model.h"

/* Fills the computed fields of one card; those of the tank are not touched. */
void summary_card(struct model_card *card, const struct model_tank *tank);

/* Fills the computed fields of the tank from its facts and its cards' computed fields. */
void summary_tank(struct tank_model *model);

/* All cards, then the tank. */
void summary_update(struct tank_model *model);

/* True while the card is being read or is about to be. */
bool card_state_is_busy(enum card_state state);

/* The number that a lamp blinks for a fault. */
enum error_code summary_error_code(enum fault fault);

/*
 * How many cards have a problem that nobody has acknowledged; the tank's own, which cannot be
 * acknowledged, is not among them, as it is in model_tank.errors_count.
 */
uint32_t summary_cards_with_problem(const struct tank_model *model);

/* "3 other files were not copied." or ""; the sentence of the left-out files. */
void summary_left_out(const struct model_card *card, char *out, size_t out_bytes);

/* One sentence for the verdict of an import: "All 1204 files are in the tank ..." */
void summary_verdict(
	enum verdict verdict, const struct import_counts *counts, char *out, size_t out_bytes);

#endif
