/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui_find.h - which front ends there are, and which are meant: by name, by the
 * configuration, or those whose hardware is here.
 */
#ifndef IMGTANK_CORE_CLI_UI_FIND_H
#define IMGTANK_CORE_CLI_UI_FIND_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define UI_NAMES_MAX 16
#define UI_NAME_BYTES 32
#define UI_SETTINGS_BYTES 8192
#define UI_ARGUMENTS_MAX 40

struct ui_names {
	size_t count;
	char names[UI_NAMES_MAX][UI_NAME_BYTES];
};

/* What every front end is told on its command line. Borrowed; NULL: nothing. */
struct ui_place {
	const char *socket_path, *config_path;
};

/* a-z, 0-9 and '-' only, and short enough. */
bool ui_is_name(const char *name);

/* False if it is no name, or one too many. A name given twice counts once. */
bool ui_add_name(struct ui_names *names, const char *name);
bool ui_has_name(const struct ui_names *names, const char *name);

/* Where its program is. False: there is none. */
bool ui_find_program(const char *name, char *path, size_t path_bytes);

/* All that are installed, in order of the alphabet. */
void ui_add_installed(struct ui_names *names);

/* Runs it with --probe: its exit status, 0 its hardware is here; or a negative errno. */
int ui_probe(const struct ui_place *place, const char *name);

/* Those whose hardware is here, but for those that work everywhere. Runs each with --probe. */
void ui_add_hardware(const struct ui_place *place, struct ui_names *names);

/*
 * What the configuration says: frontends = in [ui]. What is no name there is said on standard error
 * and passed over, so that it harms no other. *is_said: it says something, if only "none".
 * Negative errno if the configuration cannot be read.
 */
int ui_add_configured(const struct ui_place *place, struct ui_names *names, bool *is_said);

/* The same, or, if it says nothing, those whose hardware is here: that is the default. */
int ui_add_meant(const struct ui_place *place, struct ui_names *names);

/* All settings of [ui-NAME] as one text: another text means that it must start anew. */
void ui_settings(const struct ui_place *place, const char *name, char *text, size_t text_bytes);

/*
 * Starts a program of a front end with more as further arguments (NULL: none). Returns its number
 * or a negative errno.
 */
pid_t ui_start(const struct ui_place *place, const char *name, const char *const more[]);

/* Becomes it. Returns only a negative errno. */
int ui_become(const struct ui_place *place, const char *name, const char *const more[]);

/* Why it could not be started, and what to do, on standard error. error: a negative errno. */
void ui_say_cannot_start(const char *name, int error);

/* One sentence on standard error for how it ended; nothing if in order. */
void ui_say_ended(const char *name, int wait_status);

#define UI_EXIT_USAGE 2
#define UI_EXIT_NOT_HERE 3 /* its hardware is not here */

#endif
