/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/client/model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/protocol/fields.h"
#include "core/summary.h"

static void set_connection(
	struct tank_model *model, enum connection_state state, uint64_t now_usec, uint32_t *changed)
{
	if (model->connection != state) {
		model->connection = state;
		model->connection_since_usec = now_usec;
	}
	*changed |= CHANGED_CONNECTION;
}

static void apply_hello(
	struct tank_model *model, const struct message_hello *hello, uint32_t *changed)
{
	model->protocol_major = hello->protocol_major;
	model->protocol_minor = hello->protocol_minor;
	model_set_text(model->daemon_version, sizeof(model->daemon_version), hello->version);
	model->may_command = hello->may_command;
	*changed |= CHANGED_CONNECTION;
}

/* What this connection may not send is not offered to anybody. */
static void mask_tank(const struct tank_model *model, struct model_tank *tank)
{
	if (model->may_command)
		return;
	tank->commands = 0;
	tank->next_command = COMMAND_NONE;
	tank->next_card[0] = '\0';
}

static void mask_card(const struct tank_model *model, struct model_card *card)
{
	if (!model->may_command)
		card->commands = 0;
}

/* All that the daemon publishes; the connection's fields stay. */
static void copy_state(struct tank_model *model, const struct tank_model *from)
{
	model->time_s = from->time_s;
	model->tank = from->tank;
	model->cards_count = from->cards_count;
	memcpy(model->cards, from->cards, sizeof(model->cards));
	model->messages_count = from->messages_count;
	memcpy(model->messages, from->messages, sizeof(model->messages));
	model->history_count = from->history_count;
	memcpy(model->history, from->history, sizeof(model->history));
	if (model_access_is_there(&from->access))
		model->access = from->access; /* else it comes in a line of its own */
	mask_tank(model, &model->tank);
	for (uint32_t i = 0; i < model->cards_count; i++)
		mask_card(model, &model->cards[i]);
}

static void apply_tank(struct tank_model *model, const struct model_tank *from, uint32_t *changed)
{
	struct model_tank tank = *from;

	mask_tank(model, &tank);
	if (!fields_equal(fields_tank, &model->tank, &tank))
		*changed |= CHANGED_TANK;
	if (!fields_equal(fields_tank_progress, &model->tank, &tank))
		*changed |= CHANGED_PROGRESS;
	model->tank = tank;
}

static void apply_card(struct tank_model *model, const struct model_card *card, uint32_t *changed)
{
	struct model_card *mine = model_card(model, card->id);

	if (!mine)
		mine = model_card_add(model, card->id);
	if (!mine)
		return; /* more cards than this mirror has room for */
	*mine = *card;
	mask_card(model, mine);
	*changed |= CHANGED_CARDS | CHANGED_PROGRESS;
}

static void apply_progress(
	struct tank_model *model, const struct message *message, uint32_t *changed)
{
	struct model_card *mine = model_card(model, message->card->id);

	if (mine)
		fields_copy(fields_card_progress, message->card, mine);
	fields_copy(fields_tank_progress, message->tank, &model->tank);
	*changed |= CHANGED_PROGRESS;
}

static void apply_change(struct tank_model *model, const struct message *message, uint32_t *changed)
{
	switch (message->type) {
	case MESSAGE_TANK:
		apply_tank(model, message->tank, changed);
		break;
	case MESSAGE_CARD:
		apply_card(model, message->card, changed);
		break;
	case MESSAGE_PROGRESS:
		apply_progress(model, message, changed);
		break;
	case MESSAGE_CARD_GONE:
		model_card_remove(model, message->card_id);
		*changed |= CHANGED_CARDS;
		break;
	case MESSAGE_NOTE:
		model_add_message(model, message->note);
		*changed |= CHANGED_MESSAGES;
		break;
	case MESSAGE_HISTORY:
		model_add_import(model, message->import);
		*changed |= CHANGED_HISTORY;
		break;
	case MESSAGE_ACCESS:
		model->access = message->access;
		*changed |= CHANGED_ACCESS;
		break;
	case MESSAGE_SYNC:
		model->sync_time_usec = message->time_usec;
		break;
	default:
		break;
	}
}

void model_apply(struct tank_model *model, const struct message *message, uint32_t *changed)
{
	if (message->type == MESSAGE_HELLO) {
		apply_hello(model, &message->hello, changed);
	} else if (message->type == MESSAGE_SNAPSHOT) {
		copy_state(model, message->snapshot);
		set_connection(model, CONNECTION_UP, clock_monotonic_usec(), changed);
		*changed |= CHANGED_ALL;
	} else if (model->connection == CONNECTION_UP) {
		apply_change(model, message, changed);
	}
}

/* At a shutdown the daemon goes before the power does, and what it said last stays true. */
static bool is_power_going(const struct model_tank *tank)
{
	return tank->halting == HALTING_POWEROFF || tank->halting == HALTING_REBOOT;
}

void model_disconnect(struct tank_model *model, uint64_t now_usec, uint32_t *changed)
{
	struct model_tank *tank = &model->tank;
	struct model_tank last = {.halting = tank->halting, .is_ready = true};

	set_connection(model, CONNECTION_NONE, now_usec, changed);
	memset(model->cards, 0, sizeof(model->cards));
	model->cards_count = 0;
	memset(tank, 0, sizeof(*tank));
	memset(&model->access, 0, sizeof(model->access));
	*changed |= CHANGED_ALL;
	if (is_power_going(&last)) {
		*tank = last;
		summary_tank(model);
		return;
	}
	tank->eta_s = EVENT_ETA_UNKNOWN;
	model_set_text(tank->headline, sizeof(tank->headline), "No connection to imgtank");
	model_set_text(tank->detail, sizeof(tank->detail),
		"Leave the cards where they are. It is tried again all the time; "
		"a copy that is running is not harmed.");
}

/* --- states from files --- */

/* Is there a headline in the file? Then all that is computed is taken from it as it is. */
static bool has_words(const struct tank_model *model)
{
	if (*model->tank.headline)
		return true;
	for (uint32_t i = 0; i < model->cards_count; i++)
		if (*model->cards[i].headline)
			return true;
	return false;
}

int model_from_json(struct tank_model *model, const char *text, size_t size_bytes)
{
	struct message message;
	uint32_t changed = 0;
	int r = message_decode_state(text, size_bytes, &message);

	if (r < 0)
		return r;
	model->may_command = true;
	model_apply(model, &message, &changed);
	message_finish(&message);
	if (!has_words(model))
		summary_update(model);
	return 0;
}

/* Reads all of fd into new memory, up to the size of the longest line. */
static int read_all(int fd, char **ret, size_t *length)
{
	CLEANUP(freep) char *text = malloc(MESSAGE_EVENT_BYTES_MAX + 1);
	ssize_t n;

	if (!text)
		return -ENOMEM;
	n = fd_read_full(fd, text, MESSAGE_EVENT_BYTES_MAX + 1);
	if (n < 0)
		return (int)n;
	if (n > MESSAGE_EVENT_BYTES_MAX)
		return -EMSGSIZE;
	*length = (size_t)n;
	*ret = TAKE_PTR(text);
	return 0;
}

int model_from_file(struct tank_model *model, const char *path)
{
	CLEANUP(fd_closep) int fd = -1;
	CLEANUP(freep) char *text = NULL;
	bool is_stdin = !strcmp(path, "-");
	size_t length = 0;
	int r;

	fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	r = read_all(fd, &text, &length);
	return r < 0 ? r : model_from_json(model, text, length);
}
