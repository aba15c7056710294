/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * router.h - which handler a method and a path lead to. Pure.
 *
 * A pattern is a path of fixed parts; one part may be ':', which stands for any text of
 * one part, up to ROUTE_ARGUMENT_BYTES: the argument. Paths with escapes that decoded to '/',
 * with "." or ".." lead nowhere, for no pattern has such a part and no handler makes a file name of
 * an argument.
 */
#ifndef IMGTANK_UI_WEB_ROUTER_H
#define IMGTANK_UI_WEB_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#define ROUTE_ARGUMENT_BYTES 64

enum method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_OTHER };

/* Who may: */
enum access {
	ACCESS_ALL, /* also without a log-in: the log-in page and what it is made of */
	ACCESS_READ, /* logged in, or a guest where guests may look */
	ACCESS_OWNER, /* logged in only */
};

struct request;

struct route {
	enum method method; /* GET answers HEAD too */
	const char *pattern; /* "/api/day/:" */
	enum access access;
	void (*handle)(struct request *request);
};

enum route_result { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD };

/* routes ends with a zeroed one. *ret and argument ("" without) are set with ROUTE_FOUND. */
enum route_result router_find(const struct route *routes, enum method method, const char *path,
	const struct route **ret, char argument[ROUTE_ARGUMENT_BYTES]);

enum method router_method(const char *name);

#endif
