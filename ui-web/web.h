/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * web.h - the front end "web": its settings, its parts, and which of them answers what.
 */
#ifndef IMGTANK_UI_WEB_WEB_H
#define IMGTANK_UI_WEB_WEB_H

#include <sys/types.h>
#include <time.h>

#include "core/client/frontend.h"
#include "core/naming/select.h"
#include "ui-web/auth.h"
#include "ui-web/hosts.h"
#include "ui-web/listen.h"
#include "ui-web/password.h"

#define WEB_PATH_BYTES 1024

struct web {
	struct frontend_host *host; /* borrowed */
	struct http *http;
	struct http *redirect; /* NULL: switched off */
	struct auth *auth;
	struct pages *pages;
	struct live *live;
	struct gallery *gallery;
	struct thumbs *thumbs;
	struct previews *previews;
	struct uploads *uploads; /* NULL: switched off */

	char listen[LISTEN_BYTES], redirect_listen[LISTEN_BYTES], assets[WEB_PATH_BYTES];
	char password_file[WEB_PATH_BYTES], code_file[WEB_PATH_BYTES];
	char certificate_file[WEB_PATH_BYTES], key_file[WEB_PATH_BYTES], spool[WEB_PATH_BYTES];
	char names[HOSTS_NAMES_BYTES];
	bool may_guests_read;
	enum select_mode select; /* as an import goes by it */
	char *certificate, *key; /* PEM; owned */
	struct timespec password_mtime; /* of the file that the sessions were opened with */
	ino_t password_inode;
	uint64_t password_looked_usec;
	char code[AUTH_CODE_BYTES]; /* "" with a password */
	unsigned int code_misses;
	unsigned int port; /* that is listened at */
};

enum web_timer { WEB_TIMER_HTTP, WEB_TIMER_LIVE, WEB_TIMER_GALLERY };

extern const struct frontend frontend_web;

#endif
