/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/settings.h"

#include <string.h>

static int choose_names(struct settings *settings, const struct command *command,
	const struct settings_override *override)
{
	char why[256];

	if (override->naming && naming_parse(override->naming, &settings->engine.naming) < 0)
		return cli_usage_error(command, "--naming takes unique, keep or template, not '%s'",
			override->naming);
	if (override->select && select_mode_parse(override->select, &settings->engine.select) < 0)
		return cli_usage_error(
			command, "--select takes images or everything, not '%s'", override->select);
	if (override->template) {
		name_template_free(settings->template);
		settings->template = NULL;
		if (name_template_parse(&settings->template, override->template, why, sizeof(why)) <
			0)
			return cli_usage_error(command, "--template: %s", why);
		if (!override->naming)
			settings->engine.naming = NAMING_TEMPLATE;
	}
	settings->engine.template = settings->template;
	if (settings->engine.naming == NAMING_TEMPLATE && !settings->template)
		return cli_usage_error(command, "--naming template needs a --template");
	return EXIT_OK;
}

int settings_load(struct settings *settings, const struct command *command, const char *config_path,
	const struct settings_override *override)
{
	struct engine_options *engine = &settings->engine;

	(void)config_path;
	memset(settings, 0, sizeof(*settings));
	engine->tank_path = "/data";
	engine->owner = (uid_t)-1;
	engine->group = (gid_t)-1;
	engine->verify = true;
	engine->thumbnails = true;
	engine->keep_free_bytes = 64u << 20;
	if (!override)
		return EXIT_OK;
	if (override->tank_path) {
		engine->tank_path = override->tank_path;
		engine->tank_may_create = true;
	}
	engine->verify &= !override->no_verify;
	engine->thumbnails &= !override->no_thumbnails;
	return choose_names(settings, command, override);
}

void settings_finish(struct settings *settings)
{
	name_template_free(settings->template);
	memset(settings, 0, sizeof(*settings));
}
