/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * actor.c - the hands to the pure function in card.c: mounting, the worker, the verdict's
 * record, letting go. What the worker says meanwhile: actor_events.c.
 */
#include "core/daemon/actor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/daemon/journal.h"
#include "core/summary.h"

#define UNMOUNT_AGAIN_USEC 300000

struct model_card *actor_card(const struct actor *actor)
{
	return model_card(actor->daemon->model, actor->id);
}

void actor_free(struct actor *actor)
{
	worker_free(actor->worker);
	mount_job_free(actor->job);
	(void)sd_event_source_disable_unref(actor->retry_source);
	free(actor->key);
	free(actor->label);
	free(actor->identity);
	free(actor->device);
	free(actor->fs_type);
	free(actor->slot_device);
	free(actor->folder);
	free(actor);
}

void actor_unlink(struct actor *actor)
{
	struct actor **at = &actor->daemon->actors;

	while (*at != actor)
		at = &(*at)->next;
	*at = actor->next;
}

bool actor_is_in_use(const struct actor *actor)
{
	return actor->worker || actor->job || actor->is_mounted_by_us;
}

void actor_forget_if_over(struct actor *actor)
{
	if (!actor->is_gone || actor_is_in_use(actor))
		return;
	actor_unlink(actor);
	actor_free(actor);
}

bool actor_step(struct model_card *card, enum card_input input)
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

void actor_touch(const struct actor *actor)
{
	daemon_touch(actor->daemon);
	daemon_settle(actor->daemon);
}

/* --- letting go of a card --- */

static void set_safe(struct actor *actor)
{
	struct model_card *card = actor_card(actor);

	if (card) {
		card->is_mounted = false;
		if (card->state == CARD_DONE || card->state == CARD_PARTIAL ||
			card->state == CARD_FAILED || card->state == CARD_CANCELLED)
			(void)actor_step(card, CARD_INPUT_SAFE);
	}
	actor_touch(actor);
}

/* It is safe already; whether the slot did anything changes nothing about that. */
static void on_powered_down(void *userdata, int error)
{
	struct actor *actor = userdata;
	struct model_card *card = actor_card(actor);

	mount_job_free(TAKE_PTR(actor->job));
	if (error < 0)
		log_info("%s: the reader cannot let it go by itself: %s", actor->id,
			strerror(-error));
	if (card)
		card->can_power_down = false;
	actor_touch(actor);
	actor_forget_if_over(actor);
}

static void power_down(struct actor *actor)
{
	actor->is_to_eject = false;
	if (!actor->slot_device || actor->is_gone || actor->job)
		return;
	if (mount_power_down(&actor->job, actor->daemon->event, actor->slot_device, on_powered_down,
		    actor) < 0)
		log_warning("%s: no process could be started to eject it", actor->id);
}

static int on_unmount_again(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct actor *actor = userdata;

	(void)usec;
	actor->retry_source = sd_event_source_disable_unref(source);
	actor_release(actor);
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
	if (error == 0 && actor->is_to_eject)
		power_down(actor);
	actor_touch(actor);
	actor_forget_if_over(actor);
}

void actor_eject(struct actor *actor)
{
	actor->is_to_eject = true;
	actor_release(actor);
	if (!actor->job && !actor->is_mounted_by_us)
		power_down(actor);
}

void actor_release(struct actor *actor)
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

void actor_end(struct actor *actor, enum card_input input, enum verdict verdict, enum fault fault)
{
	struct model_card *card = actor_card(actor);

	actor->has_ended = true;
	actor->is_wanted = false;
	if (!card || !actor_step(card, input))
		return;
	card->verdict = verdict;
	card->fault = fault;
	record_end(actor, card);
	if (!actor->is_gone && actor->source->ops->ended)
		actor->source->ops->ended(actor->source, actor->key, card);
	actor_release(actor);
	actor_touch(actor);
}

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
	int r = worker_new(
		&actor->worker, actor->daemon->event, &worker, &actor_worker_handler, actor);

	if (r < 0) {
		(void)log_errno(LOG_LEVEL_ERROR, r, "%s: no worker could be started", actor->id);
		actor_end(actor, CARD_INPUT_FAILED, VERDICT_FAILED, FAULT_INTERNAL);
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
			actor_end(actor, CARD_INPUT_CANCELLED, VERDICT_CANCELLED, FAULT_NONE);
		else if (actor->is_mounted_by_us)
			actor_release(actor);
	} else if (error < 0) {
		actor_end(actor, CARD_INPUT_FAILED, VERDICT_FAILED,
			error == -ENOTRECOVERABLE ? FAULT_CARD_UNFINISHED : FAULT_CARD_UNREADABLE);
	} else {
		start_worker(actor);
	}
	actor_touch(actor);
	actor_forget_if_over(actor);
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

void actor_begin(struct actor *actor, struct model_card *card)
{
	if (!actor_step(card, CARD_INPUT_BEGIN))
		return;
	forget_last_import(actor, card);
	actor->is_wanted = false;
	actor->began_usec = clock_monotonic_usec();
	card->is_mounted = true;
	journal_card(LOG_LEVEL_NOTICE, card, "%s: begins", card->label);
	actor_touch(actor);
	if (actor->folder)
		start_worker(actor);
	else
		mount_it(actor);
}
