/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * states.h - the words for where a card and the tank stand, the same in code,
 * on the wire, in the ledger and in front of the user.
 */
#ifndef IMGTANK_CORE_STATES_H
#define IMGTANK_CORE_STATES_H

/* X(symbol, word) */
#define CARD_STATES(X)                                                                             \
	X(CARD_INSERTED, "inserted")                                                               \
	X(CARD_WAITING, "waiting")                                                                 \
	X(CARD_SCANNING, "scanning")                                                               \
	X(CARD_COPYING, "copying")                                                                 \
	X(CARD_VERIFYING, "verifying")                                                             \
	X(CARD_DONE, "done")                                                                       \
	X(CARD_PARTIAL, "partial")                                                                 \
	X(CARD_FAILED, "failed")                                                                   \
	X(CARD_CANCELLED, "cancelled")                                                             \
	X(CARD_UNMOUNTED, "safe-to-remove")                                                        \
	X(CARD_REMOVED, "removed")                                                                 \
	X(CARD_REMOVED_EARLY, "removed-early")

#define TANK_STATES(X)                                                                             \
	X(TANK_STARTING, "starting")                                                               \
	X(TANK_IDLE, "idle")                                                                       \
	X(TANK_BUSY, "busy")                                                                       \
	X(TANK_ATTENTION, "attention")                                                             \
	X(TANK_ERROR, "error")                                                                     \
	X(TANK_HALTING, "halting")

/*
 * What an import ended with.
 *   safe-to-format  every selected file is in the tank, durable, and was read
 *                   back from the disk and matched
 *   copied          every selected file is in the tank and durable, but not all were
 *                   read back from the disk
 *   incomplete      some selected files are not in the tank, or did not match
 *   cancelled       somebody stopped it; what was finished stays
 *   failed          the card or the tank could not be used
 *   empty           nothing on the card is selected
 */
#define VERDICTS(X)                                                                                \
	X(VERDICT_NONE, "none")                                                                    \
	X(VERDICT_SAFE_TO_FORMAT, "safe-to-format")                                                \
	X(VERDICT_COPIED, "copied")                                                                \
	X(VERDICT_INCOMPLETE, "incomplete")                                                        \
	X(VERDICT_CANCELLED, "cancelled")                                                          \
	X(VERDICT_FAILED, "failed")                                                                \
	X(VERDICT_EMPTY, "empty")

#define STATES_ENUM(symbol, word) symbol,

enum card_state { CARD_STATES(STATES_ENUM) CARD_STATES_COUNT };
enum tank_state { TANK_STATES(STATES_ENUM) TANK_STATES_COUNT };
enum verdict { VERDICTS(STATES_ENUM) VERDICTS_COUNT };

#undef STATES_ENUM

const char *card_state_name(enum card_state state);
const char *tank_state_name(enum tank_state state);
const char *verdict_name(enum verdict verdict);

/* -EINVAL for a word that is none. */
int card_state_parse(const char *word, enum card_state *ret);
int tank_state_parse(const char *word, enum tank_state *ret);
int verdict_parse(const char *word, enum verdict *ret);

#endif
