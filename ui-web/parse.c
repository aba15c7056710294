/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/parse.h"

#include <errno.h>
#include <string.h>

#include "core/base/text.h"

/* --- cookies and forms --- */

static bool copy_part(const char *from, size_t length, char *out, size_t out_bytes)
{
	if (length >= out_bytes)
		return false;
	memcpy(out, from, length);
	out[length] = '\0';
	return true;
}

bool parse_cookie(const char *header, const char *name, char *out, size_t out_bytes)
{
	size_t name_length = strlen(name);
	bool is_found = false;

	while (header && *header) {
		size_t length;

		header += strspn(header, "; \t");
		length = strcspn(header, ";");
		if (length > name_length && !strncmp(header, name, name_length) &&
			header[name_length] == '=') {
			if (is_found || length == name_length + 1 ||
				!copy_part(header + name_length + 1, length - name_length - 1, out,
					out_bytes))
				return false;
			is_found = true;
		}
		header += length;
	}
	return is_found;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = text_lower_char(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool unescape(const char *from, size_t length, char *out, size_t out_bytes)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		int c = (unsigned char)from[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int high = length - i > 2 ? hex_digit(from[i + 1]) : -1;
			int low = length - i > 2 ? hex_digit(from[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = high * 16 + low;
			i += 2;
		}
		if (c == '\0' || used + 1 >= out_bytes)
			return false;
		out[used++] = (char)c;
	}
	out[used] = '\0';
	return true;
}

bool parse_form(const char *form, const char *name, char *out, size_t out_bytes)
{
	size_t name_length = strlen(name);

	while (form && *form) {
		size_t length = strcspn(form, "&");

		if (length > name_length && form[name_length] == '=' &&
			!strncmp(form, name, name_length))
			return unescape(
				form + name_length + 1, length - name_length - 1, out, out_bytes);
		form += length + (form[length] == '&');
	}
	return false;
}

/* --- ranges and conditions --- */

/* A run of digits; false if there is none or it is too large. */
static bool take_number(const char **at, uint64_t *number)
{
	char digits[20];
	size_t length = strspn(*at, "0123456789");

	if (length == 0 || !copy_part(*at, length, digits, sizeof(digits)) ||
		text_parse_u64(digits, INT64_MAX, number) < 0)
		return false;
	*at += length;
	return true;
}

static enum range last_bytes(const char *at, uint64_t size_bytes, uint64_t *first, uint64_t *last)
{
	uint64_t count;

	if (!take_number(&at, &count) || *at || count == 0 || size_bytes == 0)
		return RANGE_REFUSED;
	*first = count < size_bytes ? size_bytes - count : 0;
	*last = size_bytes - 1;
	return RANGE_ONE;
}

enum range parse_range(const char *header, uint64_t size_bytes, uint64_t *first, uint64_t *last)
{
	const char *at = header;

	if (!header || !text_starts_with_nocase(header, "bytes="))
		return RANGE_NONE;
	at += strlen("bytes=");
	at += strspn(at, " ");
	if (*at == '-')
		return last_bytes(at + 1, size_bytes, first, last);
	if (!take_number(&at, first) || *at++ != '-' || *first >= size_bytes)
		return RANGE_REFUSED;
	if (!*at) {
		*last = size_bytes - 1;
		return RANGE_ONE;
	}
	if (!take_number(&at, last) || *at || *last < *first)
		return RANGE_REFUSED;
	if (*last >= size_bytes)
		*last = size_bytes - 1;
	return RANGE_ONE;
}

bool parse_has_etag(const char *header, const char *etag)
{
	size_t etag_length = strlen(etag);

	while (header && *header) {
		size_t length;

		header += strspn(header, ", \t");
		if (!strncmp(header, "W/", 2))
			header += 2;
		length = strcspn(header, ",");
		while (length > 0 && (header[length - 1] == ' ' || header[length - 1] == '\t'))
			length--;
		if ((length == 1 && *header == '*') ||
			(length == etag_length && !strncmp(header, etag, length)))
			return true;
		header += strcspn(header, ",");
	}
	return false;
}

/* --- ids --- */

bool parse_id(const char *text, int64_t *id)
{
	uint64_t number;

	if (text[0] < '1' || text[0] > '9' || text_parse_u64(text, INT64_MAX, &number) < 0)
		return false;
	*id = (int64_t)number;
	return true;
}

int parse_ids(const char *text, int64_t *ids, size_t ids_max)
{
	size_t count = 0;

	for (;;) {
		size_t length = strcspn(text, ",");
		char one[20];

		if (!copy_part(text, length, one, sizeof(one)))
			return -EINVAL;
		if (count == ids_max)
			return -E2BIG;
		if (!parse_id(one, &ids[count++]))
			return -EINVAL;
		if (!text[length])
			return (int)count;
		text += length + 1;
	}
}

/* --- where a request comes from --- */

bool parse_is_same_origin(const char *site, const char *origin, const char *host)
{
	const char *rest;

	if (site)
		return !strcmp(site, "same-origin");
	if (!origin || !host || !*host)
		return false;
	rest = strstr(origin, "://");
	return rest && !text_compare_nocase(rest + 3, host);
}

/* --- names --- */

static bool is_plain(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		c == '.' || c == '-' || c == '_';
}

void parse_disposition(const char *name, char *out, size_t out_bytes)
{
	static const char hex[] = "0123456789ABCDEF";
	char ascii[256], full[768];
	size_t ascii_length = 0, full_length = 0;

	for (const char *c = name; *c && ascii_length + 1 < sizeof(ascii); c++) {
		unsigned char byte = (unsigned char)*c;

		ascii[ascii_length++] = is_plain(byte) ? (char)byte : '_';
		if (is_plain(byte)) {
			full[full_length++] = (char)byte;
		} else {
			full[full_length++] = '%';
			full[full_length++] = hex[byte >> 4];
			full[full_length++] = hex[byte & 15];
		}
	}
	ascii[ascii_length] = '\0';
	full[full_length] = '\0';
	(void)text_format(
		out, out_bytes, "attachment; filename=\"%s\"; filename*=UTF-8''%s", ascii, full);
}
