/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/ui_apply.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/cli/cli.h"

#define UNIT_PREFIX "imgtank-ui@"
#define UNIT_SUFFIX ".service"
#define UNIT_BYTES (UI_NAME_BYTES + 32)

/* The settings with which each was started. systemd gives the folder (RuntimeDirectory=). */
#define SETTINGS_FOLDER_ENV "RUNTIME_DIRECTORY"
#define SETTINGS_FOLDER "/run/imgtank-ui"

extern char **environ;

enum ui_step ui_step_of(bool is_wanted, bool is_running, bool is_changed)
{
	if (!is_wanted)
		return is_running ? UI_STEP_STOP : UI_STEP_NONE;
	if (!is_running)
		return UI_STEP_START;
	return is_changed ? UI_STEP_RESTART : UI_STEP_NONE;
}

/* --- systemctl --- */

/* Its output goes to output_fd, if that is not -1. Returns its exit status, or a negative errno. */
static int systemctl(const char *const arguments[], int output_fd)
{
	posix_spawn_file_actions_t actions;
	const char *argv[8] = {"systemctl"};
	pid_t pid;
	int status, error;

	for (size_t i = 0; arguments[i] && i < 6; i++)
		argv[i + 1] = arguments[i];
	error = posix_spawn_file_actions_init(&actions);
	if (error)
		return -error;
	if (output_fd >= 0)
		(void)posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
	error = posix_spawnp(
		&pid, "systemctl", &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (error)
		return -error;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

/* "imgtank-ui@fb.service loaded active running ..." */
static void add_unit(struct ui_names *names, char *line)
{
	char *end;

	line += strspn(line, " \t*");
	if (strncmp(line, UNIT_PREFIX, strlen(UNIT_PREFIX)) != 0)
		return;
	line += strlen(UNIT_PREFIX);
	end = strstr(line, UNIT_SUFFIX);
	if (!end)
		return;
	*end = '\0';
	(void)ui_add_name(names, line);
}

static int add_running(struct ui_names *names)
{
	static const char *const list[] = {"list-units", "--plain", "--no-legend",
		"--state=active,activating,reloading", UNIT_PREFIX "*" UNIT_SUFFIX, NULL};
	FILE *output = tmpfile();
	char line[512];
	int r;

	if (!output)
		return -errno;
	r = systemctl(list, fileno(output));
	rewind(output);
	while (r == 0 && fgets(line, sizeof(line), output))
		add_unit(names, line);
	(void)fclose(output);
	return r > 0 ? -EIO : r;
}

static int tell_systemd(const char *verb, const char *name)
{
	char unit[UNIT_BYTES];
	const char *const arguments[] = {"--no-block", verb, unit, NULL};
	int r;

	(void)text_format(unit, sizeof(unit), UNIT_PREFIX "%s" UNIT_SUFFIX, name);
	(void)printf("%s %s\n", verb, name);
	(void)fflush(stdout);
	r = systemctl(arguments, -1);
	if (r == 0)
		return 0;
	(void)fprintf(stderr,
		"imgtank: systemd could not %s the front end %s; 'systemctl status %s' says "
		"more.\n",
		verb, name, unit);
	return -EIO;
}

/* --- settings --- */

static bool settings_path(const char *name, char *path, size_t path_bytes)
{
	const char *folder = secure_getenv(SETTINGS_FOLDER_ENV);

	return text_format(path, path_bytes, "%s/%s", folder ? folder : SETTINGS_FOLDER, name);
}

static bool has_changed(const struct ui_place *place, const char *name)
{
	CLEANUP(freep) char *now = malloc(UI_SETTINGS_BYTES), *then = malloc(UI_SETTINGS_BYTES);
	char path[PATH_MAX];

	if (!now || !then || !settings_path(name, path, sizeof(path)))
		return false;
	ui_settings(place, name, now, UI_SETTINGS_BYTES);
	/* Who was started by hand has left nothing: that is no reason to disturb it. */
	return fd_read_text(AT_FDCWD, path, then, UI_SETTINGS_BYTES) == 0 && strcmp(now, then) != 0;
}

static void keep_settings(const struct ui_place *place, const char *name)
{
	CLEANUP(freep) char *text = malloc(UI_SETTINGS_BYTES);
	char path[PATH_MAX];
	FILE *file;

	if (!text || !settings_path(name, path, sizeof(path)))
		return;
	ui_settings(place, name, text, UI_SETTINGS_BYTES);
	file = fopen(path, "we");
	if (!file || fputs(text, file) < 0)
		(void)fprintf(stderr,
			"imgtank: %s cannot be written; a changed setting of %s will want a "
			"restart by "
			"hand.\n",
			path, name);
	if (file)
		(void)fclose(file);
}

/* --- applying --- */

static int take_step(const struct ui_place *place, const char *name, enum ui_step step)
{
	static const char *const verbs[] = {
		[UI_STEP_START] = "start", [UI_STEP_STOP] = "stop", [UI_STEP_RESTART] = "restart"};
	char path[PATH_MAX];

	if (step == UI_STEP_NONE)
		return 0;
	if (step == UI_STEP_STOP) {
		if (settings_path(name, path, sizeof(path)))
			(void)unlink(path);
	} else if (ui_find_program(name, path, sizeof(path))) {
		keep_settings(place, name);
	} else {
		ui_say_cannot_start(name, -ENOENT);
		return -ENOENT;
	}
	return tell_systemd(verbs[step], name);
}

/* One that fails does not keep the next from its turn. */
static int apply(
	const struct ui_place *place, const struct ui_names *wanted, const struct ui_names *running)
{
	int result = EXIT_OK;

	for (size_t i = 0; i < running->count; i++) {
		const char *name = running->names[i];
		enum ui_step step =
			ui_step_of(ui_has_name(wanted, name), true, has_changed(place, name));

		if (take_step(place, name, step) < 0)
			result = EXIT_TROUBLE;
	}
	for (size_t i = 0; i < wanted->count; i++) {
		const char *name = wanted->names[i];

		if (!ui_has_name(running, name) &&
			take_step(place, name, ui_step_of(true, false, false)) < 0)
			result = EXIT_TROUBLE;
	}
	return result;
}

int ui_apply(const struct ui_place *place)
{
	CLEANUP(freep) struct ui_names *names = calloc(2, sizeof(*names));
	int r = names ? ui_add_meant(place, &names[0]) : -ENOMEM;

	if (r < 0) {
		(void)fprintf(stderr,
			"imgtank: The configuration cannot be read: %s. All front ends stay as "
			"they "
			"are.\n",
			strerrordesc_np(-r) ?: "?");
		return EXIT_USAGE;
	}
	r = add_running(&names[1]);
	if (r < 0) {
		(void)fprintf(stderr,
			"imgtank: systemd does not answer (%s). Without it: imgtank ui\n",
			strerrordesc_np(-r) ?: "?");
		return EXIT_TROUBLE;
	}
	return apply(place, &names[0], &names[1]);
}
