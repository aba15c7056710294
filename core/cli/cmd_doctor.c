/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_doctor.c - `imgtank doctor`: what is wrong with the box, and how to mend it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/cleanup.h"
#include "core/cli/cli.h"
#include "core/cli/doctor.h"
#include "core/client/address.h"
#include "core/protocol/record_json.h"

enum { OPTION_CONFIG = 256, OPTION_SOCKET, OPTION_JSON, OPTION_VERBOSE };

static const struct option long_options[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"json", no_argument, NULL, OPTION_JSON},
	{"verbose", no_argument, NULL, OPTION_VERBOSE},
	{NULL, 0, NULL, 0},
};

struct request {
	const char *config_path, *socket_path;
	bool wants_json, is_verbose;
};

static const char *const severity_names[] = {
	[DOCTOR_NOTE] = "note",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_ERROR] = "error",
};

/* --- showing --- */

static void print_finding(const struct doctor_finding *finding)
{
	(void)printf("%s: %s%s%s%s\n", severity_names[finding->severity], finding->what,
		*finding->about ? " (" : "", finding->about, *finding->about ? ")" : "");
	(void)printf("  %s\n  To do: %s\n\n", finding->safe, finding->remedy);
}

static void print_finding_json(const struct doctor_finding *finding)
{
	record_json_print(stdout,
		(const struct record_field[]){{"finding", .text = finding->word},
			{"severity", .text = severity_names[finding->severity]},
			{"about", .text = finding->about}, {"text", .text = finding->what},
			{"safe", .text = finding->safe}, {"remedy", .text = finding->remedy},
			{.name = NULL}});
}

static void print_looked(const struct doctor_report *report, bool wants_json)
{
	for (uint32_t i = 0; i < report->looked_count; i++) {
		if (wants_json)
			record_json_print(stdout,
				(const struct record_field[]){
					{"looked_at", .text = report->looked[i]}, {.name = NULL}});
		else
			(void)printf("looked at %s\n", report->looked[i]);
	}
	if (report->looked_count && !wants_json)
		(void)putchar('\n');
}

/* The gravest first. */
static void print_findings(const struct doctor_report *report, bool wants_json)
{
	for (int severity = DOCTOR_ERROR; severity >= DOCTOR_NOTE; severity--)
		for (uint32_t i = 0; i < report->count; i++) {
			if ((int)report->findings[i].severity != severity)
				continue;
			if (wants_json)
				print_finding_json(&report->findings[i]);
			else
				print_finding(&report->findings[i]);
		}
}

static void print_end(const uint64_t counts[DOCTOR_SEVERITIES], bool wants_json)
{
	uint64_t to_do = counts[DOCTOR_ERROR] + counts[DOCTOR_WARNING];

	if (wants_json)
		record_json_print(stdout,
			(const struct record_field[]){{"end", .text = to_do ? "to-do" : "well"},
				{"errors", .number = counts[DOCTOR_ERROR]},
				{"warnings", .number = counts[DOCTOR_WARNING]},
				{"notes", .number = counts[DOCTOR_NOTE]}, {.name = NULL}});
	else if (to_do == 1)
		(void)puts("One thing should be mended.");
	else if (to_do)
		(void)printf("%u things should be mended.\n", (unsigned int)to_do);
	else
		(void)puts("All is well.");
}

static int show(const struct request *request, const struct doctor_report *report)
{
	uint64_t counts[DOCTOR_SEVERITIES] = {0};

	for (uint32_t i = 0; i < report->count; i++)
		counts[report->findings[i].severity]++;
	if (request->is_verbose)
		print_looked(report, request->wants_json);
	print_findings(report, request->wants_json);
	print_end(counts, request->wants_json);
	return counts[DOCTOR_ERROR] + counts[DOCTOR_WARNING] ? EXIT_TROUBLE : EXIT_OK;
}

/* --- the command --- */

static int read_options(struct request *request, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (option == OPTION_CONFIG)
			request->config_path = optarg;
		else if (option == OPTION_SOCKET)
			request->socket_path = optarg;
		else if (option == OPTION_JSON)
			request->wants_json = true;
		else if (option == OPTION_VERBOSE)
			request->is_verbose = true;
		else
			return cli_bad_option(&command_doctor, argv, option);
	}
	if (optind < argc)
		return cli_usage_error(&command_doctor, "'%s' is one word too many", argv[optind]);
	return EXIT_OK;
}

/* The option, the environment, the configuration. */
static const char *choose_socket(const struct request *request, const struct config *config)
{
	if (request->socket_path || secure_getenv("IMGTANK_SOCKET"))
		return address_choose(request->socket_path);
	return config->daemon.socket;
}

/* False: the configuration is in use for the rest of the program's life. */
static bool examine(
	const struct request *request, const struct config *config, struct doctor_report *report)
{
	static struct doctor_scope scope;
	/* Tests plant faults below a folder of their own. */
	const char *root = secure_getenv("IMGTANK_DOCTOR_ROOT");
	bool has_answered;

	scope = (struct doctor_scope){.root = root ? root : "", .config = config};
	scope.socket_path = choose_socket(request, config);
	scope.place.socket_path = scope.socket_path;
	scope.place.config_path = request->config_path;
	doctor_check_config(&scope, report);
	has_answered = doctor_check_tank(&scope, report);
	doctor_check_daemon(&scope, report);
	doctor_check_drop(&scope, report);
	doctor_check_frontends(&scope, report);
	doctor_check_probe(&scope, report);
	doctor_check_machine(&scope, report);
	return has_answered;
}

static int run(int argc, char **argv)
{
	CLEANUP(freep) struct doctor_report *report = calloc(1, sizeof(*report));
	struct request request = {0};
	struct config *config = NULL;
	int status = read_options(&request, argc, argv);

	if (status != EXIT_OK)
		return status;
	if (!report || config_load(&config, request.config_path) < 0) {
		cli_print_fault(FAULT_INTERNAL, 0);
		return EXIT_TROUBLE;
	}
	if (examine(&request, config, report))
		config_free(config);
	return show(&request, report);
}

const struct cli_command command_doctor = {
	.name = "doctor",
	.summary = "say what is wrong with the box, and how to mend it",
	.help = "Usage: imgtank doctor [--config FILE] [--socket PATH] [--verbose] [--json]\n"
		"\n"
		"Looks at the configuration, the tank and its disk, imgtankd, the drop folder, "
		"the\n"
		"front ends, the clock, the power and the card readers. Of each thing that is "
		"wrong it says what\n"
		"it means, what is safe, and what to do now. It changes nothing. As root it sees\n"
		"more.\n"
		"\n"
		"  --config FILE    read this configuration instead of the usual one\n"
		"  --socket PATH    the daemon's socket (default: $IMGTANK_SOCKET, else from the\n"
		"                   configuration)\n"
		"  --verbose        say also what was looked at\n"
		"  --json           one JSON object a line; the last one has \"end\"\n"
		"\n"
		"Exit status: 0 all is well, 1 something should be mended, 2 wrong usage.\n",
	.run = run,
};
