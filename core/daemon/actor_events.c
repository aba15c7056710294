/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * actor_events.c - what the engine says of a card, and what that means for its model.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/daemon/actor.h"
#include "core/daemon/journal.h"

#define PROGRESS_MIN_USEC 50000 /* the engine sends ten a second; more are left out */
#define THUMBNAIL_PATIENCE_USEC 2000000

/*
 * The engine found no tank. If that is so, the card waits for it; if the tank
 * is there in our eyes, the next try would end the same way.
 */
static bool waits_for_tank(struct actor *actor, const struct event *event)
{
	struct daemon *daemon = actor->daemon;
	struct model_card *card = actor_card(actor);

	if (event->fault != FAULT_TANK_MISSING && event->fault != FAULT_TANK_NOT_MOUNTED)
		return false;
	tank_watch_look(daemon->tank_watch);
	tank_watch_fill(daemon->tank_watch, &daemon->model->tank);
	if (tank_is_usable(&daemon->model->tank) || !card || !actor_step(card, CARD_INPUT_NO_TANK))
		return false;
	actor->has_ended = true;
	actor->is_wanted = true;
	card->fault = event->fault;
	actor_release(actor);
	actor_touch(actor);
	return true;
}

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

	if (card_input_of_work(state, &input) < 0 || !actor_step(card, input) ||
		card->state == before)
		return;
	journal_card(LOG_LEVEL_INFO, card, "%s: %s", card->label, card_state_name(card->state));
	actor_touch(actor);
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
		actor_end(actor, CARD_INPUT_PULLED, VERDICT_INCOMPLETE, event->fault);
	else
		actor_end(actor, input_of_end(verdict), verdict, event->fault);
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
	struct model_card *card = actor_card(actor);

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
		actor_end(actor, CARD_INPUT_CANCELLED, VERDICT_CANCELLED, FAULT_NONE);
	else if (!actor->has_ended)
		actor_end(actor, CARD_INPUT_FAILED, VERDICT_FAILED, FAULT_INTERNAL);
	actor_touch(actor);
	actor_forget_if_over(actor);
}

const struct worker_handler actor_worker_handler = {on_engine_event, on_worker_ended};
