/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * section.h - one section of the configuration whose keys are known elsewhere:
 * each front end has its own, [ui-NAME], and knows what may stand there.
 */
#ifndef IMGTANK_CORE_CONFIG_SECTION_H
#define IMGTANK_CORE_CONFIG_SECTION_H

/* Gets each setting in order; a later one of the same key replaces an earlier one. Borrowed. */
typedef void (*config_section_fn)(
	const char *file, unsigned int line, const char *key, const char *value, void *userdata);

/*
 * Reads the same files as config_load(), file as there. What is no setting is
 * skipped: config_load() tells of it. -ENOENT and such if the file that the
 * user named cannot be read; -ENOMEM.
 */
int config_read_section(
	const char *file, const char *section, config_section_fn section_fn, void *userdata);

#endif
