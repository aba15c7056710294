/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/ui_find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/config/section.h"

#define PROGRAM_PREFIX "imgtank-ui-"
#define CONFIGURED_BYTES 512
#define PROBE_PATIENCE_MS 20000 /* much for a busy box that is only just starting */

extern char **environ;

/* --- programs --- */

/* Folders in which front ends are looked for, in order; false behind the last one. */
static bool find_folder(size_t index, char *folder, size_t folder_bytes)
{
	const char *given = secure_getenv("IMGTANK_UI_DIR");
	ssize_t length;
	char *slash;

	switch (index) {
	case 0:
		return text_format(folder, folder_bytes, "%s", given ? given : "");
	case 1: /* beside this program, as in a build folder */
		length = readlink("/proc/self/exe", folder, folder_bytes - 1);
		if (length <= 0)
			return false;
		folder[length] = '\0';
		slash = strrchr(folder, '/');
		if (slash)
			*slash = '\0';
		return true;
	case 2:
		return text_format(folder, folder_bytes, "%s/ui", IMGTANK_LIBEXEC_DIR);
	default:
		return false;
	}
}

bool ui_is_name(const char *name)
{
	return *name && *name != '-' && strlen(name) < UI_NAME_BYTES &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

bool ui_find_program(const char *name, char *path, size_t path_bytes)
{
	char folder[PATH_MAX];

	for (size_t i = 0; ui_is_name(name) && find_folder(i, folder, sizeof(folder)); i++)
		if (*folder &&
			text_format(path, path_bytes, "%s/" PROGRAM_PREFIX "%s", folder, name) &&
			access(path, X_OK) == 0)
			return true;
	return false;
}

bool ui_has_name(const struct ui_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->names[i], name))
			return true;
	return false;
}

bool ui_add_name(struct ui_names *names, const char *name)
{
	if (!ui_is_name(name))
		return false;
	if (ui_has_name(names, name))
		return true;
	if (names->count == UI_NAMES_MAX)
		return false;
	(void)text_format(names->names[names->count++], UI_NAME_BYTES, "%s", name);
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

void ui_add_installed(struct ui_names *names)
{
	char folder[PATH_MAX];

	for (size_t i = 0; find_folder(i, folder, sizeof(folder)); i++) {
		DIR *dir = *folder ? opendir(folder) : NULL;
		struct dirent *entry;

		while (dir && (entry = readdir(dir)))
			if (!strncmp(entry->d_name, PROGRAM_PREFIX, strlen(PROGRAM_PREFIX)))
				(void)ui_add_name(names, entry->d_name + strlen(PROGRAM_PREFIX));
		if (dir)
			(void)closedir(dir);
	}
	qsort(names->names, names->count, UI_NAME_BYTES, by_name);
}

/* --- starting --- */

struct call {
	char path[PATH_MAX], socket[PATH_MAX + 16], config[PATH_MAX + 16];
	char *argv[UI_ARGUMENTS_MAX + 1];
};

/* Tells the front end where the daemon and the configuration are. */
static int build_call(
	const struct ui_place *place, const char *name, const char *const more[], struct call *call)
{
	size_t n = 0;

	if (!ui_find_program(name, call->path, sizeof(call->path)))
		return -ENOENT;
	call->argv[n++] = call->path;
	if (place->socket_path) {
		if (!text_format(
			    call->socket, sizeof(call->socket), "--socket=%s", place->socket_path))
			return -ENAMETOOLONG;
		call->argv[n++] = call->socket;
	}
	if (place->config_path) {
		if (!text_format(
			    call->config, sizeof(call->config), "--config=%s", place->config_path))
			return -ENAMETOOLONG;
		call->argv[n++] = call->config;
	}
	for (size_t i = 0; more && more[i]; i++) {
		if (n == UI_ARGUMENTS_MAX)
			return -E2BIG;
		/* execv(3) changes no argument, its prototype only has to suit old programs. */
		memcpy(&call->argv[n++], &more[i], sizeof(more[i]));
	}
	call->argv[n] = NULL;
	return 0;
}

/* Our own signal mask is not for it. */
static pid_t spawn(struct call *call, bool is_silent)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	pid_t pid;
	int error;

	(void)sigemptyset(&none);
	error = posix_spawnattr_init(&attributes);
	if (error)
		return -error;
	error = posix_spawn_file_actions_init(&actions);
	if (error == 0 && is_silent)
		error = posix_spawn_file_actions_addopen(
			&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	if (error == 0)
		error = posix_spawn(&pid, call->path, &actions, &attributes, call->argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	return error ? -error : pid;
}

static pid_t start(
	const struct ui_place *place, const char *name, const char *const more[], bool is_silent)
{
	CLEANUP(freep) struct call *call = calloc(1, sizeof(*call));
	int r = call ? build_call(place, name, more, call) : -ENOMEM;

	return r < 0 ? r : spawn(call, is_silent);
}

pid_t ui_start(const struct ui_place *place, const char *name, const char *const more[])
{
	return start(place, name, more, false);
}

int ui_become(const struct ui_place *place, const char *name, const char *const more[])
{
	CLEANUP(freep) struct call *call = calloc(1, sizeof(*call));
	int r = call ? build_call(place, name, more, call) : -ENOMEM;

	if (r < 0)
		return r;
	(void)execv(call->path, call->argv);
	return -errno;
}

void ui_say_cannot_start(const char *name, int error)
{
	char path[PATH_MAX];

	if (ui_find_program(name, path, sizeof(path)))
		(void)fprintf(stderr, "imgtank: The front end %s cannot start: %s.\n", name,
			strerrordesc_np(-error) ?: "?");
	else
		(void)fprintf(stderr,
			"imgtank: There is no front end %s here.\n"
			"  'imgtank ui --list' shows those that are installed.\n",
			name);
}

void ui_say_ended(const char *name, int wait_status)
{
	if (WIFSIGNALED(wait_status))
		(void)fprintf(stderr, "imgtank: The front end %s was ended by signal %d (%s).\n",
			name, WTERMSIG(wait_status), sigabbrev_np(WTERMSIG(wait_status)) ?: "?");
	else if (WEXITSTATUS(wait_status) == UI_EXIT_NOT_HERE)
		(void)fprintf(stderr, "imgtank: The hardware of %s is not here.\n", name);
	else if (WEXITSTATUS(wait_status))
		(void)fprintf(stderr, "imgtank: The front end %s ended with status %d.\n", name,
			WEXITSTATUS(wait_status));
}

/* --- hardware --- */

/* For `auto`: these work everywhere, so that nobody means them by it. */
static bool is_for_people_only(const char *name)
{
	return !strcmp(name, "tty") || !strcmp(name, "record") || !strcmp(name, "lines");
}

/* One that never says anything must not keep the others from their turn. */
static void end_if_silent(pid_t pid, const char *name)
{
	uint64_t until_usec = clock_monotonic_usec() + PROBE_PATIENCE_MS * UINT64_C(1000);
	CLEANUP(fd_closep) int fd = pidfd_open(pid, 0);
	struct pollfd waited = {.fd = fd, .events = POLLIN};
	uint64_t now_usec;
	int r = -1;

	if (fd < 0) /* an old kernel: then it is waited for */
		return;
	while (r < 0 && (now_usec = clock_monotonic_usec()) < until_usec) {
		r = poll(&waited, 1, (int)((until_usec - now_usec) / 1000) + 1);
		if (r < 0 && errno != EINTR)
			return;
	}
	if (r > 0)
		return;
	(void)fprintf(stderr,
		"imgtank: The front end %s does not say whether its hardware is here; it is passed "
		"over.\n",
		name);
	(void)kill(pid, SIGKILL);
}

int ui_probe(const struct ui_place *place, const char *name)
{
	static const char *const probe[] = {"--probe", NULL};
	pid_t pid = start(place, name, probe, true); /* its status is the answer */
	int status;

	if (pid < 0)
		return pid;
	end_if_silent(pid, name);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}

void ui_add_hardware(const struct ui_place *place, struct ui_names *names)
{
	CLEANUP(freep) struct ui_names *installed = calloc(1, sizeof(*installed));

	if (!installed)
		return;
	ui_add_installed(installed);
	for (size_t i = 0; i < installed->count; i++)
		if (!is_for_people_only(installed->names[i]) &&
			ui_probe(place, installed->names[i]) == 0)
			(void)ui_add_name(names, installed->names[i]);
}

/* --- the configuration --- */

struct configured {
	bool is_said;
	char text[CONFIGURED_BYTES];
};

static void on_setting(
	const char *file, unsigned int line, const char *key, const char *value, void *userdata)
{
	struct configured *configured = userdata;

	(void)file;
	(void)line;
	if (strcmp(key, "frontends") != 0)
		return;
	configured->is_said = *value != '\0';
	if (!text_format(configured->text, sizeof(configured->text), "%s", value))
		(void)fprintf(
			stderr, "imgtank: [ui] frontends = is too long; its end is not used.\n");
}

static void say_no_name(const char *name)
{
	char safe[TEXT_ESCAPED_BYTES(UI_NAME_BYTES)];

	(void)text_escape(name, safe, sizeof(safe));
	(void)fprintf(stderr,
		"imgtank: [ui] frontends: '%s' is not the name of a front end, or one too many; it "
		"is "
		"passed over.\n  'imgtank ui --list' shows those that are installed.\n",
		safe);
}

int ui_add_configured(const struct ui_place *place, struct ui_names *names, bool *is_said)
{
	struct configured configured = {0};
	char *rest = configured.text, *name;
	int r = config_read_section(place->config_path, "ui", on_setting, &configured);

	*is_said = configured.is_said;
	if (r < 0)
		return r;
	while ((name = strsep(&rest, " \t,"))) {
		if (!*name || !strcmp(name, "none"))
			continue;
		if (!strcmp(name, "auto"))
			ui_add_hardware(place, names);
		else if (!ui_add_name(names, name))
			say_no_name(name);
	}
	return 0;
}

int ui_add_meant(const struct ui_place *place, struct ui_names *names)
{
	bool is_said;
	int r = ui_add_configured(place, names, &is_said);

	if (r == 0 && !is_said)
		ui_add_hardware(place, names);
	return r;
}

struct settings {
	char *text;
	size_t text_bytes;
};

static void add_setting(
	const char *file, unsigned int line, const char *key, const char *value, void *userdata)
{
	struct settings *settings = userdata;
	size_t length = strlen(settings->text);

	(void)file;
	(void)line;
	(void)text_format(
		settings->text + length, settings->text_bytes - length, "%s = %s\n", key, value);
}

void ui_settings(const struct ui_place *place, const char *name, char *text, size_t text_bytes)
{
	struct settings settings = {text, text_bytes};
	char section[UI_NAME_BYTES + 8];

	*text = '\0';
	(void)text_format(section, sizeof(section), "ui-%s", name);
	(void)config_read_section(place->config_path, section, add_setting, &settings);
}
