/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/router.h"

#include <string.h>

static bool take_argument(const char **path, char argument[ROUTE_ARGUMENT_BYTES])
{
	size_t length = strcspn(*path, "/");

	if (length == 0 || length >= ROUTE_ARGUMENT_BYTES)
		return false;
	memcpy(argument, *path, length);
	argument[length] = '\0';
	*path += length;
	return true;
}

static bool does_match(const char *pattern, const char *path, char argument[ROUTE_ARGUMENT_BYTES])
{
	argument[0] = '\0';
	while (*pattern) {
		if (*pattern == ':') {
			if (!take_argument(&path, argument))
				return false;
			pattern++;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *path == '\0';
}

enum route_result router_find(const struct route *routes, enum method method, const char *path,
	const struct route **ret, char argument[ROUTE_ARGUMENT_BYTES])
{
	enum route_result result = ROUTE_NO_PATH;

	if (method == METHOD_HEAD)
		method = METHOD_GET;
	for (const struct route *route = routes; route->pattern; route++) {
		if (!does_match(route->pattern, path, argument))
			continue;
		if (route->method == method) {
			*ret = route;
			return ROUTE_FOUND;
		}
		result = ROUTE_NO_METHOD;
	}
	return result;
}

enum method router_method(const char *name)
{
	static const char *const names[] = {[METHOD_GET] = "GET",
		[METHOD_HEAD] = "HEAD",
		[METHOD_POST] = "POST",
		[METHOD_PUT] = "PUT"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return (enum method)i;
	return METHOD_OTHER;
}
