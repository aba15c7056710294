/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.c - counts, rates and events: what the run tells about itself.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/text.h"
#include "core/engine/run.h"

#define REPORT_EVERY_USEC 100000u
#define WINDOW_USEC 500000u
/* How much a new half second counts against the past: smooth, but honest within seconds. */
#define PACE_WEIGHT 0.25

void item_free(struct item *item)
{
	if (!item)
		return;
	fd_close(item->source_fd);
	free(item->path);
	free(item->escaped_path);
	free(item);
}

bool run_is_cancelled(const struct run *run)
{
	return run->options->cancel && atomic_load(run->options->cancel);
}

bool run_should_stop(const struct run *run)
{
	return run_is_cancelled(run) || atomic_load(&run->stop_fault) != FAULT_NONE;
}

void run_stop(struct run *run, enum fault fault, int error)
{
	int none = FAULT_NONE;

	if (atomic_compare_exchange_strong(&run->stop_fault, &none, (int)fault))
		atomic_store(&run->stop_error, error);
}

static void send(struct run *run, struct event *event)
{
	if (run->is_told)
		return; /* card-done is the last word */
	run->is_told = event->type == EVENT_CARD_DONE;
	event->seq = ++run->seq;
	event->time_usec = clock_monotonic_usec() - run->start_usec;
	event->card = run->card.identity;
	event->label = run->card.label;
	run->sink(event, run->userdata);
}

void report_event(struct run *run, struct event *event)
{
	(void)pthread_mutex_lock(&run->report_mutex);
	send(run, event);
	(void)pthread_mutex_unlock(&run->report_mutex);
}

static uint64_t work_left(const struct run *run)
{
	const struct import_counts *c = &run->counts;
	uint64_t to_copy = c->bytes_selected - c->bytes_known;
	uint64_t done = c->bytes_copied + c->bytes_failed;
	uint64_t left = to_copy > done ? to_copy - done : 0;
	uint64_t to_verify = c->bytes_to_verify + left;

	if (run->options->verify && to_verify > c->bytes_verified)
		left += to_verify - c->bytes_verified;
	return left;
}

static double smooth(double past, uint64_t bytes, uint64_t span_usec)
{
	double fresh = (double)bytes / (double)span_usec;

	return past > 0 ? PACE_WEIGHT * fresh + (1 - PACE_WEIGHT) * past : fresh;
}

static void measure_pace(struct run *run, uint64_t now_usec)
{
	const struct import_counts *counts = &run->counts;
	struct pace *pace = &run->pace;
	uint64_t span_usec = now_usec - pace->window_start_usec;

	/* The first figure comes soon, so that a short import has one, too. */
	if (span_usec < (pace->copied_per_usec > 0 ? WINDOW_USEC : REPORT_EVERY_USEC))
		return;
	/* What turned out to be known already is taken off again: that is no pace. */
	if (counts->bytes_copied >= pace->copied_at_window)
		pace->copied_per_usec = smooth(pace->copied_per_usec,
			counts->bytes_copied - pace->copied_at_window, span_usec);
	pace->verified_per_usec = smooth(pace->verified_per_usec,
		counts->bytes_verified - pace->verified_at_window, span_usec);
	pace->window_start_usec = now_usec;
	pace->copied_at_window = counts->bytes_copied;
	pace->verified_at_window = counts->bytes_verified;
}

/* The rate is what the card is read with, or the disk while it is read back; the end is both. */
static void send_progress(struct run *run)
{
	const struct pace *pace = &run->pace;
	double work_per_usec = pace->copied_per_usec + pace->verified_per_usec;
	double shown_per_usec =
		run->state == CARD_VERIFYING ? pace->verified_per_usec : pace->copied_per_usec;
	struct event event = {.type = EVENT_CARD_PROGRESS,
		.state = run->state,
		.counts = &run->counts,
		.file = run->current_file,
		.rate_bytes_per_s = (uint64_t)(shown_per_usec * 1e6),
		.eta_s = EVENT_ETA_UNKNOWN};

	if (work_per_usec > 0)
		event.eta_s = (uint64_t)((double)work_left(run) / work_per_usec / 1e6 + 0.5);
	send(run, &event);
}

void report_add(struct run *run, uint32_t *files, uint32_t files_count, uint64_t *bytes,
	uint64_t bytes_count)
{
	uint64_t now_usec = clock_monotonic_usec();

	(void)pthread_mutex_lock(&run->report_mutex);
	if (files)
		*files += files_count;
	if (bytes)
		*bytes += bytes_count;
	if (now_usec - run->pace.last_report_usec >= REPORT_EVERY_USEC &&
		run->state >= CARD_COPYING) {
		measure_pace(run, now_usec);
		send_progress(run);
		run->pace.last_report_usec = now_usec;
	}
	(void)pthread_mutex_unlock(&run->report_mutex);
}

void report_state(struct run *run, enum card_state state)
{
	struct event event = {.type = EVENT_CARD_STATE, .state = state};

	(void)pthread_mutex_lock(&run->report_mutex);
	if (run->state != state) {
		run->state = state;
		send(run, &event);
	}
	(void)pthread_mutex_unlock(&run->report_mutex);
}

void report_current_file(struct run *run, const char *escaped_path)
{
	(void)pthread_mutex_lock(&run->report_mutex);
	(void)text_format(run->current_file, sizeof(run->current_file), "%s", escaped_path);
	(void)pthread_mutex_unlock(&run->report_mutex);
}

void report_file_failed(
	struct run *run, const char *escaped_path, enum fault fault, int error, uint64_t size_bytes)
{
	struct event event = {.type = EVENT_FILE_FAILED,
		.file = escaped_path,
		.fault = fault,
		.error = error,
		.size_bytes = size_bytes};

	(void)pthread_mutex_lock(&run->report_mutex);
	run->counts.files_failed++;
	run->counts.bytes_failed += size_bytes;
	send(run, &event);
	(void)pthread_mutex_unlock(&run->report_mutex);
}

void report_folder_failed(struct run *run, const char *escaped_path, enum fault fault, int error)
{
	struct event event = {
		.type = EVENT_FILE_FAILED, .file = escaped_path, .fault = fault, .error = error};

	(void)pthread_mutex_lock(&run->report_mutex);
	run->counts.folders_failed++;
	send(run, &event);
	(void)pthread_mutex_unlock(&run->report_mutex);
}

void report_left_out(struct run *run, const char *escaped_path, const char *reason)
{
	struct event event = {.type = EVENT_FILE_LEFT_OUT, .file = escaped_path, .reason = reason};

	(void)pthread_mutex_lock(&run->report_mutex);
	run->counts.files_left_out++;
	send(run, &event);
	(void)pthread_mutex_unlock(&run->report_mutex);
}

void report_notice(struct run *run, enum fault fault, int error, const char *escaped_path,
	uint64_t bytes_missing)
{
	struct event event = {.type = EVENT_NOTICE,
		.fault = fault,
		.error = error,
		.file = escaped_path,
		.bytes_missing = bytes_missing};

	report_event(run, &event);
}

struct import_counts report_counts(struct run *run)
{
	struct import_counts counts;

	(void)pthread_mutex_lock(&run->report_mutex);
	counts = run->counts;
	(void)pthread_mutex_unlock(&run->report_mutex);
	return counts;
}
