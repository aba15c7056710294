/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media.h - the files themselves: thumbnails, what a browser can show, originals.
 *
 * A picture is asked for by its id in the ledger; the ledger names the file, which is opened
 * beneath the tank only. With ?v= of another content the answer is "not found": an id may
 * stand for another picture after the ledger was made again.
 */
#ifndef IMGTANK_UI_WEB_MEDIA_H
#define IMGTANK_UI_WEB_MEDIA_H

#include "core/ledger/browse.h"
#include "ui-web/http.h"

void media_thumb(struct request *request); /* GET /media/ID/thumb */
/* GET /media/ID/view: the original, or what preview.h makes of it, or its thumbnail */
void media_view(struct request *request);
void media_original(struct request *request); /* GET /media/ID/original: as a download */

/*
 * Opens a file of the tank by its (escaped) path in the ledger; for the caller to close.
 * -EINVAL for a path that is none, else as fd_open_beneath().
 */
int media_open(int tank_fd, const char *tank_path);

/* Its name without folders, as raw bytes. False if it does not fit. */
bool media_name(const char *tank_path, char *name, size_t name_bytes);

#endif
