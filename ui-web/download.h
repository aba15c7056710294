/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * download.h - a day or a selection as one ZIP, made while it is sent: no temporary file, and
 * memory only for the list of names.
 *
 * A file that cannot be opened, or is not what was imported any more, is left out and named in
 * NOT-IN-THIS-ARCHIVE.txt, the last file of the archive. One that fails half-way breaks the
 * connection off: the browser says that the download failed.
 */
#ifndef IMGTANK_UI_WEB_DOWNLOAD_H
#define IMGTANK_UI_WEB_DOWNLOAD_H

#include "ui-web/http.h"

#define DOWNLOAD_FILES_MAX 50000 /* of one archive */
#define DOWNLOADS_MAX 8 /* at the same time; half of them for guests */
#define DOWNLOADS_PER_ADDRESS 3

void download_day(struct request *request); /* GET /api/zip/DAY */
void download_selection(struct request *request); /* POST /api/zip: ids=1,2,3 */

#endif
