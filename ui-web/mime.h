/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mime.h - what a file is to a browser, by the end of its name alone. The content is never
 * looked at, and what is not in the table is a download without a type.
 */
#ifndef IMGTANK_UI_WEB_MIME_H
#define IMGTANK_UI_WEB_MIME_H

#include <stdbool.h>

struct mime {
	const char *ending; /* ".jpg" */
	const char *type; /* "image/jpeg" */
	const char *kind; /* "image", "raw", "video", "audio" or "other": how it is shown */
	bool is_shown; /* browsers show it as it is */
};

/* Never NULL. name: with or without a path. */
const struct mime *mime_find(const char *name);

#endif
