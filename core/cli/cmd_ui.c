/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_ui.c - `imgtank ui`: which front ends, and what is done with them.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/cli/cli.h"
#include "core/cli/ui_apply.h"
#include "core/cli/ui_find.h"
#include "core/cli/ui_run.h"

#define MORE_MAX 32 /* options behind -- */

enum { OPTION_SOCKET = 256, OPTION_CONFIG, OPTION_LIST, OPTION_NAMES, OPTION_APPLY };

static const struct option long_options[] = {
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"list", no_argument, NULL, OPTION_LIST},
	{"names", no_argument, NULL, OPTION_NAMES},
	{"apply", no_argument, NULL, OPTION_APPLY},
	{NULL, 0, NULL, 0},
};

struct ui_call {
	struct ui_place place;
	const char *more[MORE_MAX + 1]; /* behind --; ends with NULL; borrowed */
	int wants; /* OPTION_LIST, _NAMES or _APPLY; 0: run them */
	struct ui_names names;
};

/* --- what is done --- */

static int print(const struct ui_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		(void)puts(names->names[i]);
	return EXIT_OK;
}

static int say_unreadable(int error)
{
	(void)fprintf(stderr,
		"imgtank: The configuration cannot be read: %s.\n  No front end was started.\n"
		"  'imgtank config --check' says what is wrong.\n",
		strerrordesc_np(-error) ?: "?");
	return EXIT_USAGE;
}

static int print_meant(struct ui_call *call)
{
	int r = ui_add_meant(&call->place, &call->names);

	return r < 0 ? say_unreadable(r) : print(&call->names);
}

static int become(const struct ui_call *call)
{
	const char *name = call->names.names[0];
	ui_say_cannot_start(name, ui_become(&call->place, name, call->more));
	return EXIT_TROUBLE;
}

static int say_nothing_to_run(void)
{
	(void)fprintf(stderr,
		"imgtank: No front end is configured, and this is not a terminal.\n"
		"  Name some: imgtank ui NAME... ('imgtank ui --list' shows them), or set\n"
		"  frontends = in the section [ui] of the configuration.\n");
	return EXIT_USAGE;
}

/* Without names: what the configuration says, and what it will say later. */
static int run_configured(struct ui_call *call)
{
	bool is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO), is_said = false;
	int r = ui_add_configured(&call->place, &call->names, &is_said);

	if (r < 0)
		return say_unreadable(r);
	if (is_said)
		return ui_run(&call->place, &call->names, true);
	if (!is_terminal)
		return say_nothing_to_run();
	(void)ui_add_name(&call->names, "tty");
	return become(call);
}

static int run_named(struct ui_call *call)
{
	return call->names.count == 1 ? become(call) : ui_run(&call->place, &call->names, false);
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
			call->place.socket_path = optarg;
		else if (option == OPTION_CONFIG)
			call->place.config_path = optarg;
		else
			call->wants = option;
	}
	if (call->wants && optind < argc)
		return cli_usage_error(&command_ui, "'%s' is one word too many", argv[optind]);
	for (; optind < argc; optind++)
		if (!ui_add_name(&call->names, argv[optind]))
			return cli_usage_error(
				&command_ui, "'%s' is not the name of a front end", argv[optind]);
	if (call->more[0] && call->names.count != 1)
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
	switch (call->wants) {
	case OPTION_LIST:
		ui_add_installed(&call->names);
		return print(&call->names);
	case OPTION_NAMES:
		return print_meant(call);
	case OPTION_APPLY:
		return ui_apply(&call->place);
	default:
		return call->names.count ? run_named(call) : run_configured(call);
	}
}

bool cli_ui_is_there(const char *name)
{
	char path[PATH_MAX];

	return ui_find_program(name, path, sizeof(path));
}

const struct cli_command command_ui = {
	.name = "ui",
	.summary = "run front ends: terminal, touch screen, lamps ...",
	.help = "Usage: imgtank ui [--socket PATH] [--config FILE] [NAME...] [-- OPTION...]\n"
		"       imgtank ui [--config FILE] --list | --names | --apply\n"
		"Runs the front ends with these names; without names those that the\n"
		"configuration says ([ui] frontends =), and if it says nothing and this is a\n"
		"terminal: tty. Ending them never touches a copy.\n\n"
		"Run from the configuration, one that crashes is started again, and SIGHUP\n"
		"reads the configuration anew: what is new there is started, what is gone is\n"
		"ended, and the others are left alone.\n\n"
		"  --socket PATH  the daemon's socket (default: $IMGTANK_SOCKET, else\n"
		"                 /run/imgtank/imgtank.sock)\n"
		"  --config FILE  read this configuration instead of the usual one\n"
		"  --list         say which front ends are installed\n"
		"  --names        say which ones the configuration means now\n"
		"  --apply        make systemd's imgtank-ui@NAME.service those that the\n"
		"                 configuration says; 'systemctl reload imgtank-ui' does this\n"
		"What stands behind -- goes to the front end, if it is one; its own manual page\n"
		"describes it.\n",
	.run = run,
};
