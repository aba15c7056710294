/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * name.c - builds a path part by part. Every byte from outside goes through
 * part_add(), every finished part through part_finish(): no other code has to be
 * right for the promises of name.h to hold.
 */
#include "core/naming/name.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/naming/calendar_priv.h"
#include "core/naming/template_priv.h"

#define SUFFIX_BYTES_MAX 12 /* "_4294967296" */

/* One part of the path while it grows. */
struct part {
	size_t used, limit_bytes;
	bool is_cut; /* something did not fit: nothing more is added */
	char text[NAME_PART_BYTES_MAX + 1];
};

_Static_assert(
	NAME_STEM_BYTES_MAX + SUFFIX_BYTES_MAX + NAME_TAIL_BYTES_MAX + 1 <= NAME_PART_BYTES_MAX,
	"a whole name fits into a part, with '_' in front of a device's name");

bool name_char_is_allowed(const char *s, size_t *length_ret)
{
	size_t length = text_safe_length(s), valid = text_utf8_length(s);

	*length_ret = valid ? valid : 1;
	return length > 0 && !strchr("/<>:\"|?*", *s);
}

static void part_start(struct part *part, size_t limit_bytes)
{
	*part = (struct part){.limit_bytes = limit_bytes};
}

/* Adds one clean piece as it is, or nothing. */
static void part_put(struct part *part, const char *s, size_t length)
{
	if (part->is_cut || part->used + length > part->limit_bytes) {
		part->is_cut = true;
		return;
	}
	memcpy(part->text + part->used, s, length);
	part->used += length;
	part->text[part->used] = '\0';
}

/* Adds what stands between s and end, each character that may not be in a name as '_'. */
static void part_add(struct part *part, const char *s, const char *end, bool lower)
{
	while (s < end) {
		char low = text_lower_char(*s);
		size_t length;

		if (!name_char_is_allowed(s, &length) || length > (size_t)(end - s))
			part_put(part, "_", 1);
		else if (lower && length == 1)
			part_put(part, &low, 1);
		else
			part_put(part, s, length);
		s += length;
	}
}

/* Words of a camera or a label: without spaces around them, '-' between them. */
static void part_add_words(struct part *part, const char *words)
{
	const char *next = words ? words + strspn(words, " ") : "";

	if (!*next)
		part_put(part, "unknown", strlen("unknown"));
	while (*next) {
		size_t length = strcspn(next, " ");

		part_add(part, next, next + length, false);
		next += length + strspn(next + length, " ");
		if (*next)
			part_put(part, "-", 1);
	}
}

/* Names that Windows keeps for devices, whatever follows behind a dot. */
static bool is_device(const char *name)
{
	static const char *const devices[] = {
		"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"};
	char base[8];
	size_t length = strcspn(name, ".");

	while (length && name[length - 1] == ' ')
		length--;
	if (length >= sizeof(base))
		return false;
	memcpy(base, name, length);
	base[length] = '\0';
	text_lower_ascii(base);
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (!strcmp(base, devices[i]))
			return true;
	if (strncmp(base, "com", 3) != 0 && strncmp(base, "lpt", 3) != 0)
		return false;
	/* COM1 to COM9, COM0, and the superscripts one, two and three */
	return (length == 4 && base[3] >= '0' && base[3] <= '9') || !strcmp(base + 3, "\xc2\xb9") ||
		!strcmp(base + 3, "\xc2\xb2") || !strcmp(base + 3, "\xc2\xb3");
}

/* Makes a valid name of what was gathered. */
static void part_finish(struct part *part)
{
	if (part->used == 0)
		part->text[part->used++] = '_';
	for (size_t i = part->used; i && (part->text[i - 1] == '.' || part->text[i - 1] == ' ');
		i--)
		part->text[i - 1] = '_';
	if (part->text[0] == '.' || part->text[0] == '-')
		part->text[0] = '_';
	part->text[part->used] = '\0';
	if (is_device(part->text)) {
		memmove(part->text + 1, part->text, part->used + 1);
		part->text[0] = '_';
		part->used++;
	}
}

/* A tail of an absurd length shrinks to its last extension, or to nothing. */
static const char *sane_tail(const char *tail)
{
	const char *dot = strrchr(tail, '.');

	if (strlen(tail) <= NAME_TAIL_BYTES_MAX)
		return tail;
	return dot && strlen(dot) <= NAME_TAIL_BYTES_MAX ? dot : "";
}

static const char *input_tail(const struct name_input *input)
{
	size_t length = strlen(input->name);

	return input->name + (input->tail_offset < length ? input->tail_offset : length);
}

/* The last part holds the stem: it gets the suffix and the tail. */
static void part_end_name(struct part *part, const struct name_input *input, bool lower)
{
	const char *tail = sane_tail(input_tail(input));
	char suffix[SUFFIX_BYTES_MAX];

	part_finish(part);
	part->limit_bytes = NAME_PART_BYTES_MAX - 1;
	part->is_cut = false;
	if (input->attempt) {
		(void)snprintf(suffix, sizeof(suffix), "_%" PRIu64, (uint64_t)input->attempt + 1);
		part_put(part, suffix, strlen(suffix));
	}
	part_add(part, tail, tail + strlen(tail), lower);
	part_finish(part);
}

static int path_add(char *path, size_t path_bytes, const struct part *part)
{
	size_t used = strlen(path);

	if (!text_format(path + used, path_bytes - used, "%s%s", used ? "/" : "", part->text))
		return -ENAMETOOLONG;
	return 0;
}

static int add_date_folder(const struct name_input *input, char *path, size_t path_bytes)
{
	struct part part;
	struct tm date;

	part_start(&part, NAME_PART_BYTES_MAX - 1);
	if (calendar_parse(input->time, &date))
		(void)snprintf(part.text, sizeof(part.text), "%.4s%.2s%.2s", input->time,
			input->time + 5, input->time + 8);
	else
		part_put(&part, "undated", strlen("undated"));
	return path_add(path, path_bytes, &part);
}

static void part_add_sequence(struct part *part, uint64_t sequence, int digits)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%0*" PRIu64, digits, sequence);
	part_put(part, text, strlen(text));
}

static int build_unique(const struct name_input *input, char *path, size_t path_bytes)
{
	struct part part;
	int r;

	if (input->attempt)
		return -EINVAL;
	r = add_date_folder(input, path, path_bytes);
	if (r < 0)
		return r;
	part_start(&part, NAME_STEM_BYTES_MAX - 20);
	part_add(&part, input->prefix, input->prefix + strlen(input->prefix), false);
	part.limit_bytes = NAME_STEM_BYTES_MAX;
	part.is_cut = false; /* a long prefix never costs the number */
	part_add_sequence(&part, input->sequence, 4);
	part_end_name(&part, input, true);
	return path_add(path, path_bytes, &part);
}

static int build_keep(const struct name_input *input, char *path, size_t path_bytes)
{
	struct part part;
	int r = add_date_folder(input, path, path_bytes);

	if (r < 0)
		return r;
	part_start(&part, NAME_STEM_BYTES_MAX);
	part_add(&part, input->name, input_tail(input), false);
	part_end_name(&part, input, false);
	return path_add(path, path_bytes, &part);
}

static void part_add_time(struct part *part, const char *time, char letter)
{
	struct tm date = {.tm_year = -1900, .tm_mon = -1, .tm_yday = -1};
	char text[16] = "";

	(void)calendar_parse(time, &date); /* none: zeros */
	switch (letter) {
	case 'Y':
		(void)snprintf(text, sizeof(text), "%04d", date.tm_year + 1900);
		break;
	case 'y':
		(void)snprintf(text, sizeof(text), "%02d", (date.tm_year + 1900) % 100);
		break;
	case 'm':
		(void)snprintf(text, sizeof(text), "%02d", date.tm_mon + 1);
		break;
	case 'd':
		(void)snprintf(text, sizeof(text), "%02d", date.tm_mday);
		break;
	case 'H':
		(void)snprintf(text, sizeof(text), "%02d", date.tm_hour);
		break;
	case 'M':
		(void)snprintf(text, sizeof(text), "%02d", date.tm_min);
		break;
	case 'S':
		(void)snprintf(text, sizeof(text), "%02d", date.tm_sec);
		break;
	default:
		(void)snprintf(text, sizeof(text), "%03d", date.tm_yday + 1);
		break;
	}
	part_put(part, text, strlen(text));
}

static bool have_same_first_word(const char *a, const char *b)
{
	while (*a && *a != ' ' && text_lower_char(*a) == text_lower_char(*b)) {
		a++;
		b++;
	}
	return (*a == '\0' || *a == ' ') && (*b == '\0' || *b == ' ');
}

/* "Canon" + "Canon EOS R5" is "Canon EOS R5"; "SONY" + "ILCE-7M3" is "SONY ILCE-7M3". */
static void part_add_camera(struct part *part, const char *make, const char *model)
{
	bool has_make = make && *make, has_model = model && *model;

	if (has_make && has_model && !have_same_first_word(make, model)) {
		part_add_words(part, make);
		part_put(part, "-", 1);
	}
	part_add_words(part, has_model ? model : make);
}

static void part_add_extension(struct part *part, const struct name_input *input)
{
	const char *dot = strrchr(sane_tail(input_tail(input)), '.');

	if (dot)
		part_add(part, dot + 1, dot + strlen(dot), true);
}

static void part_add_token(
	struct part *part, const struct token *token, const struct name_input *input)
{
	const char *text;

	switch (token->kind) {
	case TOKEN_TEXT:
		text = input->template->text + token->offset;
		part_add(part, text, text + token->length, false);
		break;
	case TOKEN_TIME:
		part_add_time(part, input->time, token->letter);
		break;
	case TOKEN_CAMERA:
		part_add_camera(part, input->make, input->model);
		break;
	case TOKEN_MAKE:
		part_add_words(part, input->make);
		break;
	case TOKEN_MODEL:
		part_add_words(part, input->model);
		break;
	case TOKEN_CARD:
		part_add_words(part, input->card_label);
		break;
	case TOKEN_STEM:
		part_add(part, input->name, input_tail(input), false);
		break;
	case TOKEN_SEQUENCE:
		part_add_sequence(part, input->sequence, token->digits);
		break;
	case TOKEN_EXTENSION:
		part_add_extension(part, input);
		break;
	case TOKEN_FOLDER:
	case TOKEN_TAIL:
		break;
	}
}

static int build_from_template(const struct name_input *input, char *path, size_t path_bytes)
{
	const struct name_template *template = input->template;
	struct part part;
	int r = 0;

	part_start(&part, NAME_STEM_BYTES_MAX);
	for (size_t i = 0; i < template->token_count && r == 0; i++) {
		const struct token *token = &template->tokens[i];

		part_add_token(&part, token, input);
		if (token->kind == TOKEN_FOLDER)
			part_finish(&part);
		else if (token->kind == TOKEN_TAIL)
			part_end_name(&part, input, true);
		else
			continue;
		r = path_add(path, path_bytes, &part);
		part_start(&part, NAME_STEM_BYTES_MAX);
	}
	return r;
}

int name_build(const struct name_input *input, char *path, size_t path_bytes)
{
	if (path_bytes == 0)
		return -ENAMETOOLONG;
	path[0] = '\0';
	switch (input->naming) {
	case NAMING_UNIQUE:
		return build_unique(input, path, path_bytes);
	case NAMING_KEEP:
		return build_keep(input, path, path_bytes);
	case NAMING_TEMPLATE:
		return build_from_template(input, path, path_bytes);
	}
	return -EINVAL;
}

static const char *const naming_names[] = {
	[NAMING_UNIQUE] = "unique",
	[NAMING_KEEP] = "keep",
	[NAMING_TEMPLATE] = "template",
};

#define NAMINGS_COUNT (sizeof(naming_names) / sizeof(naming_names[0]))

int naming_parse(const char *text, enum naming *ret)
{
	for (size_t i = 0; i < NAMINGS_COUNT; i++) {
		if (!strcmp(text, naming_names[i])) {
			*ret = (enum naming)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *naming_name(enum naming naming)
{
	return (size_t)naming < NAMINGS_COUNT ? naming_names[naming] : "";
}
