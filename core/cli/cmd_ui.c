/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_ui.c - `imgtank ui`: finds front ends by name and runs them, each a program
 * of its own. One takes the place of this process; of several, each may fail
 * without harm to the others.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/config/section.h"

#define PROGRAM_PREFIX "imgtank-ui-"
#define NAMES_MAX 16
#define NAME_BYTES 32
#define MORE_MAX 32 /* options behind -- */
#define ARGUMENTS_MAX (MORE_MAX + 4)
#define CONFIGURED_BYTES 512
#define FRONTEND_NOT_HERE 3 /* exit status of a front end: its hardware is not here */

enum { OPTION_SOCKET = 256, OPTION_CONFIG, OPTION_LIST };

static const struct option long_options[] = {
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"list", no_argument, NULL, OPTION_LIST},
	{NULL, 0, NULL, 0},
};

struct ui {
	char name[NAME_BYTES];
	char path[PATH_MAX], socket[PATH_MAX], config[PATH_MAX]; /* of its command line */
	pid_t pid; /* 0: not running */
};

struct ui_call {
	const char *socket_path, *config_path; /* borrowed from the command line */
	const char *more[MORE_MAX + 1]; /* behind --; ends with NULL; borrowed as well */
	bool wants_list;
	char names[NAMES_MAX][NAME_BYTES];
	size_t names_count;
};

extern char **environ;

/* --- finding them --- */

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

static bool is_name(const char *name)
{
	return *name && strlen(name) < NAME_BYTES &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

static bool find_program(const char *name, char *path, size_t path_bytes)
{
	char folder[PATH_MAX];

	for (size_t i = 0; find_folder(i, folder, sizeof(folder)); i++)
		if (*folder &&
			text_format(path, path_bytes, "%s/" PROGRAM_PREFIX "%s", folder, name) &&
			access(path, X_OK) == 0)
			return true;
	return false;
}

static bool has_name(const struct ui_call *call, const char *name)
{
	for (size_t i = 0; i < call->names_count; i++)
		if (!strcmp(call->names[i], name))
			return true;
	return false;
}

/* False if it is no name, or one too many. A name given twice counts once. */
static bool add_name(struct ui_call *call, const char *name)
{
	if (!is_name(name) || call->names_count == NAMES_MAX)
		return false;
	if (!has_name(call, name))
		(void)text_format(call->names[call->names_count++], NAME_BYTES, "%s", name);
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* All that there are. */
static void add_all(struct ui_call *call)
{
	char folder[PATH_MAX];

	for (size_t i = 0; find_folder(i, folder, sizeof(folder)); i++) {
		DIR *dir = *folder ? opendir(folder) : NULL;
		struct dirent *entry;

		while (dir && (entry = readdir(dir)))
			if (!strncmp(entry->d_name, PROGRAM_PREFIX, strlen(PROGRAM_PREFIX)))
				(void)add_name(call, entry->d_name + strlen(PROGRAM_PREFIX));
		if (dir)
			(void)closedir(dir);
	}
	qsort(call->names, call->names_count, NAME_BYTES, by_name);
}

/* --- running them --- */

/* Tells every front end where the daemon and the configuration are. */
static int build_argv(
	const struct ui_call *call, struct ui *ui, const char *const more[], char *argv[])
{
	size_t n = 0;

	argv[n++] = ui->path;
	if (call->socket_path) {
		if (!text_format(ui->socket, sizeof(ui->socket), "--socket=%s", call->socket_path))
			return -ENAMETOOLONG;
		argv[n++] = ui->socket;
	}
	if (call->config_path) {
		if (!text_format(ui->config, sizeof(ui->config), "--config=%s", call->config_path))
			return -ENAMETOOLONG;
		argv[n++] = ui->config;
	}
	for (size_t i = 0; more && more[i]; i++) {
		if (n == ARGUMENTS_MAX)
			return -E2BIG;
		/* execv(3) changes no argument, its prototype only has to suit old programs. */
		memcpy(&argv[n++], &more[i], sizeof(more[i]));
	}
	argv[n] = NULL;
	return 0;
}

static int say_cannot_start(const struct ui *ui, int error)
{
	(void)fprintf(stderr, "imgtank: The front end %s cannot start: %s.\n", ui->name,
		strerrordesc_np(-error) ?: "?");
	return EXIT_TROUBLE;
}

static int start(const struct ui_call *call, struct ui *ui, const char *const more[])
{
	char *argv[ARGUMENTS_MAX + 1];
	int r = build_argv(call, ui, more, argv);

	if (r == 0)
		r = -posix_spawn(&ui->pid, ui->path, NULL, NULL, argv, environ);
	if (r < 0)
		ui->pid = 0;
	return r;
}

static bool is_here(const struct ui_call *call, struct ui *ui)
{
	const char *more[] = {"--probe", NULL};
	int status;

	if (start(call, ui, more) < 0)
		return false;
	while (waitpid(ui->pid, &status, 0) < 0 && errno == EINTR)
		;
	ui->pid = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void say_ended(const struct ui *ui, int status)
{
	if (WIFSIGNALED(status))
		(void)fprintf(stderr, "imgtank: The front end %s was ended by signal %d (%s).\n",
			ui->name, WTERMSIG(status), sigabbrev_np(WTERMSIG(status)) ?: "?");
	else if (WEXITSTATUS(status) == FRONTEND_NOT_HERE)
		(void)fprintf(stderr, "imgtank: The hardware of %s is not here.\n", ui->name);
	else if (WEXITSTATUS(status))
		(void)fprintf(stderr, "imgtank: The front end %s ended with status %d.\n", ui->name,
			WEXITSTATUS(status));
}

static struct ui *find_pid(struct ui *uis, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (uis[i].pid == pid)
			return &uis[i];
	return NULL;
}

static pid_t running[NAMES_MAX]; /* for the handler below; 0: none */

static void on_end_signal(int number)
{
	for (size_t i = 0; i < NAMES_MAX; i++)
		if (running[i] > 0)
			(void)kill(running[i], number);
}

/* Whoever ends us means all of them; they end in order, and then so do we. */
static void pass_signals_on(void)
{
	const struct sigaction action = {.sa_handler = on_end_signal, .sa_flags = SA_RESTART};

	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
}

static int wait_for_all(struct ui *uis, size_t count)
{
	int result = EXIT_OK, status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, 0)) > 0 || errno == EINTR) {
		struct ui *ui = pid > 0 ? find_pid(uis, count, pid) : NULL;

		if (!ui)
			continue;
		running[ui - uis] = 0;
		say_ended(ui, status);
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			result = EXIT_TROUBLE;
	}
	return result;
}

static int run_one(const struct ui_call *call, struct ui *ui)
{
	char *argv[ARGUMENTS_MAX + 1];
	int r = build_argv(call, ui, call->more, argv);

	if (r == 0) {
		(void)execv(ui->path, argv);
		r = -errno;
	}
	return say_cannot_start(ui, r);
}

static int run_several(const struct ui_call *call, struct ui *uis, size_t count)
{
	int result = EXIT_OK, status;

	pass_signals_on();
	for (size_t i = 0; i < count; i++) {
		int r = start(call, &uis[i], NULL);

		if (r < 0)
			result = say_cannot_start(&uis[i], r);
		running[i] = uis[i].pid;
	}
	status = wait_for_all(uis, count);
	return result == EXIT_OK ? status : result;
}

/* --- which ones --- */

/* For `auto`: these work everywhere, so that nobody means them by it. */
static bool is_for_people_only(const char *name)
{
	return !strcmp(name, "tty") || !strcmp(name, "record") || !strcmp(name, "lines");
}

static void find_hardware(struct ui_call *call)
{
	CLEANUP(freep) struct ui_call *all = calloc(1, sizeof(*all));
	CLEANUP(freep) struct ui *ui = calloc(1, sizeof(*ui));

	if (!all || !ui)
		return;
	add_all(all);
	for (size_t i = 0; i < all->names_count; i++) {
		const char *name = all->names[i];

		if (!is_for_people_only(name) && find_program(name, ui->path, sizeof(ui->path)) &&
			is_here(call, ui))
			(void)add_name(call, name);
	}
}

static void on_setting(
	const char *file, unsigned int line, const char *key, const char *value, void *userdata)
{
	char(*configured)[CONFIGURED_BYTES] = userdata;

	(void)file;
	(void)line;
	if (!strcmp(key, "frontends"))
		(void)text_format(*configured, sizeof(*configured), "%s", value);
}

/* [ui] frontends = names, or auto. */
static int add_configured(struct ui_call *call)
{
	char configured[CONFIGURED_BYTES] = "";
	char *rest = configured, *name;
	int r = config_read_section(call->config_path, "ui", on_setting, &configured);

	if (r < 0) {
		(void)fprintf(stderr, "imgtank: The configuration cannot be read: %s.\n",
			strerrordesc_np(-r) ?: "?");
		return EXIT_USAGE;
	}
	while ((name = strsep(&rest, " \t,"))) {
		if (!strcmp(name, "auto"))
			find_hardware(call);
		else if (*name && !add_name(call, name))
			return cli_usage_error(
				&command_ui, "'%s' is not the name of a front end", name);
	}
	return EXIT_OK;
}

static int choose_names(struct ui_call *call)
{
	bool is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	int status = call->names_count ? EXIT_OK : add_configured(call);

	if (status != EXIT_OK || call->names_count)
		return status;
	if (is_terminal) {
		(void)add_name(call, "tty");
		return EXIT_OK;
	}
	(void)fprintf(stderr,
		"imgtank: No front end is configured, and this is not a terminal.\n"
		"  Name some: imgtank ui NAME... ('imgtank ui --list' shows them), or set\n"
		"  frontends = in the section [ui] of the configuration.\n");
	return EXIT_USAGE;
}

static int list_all(struct ui_call *call)
{
	add_all(call);
	for (size_t i = 0; i < call->names_count; i++)
		(void)puts(call->names[i]);
	return EXIT_OK;
}

/* What cannot be found is said; the others run all the same. */
static int run_uis(const struct ui_call *call)
{
	CLEANUP(freep) struct ui *uis = calloc(NAMES_MAX, sizeof(*uis));
	int result = EXIT_OK, status;
	size_t count = 0;

	if (!uis)
		return EXIT_TROUBLE;
	for (size_t i = 0; i < call->names_count; i++) {
		struct ui *ui = &uis[count];

		memcpy(ui->name, call->names[i], sizeof(ui->name));
		if (find_program(ui->name, ui->path, sizeof(ui->path))) {
			count++;
			continue;
		}
		(void)fprintf(stderr,
			"imgtank: There is no front end %s here.\n"
			"  'imgtank ui --list' shows those that are installed.\n",
			ui->name);
		result = EXIT_TROUBLE;
	}
	if (call->names_count == 1 && count == 1)
		return run_one(call, uis);
	status = run_several(call, uis, count);
	return result == EXIT_OK ? status : result;
}

/* --- the command line --- */

/* All behind "--" is for the front end itself. */
static int split(int argc, char **argv, struct ui_call *call)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") != 0)
			continue;
		for (int k = i + 1; k < argc && k - i <= MORE_MAX; k++)
			call->more[k - i - 1] = argv[k];
		return i;
	}
	return argc;
}

static int read_options(struct ui_call *call, int argc, char **argv)
{
	int option;

	argc = split(argc, argv, call);
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (option == '?' || option == ':')
			return cli_bad_option(&command_ui, argv, option);
		if (option == OPTION_SOCKET)
			call->socket_path = optarg;
		if (option == OPTION_CONFIG)
			call->config_path = optarg;
		call->wants_list |= option == OPTION_LIST;
	}
	for (; optind < argc; optind++)
		if (!add_name(call, argv[optind]))
			return cli_usage_error(
				&command_ui, "'%s' is not the name of a front end", argv[optind]);
	if (call->more[0] && call->names_count != 1)
		return cli_usage_error(
			&command_ui, "what stands behind -- needs one front end to go to");
	return EXIT_OK;
}

static int run(int argc, char **argv)
{
	CLEANUP(freep) struct ui_call *call = calloc(1, sizeof(*call));
	int status = call ? read_options(call, argc, argv) : EXIT_TROUBLE;

	if (status != EXIT_OK)
		return status;
	if (call->wants_list)
		return list_all(call);
	status = choose_names(call);
	return status == EXIT_OK ? run_uis(call) : status;
}

bool cli_ui_is_there(const char *name)
{
	char path[PATH_MAX];

	return find_program(name, path, sizeof(path));
}

const struct cli_command command_ui = {
	.name = "ui",
	.summary = "run front ends: terminal, touch screen, lamps ...",
	.help = "Usage: imgtank ui [--socket PATH] [--config FILE] [--list] [NAME...] [-- "
		"OPTION...]\n"
		"Runs the front ends with these names; without names those that the\n"
		"configuration says ([ui] frontends =), and if it says none and this is a\n"
		"terminal: tty. Ending them never touches a copy.\n\n"
		"  --socket PATH  the daemon's socket (default: $IMGTANK_SOCKET, else\n"
		"                 /run/imgtank/imgtank.sock)\n"
		"  --config FILE  read this configuration instead of the usual one\n"
		"  --list         say which front ends are installed\n"
		"What stands behind -- goes to the front end, if it is one; its own manual page,\n"
		"imgtank-ui-NAME(8), describes it.\n",
	.run = run,
};
