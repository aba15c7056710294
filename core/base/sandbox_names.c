/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sandbox_names.c - the words, apart from the sandbox: who only shows them needs
 * no libseccomp.
 */
#include "core/base/sandbox.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	uint32_t part;
	const char *name;
} part_names[] = {
	{SANDBOX_SECCOMP, "seccomp"},
	{SANDBOX_LANDLOCK, "landlock"},
	{SANDBOX_MEMORY, "memory"},
	{SANDBOX_RLIMITS, "rlimits"},
	{SANDBOX_NO_NEW_PRIVILEGES, "no-new-privileges"},
	{SANDBOX_UNPRIVILEGED, "unprivileged"},
	{SANDBOX_DESCRIPTORS, "descriptors"},
};

const char *sandbox_part_name(uint32_t part)
{
	for (size_t i = 0; i < COUNT(part_names); i++)
		if (part_names[i].part == part)
			return part_names[i].name;
	return NULL;
}

static void append(char *text, size_t size_bytes, const char *before, const char *name)
{
	size_t used = strlen(text);

	(void)snprintf(
		text + used, size_bytes - used, "%s%s", used || *before == ';' ? before : "", name);
}

void sandbox_describe(uint32_t parts, char *text, size_t size_bytes)
{
	const char *before = "; not in force: ";

	text[0] = '\0';
	for (size_t i = 0; i < COUNT(part_names); i++)
		if (parts & part_names[i].part)
			append(text, size_bytes, " ", part_names[i].name);
	for (size_t i = 0; i < COUNT(part_names); i++) {
		if (parts & part_names[i].part)
			continue;
		append(text, size_bytes, before, part_names[i].name);
		before = " ";
	}
}
