/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_config.c - `imgtank config`: what is in force, and where each value comes from.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/cli/problems.h"
#include "core/config/config.h"
#include "core/config/section.h"
#include "core/protocol/record_json.h"

enum { OPTION_CONFIG = 256, OPTION_CHECK, OPTION_GET, OPTION_JSON };

static const struct option long_options[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"get", required_argument, NULL, OPTION_GET},
	{"json", no_argument, NULL, OPTION_JSON},
	{NULL, 0, NULL, 0},
};

struct request {
	const char *config_path;
	const char *get; /* "tank.path"; NULL: all */
	bool only_problems, wants_json;
};

static int read_options(struct request *request, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (option == OPTION_CONFIG)
			request->config_path = optarg;
		else if (option == OPTION_CHECK)
			request->only_problems = true;
		else if (option == OPTION_GET)
			request->get = optarg;
		else if (option == OPTION_JSON)
			request->wants_json = true;
		else
			return cli_bad_option(&command_config, argv, option);
	}
	if (optind < argc)
		return cli_usage_error(&command_config, "'%s' is one word too many", argv[optind]);
	return EXIT_OK;
}

static void print_files(const struct config *config)
{
	const char *file;

	if (!config_file_read(config, 0))
		(void)puts("# No configuration file was found: all values are the defaults.");
	else
		(void)puts("# Read, in this order:");
	for (size_t i = 0; (file = config_file_read(config, i)); i++)
		(void)printf("#   %s\n", file);
}

static int key_width(const struct config *config, const char *section)
{
	size_t width = 0;

	for (size_t i = 0; i < config_setting_count(); i++) {
		struct config_setting setting;

		config_setting(config, i, &setting);
		if (!strcmp(setting.section, section) && strlen(setting.key) > width)
			width = strlen(setting.key);
	}
	return (int)width;
}

static void print_origin(const struct config_setting *setting)
{
	if (setting->origin == CONFIG_FROM_FILE)
		(void)printf("# from %s:%u\n", setting->file, setting->line);
	else if (setting->origin == CONFIG_FROM_COMMAND_LINE)
		(void)puts("# from the command line");
	else
		(void)puts("# default");
}

/* Comments have lines of their own, as values end with the line: what is printed can be read back.
 */
static void print_settings(const struct config *config)
{
	const char *section = "";

	for (size_t i = 0; i < config_setting_count(); i++) {
		struct config_setting setting;

		config_setting(config, i, &setting);
		if (strcmp(setting.section, section) != 0)
			(void)printf("\n[%s]\n", setting.section);
		section = setting.section;
		print_origin(&setting);
		(void)printf("%-*s =%s%s\n", key_width(config, section), setting.key,
			*setting.text ? " " : "", setting.text);
	}
}

static void print_settings_json(const struct config *config)
{
	static const char *const origins[] = {[CONFIG_FROM_DEFAULT] = "default",
		[CONFIG_FROM_FILE] = "file",
		[CONFIG_FROM_COMMAND_LINE] = "command-line"};

	for (size_t i = 0; i < config_setting_count(); i++) {
		CLEANUP(freep) char *value = NULL;
		struct config_setting setting;

		config_setting(config, i, &setting);
		value = text_escape_new(setting.text);
		record_json_print(stdout,
			(const struct record_field[]){{"section", .text = setting.section},
				{"key", .text = setting.key}, {"value", .text = value ? value : ""},
				{"default", .text = setting.default_text},
				{"origin", .text = origins[setting.origin]},
				{"file", .text = setting.file}, {"line", .number = setting.line},
				{.name = NULL}});
	}
}

static void print_problems_json(const struct config *config)
{
	for (size_t i = 0; i < config_problem_count(config); i++) {
		const struct config_problem *problem = config_problem(config, i);

		record_json_print(stdout,
			(const struct record_field[]){
				{"problem", .text = problem->is_error ? "error" : "warning"},
				{"file", .text = problem->file}, {"line", .number = problem->line},
				{"text", .text = problem->text}, {.name = NULL}});
	}
}

static void show(const struct request *request, const struct config *config)
{
	if (request->wants_json) {
		if (!request->only_problems)
			print_settings_json(config);
		print_problems_json(config);
		return;
	}
	if (!request->only_problems) {
		print_files(config);
		print_settings(config);
	}
	problems_print(request->only_problems ? stdout : stderr, config);
}

/* --- one value --- */

struct wanted {
	const char *key;
	char *value; /* owned */
};

static void take_value(
	const char *file, unsigned int line, const char *key, const char *value, void *userdata)
{
	struct wanted *wanted = userdata;

	(void)file;
	(void)line;
	if (strcmp(key, wanted->key) != 0)
		return;
	free(wanted->value);
	wanted->value = strdup(value);
}

/* Front ends know their own keys: what was not set there is empty. */
static int get_of_frontend(const struct request *request, const struct config *config,
	const char *section, const char *key)
{
	struct wanted wanted = {.key = key};

	if (config_read_section(request->config_path, section, take_value, &wanted) < 0) {
		problems_print(stderr, config);
		return EXIT_TROUBLE;
	}
	(void)puts(wanted.value ? wanted.value : "");
	free(wanted.value);
	return EXIT_OK;
}

static int get(const struct request *request, const struct config *config)
{
	const char *dot = strchr(request->get, '.');
	char section[64];

	if (!dot ||
		!text_format(
			section, sizeof(section), "%.*s", (int)(dot - request->get), request->get))
		return cli_usage_error(
			&command_config, "'%s' is no setting, as tank.path is", request->get);
	if (!strncmp(section, "ui-", 3))
		return get_of_frontend(request, config, section, dot + 1);
	for (size_t i = 0; i < config_setting_count(); i++) {
		struct config_setting setting;

		config_setting(config, i, &setting);
		if (strcmp(setting.section, section) != 0 || strcmp(setting.key, dot + 1) != 0)
			continue;
		(void)puts(setting.text);
		return EXIT_OK;
	}
	return cli_usage_error(&command_config, "there is no setting '%s'", request->get);
}

static int run(int argc, char **argv)
{
	struct request request = {0};
	struct config *config = NULL;
	int status = read_options(&request, argc, argv);

	if (status != EXIT_OK)
		return status;
	if (config_load(&config, request.config_path) < 0)
		return EXIT_TROUBLE;
	if (request.get)
		status = get(&request, config);
	else
		show(&request, config);
	if (request.only_problems && config_problem_count(config) > 0)
		status = EXIT_TROUBLE;
	config_free(config);
	return status;
}

const struct cli_command command_config = {
	.name = "config",
	.summary = "show the configuration in force and where each value comes from",
	.help = "Usage: imgtank config [--config FILE] [--check | --get SECTION.KEY] [--json]\n"
		"\n"
		"Prints every setting with its value, as a configuration file that could be used "
		"again,\n"
		"and above each where it comes from. What is wrong in the files goes to standard "
		"error.\n"
		"\n"
		"  --config FILE    read this configuration instead of the usual one\n"
		"  --check          print only what is wrong\n"
		"  --get SECTION.KEY  print this value only; also of a front end: ui-web.listen\n"
		"  --json           one JSON object a line: the settings, then the problems\n"
		"\n"
		"Exit status: 0 shown, 1 --check has found something, 2 wrong usage.\n",
	.run = run,
};
