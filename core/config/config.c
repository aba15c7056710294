/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config.c - defaults, then every file, then the command line: each layer only
 * replaces what it says something about, and never by something wrong.
 */
#include "core/config/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/config/config_priv.h"

#define FILES_MAX 100
#define NO_FILE SIZE_MAX

struct setting_state {
	char *text; /* owned; the string fields of struct config point at it */
	enum config_origin origin;
	size_t file; /* index in files[], or NO_FILE */
	unsigned int line;
};

struct problem {
	struct config_problem shown;
	char *text; /* owned; the same as shown.text */
};

struct config_private {
	struct setting_state *settings; /* owned, one for each key */
	char *files[FILES_MAX]; /* owned, escaped */
	size_t file_count;
	struct problem *problems; /* owned */
	size_t problem_count;
	char last_section[64]; /* unknown one that was reported last, with '[': it is said once */
};

/* Where something that is being read stands. */
struct place {
	struct config *config;
	enum config_origin origin;
	size_t file;
	unsigned int line;
};

static const char *file_name(const struct config_private *private, size_t file)
{
	return file == NO_FILE ? "" : private->files[file];
}

static void __attribute__((format(printf, 3, 4)))
add_problem(const struct place *place, bool is_error, const char *format, ...)
{
	struct config_private *private = place->config->private;
	struct problem *problem = &private->problems[private->problem_count];
	char text[CONFIG_WHY_BYTES * 2];
	va_list args;

	if (private->problem_count == CONFIG_PROBLEMS_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (++private->problem_count == CONFIG_PROBLEMS_MAX)
		(void)text_format(text, sizeof(text), "there are more problems, not listed here");
	problem->text = text_escape_new(text);
	problem->shown = (struct config_problem){
		.is_error = is_error,
		.file = file_name(private, place->file),
		.line = place->line,
		.text = problem->text ? problem->text : "",
	};
}

static void store_value(struct config *config, const struct config_key *key,
	const union value *value, const char *text)
{
	char *field = (char *)config + key->offset;

	switch (key->type) {
	case VALUE_BOOL:
		memcpy(field, &value->flag, sizeof(value->flag));
		break;
	case VALUE_TRISTATE:
	case VALUE_WORD:
		memcpy(field, &value->word, sizeof(value->word));
		break;
	case VALUE_NUMBER:
	case VALUE_DURATION:
		memcpy(field, &value->number, sizeof(value->number));
		break;
	case VALUE_SIZE:
		memcpy(field, &value->size_bytes, sizeof(value->size_bytes));
		break;
	case VALUE_PATH:
	case VALUE_STRING:
		memcpy(field, &text, sizeof(text));
		break;
	}
}

/* Nothing behind the '=' gives the default back. */
static int assign(const struct place *place, size_t index, const char *given, char *why)
{
	const struct config_key *key = &config_keys[index];
	struct setting_state *state = &place->config->private->settings[index];
	const char *text = *given ? given : key->default_text;
	union value value = {0};
	char *copy;
	int r = *text ? value_parse(key, text, &value, why, CONFIG_WHY_BYTES) : 0;

	if (r < 0)
		return r;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	store_value(place->config, key, &value, copy);
	free(state->text);
	*state = (struct setting_state){copy, place->origin, place->file, place->line};
	return 0;
}

static void list_names(const char *section, const char **names)
{
	size_t count = 0;

	for (size_t i = 0; i < config_key_count; i++) {
		bool is_new = !i || strcmp(config_keys[i].section, config_keys[i - 1].section);

		if (section ? !strcmp(config_keys[i].section, section) : is_new)
			names[count++] = section ? config_keys[i].name : config_keys[i].section;
	}
	names[count] = NULL;
}

static const char *section_with_key(const char *name)
{
	for (size_t i = 0; i < config_key_count; i++)
		if (!strcmp(config_keys[i].name, name))
			return config_keys[i].section;
	return NULL;
}

static void report_unknown_section(const struct place *place, const char *section)
{
	struct config_private *private = place->config->private;
	const char *names[CONFIG_KEYS_MAX], *meant;

	if (!strncmp(section, "X-", 2))
		return; /* as in systemd's files: for others to use */
	if (!strncmp(section, "ui-", 3))
		return; /* each front end knows its own keys (section.h) */
	if (private->last_section[0] && !strcmp(private->last_section + 1, section))
		return;
	(void)text_format(private->last_section, sizeof(private->last_section), "[%s", section);
	list_names(NULL, names);
	meant = suggest_word(section, names);
	if (!*section)
		add_problem(place, false, "a [section] must come first; this line is not used");
	else if (meant)
		add_problem(place, false,
			"there is no section [%s]; did you mean [%s]? Nothing in it is used",
			section, meant);
	else
		add_problem(
			place, false, "there is no section [%s]; nothing in it is used", section);
}

static void report_unknown_key(const struct place *place, const char *section, const char *name)
{
	const char *names[CONFIG_KEYS_MAX], *meant, *other = section_with_key(name);

	list_names(section, names);
	meant = suggest_word(name, names);
	if (other)
		add_problem(place, false, "'%s' is a key of [%s], not of [%s]; it is not used",
			name, other, section);
	else if (meant)
		add_problem(place, false,
			"there is no key '%s' in [%s]; did you mean '%s'? It is not used", name,
			section, meant);
	else
		add_problem(place, false, "there is no key '%s' in [%s]; it is not used", name,
			section);
}

static int set_text(
	const struct place *place, const char *section, const char *name, const char *text)
{
	size_t index = config_key_find(section, name);
	char why[CONFIG_WHY_BYTES] = "";
	int r;

	if (index == config_key_count) {
		if (config_section_exists(section))
			report_unknown_key(place, section, name);
		else
			report_unknown_section(place, section);
		return -ENOENT;
	}
	r = assign(place, index, text, why);
	if (r == -EINVAL)
		add_problem(place, true, "[%s] %s = %.100s: %s ('%.100s' stays in force)", section,
			name, text, why, place->config->private->settings[index].text);
	return r;
}

static void on_setting(
	unsigned int line, const char *section, const char *key, const char *value, void *userdata)
{
	struct place *place = userdata;

	place->line = line;
	(void)set_text(place, section, key, value); /* what is wrong has become a problem */
}

static void on_problem(unsigned int line, const char *why, void *userdata)
{
	struct place *place = userdata;

	place->line = line;
	add_problem(place, true, "%s", why);
}

/* Makes place stand for a file. -ENOMEM; -E2BIG after having said that there are too many. */
static int enter_file(struct place *place, const char *path)
{
	struct config_private *private = place->config->private;
	char *escaped;

	place->origin = CONFIG_FROM_FILE;
	place->line = 0;
	place->file = NO_FILE;
	if (private->file_count == FILES_MAX) {
		add_problem(place, true,
			"there are more than %d configuration files; %s is not read", FILES_MAX,
			path);
		return -E2BIG;
	}
	escaped = text_escape_new(path);
	if (!escaped)
		return -ENOMEM;
	private->last_section[0] = '\0';
	place->file = private->file_count;
	private->files[private->file_count++] = escaped;
	return 0;
}

static int parse_into(struct config *config, const char *name, const char *text, size_t size_bytes)
{
	struct place place = {.config = config};
	struct file_sink sink = {on_setting, on_problem, &place};
	int r = enter_file(&place, name);

	return r < 0 ? r : file_parse(text, size_bytes, &sink);
}

static int read_file(struct config *config, const char *path, bool may_be_missing)
{
	CLEANUP(freep) char *text = NULL;
	struct place place = {.config = config};
	size_t size_bytes;
	int error = sources_read(path, &text, &size_bytes), r;

	if (error == -ENOENT && may_be_missing)
		return 0;
	if (error == -ENOMEM)
		return error;
	if (error == 0) {
		r = parse_into(config, path, text, size_bytes);
	} else {
		r = enter_file(&place, path);
		if (r == 0)
			add_problem(&place, true, "this file cannot be read: %s", strerror(-error));
	}
	return r == -E2BIG ? 0 : r;
}

static int apply_defaults(struct config *config)
{
	struct place place = {.config = config, .origin = CONFIG_FROM_DEFAULT, .file = NO_FILE};
	char why[CONFIG_WHY_BYTES];

	for (size_t i = 0; i < config_key_count; i++) {
		int r = assign(&place, i, "", why);

		if (r < 0)
			return r;
	}
	return 0;
}

static int config_new(struct config **ret)
{
	struct config *config = calloc(1, sizeof(*config));
	struct config_private *private = calloc(1, sizeof(*private));
	int r;

	if (!config || !private) {
		free(config);
		free(private);
		return -ENOMEM;
	}
	config->private = private;
	private->settings = calloc(config_key_count, sizeof(*private->settings));
	private->problems = calloc(CONFIG_PROBLEMS_MAX, sizeof(*private->problems));
	r = private->settings && private->problems ? apply_defaults(config) : -ENOMEM;
	if (r < 0) {
		config_free(config);
		return r;
	}
	*ret = config;
	return 0;
}

void config_free(struct config *config)
{
	struct config_private *private = config ? config->private : NULL;

	if (!private) {
		free(config);
		return;
	}
	for (size_t i = 0; private->settings && i < config_key_count; i++)
		free(private->settings[i].text);
	for (size_t i = 0; i < private->file_count; i++)
		free(private->files[i]);
	for (size_t i = 0; i < private->problem_count; i++)
		free(private->problems[i].text);
	free(private->settings);
	free(private->problems);
	free(private);
	free(config);
}

static int read_dropins(struct config *config, const char *const *folders)
{
	char **paths = NULL;
	int r = sources_find_dropins(folders, &paths);

	for (char **path = paths; r == 0 && *path; path++)
		r = read_file(config, *path, false);
	sources_free(paths);
	return r;
}

int config_load_from(struct config **ret, const char *main_file, bool may_be_missing,
	const char *const *dropin_folders)
{
	struct config *config;
	int r = config_new(&config);

	if (r < 0)
		return r;
	r = read_file(config, main_file, may_be_missing);
	if (r == 0)
		r = read_dropins(config, dropin_folders);
	if (r < 0) {
		config_free(config);
		return r;
	}
	*ret = config;
	return 0;
}

int config_load(struct config **ret, const char *file)
{
	CLEANUP(freep) char *folder = NULL;
	size_t size_bytes;

	if (!file)
		return config_load_from(ret, SOURCES_USUAL_FILE, true, sources_usual_folders);
	size_bytes = strlen(file) + sizeof(".d");
	folder = malloc(size_bytes);
	if (!folder)
		return -ENOMEM;
	(void)text_format(folder, size_bytes, "%s.d", file);
	return config_load_from(ret, file, false, (const char *const[]){folder, NULL});
}

int config_load_text(struct config **ret, const char *name, const char *text, size_t size_bytes)
{
	struct config *config;
	int r = config_new(&config);

	if (r < 0)
		return r;
	r = parse_into(config, name, text, size_bytes);
	if (r < 0) {
		config_free(config);
		return r;
	}
	*ret = config;
	return 0;
}

bool config_has_errors(const struct config *config)
{
	for (size_t i = 0; i < config->private->problem_count; i++)
		if (config->private->problems[i].shown.is_error)
			return true;
	return false;
}

size_t config_problem_count(const struct config *config)
{
	return config->private->problem_count;
}

const struct config_problem *config_problem(const struct config *config, size_t index)
{
	return &config->private->problems[index].shown;
}

int config_set(struct config *config, const char *section, const char *key, const char *text)
{
	struct place place = {
		.config = config, .origin = CONFIG_FROM_COMMAND_LINE, .file = NO_FILE};
	size_t index = config_key_find(section, key);

	/* Nobody means the default by --naming "": more likely a script's variable is empty. */
	if (!*text && index < config_key_count && *config_keys[index].default_text) {
		add_problem(&place, true, "[%s] %s: a value is missing", section, key);
		return -EINVAL;
	}
	return set_text(&place, section, key, text);
}

size_t config_setting_count(void)
{
	return config_key_count;
}

void config_setting(const struct config *config, size_t index, struct config_setting *ret)
{
	const struct config_key *key = &config_keys[index];
	const struct setting_state *state = &config->private->settings[index];

	*ret = (struct config_setting){
		.section = key->section,
		.key = key->name,
		.text = state->text,
		.default_text = key->default_text,
		.doc = key->doc,
		.origin = state->origin,
		.file = file_name(config->private, state->file),
		.line = state->line,
	};
}

const char *config_file_read(const struct config *config, size_t index)
{
	return index < config->private->file_count ? config->private->files[index] : NULL;
}
