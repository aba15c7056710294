/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keys.c - every key of the configuration, once. A new one is a field in
 * config.h and a line here; a test then asks for its place in
 * assets/imgtank.conf, docs/configuration.md and imgtank.conf(5).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/config/config_priv.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define TIB (GIB * 1024)

static const char *const select_words[] = {"images", "everything", NULL};
static const char *const naming_words[] = {"unique", "keep", "template", NULL};

static int check_template(const char *text, char *why, size_t why_bytes)
{
	struct name_template *template = NULL;
	char escaped[CONFIG_WHY_BYTES];
	int r = name_template_parse(&template, text, escaped, sizeof(escaped));

	name_template_free(template);
	if (r == -EINVAL && text_unescape(escaped, why, why_bytes) < 0)
		(void)snprintf(why, why_bytes, "it makes no valid names");
	return r;
}

/* Whether the prefix comes through is for the builder of names to say. */
static int check_prefix(const char *text, char *why, size_t why_bytes)
{
	struct name_input input = {.naming = NAMING_UNIQUE, .prefix = text, .name = ""};
	char path[NAME_PATH_BYTES_MAX], expected[NAME_PATH_BYTES_MAX];

	if (name_build(&input, path, sizeof(path)) == 0 &&
		text_format(expected, sizeof(expected), "undated/%s0000", text) &&
		!strcmp(path, expected))
		return 0;
	(void)snprintf(why, why_bytes, "it is too long or has characters that cannot begin a name");
	return -EINVAL;
}

/* As useradd(8) and groupadd(8) would make it, or a number. */
static int check_account(const char *text, char *why, size_t why_bytes)
{
	if (strlen(text) <= 256 && text[0] != '-' && !strpbrk(text, " \t:/,\\"))
		return 0;
	(void)snprintf(why, why_bytes, "the name or the number of an account is meant");
	return -EINVAL;
}

#define AT(field) offsetof(struct config, field)

/* clang-format off */
const struct config_key config_keys[] = {
	{"tank", "path", VALUE_PATH, AT(tank.path), "/data",
		"The folder that everything is copied into.",
		NULL, 0, 0, NULL},
	{"tank", "require-mount", VALUE_TRISTATE, AT(tank.require_mount), "auto",
		"Copy only while a disk is mounted at the tank: auto, yes or no.",
		NULL, 0, 0, NULL},
	{"tank", "keep-free", VALUE_SIZE, AT(tank.keep_free_bytes), "64M",
		"Room on the tank's disk that is never used.",
		NULL, 0, 1024 * TIB, NULL},
	{"tank", "owner", VALUE_STRING, AT(tank.owner), "",
		"The user who owns the copied files; empty: the one who runs the import.",
		NULL, 0, 0, check_account},
	{"tank", "group", VALUE_STRING, AT(tank.group), "",
		"Their group; empty: that of the one who runs the import.",
		NULL, 0, 0, check_account},
	{"import", "select", VALUE_WORD, AT(import.select), "images",
		"What is copied: images or everything.",
		select_words, 0, 0, NULL},
	{"import", "naming", VALUE_WORD, AT(import.naming), "unique",
		"How files are named: unique, keep or template.",
		naming_words, 0, 0, NULL},
	{"import", "template", VALUE_STRING, AT(import.template),
		"%Y/%Y-%m-%d/{camera}_{stem}_{seq:04}.{ext}",
		"The names for naming = template.",
		NULL, 0, 0, check_template},
	{"import", "prefix", VALUE_STRING, AT(import.prefix), "pimg_",
		"What names begin with for naming = unique.",
		NULL, 0, 0, check_prefix},
	{"import", "verify", VALUE_BOOL, AT(import.verify), "yes",
		"Read every copy back from the disk and compare it.",
		NULL, 0, 0, NULL},
	{"import", "paranoid", VALUE_BOOL, AT(import.is_paranoid), "no",
		"Read files of known cards again instead of trusting name, size and date.",
		NULL, 0, 0, NULL},
	{"thumbnails", "enabled", VALUE_BOOL, AT(thumbnails.is_enabled), "yes",
		"Make a thumbnail of every picture that allows it.",
		NULL, 0, 0, NULL},
	{"thumbnails", "size", VALUE_NUMBER, AT(thumbnails.side_px), "256",
		"Their longer side in pixels: 64 to 1024.",
		NULL, 64, 1024, NULL},
	{"probe", "timeout", VALUE_DURATION, AT(probe.timeout_ms), "1s",
		"How long one file may take to tell its date: 100ms to 1min.",
		NULL, 100, 60000, NULL},
	{"probe", "memory", VALUE_SIZE, AT(probe.memory_bytes), "64M",
		"Memory that one file may take for that: 16M to 1G.",
		NULL, 16 * MIB, GIB, NULL},
	{"probe", "workers", VALUE_NUMBER, AT(probe.workers), "1",
		"Processes that make thumbnails: 1 to 4.",
		NULL, 1, 4, NULL},
};
/* clang-format on */

_Static_assert(sizeof(config_keys) / sizeof(config_keys[0]) < CONFIG_KEYS_MAX, "room in lists");

const size_t config_key_count = sizeof(config_keys) / sizeof(config_keys[0]);

size_t config_key_find(const char *section, const char *name)
{
	size_t i = 0;

	while (i < config_key_count &&
		(strcmp(config_keys[i].section, section) != 0 || strcmp(config_keys[i].name, name)))
		i++;
	return i;
}

bool config_section_exists(const char *section)
{
	for (size_t i = 0; i < config_key_count; i++)
		if (!strcmp(config_keys[i].section, section))
			return true;
	return false;
}
