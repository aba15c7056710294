/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * redirect.h - who comes without TLS is told where the page is with it, and nothing else.
 *
 * What is told is put together from a name or an address of this box, which hosts.h has looked at,
 * and from what the browser has asked for, of which nothing is left that could end a header.
 */
#ifndef IMGTANK_UI_WEB_REDIRECT_H
#define IMGTANK_UI_WEB_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>

struct request;

#define REDIRECT_TARGET_MAX 2048 /* bytes of what is asked for */
#define REDIRECT_BYTES (3 * REDIRECT_TARGET_MAX + 300)

/*
 * "https://tank.local:8443/login?a=b". header: Host:, one of ours; target: as it was asked for, may
 * be NULL. What cannot stand in a URL is escaped; what is no path leads to the start page. False:
 * it does not fit, or the header is none. Pure.
 */
bool redirect_location(
	const char *header, const char *target, unsigned int port, char location[REDIRECT_BYTES]);

/* For http_options.begin: answers, so that no body is read. */
void redirect_begin(struct request *request);

#endif
