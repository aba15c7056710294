/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/events.h"

#include <errno.h>
#include <string.h>

#define NAME_OF(symbol, word) [symbol] = (word),
static const char *const names[] = {EVENTS(NAME_OF)};

const char *event_type_name(enum event_type type)
{
	return names[type];
}

int event_type_parse(const char *word, enum event_type *ret)
{
	for (int i = 0; i < EVENTS_COUNT; i++) {
		if (!strcmp(names[i], word)) {
			*ret = (enum event_type)i;
			return 0;
		}
	}
	return -EINVAL;
}
