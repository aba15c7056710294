/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * main.c - imgtank: finds the sub-command and runs it.
 */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "core/base/text.h"
#include "core/cli/cli.h"

static const struct command *const commands[] = {
	&command_import,
	&command_verify,
	&command_history,
	&command_rebuild,
	&command_probe,
	&command_config,
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

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS_COUNT; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int run_command(const struct command *command, int argc, char **argv)
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
	const struct command *command;
	char safe[256];

	(void)setlocale(LC_CTYPE, ""); /* only for the width of characters; numbers stay as in C */
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
