/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_import.c - `imgtank import`: the engine on a folder or a mounted card, without a daemon.
 */
#include <errno.h>
#include <getopt.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/cli/cli.h"
#include "core/cli/import_view.h"
#include "core/cli/interrupt.h"
#include "core/cli/settings.h"
#include "core/engine/engine.h"

enum {
	OPTION_TANK = 256,
	OPTION_TANK_MUST_EXIST,
	OPTION_CONFIG,
	OPTION_NAMING,
	OPTION_TEMPLATE,
	OPTION_SELECT,
	OPTION_NO_VERIFY,
	OPTION_NO_THUMBNAILS,
	OPTION_PARANOID,
	OPTION_DRY_RUN,
	OPTION_JSON,
	OPTION_CARD_ID,
	OPTION_CARD_LABEL,
};

static const struct option long_options[] = {
	{"tank", required_argument, NULL, OPTION_TANK},
	{"tank-must-exist", no_argument, NULL, OPTION_TANK_MUST_EXIST},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"naming", required_argument, NULL, OPTION_NAMING},
	{"template", required_argument, NULL, OPTION_TEMPLATE},
	{"select", required_argument, NULL, OPTION_SELECT},
	{"no-verify", no_argument, NULL, OPTION_NO_VERIFY},
	{"no-thumbnails", no_argument, NULL, OPTION_NO_THUMBNAILS},
	{"paranoid", no_argument, NULL, OPTION_PARANOID},
	{"dry-run", no_argument, NULL, OPTION_DRY_RUN},
	{"json", no_argument, NULL, OPTION_JSON},
	{"card-id", required_argument, NULL, OPTION_CARD_ID},
	{"card-label", required_argument, NULL, OPTION_CARD_LABEL},
	{NULL, 0, NULL, 0},
};

struct request {
	const char *config_path;
	struct settings_override override;
	bool is_dry_run, wants_json;
	const char *card_id, *card_label;
};

static int read_value(struct request *request, int option)
{
	struct settings_override *override = &request->override;

	switch (option) {
	case OPTION_TANK:
		override->tank_path = optarg;
		return 0;
	case OPTION_CONFIG:
		request->config_path = optarg;
		return 0;
	case OPTION_NAMING:
		override->naming = optarg;
		return 0;
	case OPTION_TEMPLATE:
		override->template = optarg;
		return 0;
	case OPTION_SELECT:
		override->select = optarg;
		return 0;
	case OPTION_CARD_ID:
		request->card_id = optarg;
		return 0;
	case OPTION_CARD_LABEL:
		request->card_label = optarg;
		return 0;
	default:
		return -EINVAL;
	}
}

static int read_flag(struct request *request, int option)
{
	switch (option) {
	case OPTION_TANK_MUST_EXIST:
		request->override.tank_must_exist = true;
		return 0;
	case OPTION_NO_VERIFY:
		request->override.no_verify = true;
		return 0;
	case OPTION_NO_THUMBNAILS:
		request->override.no_thumbnails = true;
		return 0;
	case OPTION_PARANOID:
		request->override.is_paranoid = true;
		return 0;
	case OPTION_DRY_RUN:
		request->is_dry_run = true;
		return 0;
	case OPTION_JSON:
		request->wants_json = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static int read_options(struct request *request, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1)
		if (read_value(request, option) < 0 && read_flag(request, option) < 0)
			return cli_bad_option(&command_import, argv, option);
	if (optind == argc)
		return cli_usage_error(
			&command_import, "which card? Name the folder it is mounted at");
	return EXIT_OK;
}

/* One number for all that may have happened; the worst card decides. */
static int status_of(const struct engine_result *result, bool verify)
{
	enum fault_class class = fault_text(result->fault)->class;

	if (result->verdict == VERDICT_CANCELLED)
		return EXIT_INTERRUPTED;
	if (class == FAULT_CLASS_CARD)
		return EXIT_SOURCE_UNUSABLE;
	if (class == FAULT_CLASS_TANK)
		return EXIT_TANK_UNUSABLE;
	if (result->verdict == VERDICT_INCOMPLETE || (verify && result->verdict == VERDICT_COPIED))
		return EXIT_SOME_FAILED;
	return EXIT_OK;
}

static int import_one(
	const struct engine_options *engine, enum view_kind kind, struct output *output)
{
	struct import_view *view = NULL;
	struct engine_result result = {0};
	int r = import_view_new(&view, kind, output, engine->tank_path);

	if (r == 0)
		r = engine_import(engine, import_view_event, view, &result);
	import_view_free(view);
	if (r < 0) {
		cli_print_fault(FAULT_INTERNAL, r);
		return EXIT_TROUBLE;
	}
	return status_of(&result, engine->verify);
}

static int import_all(
	const struct request *request, const struct settings *settings, int argc, char **argv)
{
	enum view_kind kind = import_view_kind(request->wants_json);
	struct engine_options engine = settings->engine;
	struct output *output = NULL;
	int status = EXIT_OK;

	engine.is_dry_run = request->is_dry_run;
	engine.card_id = request->card_id;
	engine.card_label = request->card_label;
	engine.cancel = interrupt_flag();
	if (output_new(&output, STDOUT_FILENO) < 0) {
		cli_print_fault(FAULT_INTERNAL, -ENOMEM);
		return EXIT_TROUBLE;
	}
	for (int i = optind; i < argc && status != EXIT_INTERRUPTED; i++) {
		int one;

		engine.source_path = argv[i];
		one = import_one(&engine, kind, output);
		if (one > status)
			status = one;
	}
	output_free(output);
	return status;
}

static int run(int argc, char **argv)
{
	struct request request = {0};
	struct settings settings;
	int status;

	interrupt_catch(); /* from the first moment: nothing may be left half-way */
	status = read_options(&request, argc, argv);
	if (status != EXIT_OK)
		return status;
	if (argc - optind > 1 && (request.card_id || request.card_label))
		return cli_usage_error(
			&command_import, "--card-id and --card-label go with one card only");
	status = settings_load(&settings, &command_import, request.config_path, &request.override);
	if (status == EXIT_OK)
		status = import_all(&request, &settings, argc, argv);
	settings_finish(&settings);
	return status;
}

const struct cli_command command_import = {
	.name = "import",
	.summary = "copy cards (folders or mounted ones) into the tank",
	.help = "Usage: imgtank import [OPTION...] SOURCE...\n"
		"\n"
		"Copies every picture, RAW, film and sidecar of a card into the tank: dated, "
		"named\n"
		"without collisions, verified. The card is only read. What is in the tank already "
		"is\n"
		"recognised and not copied again. An import that was cut short goes on by itself "
		"when it\n"
		"is started again.\n"
		"\n"
		"  --tank DIR           the tank's folder (default: from the configuration)\n"
		"  --tank-must-exist    do not make that folder; and its disk must be mounted if "
		"the\n"
		"                       configuration asks for that\n"
		"  --config FILE        read this configuration instead of the usual one\n"
		"  --naming SCHEME      unique, keep or template\n"
		"  --template TEXT      names for --naming template, as in imgtank.conf(5)\n"
		"  --select WHAT        images (default) or everything\n"
		"  --no-verify          do not read back from the disk; nothing is called safe to "
		"format\n"
		"  --no-thumbnails      make no thumbnails\n"
		"  --paranoid           read files of a known card again instead of trusting size "
		"and date\n"
		"  --dry-run            only say what would be copied\n"
		"  --json               events, one JSON object a line, ending in \"card-done\"\n"
		"  --card-id TEXT       what makes this card this card (default: found out)\n"
		"  --card-label TEXT    what to call it (default: found out)\n"
		"\n"
		"Exit status: 0 everything selected is in the tank and verified (with --no-verify: "
		"is in\n"
		"the tank), 2 wrong usage, 3 some files failed (each is named) or could not be "
		"read back,\n"
		"4 the source cannot be used, 5 the tank cannot be used or is full, 130 "
		"interrupted.\n",
	.run = run,
};
