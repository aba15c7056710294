/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * login.h - logging in and out: by password, or where none is set by a code that whoever
 * stands at the box can read (the file that the setting code-file names).
 */
#ifndef IMGTANK_UI_WEB_LOGIN_H
#define IMGTANK_UI_WEB_LOGIN_H

#include "ui-web/http.h"

/* Makes the first pairing code if there is no password. Errors are logged. */
int login_open(struct web *web);
void login_close(struct web *web);

/* The session of the request's cookie, or 0. */
int64_t login_session(const struct request *request);

void login_post(struct request *request); /* POST /api/login: secret=... */
void login_logout(struct request *request); /* POST /api/logout */
void login_session_get(struct request *request); /* GET /api/session */

#endif
