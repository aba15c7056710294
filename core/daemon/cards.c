/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cards.c - what is done with each card: the hands to the pure function in card.c.
 *
 * An actor is born when a source tells of a card and lives until the card is
 * gone and nothing of ours uses it any more; its model card may be gone earlier
 * (safely taken out), or stay longer (taken out too early, until somebody has seen it).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/daemon/card.h"
#include "core/daemon/daemon_priv.h"
#include "core/daemon/journal.h"
#include "core/daemon/mount.h"
#include "core/daemon/worker.h"
#include "core/summary.h"

#define PROGRESS_MIN_USEC 50000 /* the engine sends ten a second; more are left out */
#define UNMOUNT_AGAIN_USEC 300000
#define THUMBNAIL_PATIENCE_USEC 2000000
#define MOUNT_FOLDER "/run/imgtank/cards"

struct actor {
	struct actor *next;
	struct daemon *daemon; /* borrowed */
	char id[MODEL_ID_BYTES]; /* of its model card */
	struct source *source; /* borrowed; with key: which card of which source */
	char *key, *label, *identity, *device, *fs_type; /* owned, raw; may be NULL */
	char *folder; /* owned, raw: its root; NULL until it is mounted */
	bool is_mounted_by_us;

	bool is_wanted; /* to be imported as soon as that can be */
	bool is_gone; /* the source says so */
	bool is_stopping; /* its worker was asked to stop */
	bool is_detaching; /* it is being unmounted whoever uses it: the card is gone */
	bool has_ended; /* the worker has said how it went; it may still make thumbnails */
	uint64_t began_usec, progress_usec;
	struct worker *worker; /* owned */
	struct mount_job *job; /* owned */
	sd_event_source *retry_source; /* of an unmount that has to wait */
	int unmount_error; /* of the last try; each is logged once */

	char newest_tank_path[MODEL_PATH_BYTES]; /* shown with the next progress */
	char thumbnail[MODEL_PATH_BYTES]; /* may be there soon */
	uint64_t thumbnail_usec; /* waited for since then */
};

static struct model_card *card_of(const struct actor *actor)
{
	return model_card(actor->daemon->model, actor->id);
}

static void free_actor(struct actor *actor)
{
	worker_free(actor->worker);
	mount_job_free(actor->job);
	(void)sd_event_source_disable_unref(actor->retry_source);
	free(actor->key);
	free(actor->label);
	free(actor->identity);
	free(actor->device);
	free(actor->fs_type);
	free(actor->folder);
	free(actor);
}

static void unlink_actor(struct actor *actor)
{
	struct actor **at = &actor->daemon->actors;

	while (*at != actor)
		at = &(*at)->next;
	*at = actor->next;
}

/* Is anything of ours still at it? */
static bool is_in_use(const struct actor *actor)
{
	return actor->worker || actor->job || actor->is_mounted_by_us;
}

static void forget_if_over(struct actor *actor)
{
	if (!actor->is_gone || is_in_use(actor))
		return;
	unlink_actor(actor);
	free_actor(actor);
}

static struct actor *find_by_id(const struct daemon *daemon, const char *id)
{
	struct actor *actor = daemon->actors;

	while (actor && strcmp(actor->id, id) != 0)
		actor = actor->next;
	return actor;
}

/* False if the input does not belong there; then nothing happens. */
static bool step(struct model_card *card, enum card_input input)
{
	struct card_phase phase = {card->state, card->waiting};

	if (card_next_state(phase, input, &phase) < 0) {
		log_debug("%s: '%s' means nothing while it is %s", card->id, card_input_name(input),
			card_state_name(card->state));
		return false;
	}
	card->state = phase.state;
	card->waiting = phase.waiting;
	return true;
}

static void touch(const struct actor *actor)
{
	daemon_touch(actor->daemon);
	daemon_settle(actor->daemon);
}

/* --- letting go of a card --- */

static void release(struct actor *actor);

static void set_safe(struct actor *actor)
{
	struct model_card *card = card_of(actor);

	if (card) {
		card->is_mounted = false;
		if (card->state == CARD_DONE || card->state == CARD_PARTIAL ||
			card->state == CARD_FAILED || card->state == CARD_CANCELLED)
			(void)step(card, CARD_INPUT_SAFE);
	}
	touch(actor);
}

static int on_unmount_again(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct actor *actor = userdata;

	(void)usec;
	actor->retry_source = sd_event_source_disable_unref(source);
	release(actor);
	return 0;
}

static void unmount_later(struct actor *actor)
{
	if (!actor->retry_source)
		(void)sd_event_add_time_relative(actor->daemon->event, &actor->retry_source,
			CLOCK_MONOTONIC, UNMOUNT_AGAIN_USEC, 0, on_unmount_again, actor);
}

/*
 * A card that could not be unmounted is not safe, whatever the reason: it is tried again,
 * and without regard to who uses it once the card is gone. A machine that goes down waits
 * only for those who use it, and these are our own.
 */
static bool must_try_again(const struct actor *actor, int error)
{
	return error < 0 && !actor->is_detaching &&
		(error == -EBUSY || actor->daemon->halting == HALTING_NONE);
}

static void on_unmounted(void *userdata, int error)
{
	struct actor *actor = userdata;

	mount_job_free(TAKE_PTR(actor->job));
	/* Busy: a worker that makes thumbnails holds it a moment longer. */
	if (error < 0 && error != -EBUSY && error != actor->unmount_error)
		(void)log_errno(
			LOG_LEVEL_WARNING, error, "%s: it could not be unmounted", actor->id);
	actor->unmount_error = error;
	if (must_try_again(actor, error)) {
		unmount_later(actor);
		return;
	}
	actor->is_mounted_by_us = false;
	free(TAKE_PTR(actor->folder));
	if (error == 0)
		set_safe(actor);
	touch(actor);
	forget_if_over(actor);
}

/* Makes the card safe to take out, now or soon. Nothing of it is being read. */
static void release(struct actor *actor)
{
	int r;

	if (actor->job)
		return; /* it comes here when that is done */
	if (!actor->is_mounted_by_us) {
		set_safe(actor);
		return;
	}
	actor->is_detaching = actor->is_gone;
	r = mount_undo(&actor->job, actor->daemon->event, actor->folder, actor->is_detaching,
		on_unmounted, actor);
	if (r < 0)
		unmount_later(actor);
}

/* --- how it went --- */

static const char *end_word(const struct model_card *card)
{
	switch (card->verdict) {
	case VERDICT_SAFE_TO_FORMAT:
	case VERDICT_COPIED:
		return "finished";
	case VERDICT_EMPTY:
		return "nothing to copy";
	case VERDICT_CANCELLED:
		return "cancelled";
	default:
		return card->state == CARD_REMOVED_EARLY ? "taken out too early"
							 : "not everything was copied";
	}
}

static enum message_level level_of_end(const struct model_card *card)
{
	if (card->verdict == VERDICT_INCOMPLETE || card->verdict == VERDICT_FAILED)
		return LEVEL_ERROR;
	return card->verdict == VERDICT_CANCELLED ? LEVEL_NOTICE : LEVEL_INFO;
}

static void count_end(struct daemon *daemon, const struct model_card *card)
{
	if (level_of_end(card) == LEVEL_ERROR)
		daemon->model->tank.bad_ends_count++;
	else if (card->verdict != VERDICT_CANCELLED)
		daemon->model->tank.good_ends_count++;
}

/* Once for each import, when its verdict is known: message, history, journal. */
static void record_end(struct actor *actor, struct model_card *card)
{
	struct daemon *daemon = actor->daemon;
	uint64_t spent_usec = clock_monotonic_usec() - actor->began_usec;
	struct model_import import = {.time_s = daemon_time_s(daemon),
		.duration_s = (spent_usec + 500000) / 1000000,
		.verdict = card->verdict,
		.fault = card->fault,
		.counts = card->counts};
	char text[MODEL_TEXT_BYTES];

	model_set_text(import.card, sizeof(import.card), card->label);
	model_set_text(import.camera, sizeof(import.camera), card->camera);
	model_add_import(daemon->model, &import);
	summary_verdict(card->verdict, &card->counts, text, sizeof(text));
	daemon_note(daemon, level_of_end(card), card->fault, card->label, "%s: %s. %s", card->label,
		end_word(card), text);
	journal_card(level_of_end(card) == LEVEL_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_NOTICE, card,
		"%s: %s: %s. %s", card->label, verdict_name(card->verdict), end_word(card), text);
	count_end(daemon, card);
	daemon_remember_card(daemon, card->identity);
	card->rate_bytes_per_s = 0;
	card->eta_s = EVENT_ETA_UNKNOWN;
	card->file[0] = '\0';
}

/* The import ends here, whether the engine said so or somebody else. */
static void end_import(
	struct actor *actor, enum card_input input, enum verdict verdict, enum fault fault)
{
	struct model_card *card = card_of(actor);

	actor->has_ended = true;
	actor->is_wanted = false;
	if (!card || !step(card, input))
		return;
	card->verdict = verdict;
	card->fault = fault;
	record_end(actor, card);
	release(actor);
	touch(actor);
}

/*
 * The engine found no tank. If that is so, the card waits for it; if the tank
 * is there in our eyes, the next try would end the same way.
 */
static bool waits_for_tank(struct actor *actor, const struct event *event)
{
	struct daemon *daemon = actor->daemon;
	struct model_card *card = card_of(actor);

	if (event->fault != FAULT_TANK_MISSING && event->fault != FAULT_TANK_NOT_MOUNTED)
		return false;
	tank_watch_look(daemon->tank_watch);
	tank_watch_fill(daemon->tank_watch, &daemon->model->tank);
	if (tank_is_usable(&daemon->model->tank) || !card || !step(card, CARD_INPUT_NO_TANK))
		return false;
	actor->has_ended = true;
	actor->is_wanted = true;
	card->fault = event->fault;
	release(actor);
	touch(actor);
	return true;
}

/* --- what the engine says --- */

/* "images/a/b.cr2" -> "thumbnails/a/b.cr2.jpg" */
static void name_thumbnail(const char *tank_path, char *out, size_t out_bytes)
{
	static const char images[] = "images/";
	size_t length = sizeof(images) - 1;

	if (strncmp(tank_path, images, length) != 0 ||
		!text_format(out, out_bytes, "thumbnails/%s.jpg", tank_path + length))
		out[0] = '\0';
}

static bool is_in_tank(const struct daemon *daemon, const char *path)
{
	char raw[MODEL_PATH_BYTES];
	CLEANUP(freep) char *whole = NULL;

	if (!*path || text_unescape(path, raw, sizeof(raw)) < 0)
		return false;
	if (asprintf(&whole, "%s/%s", daemon->options->tank_path, raw) < 0) {
		whole = NULL;
		return false;
	}
	return access(whole, F_OK) == 0;
}

/* Thumbnails come a little behind their pictures, and not every file has one. */
static void look_for_thumbnail(struct actor *actor, struct model_card *card)
{
	uint64_t now_usec = clock_monotonic_usec();
	bool is_there = is_in_tank(actor->daemon, actor->thumbnail);

	if (is_there)
		model_set_text(
			card->newest_thumbnail, sizeof(card->newest_thumbnail), actor->thumbnail);
	if (is_there || !*actor->thumbnail ||
		now_usec - actor->thumbnail_usec > THUMBNAIL_PATIENCE_USEC) {
		name_thumbnail(actor->newest_tank_path, actor->thumbnail, sizeof(actor->thumbnail));
		actor->thumbnail_usec = now_usec;
	}
}

static void take_moving_parts(
	struct actor *actor, struct model_card *card, const struct event *event)
{
	card->counts = *event->counts;
	model_set_text(
		card->newest_tank_path, sizeof(card->newest_tank_path), actor->newest_tank_path);
	look_for_thumbnail(actor, card);
}

static void on_state(struct actor *actor, struct model_card *card, enum card_state state)
{
	enum card_state before = card->state;
	enum card_input input;

	if (card_input_of_work(state, &input) < 0 || !step(card, input) || card->state == before)
		return;
	journal_card(LOG_LEVEL_INFO, card, "%s: %s", card->label, card_state_name(card->state));
	touch(actor);
}

static void on_progress(struct actor *actor, struct model_card *card, const struct event *event)
{
	uint64_t now_usec = clock_monotonic_usec();

	if (now_usec - actor->progress_usec < PROGRESS_MIN_USEC)
		return;
	actor->progress_usec = now_usec;
	on_state(actor, card, event->state);
	take_moving_parts(actor, card, event);
	card->rate_bytes_per_s = event->rate_bytes_per_s;
	card->eta_s = event->eta_s;
	model_set_text(card->file, sizeof(card->file), event->file);
	daemon_touch(actor->daemon);
}

static void on_file_copied(struct actor *actor, struct model_card *card, const struct event *event)
{
	if (strlen(event->tank_path) < sizeof(actor->newest_tank_path))
		model_set_text(
			actor->newest_tank_path, sizeof(actor->newest_tank_path), event->tank_path);
	if (!*card->camera && *event->camera) {
		model_set_text(card->camera, sizeof(card->camera), event->camera);
		daemon_touch(actor->daemon);
	}
}

static void on_file_failed(struct actor *actor, struct model_card *card, const struct event *event)
{
	model_card_add_error(card, event->fault, event->file);
	daemon_touch(actor->daemon);
}

static void on_notice(struct actor *actor, struct model_card *card, const struct event *event)
{
	const struct fault_text *words = fault_text(event->fault);
	enum message_level level =
		event->fault == FAULT_TANK_SPACE_AHEAD ? LEVEL_WARNING : LEVEL_NOTICE;

	if (event->bytes_missing)
		card->bytes_missing = event->bytes_missing;
	daemon_note(actor->daemon, level, event->fault, card->label, "%s%s%s %s", event->file,
		*event->file ? ": " : "", words->what, words->remedy);
	journal_card(LOG_LEVEL_WARNING, card, "%s: %s %s", card->label, words->what, event->file);
}

/* "Safe" is said only if the numbers beside it say the same: they come from another process. */
static enum verdict believable_verdict(const struct event *event)
{
	const struct import_counts *counts = event->counts;
	uint64_t in_tank_count = (uint64_t)counts->files_known + counts->files_copied;
	bool is_whole = counts->files_failed == 0 && counts->folders_failed == 0 &&
		in_tank_count == counts->files_selected &&
		counts->files_verified == counts->files_selected;

	if (event->verdict != VERDICT_SAFE_TO_FORMAT || is_whole)
		return event->verdict;
	log_error("a worker said 'safe to format', but its numbers say that files are missing or "
		  "unverified");
	return VERDICT_INCOMPLETE;
}

static enum card_input input_of_end(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_SAFE_TO_FORMAT:
	case VERDICT_COPIED:
	case VERDICT_EMPTY:
		return CARD_INPUT_DONE;
	case VERDICT_INCOMPLETE:
		return CARD_INPUT_PARTIAL;
	case VERDICT_CANCELLED:
		return CARD_INPUT_CANCELLED;
	default:
		return CARD_INPUT_FAILED;
	}
}

static void on_done(struct actor *actor, struct model_card *card, const struct event *event)
{
	enum verdict verdict = believable_verdict(event);

	take_moving_parts(actor, card, event);
	if (event->bytes_missing)
		card->bytes_missing = event->bytes_missing;
	if (waits_for_tank(actor, event))
		return;
	/* The engine may notice before the source that the card is gone. */
	if (event->fault == FAULT_CARD_PULLED)
		end_import(actor, CARD_INPUT_PULLED, VERDICT_INCOMPLETE, event->fault);
	else
		end_import(actor, input_of_end(verdict), verdict, event->fault);
}

static void take_identity(struct actor *actor, struct model_card *card, const struct event *event)
{
	if (*card->identity || !*event->card)
		return;
	model_set_text(card->identity, sizeof(card->identity), event->card);
	card->is_seen_before = daemon_knows_card(actor->daemon, card->identity);
	daemon_touch(actor->daemon);
}

static void on_engine_event(void *userdata, const struct event *event)
{
	struct actor *actor = userdata;
	struct model_card *card = card_of(actor);

	daemon_tell_followers(actor->daemon, event, actor->id);
	if (!card || actor->has_ended)
		return;
	take_identity(actor, card, event);
	switch (event->type) {
	case EVENT_CARD_STATE:
		on_state(actor, card, event->state);
		break;
	case EVENT_CARD_SCANNED:
		card->counts = *event->counts;
		daemon_touch(actor->daemon);
		break;
	case EVENT_CARD_PROGRESS:
		on_progress(actor, card, event);
		break;
	case EVENT_FILE_COPIED:
		on_file_copied(actor, card, event);
		break;
	case EVENT_FILE_LEFT_OUT:
		model_card_add_left_out(card, event->reason);
		break;
	case EVENT_FILE_FAILED:
		on_file_failed(actor, card, event);
		break;
	case EVENT_NOTICE:
		on_notice(actor, card, event);
		break;
	case EVENT_CARD_DONE:
		on_done(actor, card, event);
		break;
	default:
		break;
	}
}

/* A worker that has not said how it went was stopped, or has died. */
static void on_worker_ended(void *userdata, bool is_in_order)
{
	struct actor *actor = userdata;

	worker_free(TAKE_PTR(actor->worker));
	if (!actor->has_ended && actor->is_stopping && is_in_order)
		end_import(actor, CARD_INPUT_CANCELLED, VERDICT_CANCELLED, FAULT_NONE);
	else if (!actor->has_ended)
		end_import(actor, CARD_INPUT_FAILED, VERDICT_FAILED, FAULT_INTERNAL);
	touch(actor);
	forget_if_over(actor);
}

static const struct worker_handler worker_handler = {on_engine_event, on_worker_ended};

/* --- beginning --- */

static void start_worker(struct actor *actor)
{
	const struct daemon_options *options = actor->daemon->options;
	const struct worker_options worker = {.program = options->engine_program,
		.config_path = options->config_path,
		.tank_path = options->is_tank_given ? options->tank_path : NULL,
		.card_id = actor->identity,
		.card_label = actor->label,
		.source_path = actor->folder};
	int r = worker_new(&actor->worker, actor->daemon->event, &worker, &worker_handler, actor);

	if (r < 0) {
		(void)log_errno(LOG_LEVEL_ERROR, r, "%s: no worker could be started", actor->id);
		end_import(actor, CARD_INPUT_FAILED, VERDICT_FAILED, FAULT_INTERNAL);
	}
}

static void on_mounted(void *userdata, int error)
{
	struct actor *actor = userdata;

	mount_job_free(TAKE_PTR(actor->job));
	actor->is_mounted_by_us = error == 0;
	if (error < 0) {
		(void)log_errno(LOG_LEVEL_WARNING, error, "%s: it could not be mounted", actor->id);
		free(TAKE_PTR(actor->folder));
	}
	if (actor->is_gone || actor->is_stopping) {
		if (!actor->is_gone)
			end_import(actor, CARD_INPUT_CANCELLED, VERDICT_CANCELLED, FAULT_NONE);
		else if (actor->is_mounted_by_us)
			release(actor);
	} else if (error < 0) {
		end_import(actor, CARD_INPUT_FAILED, VERDICT_FAILED, FAULT_CARD_UNREADABLE);
	} else {
		start_worker(actor);
	}
	touch(actor);
	forget_if_over(actor);
}

static void mount_it(struct actor *actor)
{
	int r = -ENOMEM;

	if (asprintf(&actor->folder, MOUNT_FOLDER "/%s", actor->id) < 0)
		actor->folder = NULL;
	else
		r = mount_begin(&actor->job, actor->daemon->event, actor->device, actor->fs_type,
			actor->folder, on_mounted, actor);
	if (r < 0)
		on_mounted(actor, r);
}

/* What an earlier import of this card has left. */
static void forget_last_import(struct actor *actor, struct model_card *card)
{
	card->is_acknowledged = false;
	card->fault = FAULT_NONE;
	card->verdict = VERDICT_NONE;
	card->bytes_missing = card->rate_bytes_per_s = 0;
	card->eta_s = EVENT_ETA_UNKNOWN;
	card->file[0] = card->newest_tank_path[0] = card->newest_thumbnail[0] = '\0';
	card->errors_count = card->errors_total = card->left_out_count = 0;
	memset(&card->counts, 0, sizeof(card->counts));
	memset(card->errors, 0, sizeof(card->errors));
	memset(card->left_out, 0, sizeof(card->left_out));
	actor->has_ended = actor->is_stopping = false;
	actor->newest_tank_path[0] = actor->thumbnail[0] = '\0';
	actor->progress_usec = 0;
}

static void begin(struct actor *actor, struct model_card *card)
{
	if (!step(card, CARD_INPUT_BEGIN))
		return;
	forget_last_import(actor, card);
	actor->is_wanted = false;
	actor->began_usec = clock_monotonic_usec();
	card->is_mounted = true;
	journal_card(LOG_LEVEL_NOTICE, card, "%s: begins", card->label);
	touch(actor);
	if (actor->folder)
		start_worker(actor);
	else
		mount_it(actor);
}

static unsigned int count_at_work(const struct daemon *daemon)
{
	unsigned int count = 0;

	for (uint32_t i = 0; i < daemon->model->cards_count; i++)
		count += daemon->model->cards[i].state != CARD_INSERTED &&
			card_state_is_busy(daemon->model->cards[i].state);
	return count;
}

/* It was pulled and is back, and the worker of before has not stopped yet. */
static bool is_same_card_at_work(const struct actor *actor)
{
	const struct actor *other = actor->daemon->actors;

	if (!actor->identity)
		return false;
	for (; other; other = other->next)
		if (other != actor && other->worker && other->identity &&
			!strcmp(other->identity, actor->identity))
			return true;
	return false;
}

/* May it not begin because of others, or of what it did before? */
static bool must_wait_its_turn(const struct actor *actor)
{
	return actor->worker || actor->job || actor->retry_source || is_same_card_at_work(actor) ||
		count_at_work(actor->daemon) >= actor->daemon->options->workers_max;
}

static void wait_for(
	struct actor *actor, struct model_card *card, enum card_input input, enum fault fault)
{
	struct card_phase before = {card->state, card->waiting};

	(void)step(card, input);
	card->fault = fault;
	if (before.state != card->state || before.waiting != card->waiting)
		touch(actor);
}

static void go_on(struct actor *actor)
{
	const struct model_tank *tank = &actor->daemon->model->tank;
	struct model_card *card = card_of(actor);

	if (!card || actor->is_gone || !actor->is_wanted)
		return;
	if (!tank_is_usable(tank)) {
		wait_for(actor, card, CARD_INPUT_NO_TANK, tank->fault);
		return;
	}
	if (!must_wait_its_turn(actor)) {
		begin(actor, card);
		return;
	}
	wait_for(actor, card, CARD_INPUT_TURN, FAULT_NONE);
	if (actor->worker)
		worker_stop(actor->worker); /* only thumbnails; they are made next time */
}

void cards_go_on(struct daemon *daemon)
{
	struct actor *next;

	if (daemon->halting != HALTING_NONE)
		return;
	for (struct actor *actor = daemon->actors; actor; actor = next) {
		next = actor->next;
		go_on(actor);
	}
}

/* --- what sources say --- */

static int copy_text(char **to, const char *from)
{
	if (!from)
		return 0;
	*to = strdup(from);
	return *to ? 0 : -ENOMEM;
}

static struct actor *new_actor(
	struct daemon *daemon, struct source *source, const struct source_card *told)
{
	struct actor *actor = calloc(1, sizeof(*actor)), **end = &daemon->actors;

	if (!actor)
		return NULL;
	actor->daemon = daemon;
	actor->source = source;
	if (copy_text(&actor->key, told->key) < 0 || copy_text(&actor->label, told->label) < 0 ||
		copy_text(&actor->identity, told->identity) < 0 ||
		copy_text(&actor->folder, told->folder) < 0 ||
		copy_text(&actor->device, told->device) < 0 ||
		copy_text(&actor->fs_type, told->fs_type) < 0) {
		free_actor(actor);
		return NULL;
	}
	(void)text_format(
		actor->id, sizeof(actor->id), "c%llu", (unsigned long long)++daemon->last_card);
	while (*end)
		end = &(*end)->next;
	*end = actor;
	return actor;
}

/* A card that was pulled and is back has nothing more to complain about. */
static void drop_pulled(struct daemon *daemon, const char *identity)
{
	for (uint32_t i = daemon->model->cards_count; i > 0; i--) {
		const struct model_card *card = &daemon->model->cards[i - 1];

		if (card->state == CARD_REMOVED_EARLY && *identity &&
			!strcmp(card->identity, identity))
			model_card_remove(daemon->model, card->id);
	}
}

/* When the list is full, one that is not even there any more makes room. */
static void make_room(struct daemon *daemon)
{
	for (uint32_t i = 0; i < daemon->model->cards_count; i++) {
		if (daemon->model->cards[i].state == CARD_REMOVED_EARLY) {
			model_card_remove(daemon->model, daemon->model->cards[i].id);
			return;
		}
	}
}

static void escape_into(char *field, size_t field_bytes, const char *raw)
{
	field[0] = '\0';
	if (raw)
		(void)text_escape(raw, field, field_bytes);
}

static struct model_card *new_model_card(
	struct daemon *daemon, const char *id, const struct source_card *told)
{
	struct model_card *card;
	char identity[MODEL_LABEL_BYTES];

	escape_into(identity, sizeof(identity), told->identity);
	drop_pulled(daemon, identity);
	if (daemon->model->cards_count == MODEL_CARDS_MAX)
		make_room(daemon);
	card = model_card_add(daemon->model, id);
	if (!card)
		return NULL;
	model_set_text(card->identity, sizeof(card->identity), identity);
	escape_into(card->label, sizeof(card->label), told->label);
	escape_into(card->slot, sizeof(card->slot), told->slot);
	if (!*card->label)
		model_set_text(card->label, sizeof(card->label), *card->slot ? card->slot : "card");
	card->size_bytes = told->size_bytes;
	card->is_seen_before = daemon_knows_card(daemon, identity);
	return card;
}

/* The first decision about a card that was put in. */
static void decide(struct actor *actor, struct model_card *card, bool is_supported)
{
	enum config_start start = actor->daemon->options->start;

	if (!is_supported) {
		(void)step(card, CARD_INPUT_UNSUPPORTED);
		card->fault = FAULT_CARD_UNSUPPORTED;
	} else if (start == CONFIG_START_AUTO) {
		actor->is_wanted = true;
	} else {
		(void)step(card, start == CONFIG_START_ASK ? CARD_INPUT_ASK : CARD_INPUT_LEAVE);
	}
}

static void on_inserted(void *userdata, struct source *source, const struct source_card *told)
{
	struct daemon *daemon = userdata;
	struct actor *actor = new_actor(daemon, source, told);
	struct model_card *card = actor ? new_model_card(daemon, actor->id, told) : NULL;

	if (!card) {
		log_error("a card was put in, but there is no room left to deal with it");
		if (actor) {
			unlink_actor(actor);
			free_actor(actor);
		}
		return;
	}
	journal_card(LOG_LEVEL_NOTICE, card, "%s: put in at %s", card->label, card->slot);
	decide(actor, card, told->is_supported);
	touch(actor);
}

static struct actor *find_by_key(
	const struct daemon *daemon, const struct source *source, const char *key)
{
	struct actor *actor = daemon->actors;

	while (actor && (actor->is_gone || actor->source != source || strcmp(actor->key, key) != 0))
		actor = actor->next;
	return actor;
}

/* The card is out: while it was being read, or as it should be. */
static void take_out(struct actor *actor, struct model_card *card)
{
	if (card->state == CARD_REMOVED_EARLY)
		return; /* the engine has noticed first */
	if (card_state_is_busy(card->state) && card->state != CARD_INSERTED) {
		end_import(actor, CARD_INPUT_PULLED, VERDICT_INCOMPLETE, FAULT_CARD_PULLED);
		return;
	}
	(void)step(card, CARD_INPUT_PULLED);
	journal_card(LOG_LEVEL_INFO, card, "%s: taken out", card->label);
	model_card_remove(actor->daemon->model, actor->id);
}

static void on_removed(void *userdata, struct source *source, const char *key)
{
	struct daemon *daemon = userdata;
	struct actor *actor = find_by_key(daemon, source, key);
	struct model_card *card = actor ? card_of(actor) : NULL;
	bool was_ended;

	if (!actor)
		return;
	was_ended = actor->has_ended;
	actor->is_gone = true;
	actor->is_wanted = false;
	if (card)
		take_out(actor, card);
	if (actor->worker && !was_ended) /* thumbnails need no card */
		worker_stop(actor->worker);
	if (actor->is_mounted_by_us)
		release(actor);
	touch(actor);
	forget_if_over(actor);
}

static void on_source_ready(void *userdata, struct source *source)
{
	struct daemon *daemon = userdata;

	(void)source;
	daemon->sources_ready_count++;
	daemon_settle(daemon);
}

const struct source_handler cards_source_handler = {on_inserted, on_removed, on_source_ready};

/* --- what people say --- */

static enum reply_code find_named(struct daemon *daemon, const char *name, struct model_card **ret)
{
	unsigned int found_count = 0;

	*ret = model_card(daemon->model, name);
	for (uint32_t i = 0; !*ret && i < daemon->model->cards_count; i++) {
		if (strcmp(daemon->model->cards[i].label, name) != 0)
			continue;
		*ret = &daemon->model->cards[i];
		while (i < daemon->model->cards_count)
			found_count += !strcmp(daemon->model->cards[i++].label, name);
	}
	if (found_count > 1)
		return REPLY_WHICH_CARD;
	return *ret ? REPLY_OK : REPLY_UNKNOWN_CARD;
}

/* The card that a command means; without a name the only one that it can mean. */
static enum reply_code find_target(
	struct daemon *daemon, const struct command_request *request, struct model_card **ret)
{
	uint32_t bit = COMMAND_BIT(request->command);
	unsigned int found_count = 0;

	summary_update(daemon->model); /* what makes sense may have changed in this turn */
	if (*request->card) {
		enum reply_code code = find_named(daemon, request->card, ret);

		if (code == REPLY_OK && !((*ret)->commands & bit))
			code = REPLY_NOT_NOW;
		return code;
	}
	for (uint32_t i = 0; i < daemon->model->cards_count; i++) {
		if (!(daemon->model->cards[i].commands & bit))
			continue;
		found_count++;
		*ret = &daemon->model->cards[i];
	}
	if (found_count == 1)
		return REPLY_OK;
	return found_count ? REPLY_WHICH_CARD : REPLY_NOT_NOW;
}

static void cancel(struct actor *actor, struct model_card *card)
{
	actor->is_wanted = false;
	if (step(card, CARD_INPUT_DECLINED)) {
		card->fault = FAULT_NONE;
		return;
	}
	actor->is_stopping = true;
	if (actor->worker)
		worker_stop(actor->worker);
}

static void acknowledge(struct daemon *daemon, struct model_card *card)
{
	card->is_acknowledged = true;
	if (step(card, CARD_INPUT_SEEN))
		model_card_remove(daemon->model, card->id);
}

static void obey(struct daemon *daemon, struct model_card *card, enum command command)
{
	struct actor *actor = find_by_id(daemon, card->id);

	if (command == COMMAND_ACK)
		acknowledge(daemon, card);
	else if (!actor)
		return; /* it is gone; only its complaint is left */
	else if (command == COMMAND_CANCEL)
		cancel(actor, card);
	else if (command == COMMAND_EJECT)
		release(actor);
	else
		actor->is_wanted = true; /* confirm, retry */
}

enum reply_code cards_command(struct daemon *daemon, const struct command_request *request,
	const char **sentence, const char **remedy)
{
	struct model_card *card = NULL;
	enum reply_code code = find_target(daemon, request, &card);

	(void)sentence;
	(void)remedy;
	if (code != REPLY_OK)
		return code;
	journal_card(LOG_LEVEL_INFO, card, "%s: somebody says '%s'", card->label,
		command_name(request->command));
	obey(daemon, card, request->command);
	daemon_touch(daemon);
	daemon_settle(daemon);
	return REPLY_OK;
}

/* --- the end --- */

void cards_stop(struct daemon *daemon)
{
	for (struct actor *actor = daemon->actors; actor; actor = actor->next) {
		actor->is_stopping = true;
		if (actor->worker)
			worker_stop(actor->worker);
		else if (actor->is_mounted_by_us)
			release(actor);
	}
}

bool cards_are_busy(const struct daemon *daemon)
{
	for (const struct actor *actor = daemon->actors; actor; actor = actor->next)
		if (is_in_use(actor))
			return true;
	return false;
}

void cards_free(struct daemon *daemon)
{
	while (daemon->actors) {
		struct actor *actor = daemon->actors;

		daemon->actors = actor->next;
		free_actor(actor);
	}
}
