/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * waiting.h - which cards are here without a place in the list of cards, because it is full.
 * Their sources tell of them again by and by; this counts each of them once.
 */
#ifndef IMGTANK_CORE_DAEMON_WAITING_H
#define IMGTANK_CORE_DAEMON_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#define WAITING_MAX 128 /* more are not counted; they wait all the same */

struct waiting {
	struct {
		const void *source; /* borrowed: only compared */
		char *key; /* owned */
	} cards[WAITING_MAX];
	uint32_t count;
};

/* True if it is new. Without memory it is not counted. */
bool waiting_add(struct waiting *waiting, const void *source, const char *key);
void waiting_remove(struct waiting *waiting, const void *source, const char *key);
void waiting_free(struct waiting *waiting); /* what is in it */

#endif
