/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/misdirected.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "ui-web/hosts.h"
#include "ui-web/http.h"
#include "ui-web/web.h"

#define NAME_WORDS_BYTES (2 * HOSTS_NAME_BYTES + 256)

/* The machine's name may change at any time; asking the kernel costs nothing. */
static bool is_misdirected(const struct request *request)
{
	char machine[HOST_NAME_MAX + 1] = "";

	(void)gethostname(machine, sizeof(machine) - 1);
	return !hosts_is_ours(request_header(request, "Host"), machine, request->web->names);
}

/* For somebody who has typed it, so it is plain text: our page is not to be had by this name. */
static void refuse_name(struct request *request)
{
	struct MHD_Response *response = NULL;
	char name[HOSTS_NAME_BYTES], *text = malloc(NAME_WORDS_BYTES);

	if (!hosts_name(request_header(request, "Host"), name))
		(void)text_format(name, sizeof(name), "NAME");
	if (text) {
		(void)text_format(text, NAME_WORDS_BYTES,
			"This box does not know that it is called %s, so it does not answer.\n"
			"Use its address in place of the name. Or, if the name is right, write\n"
			"names = %s\ninto the section [ui-web] of its configuration.\n",
			name, name);
		response =
			MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	}
	if (response)
		(void)response_header(response, "Content-Type", "text/plain; charset=utf-8");
	else
		free(text);
	request_send(request, MHD_HTTP_MISDIRECTED_REQUEST, response);
}

bool misdirected_refuse(struct request *request)
{
	if (!is_misdirected(request))
		return false;
	refuse_name(request);
	return true;
}
