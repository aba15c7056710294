/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run.h - one import while it runs: what its steps share. Private to the engine.
 *
 *   scan.c     main thread     walks the card, asks the ledger, writes the plan
 *   copy.c     main thread     reads the plan, copies into temporaries, hashes
 *   date.c     date thread     asks the probe what each file says of itself
 *   settle.c   settle thread   names, publishes and records whole groups in batches
 *   verify.c   verify thread   reads back from the disk
 *   thumb.c    thumb threads   thumbnails, at the lowest priority
 *   report.c   any of them     counts and events
 */
#ifndef IMGTANK_CORE_ENGINE_RUN_H
#define IMGTANK_CORE_ENGINE_RUN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/engine/card.h"
#include "core/engine/engine.h"
#include "core/engine/queue.h"
#include "core/engine/tank.h"
#include "core/ledger/ledger.h"
#include "core/ledger/manifest.h"
#include "core/naming/capture.h"
#include "core/naming/select.h"
#include "core/probe/probe.h"

/* A file on its way from the card into the tank. Owned by the step that has it. */
struct item {
	struct item *next;
	char *path; /* raw, below the card's root */
	char *escaped_path; /* the same, fit to show and to keep */
	size_t name_offset; /* of the last part in path */
	uint16_t tail_offset;
	bool is_last_of_group;
	enum file_kind kind;
	struct ledger_stamp stamp;

	int64_t known_id; /* > 0: in the tank already, here only as its group's partner */
	int error; /* < 0: could not be copied; reported already */
	int source_fd; /* copy.c: opened ahead, or a negative errno */
	struct tank_temp temp;
	uint8_t hash[LEDGER_HASH_BYTES];
	bool has_facts;
	struct media_facts facts;

	/* settle.c */
	struct capture_date date;
	struct ledger_file file;
	bool is_new; /* gets a name of its own in this batch */
	struct item *same_as; /* equal content, named in this very batch */
};

void item_free(struct item *item); /* the temporary must be dropped already */

/* Rates and times for people, told from the steps' counts. */
struct pace {
	uint64_t last_report_usec;
	uint64_t window_start_usec;
	uint64_t copied_at_window, verified_at_window;
	double copied_per_usec, verified_per_usec;
};

struct run {
	const struct engine_options *options;
	event_sink_fn sink;
	void *userdata;
	struct card card;
	struct tank tank;
	int64_t card_id, import_id;
	struct capture_clock clock;
	struct manifest *manifest;

	pthread_mutex_t report_mutex; /* guards the next block and the order of events */
	struct import_counts counts;
	enum card_state state;
	uint64_t seq, start_usec;
	bool is_told; /* card-done was sent */
	struct pace pace;
	char current_file[1024];

	struct item_queue copied; /* copy -> date */
	struct item_queue dated; /* date -> settle */
	struct id_queue to_verify, to_thumb;

	atomic_int stop_error; /* negative errno that ends the run */
	atomic_int stop_fault;
	_Atomic uint64_t bytes_missing; /* with FAULT_TANK_FULL */
	atomic_bool read_back_failed; /* not every byte came from the disk itself */
	atomic_bool probe_is_missing;
};

/* Somebody wants it to end: cancelled, or a fault that ends everything. */
bool run_should_stop(const struct run *run);
bool run_is_cancelled(const struct run *run);
/* The first one counts. */
void run_stop(struct run *run, enum fault fault, int error);

/* scan.c: fills the plan; counts what there is. The plan is a file without a name. */
struct plan;
int scan_card(struct run *run, struct ledger *ledger, struct plan **ret);

/* plan.c: groups of items that have something to copy, in the card's order. */
int plan_new(struct plan **ret, struct tank *tank); /* tank NULL: counts only (dry run) */
void plan_free(struct plan *plan);
int plan_add(struct plan *plan, const struct item *item);
int plan_rewind(struct plan *plan);
int plan_next(
	struct plan *plan, struct item **ret); /* 1 and an item for the caller, 0, or an error */

/* copy.c */
int copy_planned(struct run *run, struct plan *plan);

/* date.c, settle.c, verify.c, thumb.c: bodies of threads; userdata is the run. */
void *date_thread(void *userdata);
void *settle_thread(void *userdata);
void *verify_thread(void *userdata);
void *thumb_thread(void *userdata);

/* settle.c: finishes or drops the names that a dead run has left; with the settle lock held. */
int settle_leftovers(struct tank *tank, struct ledger *ledger);

/* verify.c: reads one file of the tank back. hash gets its content. from_disk: can it be believed?
 */
int read_back(const struct tank *tank, const char *path, uint64_t size_bytes, uint8_t *buffer,
	const atomic_bool *cancel, void (*progress)(uint64_t bytes, void *userdata), void *userdata,
	uint8_t hash[LEDGER_HASH_BYTES], bool *from_disk);
#define READ_BACK_BUFFER_BYTES (1u << 20)
uint8_t *read_back_buffer_new(void); /* aligned for O_DIRECT; free() it */

/* report.c */
void report_event(struct run *run, struct event *event); /* fills in who and when, then sends */
void report_state(struct run *run, enum card_state state);
void report_file_failed(struct run *run, const char *escaped_path, enum fault fault, int error,
	uint64_t size_bytes);
void report_folder_failed(struct run *run, const char *escaped_path, enum fault fault, int error);
void report_left_out(struct run *run, const char *escaped_path, const char *reason);
void report_notice(struct run *run, enum fault fault, int error, const char *escaped_path,
	uint64_t bytes_missing);
void report_current_file(struct run *run, const char *escaped_path);

/* Adds to one count under the lock and tells the progress when it is time. */
void report_add(struct run *run, uint32_t *files, uint32_t files_count, uint64_t *bytes,
	uint64_t bytes_count);
struct import_counts report_counts(struct run *run);

#endif
