/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config.h - what the administrator has decided: typed values, and where each comes from.
 *
 * Read in this order, the last one that says something wins:
 *   /etc/imgtank/imgtank.conf
 *   imgtank.conf.d/ (names ending in .conf) of /usr/lib/imgtank, /run/imgtank and
 *   /etc/imgtank, all together sorted by name; the same name in a later folder
 *   replaces the one in an earlier folder
 * A file named by the user replaces all of them, and has drop-ins in FILE.d/.
 *
 * Nothing here is fatal: what cannot be understood leaves the earlier value in
 * force and becomes a problem, and the caller decides what to do about those.
 * All keys stand in one table, keys.c; imgtank.conf(5) describes them.
 */
#ifndef IMGTANK_CORE_CONFIG_CONFIG_H
#define IMGTANK_CORE_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/naming/name.h"
#include "core/naming/select.h"

enum require_mount { REQUIRE_MOUNT_AUTO, REQUIRE_MOUNT_YES, REQUIRE_MOUNT_NO };

/* Strings belong to the struct config and end with it, or with config_set() of their key. */
struct config_tank {
	const char *path; /* absolute */
	enum require_mount require_mount; /* config_requires_mount() decides for AUTO */
	uint64_t keep_free_bytes;
	const char *owner, *group; /* name or number; "" = whoever runs the import */
};

struct config_import {
	enum select_mode select;
	enum naming naming;
	const char *template; /* name_template_parse() has accepted it */
	const char *prefix;
	bool verify;
	bool is_paranoid;
};

struct config_thumbnails {
	bool is_enabled;
	uint32_t side_px;
};

struct config_probe {
	uint32_t timeout_ms;
	uint64_t memory_bytes;
	uint32_t workers;
};

enum config_start { CONFIG_START_AUTO, CONFIG_START_ASK, CONFIG_START_OFF };
enum config_watchers { CONFIG_WATCHERS_ALL, CONFIG_WATCHERS_GROUP };

struct config_daemon {
	enum config_start start; /* what is done with a card that was put in */
	uint32_t workers; /* cards at work at the same time */
	enum require_mount devices; /* the machine's card readers; AUTO: when run as root */
	const char *file_systems; /* that cards may have */
	const char *virtual_reader; /* a folder that plays a reader; "" for none */
	const char *socket;
	const char *group; /* its members may command */
	enum config_watchers watchers; /* who else may watch */
	uint32_t client_timeout_ms;
	bool may_halt, use_logind;
	const char *poweroff_command, *reboot_command; /* "": logind */
};

struct config_drop {
	const char *path; /* a folder that files are dropped into; "" for none */
	uint32_t settle_ms; /* a file in it must have stayed as it is for so long */
};

struct config_power {
	bool halt_on_unplug; /* when the last card is out and all went well */
	uint32_t grace_ms; /* to say otherwise */
};

struct config_ui {
	const char
		*frontends; /* names, "auto", "none"; whoever starts them checks each by itself */
};

struct config_private;

struct config {
	struct config_tank tank;
	struct config_import import;
	struct config_thumbnails thumbnails;
	struct config_probe probe;
	struct config_daemon daemon;
	struct config_drop drop;
	struct config_power power;
	struct config_ui ui;
	struct config_private *private; /* owned: strings, origins, problems */
};

/*
 * Reads the configuration. file: the one that the user named, or NULL for the
 * usual places. Gives a whole config even if there were problems; only -ENOMEM is an error.
 */
int config_load(struct config **ret, const char *file);
void config_free(struct config *config); /* accepts NULL */

/* Is there a problem that is more than a word nobody knows? */
bool config_has_errors(const struct config *config);

struct config_problem {
	bool is_error; /* a value or a file that is not used; else an unknown word: a warning */
	const char *file; /* escaped; "" for config_set() */
	unsigned int line; /* 0: the file as a whole */
	const char *text; /* one sentence or two, escaped: what is wrong, what is allowed */
};

/* In the order in which they were found. */
size_t config_problem_count(const struct config *config);
const struct config_problem *config_problem(const struct config *config, size_t index);

/*
 * Sets one value from the command line, as text. -EINVAL with a problem added
 * if it is not allowed or missing, -ENOENT likewise if there is no such key.
 */
int config_set(struct config *config, const char *section, const char *key, const char *text);

enum config_origin { CONFIG_FROM_DEFAULT, CONFIG_FROM_FILE, CONFIG_FROM_COMMAND_LINE };

struct config_setting {
	const char *section, *key;
	const char *text; /* as it would stand in a file */
	const char *default_text;
	const char *doc; /* one line */
	enum config_origin origin;
	const char *file; /* escaped, "" if it is from no file */
	unsigned int line;
};

/* Every key there is, section by section. */
size_t config_setting_count(void);
void config_setting(const struct config *config, size_t index, struct config_setting *ret);

/* The files that were read, in order, escaped. NULL behind the last one. */
const char *config_file_read(const struct config *config, size_t index);

/*
 * Must a disk be mounted before anything is copied to tank_path? With AUTO: yes
 * for /data, and for a path on a mount point of /etc/fstab other than /.
 */
bool config_requires_mount(const struct config *config, const char *tank_path);

#endif
