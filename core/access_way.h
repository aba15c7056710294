/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * access_way.h - how front ends at the box say how people get to the tank from their own devices:
 * first the box's own Wi-Fi, if it has one, then the page. Pure.
 */
#ifndef IMGTANK_CORE_ACCESS_WAY_H
#define IMGTANK_CORE_ACCESS_WAY_H

#include "core/model.h"

/* Words are literals or borrowed from the model_access. */
struct access_way {
	const char *title, *hint;
	struct {
		const char *label, *value; /* label "": none */
	} rows[2];
	char code_text[MODEL_WIFI_BYTES]; /* for a phone's camera */
	bool has_other; /* the page behind the Wi-Fi, or the Wi-Fi before the page */
};

void access_way_network(struct access_way *way, const struct model_access *access);
void access_way_page(struct access_way *way, const struct model_access *access);

#endif
