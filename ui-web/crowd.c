/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/crowd.h"

#include <string.h>

#include "core/base/text.h"

/* Its place, or CROWD_MAX. */
static size_t find(const struct crowd *crowd, const char *address)
{
	size_t i = 0;

	while (i < CROWD_MAX &&
		(!crowd->members[i].count || strcmp(crowd->members[i].address, address) != 0))
		i++;
	return i;
}

static size_t find_free(const struct crowd *crowd)
{
	size_t i = 0;

	while (i < CROWD_MAX && crowd->members[i].count)
		i++;
	return i;
}

static bool is_known(const struct crowd *crowd, const char *address)
{
	for (size_t i = 0; i < CROWD_KNOWN_MAX; i++)
		if (!strcmp(crowd->known[i].address, address))
			return true;
	return false;
}

bool crowd_may_enter(const struct crowd *crowd, const char *address)
{
	size_t index = find(crowd, address);
	unsigned int count = index < CROWD_MAX ? crowd->members[index].count : 0;

	if (crowd->count >= CROWD_MAX || count >= CROWD_PER_ADDRESS)
		return false;
	if (crowd->count < CROWD_BUSY || is_known(crowd, address))
		return true;
	return crowd->count < CROWD_NEARLY_FULL && count < CROWD_PER_STRANGER;
}

bool crowd_enter(struct crowd *crowd, const char *address)
{
	size_t index = find(crowd, address);

	if (index == CROWD_MAX) {
		index = find_free(crowd);
		if (index == CROWD_MAX)
			return false;
		(void)text_format(crowd->members[index].address, AUTH_ADDRESS_BYTES, "%s", address);
	}
	crowd->members[index].count++;
	crowd->count++;
	return true;
}

void crowd_leave(struct crowd *crowd, const char *address)
{
	size_t index = find(crowd, address);

	if (index == CROWD_MAX)
		return;
	crowd->members[index].count--;
	crowd->count--;
}

void crowd_know(struct crowd *crowd, const char *address, uint64_t now_usec)
{
	size_t oldest = 0;

	for (size_t i = 0; i < CROWD_KNOWN_MAX; i++) {
		if (!strcmp(crowd->known[i].address, address)) {
			crowd->known[i].seen_usec = now_usec;
			return;
		}
		if (crowd->known[i].seen_usec < crowd->known[oldest].seen_usec)
			oldest = i;
	}
	(void)text_format(crowd->known[oldest].address, AUTH_ADDRESS_BYTES, "%s", address);
	crowd->known[oldest].seen_usec = now_usec;
}
