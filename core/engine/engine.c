/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/engine/open.h"
#include "core/engine/run.h"

#define QUEUE_FILES 600 /* in each of two queues, beside the batch of 1,000 */
#define DESCRIPTORS_WANTED 4096
#define THUMB_THREADS_MAX 4

/* Every file on its way has a descriptor: between the copy and its name there are up to 2,200. */
static size_t queue_limit(void)
{
	struct rlimit limit;
	rlim_t soft;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 16;
	if (limit.rlim_cur < DESCRIPTORS_WANTED) {
		soft = limit.rlim_cur;
		limit.rlim_cur =
			limit.rlim_max == RLIM_INFINITY || limit.rlim_max > DESCRIPTORS_WANTED
			? DESCRIPTORS_WANTED
			: limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
			limit.rlim_cur = soft;
	}
	return limit.rlim_cur >= DESCRIPTORS_WANTED ? QUEUE_FILES : 16;
}

static bool lies_inside(const char *inner, const char *outer)
{
	size_t length = strlen(outer);

	return !strncmp(inner, outer, length) &&
		(inner[length] == '/' || inner[length] == '\0' || outer[length - 1] == '/');
}

/*
 * Where the tank is, or (*is_there false) the folder that it would be made in. Caller frees.
 * One look answers both: another import may make the tank at any moment.
 */
static char *real_tank_path(const char *path, bool *is_there)
{
	CLEANUP(freep) char *copy = strdup(path);
	char *real = realpath(path, NULL);
	size_t length = copy ? strlen(copy) : 0;
	char *slash;

	*is_there = real != NULL;
	if (real || !copy)
		return real;
	while (length > 1 && copy[length - 1] == '/')
		copy[--length] = '\0';
	slash = strrchr(copy, '/');
	if (!slash)
		return realpath(".", NULL);
	*slash = '\0';
	return realpath(slash == copy ? "/" : copy, NULL);
}

/*
 * Checked before anything is made: a tank on the card would write to it. A tank that is not
 * there yet counts as its parent, so that it cannot be made inside the card.
 */
static bool card_meets_tank(const struct run *run)
{
	CLEANUP(freep) char *card = realpath(run->options->source_path, NULL);
	bool tank_is_there;
	CLEANUP(freep) char *tank = real_tank_path(run->options->tank_path, &tank_is_there);

	return card && tank &&
		(lies_inside(tank, card) || (tank_is_there && lies_inside(card, tank)));
}

static void init_run(
	struct run *run, const struct engine_options *options, event_sink_fn sink, void *userdata)
{
	size_t limit = queue_limit();

	memset(run, 0, sizeof(*run));
	run->options = options;
	run->sink = sink;
	run->userdata = userdata;
	run->card.fd = -1;
	run->state = CARD_INSERTED;
	run->start_usec = clock_monotonic_usec();
	run->pace.window_start_usec = run->start_usec;
	run->clock.now_ns = clock_wall_ns();
	run->clock.is_trusted = clock_is_trusted("");
	(void)pthread_mutex_init(&run->report_mutex, NULL);
	item_queue_init(&run->copied, limit);
	item_queue_init(&run->dated, limit);
	id_queue_init(&run->to_verify);
	id_queue_init(&run->to_thumb);
}

static void finish_run(struct run *run)
{
	id_queue_finish(&run->to_thumb);
	id_queue_finish(&run->to_verify);
	item_queue_finish(&run->dated);
	item_queue_finish(&run->copied);
	(void)pthread_mutex_destroy(&run->report_mutex);
	card_close(&run->card);
}

static int begin_import(struct run *run, struct ledger *ledger)
{
	const struct ledger_card card = {.identity = run->card.identity,
		.label = run->card.label,
		.fs_type = run->card.fs_type,
		.size_bytes = run->card.size_bytes};
	int r = tank_settle_lock(&run->tank);

	if (r == 0)
		r = settle_leftovers(&run->tank, ledger);
	tank_settle_unlock(&run->tank);
	if (r == 0)
		r = ledger_begin(ledger);
	if (r == 0)
		r = ledger_card(ledger, &card, &run->card_id);
	if (r == 0)
		r = ledger_import_begin(ledger, run->card_id, &run->import_id);
	if (r == 0)
		r = ledger_commit(ledger);
	if (r < 0)
		ledger_rollback(ledger);
	return r;
}

static int begin_manifest(struct run *run, int *manifests_fd)
{
	char name[96];

	if (mkdirat(run->tank.meta_fd, "manifests", 0755) < 0 && errno != EEXIST)
		return -errno;
	*manifests_fd = fd_open_dir(run->tank.meta_fd, "manifests");
	if (*manifests_fd < 0)
		return *manifests_fd;
	(void)text_format(
		name, sizeof(name), "%06lld-%s", (long long)run->import_id, run->tank.run_name);
	return manifest_new(&run->manifest, *manifests_fd, name, run->tank.unsafe_growth_bytes);
}

static void tell_scanned(struct run *run)
{
	struct import_counts counts = report_counts(run);
	struct event event = {.type = EVENT_CARD_SCANNED, .counts = &counts};
	uint64_t needed = counts.bytes_selected - counts.bytes_known, free_bytes = 0;

	report_event(run, &event);
	if (run->options->is_dry_run && run->tank.fd < 0)
		return;
	if (tank_free_bytes(&run->tank, &free_bytes) == 0 && needed > free_bytes)
		report_notice(run, FAULT_TANK_SPACE_AHEAD, 0, NULL, needed - free_bytes);
}

struct threads {
	pthread_t date, settle, verify, thumbs[THUMB_THREADS_MAX];
	unsigned thumbs_count;
	bool has_date, has_settle, has_verify;
};

static int start_threads(struct run *run, struct threads *threads)
{
	unsigned wanted = run->options->probe_workers ? run->options->probe_workers : 1;

	memset(threads, 0, sizeof(*threads));
	threads->has_date = pthread_create(&threads->date, NULL, date_thread, run) == 0;
	threads->has_settle = pthread_create(&threads->settle, NULL, settle_thread, run) == 0;
	threads->has_verify = !run->options->verify ||
		pthread_create(&threads->verify, NULL, verify_thread, run) == 0;
	if (!threads->has_date || !threads->has_settle || !threads->has_verify)
		return -EAGAIN;
	for (unsigned i = 0; run->options->thumbnails && i < wanted && i < THUMB_THREADS_MAX; i++)
		if (pthread_create(&threads->thumbs[i], NULL, thumb_thread, run) == 0)
			threads->thumbs_count++;
		else
			break;
	return 0;
}

static void join_copying(struct run *run, struct threads *threads)
{
	item_queue_end(&run->copied);
	if (threads->has_date)
		(void)pthread_join(threads->date, NULL);
	else
		item_queue_end(&run->dated);
	if (threads->has_settle)
		(void)pthread_join(threads->settle, NULL);
}

static void join_verifying(struct run *run, struct threads *threads)
{
	id_queue_end(&run->to_verify);
	if (threads->has_verify && run->options->verify)
		(void)pthread_join(threads->verify, NULL);
	id_queue_end(&run->to_thumb);
}

static void join_thumbnails(struct threads *threads)
{
	for (unsigned i = 0; i < threads->thumbs_count; i++)
		(void)pthread_join(threads->thumbs[i], NULL);
}

/* Scan and copy, with the other threads at work beside it. */
static void work(struct run *run, struct ledger *ledger, struct threads *threads)
{
	struct plan *plan = NULL;
	int r = start_threads(run, threads);

	if (r == 0) {
		report_state(run, CARD_SCANNING);
		r = scan_card(run, ledger, &plan);
	}
	if (r == 0) {
		tell_scanned(run);
		report_state(run, CARD_COPYING);
		r = copy_planned(run, plan);
	}
	if (r < 0)
		run_stop(run, tank_fault_of(r), r);
	plan_free(plan);
	join_copying(run, threads);
	if (run->options->verify && !run_should_stop(run))
		report_state(run, CARD_VERIFYING);
	join_verifying(run, threads);
}

static bool is_complete(const struct import_counts *counts)
{
	return counts->files_failed == 0 && counts->folders_failed == 0 &&
		counts->files_known + counts->files_copied == counts->files_selected;
}

static enum verdict judge(const struct run *run, const struct import_counts *counts)
{
	int fault = atomic_load(&run->stop_fault);

	if (fault == FAULT_NONE && run_is_cancelled(run))
		return VERDICT_CANCELLED;
	if (fault != FAULT_NONE)
		return counts->files_copied + counts->files_known ? VERDICT_INCOMPLETE
								  : VERDICT_FAILED;
	if (!is_complete(counts))
		return VERDICT_INCOMPLETE;
	if (counts->files_selected == 0)
		return VERDICT_EMPTY;
	return counts->files_verified == counts->files_selected ? VERDICT_SAFE_TO_FORMAT
								: VERDICT_COPIED;
}

static enum card_state end_state(const struct run *run, enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_CANCELLED:
		return CARD_CANCELLED;
	case VERDICT_FAILED:
		return CARD_FAILED;
	case VERDICT_INCOMPLETE:
		return atomic_load(&run->stop_fault) == FAULT_CARD_PULLED ? CARD_REMOVED_EARLY
									  : CARD_PARTIAL;
	case VERDICT_NONE:
	case VERDICT_SAFE_TO_FORMAT:
	case VERDICT_COPIED:
	case VERDICT_EMPTY:
	case VERDICTS_COUNT:
		break;
	}
	return CARD_DONE;
}

static void tell_done(struct run *run, struct engine_result *result)
{
	struct event event = {.type = EVENT_CARD_DONE,
		.verdict = result->verdict,
		.state = end_state(run, result->verdict),
		.counts = &result->counts,
		.fault = result->fault,
		.error = result->error,
		.bytes_missing = atomic_load(&run->bytes_missing),
		.thumbnails_left = atomic_load(&run->probe_is_missing)
			? 0
			: (uint32_t)id_queue_count(&run->to_thumb)};

	report_state(run, event.state);
	report_event(run, &event);
}

static void fill_result(struct run *run, struct engine_result *result)
{
	result->counts = report_counts(run);
	result->fault = (enum fault)atomic_load(&run->stop_fault);
	result->error = atomic_load(&run->stop_error);
	result->verdict = judge(run, &result->counts);
	if (result->fault != FAULT_TANK_FULL)
		atomic_store(&run->bytes_missing, 0);
}

static bool changed_anything(const struct import_counts *counts)
{
	return counts->files_copied || counts->files_same_content || counts->bytes_verified;
}

static int write_end(struct run *run, struct ledger *ledger, const struct engine_result *result)
{
	int r = ledger_begin(ledger);

	if (r == 0)
		r = ledger_import_end(ledger, run->import_id, result->verdict, &result->counts);
	if (r == 0)
		r = ledger_commit(ledger);
	if (r < 0)
		ledger_rollback(ledger);
	if (r == 0 && changed_anything(&result->counts))
		r = tank_barrier(&run->tank);
	return r;
}

/* The verdict is told only when everything it rests on is on the disk. */
static void conclude(struct run *run, struct ledger *ledger, struct engine_result *result)
{
	int r;

	fill_result(run, result);
	r = write_end(run, ledger, result);
	if (r < 0 && result->fault == FAULT_NONE) {
		run_stop(run, tank_fault_of(r), r);
		fill_result(run, result);
	}
	tell_done(run, result);
}

static bool ledger_broke(const struct run *run)
{
	return atomic_load(&run->stop_error) == -EBADMSG;
}

/* -EBADMSG: the ledger broke under our hands; nothing was told as done yet. */
static int run_on_tank(struct run *run, struct engine_result *result)
{
	CLEANUP(fd_closep) int manifests_fd = -1;
	struct ledger *ledger = NULL;
	struct threads threads = {0};
	bool was_damaged = false;
	int r = open_ledger(&ledger, &run->tank, &was_damaged);

	if (was_damaged && r == 0)
		report_notice(run, FAULT_LEDGER_DAMAGED, 0, NULL, 0);
	if (r == 0)
		r = begin_import(run, ledger);
	if (r == 0)
		r = begin_manifest(run, &manifests_fd);
	if (r == 0) {
		work(run, ledger, &threads);
		if (ledger_broke(run))
			r = -EBADMSG;
		else
			conclude(run, ledger, result);
	}
	join_thumbnails(&threads);
	manifest_free(run->manifest);
	run->manifest = NULL;
	ledger_close(ledger);
	return r;
}

static int open_tank(struct run *run)
{
	const struct engine_options *options = run->options;
	const struct tank_options tank_options = {.path = options->tank_path,
		.may_create = options->tank_may_create,
		.require_mount = options->require_mount,
		.keep_free_bytes = options->keep_free_bytes,
		.owner = options->owner,
		.group = options->group,
		.cancel = options->cancel};
	enum fault fault = FAULT_NONE;
	int r = tank_open(&run->tank, &tank_options, &fault);

	if (r < 0 && r != -ECANCELED)
		run_stop(run, fault, r);
	return r;
}

/* Nothing is made anywhere: a tank that is not there yet simply knows nothing. */
static void dry_run(struct run *run, struct engine_result *result)
{
	const struct ledger_card card = {
		.identity = run->card.identity, .label = run->card.label, .fs_type = ""};
	enum fault fault = FAULT_NONE;
	struct ledger *ledger = NULL;
	int r;

	if (tank_open_read_only(&run->tank, run->options->tank_path, &fault) == 0 &&
		ledger_open_read_only(&ledger, run->tank.path, run->tank.id) == 0 &&
		ledger_find_card(ledger, card.identity, &run->card_id) != 1) {
		ledger_close(ledger);
		ledger = NULL;
	}
	report_state(run, CARD_SCANNING);
	r = scan_card(run, ledger, NULL);
	if (r < 0)
		run_stop(run, tank_fault_of(r), r);
	tell_scanned(run);
	fill_result(run, result);
	result->verdict = run_is_cancelled(run) ? VERDICT_CANCELLED : VERDICT_NONE;
	tell_done(run, result);
	ledger_close(ledger);
	tank_close(&run->tank);
}

/*
 * -EBADMSG, and nothing told as done, if the ledger broke: then it may be tried once more.
 * *seq goes on from one try to the next.
 */
static int import_once(const struct engine_options *options, event_sink_fn sink, void *userdata,
	bool may_try_again, uint64_t *seq, struct engine_result *result)
{
	struct run run;
	enum fault fault = FAULT_NONE;
	bool is_told = false;
	int r;

	init_run(&run, options, sink, userdata);
	run.seq = *seq;
	r = card_open(
		&run.card, options->source_path, options->card_id, options->card_label, &fault);
	if (r < 0) {
		run_stop(&run, fault, r);
	} else if (card_meets_tank(&run)) {
		run_stop(&run, FAULT_CARD_IS_TANK, 0);
	} else if (options->is_dry_run) {
		dry_run(&run, result);
		is_told = true;
	} else if (open_tank(&run) == 0) {
		r = run_on_tank(&run, result);
		tank_close(&run.tank);
		if (r < 0 && r != -ECANCELED)
			run_stop(&run, tank_fault_of(r), r);
		is_told = r == 0;
	}
	may_try_again &= r == -EBADMSG;
	if (!is_told && !may_try_again) {
		fill_result(&run, result);
		tell_done(&run, result);
	}
	*seq = run.seq;
	finish_run(&run);
	return may_try_again ? r : 0;
}

int engine_import(const struct engine_options *options, event_sink_fn sink, void *userdata,
	struct engine_result *result)
{
	uint64_t seq = 0;
	int r;

	memset(result, 0, sizeof(*result));
	r = import_once(options, sink, userdata, true, &seq, result);
	/* The next look at the ledger finds the damage, sets it aside and makes it again. */
	if (r == -EBADMSG)
		r = import_once(options, sink, userdata, false, &seq, result);
	return r;
}
