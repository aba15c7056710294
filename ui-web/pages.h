/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pages.h - the page itself: a few files of our own, read once. No name from a URL is ever
 * looked for.
 */
#ifndef IMGTANK_UI_WEB_PAGES_H
#define IMGTANK_UI_WEB_PAGES_H

#include "ui-web/http.h"

struct pages; /* opaque */

/* -ENOENT and such: one of the files is not in folder; logged with its name. */
int pages_new(struct pages **ret, const char *folder);
void pages_free(struct pages *pages); /* accepts NULL */

void pages_index(struct request *request); /* GET / */
void pages_login(struct request *request); /* GET /login */
void pages_file(struct request *request); /* GET /static/NAME, and those of the root */

#endif
