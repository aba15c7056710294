/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * card.h - what is known of a source before its first file is read.
 */
#ifndef IMGTANK_CORE_ENGINE_CARD_H
#define IMGTANK_CORE_ENGINE_CARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/faults.h"

/* Caller's memory; fd belongs to it. Text is escaped. */
struct card {
	int fd; /* the root folder, read-only */
	dev_t device;
	char identity[512]; /* the same card gives the same one, another card another */
	bool has_stable_identity; /* false: made up for this run, nothing is skipped by it */
	char label[256];
	char fs_type[24];
	uint64_t size_bytes;
	bool mtime_is_wall_clock; /* FAT mounted with tz=UTC: mtimes are the camera's local time */
};

/* identity and label may be NULL: found out. On an error *fault says which. */
int card_open(struct card *card, const char *path, const char *identity, const char *label,
	enum fault *fault);
void card_close(struct card *card);

/* Has the device behind the card gone away? Only sure when it says true. */
bool card_is_gone(const struct card *card);

#endif
