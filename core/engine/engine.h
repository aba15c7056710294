/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * engine.h - imports one card into one tank. The only public header of the engine.
 *
 * scan -> plan -> copy -> date -> settle (name, publish, record) -> verify -> thumbnails,
 * each step a thread of its own, so that the slower of "read the card" and "write the disk"
 * is the time it takes. The engine knows no daemon, no socket and no screen: it is given
 * options, and reports through one event sink. The card is only ever read.
 */
#ifndef IMGTANK_CORE_ENGINE_ENGINE_H
#define IMGTANK_CORE_ENGINE_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/events.h"
#include "core/naming/name.h"
#include "core/naming/select.h"

/* Strings are borrowed for the time of the call; NULL means the default. */
struct engine_options {
	const char *source_path; /* the card's root folder */
	const char *card_id; /* NULL: found out from the file system (card.h) */
	const char *card_label; /* NULL: found out */

	const char *tank_path;
	bool tank_may_create; /* make the folder if only its last part is missing */
	bool require_mount; /* refuse a tank on the system's own disk */
	uint64_t keep_free_bytes;
	uid_t owner; /* of the landed files; (uid_t)-1: whoever runs this */
	gid_t group;

	enum select_mode select;
	enum naming naming;
	const struct name_template *template; /* for NAMING_TEMPLATE */
	const char *prefix; /* NULL: "pimg_" */
	bool verify; /* read back from the disk */
	bool is_paranoid; /* read files of known cards again */
	bool is_dry_run;

	bool thumbnails;
	uint32_t thumbnail_side_px; /* 0: 256 */

	const char *probe_program; /* NULL: found beside the program */
	uint32_t probe_deadline_ms; /* 0: 1000 */
	uint32_t probe_memory_bytes;
	uint32_t probe_workers; /* processes for thumbnails; 0: 1 */

	/* Set to true at any time, also by a signal handler: ends the import in order. NULL: never.
	 */
	const atomic_bool *cancel;
};

struct engine_result {
	enum verdict verdict;
	enum fault fault; /* why it is failed or incomplete as a whole; FAULT_NONE else */
	int error; /* the negative errno behind fault */
	struct import_counts counts;
};

/*
 * Runs one import to its end. The last event is EVENT_CARD_DONE; thumbnails
 * may be made for a while after it (the card is not needed any more). Events
 * come one at a time, from any thread. Returns 0 if there is a result, whatever the verdict.
 */
int engine_import(const struct engine_options *options, event_sink_fn sink, void *userdata,
	struct engine_result *result);

/*
 * Reads every file that the ledger knows back from the disk. One call of fn a
 * file that is not as it should be, and of files the ledger does not know.
 */
enum engine_finding { ENGINE_MISSING, ENGINE_CHANGED, ENGINE_UNREADABLE, ENGINE_UNKNOWN };

struct engine_verify_result {
	uint64_t files_good, files_missing, files_changed, files_unreadable, files_unknown;
	uint64_t bytes_read;
	bool is_from_disk; /* false: this file system cannot promise that */
	enum fault fault;
	int error;
};

struct engine_verify_options {
	const char *tank_path;
	void (*finding)(
		enum engine_finding finding, const char *tank_path, int error, void *userdata);
	void (*progress)(uint64_t files_done, uint64_t files_total, uint64_t bytes_done,
		uint64_t bytes_total, void *userdata); /* may be NULL */
	void *userdata;
	const atomic_bool *cancel; /* may be NULL */
};

/* 0 if it ran to its end; -EINTR cancelled; else result->fault says why not. */
int engine_verify(const struct engine_verify_options *options, struct engine_verify_result *result);

struct engine_rebuild_result {
	uint64_t files_from_manifests; /* as a manifest has it, and the file is there */
	uint64_t files_hashed; /* in the tank but in no manifest: read and added */
	uint64_t files_missing; /* in a manifest, but not in the tank any more */
	uint32_t bad_lines; /* of manifests, passed over */
	enum fault fault;
	int error;
};

/*
 * Makes a new ledger; when it is complete, the old one is set aside. On an error, and when it was
 * cancelled, the old one stays. full: believe no manifest, read every file.
 */
int engine_rebuild(const char *tank_path, bool full, const atomic_bool *cancel,
	struct engine_rebuild_result *result);

/* Newest first; fn returns false to stop. -ENOENT if there is no ledger. */
struct ledger_import;
int engine_history(const char *tank_path,
	bool (*fn)(const struct ledger_import *import, void *userdata), void *userdata,
	enum fault *fault);

#endif
