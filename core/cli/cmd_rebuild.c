/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_rebuild.c - `imgtank rebuild`: a new ledger from the manifests and the pictures.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/cli/cli.h"
#include "core/cli/interrupt.h"
#include "core/cli/settings.h"
#include "core/engine/engine.h"

enum { OPTION_TANK = 256, OPTION_CONFIG, OPTION_FULL };

static const struct option long_options[] = {
	{"tank", required_argument, NULL, OPTION_TANK},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"full", no_argument, NULL, OPTION_FULL},
	{NULL, 0, NULL, 0},
};

static int rebuild(const char *tank_path, bool full)
{
	struct engine_rebuild_result result;
	int r;

	interrupt_catch();
	r = engine_rebuild(tank_path, full, interrupt_flag(), &result);
	if (r == -ECANCELED) {
		(void)puts("Stopped. The ledger is as it was; no picture was touched.");
		return EXIT_INTERRUPTED;
	}
	if (r < 0) {
		cli_print_fault(result.fault, r);
		return EXIT_TANK_UNUSABLE;
	}
	(void)printf("The ledger was made again: %" PRIu64 " files from the manifests, %" PRIu64
		     " read and added.\n",
		result.files_from_manifests, result.files_hashed);
	if (result.files_missing)
		(void)printf("%" PRIu64 " files of the manifests are not in the tank any more.\n",
			result.files_missing);
	if (result.bad_lines)
		(void)printf("%" PRIu32 " damaged lines of manifests were passed over.\n",
			result.bad_lines);
	(void)puts("The old ledger, if there was one, is kept in .imgtank/ as damaged-*.");
	return EXIT_OK;
}

static int run(int argc, char **argv)
{
	struct settings_override override = {0};
	const char *config_path = NULL;
	struct settings settings;
	bool full = false;
	int option, status;

	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (option == OPTION_TANK)
			override.tank_path = optarg;
		else if (option == OPTION_CONFIG)
			config_path = optarg;
		else if (option == OPTION_FULL)
			full = true;
		else
			return cli_bad_option(&command_rebuild, argv, option);
	}
	if (optind < argc)
		return cli_usage_error(&command_rebuild, "'%s' is one word too many", argv[optind]);
	status = settings_load(&settings, &command_rebuild, config_path, &override);
	if (status == EXIT_OK)
		status = rebuild(settings.engine.tank_path, full);
	settings_finish(&settings);
	return status;
}

const struct cli_command command_rebuild = {
	.name = "rebuild",
	.summary = "make a lost or damaged ledger again",
	.help = "Usage: imgtank rebuild [--tank DIR] [--config FILE] [--full]\n"
		"\n"
		"Sets the tank's ledger aside and makes a new one from the manifests that every "
		"import\n"
		"leaves, and from the pictures themselves. No picture is changed. Nothing is "
		"called\n"
		"verified by it: 'imgtank verify' does that, and so does the next import of a "
		"card.\n"
		"\n"
		"  --tank DIR       the tank's folder (default: from the configuration)\n"
		"  --config FILE    read this configuration instead of the usual one\n"
		"  --full           believe no manifest: read every file\n"
		"\n"
		"Exit status: 0 done, 2 wrong usage, 5 the tank cannot be used, 130 interrupted.\n",
	.run = run,
};
