/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/hosts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "core/base/text.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOCAL ".local"
#define NAME_OF_ACCESS_POINT "imgtank" /* access/ap gives it to the box */

/* Nothing, or a colon and up to five digits. */
static bool is_port(const char *text)
{
	size_t length = *text == ':' ? strspn(text + 1, DIGITS) : 0;

	return !*text || (length > 0 && length <= 5 && !text[1 + length]);
}

/* What stands before the port. A dot at the end changes nothing about a name. */
static bool take_name(const char *header, char name[HOSTS_NAME_BYTES])
{
	size_t length = strspn(header, LETTERS DIGITS "-_.");

	if (length == 0 || length >= HOSTS_NAME_BYTES || !is_port(header + length))
		return false;
	memcpy(name, header, length);
	name[length] = '\0';
	if (name[length - 1] == '.')
		name[length - 1] = '\0';
	return *name && *name != '.';
}

static bool is_address(const char *header)
{
	const char *end = *header == '[' ? strchr(header, ']') : NULL;
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	size_t length;

	if (!end)
		return take_name(header, (char[HOSTS_NAME_BYTES]){""}) &&
			text_format(
				text, sizeof(text), "%.*s", (int)strcspn(header, ":"), header) &&
			inet_pton(AF_INET, text, &address) == 1;
	length = (size_t)(end - header) - 1;
	if (length >= sizeof(text) || !is_port(end + 1))
		return false;
	memcpy(text, header + 1, length);
	text[length] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

static bool is_one_of(const char *name, const char *names)
{
	while (*names) {
		size_t length = strcspn(names, " ");
		char one[HOSTS_NAME_BYTES];

		if (text_format(one, sizeof(one), "%.*s", (int)length, names) &&
			!text_compare_nocase(name, one))
			return true;
		names += length + (names[length] == ' ');
	}
	return false;
}

/* ".local", or "-2.local". */
static bool is_local_end(const char *end)
{
	size_t digits = *end == '-' ? strspn(end + 1, DIGITS) : 0;

	if (*end == '-' && digits == 0)
		return false;
	return !text_compare_nocase(end + (digits ? digits + 1 : 0), LOCAL);
}

static bool is_machine(const char *name, const char *machine)
{
	char first[HOSTS_NAME_BYTES];

	if (!text_format(first, sizeof(first), "%.*s", (int)strcspn(machine, "."), machine) ||
		!*first)
		return false;
	return !text_compare_nocase(name, machine) || !text_compare_nocase(name, first) ||
		(text_starts_with_nocase(name, first) && is_local_end(name + strlen(first)));
}

bool hosts_is_ours(const char *header, const char *machine, const char *names)
{
	char name[HOSTS_NAME_BYTES];

	if (!header)
		return false;
	if (is_address(header))
		return true;
	return take_name(header, name) &&
		(!text_compare_nocase(name, "localhost") || is_machine(name, machine) ||
			is_machine(name, NAME_OF_ACCESS_POINT) || is_one_of(name, names));
}

bool hosts_are_names(const char *names)
{
	size_t count = 0;

	if (strlen(names) >= HOSTS_NAMES_BYTES)
		return false;
	while (*names) {
		size_t length = strcspn(names, " ");
		char one[HOSTS_NAME_BYTES], name[HOSTS_NAME_BYTES];

		if (length > 0 &&
			(!text_format(one, sizeof(one), "%.*s", (int)length, names) ||
				!take_name(one, name) || strcmp(one, name) != 0))
			return false;
		count += length > 0;
		names += length + (names[length] == ' ');
	}
	return count > 0;
}

bool hosts_name(const char *header, char name[HOSTS_NAME_BYTES])
{
	return header && take_name(header, name);
}

bool hosts_of_url(const char *header, char host[HOSTS_NAME_BYTES])
{
	if (header && *header == '[')
		return is_address(header) &&
			text_format(host, HOSTS_NAME_BYTES, "%.*s", (int)(strcspn(header, "]") + 1),
				header);
	return hosts_name(header, host);
}
