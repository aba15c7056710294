/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * thumbnail.h - a small, upright sRGB JPEG of a picture. Runs in the probe process.
 *
 * Previews that the camera put into the file come first, as they are quick to
 * read; then the picture itself, made small while it is decoded. What would not
 * fit into the memory or the time gives no thumbnail.
 */
#ifndef IMGTANK_CORE_PROBE_THUMBNAIL_H
#define IMGTANK_CORE_PROBE_THUMBNAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/probe/media.h"

struct thumbnail_request {
	const struct media_input *input; /* borrowed */
	const struct media_facts *facts; /* borrowed; what media_read() said of input */
	uint32_t side_px; /* long edge; a smaller picture stays as it is */
	size_t memory_bytes; /* that a codec may take */
	bool (*is_late)(void *userdata); /* asked often; true ends the work */
	void *userdata;
};

struct thumbnail {
	uint32_t width_px, height_px;
	size_t size_bytes; /* 0 = none */
	bool is_embedded; /* made from a preview */
	uint8_t *jpeg; /* borrowed: the caller's room for capacity_bytes */
	size_t capacity_bytes;
};

/* Before the process gives up its rights: what the codecs load at their first use. */
void thumbnail_prepare(void);

/* Does a codec start threads? */
bool thumbnail_has_threads(void);

/* 0 also if there is none to be had. -ENOMEM; -EIO and others: the file could not be read. */
int thumbnail_make(const struct thumbnail_request *request, struct thumbnail *thumbnail);

#endif
