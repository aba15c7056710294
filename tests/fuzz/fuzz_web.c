/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_web.c - what a browser may send, to all that takes it apart. The first byte, a digit in the
 * seeds, says which; what comes out keeps its promises.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "ui-web/auth.h"
#include "ui-web/hosts.h"
#include "ui-web/listen.h"
#include "ui-web/mime.h"
#include "ui-web/parse.h"
#include "ui-web/redirect.h"
#include "ui-web/router.h"
#include "ui-web/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void nothing(struct request *request)
{
	(void)request;
}

static const struct route routes[] = {
	{METHOD_GET, "/", ACCESS_READ, nothing},
	{METHOD_GET, "/static/:", ACCESS_ALL, nothing},
	{METHOD_POST, "/api/zip", ACCESS_READ, nothing},
	{METHOD_GET, "/media/:/view", ACCESS_READ, nothing},
	{0},
};

static void try_router(const char *text)
{
	char argument[ROUTE_ARGUMENT_BYTES];
	const struct route *route = NULL;

	if (router_find(routes, METHOD_GET, text, &route, argument) != ROUTE_FOUND)
		return;
	assert(route && !strchr(argument, '/'));
	assert((strchr(route->pattern, ':') != NULL) == (*argument != '\0'));
}

static void try_range(const char *text)
{
	static const uint64_t sizes[] = {0, 1, 1000, UINT64_C(1) << 40};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t first, last;

		if (parse_range(text, sizes[i], &first, &last) == RANGE_ONE)
			assert(first <= last && last < sizes[i]);
	}
}

static void try_values(const char *text)
{
	char value[32];

	if (parse_cookie(text, "imgtank", value, sizeof(value)))
		assert(*value && strlen(value) < sizeof(value) && !strchr(value, ';'));
	if (parse_form(text, "secret", value, sizeof(value)))
		assert(strlen(value) < sizeof(value));
	(void)parse_has_etag(text, "\"a\"");
	(void)auth_is_code("12345678", text);
}

static void try_ids(const char *text)
{
	int64_t ids[8];
	int count = parse_ids(text, ids, 8);

	assert(count <= 8 && count != 0);
	for (int i = 0; i < count; i++)
		assert(ids[i] > 0);
}

static void try_names(const char *text)
{
	char name[ZIP_NAME_BYTES], header[1200], host[LISTEN_HOST_BYTES], port[6];
	struct zip_entry entry = {.name = name};
	uint8_t record[ZIP_RECORD_BYTES_MAX];

	if (zip_name(text, 1, name)) {
		assert(*name != '/' && strcmp(name, "..") != 0 && !strstr(name, "/../"));
		assert(zip_central(&entry, record) <= sizeof(record));
		assert(zip_local_header(&entry, record) <= sizeof(record));
	}
	zip_set_time(&entry, text);
	parse_disposition(text, header, sizeof(header));
	assert(!strpbrk(header, "\r\n") && strlen(header) > 10);
	assert(mime_find(text)->type);
	(void)listen_parse(text, host, port);
	(void)parse_is_same_origin(NULL, text, "tank");
}

/* What is answered is an address, or ends in a name that we have. */
static void try_hosts(const char *text)
{
	char name[HOSTS_NAME_BYTES];

	if (hosts_is_ours(text, "tank.lan", "pictures")) {
		size_t length = *text == '[' ? 0 : strcspn(text, ":");

		assert(*text == '[' || length > 0);
		assert(*text == '[' || hosts_name(text, name));
	}
	if (hosts_name(text, name))
		assert(*name && strlen(name) <= strlen(text) && !strpbrk(name, " :/\r\n<"));
	if (hosts_are_names(text))
		assert(!strpbrk(text, ":/,\r\n"));
}

static bool has_only(const char *text, const char *prefix)
{
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return !strncmp(text, prefix, strlen(prefix));
}

/* Whatever the target is, it stays behind the host; whatever the host is, it is one. */
static void try_redirect(const char *text)
{
	char location[REDIRECT_BYTES];

	if (redirect_location("tank", text, 8443, location))
		assert(has_only(location, "https://tank:8443/"));
	if (redirect_location(text, "/x", 443, location)) {
		assert(has_only(location, "https://"));
		assert(strcspn(location + 8, "/?#@") + strlen("https:///x") == strlen(location));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const char *text) = {
		try_router, try_range, try_values, try_ids, try_names, try_hosts, try_redirect};
	CLEANUP(freep) char *text = size > 0 ? strndup((const char *)data + 1, size - 1) : NULL;

	if (text)
		tries[(uint8_t)(data[0] - '0') % (sizeof(tries) / sizeof(tries[0]))](text);
	return 0;
}
