/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pibrella.c - model in, light and sound out; button in, commands out.
 *
 * The lamps have a timer of their own: those of the host are a millisecond late,
 * which would be seen in a dimmed lamp. It runs only while something moves.
 */
#include "ui-pibrella/pibrella.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "ui-pibrella/button.h"
#include "ui-pibrella/dim.h"
#include "ui-pibrella/settings.h"

/* systemd waits so long for the last of those that do not end. */
#define BLINK_TO_THE_END_USEC UINT64_C(90000000)

enum timer { TIMER_BUTTON };

struct pibrella {
	struct frontend_host *host; /* borrowed; NULL before open() */
	struct settings settings;
	const struct board_driver *driver;
	struct board *board; /* owned; NULL: not open */
	struct sound *sound; /* owned; NULL: silent */
	int timer_fd; /* of the lamps */
	uint32_t lamps; /* LAMP_BITs of those that there are */
	struct lamp_memory memory;
	struct lamp_view view;
	struct lamp_pattern pattern;
	bool has_pattern;
	uint64_t pattern_usec; /* when it began */
	uint32_t lit; /* LAMP_BITs, as last set */
	struct button button;
	int64_t power_id; /* of the command of a held button; 0: none */
	bool is_power_accepted; /* in this hold */
};

static int set(void *state, const char *key, const char *value)
{
	struct pibrella *pibrella = state;

	return settings_set(&pibrella->settings, key, value);
}

static const struct board_driver *choose_driver(const struct pibrella *pibrella)
{
	return pibrella->settings.board.fake_path ? &board_fake : &board_gpiod;
}

/* A board without a memory chip cannot be found: somebody has to say that it is there. */
static int probe(void *state)
{
	struct pibrella *pibrella = state;

	settings_prepare(&pibrella->settings);
	if (!pibrella->settings.is_fitted)
		return -ENODEV;
	return choose_driver(pibrella)->probe(&pibrella->settings.board);
}

/* --- lamps --- */

static void set_lamps(struct pibrella *pibrella, uint32_t lit)
{
	for (int lamp = 0; lamp < LAMPS_COUNT; lamp++) {
		bool is_on = lit & LAMP_BIT(lamp);
		int r = 0;

		if ((lit ^ pibrella->lit) & LAMP_BIT(lamp))
			r = pibrella->driver->set(pibrella->board, (enum board_line)lamp, is_on);
		if (r < 0)
			(void)log_errno(LOG_LEVEL_ERROR, r, "the %s lamp cannot be switched",
				lamp_name((enum lamp)lamp));
	}
	pibrella->lit = lit;
}

static void arm(struct pibrella *pibrella, uint64_t at_usec)
{
	struct itimerspec when = {0};

	if (at_usec != FRONTEND_NEVER) {
		when.it_value.tv_sec = (time_t)(at_usec / 1000000);
		when.it_value.tv_nsec = (long)(at_usec % 1000000) * 1000;
	}
	if (timerfd_settime(pibrella->timer_fd, TFD_TIMER_ABSTIME, &when, NULL) < 0)
		(void)log_errno(LOG_LEVEL_ERROR, -errno, "the lamps stand still");
}

/* Sets the lamps as they are to be now; returns when that changes, UINT64_MAX: never. */
static uint64_t show_pattern(struct pibrella *pibrella)
{
	uint64_t at_usec = frontend_host_now_usec(pibrella->host) - pibrella->pattern_usec;
	uint64_t next_usec = dim_next_usec(&pibrella->pattern, at_usec);
	uint32_t lit = 0;

	for (int lamp = 0; lamp < LAMPS_COUNT; lamp++)
		if (dim_is_on(&pibrella->pattern, (enum lamp)lamp, at_usec))
			lit |= LAMP_BIT(lamp);
	set_lamps(pibrella, lit);
	return next_usec == UINT64_MAX ? next_usec : pibrella->pattern_usec + at_usec + next_usec;
}

static void move_lamps(struct pibrella *pibrella)
{
	uint64_t next_usec = show_pattern(pibrella);

	arm(pibrella, next_usec == UINT64_MAX ? FRONTEND_NEVER : next_usec);
}

static void show(void *state, const struct tank_model *model, uint32_t changed)
{
	struct pibrella *pibrella = state;
	struct lamp_view view;

	if (!(changed & (CHANGED_CONNECTION | CHANGED_TANK)))
		return;
	view = lamp_view(&pibrella->memory, model, frontend_host_now_usec(pibrella->host));
	if (!pibrella->has_pattern || view.state != pibrella->view.state ||
		view.code != pibrella->view.code) {
		lamp_pattern(view.state, view.code, pibrella->lamps, &pibrella->pattern);
		pibrella->has_pattern = true;
		pibrella->pattern_usec = frontend_host_now_usec(pibrella->host);
		move_lamps(pibrella);
	}
	pibrella->view = view;
	if (view.sound != LAMP_SOUND_NONE)
		sound_play(pibrella->sound, view.sound == LAMP_SOUND_GOOD ? TUNE_GOOD : TUNE_BAD);
}

/* --- the button --- */

static void press(struct pibrella *pibrella)
{
	const struct model_tank *tank = &frontend_host_model(pibrella->host)->tank;

	if (tank->next_command != COMMAND_NONE &&
		frontend_host_command(pibrella->host, tank->next_command, tank->next_card) < 0)
		sound_play(pibrella->sound, TUNE_REFUSED);
}

/* The daemon knows whether the box may go off now; its answer is heard. */
static void power_off(struct pibrella *pibrella, bool is_insisting)
{
	if (is_insisting && pibrella->is_power_accepted)
		return;
	pibrella->power_id = is_insisting
		? frontend_host_command_force(pibrella->host, COMMAND_POWEROFF)
		: frontend_host_command(pibrella->host, COMMAND_POWEROFF, NULL);
	if (pibrella->power_id < 0)
		sound_play(pibrella->sound, TUNE_REFUSED);
}

static void reply(void *state, const struct message_reply *answer)
{
	struct pibrella *pibrella = state;
	bool is_power = answer->id == pibrella->power_id;

	if (answer->code != REPLY_OK) {
		log_notice("the button was refused: %s %s", answer->sentence, answer->remedy);
		sound_play(pibrella->sound, TUNE_REFUSED);
	} else if (is_power) {
		pibrella->is_power_accepted = true;
		sound_play(pibrella->sound, TUNE_UNDERSTOOD);
	}
}

static void act(struct pibrella *pibrella, enum button_act what)
{
	if (what == BUTTON_PRESSED)
		press(pibrella);
	else if (what == BUTTON_HELD)
		pibrella->is_power_accepted = false;
	if (what == BUTTON_HELD || what == BUTTON_INSISTED)
		power_off(pibrella, what == BUTTON_INSISTED);
}

static void step_button(struct pibrella *pibrella, uint64_t now_usec)
{
	enum button_act what;

	while ((what = button_step(&pibrella->button, now_usec)) != BUTTON_NOTHING)
		act(pibrella, what);
	frontend_host_timer(pibrella->host, TIMER_BUTTON, button_deadline(&pibrella->button));
}

/* Edges can get lost in a storm of them; no hold may come of that, so the line is asked. */
static void tick(void *state, unsigned int timer, uint64_t now_usec)
{
	struct pibrella *pibrella = state;
	int r = pibrella->driver->is_button_down(pibrella->board);

	(void)timer;
	if (r >= 0)
		button_edge(&pibrella->button, r > 0, now_usec);
	step_button(pibrella, now_usec);
}

static void read_button(struct pibrella *pibrella, int fd)
{
	bool is_down;
	int r;

	while ((r = pibrella->driver->read_edge(pibrella->board, &is_down)) > 0) {
		uint64_t now_usec = frontend_host_now_usec(pibrella->host);

		button_edge(&pibrella->button, is_down, now_usec);
		step_button(pibrella, now_usec);
	}
	if (r == 0)
		return;
	if (r != -EPIPE)
		(void)log_errno(LOG_LEVEL_ERROR, r, "the button cannot be read any more");
	(void)frontend_host_watch(pibrella->host, fd, 0);
}

static void ready(void *state, int fd, uint32_t events)
{
	struct pibrella *pibrella = state;
	uint64_t times;

	(void)events;
	if (fd != pibrella->timer_fd)
		read_button(pibrella, fd);
	else if (read(fd, &times, sizeof(times)) > 0)
		move_lamps(pibrella);
}

/* --- begin and end --- */

static int prepare_timer(struct pibrella *pibrella)
{
	pibrella->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (pibrella->timer_fd < 0)
		return -errno;
	return frontend_host_watch(pibrella->host, pibrella->timer_fd, EPOLLIN);
}

static int prepare_button(struct pibrella *pibrella)
{
	int fd = pibrella->driver->button_fd(pibrella->board);
	int r = fd >= 0 ? frontend_host_watch(pibrella->host, fd, EPOLLIN) : 0;

	button_init(&pibrella->button, pibrella->driver->bounce_usec);
	return r == -EPERM ? 0 : r; /* the fake one's may be a plain file: no button then */
}

static int prepare_sound(struct pibrella *pibrella)
{
	const struct settings *settings = &pibrella->settings;

	if (!settings->has_sound ||
		(settings->board.offsets[BOARD_BUZZER] == BOARD_NO_LINE &&
			!settings->pwm.is_wanted))
		return 0;
	return sound_new(&pibrella->sound, pibrella->driver, pibrella->board, settings->sysfs,
		&settings->pwm);
}

static int pibrella_open(void *state, struct frontend_host *host)
{
	struct pibrella *pibrella = state;
	const struct board_config *board = &pibrella->settings.board;
	int r;

	settings_prepare(&pibrella->settings);
	pibrella->host = host;
	pibrella->timer_fd = -1;
	pibrella->driver = choose_driver(pibrella);
	for (int lamp = 0; lamp < LAMPS_COUNT; lamp++)
		if (board->offsets[lamp] != BOARD_NO_LINE)
			pibrella->lamps |= LAMP_BIT(lamp);
	r = pibrella->driver->open(&pibrella->board, board);
	if (r == 0)
		r = prepare_timer(pibrella);
	if (r >= 0)
		r = prepare_button(pibrella);
	return r >= 0 ? prepare_sound(pibrella) : r;
}

static void crash(void *state)
{
	struct pibrella *pibrella = state;

	if (!pibrella->board)
		return;
	for (int line = 0; line <= BOARD_BUZZER; line++)
		(void)pibrella->driver->set(pibrella->board, (enum board_line)line, false);
	sound_crash(pibrella->sound);
}

/* In a child: until the power is gone, or nothing has come of that. */
static void blink_to_the_end(struct pibrella *pibrella)
{
	uint64_t end_usec = frontend_host_now_usec(pibrella->host) + BLINK_TO_THE_END_USEC;
	uint64_t now_usec, next_usec;

	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	while ((now_usec = frontend_host_now_usec(pibrella->host)) < end_usec) {
		next_usec = show_pattern(pibrella);
		if (next_usec == UINT64_MAX) /* a board with too few lamps to blink */
			break;
		if (next_usec > now_usec)
			(void)usleep((useconds_t)(next_usec - now_usec));
	}
	set_lamps(pibrella, 0);
	_exit(EXIT_SUCCESS);
}

/*
 * At the end of a shutdown everybody is told to end and waited for; who begins after that is not.
 * So a child that has the lines, too, goes on blinking and holds up nothing. A dark box, or one
 * that stands still, would look finished already.
 */
static bool leave_blinking(struct pibrella *pibrella)
{
	pid_t pid;

	if (!pibrella->memory.is_power_going || !pibrella->has_pattern)
		return false;
	pid = fork();
	if (pid == 0)
		blink_to_the_end(pibrella);
	return pid > 0;
}

static void pibrella_close(void *state)
{
	struct pibrella *pibrella = state;

	sound_free(pibrella->sound);
	if (pibrella->timer_fd >= 0) {
		(void)frontend_host_watch(pibrella->host, pibrella->timer_fd, 0);
		fd_close(pibrella->timer_fd);
	}
	if (!pibrella->board)
		return;
	if (!leave_blinking(pibrella))
		set_lamps(pibrella, pibrella->memory.is_power_going ? LAMP_BIT(LAMP_RED) : 0);
	if (pibrella->driver->button_fd(pibrella->board) >= 0)
		(void)frontend_host_watch(
			pibrella->host, pibrella->driver->button_fd(pibrella->board), 0);
	pibrella->driver->close(pibrella->board);
	pibrella->board = NULL;
}

const struct frontend frontend_pibrella = {
	.name = "pibrella",
	.summary = "Lamps, a buzzer and a button: a Pibrella, or any pins of a Raspberry Pi.",
	.state_size = sizeof(struct pibrella),
	.settings = settings_list,
	.set = set,
	.probe = probe,
	.open = pibrella_open,
	.show = show,
	.reply = reply,
	.ready = ready,
	.tick = tick,
	.crash = crash,
	.close = pibrella_close,
};
