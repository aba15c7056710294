/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.c - a front end's command line and its section of the configuration.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/client/host_priv.h"
#include "core/config/section.h"

#define SETTINGS_MAX 64

enum common_option {
	OPTION_SOCKET = 256,
	OPTION_CONFIG,
	OPTION_NAME,
	OPTION_PROBE,
	OPTION_RENDER,
	OPTION_REPLAY,
	OPTION_SPEED,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_SETTING, /* and from here on: the front end's own */
};

static const struct option common_options[] = {
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"name", required_argument, NULL, OPTION_NAME},
	{"probe", no_argument, NULL, OPTION_PROBE},
	{"render", required_argument, NULL, OPTION_RENDER},
	{"replay", required_argument, NULL, OPTION_REPLAY},
	{"speed", required_argument, NULL, OPTION_SPEED},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
};

#define COMMON_COUNT (sizeof(common_options) / sizeof(common_options[0]))

/* What the command line says about the front end's own settings. Borrowed. */
struct given {
	const char *values[SETTINGS_MAX]; /* NULL: nothing */
};

static size_t settings_count(const struct frontend *frontend)
{
	size_t count = 0;

	while (frontend->settings && count < SETTINGS_MAX && frontend->settings[count].key)
		count++;
	return count;
}

static void print_help(const struct frontend *frontend)
{
	const struct frontend_setting *setting = frontend->settings;

	(void)printf("Usage: imgtank-ui-%s [OPTION...]\n%s\n\n"
		     "  --socket PATH    the daemon's socket (default: $IMGTANK_SOCKET, else\n"
		     "                   /run/imgtank/imgtank.sock)\n"
		     "  --config FILE    read this configuration instead of the usual one\n"
		     "  --name NAME      take the settings of the section [ui-NAME]\n"
		     "  --probe          say whether its hardware is here (exit status 0 or 3)\n"
		     "  --render FILE    show the state in this JSON file once and end\n"
		     "  --replay FILE    show recorded lines of a daemon\n"
		     "  --speed FACTOR   of --replay; 0: without pauses\n"
		     "  --help, --version\n",
		frontend->name, frontend->summary);
	if (settings_count(frontend))
		(void)printf("\nSettings, also in the configuration as key = value:\n");
	for (size_t i = 0; i < settings_count(frontend); i++) {
		char left[64];

		(void)text_format(left, sizeof(left), setting[i].value_name ? "--%s %s" : "--%s",
			setting[i].key, setting[i].value_name);
		(void)printf("  %-22s %s%s\n", left, setting[i].help,
			setting[i].is_option_only ? " (command line only)" : "");
	}
}

static int usage_error(const struct frontend *frontend, const char *what, const char *value)
{
	char safe[256];

	(void)text_escape(value, safe, sizeof(safe));
	(void)fprintf(stderr, "imgtank-ui-%s: %s '%s'\nTry 'imgtank-ui-%s --help'.\n",
		frontend->name, what, safe, frontend->name);
	return FRONTEND_EXIT_USAGE;
}

static int read_speed(struct frontend_host *host, const char *text)
{
	char *end;

	host->options.speed = strtod(text, &end);
	if (end == text || *end || !(host->options.speed >= 0))
		return usage_error(host->frontend, "--speed takes a number from 0, not", text);
	return -1;
}

/* -1 to go on, or an exit status. */
static int take_common(struct frontend_host *host, int option, const char *value)
{
	struct host_options *options = &host->options;

	switch (option) {
	case OPTION_SOCKET:
		options->socket_path = value;
		return -1;
	case OPTION_CONFIG:
		options->config_path = value;
		return -1;
	case OPTION_NAME:
		options->name = value;
		return -1;
	case OPTION_PROBE:
		options->is_probe = true;
		return -1;
	case OPTION_RENDER:
		options->render_path = value;
		return -1;
	case OPTION_REPLAY:
		options->replay_path = value;
		return -1;
	case OPTION_SPEED:
		return read_speed(host, value);
	case OPTION_HELP:
		print_help(host->frontend);
		return FRONTEND_EXIT_OK;
	case OPTION_VERSION:
		(void)printf("imgtank-ui-%s %s\n", host->frontend->name, IMGTANK_VERSION);
		return FRONTEND_EXIT_OK;
	default:
		return FRONTEND_EXIT_USAGE;
	}
}

static void build_options(const struct frontend *frontend, struct option *options)
{
	size_t count = settings_count(frontend);

	memcpy(options, common_options, sizeof(common_options));
	for (size_t i = 0; i < count; i++)
		options[COMMON_COUNT + i] = (struct option){
			.name = frontend->settings[i].key,
			.has_arg =
				frontend->settings[i].value_name ? required_argument : no_argument,
			.val = OPTION_SETTING + (int)i,
		};
	options[COMMON_COUNT + count] = (struct option){0};
}

static int read_command_line(struct frontend_host *host, struct given *given, int argc, char **argv)
{
	struct option options[COMMON_COUNT + SETTINGS_MAX + 1];
	int option;

	build_options(host->frontend, options);
	opterr = 0;
	optind = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		int status = -1;

		if (option == '?')
			return usage_error(host->frontend, "there is no option", argv[optind - 1]);
		if (option == ':')
			return usage_error(
				host->frontend, "a value is missing behind", argv[optind - 1]);
		if (option >= OPTION_SETTING)
			given->values[option - OPTION_SETTING] = optarg ? optarg : "yes";
		else
			status = take_common(host, option, optarg ? optarg : "");
		if (status >= 0)
			return status;
	}
	if (optind < argc)
		return usage_error(host->frontend, "this is not an option:", argv[optind]);
	return -1;
}

/* --- settings --- */

static const struct frontend_setting *find_setting(const struct frontend *frontend, const char *key)
{
	for (size_t i = 0; i < settings_count(frontend); i++)
		if (!strcmp(frontend->settings[i].key, key))
			return &frontend->settings[i];
	return NULL;
}

/* The section is read twice: nothing behind a '=' takes back what was said of that key before. */
struct section {
	struct frontend_host *host; /* borrowed */
	const char *shared_key; /* of another part's section, only this one; NULL: it is our own */
	size_t count; /* settings so far, in this reading */
	size_t taken_back[SETTINGS_MAX]; /* for each key: up to this one; 0: none */
};

/* What is to be noted of this key; NULL: it is none that is asked for. */
static size_t *taken_back(struct section *section, const char *key)
{
	const struct frontend *frontend = section->host->frontend;
	const struct frontend_setting *setting;

	if (section->shared_key)
		return strcmp(section->shared_key, key) ? NULL : section->taken_back;
	setting = find_setting(frontend, key);
	return !setting || setting->is_option_only
		? NULL
		: &section->taken_back[setting - frontend->settings];
}

static void on_taken_back(
	const char *file, unsigned int line, const char *key, const char *value, void *userdata)
{
	struct section *section = userdata;
	size_t *place = taken_back(section, key);

	(void)file;
	(void)line;
	section->count++;
	if (place && !*value)
		*place = section->count;
}

/*
 * As everywhere in the configuration: what cannot be used is said and left out. In another part's
 * section whoever owns it says so.
 */
static void on_configured(
	const char *file, unsigned int line, const char *key, const char *value, void *userdata)
{
	struct section *section = userdata;
	const struct frontend_host *host = section->host;
	const size_t *place = taken_back(section, key);
	char safe_key[128], safe_value[256];
	bool is_taken;

	if (++section->count <= (place ? *place : 0))
		return;
	is_taken = place && host->frontend->set(host->state, key, value) >= 0;
	if (is_taken || section->shared_key)
		return;
	(void)text_escape(key, safe_key, sizeof(safe_key));
	(void)text_escape(value, safe_value, sizeof(safe_value));
	if (!place)
		log_warning("%s:%u: there is no key '%s' for %s; it is not used", file, line,
			safe_key, host->frontend->name);
	else
		log_warning("%s:%u: %s cannot be '%s'; it is not used", file, line, safe_key,
			safe_value);
}

static int read_section(struct frontend_host *host, const char *name, const char *shared_key)
{
	struct section section = {.host = host, .shared_key = shared_key};
	const char *path = host->options.config_path;
	int r = config_read_section(path, name, on_taken_back, &section);

	section.count = 0;
	return r < 0 ? r : config_read_section(path, name, on_configured, &section);
}

static int read_configuration(struct frontend_host *host)
{
	const char *name = host->options.name ? host->options.name : host->frontend->name;
	const struct frontend_shared_setting *shared = host->frontend->shared_settings;
	char section[128];
	int r;

	if (!text_format(section, sizeof(section), "ui-%s", name))
		return usage_error(host->frontend, "this name is too long:", name);
	r = read_section(host, section, NULL);
	for (; r == 0 && shared && shared->key; shared++)
		r = read_section(host, shared->section, shared->key);
	if (r == 0)
		return -1;
	(void)log_errno(LOG_LEVEL_ERROR, r, "the configuration cannot be read");
	return host->options.config_path ? FRONTEND_EXIT_USAGE : FRONTEND_EXIT_TROUBLE;
}

static int take_given(struct frontend_host *host, const struct given *given)
{
	const struct frontend *frontend = host->frontend;

	for (size_t i = 0; i < settings_count(frontend); i++) {
		const char *value = given->values[i];
		char what[96];

		if (!value || frontend->set(host->state, frontend->settings[i].key, value) == 0)
			continue;
		(void)text_format(what, sizeof(what), "--%s cannot be", frontend->settings[i].key);
		return usage_error(frontend, what, value);
	}
	return -1;
}

int host_options_read(struct frontend_host *host, int argc, char **argv)
{
	struct given given = {0};
	int status = read_command_line(host, &given, argc, argv);

	if (status < 0 && settings_count(host->frontend))
		status = read_configuration(host);
	return status < 0 ? take_given(host, &given) : status;
}
