/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_verify.c - `imgtank verify`: is everything in the tank still as it was?
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/cli/interrupt.h"
#include "core/cli/settings.h"
#include "core/engine/engine.h"
#include "core/protocol/record_json.h"

enum { OPTION_TANK = 256, OPTION_CONFIG, OPTION_JSON };

static const struct option long_options[] = {
	{"tank", required_argument, NULL, OPTION_TANK},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"json", no_argument, NULL, OPTION_JSON},
	{NULL, 0, NULL, 0},
};

static const char *const finding_words[] = {
	[ENGINE_MISSING] = "missing",
	[ENGINE_CHANGED] = "changed",
	[ENGINE_UNREADABLE] = "unreadable",
	[ENGINE_UNKNOWN] = "unknown",
};

struct verify_view {
	bool wants_json, is_terminal, has_live_line;
};

static void erase_live(struct verify_view *view)
{
	if (view->has_live_line)
		(void)fputs("\r\033[K", stdout);
	view->has_live_line = false;
}

static void on_finding(enum engine_finding finding, const char *path, int error, void *userdata)
{
	struct verify_view *view = userdata;

	(void)error;
	if (view->wants_json) {
		const struct record_field fields[] = {{"finding", .text = finding_words[finding]},
			{"tank_path", .text = path}, {.name = NULL}};

		record_json_print(stdout, fields);
		return;
	}
	erase_live(view);
	(void)printf("  %-10s  %s\n", finding_words[finding], path);
}

static void on_progress(uint64_t files_done, uint64_t files_total, uint64_t bytes_done,
	uint64_t bytes_total, void *userdata)
{
	struct verify_view *view = userdata;
	char done[32], total[32];

	if (view->wants_json || !view->is_terminal)
		return;
	text_size(bytes_done, done, sizeof(done));
	text_size(bytes_total, total, sizeof(total));
	(void)printf("\rReading back: %" PRIu64 " of %" PRIu64 " files, %s of %s\033[K", files_done,
		files_total, done, total);
	(void)fflush(stdout);
	view->has_live_line = true;
}

static void print_summary(const struct engine_verify_result *result)
{
	uint64_t bad = result->files_missing + result->files_changed + result->files_unreadable;
	bool is_one = result->files_unknown == 1;
	char size[32];

	text_size(result->bytes_read, size, sizeof(size));
	if (bad == 0)
		(void)printf("Everything is as it was: %" PRIu64 " files, %s, read back%s.\n",
			result->files_good, size, result->is_from_disk ? " from the disk" : "");
	else
		(void)printf(
			"%" PRIu64 " files are good; %" PRIu64 " missing, %" PRIu64
			" changed, %" PRIu64 " unreadable.\n"
			"If the card still has them, import it again: they will be copied again.\n",
			result->files_good, result->files_missing, result->files_changed,
			result->files_unreadable);
	if (result->files_unknown)
		(void)printf("%" PRIu64
			     " file%s in images/ %s unknown to the ledger. 'imgtank rebuild' takes "
			     "%s in.\n",
			result->files_unknown, is_one ? "" : "s", is_one ? "is" : "are",
			is_one ? "it" : "them");
	if (!result->is_from_disk)
		(void)puts("This file system does not let imgtank read past its cache: the disk "
			   "itself was perhaps not asked.");
}

static void print_json(const struct engine_verify_result *result, const char *end)
{
	const struct record_field fields[] = {{"end", .text = end},
		{"files_good", .number = result->files_good},
		{"files_missing", .number = result->files_missing},
		{"files_changed", .number = result->files_changed},
		{"files_unreadable", .number = result->files_unreadable},
		{"files_unknown", .number = result->files_unknown},
		{"bytes_read", .number = result->bytes_read},
		{"from_disk", .number = result->is_from_disk}, {.name = NULL}};

	record_json_print(stdout, fields);
}

static int status_of(const struct engine_verify_result *result, int r)
{
	if (r == -ECANCELED)
		return EXIT_INTERRUPTED;
	if (r < 0)
		return EXIT_TANK_UNUSABLE;
	return result->files_missing + result->files_changed + result->files_unreadable
		? EXIT_SOME_FAILED
		: EXIT_OK;
}

static int verify(const char *tank_path, bool wants_json)
{
	struct verify_view view = {.wants_json = wants_json, .is_terminal = isatty(STDOUT_FILENO)};
	const struct engine_verify_options options = {.tank_path = tank_path,
		.finding = on_finding,
		.progress = on_progress,
		.userdata = &view,
		.cancel = interrupt_flag()};
	struct engine_verify_result result;
	int status, r;

	interrupt_catch();
	r = engine_verify(&options, &result);
	status = status_of(&result, r);
	erase_live(&view);
	if (result.fault != FAULT_NONE)
		cli_print_fault(result.fault, r);
	if (wants_json)
		print_json(&result,
			status == EXIT_INTERRUPTED ? "interrupted"
				: r < 0            ? "failed"
						   : "complete");
	else if (status == EXIT_INTERRUPTED)
		(void)puts("Stopped before everything was read.");
	else if (r == 0)
		print_summary(&result);
	return status;
}

static int run(int argc, char **argv)
{
	struct settings_override override = {0};
	const char *config_path = NULL;
	bool wants_json = false;
	struct settings settings;
	int option, status;

	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (option == OPTION_TANK)
			override.tank_path = optarg;
		else if (option == OPTION_CONFIG)
			config_path = optarg;
		else if (option == OPTION_JSON)
			wants_json = true;
		else
			return cli_bad_option(&command_verify, argv, option);
	}
	if (optind < argc)
		return cli_usage_error(&command_verify, "'%s' is one word too many", argv[optind]);
	status = settings_load(&settings, &command_verify, config_path, &override);
	if (status == EXIT_OK)
		status = verify(settings.engine.tank_path, wants_json);
	settings_finish(&settings);
	return status;
}

const struct cli_command command_verify = {
	.name = "verify",
	.summary = "read the whole tank back and compare it with its ledger",
	.help = "Usage: imgtank verify [--tank DIR] [--config FILE] [--json]\n"
		"\n"
		"Reads every file of the tank from the disk and compares it with what was copied. "
		"Names\n"
		"what is missing, changed, unreadable, or not known to the ledger. Changes no "
		"picture.\n"
		"\n"
		"  --tank DIR       the tank's folder (default: from the configuration)\n"
		"  --config FILE    read this configuration instead of the usual one\n"
		"  --json           one JSON object a line; the last one has \"end\"\n"
		"\n"
		"Exit status: 0 all is good, 2 wrong usage, 3 something is missing, changed or "
		"unreadable,\n"
		"5 the tank cannot be used, 130 interrupted.\n",
	.run = run,
};
