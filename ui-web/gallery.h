/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gallery.h - Pictures: days, a day's pages, search, as JSON out of the ledger. Never a walk
 * through folders.
 */
#ifndef IMGTANK_UI_WEB_GALLERY_H
#define IMGTANK_UI_WEB_GALLERY_H

#include <sys/stat.h>

#include "core/ledger/browse.h"
#include "ui-web/http.h"

#define GALLERY_PAGE 200 /* pictures of one answer */
#define GALLERY_IDLE_USEC                                                                          \
	(UINT64_C(10) * 1000000) /* then the ledger is let go of, for an unmount */
#define GALLERY_ROWS_USEC UINT64_C(1000000)
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

/*
 * A file by its id: 1, 0 (there is none) or an error of browse.h. Borrows nothing. Who asks for
 * those of a page one after the other is answered from what was read ahead, at most
 * GALLERY_ROWS_USEC ago.
 */
int gallery_find(
	struct gallery *gallery, struct browse *browse, int64_t id, struct browse_file *file);

/* The tank's folder, for the caller to close; negative errno. */
int gallery_open_tank(const struct gallery *gallery);

/*
 * One of its files, for the caller to close, and what it is; errors of media_open(). The folder
 * stays open for those that were read ahead.
 */
int gallery_open_file(struct gallery *gallery, const char *tank_path, struct stat *st);

/* Answers what a call of browse.h has given: the error and what to do. */
void gallery_refuse(struct request *request, int error);

/* The first 16 hex digits of its hash. A ledger that was made again gives other ids. */
void gallery_version(const uint8_t hash[LEDGER_HASH_BYTES], char version[GALLERY_VERSION_BYTES]);

#endif
