/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * preview.h - large views of what a browser cannot show itself: RAW, HEIC, TIFF.
 *
 * They are made when somebody looks, by a process without rights (core/probe/probe.h), at a
 * low priority, one at a time, and the newest wish first; browsers keep what they got. A few
 * stay here for others. Nothing that came from a card is taken apart in this process.
 *
 * All calls are for the loop's thread, and none waits: a thread of its own asks the process.
 */
#ifndef IMGTANK_UI_WEB_PREVIEW_H
#define IMGTANK_UI_WEB_PREVIEW_H

#include "ui-web/http.h"

#define PREVIEW_SIDE_PX 1600
#define PREVIEW_DEADLINE_MS 20000 /* a HEIC on a Pi 3; then it is the thumbnail */
/* What HEICs of 20 and of 50 megapixels take; larger ones are shown as their thumbnail. */
#define PREVIEW_MEMORY_MIN_BYTES (192U << 20)
#define PREVIEW_MEMORY_MAX_BYTES (448U << 20)
#define PREVIEWS_MAX 8 /* kept, wished for, and in the making */
#define PREVIEW_WISHES_MAX 6
#define PREVIEW_KEY_BYTES 48
#define PREVIEW_IDLE_S 60 /* then the process and what is kept go */

struct previews; /* opaque */

enum preview_state {
	PREVIEW_UNKNOWN, /* preview_wish() for it */
	PREVIEW_UNDER_WAY,
	PREVIEW_READY,
	PREVIEW_NONE, /* this file has none, or making it did not work this time */
};

/* What making one may take on a machine with so much memory: a quarter of it, within these bounds.
 */
uint32_t preview_memory_bytes(uint64_t machine_bytes);

/* Without imgtank-probe there are no previews: logged, and every one is PREVIEW_NONE. */
int previews_new(struct previews **ret); /* -ENOMEM, -EMFILE ... */
/* After the HTTP library has ended, and before the process does; accepts NULL. */
void previews_free(struct previews *previews);

int previews_fd(const struct previews *previews); /* to be watched for EPOLLIN */
void previews_ready(struct previews *previews); /* wakes those whose preview has been made */

/* key: names the picture and its content, and is shorter than PREVIEW_KEY_BYTES. */
enum preview_state previews_find(struct previews *previews, const char *key);

/* Takes fd over. False: too much is wished for already. */
bool previews_wish(struct previews *previews, const char *key, int fd);

/* Puts the request aside until the one with this key, which is under way, has been made. */
void previews_wait(struct previews *previews, struct request *request, const char *key);

/* A JPEG that is PREVIEW_READY, upright and in sRGB, for the response. NULL without memory. */
struct MHD_Response *previews_response(struct previews *previews, const char *key);

#endif
