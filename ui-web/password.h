/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * password.h - the web page's password: a file with one line, its crypt(5) hash (yescrypt).
 */
#ifndef IMGTANK_UI_WEB_PASSWORD_H
#define IMGTANK_UI_WEB_PASSWORD_H

#include <stdbool.h>

#define PASSWORD_LENGTH_MIN 8
#define PASSWORD_LENGTH_MAX 255
#define PASSWORD_HASH_BYTES 384 /* crypt(5): 256 and more to spare */

/*
 * Reads the hash. -ENOENT, -EACCES, -EPERM (others may read the file, too), -EBADMSG (no
 * hash is in it).
 */
int password_load(const char *path, char hash[PASSWORD_HASH_BYTES]);

/* Takes a tenth of a second, which is its purpose. */
bool password_is(const char *hash, const char *given);

/* Writes a new file, 0640, in one step. -EINVAL: too short or too long. */
int password_store(const char *path, const char *password);

/* --set-password FILE: reads it from standard input, without showing it. An exit status. */
int password_ask(const char *path);

#endif
