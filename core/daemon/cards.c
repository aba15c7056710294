/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cards.c - all cards: whose turn it is, what sources and people say. What is
 * done with each: actor.c.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/daemon/actor.h"
#include "core/daemon/journal.h"
#include "core/summary.h"

/* Of the places in the list; each partition of what is plugged in is a card. */
#define CARDS_OF_ONE_READER_MAX 12

static struct actor *find_by_id(const struct daemon *daemon, const char *id)
{
	struct actor *actor = daemon->actors;

	while (actor && strcmp(actor->id, id) != 0)
		actor = actor->next;
	return actor;
}

/* --- whose turn it is --- */

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

	(void)actor_step(card, input);
	card->fault = fault;
	if (before.state != card->state || before.waiting != card->waiting)
		actor_touch(actor);
}

static void go_on(struct actor *actor)
{
	const struct model_tank *tank = &actor->daemon->model->tank;
	struct model_card *card = actor_card(actor);

	if (!card || actor->is_gone || !actor->is_wanted)
		return;
	if (!tank_is_usable(tank)) {
		wait_for(actor, card, CARD_INPUT_NO_TANK, tank->fault);
		return;
	}
	if (!must_wait_its_turn(actor)) {
		actor_begin(actor, card);
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
		copy_text(&actor->fs_type, told->fs_type) < 0 ||
		copy_text(&actor->slot_device, told->slot_device) < 0) {
		actor_free(actor);
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

/* A crafted card with a heap of partitions must leave places for others. */
static bool takes_too_many(const struct daemon *daemon, const char *slot_device)
{
	uint32_t count = 0;

	if (!slot_device)
		return false;
	for (const struct actor *actor = daemon->actors; actor; actor = actor->next)
		count += !actor->is_gone && actor->slot_device &&
			!strcmp(actor->slot_device, slot_device);
	return count >= CARDS_OF_ONE_READER_MAX;
}

static bool has_place(struct daemon *daemon, const char *identity, const struct source_card *told)
{
	drop_pulled(daemon, identity);
	if (takes_too_many(daemon, told->slot_device))
		return false;
	if (daemon->model->cards_count == MODEL_CARDS_MAX)
		make_room(daemon);
	return daemon->model->cards_count < MODEL_CARDS_MAX;
}

static struct model_card *new_model_card(
	struct daemon *daemon, const char *id, const char *identity, const struct source_card *told)
{
	struct model_card *card = model_card_add(daemon->model, id);

	assert(card);
	model_set_text(card->identity, sizeof(card->identity), identity);
	escape_into(card->label, sizeof(card->label), told->label);
	escape_into(card->slot, sizeof(card->slot), told->slot);
	if (!*card->label)
		model_set_text(card->label, sizeof(card->label), *card->slot ? card->slot : "card");
	card->size_bytes = told->size_bytes;
	card->can_power_down = told->must_ask && told->slot_device;
	card->is_seen_before = daemon_knows_card(daemon, identity);
	return card;
}

/* The first decision about a card that was put in. */
static void decide(struct actor *actor, struct model_card *card, const struct source_card *told)
{
	enum config_start start = actor->daemon->options->start;

	if (start == CONFIG_START_AUTO && told->must_ask)
		start = CONFIG_START_ASK;
	if (!told->is_supported) {
		(void)actor_step(card, CARD_INPUT_UNSUPPORTED);
		card->fault = FAULT_CARD_UNSUPPORTED;
	} else if (start == CONFIG_START_AUTO) {
		actor->is_wanted = true;
	} else {
		(void)actor_step(
			card, start == CONFIG_START_ASK ? CARD_INPUT_ASK : CARD_INPUT_LEAVE);
	}
}

static void count_waiting(struct daemon *daemon)
{
	if (daemon->model->tank.unlisted_count == daemon->waiting.count)
		return;
	daemon->model->tank.unlisted_count = daemon->waiting.count;
	daemon_touch(daemon);
}

/* Said once of each; its source tells of it again. */
static bool let_wait(struct daemon *daemon, struct source *source, const struct source_card *told)
{
	char slot[MODEL_LABEL_BYTES];

	if (waiting_add(&daemon->waiting, source, told->key)) {
		bool is_greedy = takes_too_many(daemon, told->slot_device);

		escape_into(slot, sizeof(slot), told->slot);
		log_warning("a card was put in at %s; there is no place for it yet, and it waits",
			slot);
		daemon_note(daemon, LEVEL_WARNING, FAULT_NONE, "",
			"The card at %s waits, because all %d places%s are taken. Do not "
			"format it.",
			slot, is_greedy ? CARDS_OF_ONE_READER_MAX : MODEL_CARDS_MAX,
			is_greedy ? " for one reader" : "");
	}
	count_waiting(daemon);
	return false;
}

static bool on_inserted(void *userdata, struct source *source, const struct source_card *told)
{
	struct daemon *daemon = userdata;
	char identity[MODEL_LABEL_BYTES];
	struct actor *actor;
	struct model_card *card;

	escape_into(identity, sizeof(identity), told->identity);
	actor = has_place(daemon, identity, told) ? new_actor(daemon, source, told) : NULL;
	if (!actor)
		return let_wait(daemon, source, told);
	waiting_remove(&daemon->waiting, source, told->key);
	count_waiting(daemon);
	card = new_model_card(daemon, actor->id, identity, told);
	journal_card(LOG_LEVEL_NOTICE, card, "%s: put in at %s", card->label, card->slot);
	decide(actor, card, told);
	actor_touch(actor);
	return true;
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
		actor_end(actor, CARD_INPUT_PULLED, VERDICT_INCOMPLETE, FAULT_CARD_PULLED);
		return;
	}
	(void)actor_step(card, CARD_INPUT_PULLED);
	journal_card(LOG_LEVEL_INFO, card, "%s: taken out", card->label);
	model_card_remove(actor->daemon->model, actor->id);
}

static void on_removed(void *userdata, struct source *source, const char *key)
{
	struct daemon *daemon = userdata;
	struct actor *actor = find_by_key(daemon, source, key);
	struct model_card *card = actor ? actor_card(actor) : NULL;
	bool was_ended;

	waiting_remove(&daemon->waiting, source, key);
	count_waiting(daemon);
	if (!actor)
		return;
	was_ended = actor->has_ended;
	actor->is_gone = true;
	actor->is_wanted = false;
	if (card)
		take_out(actor, card);
	/* It was no card of somebody who takes the last one out and leaves. */
	if (daemon->unplug && source->ops->ended)
		unplug_stay(daemon->unplug, daemon->model);
	if (actor->worker && !was_ended) /* thumbnails need no card */
		worker_stop(actor->worker);
	if (actor->is_mounted_by_us)
		actor_release(actor);
	actor_touch(actor);
	actor_forget_if_over(actor);
}

static void on_source_ready(void *userdata, struct source *source)
{
	struct daemon *daemon = userdata;

	(void)source;
	daemon->sources_ready_count++;
	daemon_settle(daemon);
}

static void on_source_said(void *userdata, const char *text)
{
	daemon_note(userdata, LEVEL_NOTICE, FAULT_NONE, "", "%s", text);
}

const struct source_handler cards_source_handler = {
	on_inserted, on_removed, on_source_ready, on_source_said};

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
	if (actor_step(card, CARD_INPUT_DECLINED)) {
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
	if (actor_step(card, CARD_INPUT_SEEN))
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
		actor_eject(actor);
	else
		actor->is_wanted = true; /* confirm, retry */
}

/* Why a command means nothing now, and what to do; about any card, or the one that was named. */
static const struct refusal {
	const char *of_any, *of_this, *remedy;
} refusals[COMMANDS_COUNT] = {
	[COMMAND_CONFIRM] = {"No card waits for a yes.", "This card does not wait for a yes.",
		"To copy it again use 'retry', or take it out and put it in again."},
	[COMMAND_CANCEL] = {"Nothing is being copied, and no card waits.",
		"This card is not being copied, and does not wait.",
		"Nothing has to be stopped. 'imgtank cards' says where each card stands."},
	[COMMAND_EJECT] = {"No card has to be ejected now.", "This card need not be ejected now.",
		"Take out what is safe to remove; what is being copied has to end or be cancelled "
		"first."},
	[COMMAND_RETRY] = {"There is nothing to try again.", "This card has nothing to try again.",
		"Wait until it has ended; if all of it is in the tank, put it in again."},
	[COMMAND_ACK] = {"No problem waits to be seen.", "This card has no problem to be seen.",
		"Nothing has to be done. 'imgtank cards' says where each card stands."},
};

static void explain_refusal(
	const struct command_request *request, const char **sentence, const char **remedy)
{
	const struct refusal *refusal = &refusals[request->command];

	*sentence = *request->card ? refusal->of_this : refusal->of_any;
	*remedy = refusal->remedy;
}

enum reply_code cards_command(struct daemon *daemon, const struct command_request *request,
	const char **sentence, const char **remedy)
{
	struct model_card *card = NULL;
	enum reply_code code = find_target(daemon, request, &card);

	if (code == REPLY_NOT_NOW)
		explain_refusal(request, sentence, remedy);
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
			actor_release(actor);
	}
}

bool cards_are_busy(const struct daemon *daemon)
{
	for (const struct actor *actor = daemon->actors; actor; actor = actor->next)
		if (actor_is_in_use(actor))
			return true;
	return false;
}

void cards_free(struct daemon *daemon)
{
	while (daemon->actors) {
		struct actor *actor = daemon->actors;

		daemon->actors = actor->next;
		actor_free(actor);
	}
	waiting_free(&daemon->waiting);
}
