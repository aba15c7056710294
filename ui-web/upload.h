/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * upload.h - pictures from a phone or a laptop, file by file and piece by piece, so that a broken
 * connection costs one piece. docs/web.md has the requests.
 */
#ifndef IMGTANK_UI_WEB_UPLOAD_H
#define IMGTANK_UI_WEB_UPLOAD_H

#include "core/model.h"
#include "ui-web/http.h"

#define UPLOADS_MAX 8 /* under way at the same time */
#define UPLOAD_FILES_MAX 5000 /* of one upload */
#define UPLOAD_FILE_BYTES_MAX (UINT64_C(256) << 30)
/* Nobody goes on with it: then it makes room for others, if need be. */
#define UPLOAD_YIELD_USEC (UINT64_C(120) * 1000000)
#define UPLOAD_IDLE_USEC (UINT64_C(24) * 3600 * 1000000) /* then an unfinished one is removed */

struct uploads; /* opaque */

/* spool_path: the virtual reader's folder. Errors are logged. */
int uploads_new(struct uploads **ret, struct web *web, const char *spool_path);
void uploads_free(struct uploads *uploads); /* accepts NULL; unfinished ones are removed */

/* Its descriptor is ready to be read: uploads_ready() is to be called. */
int uploads_fd(const struct uploads *uploads);
void uploads_ready(struct uploads *uploads);

/* Removes the folders of uploads whose cards are safe to format. */
void uploads_changed(struct uploads *uploads, const struct tank_model *model);

void upload_post(struct request *request); /* POST /api/upload: by=NAME&files=N */
void upload_begin_put(struct request *request); /* the head of a PUT: where its body goes */
void upload_put(struct request *request); /* PUT /api/upload/ID?file=&name=&size=&time=&offset= */
void upload_get(struct request *request); /* GET /api/upload/ID?file=: how much is here */
void upload_done(struct request *request); /* POST /api/upload/ID/done */

#endif
