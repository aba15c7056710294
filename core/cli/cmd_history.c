/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_history.c - `imgtank history`: what was imported when, newest first.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/cli/settings.h"
#include "core/engine/engine.h"
#include "core/ledger/ledger.h"
#include "core/protocol/record_json.h"

enum { OPTION_TANK = 256, OPTION_CONFIG, OPTION_JSON, OPTION_LIMIT };

static const struct option long_options[] = {
	{"tank", required_argument, NULL, OPTION_TANK},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"limit", required_argument, NULL, OPTION_LIMIT},
	{"json", no_argument, NULL, OPTION_JSON},
	{NULL, 0, NULL, 0},
};

struct history_view {
	bool wants_json;
	uint64_t shown, limit;
};

static void format_time(int64_t time_ns, char *text, size_t size_bytes)
{
	time_t seconds = (time_t)(time_ns / 1000000000);
	struct tm local;

	if (!localtime_r(&seconds, &local) ||
		strftime(text, size_bytes, "%Y-%m-%dT%H:%M:%S", &local) == 0)
		(void)text_format(text, size_bytes, "?");
}

static const char *verdict_of(const struct ledger_import *import)
{
	return import->ended_ns ? verdict_name(import->verdict) : "cut-short";
}

static void print_json(const struct ledger_import *import, const char *started, const char *ended)
{
	const struct import_counts *c = &import->counts;
	const struct record_field fields[] = {{"import", .number = (uint64_t)import->id},
		{"started", .text = started}, {"ended", .text = ended},
		{"card", .text = import->card_identity}, {"label", .text = import->card_label},
		{"verdict", .text = verdict_of(import)},
		{"files_selected", .number = c->files_selected},
		{"files_known", .number = c->files_known},
		{"files_copied", .number = c->files_copied},
		{"files_verified", .number = c->files_verified},
		{"files_failed", .number = c->files_failed},
		{"files_left_out", .number = c->files_left_out},
		{"bytes_copied", .number = c->bytes_copied}, {.name = NULL}};

	record_json_print(stdout, fields);
}

static void print_line(
	const struct history_view *view, const struct ledger_import *import, const char *started)
{
	char size[32];

	if (view->shown == 0)
		(void)printf("%-19s  %-16s  %6s  %6s  %6s  %9s  %s\n", "started", "verdict",
			"copied", "known", "failed", "size", "card");
	text_size(import->counts.bytes_copied, size, sizeof(size));
	(void)printf("%-19s  %-16s  %6u  %6u  %6u  %9s  %s\n", started, verdict_of(import),
		import->counts.files_copied, import->counts.files_known,
		import->counts.files_failed, size, import->card_label);
}

static bool on_import(const struct ledger_import *import, void *userdata)
{
	struct history_view *view = userdata;
	char started[32], ended[32] = "";

	format_time(import->started_ns, started, sizeof(started));
	if (import->ended_ns)
		format_time(import->ended_ns, ended, sizeof(ended));
	if (view->wants_json)
		print_json(import, started, ended);
	else
		print_line(view, import, started);
	view->shown++;
	return view->shown < view->limit;
}

static int history(const char *tank_path, struct history_view *view)
{
	enum fault fault = FAULT_NONE;
	int r = engine_history(tank_path, on_import, view, &fault);

	if (r < 0 && fault != FAULT_TANK_MISSING) {
		cli_print_fault(fault, r);
		return EXIT_TANK_UNUSABLE;
	}
	if (r < 0) {
		(void)fprintf(stderr,
			"There is no tank in %s yet.\n"
			"  Import a card first, or name another folder with --tank.\n",
			tank_path);
		return EXIT_TANK_UNUSABLE;
	}
	if (view->shown == 0 && !view->wants_json)
		(void)puts("No import is listed: there was none yet, or the ledger was made again "
			   "since.");
	return EXIT_OK;
}

static int run(int argc, char **argv)
{
	struct settings_override override = {0};
	struct history_view view = {.limit = UINT64_MAX};
	const char *config_path = NULL;
	struct settings settings;
	int option, status;

	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (option == OPTION_TANK)
			override.tank_path = optarg;
		else if (option == OPTION_CONFIG)
			config_path = optarg;
		else if (option == OPTION_JSON)
			view.wants_json = true;
		else if (option != OPTION_LIMIT)
			return cli_bad_option(&command_history, argv, option);
		else if (text_parse_u64(optarg, UINT64_MAX, &view.limit) < 0 || view.limit == 0)
			return cli_usage_error(&command_history,
				"--limit takes a number from 1, not '%s'", optarg);
	}
	if (optind < argc)
		return cli_usage_error(&command_history, "'%s' is one word too many", argv[optind]);
	status = settings_load(&settings, &command_history, config_path, &override);
	if (status == EXIT_OK)
		status = history(settings.engine.tank_path, &view);
	settings_finish(&settings);
	return status;
}

const struct cli_command command_history = {
	.name = "history",
	.summary = "show what was imported when",
	.help = "Usage: imgtank history [--tank DIR] [--config FILE] [--limit N] [--json]\n"
		"\n"
		"Shows the imports into this tank, the newest first. \"cut-short\" is one that a "
		"power cut\n"
		"or a crash ended; the next import of that card goes on where it stopped.\n"
		"\n"
		"  --tank DIR       the tank's folder (default: from the configuration)\n"
		"  --config FILE    read this configuration instead of the usual one\n"
		"  --limit N        only the newest N\n"
		"  --json           one JSON object a line\n"
		"\n"
		"Exit status: 0 shown, 2 wrong usage, 5 the tank cannot be used.\n",
	.run = run,
};
