/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/access_way.h"

void access_way_network(struct access_way *way, const struct model_access *access)
{
	*way = (struct access_way){.title = "Join this Wi-Fi",
		.hint = "Point a phone's camera at the code, or type this:",
		.rows = {{"Network", access->network}, {"Password", access->password}},
		.has_other = *model_access_url(access)};
	model_set_text(way->code_text, sizeof(way->code_text), access->wifi);
}

void access_way_page(struct access_way *way, const struct model_access *access)
{
	bool has_code = *access->code;

	*way = (struct access_way){.title = "See the pictures",
		.hint = "Point a phone's camera at the code, or open this page:",
		.rows = {{"", model_access_url(access)},
			{has_code ? "Code" : "",
				has_code ? access->code : "Log in with your password."}},
		.has_other = *access->network};
	model_access_page(access, way->code_text);
}
