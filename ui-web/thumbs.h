/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * thumbs.h - small pictures that were just sent, ready to be sent again: whoever scrolls back, or
 * several who look at the same day, cost no look into the ledger and no file.
 *
 * An address with "v" names a content, so that a browser keeps it for good; here it is kept for
 * some seconds, and forgotten when the tank's disk leaves. Bounded in number and bytes. It says
 * nothing about who may see it: the caller has asked.
 */
#ifndef IMGTANK_UI_WEB_THUMBS_H
#define IMGTANK_UI_WEB_THUMBS_H

#include <microhttpd.h>
#include <stddef.h>
#include <stdint.h>

#include "ui-web/gallery.h"

#define THUMBS_COUNT_MAX 1024
#define THUMBS_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define THUMBS_AGE_USEC (UINT64_C(10) * 1000000)

struct thumbs; /* opaque; owns its responses */

struct thumbs *thumbs_new(void); /* NULL without memory */
void thumbs_free(struct thumbs *thumbs); /* accepts NULL */
void thumbs_clear(struct thumbs *thumbs);

/* Borrowed until the next call here; NULL: it is not kept, or for too long. */
struct MHD_Response *thumbs_find(
	struct thumbs *thumbs, int64_t id, const char *version, uint64_t now_usec);

/* Takes response, whose body has size_bytes, over; it is valid until the next call here. */
void thumbs_keep(struct thumbs *thumbs, int64_t id, const char version[GALLERY_VERSION_BYTES],
	struct MHD_Response *response, size_t size_bytes, uint64_t now_usec);

#endif
