/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * main.c - imgtank: finds the sub-command and runs it.
 */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/client/address.h"

static const struct cli_command *const commands[] = {
	&command_import,
	&command_verify,
	&command_history,
	&command_rebuild,
	&command_probe,
	&command_config,
	&command_doctor,
	&command_setup,
	&command_status,
	&command_cards,
	&command_watch,
	&command_confirm,
	&command_eject,
	&command_cancel,
	&command_retry,
	&command_ack,
	&command_poweroff,
	&command_reboot,
	&command_ui,
};

#define COMMANDS_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
	(void)fprintf(out,
		"Copies camera cards into a tank, verified, and says when the card may go.\n\n"
		"Usage: imgtank COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n");
	for (size_t i = 0; i < COMMANDS_COUNT; i++)
		(void)fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	(void)fprintf(out, "\n'imgtank COMMAND --help' tells more; imgtank(1) tells all.\n");
}

static const struct cli_command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS_COUNT; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

/* `imgtank` alone in a terminal, as in `ssh -t box imgtank`, shows the box if there is one. */
static bool wants_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
		access(address_choose(NULL), F_OK) == 0 && cli_ui_is_there("tty");
}

static int run_command(const struct cli_command *command, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			(void)fputs(command->help, stdout);
			return EXIT_OK;
		}
	}
	opterr = 0;
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	const struct cli_command *command;
	char safe[256];

	(void)setlocale(LC_CTYPE, ""); /* only for the width of characters; numbers stay as in C */
	if (argc < 2 && wants_terminal())
		return command_ui.run(2, (char *[]){(char[]){"ui"}, (char[]){"tty"}, NULL});
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		(void)puts("imgtank " IMGTANK_VERSION);
		return EXIT_OK;
	}
	command = find_command(argv[1]);
	if (!command) {
		(void)text_escape(argv[1], safe, sizeof(safe));
		(void)fprintf(stderr, "imgtank: there is no command '%s'.\nTry 'imgtank --help'.\n",
			safe);
		return EXIT_USAGE;
	}
	return run_command(command, argc - 1, argv + 1);
}
