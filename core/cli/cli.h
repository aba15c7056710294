/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cli.h - the sub-commands of imgtank: one file and one line in the table each.
 */
#ifndef IMGTANK_CORE_CLI_CLI_H
#define IMGTANK_CORE_CLI_CLI_H

#include <stdbool.h>

#include "core/faults.h"

/* Exit statuses, the same for every sub-command; imgtank(1), EXIT STATUS. */
enum exit_status {
	EXIT_OK = 0,
	EXIT_TROUBLE = 1, /* anything without a number of its own */
	EXIT_USAGE = 2,
	EXIT_SOME_FAILED = 3,
	EXIT_SOURCE_UNUSABLE = 4,
	EXIT_TANK_UNUSABLE = 5,
	EXIT_INTERRUPTED = 130,
};

struct cli_command {
	const char *name;
	const char *summary; /* one line for `imgtank --help` */
	const char *help; /* whole text for `imgtank NAME --help` */
	int (*run)(int argc, char **argv); /* argv[0] is the sub-command; returns an exit status */
};

extern const struct cli_command command_ack;
extern const struct cli_command command_cancel;
extern const struct cli_command command_cards;
extern const struct cli_command command_config;
extern const struct cli_command command_confirm;
extern const struct cli_command command_doctor;
extern const struct cli_command command_eject;
extern const struct cli_command command_history;
extern const struct cli_command command_import;
extern const struct cli_command command_poweroff;
extern const struct cli_command command_probe;
extern const struct cli_command command_reboot;
extern const struct cli_command command_rebuild;
extern const struct cli_command command_retry;
extern const struct cli_command command_setup;
extern const struct cli_command command_status;
extern const struct cli_command command_ui;
extern const struct cli_command command_verify;
extern const struct cli_command command_watch;

/* Is there a front end with this name? */
bool cli_ui_is_there(const char *name);

/* Says on standard error what is wrong with the call and where help is; returns EXIT_USAGE. */
int cli_usage_error(const struct cli_command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What happened, what is safe, what to do: on standard error. error: 0 or a negative errno. */
void cli_print_fault(enum fault fault, int error);

/*
 * What else can be done about it from a command line, behind its remedy: " A sentence.", or "". Not
 * for screens, whose readers have neither options nor a configuration before them.
 */
const char *cli_fault_hint(enum fault fault);

/* For a failing disk the system's own word helps whoever looks after it; else it only confuses. */
bool cli_errno_helps(enum fault fault);

/* For getopt_long's '?' and ':': a clear sentence instead of getopt's. Call with opterr = 0. */
int cli_bad_option(const struct cli_command *command, char **argv, int result);

#endif
