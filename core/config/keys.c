/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keys.c - every key of the configuration, once. A new one is a field in
 * config.h and a line here; a test then asks for its place in
 * assets/imgtank.conf, docs/configuration.md and imgtank.conf(5).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/config/config_priv.h"

#define KIB UINT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define TIB (GIB * 1024)

static const char *const select_words[] = {"images", "everything", NULL};
static const char *const start_words[] = {"auto", "ask", "off", NULL};
static const char *const watchers_words[] = {"all", "group", NULL};
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

/* The same as in core/daemon/mount.c: those that can be mounted without writing to them. */
static int check_file_systems(const char *text, char *why, size_t why_bytes)
{
	static const char *const known[] = {
		"vfat", "exfat", "ntfs3", "hfsplus", "udf", "iso9660", "ext4", "btrfs", NULL};
	CLEANUP(freep) char *copy = strdup(text);
	char *rest = copy, *name;

	while (copy && (name = strsep(&rest, " \t,"))) {
		size_t i = 0;

		while (known[i] && strcmp(known[i], name) != 0)
			i++;
		if (known[i] || !*name)
			continue;
		(void)snprintf(why, why_bytes,
			"these are known: vfat exfat ntfs3 hfsplus udf iso9660 ext4 btrfs");
		return -EINVAL;
	}
	return copy ? 0 : -ENOMEM;
}

static int check_path_or_nothing(const char *text, char *why, size_t why_bytes)
{
	if (!*text || *text == '/')
		return 0;
	(void)snprintf(why, why_bytes, "a path from the root is meant, such as /srv/reader");
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
	{"daemon", "start", VALUE_WORD, AT(daemon.start), "auto",
		"What is done with a card: auto (copy), ask (wait for a yes) or off.",
		start_words, 0, 0, NULL},
	{"daemon", "workers", VALUE_NUMBER, AT(daemon.workers), "2",
		"Cards that are copied at the same time: 1 to 8.",
		NULL, 1, 8, NULL},
	{"daemon", "devices", VALUE_TRISTATE, AT(daemon.devices), "auto",
		"Copy from the machine's card readers: auto (when run as root), yes or no.",
		NULL, 0, 0, NULL},
	{"daemon", "file-systems", VALUE_STRING, AT(daemon.file_systems), "vfat exfat",
		"File systems that cards may have.",
		NULL, 0, 0, check_file_systems},
	{"daemon", "virtual-reader", VALUE_STRING, AT(daemon.virtual_reader), "",
		"A folder that plays a card reader; empty: none.",
		NULL, 0, 0, check_path_or_nothing},
	{"daemon", "socket", VALUE_PATH, AT(daemon.socket), "/run/imgtank/imgtank.sock",
		"Where front ends connect.",
		NULL, 0, 0, NULL},
	{"daemon", "group", VALUE_STRING, AT(daemon.group), "imgtank",
		"The group whose members may give commands; empty: none.",
		NULL, 0, 0, check_account},
	{"daemon", "watchers", VALUE_WORD, AT(daemon.watchers), "all",
		"Who else may watch: all, or group for nobody else.",
		watchers_words, 0, 0, NULL},
	{"daemon", "client-timeout", VALUE_DURATION, AT(daemon.client_timeout_ms), "30s",
		"A front end that takes nothing for so long is let go: 1s to 10min.",
		NULL, 1000, 600000, NULL},
	{"daemon", "power", VALUE_BOOL, AT(daemon.may_halt), "yes",
		"Shut the machine down or restart it when asked to.",
		NULL, 0, 0, NULL},
	{"daemon", "logind", VALUE_BOOL, AT(daemon.use_logind), "yes",
		"Through systemd-logind, and keep others from doing so while a card is copied.",
		NULL, 0, 0, NULL},
	{"daemon", "poweroff-command", VALUE_STRING, AT(daemon.poweroff_command), "",
		"A command for sh(1) that shuts the machine down instead of logind.",
		NULL, 0, 0, NULL},
	{"daemon", "reboot-command", VALUE_STRING, AT(daemon.reboot_command), "",
		"And one that restarts it.",
		NULL, 0, 0, NULL},
	{"drop", "path", VALUE_STRING, AT(drop.path), "",
		"A folder that files are dropped into, to be imported; empty: none.",
		NULL, 0, 0, check_path_or_nothing},
	{"drop", "settle", VALUE_DURATION, AT(drop.settle_ms), "10s",
		"A file in it must have stayed as it is for so long: 100ms to 10min.",
		NULL, 100, 600000, NULL},
	{"power", "halt-on-unplug", VALUE_BOOL, AT(power.halt_on_unplug), "no",
		"Shut the machine down when the last card was taken out and all went well.",
		NULL, 0, 0, NULL},
	{"power", "grace", VALUE_DURATION, AT(power.grace_ms), "10s",
		"How long before that there is to put a card in or press something: 1s to 10min.",
		NULL, 1000, 600000, NULL},
	{"ui", "frontends", VALUE_STRING, AT(ui.frontends), "auto",
		"The front ends that run: names, or auto for those whose hardware is here, or none.",
		NULL, 0, 0, NULL},
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
