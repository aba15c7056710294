/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * card.h - the life of a card as a pure function: where it stands, and what happened.
 *
 *   inserted -> waiting (ask | no tank | turn | unsupported) -> scanning -> copying
 *   -> verifying -> done | partial | failed | cancelled -> safe-to-remove -> removed
 *
 * and removed-early from every state in which the card is being read. Who acts
 * on it: cards.c.
 */
#ifndef IMGTANK_CORE_DAEMON_CARD_H
#define IMGTANK_CORE_DAEMON_CARD_H

#include "core/model.h"

/* X(symbol, word) */
#define CARD_INPUTS(X)                                                                             \
	X(CARD_INPUT_UNSUPPORTED, "unsupported") /* nothing can be done with it here */            \
	X(CARD_INPUT_ASK, "ask") /* somebody shall say yes first */                                \
	X(CARD_INPUT_LEAVE, "leave") /* nothing is to be done with it, unless asked for */         \
	X(CARD_INPUT_NO_TANK, "no-tank") /* it is to be copied, and there is no tank */            \
	X(CARD_INPUT_TURN, "turn") /* it is to be copied, after others */                          \
	X(CARD_INPUT_BEGIN, "begin") /* a worker begins */                                         \
	X(CARD_INPUT_SCANNING, "scanning") /* the worker's own words ... */                        \
	X(CARD_INPUT_COPYING, "copying")                                                           \
	X(CARD_INPUT_VERIFYING, "verifying")                                                       \
	X(CARD_INPUT_DONE, "done")                                                                 \
	X(CARD_INPUT_PARTIAL, "partial")                                                           \
	X(CARD_INPUT_FAILED, "failed") /* ... or it died */                                        \
	X(CARD_INPUT_CANCELLED, "cancelled")                                                       \
	X(CARD_INPUT_DECLINED, "declined") /* somebody said no before it began */                  \
	X(CARD_INPUT_SAFE, "safe") /* nothing uses it any more */                                  \
	X(CARD_INPUT_PULLED, "pulled") /* it is not there any more */                              \
	X(CARD_INPUT_SEEN, "seen") /* somebody has seen its problem */

#define CARD_INPUTS_ENUM(symbol, word) symbol,
enum card_input { CARD_INPUTS(CARD_INPUTS_ENUM) CARD_INPUTS_COUNT };
#undef CARD_INPUTS_ENUM

struct card_phase {
	enum card_state state;
	enum waiting_reason waiting; /* WAITING_NONE but in CARD_WAITING */
};

/* What comes next; -EINVAL, and *ret untouched, if the input does not belong there. */
int card_next_state(struct card_phase from, enum card_input input, struct card_phase *ret);

/* The input for a state of work; -EINVAL for others: how it ended is said by the verdict. */
int card_input_of_work(enum card_state state, enum card_input *ret);

const char *card_input_name(enum card_input input);

#endif
