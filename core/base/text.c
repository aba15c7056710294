/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

static uint32_t decode_utf8(const unsigned char *s, size_t length)
{
	switch (length) {
	case 1:
		return s[0];
	case 2:
		return ((uint32_t)(s[0] & 0x1f) << 6) | (s[1] & 0x3f);
	case 3:
		return ((uint32_t)(s[0] & 0x0f) << 12) | ((uint32_t)(s[1] & 0x3f) << 6) |
			(s[2] & 0x3f);
	default:
		return ((uint32_t)(s[0] & 0x07) << 18) | ((uint32_t)(s[1] & 0x3f) << 12) |
			((uint32_t)(s[2] & 0x3f) << 6) | (s[3] & 0x3f);
	}
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t text_utf8_length(const char *string)
{
	const unsigned char *s = (const unsigned char *)string;
	size_t length;
	uint32_t c;

	if (s[0] == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++)
		if (!is_continuation(s[i]))
			return 0;
	c = decode_utf8(s, length);
	if ((length == 3 && c < 0x800) || (length == 4 && c < 0x10000))
		return 0;
	if ((c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		return 0;
	return length;
}

/* Characters that would act on a terminal or turn a line around instead of showing. */
static bool is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 ||
		(c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
		c == 0x200f || c == 0x061c || c == 0xfeff;
}

size_t text_safe_length(const char *s)
{
	size_t length = text_utf8_length(s);

	if (!length || *s == '\\' || is_unsafe(decode_utf8((const unsigned char *)s, length)))
		return 0;
	return length;
}

/* How the character at raw is shown: bytes taken from raw, bytes put into out. */
static size_t escape_one(const char *raw, char out[17], size_t *out_length)
{
	const unsigned char *s = (const unsigned char *)raw;
	size_t length = text_utf8_length(raw);
	size_t taken = length ? length : 1;

	if (*raw == '\\') {
		memcpy(out, "\\\\", 2);
		*out_length = 2;
		return 1;
	}
	if (text_safe_length(raw)) {
		memcpy(out, raw, length);
		*out_length = length;
		return length;
	}
	for (size_t i = 0; i < taken; i++)
		(void)snprintf(out + i * 4, 5, "\\x%02x", s[i]);
	*out_length = taken * 4;
	return taken;
}

bool text_escape(const char *raw, char *out, size_t out_bytes)
{
	size_t used = 0;

	while (*raw) {
		char piece[17];
		size_t length;
		size_t taken = escape_one(raw, piece, &length);

		if (used + length >= out_bytes)
			break;
		memcpy(out + used, piece, length);
		used += length;
		raw += taken;
	}
	out[used] = '\0';
	return *raw == '\0';
}

/* The same in text that is escaped already, where a backslash stands for itself. */
static size_t escaped_length(const char *s)
{
	return *s == '\\' ? 1 : text_safe_length(s);
}

bool text_is_safe(const char *text)
{
	while (*text) {
		size_t length = escaped_length(text);

		if (!length)
			return false;
		text += length;
	}
	return true;
}

bool text_copy_safe(const char *text, char *out, size_t out_bytes)
{
	bool is_safe = true;
	size_t used = 0;

	while (*text) {
		size_t length = text_utf8_length(text), safe = escaped_length(text);
		size_t piece_length = safe ? safe : 1;

		if (used + piece_length >= out_bytes)
			break;
		memcpy(out + used, safe ? text : "?", piece_length);
		used += piece_length;
		text += length ? length : 1;
		is_safe = is_safe && safe;
	}
	out[used] = '\0';
	return is_safe && *text == '\0';
}

char *text_escape_new(const char *raw)
{
	size_t size_bytes = TEXT_ESCAPED_BYTES(strlen(raw));
	char *out = malloc(size_bytes);

	if (out)
		(void)text_escape(raw, out, size_bytes);
	return out;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int text_unescape(const char *escaped, char *out, size_t out_bytes)
{
	size_t used = 0;

	while (*escaped) {
		char c = *escaped++;

		if (c == '\\' && *escaped == '\\') {
			escaped++;
		} else if (c == '\\') {
			int high, low;

			if (*escaped++ != 'x')
				return -EINVAL;
			high = hex_digit(*escaped);
			low = high < 0 ? -1 : hex_digit(escaped[1]);
			if (low < 0 || (high == 0 && low == 0))
				return -EINVAL;
			c = (char)(high * 16 + low);
			escaped += 2;
		}
		if (used + 1 >= out_bytes)
			return -ENOSPC;
		out[used++] = c;
	}
	if (out_bytes == 0)
		return -ENOSPC;
	out[used] = '\0';
	return 0;
}

void text_size(uint64_t size_bytes, char *out, size_t out_bytes)
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)size_bytes;
	size_t unit = 0;

	while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1000.0;
		unit++;
	}
	if (unit == 0 || value >= 99.95)
		(void)snprintf(out, out_bytes, "%.0f %s", value, units[unit]);
	else
		(void)snprintf(out, out_bytes, "%.1f %s", value, units[unit]);
}

void text_duration(uint64_t seconds, char *out, size_t out_bytes)
{
	uint64_t hours = seconds / 3600, minutes = seconds / 60 % 60;

	if (hours)
		(void)snprintf(out, out_bytes, "%" PRIu64 " h %02" PRIu64 " min", hours, minutes);
	else if (minutes)
		(void)snprintf(
			out, out_bytes, "%" PRIu64 " min %02" PRIu64 " s", minutes, seconds % 60);
	else
		(void)snprintf(out, out_bytes, "%" PRIu64 " s", seconds);
}

bool text_format(char *out, size_t out_bytes, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(out, out_bytes, format, args);
	va_end(args);
	return n >= 0 && (size_t)n < out_bytes;
}

void text_lower_ascii(char *s)
{
	for (; *s; s++)
		*s = text_lower_char(*s);
}

int text_compare_nocase(const char *a, const char *b)
{
	while (*a && text_lower_char(*a) == text_lower_char(*b)) {
		a++;
		b++;
	}
	return (unsigned char)text_lower_char(*a) - (unsigned char)text_lower_char(*b);
}

bool text_starts_with_nocase(const char *s, const char *start)
{
	while (*start && text_lower_char(*s) == text_lower_char(*start)) {
		s++;
		start++;
	}
	return *start == '\0';
}

void text_camera(const char *make, const char *model, char *out, size_t out_bytes)
{
	bool has_make = *make && !text_starts_with_nocase(model, make);

	(void)text_format(out, out_bytes, "%s%s%s", has_make ? make : "",
		has_make && *model ? " " : "", model);
}

bool text_ends_with_nocase(const char *s, const char *end)
{
	size_t length = strlen(s), end_length = strlen(end);

	return length >= end_length && !strcasecmp(s + length - end_length, end);
}

int text_parse_bool(const char *s, bool *ret)
{
	static const char *const yes[] = {"true", "yes", "on", "1"};
	static const char *const no[] = {"false", "no", "off", "0"};

	for (size_t i = 0; i < 4; i++) {
		if (!strcasecmp(s, yes[i]) || !strcasecmp(s, no[i])) {
			*ret = !strcasecmp(s, yes[i]);
			return 0;
		}
	}
	return -EINVAL;
}

int text_parse_u64(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (!isdigit((unsigned char)*s))
			return -EINVAL;
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			return -ERANGE;
	}
	if (value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}
