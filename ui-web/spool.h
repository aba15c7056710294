/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spool.h - the folder that is the daemon's virtual reader, as far as uploads need it.
 *
 * An upload grows in a hidden folder, which the daemon passes over. When it is whole it gets its
 * name, "Upload by NAME", in one step: that is a card for the daemon. It is removed when that
 * card is safe to format, and only if what is in it is exactly what the daemon has counted,
 * and if nobody but this user could have put something in.
 */
#ifndef IMGTANK_UI_WEB_SPOOL_H
#define IMGTANK_UI_WEB_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#define SPOOL_ID_BYTES 33 /* 32 hex digits */
#define SPOOL_NAME_BYTES 256
#define SPOOL_CARD "Upload by "
#define SPOOL_KEEP_FREE_BYTES (UINT64_C(512) << 20) /* of its disk, for others */

/* Opens it and removes what was left unfinished, unless another one is at work there. For the
 * caller to close; negative errno. */
int spool_open(const char *path);

/* Makes the hidden folder of a new upload; its descriptor is for the caller to close. */
int spool_begin(int spool_fd, const char *id);

/* Is there room for so many bytes more, and some for others? */
bool spool_has_room(int spool_fd, uint64_t size_bytes);

/*
 * A name for a file: the last part of what the browser says, if it can be one: valid UTF-8, no
 * control characters, not hidden, up to 200 bytes. False: it cannot.
 */
bool spool_file_name(const char *given, char name[SPOOL_NAME_BYTES]);

/* All that is in the folder is on the disk: then it gets its name, and that goes there, too. 0 or a
 * negative errno. */
int spool_finish(int spool_fd, const char *id, const char *by);

/* Removes an unfinished upload. */
void spool_drop(int spool_fd, const char *id);

/*
 * Removes the folder of a card that is safe to format: files_count files of bytes_count in all.
 * identity: the card's, as the daemon says it; by now another upload may have got its name.
 * -ENOENT: it is gone. -ESTALE: something else is in there, or could be; then nothing is removed.
 */
int spool_remove(int spool_fd, const char *name, const char *identity, uint64_t files_count,
	uint64_t bytes_count);

#endif
