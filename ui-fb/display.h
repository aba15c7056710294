/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * display.h - one screen: KMS, a frame buffer, or a file in place of one.
 *
 * The front end draws into one image of its own: not rotated, XRGB8888 in native
 * byte order (what cairo calls RGB24), display_info()'s size. display_update() says
 * what of it changed; rotation, conversion, and the panel's slowness are dealt with here.
 *
 * Threads: all functions are for the loop's thread. A display owns one thread, which
 * alone touches the device from display_open() to display_close(): a flush that
 * blocks (100 ms on a panel behind SPI) blocks nobody else. Between the two there is
 * one image in the panel's format behind a mutex; changes that come while the panel
 * is busy are merged, the newest pixels win, and nothing is queued.
 *
 * SIGUSR1 and SIGUSR2 are blocked and used when the display holds a virtual terminal.
 */
#ifndef IMGTANK_UI_FB_DISPLAY_H
#define IMGTANK_UI_FB_DISPLAY_H

#include "ui-fb/pixels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct display; /* opaque; made by display_open(), freed by display_close() */

/* Strings are borrowed during display_open() only. Zeroed: all automatic. */
struct display_options {
	/* "drm"; "fbdev"; "file": an ordinary file used as frame buffer, for trying and testing;
	 * "auto" or NULL: KMS if it has a screen, else a frame buffer */
	const char *driver;
	const char *device; /* "/dev/dri/card1", "/dev/fb1", the file; NULL: found */
	const char *connector; /* "HDMI-A-1", "SPI-1"; NULL: panels before sockets */
	const char *geometry; /* "480x320,rgb565": what the file holds; see pixels.h */
	uint32_t rotation_deg; /* 0, 90, 180, 270: how far the picture turns clockwise */
	bool is_dithered; /* ordered dithering where the panel has fewer colours */
	bool is_patient; /* no screen yet is no error: wait for one to appear */
};

/* All lengths as seen by the user, so after rotation. */
struct display_info {
	uint32_t width_px, height_px; /* 0 while no screen was found yet */
	uint32_t width_mm, height_mm; /* 0: unknown */
	uint32_t rotation_deg;
	bool is_mono; /* one bit per pixel: black or white */
	char name[64]; /* "vc4 DSI-1", "fb_ili9486": for the journal */
};

/* What display_dispatch() returns; bits. */
enum display_event {
	DISPLAY_LOST = 1U << 0, /* taken away or unplugged: updates are dropped */
	DISPLAY_REGAINED = 1U << 1, /* back: update everything */
	DISPLAY_RESIZED = 1U << 2, /* display_info() changed: new image, update everything */
	DISPLAY_READY = 1U << 3, /* the last update is on its way out: the next may come */
};

/*
 * Is there a screen? Takes nothing and draws nothing, so that who shows on it is not disturbed.
 * Errors as of display_open() without is_patient, but for -EBUSY.
 */
int display_probe(const struct display_options *options);

/*
 * Opens the screen and starts its thread. 0 with *display set; -ENODEV: there is no
 * screen (with is_patient never); -EINVAL: options that make no sense; -EBUSY: another
 * program shows on it (with is_patient waits); else the errno of what failed. Logs why.
 */
int display_open(struct display **display, const struct display_options *options);

/* Gives the screen back as it was found; waits for the thread. NULL is fine. */
void display_close(struct display *display);

/* One descriptor, readable when display_dispatch() should be called. Owned by display. */
int display_fd(const struct display *display);

/* Takes what happened: bits of enum display_event, 0 for nothing. */
uint32_t display_dispatch(struct display *display);

/* Changes only inside display_dispatch(), with DISPLAY_RESIZED. Borrowed. */
const struct display_info *display_info(const struct display *display);

/* False while the panel has not taken the last update; DISPLAY_READY tells when. Updating
 * nevertheless is allowed and cheap: it is merged. */
bool display_is_ready(struct display *display);

/*
 * Shows what changed in pixels: display_info() big, lines stride_bytes apart. Rectangles
 * are cut to the image; n_rects 0 means all. Pixels are read during the call only.
 * Never waits for the panel. Dropped while the screen is lost.
 */
void display_update(struct display *display, const void *pixels, size_t stride_bytes,
	const struct pixel_rect *rects, size_t n_rects);

/* Blanks or wakes the screen itself (DPMS, FBIOBLANK); what it shows stays. */
void display_blank(struct display *display, bool is_blank);

/* After a crash: gives the terminal back. Async-signal-safe; needs no display. */
void display_restore_now(void);

#endif
