/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * events.h - the facts that the core tells about its work.
 *
 * An event says what has already happened; it never asks for anything. The
 * producer fills one on its stack; a sink copies what it wants to keep: every
 * pointer in it is borrowed and ends with the call. Strings that came from a
 * card are escaped (text.h). On the wire: docs/protocol.md, one JSON object a line.
 */
#ifndef IMGTANK_CORE_EVENTS_H
#define IMGTANK_CORE_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/faults.h"
#include "core/states.h"

/* X(symbol, word) */
#define EVENTS(X)                                                                                  \
	X(EVENT_CARD_STATE, "card-state") /* state */                                              \
	X(EVENT_CARD_SCANNED, "card-scanned") /* counts: what there is to do */                    \
	X(EVENT_CARD_PROGRESS, "card-progress") /* state, counts, file; ten a second at most */    \
	X(EVENT_FILE_PLANNED, "file-planned") /* file, size_bytes: a dry run would copy it */      \
	X(EVENT_FILE_COPIED, "file-copied") /* file, tank_path ...: durable in the tank */         \
	X(EVENT_FILE_KNOWN, "file-known") /* file, tank_path: same content is there already */     \
	X(EVENT_FILE_VERIFIED, "file-verified") /* tank_path: read back and equal */               \
	X(EVENT_FILE_LEFT_OUT, "file-left-out") /* file, reason */                                 \
	X(EVENT_FILE_FAILED, "file-failed") /* file, fault, error */                               \
	X(EVENT_NOTICE, "notice") /* fault; file or bytes_missing where it has one */              \
	X(EVENT_CARD_DONE, "card-done") /* verdict, counts, fault: always the last one */

#define EVENTS_ENUM(symbol, word) symbol,
enum event_type { EVENTS(EVENTS_ENUM) EVENTS_COUNT };
#undef EVENTS_ENUM

/*
 * How much there is and how far it is. selected = known + to copy; copied and
 * failed grow. A file that turned out to be known by its content counts in
 * files_known and files_same_content.
 */
struct import_counts {
	uint32_t files_selected; /* on the card, covered by the selection */
	uint32_t files_known; /* of those: in the tank already */
	uint32_t files_same_content; /* of those known: recognised by content, not by name */
	uint32_t files_copied; /* durable in the tank under their names */
	uint32_t files_verified; /* of copied and known: read back from the disk and equal */
	uint32_t files_failed;
	uint32_t files_left_out; /* not covered by the selection */
	uint32_t folders_failed; /* folders of the card that could not be read */
	uint64_t bytes_selected;
	uint64_t bytes_known;
	uint64_t bytes_copied; /* grows inside a file too */
	uint64_t bytes_verified;
	uint64_t bytes_to_verify;
	uint64_t bytes_failed;
};

struct event {
	enum event_type type;
	uint64_t seq; /* 1, 2, 3 ... in one run */
	uint64_t time_usec; /* since the run began, CLOCK_MONOTONIC: a Pi has no RTC */
	const char *card; /* the card's identity, escaped */
	const char *label; /* what a person calls it, escaped; "" if it has no label */
	enum card_state state;
	const struct import_counts *counts;
	const char *file; /* path on the card */
	const char *tank_path; /* path below the tank */
	const char *reason; /* of left-out: "system", "not-a-picture", "link", "special", ... */
	uint64_t size_bytes;
	const char *hash; /* XXH3-128, 32 hex digits */
	const char *capture_time; /* with date_source, is_guess */
	const char *date_source;
	bool is_guess;
	const char *camera; /* make and model */
	enum fault fault;
	int error; /* 0, or the negative errno behind the fault */
	uint64_t bytes_missing; /* for tank-full and tank-space-ahead */
	uint64_t rate_bytes_per_s;
	uint64_t eta_s; /* EVENT_ETA_UNKNOWN until it can be said */
	enum verdict verdict;
	uint32_t thumbnails_left; /* with card-done: still being made; the card is not needed for it
				   */
};

#define EVENT_ETA_UNKNOWN UINT64_MAX

/* Gets every event in order of seq, one at a time. Must not block for long. */
typedef void (*event_sink_fn)(const struct event *event, void *userdata);

const char *event_type_name(enum event_type type);
int event_type_parse(const char *word, enum event_type *ret); /* -EINVAL */

#endif
