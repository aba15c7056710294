/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/settings.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/cli/problems.h"

static int set_one(
	struct settings *settings, const char *section, const char *key, const char *text)
{
	return text ? config_set(settings->config, section, key, text) : 0;
}

/* The tank's path is kept absolute: a relative one is meant from where the user stands. */
static int set_tank(struct settings *settings, const char *path)
{
	CLEANUP(freep) char *here = NULL;
	CLEANUP(freep) char *absolute = NULL;

	if (!path)
		return 0;
	here = *path == '/' ? strdup("") : getcwd(NULL, 0);
	if (!here || asprintf(&absolute, "%s%s%s", here, *here ? "/" : "", path) < 0) {
		absolute = NULL;
		return -ENOMEM;
	}
	return config_set(settings->config, "tank", "path", absolute);
}

static int apply_override(struct settings *settings, const struct settings_override *override)
{
	bool only_template = override->template && !override->naming;
	int r = set_tank(settings, override->tank_path);

	if (r == 0)
		r = set_one(settings, "import", "select", override->select);
	if (r == 0)
		r = set_one(settings, "import", "template", override->template);
	if (r == 0)
		r = set_one(settings, "import", "naming",
			only_template ? "template" : override->naming);
	if (r == 0 && override->no_verify)
		r = config_set(settings->config, "import", "verify", "no");
	if (r == 0 && override->is_paranoid)
		r = config_set(settings->config, "import", "paranoid", "yes");
	if (r == 0 && override->no_thumbnails)
		r = config_set(settings->config, "thumbnails", "enabled", "no");
	return r;
}

int settings_find_user(const char *name, uid_t *ret)
{
	const struct passwd *user;
	uint64_t number;

	*ret = (uid_t)-1;
	if (!*name)
		return 0;
	if (text_parse_u64(name, UINT32_MAX - 1, &number) == 0) {
		*ret = (uid_t)number;
		return 0;
	}
	user = getpwnam(name);
	if (!user)
		return -ENOENT;
	*ret = user->pw_uid;
	return 0;
}

int settings_find_group(const char *name, gid_t *ret)
{
	const struct group *group;
	uint64_t number;

	*ret = (gid_t)-1;
	if (!*name)
		return 0;
	if (text_parse_u64(name, UINT32_MAX - 1, &number) == 0) {
		*ret = (gid_t)number;
		return 0;
	}
	group = getgrnam(name);
	if (!group)
		return -ENOENT;
	*ret = group->gr_gid;
	return 0;
}

static int find_owner(struct settings *settings, const struct cli_command *command)
{
	const struct config_tank *tank = &settings->config->tank;

	if (settings_find_user(tank->owner, &settings->engine.owner) < 0)
		return cli_usage_error(
			command, "[tank] owner = %s: this machine has no such user", tank->owner);
	if (settings_find_group(tank->group, &settings->engine.group) < 0)
		return cli_usage_error(
			command, "[tank] group = %s: this machine has no such group", tank->group);
	return EXIT_OK;
}

static int parse_template(struct settings *settings, const struct cli_command *command)
{
	char why[256];

	if (settings->config->import.naming != NAMING_TEMPLATE)
		return EXIT_OK;
	if (name_template_parse(
		    &settings->template, settings->config->import.template, why, sizeof(why)) < 0)
		return cli_usage_error(command, "template: %s", why);
	return EXIT_OK;
}

static void fill_engine(struct settings *settings, const struct settings_override *override)
{
	const struct config *config = settings->config;
	struct engine_options *engine = &settings->engine;

	engine->tank_path = config->tank.path;
	engine->tank_may_create = override && override->tank_path && !override->tank_must_exist;
	engine->require_mount =
		!engine->tank_may_create && config_requires_mount(config, config->tank.path);
	engine->keep_free_bytes = config->tank.keep_free_bytes;
	engine->select = config->import.select;
	engine->naming = config->import.naming;
	engine->template = settings->template;
	engine->prefix = config->import.prefix;
	engine->verify = config->import.verify;
	engine->is_paranoid = config->import.is_paranoid;
	engine->thumbnails = config->thumbnails.is_enabled;
	engine->thumbnail_side_px = config->thumbnails.side_px;
	engine->probe_deadline_ms = config->probe.timeout_ms;
	engine->probe_memory_bytes = config->probe.memory_bytes > UINT32_MAX
		? UINT32_MAX
		: (uint32_t)config->probe.memory_bytes;
	engine->probe_workers = config->probe.workers;
}

int settings_load(struct settings *settings, const struct cli_command *command,
	const char *config_path, const struct settings_override *override)
{
	int r, status;

	memset(settings, 0, sizeof(*settings));
	r = config_load(&settings->config, config_path);
	if (r == 0 && override)
		r = apply_override(settings, override);
	if (r == -ENOMEM) {
		cli_print_fault(FAULT_INTERNAL, r);
		return EXIT_TROUBLE;
	}
	problems_print(stderr, settings->config);
	if (r < 0 || config_has_errors(settings->config)) {
		(void)fprintf(stderr, "Try 'imgtank %s --help'.\n", command->name);
		return EXIT_USAGE;
	}
	status = find_owner(settings, command);
	if (status == EXIT_OK)
		status = parse_template(settings, command);
	if (status == EXIT_OK)
		fill_engine(settings, override);
	return status;
}

void settings_finish(struct settings *settings)
{
	name_template_free(settings->template);
	config_free(settings->config);
	memset(settings, 0, sizeof(*settings));
}
