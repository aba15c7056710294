/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_template.c - any text as a naming template: it is refused with a
 * sentence, or it makes names that keep the promises of name.h.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "core/base/text.h"
#include "core/naming/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void check_part(const char *part)
{
	size_t length = strlen(part);

	assert(length > 0 && length <= NAME_PART_BYTES_MAX);
	assert(part[0] != '.' && part[0] != '-');
	assert(part[length - 1] != '.' && part[length - 1] != ' ');
	for (const char *s = part; *s; s += text_utf8_length(s))
		assert(text_safe_length(s) && !strchr("<>:\"|?*", *s));
}

static void check_names(const struct name_template *template)
{
	static const char *const names[] = {"IMG_1234.CR2.xmp", "..", "con", "-rf\n\xff.jpg"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[NAME_PATH_BYTES_MAX], *rest = path, *part;
		struct name_input input = {.naming = NAMING_TEMPLATE,
			.template = template,
			.name = names[i],
			.tail_offset = strcspn(names[i], "."),
			.time = i % 2 ? "" : "2024-05-12T08:09:10",
			.make = "..",
			.model = "a/b ",
			.card_label = i % 2 ? "" : "-",
			.sequence = i,
			.attempt = (uint32_t)i};

		if (name_build(&input, path, sizeof(path)) < 0)
			continue;
		while ((part = strsep(&rest, "/")))
			check_part(part);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct name_template *template = NULL;
	char text[NAME_TEMPLATE_BYTES_MAX * 2], why[400] = "";

	if (size_bytes >= sizeof(text))
		return 0;
	memcpy(text, data, size_bytes);
	text[size_bytes] = '\0';
	if (name_template_parse(&template, text, why, sizeof(why)) < 0) {
		assert(!strncmp(why, "at character ", 13));
		for (const char *s = why; *s; s += text_utf8_length(s))
			assert(*s == '\\' || text_safe_length(s));
		return 0;
	}
	check_names(template);
	name_template_free(template);
	return 0;
}
