/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host.c - runs one front end: options, then open, then the loop that mirrors the
 * tank and calls back, then close, whatever happened in between.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/client/address.h"
#include "core/client/host_priv.h"

#define FIRST_SHOW_USEC 200000 /* a daemon that is there has answered by then */

/* --- showing --- */

void host_show(struct frontend_host *host)
{
	uint32_t changed = host->changed;

	if (!changed)
		return;
	host->changed = 0;
	if (!host->is_shown)
		changed = CHANGED_ALL;
	host->is_shown = true;
	host->first_show = sd_event_source_disable_unref(host->first_show);
	if (host->model->connection == CONNECTION_UP)
		host->is_clock_trusted = host->model->tank.is_clock_trusted;
	host->frontend->show(host->state, host->model, changed);
}

static int on_first_show(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct frontend_host *host = userdata;

	(void)source;
	(void)usec;
	host->changed |= CHANGED_ALL;
	host_show(host);
	return 0;
}

static void follow(struct frontend_host *host)
{
	uint32_t flags = host->frontend->flags;
	const struct command_request follow = {.command = COMMAND_FOLLOW,
		.files = flags & FRONTEND_FOLLOWS_FILES,
		.access = flags & FRONTEND_SHOWS_ACCESS && host->model->may_command};

	if (host->connection && (follow.files || follow.access))
		host->follow_id = connection_send(host->connection, &follow);
}

static void apply_sync(struct frontend_host *host, const struct message *message)
{
	bool is_first = host->pending & CHANGED_CONNECTION;

	model_apply(host->model, message, &host->pending);
	if (host->model->connection == CONNECTION_UP && is_first)
		follow(host);
	host->changed |= host->pending;
	host->pending = 0;
}

void host_apply(struct frontend_host *host, const struct message *message)
{
	const struct frontend *frontend = host->frontend;

	switch (message->type) {
	case MESSAGE_SYNC:
		apply_sync(host, message);
		break;
	case MESSAGE_REPLY:
		if (frontend->reply && message->reply.id != host->follow_id)
			frontend->reply(host->state, &message->reply);
		break;
	case MESSAGE_ENGINE:
		if (frontend->event)
			frontend->event(host->state, &message->engine->event);
		break;
	default:
		model_apply(host->model, message, &host->pending);
	}
}

static void on_message(void *userdata, const struct message *message)
{
	host_apply(userdata, message);
}

/* Half a group of changes is never shown: its rest is on its way. */
static void on_pause(void *userdata)
{
	struct frontend_host *host = userdata;

	if (!host->pending)
		host_show(host);
}

static void on_down(void *userdata, int error)
{
	struct frontend_host *host = userdata;

	(void)error;
	host->pending = 0;
	model_disconnect(host->model, clock_monotonic_usec(), &host->changed);
	host_show(host);
}

static const struct connection_handler connection_handler = {
	.message = on_message,
	.pause = on_pause,
	.down = on_down,
};

/* --- what a front end may ask for --- */

static int64_t send_command(
	struct frontend_host *host, enum command command, const char *card_id, bool force)
{
	struct command_request request = {.command = command, .force = force};

	if (!host->connection)
		return -ENOTCONN;
	if (card_id)
		model_set_text(request.card, sizeof(request.card), card_id);
	return connection_send(host->connection, &request);
}

int64_t frontend_host_command(struct frontend_host *host, enum command command, const char *card_id)
{
	return send_command(host, command, card_id, false);
}

int64_t frontend_host_command_force(struct frontend_host *host, enum command command)
{
	return send_command(host, command, NULL, true);
}

const struct tank_model *frontend_host_model(const struct frontend_host *host)
{
	return host->model;
}

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct frontend_host *host = userdata;

	(void)source;
	host->frontend->ready(host->state, fd, events);
	return 0;
}

static struct host_watch *find_watch(struct frontend_host *host, int fd)
{
	for (size_t i = 0; i < HOST_WATCHES_MAX; i++)
		if (host->watches[i].source && host->watches[i].fd == fd)
			return &host->watches[i];
	return NULL;
}

static struct host_watch *free_watch(struct frontend_host *host)
{
	for (size_t i = 0; i < HOST_WATCHES_MAX; i++)
		if (!host->watches[i].source)
			return &host->watches[i];
	return NULL;
}

int frontend_host_watch(struct frontend_host *host, int fd, uint32_t events)
{
	struct host_watch *watch = find_watch(host, fd);

	if (!host->frontend->ready)
		return -EINVAL;
	if (watch && events)
		return sd_event_source_set_io_events(watch->source, events);
	if (watch) {
		watch->source = sd_event_source_disable_unref(watch->source);
		return 0;
	}
	watch = free_watch(host);
	if (!events)
		return 0;
	if (!watch)
		return -ENOSPC;
	watch->fd = fd;
	return sd_event_add_io(host->event, &watch->source, fd, events, on_ready, host);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct frontend_host *host = userdata;
	unsigned int timer = 0;

	(void)usec;
	while (host->timers[timer] != source)
		timer++;
	host->frontend->tick(host->state, timer, clock_monotonic_usec());
	return 0;
}

static int arm_timer(struct frontend_host *host, unsigned int timer, uint64_t at_usec)
{
	sd_event_source **source = &host->timers[timer];
	int r;

	if (at_usec == FRONTEND_NEVER)
		return *source ? sd_event_source_set_enabled(*source, SD_EVENT_OFF) : 0;
	if (!*source)
		return sd_event_add_time(
			host->event, source, CLOCK_MONOTONIC, at_usec, 1000, on_timer, host);
	r = sd_event_source_set_time(*source, at_usec);
	return r < 0 ? r : sd_event_source_set_enabled(*source, SD_EVENT_ONESHOT);
}

void frontend_host_timer(struct frontend_host *host, unsigned int timer, uint64_t at_usec)
{
	int r = -EINVAL;

	if (timer < FRONTEND_TIMERS_MAX && host->frontend->tick)
		r = arm_timer(host, timer, at_usec);
	if (r < 0)
		(void)log_errno(LOG_LEVEL_ERROR, r, "timer %u cannot be set", timer);
}

static int on_watched_signal(
	sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct frontend_host *host = userdata;

	(void)source;
	host->frontend->signal(host->state, (int)info->ssi_signo);
	return 0;
}

static int add_signal(struct frontend_host *host, int number, sd_event_signal_handler_t handler)
{
	for (size_t i = 0; i < HOST_SIGNALS_MAX; i++)
		if (!host->signals[i])
			return sd_event_add_signal(host->event, &host->signals[i],
				number | SD_EVENT_SIGNAL_PROCMASK, handler, host);
	return -ENOSPC;
}

int frontend_host_watch_signal(struct frontend_host *host, int number)
{
	return host->frontend->signal ? add_signal(host, number, on_watched_signal) : -EINVAL;
}

uint64_t frontend_host_now_usec(const struct frontend_host *host)
{
	(void)host;
	return clock_monotonic_usec();
}

int64_t frontend_host_wall_s(const struct frontend_host *host)
{
	if (host->options.render_path || host->options.replay_path)
		return host->model->time_s;
	return host->is_clock_trusted ? clock_wall_ns() / 1000000000 : 0;
}

bool frontend_host_is_still(const struct frontend_host *host)
{
	return host->options.render_path != NULL;
}

void frontend_host_quit(struct frontend_host *host, int exit_status)
{
	(void)sd_event_exit(host->event, exit_status);
}

/* --- crashes --- */

/* A handler has no other way to find them. */
static struct {
	void (*crash)(void *state);
	void *state;
} crash_target;

static void on_crash(int number)
{
	crash_target.crash(crash_target.state);
	(void)raise(number); /* the handler is reset already: this time it ends us */
}

/* On a stack of its own, for the other one may be what is broken. */
static void catch_crashes(struct frontend_host *host)
{
	static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	static _Alignas(16) char stack_memory[64 * 1024];
	const stack_t stack = {.ss_sp = stack_memory, .ss_size = sizeof(stack_memory)};
	const struct sigaction action = {
		.sa_handler = on_crash,
		.sa_flags = (int)(SA_ONSTACK | SA_RESETHAND | SA_NODEFER),
	};

	if (!host->frontend->crash)
		return;
	crash_target.crash = host->frontend->crash;
	crash_target.state = host->state;
	(void)sigaltstack(&stack, NULL);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		(void)sigaction(numbers[i], &action, NULL);
}

static void forget_crashes(void)
{
	static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

	if (!crash_target.crash)
		return;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		(void)signal(numbers[i], SIG_DFL);
	crash_target.crash = NULL;
}

/* --- the life of a host --- */

static int on_end_signal(
	sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct frontend_host *host = userdata;

	(void)source;
	(void)info;
	frontend_host_quit(host, FRONTEND_EXIT_OK);
	return 0;
}

static int prepare_loop(struct frontend_host *host)
{
	int r = sd_event_new(&host->event);

	if (r >= 0)
		r = add_signal(host, SIGTERM, on_end_signal);
	if (r >= 0)
		r = add_signal(host, SIGINT, on_end_signal);
	if (r >= 0)
		r = add_signal(host, SIGHUP, on_end_signal);
	if (r >= 0)
		r = sd_event_set_watchdog(host->event, 1);
	(void)signal(SIGPIPE, SIG_IGN);
	return r;
}

/* Where the lines come from. */
static int start_source(struct frontend_host *host)
{
	int r;

	if (host->options.replay_path)
		return replay_open(
			&host->replay, host, host->options.replay_path, host->options.speed);
	r = connection_new(&host->connection, host->event,
		address_choose(host->options.socket_path), &connection_handler, host);
	if (r < 0)
		return r;
	return sd_event_add_time_relative(host->event, &host->first_show, CLOCK_MONOTONIC,
		FIRST_SHOW_USEC, 1000, on_first_show, host);
}

static int run_loop(struct frontend_host *host)
{
	int r = start_source(host);

	if (r >= 0) {
		(void)sd_notify(0, "READY=1");
		r = sd_event_loop(host->event);
		(void)sd_notify(0, "STOPPING=1");
	}
	if (r < 0)
		(void)log_errno(LOG_LEVEL_ERROR, r, "%s has to end", host->frontend->name);
	return r < 0 ? FRONTEND_EXIT_TROUBLE : r;
}

/* --render: the state of a file, once. */
static int show_file(struct frontend_host *host)
{
	host->changed = CHANGED_ALL;
	host_show(host);
	return FRONTEND_EXIT_OK;
}

static int say_open_failed(const struct frontend_host *host, int error)
{
	const char *name = host->frontend->name;

	if (error != -ENODEV) {
		(void)log_errno(LOG_LEVEL_ERROR, error, "%s cannot start", name);
		return FRONTEND_EXIT_TROUBLE;
	}
	if (!host->options.is_probe)
		log_warning("the hardware of %s is not here", name);
	return FRONTEND_EXIT_NOT_HERE;
}

static void silence(struct frontend_host *host)
{
	if (host->frontend->flags & FRONTEND_OWNS_TERMINAL && isatty(STDERR_FILENO))
		log_set_level(LOG_LEVEL_ERROR - 1);
}

static int open_and_run(struct frontend_host *host)
{
	const struct frontend *frontend = host->frontend;
	int status, r;

	catch_crashes(host);
	r = frontend->open(host->state, host);
	if (r < 0) {
		status = 0;
	} else if (host->options.is_probe) {
		status = FRONTEND_EXIT_OK;
	} else if (host->options.render_path) {
		status = show_file(host);
	} else {
		silence(host);
		status = run_loop(host);
		log_set_level(LOG_LEVEL_WARNING);
	}
	if (frontend->close)
		frontend->close(host->state);
	forget_crashes();
	return r < 0 ? say_open_failed(host, r) : status;
}

static int probe(struct frontend_host *host)
{
	int r = host->frontend->probe(host->state);

	return r < 0 ? say_open_failed(host, r) : FRONTEND_EXIT_OK;
}

static int load_state(struct frontend_host *host)
{
	const char *path = host->options.render_path;
	int r = model_from_file(host->model, path);

	if (r < 0)
		(void)log_errno(LOG_LEVEL_ERROR, r, "%s is not a state of the tank", path);
	return r;
}

static int run(struct frontend_host *host)
{
	int r;

	if (host->options.render_path && load_state(host) < 0)
		return FRONTEND_EXIT_USAGE;
	if (host->options.is_probe && host->frontend->probe)
		return probe(host);
	r = prepare_loop(host);
	if (r < 0) {
		(void)log_errno(LOG_LEVEL_ERROR, r, "the event loop cannot start");
		return FRONTEND_EXIT_TROUBLE;
	}
	return open_and_run(host);
}

static int init(struct frontend_host *host, const struct frontend *frontend)
{
	*host = (struct frontend_host){.frontend = frontend, .options = {.speed = 1}};
	host->state = calloc(1, frontend->state_size ? frontend->state_size : 1);
	host->model = model_new();
	if (!host->state || !host->model)
		return -ENOMEM;
	model_set_text(
		host->model->tank.headline, sizeof(host->model->tank.headline), "Connecting");
	host->model->connection_since_usec = clock_monotonic_usec();
	return 0;
}

static void finish(struct frontend_host *host)
{
	connection_free(host->connection);
	replay_close(host->replay);
	(void)sd_event_source_disable_unref(host->first_show);
	for (size_t i = 0; i < FRONTEND_TIMERS_MAX; i++)
		(void)sd_event_source_disable_unref(host->timers[i]);
	for (size_t i = 0; i < HOST_WATCHES_MAX; i++)
		(void)sd_event_source_disable_unref(host->watches[i].source);
	for (size_t i = 0; i < HOST_SIGNALS_MAX; i++)
		(void)sd_event_source_disable_unref(host->signals[i]);
	(void)sd_event_unref(host->event);
	model_free(host->model);
	free(host->state);
}

int frontend_main(const struct frontend *frontend, int argc, char **argv)
{
	struct frontend_host host;
	int status = FRONTEND_EXIT_TROUBLE;

	log_set_program(frontend->name);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (init(&host, frontend) < 0) {
		log_error("there is not enough memory");
	} else {
		status = host_options_read(&host, argc, argv);
		if (status < 0)
			status = run(&host);
	}
	finish(&host);
	return status;
}
