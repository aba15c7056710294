/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/cli.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

int cli_usage_error(const struct cli_command *command, const char *format, ...)
{
	char message[512], safe[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	(void)text_escape(message, safe, sizeof(safe));
	(void)fprintf(stderr, "imgtank %s: %s\nTry 'imgtank %s --help'.\n", command->name, safe,
		command->name);
	return EXIT_USAGE;
}

int cli_bad_option(const struct cli_command *command, char **argv, int result)
{
	const char *given = argv[optind - 1];

	if (result == ':')
		return cli_usage_error(command, "option %s needs a value", given);
	if (optopt > 0 && optopt < 256 && strncmp(given, "--", 2) != 0)
		return cli_usage_error(command, "there is no option -%c", optopt);
	return cli_usage_error(command, "there is no option %s", given);
}

bool cli_errno_helps(enum fault fault)
{
	return fault == FAULT_TANK_FAILING || fault == FAULT_CARD_UNREADABLE ||
		fault == FAULT_INTERNAL;
}

const char *cli_fault_hint(enum fault fault)
{
	if (fault == FAULT_TANK_MISSING)
		return " Or name another folder with --tank.";
	if (fault == FAULT_TANK_NOT_MOUNTED)
		return " To copy onto the system's own disk instead, set require-mount = no.";
	return "";
}

void cli_print_fault(enum fault fault, int error)
{
	const struct fault_text *text = fault_text(fault);

	(void)fprintf(stderr, "imgtank: %s\n  %s\n  %s%s\n", text->what, text->safe, text->remedy,
		cli_fault_hint(fault));
	if (error < 0 && cli_errno_helps(fault))
		(void)fprintf(stderr, "  (The system says: %s.)\n", strerrordesc_np(-error) ?: "?");
}
