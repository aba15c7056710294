/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/redirect.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "ui-web/hosts.h"
#include "ui-web/http.h"
#include "ui-web/misdirected.h"
#include "ui-web/web.h"

#define HTTPS_PORT 443

/* RFC 3986, 3.3 and 3.4: those of a path and a query, and what is escaped already. */
#define URL_CHARACTERS                                                                             \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/?%"

static void add_target(char *out, const char *target)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *target; target++) {
		if (strchr(URL_CHARACTERS, *target)) {
			*out++ = *target;
			continue;
		}
		*out++ = '%';
		*out++ = digits[(unsigned char)*target >> 4];
		*out++ = digits[(unsigned char)*target & 0xf];
	}
	*out = '\0';
}

bool redirect_location(
	const char *header, const char *target, unsigned int port, char location[REDIRECT_BYTES])
{
	char host[HOSTS_NAME_BYTES], suffix[8] = "";
	size_t length;

	if (!target || *target != '/')
		target = "/";
	if (strlen(target) > REDIRECT_TARGET_MAX || !hosts_of_url(header, host))
		return false;
	if (port != HTTPS_PORT)
		(void)text_format(suffix, sizeof(suffix), ":%u", port);
	if (!text_format(location, REDIRECT_BYTES, "https://%s%s", host, suffix))
		return false;
	length = strlen(location);
	if (length + 3 * strlen(target) >= REDIRECT_BYTES)
		return false;
	add_target(location + length, target);
	return true;
}

/* Not kept by the browser: the box may be set up without TLS tomorrow. */
static void send_there(struct request *request, const char *location)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);

	if (response && !response_header(response, "Location", location)) {
		MHD_destroy_response(response);
		response = NULL;
	}
	if (response)
		(void)response_header(response, "Connection", "close");
	request_send(request, MHD_HTTP_PERMANENT_REDIRECT, response);
}

void redirect_begin(struct request *request)
{
	char location[REDIRECT_BYTES];

	if (misdirected_refuse(request))
		return;
	if (request->method != METHOD_GET && request->method != METHOD_HEAD)
		request_refuse(request, MHD_HTTP_METHOD_NOT_ALLOWED,
			"Nothing is taken without encryption. Nothing was done.",
			"Open the page with https:// at the front.");
	else if (redirect_location(request_header(request, "Host"), request_target(request),
			 request->web->port, location))
		send_there(request, location);
	else
		request_refuse(request, MHD_HTTP_URI_TOO_LONG, "This address is too long.",
			"Open the page with https:// at the front.");
}
