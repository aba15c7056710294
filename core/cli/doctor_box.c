/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "core/base/cleanup.h"
#include "core/base/fd.h"
#include "core/base/sandbox.h"
#include "core/base/text.h"
#include "core/cli/settings.h"
#include "core/client/session.h"
#include "core/probe/probe.h"
#include "core/summary.h"

/* --- the configuration --- */

static void check_owner(const struct config_tank *tank, struct doctor_report *report)
{
	uid_t user;
	gid_t group;

	if (settings_find_user(tank->owner, &user) == 0 &&
		settings_find_group(tank->group, &group) == 0)
		return;
	doctor_find(report, DOCTOR_ERROR, "config-error", "[tank] owner, group",
		"The tank shall belong to a user or group that this machine does not have.",
		"Nothing was changed.",
		"Change owner = or group = in the section [tank], or add the user with adduser.");
}

void doctor_check_config(const struct doctor_scope *scope, struct doctor_report *report)
{
	const struct config *config = scope->config;
	const char *file;

	for (size_t i = 0; (file = config_file_read(config, i)); i++)
		doctor_looked(report, "the configuration: %s", file);
	for (size_t i = 0; i < config_problem_count(config); i++) {
		const struct config_problem *problem = config_problem(config, i);
		char about[512];

		(void)text_format(about, sizeof(about), "%s:%u", problem->file, problem->line);
		doctor_find(report, problem->is_error ? DOCTOR_ERROR : DOCTOR_WARNING,
			problem->is_error ? "config-error" : "config-unknown", about,
			problem->is_error ? "The configuration has a mistake."
					  : "The configuration has a word that nobody knows.",
			problem->is_error
				? "Nothing was changed; imports and imgtankd do not start with it."
				: "It is passed over; everything else there is in force.",
			"Mend it: %s.", problem->text);
	}
	check_owner(&config->tank, report);
}

/* --- the daemon --- */

static void judge_no_session(const char *path, int error, struct doctor_report *report)
{
	if (error == -EACCES || error == -EPERM)
		doctor_find(report, DOCTOR_ERROR, "daemon-denied", path,
			"You may not talk to imgtankd.", "It goes on with its work.",
			"Become a member of the group imgtank, or use sudo.");
	else if (error == -EPROTONOSUPPORT)
		doctor_find(report, DOCTOR_ERROR, "daemon-version", path,
			"The running imgtankd is of another version.", "It goes on with its work.",
			"Update the older of the two; then: systemctl restart imgtankd");
	else if (error == -ETIMEDOUT)
		doctor_find(report, DOCTOR_ERROR, "daemon-silent", path,
			"imgtankd does not answer.",
			"What is verified is safe; a copy goes on where it stopped.",
			"Look into 'journalctl -u imgtankd'; then: systemctl restart imgtankd");
	else
		doctor_find(report, DOCTOR_ERROR, "daemon-not-running", path,
			"imgtankd is not running: cards that are put in are not copied.",
			"What is in the tank is unchanged.",
			"Run: systemctl enable --now imgtankd. If it does not stay, 'journalctl "
			"-u "
			"imgtankd' says why.");
}

static void judge_model(
	const struct tank_model *model, const char *path, struct doctor_report *report)
{
	if (strcmp(model->daemon_version, IMGTANK_VERSION) != 0)
		doctor_find(report, DOCTOR_WARNING, "daemon-version", path,
			"The running imgtankd is of another version than this program.",
			"It goes on with its work.", "Run: systemctl restart imgtankd");
	if (!model->may_command)
		doctor_find(report, DOCTOR_NOTE, "daemon-watch-only", path,
			"You may watch imgtankd, but not give commands.",
			"It goes on with its work.",
			"Become a member of the group imgtank, or use sudo.");
	if (summary_cards_with_problem(model))
		doctor_find(report, DOCTOR_WARNING, "unacknowledged", "",
			"There are problems with cards that nobody has acknowledged.",
			"Their cards are not called safe to format.",
			"See 'imgtank cards'; when you have: imgtank ack");
	if (model->tank.fault != FAULT_NONE &&
		!doctor_has(report, fault_text(model->tank.fault)->word))
		doctor_find_fault(report, DOCTOR_ERROR, model->tank.fault, "as imgtankd sees it");
}

void doctor_check_daemon(const struct doctor_scope *scope, struct doctor_report *report)
{
	struct session *session = NULL;
	int r = session_open(&session, scope->socket_path);

	doctor_looked(report, "imgtankd at %s", scope->socket_path);
	if (r < 0)
		judge_no_session(scope->socket_path, r, report);
	else
		judge_model(session_model(session), scope->socket_path, report);
	session_close(session);
}

/* --- front ends --- */

/* Is argv[0] of this process the program of the front end? */
static bool is_frontend(int proc_fd, const char *pid, const char *name)
{
	char path[64], command[512], program[UI_NAME_BYTES + 16];
	const char *base;
	ssize_t length;
	int fd;

	if (!text_format(path, sizeof(path), "%.16s/cmdline", pid))
		return false;
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = fd_read_full(fd, command, sizeof(command) - 1);
	fd_close(fd);
	if (length <= 0)
		return false;
	command[length] = '\0';
	base = strrchr(command, '/');
	(void)text_format(program, sizeof(program), "imgtank-ui-%s", name);
	return !strcmp(base ? base + 1 : command, program);
}

static bool is_running(const char *root, const char *name)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	bool is_there = false;
	DIR *dir;

	if (!text_format(path, sizeof(path), "%s/proc", root))
		return false;
	dir = opendir(path);
	while (dir && !is_there && (entry = readdir(dir)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			is_there = is_frontend(dirfd(dir), entry->d_name, name);
	if (dir)
		(void)closedir(dir);
	return is_there;
}

static void check_frontend(
	const struct doctor_scope *scope, const char *name, struct doctor_report *report)
{
	bool is_web = !strcmp(name, "web");
	char program[PATH_MAX];
	int status;

	doctor_looked(report, "the front end %s", name);
	if (!ui_find_program(name, program, sizeof(program))) {
		doctor_find(report, DOCTOR_ERROR, "frontend-missing", name,
			"A front end is configured that is not installed.",
			"The others and imgtankd do without it.",
			"Install imgtank-ui-%s, or take it out of frontends = in the section [ui].",
			name);
		return;
	}
	/* A page needs no hardware: it only says so to stay out of "auto". */
	status = is_web ? 0 : ui_probe(&scope->place, name);
	if (status == UI_EXIT_NOT_HERE)
		doctor_find(report, DOCTOR_ERROR, "frontend-no-hardware", name,
			"The hardware of a front end that is configured is not here.",
			"The others and imgtankd do without it.",
			"Connect it, see imgtank-ui-%s(8), or take it out of frontends = in the "
			"section "
			"[ui].",
			name);
	else if (!is_running(scope->root, name) &&
		(!is_web || !doctor_find_web_port(scope, report)))
		doctor_find(report, DOCTOR_ERROR, "frontend-not-running", name,
			"A front end that is configured does not run.",
			"imgtankd copies and verifies cards without it.",
			"Run: systemctl enable --now imgtank-ui. If it does not stay, 'journalctl "
			"-u "
			"imgtank-ui@%s' says why.",
			name);
	if (is_web)
		doctor_check_certificate(scope, report);
}

static void say_bad_name(const char *name, struct doctor_report *report)
{
	doctor_find(report, DOCTOR_ERROR, "frontend-missing", name,
		"What is configured as a front end is no name of one, or one too many.",
		"The others and imgtankd do without it.",
		"Mend frontends = in the section [ui]; 'imgtank ui --list' shows those that are "
		"installed.");
}

void doctor_check_frontends(const struct doctor_scope *scope, struct doctor_report *report)
{
	CLEANUP(freep) struct ui_names *names = calloc(1, sizeof(*names));
	CLEANUP(freep) char *text = strdup(scope->config->ui.frontends);
	char *rest = text, *name;

	if (!names)
		return;
	while ((name = strsep(&rest, " \t,"))) {
		if (!*name || !strcmp(name, "none"))
			continue;
		if (!strcmp(name, "auto"))
			ui_add_hardware(&scope->place, names);
		else if (!ui_add_name(names, name))
			say_bad_name(name, report);
	}
	for (size_t i = 0; i < names->count; i++)
		check_frontend(scope, names->names[i], report);
}

/* --- the process that reads pictures --- */

void doctor_judge_sandbox(uint32_t parts, struct doctor_report *report)
{
	if (!(parts & SANDBOX_SECCOMP))
		doctor_find(report, DOCTOR_WARNING, "sandbox-weak", "seccomp",
			"The program that reads pictures is not held back by the kernel "
			"(seccomp).",
			"Copies are right; a harmful file on a card could do more than it should.",
			"Use a kernel with CONFIG_SECCOMP_FILTER.");
	if (!(parts & SANDBOX_LANDLOCK))
		doctor_find(report, DOCTOR_NOTE, "sandbox-landlock", "landlock",
			"This kernel has no Landlock; the program that reads pictures has one "
			"wall less "
			"around it.",
			"The other walls stand.",
			"Nothing. The kernels of Raspberry Pi OS are made without it.");
}

void doctor_check_probe(const struct doctor_scope *scope, struct doctor_report *report)
{
	const struct probe_options options = {.deadline_ms = scope->config->probe.timeout_ms};
	struct probe *probe = NULL;
	uint32_t parts;
	int r = probe_new(&probe, &options);

	if (r == 0)
		r = probe_sandbox_parts(probe, &parts);
	probe_free(probe);
	doctor_looked(report, "imgtank-probe and its sandbox");
	if (r < 0)
		doctor_find_fault(report, DOCTOR_ERROR, FAULT_PROBE_MISSING, "imgtank-probe");
	else
		doctor_judge_sandbox(parts, report);
}
