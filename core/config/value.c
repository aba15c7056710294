/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/config/config_priv.h"

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{"", 1},
	{"B", 1},
	{"K", UINT64_C(1) << 10},
	{"M", UINT64_C(1) << 20},
	{"G", UINT64_C(1) << 30},
	{"T", UINT64_C(1) << 40},
	{"KiB", UINT64_C(1) << 10},
	{"MiB", UINT64_C(1) << 20},
	{"GiB", UINT64_C(1) << 30},
	{"TiB", UINT64_C(1) << 40},
	{NULL, 0},
};

static const struct unit duration_units[] = {
	{"", 1000},
	{"ms", 1},
	{"s", 1000},
	{"sec", 1000},
	{"m", 60000},
	{"min", 60000},
	{NULL, 0},
};

static int __attribute__((format(printf, 3, 4)))
refuse(char *why, size_t why_bytes, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, why_bytes, format, args);
	va_end(args);
	return -EINVAL;
}

/* A number and a unit, with spaces between them or without. */
static int parse_with_unit(const char *text, const struct unit *units, uint64_t *ret)
{
	size_t digits = strspn(text, "0123456789");
	const char *name = text + digits + strspn(text + digits, " ");
	char number[24];
	uint64_t value;
	int r;

	if (digits >= sizeof(number))
		return -ERANGE;
	memcpy(number, text, digits);
	number[digits] = '\0';
	r = text_parse_u64(number, UINT64_MAX, &value);
	if (r < 0)
		return r;
	for (; units->name; units++)
		if (!text_compare_nocase(name, units->name))
			return __builtin_mul_overflow(value, units->factor, ret) ? -ERANGE : 0;
	return -EINVAL;
}

static void format_size(uint64_t bytes, char *out, size_t out_bytes)
{
	static const char letters[] = " KMGT";
	size_t i = 0;

	while (letters[i + 1] && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		i++;
	}
	(void)snprintf(
		out, out_bytes, "%llu%.*s", (unsigned long long)bytes, i ? 1 : 0, letters + i);
}

static int parse_size(
	const struct config_key *key, const char *text, uint64_t *ret, char *why, size_t why_bytes)
{
	char min[24], max[24];
	int r = parse_with_unit(text, size_units, ret);

	format_size(key->min, min, sizeof(min));
	format_size(key->max, max, sizeof(max));
	if (r == -EINVAL)
		return refuse(why, why_bytes,
			"a size is meant, such as 64M: a whole number and K, M, G or T");
	if (r < 0 || *ret < key->min || *ret > key->max)
		return refuse(why, why_bytes, "%s to %s is allowed", min, max);
	return 0;
}

static void format_duration(uint64_t ms, char *out, size_t out_bytes)
{
	if (ms % 60000 == 0)
		(void)snprintf(out, out_bytes, "%llumin", (unsigned long long)ms / 60000);
	else if (ms % 1000 == 0)
		(void)snprintf(out, out_bytes, "%llus", (unsigned long long)ms / 1000);
	else
		(void)snprintf(out, out_bytes, "%llums", (unsigned long long)ms);
}

static int parse_duration(
	const struct config_key *key, const char *text, uint32_t *ret, char *why, size_t why_bytes)
{
	char min[24], max[24];
	uint64_t ms;
	int r = parse_with_unit(text, duration_units, &ms);

	format_duration(key->min, min, sizeof(min));
	format_duration(key->max, max, sizeof(max));
	if (r == -EINVAL)
		return refuse(why, why_bytes,
			"a duration is meant, such as 500ms, 2s or 1min; without a unit it is in "
			"seconds");
	if (r < 0 || ms < key->min || ms > key->max)
		return refuse(why, why_bytes, "%s to %s is allowed", min, max);
	*ret = (uint32_t)ms;
	return 0;
}

static int parse_number(
	const struct config_key *key, const char *text, uint32_t *ret, char *why, size_t why_bytes)
{
	uint64_t value;

	if (text_parse_u64(text, key->max, &value) < 0 || value < key->min)
		return refuse(why, why_bytes, "a whole number from %llu to %llu is allowed",
			(unsigned long long)key->min, (unsigned long long)key->max);
	*ret = (uint32_t)value;
	return 0;
}

/* "images or everything", "unique, keep or template" */
static void list_words(const char *const *words, char *out, size_t out_bytes)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; words[i]; i++) {
		const char *joint = i == 0 ? "" : words[i + 1] ? ", " : " or ";

		if (!text_format(out + used, out_bytes - used, "%s%s", joint, words[i]))
			return;
		used += strlen(out + used);
	}
}

static int refuse_word(const char *text, const char *const *words, char *why, size_t why_bytes)
{
	const char *meant = suggest_word(text, words);
	char list[CONFIG_WHY_BYTES / 2];

	list_words(words, list, sizeof(list));
	if (meant)
		return refuse(why, why_bytes, "%s is allowed; did you mean '%s'?", list, meant);
	return refuse(why, why_bytes, "%s is allowed", list);
}

static int parse_word(
	const struct config_key *key, const char *text, int *ret, char *why, size_t why_bytes)
{
	for (int i = 0; key->words[i]; i++) {
		if (!strcmp(key->words[i], text)) {
			*ret = i;
			return 0;
		}
	}
	return refuse_word(text, key->words, why, why_bytes);
}

static int parse_flag(const char *text, bool *ret, char *why, size_t why_bytes)
{
	static const char *const words[] = {"yes", "no", NULL};

	if (text_parse_bool(text, ret) < 0)
		return refuse_word(text, words, why, why_bytes);
	return 0;
}

static int parse_tristate(const char *text, int *ret, char *why, size_t why_bytes)
{
	static const char *const words[] = {"auto", "yes", "no", NULL};
	bool flag;

	if (!text_compare_nocase(text, "auto"))
		*ret = REQUIRE_MOUNT_AUTO;
	else if (text_parse_bool(text, &flag) == 0)
		*ret = flag ? REQUIRE_MOUNT_YES : REQUIRE_MOUNT_NO;
	else
		return refuse_word(text, words, why, why_bytes);
	return 0;
}

static int check_path(const char *text, char *why, size_t why_bytes)
{
	if (*text != '/')
		return refuse(why, why_bytes, "a path from the root is meant, such as /data");
	return 0;
}

int value_parse(const struct config_key *key, const char *text, union value *ret, char *why,
	size_t why_bytes)
{
	switch (key->type) {
	case VALUE_BOOL:
		return parse_flag(text, &ret->flag, why, why_bytes);
	case VALUE_TRISTATE:
		return parse_tristate(text, &ret->word, why, why_bytes);
	case VALUE_WORD:
		return parse_word(key, text, &ret->word, why, why_bytes);
	case VALUE_NUMBER:
		return parse_number(key, text, &ret->number, why, why_bytes);
	case VALUE_SIZE:
		return parse_size(key, text, &ret->size_bytes, why, why_bytes);
	case VALUE_DURATION:
		return parse_duration(key, text, &ret->number, why, why_bytes);
	case VALUE_PATH:
		return check_path(text, why, why_bytes);
	case VALUE_STRING:
		return key->check ? key->check(text, why, why_bytes) : 0;
	}
	return -EINVAL;
}
