/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/waiting.h"

#include <stdlib.h>
#include <string.h>

/* Its index, or the count. */
static uint32_t find(const struct waiting *waiting, const void *source, const char *key)
{
	uint32_t i = 0;

	while (i < waiting->count &&
		(waiting->cards[i].source != source || strcmp(waiting->cards[i].key, key) != 0))
		i++;
	return i;
}

bool waiting_add(struct waiting *waiting, const void *source, const char *key)
{
	uint32_t at = find(waiting, source, key);

	if (at < waiting->count || at == WAITING_MAX)
		return false;
	waiting->cards[at].source = source;
	waiting->cards[at].key = strdup(key);
	if (!waiting->cards[at].key)
		return false;
	waiting->count++;
	return true;
}

void waiting_remove(struct waiting *waiting, const void *source, const char *key)
{
	uint32_t at = find(waiting, source, key);

	if (at == waiting->count)
		return;
	free(waiting->cards[at].key);
	waiting->cards[at] = waiting->cards[--waiting->count];
}

void waiting_free(struct waiting *waiting)
{
	while (waiting->count > 0)
		free(waiting->cards[--waiting->count].key);
}
