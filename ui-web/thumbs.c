/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/thumbs.h"

#include <stdlib.h>
#include <string.h>

/* What one costs beside its body: the library's record and a dozen headers. */
#define OVERHEAD_BYTES 2048

struct slot {
	struct MHD_Response *response; /* owned; NULL: free */
	int64_t id;
	char version[GALLERY_VERSION_BYTES];
	size_t bytes;
	uint64_t since_usec;
};

/* An id has one place: those of a page follow each other, and do not get into each other's way. */
struct thumbs {
	struct slot slots[THUMBS_COUNT_MAX];
	size_t bytes;
	size_t hand; /* where room is made next */
};

struct thumbs *thumbs_new(void)
{
	return calloc(1, sizeof(struct thumbs));
}

static struct slot *place(struct thumbs *thumbs, int64_t id)
{
	return &thumbs->slots[(uint64_t)id % THUMBS_COUNT_MAX];
}

static void drop(struct thumbs *thumbs, struct slot *slot)
{
	if (!slot->response)
		return;
	MHD_destroy_response(slot->response); /* who is being sent it still has it */
	thumbs->bytes -= slot->bytes;
	*slot = (struct slot){0};
}

void thumbs_clear(struct thumbs *thumbs)
{
	for (size_t i = 0; i < THUMBS_COUNT_MAX; i++)
		drop(thumbs, &thumbs->slots[i]);
}

void thumbs_free(struct thumbs *thumbs)
{
	if (thumbs)
		thumbs_clear(thumbs);
	free(thumbs);
}

struct MHD_Response *thumbs_find(
	struct thumbs *thumbs, int64_t id, const char *version, uint64_t now_usec)
{
	struct slot *slot = place(thumbs, id);

	if (!slot->response || slot->id != id || strcmp(slot->version, version) != 0)
		return NULL;
	if (now_usec - slot->since_usec >= THUMBS_AGE_USEC) {
		drop(thumbs, slot);
		return NULL;
	}
	return slot->response;
}

static void make_room(struct thumbs *thumbs, size_t bytes)
{
	while (thumbs->bytes > 0 && thumbs->bytes + bytes > THUMBS_BYTES_MAX) {
		drop(thumbs, &thumbs->slots[thumbs->hand]);
		thumbs->hand = (thumbs->hand + 1) % THUMBS_COUNT_MAX;
	}
}

void thumbs_keep(struct thumbs *thumbs, int64_t id, const char version[GALLERY_VERSION_BYTES],
	struct MHD_Response *response, size_t size_bytes, uint64_t now_usec)
{
	struct slot *slot = place(thumbs, id);

	drop(thumbs, slot);
	make_room(thumbs, size_bytes + OVERHEAD_BYTES);
	*slot = (struct slot){.response = response,
		.id = id,
		.bytes = size_bytes + OVERHEAD_BYTES,
		.since_usec = now_usec};
	memcpy(slot->version, version, sizeof(slot->version));
	thumbs->bytes += slot->bytes;
}
