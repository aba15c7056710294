/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/ui_run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/cli/cli.h"

#define USEC_PER_MS UINT64_C(1000)
#define NEVER UINT64_MAX

struct ui {
	char name[UI_NAME_BYTES];
	char settings[UI_SETTINGS_BYTES]; /* with which it was started */
	pid_t pid; /* 0: not running */
	uint64_t started_usec;
	uint64_t due_usec; /* to start it, or, when is_unwanted, to kill it; NEVER */
	unsigned int retry_ms;
	bool is_unwanted; /* it was asked to end */
	bool is_again; /* after that it is to be started anew */
};

struct run {
	const struct ui_place *place; /* borrowed */
	bool follows_configuration, is_ending;
	int status;
	size_t count;
	struct ui uis[UI_NAMES_MAX];
};

static uint64_t in_ms(unsigned int ms)
{
	return clock_monotonic_usec() + ms * USEC_PER_MS;
}

/* --- one front end --- */

static void forget(struct run *run, struct ui *ui)
{
	*ui = run->uis[--run->count];
}

/* Whatever stands in the way of one is said, and the others go on. */
static void start(struct run *run, struct ui *ui)
{
	pid_t pid;

	ui_settings(run->place, ui->name, ui->settings, sizeof(ui->settings));
	pid = ui_start(run->place, ui->name, NULL);
	ui->due_usec = NEVER;
	ui->is_again = ui->is_unwanted = false;
	if (pid > 0) {
		ui->pid = pid;
		ui->started_usec = clock_monotonic_usec();
		return;
	}
	ui_say_cannot_start(ui->name, (int)pid);
	run->status = EXIT_TROUBLE;
}

static void end(struct ui *ui)
{
	if (ui->pid <= 0 || ui->is_unwanted)
		return;
	ui->is_unwanted = true;
	ui->due_usec = in_ms(UI_GRACE_MS);
	(void)kill(ui->pid, SIGTERM);
}

static bool is_worth_another_try(int wait_status)
{
	return WIFSIGNALED(wait_status) ||
		(WEXITSTATUS(wait_status) != 0 && WEXITSTATUS(wait_status) != UI_EXIT_NOT_HERE &&
			WEXITSTATUS(wait_status) != UI_EXIT_USAGE);
}

static void plan_retry(struct ui *ui)
{
	bool was_steady = clock_monotonic_usec() - ui->started_usec >= UI_STEADY_MS * USEC_PER_MS;

	if (was_steady || ui->retry_ms == 0)
		ui->retry_ms = UI_RETRY_FIRST_MS;
	else
		ui->retry_ms *= 2;
	if (ui->retry_ms > UI_RETRY_MAX_MS)
		ui->retry_ms = UI_RETRY_MAX_MS;
	ui->due_usec = in_ms(ui->retry_ms);
}

static void on_ended(struct run *run, struct ui *ui, int wait_status)
{
	ui->pid = 0;
	if (ui->is_unwanted) {
		ui->due_usec = ui->is_again && !run->is_ending ? 0 : NEVER;
		return;
	}
	ui_say_ended(ui->name, wait_status);
	if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status))
		run->status = EXIT_TROUBLE;
	ui->due_usec = NEVER;
	if (run->follows_configuration && is_worth_another_try(wait_status))
		plan_retry(ui);
}

/* --- all of them --- */

static struct ui *find_name(struct run *run, const char *name)
{
	for (size_t i = 0; i < run->count; i++)
		if (!strcmp(run->uis[i].name, name))
			return &run->uis[i];
	return NULL;
}

static struct ui *find_pid(struct run *run, pid_t pid)
{
	for (size_t i = 0; i < run->count; i++)
		if (run->uis[i].pid == pid)
			return &run->uis[i];
	return NULL;
}

static void add(struct run *run, const char *name)
{
	struct ui *ui;

	if (run->count == UI_NAMES_MAX)
		return;
	ui = &run->uis[run->count++];
	*ui = (struct ui){.due_usec = NEVER};
	memcpy(ui->name, name, sizeof(ui->name));
	start(run, ui);
}

static void collect(struct run *run)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct ui *ui = find_pid(run, pid);

		if (ui)
			on_ended(run, ui, status);
	}
}

static void do_what_is_due(struct run *run)
{
	uint64_t now_usec = clock_monotonic_usec();

	for (size_t i = 0; i < run->count; i++) {
		struct ui *ui = &run->uis[i];

		if (ui->due_usec > now_usec)
			continue;
		ui->due_usec = NEVER;
		if (ui->pid > 0)
			(void)kill(ui->pid, SIGKILL); /* it was asked before */
		else if (!run->is_ending)
			start(run, ui);
	}
}

/* Those that ended and are neither wanted nor due any more. */
static void sweep(struct run *run)
{
	for (size_t i = run->count; i > 0; i--) {
		struct ui *ui = &run->uis[i - 1];

		if (ui->pid == 0 && ui->due_usec == NEVER && (ui->is_unwanted || run->is_ending))
			forget(run, ui);
	}
}

static bool is_any_alive(const struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		if (run->uis[i].pid > 0 || run->uis[i].due_usec != NEVER)
			return true;
	return false;
}

static void end_all(struct run *run)
{
	run->is_ending = true;
	for (size_t i = 0; i < run->count; i++) {
		if (run->uis[i].pid == 0)
			run->uis[i].due_usec = NEVER;
		end(&run->uis[i]);
	}
}

/* --- another configuration --- */

static bool has_other_settings(const struct run *run, const struct ui *ui)
{
	CLEANUP(freep) char *text = malloc(UI_SETTINGS_BYTES);

	if (!text)
		return false;
	ui_settings(run->place, ui->name, text, UI_SETTINGS_BYTES);
	return strcmp(text, ui->settings) != 0;
}

/* A name that is wanted and known: anew if its settings changed, or if it has given up. */
static void renew(struct run *run, struct ui *ui)
{
	if (ui->pid > 0 && !ui->is_unwanted && !has_other_settings(run, ui))
		return;
	if (ui->pid > 0) {
		end(ui);
		ui->is_again = true;
		return;
	}
	ui->retry_ms = 0;
	start(run, ui);
}

static void reload(struct run *run)
{
	CLEANUP(freep) struct ui_names *names = calloc(1, sizeof(*names));
	int r = names ? ui_add_meant(run->place, names) : -ENOMEM;

	if (r < 0) {
		(void)fprintf(stderr,
			"imgtank: The configuration cannot be read: %s. All front ends stay as "
			"they "
			"are.\n",
			strerrordesc_np(-r) ?: "?");
		return;
	}
	for (size_t i = 0; i < run->count; i++) {
		struct ui *ui = &run->uis[i];

		if (ui_has_name(names, ui->name))
			continue;
		end(ui);
		ui->is_again = false;
		ui->is_unwanted = true;
		if (ui->pid == 0)
			ui->due_usec = NEVER;
	}
	for (size_t i = 0; i < names->count; i++) {
		struct ui *ui = find_name(run, names->names[i]);

		if (ui)
			renew(run, ui);
		else
			add(run, names->names[i]);
	}
}

/* --- the loop --- */

/* Someone who hangs up a terminal means the end; a service is told to read again. */
static void on_signal(struct run *run, const struct signalfd_siginfo *info)
{
	if (info->ssi_signo == SIGCHLD)
		return; /* all are collected anyway */
	if (info->ssi_signo == SIGHUP && run->follows_configuration && !run->is_ending &&
		!isatty(STDIN_FILENO))
		reload(run);
	else
		end_all(run);
}

static int open_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static int wait_ms(const struct run *run)
{
	uint64_t next_usec = NEVER, now_usec = clock_monotonic_usec();

	for (size_t i = 0; i < run->count; i++)
		if (run->uis[i].due_usec < next_usec)
			next_usec = run->uis[i].due_usec;
	if (next_usec == NEVER)
		return -1;
	return next_usec <= now_usec ? 0 : (int)((next_usec - now_usec) / USEC_PER_MS) + 1;
}

static void loop(struct run *run, int signal_fd)
{
	struct pollfd waited = {.fd = signal_fd, .events = POLLIN};
	struct signalfd_siginfo info;

	/* A service stays for the next configuration; who types it gets the prompt back. */
	while (is_any_alive(run) ||
		(run->follows_configuration && !run->is_ending && !isatty(STDIN_FILENO))) {
		(void)poll(&waited, 1, wait_ms(run));
		while (read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
			on_signal(run, &info);
		collect(run);
		do_what_is_due(run);
		sweep(run);
	}
}

int ui_run(const struct ui_place *place, const struct ui_names *names, bool follows_configuration)
{
	CLEANUP(freep) struct run *run = calloc(1, sizeof(*run));
	CLEANUP(fd_closep) int signal_fd = open_signals();

	if (!run || signal_fd < 0)
		return EXIT_TROUBLE;
	run->place = place;
	run->follows_configuration = follows_configuration;
	for (size_t i = 0; i < names->count; i++)
		add(run, names->names[i]);
	loop(run, signal_fd);
	/* One that came and went in between is no fault of a service that was asked to end. */
	return follows_configuration && run->is_ending ? EXIT_OK : run->status;
}
