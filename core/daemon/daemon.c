/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/daemon/daemon_priv.h"
#include "core/daemon/journal.h"
#include "core/daemon/mount.h"
#include "core/daemon/trust.h"
#include "core/protocol/diff.h"
#include "core/summary.h"

#define SETTLE_PRIORITY (SD_EVENT_PRIORITY_NORMAL - 10)

/* --- publishing --- */

static int on_line(enum message_type type, const char *card_id, const char *text, void *userdata)
{
	struct daemon *daemon = userdata;
	struct queue_line *line = queue_line_new(type, card_id, text);

	if (!line)
		return -ENOMEM;
	server_send(daemon->server, line);
	queue_line_unref(line);
	return 0;
}

static int send_sync(struct daemon *daemon)
{
	CLEANUP(freep) char *text = message_encode_sync(daemon->seq++, daemon->touched_usec);

	return text ? on_line(MESSAGE_SYNC, "", text, daemon) : -ENOMEM;
}

/* Tells systemd what `systemctl status` shows. */
static void set_status(struct daemon *daemon)
{
	const struct model_tank *tank = &daemon->model->tank;

	if (!strcmp(daemon->status, tank->headline))
		return;
	model_set_text(daemon->status, sizeof(daemon->status), tank->headline);
	(void)sd_notifyf(0, "STATUS=%s", daemon->status);
}

static void publish(struct daemon *daemon)
{
	int r;

	summary_update(daemon->model);
	r = message_diff(daemon->published, daemon->model, &daemon->seq, on_line, daemon);
	if (r > 0)
		r = send_sync(daemon);
	queue_line_unref(TAKE_PTR(daemon->snapshot));
	memcpy(daemon->published, daemon->model, sizeof(*daemon->model));
	daemon->touched_usec = 0;
	if (r < 0) {
		(void)log_errno(LOG_LEVEL_ERROR, r, "a change could not be told to everybody");
		server_resync(daemon->server);
	}
	set_status(daemon);
	server_flush(daemon->server);
}

static int on_publish(sd_event_source *source, void *userdata)
{
	(void)source;
	publish(userdata);
	return 0;
}

void daemon_touch(struct daemon *daemon)
{
	if (daemon->touched_usec)
		return;
	daemon->touched_usec = clock_monotonic_usec();
	(void)sd_event_source_set_enabled(daemon->publish_source, SD_EVENT_ONESHOT);
}

void daemon_tell_followers(struct daemon *daemon, const struct event *event, const char *card_id)
{
	CLEANUP(freep) char *text = NULL;

	if (!server_has_followers(daemon->server))
		return;
	text = message_encode_engine(event, card_id, daemon->seq++);
	if (!text || on_line(MESSAGE_ENGINE, card_id, text, daemon) < 0)
		log_warning("an event could not be told to those who follow");
	/* All that a worker says in one turn goes out together. */
	(void)sd_event_source_set_enabled(daemon->publish_source, SD_EVENT_ONESHOT);
}

/* With its sync, so that whoever gets it may show it at once. */
static struct queue_line *make_snapshot(struct daemon *daemon)
{
	CLEANUP(freep) char *snapshot = NULL, *sync = NULL, *text = NULL;

	daemon->published->time_s = daemon_time_s(daemon);
	snapshot = message_encode_snapshot(daemon->published, daemon->seq++);
	sync = message_encode_sync(daemon->seq++, clock_monotonic_usec());
	if (!snapshot || !sync || asprintf(&text, "%s%s", snapshot, sync) < 0)
		return NULL;
	return queue_line_new(MESSAGE_SNAPSHOT, "", text);
}

static struct queue_line *on_snapshot(void *userdata)
{
	struct daemon *daemon = userdata;

	/*
	 * Lines that went out since then have higher numbers; it must not come behind them. And it
	 * says what time it is.
	 */
	if (daemon->snapshot &&
		(daemon->snapshot_seq != daemon->seq ||
			daemon_time_s(daemon) / 60 != daemon->published->time_s / 60))
		queue_line_unref(TAKE_PTR(daemon->snapshot));
	if (!daemon->snapshot)
		daemon->snapshot = make_snapshot(daemon);
	daemon->snapshot_seq = daemon->seq;
	if (daemon->snapshot)
		daemon->snapshot->refs++;
	return daemon->snapshot;
}

static struct queue_line *on_access(void *userdata)
{
	struct daemon *daemon = userdata;
	CLEANUP(freep) char *access = NULL, *sync = NULL, *text = NULL;

	access = message_encode_access(&daemon->published->access, daemon->seq++);
	sync = message_encode_sync(daemon->seq++, clock_monotonic_usec());
	if (!access || !sync || asprintf(&text, "%s%s", access, sync) < 0)
		return NULL;
	return queue_line_new(MESSAGE_ACCESS, "", text);
}

/* --- facts --- */

/* Once right, it stays so: a time that is there is not taken away again. */
static void look_at_clock(void *userdata)
{
	struct daemon *daemon = userdata;

	if (daemon->model->tank.is_clock_trusted || !clock_is_trusted(""))
		return;
	daemon->model->tank.is_clock_trusted = true;
	log_notice("the clock is right now");
	daemon_touch(daemon);
}

int64_t daemon_time_s(const struct daemon *daemon)
{
	return daemon->model->tank.is_clock_trusted ? clock_wall_ns() / 1000000000 : 0;
}

void daemon_note(struct daemon *daemon, enum message_level level, enum fault fault,
	const char *card, const char *format, ...)
{
	struct model_message note = {
		.time_s = daemon_time_s(daemon), .level = level, .fault = fault};
	char text[MODEL_TEXT_BYTES * 2];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	model_set_text(note.text, sizeof(note.text), text);
	model_set_text(note.card, sizeof(note.card), card);
	model_add_message(daemon->model, &note);
	daemon_touch(daemon);
}

/* FNV-1a, 64 bit. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash;
}

bool daemon_knows_card(const struct daemon *daemon, const char *identity)
{
	uint64_t hash = hash_of(identity);

	for (size_t i = 0; *identity && i < daemon->known_cards_count; i++)
		if (daemon->known_cards[i] == hash)
			return true;
	return false;
}

void daemon_remember_card(struct daemon *daemon, const char *identity)
{
	if (!*identity || daemon_knows_card(daemon, identity) ||
		daemon->known_cards_count == KNOWN_CARDS_MAX)
		return;
	daemon->known_cards[daemon->known_cards_count++] = hash_of(identity);
}

/* --- the tank --- */

static void on_past_import(void *userdata, const struct model_import *import, const char *identity)
{
	struct daemon *daemon = userdata;
	struct tank_model *model = daemon->model;

	daemon_remember_card(daemon, identity);
	/* They come newest first, behind what has ended since the daemon began. */
	if (model->history_count == MODEL_HISTORY_MAX)
		return;
	model->history[model->history_count] = *import;
	if (!model->tank.is_clock_trusted)
		model->history[model->history_count].time_s = 0;
	model->history_count++;
	daemon_touch(daemon);
}

static void on_past_ended(void *userdata)
{
	struct daemon *daemon = userdata;

	past_free(TAKE_PTR(daemon->past));
	for (uint32_t i = 0; i < daemon->model->cards_count; i++) {
		struct model_card *card = &daemon->model->cards[i];

		card->is_seen_before |= daemon_knows_card(daemon, card->identity);
	}
	daemon_touch(daemon);
	daemon_settle(daemon);
}

static const struct past_handler past_handler = {on_past_import, on_past_ended};

static void read_past(struct daemon *daemon)
{
	const struct daemon_options *options = daemon->options;
	int r;

	if (daemon->has_read_past || !tank_is_usable(&daemon->model->tank))
		return;
	daemon->has_read_past = true;
	r = past_new(&daemon->past, daemon->event, options->engine_program, options->config_path,
		options->is_tank_given ? options->tank_path : NULL, &past_handler, daemon);
	if (r < 0)
		(void)log_errno(LOG_LEVEL_WARNING, r, "the tank's history could not be read");
}

static void on_tank_changed(void *userdata)
{
	struct daemon *daemon = userdata;
	struct model_tank *tank = &daemon->model->tank;
	bool was_usable = tank_is_usable(tank);

	tank_watch_fill(daemon->tank_watch, tank);
	if (was_usable && !tank_is_usable(tank))
		daemon_note(daemon, LEVEL_ERROR, tank->fault, "", "%s %s",
			fault_text(tank->fault)->what, fault_text(tank->fault)->remedy);
	if (!was_usable && tank_is_usable(tank))
		daemon_note(daemon, LEVEL_INFO, FAULT_NONE, "", "The tank's disk is there.");
	if (was_usable != tank_is_usable(tank))
		log_notice("the tank %s", tank_is_usable(tank) ? "is there" : "cannot be used");
	daemon_touch(daemon);
	daemon_settle(daemon);
}

/* --- work --- */

static bool is_any_card_busy(const struct daemon *daemon)
{
	for (uint32_t i = 0; i < daemon->model->cards_count; i++)
		if (card_state_is_busy(daemon->model->cards[i].state))
			return true;
	return false;
}

/* All work has ended, and something else was waiting for that. */
static void go_down(struct daemon *daemon)
{
	daemon->is_halting_done = true;
	log_notice("all work has ended");
	if (daemon->halting == HALTING_STOP) {
		publish(daemon);
		(void)sd_event_exit(daemon->event, 0);
	} else {
		power_halt(daemon->power, daemon->halting);
	}
}

static void become_ready(struct daemon *daemon)
{
	daemon->model->tank.is_ready = true;
	(void)sd_notify(0, "READY=1");
	log_notice("ready");
	daemon_touch(daemon);
}

static void on_unplug_announced(void *userdata, uint32_t grace_s)
{
	daemon_note(userdata, LEVEL_NOTICE, FAULT_NONE, "",
		"The last card is out. The box shuts down in %" PRIu32
		" s, unless a card is put in or somebody presses something.",
		grace_s);
	log_notice("the last card is out: shutting down in %" PRIu32 " s", grace_s);
}

static void on_unplug_called_off(void *userdata)
{
	daemon_note(userdata, LEVEL_INFO, FAULT_NONE, "", "The box stays on.");
}

static const struct unplug_handler unplug_handler; /* below: it halts */

static void look_at_unplug(struct daemon *daemon)
{
	if (!daemon->unplug || daemon->halting != HALTING_NONE)
		return;
	summary_update(daemon->model);
	unplug_look(daemon->unplug, daemon->model);
}

static int on_settle(sd_event_source *source, void *userdata)
{
	struct daemon *daemon = userdata;
	struct model_tank *tank = &daemon->model->tank;
	bool is_busy;

	(void)source;
	look_at_clock(daemon); /* corrected in small steps, it tells nobody */
	if (!tank->is_ready && daemon->sources_ready_count == daemon->sources_count)
		become_ready(daemon);
	read_past(daemon);
	/* Which cards were here before is known when the past was read; copying need not wait. */
	cards_go_on(daemon);
	is_busy = is_any_card_busy(daemon);
	tank_watch_set_busy(daemon->tank_watch, is_busy);
	power_set_busy(daemon->power, is_busy);
	look_at_unplug(daemon);
	if (daemon->halting != HALTING_NONE && !daemon->is_halting_done && !cards_are_busy(daemon))
		go_down(daemon);
	return 0;
}

void daemon_settle(struct daemon *daemon)
{
	(void)sd_event_source_set_enabled(daemon->settle_source, SD_EVENT_ONESHOT);
}

static void halt(struct daemon *daemon, enum halting_reason reason)
{
	log_notice("going down: %s", halting_reason_name(reason));
	daemon->halting = reason;
	daemon->is_halting_done = false;
	if (daemon->model->tank.halting == HALTING_NONE) /* a shutdown comes here a second time */
		daemon->model->tank.halting = reason;
	if (reason == HALTING_STOP)
		(void)sd_notify(0, "STOPPING=1");
	cards_stop(daemon);
	daemon_touch(daemon);
	daemon_settle(daemon);
}

static void on_unplug_due(void *userdata)
{
	struct daemon *daemon = userdata;

	if (daemon->halting == HALTING_NONE && unplug_may_halt(daemon->model))
		halt(daemon, HALTING_POWEROFF);
}

static const struct unplug_handler unplug_handler = {
	on_unplug_announced, on_unplug_called_off, on_unplug_due};

void daemon_stop(struct daemon *daemon)
{
	if (daemon->halting != HALTING_STOP)
		halt(daemon, HALTING_STOP);
	else
		(void)sd_event_exit(daemon->event, 0); /* asked twice: workers stop by themselves */
}

static void on_halt_failed(void *userdata, int error)
{
	struct daemon *daemon = userdata;

	(void)log_errno(LOG_LEVEL_ERROR, error, "the machine could not be shut down");
	if (daemon->halting == HALTING_STOP)
		return;
	daemon_note(daemon, LEVEL_ERROR, FAULT_NONE, "",
		"The machine could not be shut down; look into the log. It goes on working.");
	daemon->halting = daemon->model->tank.halting = HALTING_NONE;
	daemon_touch(daemon);
	daemon_settle(daemon);
}

/* logind says so before it has this daemon stopped: front ends know what for. */
static void on_going_down(void *userdata, enum halting_reason reason)
{
	struct daemon *daemon = userdata;

	if (daemon->halting != HALTING_NONE)
		return; /* it was us who asked for it, or we stop already */
	if (reason == HALTING_NONE)
		log_notice("the machine stays on");
	else
		log_notice("the machine is going down: %s", halting_reason_name(reason));
	daemon->model->tank.halting = reason;
	daemon_touch(daemon);
}

static void on_access_changed(void *userdata)
{
	struct daemon *daemon = userdata;

	daemon->model->access = *access_watch_found(daemon->access_watch);
	daemon_touch(daemon);
}

static const struct power_handler power_handler = {on_halt_failed, on_going_down};

/* --- commands --- */

static enum reply_code command_power(struct daemon *daemon, const struct command_request *request,
	const char **sentence, const char **remedy)
{
	if (!daemon->options->may_halt) {
		*sentence = "imgtank does not shut this machine down.";
		*remedy =
			"Use the machine's own switch, or set power = yes in the section [daemon].";
		return REPLY_NOT_ALLOWED;
	}
	if (is_any_card_busy(daemon) && !request->force)
		return REPLY_BUSY;
	halt(daemon, request->command == COMMAND_POWEROFF ? HALTING_POWEROFF : HALTING_REBOOT);
	return REPLY_OK;
}

static enum reply_code on_command(void *userdata, const struct command_request *request,
	const char **sentence, const char **remedy)
{
	struct daemon *daemon = userdata;

	if (daemon->halting != HALTING_NONE)
		return REPLY_HALTING;
	if (daemon->unplug)
		unplug_stay(daemon->unplug, daemon->model);
	if (command_about(request->command) == COMMAND_ABOUT_TANK)
		return command_power(daemon, request, sentence, remedy);
	return cards_command(daemon, request, sentence, remedy);
}

static const struct server_handler server_handler = {on_command, on_snapshot, on_access};

/* --- its life --- */

static int add_loop_sources(struct daemon *daemon)
{
	int r = sd_event_add_defer(daemon->event, &daemon->publish_source, on_publish, daemon);

	if (r >= 0)
		r = sd_event_source_set_enabled(daemon->publish_source, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(daemon->event, &daemon->settle_source, on_settle, daemon);
	/* First what follows from a change, then everybody is told of both. */
	if (r >= 0)
		r = sd_event_source_set_priority(daemon->settle_source, SETTLE_PRIORITY);
	if (r >= 0)
		r = sd_event_source_set_enabled(daemon->settle_source, SD_EVENT_ONESHOT);
	return r < 0 ? r : 0;
}

static int add_virtual_reader(struct daemon *daemon)
{
	const char *path = daemon->options->virtual_reader;
	int r;

	if (!*path)
		return 0;
	r = source_folder_new(&daemon->sources[daemon->sources_count], daemon->event, path,
		&cards_source_handler, daemon);
	if (r < 0)
		return log_errno(LOG_LEVEL_ERROR, r, "the virtual reader cannot be used");
	daemon->sources_count++;
	return 0;
}

static int add_drop(struct daemon *daemon)
{
	const struct daemon_options *options = daemon->options;
	int r;

	if (!*options->drop_path)
		return 0;
	r = source_drop_new(&daemon->sources[daemon->sources_count], daemon->event,
		options->drop_path, &options->drop, &cards_source_handler, daemon);
	if (r < 0)
		return log_errno(LOG_LEVEL_ERROR, r, "the drop folder cannot be watched");
	daemon->sources_count++;
	return 0;
}

static int add_devices(struct daemon *daemon)
{
	int r;

	if (!daemon->options->use_devices)
		return 0;
	r = mount_allow(daemon->options->file_systems);
	if (r < 0)
		return log_errno(LOG_LEVEL_ERROR, r, "[daemon] file-systems cannot be used");
	r = mount_enter_namespace();
	if (r < 0)
		return log_errno(LOG_LEVEL_ERROR, r,
			"cards cannot be mounted: that needs root, or devices = no in [daemon]");
	r = source_udev_new(&daemon->sources[daemon->sources_count], daemon->event,
		&cards_source_handler, daemon);
	if (r < 0)
		return log_errno(
			LOG_LEVEL_ERROR, r, "the machine's card readers cannot be watched");
	daemon->sources_count++;
	return 0;
}

static int add_tank(struct daemon *daemon)
{
	const struct daemon_options *options = daemon->options;
	int r = tank_watch_new(&daemon->tank_watch, daemon->event, options->tank_path,
		options->requires_mount, on_tank_changed, daemon);

	if (r == 0)
		tank_watch_fill(daemon->tank_watch, &daemon->model->tank);
	return r;
}

static int add_parts(struct daemon *daemon)
{
	const struct daemon_options *options = daemon->options;
	int r = add_loop_sources(daemon);

	if (r == 0)
		r = trust_watch_new(&daemon->trust_watch, daemon->event, look_at_clock, daemon);
	if (r == 0)
		r = power_new(
			&daemon->power, daemon->event, &options->power, &power_handler, daemon);
	if (r == 0 && options->may_halt && options->halts_on_unplug)
		r = unplug_new(&daemon->unplug, daemon->event, options->unplug_grace_ms,
			&unplug_handler, daemon);
	/* Before the tank is watched: its table of mounts shall be ours. */
	if (r == 0)
		r = add_devices(daemon);
	if (r == 0)
		r = add_tank(daemon);
	if (r == 0)
		r = add_virtual_reader(daemon);
	if (r == 0)
		r = add_drop(daemon);
	if (r == 0)
		r = access_watch_new(&daemon->access_watch, daemon->event, options->access_root,
			on_access_changed, daemon);
	if (r == 0) {
		r = server_new(
			&daemon->server, daemon->event, &options->server, &server_handler, daemon);
		if (r < 0)
			(void)log_errno(LOG_LEVEL_ERROR, r, "nobody could connect at %s",
				options->server.path);
	}
	return r;
}

int daemon_new(struct daemon **ret, sd_event *event, const struct daemon_options *options)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	int r = -ENOMEM;

	if (!daemon)
		return -ENOMEM;
	daemon->options = options;
	daemon->event = event;
	daemon->seq = 1;
	daemon->model = model_new();
	daemon->published = model_new();
	if (daemon->model && daemon->published) {
		daemon->model->tank.is_clock_trusted = clock_is_trusted("");
		r = add_parts(daemon);
		if (r == 0)
			daemon->model->access = *access_watch_found(daemon->access_watch);
	}
	if (r < 0) {
		daemon_free(daemon);
		return r;
	}
	summary_update(daemon->model);
	memcpy(daemon->published, daemon->model, sizeof(*daemon->model));
	*ret = daemon;
	return 0;
}

void daemon_free(struct daemon *daemon)
{
	if (!daemon)
		return;
	server_free(daemon->server);
	for (unsigned int i = 0; i < daemon->sources_count; i++)
		source_free(daemon->sources[i]);
	cards_free(daemon);
	past_free(daemon->past);
	unplug_free(daemon->unplug);
	access_watch_free(daemon->access_watch);
	power_free(daemon->power);
	tank_watch_free(daemon->tank_watch);
	trust_watch_free(daemon->trust_watch);
	(void)sd_event_source_disable_unref(daemon->publish_source);
	(void)sd_event_source_disable_unref(daemon->settle_source);
	queue_line_unref(daemon->snapshot);
	model_free(daemon->model);
	model_free(daemon->published);
	free(daemon);
}
