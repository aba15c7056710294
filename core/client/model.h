/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * model.h - the mirror: keeps a struct tank_model (core/model.h) equal to the
 * daemon's by applying its lines one after the other.
 *
 * A mirror is consistent, and may be shown, only after MESSAGE_SYNC. What
 * changed since the last time is collected as CHANGED_ bits.
 */
#ifndef IMGTANK_CORE_CLIENT_MODEL_H
#define IMGTANK_CORE_CLIENT_MODEL_H

#include "core/model.h"
#include "core/protocol/message.h"

enum model_changed {
	CHANGED_CONNECTION = 1U << 0, /* connection*, version, may_command */
	CHANGED_TANK = 1U << 1, /* anything in model->tank but its progress */
	CHANGED_CARDS = 1U << 2, /* a card came, went, or is in another state */
	CHANGED_PROGRESS = 1U << 3, /* only counts, rates and the current file of cards or tank */
	CHANGED_MESSAGES = 1U << 4,
	CHANGED_HISTORY = 1U << 5,
	CHANGED_ACCESS = 1U << 6,
	CHANGED_ALL = (1U << 7) - 1,
};

/*
 * Applies a line of the daemon and sets bits in *changed. Lines it cannot use
 * change nothing. Without may_command no commands are offered in the mirror.
 */
void model_apply(struct tank_model *model, const struct message *message, uint32_t *changed);

/*
 * The connection is gone: nothing that might not be true any more stays. No
 * cards, tank state "starting", headline "No connection to imgtank". Messages
 * and history, which are past, stay. And a box that was shutting down or restarting still is: the
 * daemon ends before the power goes.
 */
void model_disconnect(struct tank_model *model, uint64_t now_usec, uint32_t *changed);

/*
 * Reads a state from JSON text: a snapshot line of the protocol, or just its
 * object. Missing fields are empty; computed fields that are missing are
 * computed. For tests and `--render`. -EBADMSG if it is not one; -ENOMEM.
 */
int model_from_json(struct tank_model *model, const char *text, size_t size_bytes);
int model_from_file(struct tank_model *model, const char *path); /* "-" is standard input */

#endif
