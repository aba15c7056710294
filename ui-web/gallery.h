/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gallery.h - Pictures: days, a day's pages, search, as JSON out of the ledger. Never a walk
 * through folders.
 */
#ifndef IMGTANK_UI_WEB_GALLERY_H
#define IMGTANK_UI_WEB_GALLERY_H

#include "core/ledger/browse.h"
#include "ui-web/http.h"

#define GALLERY_PAGE 200 /* pictures of one answer */
#define GALLERY_IDLE_USEC                                                                          \
	(UINT64_C(10) * 1000000) /* then the ledger is let go of, for an unmount */
#define GALLERY_VERSION_BYTES 17 /* "v": 16 hex digits of the content's hash */

struct gallery; /* opaque */

struct gallery *gallery_new(struct web *web); /* NULL without memory */
void gallery_free(struct gallery *gallery); /* accepts NULL */

void gallery_changed(struct gallery *gallery); /* the model did: where is the tank? */
void gallery_tick(struct gallery *gallery, uint64_t now_usec);

void gallery_days(struct request *request); /* GET /api/days?before=DAY */
void gallery_day(struct request *request); /* GET /api/day/DAY?offset=N */
void gallery_search(struct request *request);
void gallery_picture(struct request *request); /* GET /api/picture/ID */

/* For the other parts: borrowed until the next return to the host. NULL: it was refused. */
struct browse *gallery_browse(struct request *request);

/* The same without a request: NULL, silently. */
struct browse *gallery_reader(struct gallery *gallery);

/* The tank's folder, for the caller to close; negative errno. */
int gallery_open_tank(const struct gallery *gallery);

/* Answers what a call of browse.h has given: the error and what to do. */
void gallery_refuse(struct request *request, int error);

/* The first 16 hex digits of its hash. A ledger that was made again gives other ids. */
void gallery_version(const uint8_t hash[LEDGER_HASH_BYTES], char version[GALLERY_VERSION_BYTES]);

#endif
