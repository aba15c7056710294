/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/crowd.h"

#include <string.h>

#include "core/base/text.h"

static unsigned int count_of(const struct crowd *crowd, const char *address)
{
	for (size_t i = 0; i < CROWD_MAX; i++)
		if (crowd->members[i].count && !strcmp(crowd->members[i].address, address))
			return crowd->members[i].count;
	return 0;
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
	unsigned int count = count_of(crowd, address);

	if (crowd->count >= CROWD_MAX || count >= CROWD_PER_ADDRESS)
		return false;
	if (crowd->count < CROWD_BUSY || is_known(crowd, address))
		return true;
	return crowd->count < CROWD_NEARLY_FULL && count < CROWD_PER_STRANGER;
}

bool crowd_enter(struct crowd *crowd, const char *address)
{
	size_t free_index = CROWD_MAX;

	for (size_t i = 0; i < CROWD_MAX; i++) {
		if (!crowd->members[i].count) {
			free_index = free_index == CROWD_MAX ? i : free_index;
		} else if (!strcmp(crowd->members[i].address, address)) {
			free_index = i;
			break;
		}
	}
	if (free_index == CROWD_MAX)
		return false;
	(void)text_format(crowd->members[free_index].address, AUTH_ADDRESS_BYTES, "%s", address);
	crowd->members[free_index].count++;
	crowd->count++;
	return true;
}

void crowd_leave(struct crowd *crowd, const char *address)
{
	for (size_t i = 0; i < CROWD_MAX; i++)
		if (crowd->members[i].count && !strcmp(crowd->members[i].address, address)) {
			crowd->members[i].count--;
			crowd->count--;
			return;
		}
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
