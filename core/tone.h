/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tone.h - in which of five tones a state is told: what a front end turns into a
 * colour, a symbol or a lamp. Decided here once, so that no screen is green while
 * another is amber. Pure functions of the model.
 */
#ifndef IMGTANK_CORE_TONE_H
#define IMGTANK_CORE_TONE_H

#include "core/model.h"

/* X(symbol, word) */
#define TONES(X)                                                                                   \
	X(TONE_QUIET, "quiet") /* nothing is known, or nothing is to be said */                    \
	X(TONE_GOOD, "good") /* all is well; hands are free */                                     \
	X(TONE_WORKING, "working") /* it is being done: keep hands off */                          \
	X(TONE_ATTENTION, "attention") /* somebody is asked */                                     \
	X(TONE_BAD, "bad") /* something went wrong */

#define TONES_ENUM(symbol, word) symbol,
enum tone { TONES(TONES_ENUM) TONES_COUNT };
#undef TONES_ENUM

const char *tone_name(enum tone tone);

enum tone tone_of_tank(const struct tank_model *model); /* also without a connection */
enum tone tone_of_card(const struct model_card *card); /* its computed fields must be filled */
enum tone tone_of_verdict(enum verdict verdict);
enum tone tone_of_level(enum message_level level);

#endif
