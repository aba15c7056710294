/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/drop/choose.h"

/* Of this owner: since when is the oldest one ripe? 0: none is. */
static uint64_t find_oldest(const struct drop_list *list, uid_t owner, bool *is_adding)
{
	uint64_t oldest_usec = 0;

	*is_adding = false;
	for (size_t i = 0; i < list->count; i++) {
		const struct drop_file *file = &list->files[i];

		if (file->owner != owner)
			continue;
		if (file->why == DROP_YOUNG || file->why == DROP_OPEN)
			*is_adding = true;
		if (file->why == DROP_RIPE && (!oldest_usec || file->since_usec < oldest_usec))
			oldest_usec = file->since_usec;
	}
	return oldest_usec;
}

/* Was this owner's turn considered with an earlier file? */
static bool is_first_of_owner(const struct drop_list *list, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (list->files[i].why == DROP_RIPE &&
			list->files[i].owner == list->files[index].owner)
			return false;
	return true;
}

bool drop_choose(const struct drop_list *list, uint64_t now_usec, uint64_t settle_usec, uid_t *ret)
{
	uint64_t chosen_usec = 0;

	for (size_t i = 0; i < list->count; i++) {
		uint64_t oldest_usec;
		bool is_adding;

		if (list->files[i].why != DROP_RIPE || !is_first_of_owner(list, i))
			continue;
		oldest_usec = find_oldest(list, list->files[i].owner, &is_adding);
		if (is_adding && now_usec - oldest_usec < settle_usec * DROP_PATIENCE)
			continue;
		if (chosen_usec && oldest_usec >= chosen_usec)
			continue;
		chosen_usec = oldest_usec;
		*ret = list->files[i].owner;
	}
	return chosen_usec != 0;
}
