/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * diff.h - the lines that lead from one state to the next. The daemon changes
 * its model as it likes, calls summary_update(), and publishes the difference
 * to what it published last: so a mirror always ends up with the same state.
 */
#ifndef IMGTANK_CORE_PROTOCOL_DIFF_H
#define IMGTANK_CORE_PROTOCOL_DIFF_H

#include "core/protocol/message.h"

/*
 * Gets each line with its line end; it is borrowed and ends with the call. A
 * line of MESSAGE_PROGRESS may be replaced by a newer one of the same card, or
 * left out when a newer MESSAGE_CARD of it is sent. Negative errno stops.
 */
typedef int (*diff_line_fn)(
	enum message_type type, const char *card_id, const char *line, void *userdata);

/*
 * Says what changed between two models of one daemon, without a sync. Takes
 * numbers for the lines from *seq on. 0 if nothing changed, 1 if something
 * did; or a negative errno of the caller's function, -ENOMEM.
 */
int message_diff(const struct tank_model *from, const struct tank_model *to, uint64_t *seq,
	diff_line_fn line_fn, void *userdata);

#endif
