/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config_priv.h - between the files of this folder and its tests.
 *
 * file.c splits a file into lines and settings, sources.c knows which files
 * there are, keys.c what is allowed, value.c reads values, config.c brings it together.
 */
#ifndef IMGTANK_CORE_CONFIG_CONFIG_PRIV_H
#define IMGTANK_CORE_CONFIG_CONFIG_PRIV_H

#include "build.h"
#include "core/config/config.h"

#define CONFIG_KEYS_MAX 128
#define CONFIG_FILE_BYTES_MAX (256u << 10)
#define CONFIG_VALUE_BYTES_MAX 4096
#define CONFIG_SYNTAX_ERRORS_MAX 10 /* with more, it is no configuration file */
#define CONFIG_PROBLEMS_MAX 100
#define CONFIG_WHY_BYTES 512

enum value_type {
	VALUE_BOOL, /* bool */
	VALUE_TRISTATE, /* enum require_mount: auto or a bool */
	VALUE_WORD, /* int: index of the word */
	VALUE_NUMBER, /* uint32_t, min to max */
	VALUE_SIZE, /* uint64_t, bytes */
	VALUE_DURATION, /* uint32_t, ms */
	VALUE_PATH, /* const char *, absolute */
	VALUE_STRING, /* const char * */
};

struct config_key {
	const char *section, *name;
	enum value_type type;
	size_t offset; /* in struct config */
	const char *default_text;
	const char *doc;
	const char *const *words; /* VALUE_WORD, NULL behind the last one */
	uint64_t min, max; /* VALUE_NUMBER, VALUE_SIZE, VALUE_DURATION */
	int (*check)(const char *text, char *why, size_t why_bytes); /* may be NULL; -EINVAL */
};

extern const struct config_key config_keys[];
extern const size_t config_key_count;

/* Index of a key, or config_key_count. */
size_t config_key_find(const char *section, const char *name);
bool config_section_exists(const char *section);

union value {
	bool flag;
	int word;
	uint32_t number;
	uint64_t size_bytes;
};

/* Reads text for a key; strings leave ret alone. -EINVAL with what is allowed in why. */
int value_parse(const struct config_key *key, const char *text, union value *ret, char *why,
	size_t why_bytes);

/* The word of the list (NULL behind the last one) that word may have been meant to be; or NULL. */
const char *suggest_word(const char *word, const char *const *list);

struct file_sink {
	void (*setting)(unsigned int line, const char *section, const char *key, const char *value,
		void *userdata);
	/* why is escaped */
	void (*problem)(unsigned int line, const char *why, void *userdata);
	void *userdata;
};

/* Splits one file. The text need not end in a zero. -ENOMEM. */
int file_parse(const char *text, size_t size_bytes, const struct file_sink *sink);

#define SOURCES_USUAL_FILE IMGTANK_SYSCONF_DIR "/imgtank.conf"
extern const char *const sources_usual_folders[]; /* of drop-ins, weakest first, ends with NULL */

/*
 * The drop-ins of several folders (weakest first, NULL behind the last one) in the
 * order they are to be read. Folders that are not there are fine. The caller frees each path and
 * the list, which ends with NULL. -ENOMEM.
 */
int sources_find_dropins(const char *const *folders, char ***ret);
void sources_free(char **paths);

/* Whole content of a file in new memory. -EFBIG, -EISDIR ... */
int sources_read(const char *path, char **text_ret, size_t *size_ret);

/* config_load() with places of the test's choice. main_file may be missing if that is allowed. */
int config_load_from(struct config **ret, const char *main_file, bool may_be_missing,
	const char *const *dropin_folders);

/* One file from memory on top of the defaults. */
int config_load_text(struct config **ret, const char *name, const char *text, size_t size_bytes);

/* Is path on a mount point that this fstab lists, / aside? */
bool mount_is_listed(const char *fstab, const char *path);

#endif
