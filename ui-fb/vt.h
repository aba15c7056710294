/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vt.h - the virtual terminal this program runs on, if it does: the console must not
 * draw over the picture, and switching away must be allowed. See ioctl_vt(2), linux/vt.h.
 * One per process. vt_open() and vt_close() with no other thread using it.
 */
#ifndef IMGTANK_UI_FB_VT_H
#define IMGTANK_UI_FB_VT_H

#include <stdbool.h>

enum vt_news {
	VT_NEWS_NONE,
	VT_NEWS_LEAVE, /* give up the screen, then vt_left() */
	VT_NEWS_ENTER, /* vt_entered(), then take the screen */
};

/*
 * Takes the terminal on standard input, or else the controlling one: graphics mode, and
 * SIGUSR1 and SIGUSR2 (blocked for this and all later threads) tell of switches.
 * A descriptor to watch, owned by vt until vt_close(); -ENOTTY: we run on none, no error.
 */
int vt_open(void);

/* Text mode again, as it was found. Fine when not open. */
void vt_close(void);

/* One thing that happened; call until VT_NEWS_NONE. */
enum vt_news vt_read(void);

void vt_left(void);
void vt_entered(void);

/* vt_close() for crashes: async-signal-safe. */
void vt_restore_now(void);

#endif
