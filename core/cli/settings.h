/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settings.h - from the configuration and the command line to the engine's options.
 */
#ifndef IMGTANK_CORE_CLI_SETTINGS_H
#define IMGTANK_CORE_CLI_SETTINGS_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/cli/cli.h"
#include "core/config/config.h"
#include "core/engine/engine.h"

/* What the command line says instead of the configuration; NULL = nothing. Borrowed. */
struct settings_override {
	const char *tank_path, *naming, *template, *select;
	bool tank_must_exist; /* tank_path is as strict as one from the configuration */
	bool no_verify, no_thumbnails, is_paranoid;
};

/* Owns everything that engine borrows. */
struct settings {
	struct engine_options engine;
	struct config *config;
	struct name_template *template;
};

/*
 * An exit status: EXIT_OK, or EXIT_USAGE after having said on standard error
 * what is wrong and where. What is only a word nobody knows is said, too. override may be NULL.
 */
int settings_load(struct settings *settings, const struct cli_command *command,
	const char *config_path, const struct settings_override *override);
void settings_finish(struct settings *settings);

/* A name or a number; "": -1, as it is. -ENOENT: this machine has no such user or group. */
int settings_find_user(const char *name, uid_t *ret);
int settings_find_group(const char *name, gid_t *ret);

#endif
