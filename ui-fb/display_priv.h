/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * display_priv.h - what a kind of screen must be able to do. All calls come from one
 * thread at a time: first from display_open(), then from the display's thread.
 */
#ifndef IMGTANK_UI_FB_DISPLAY_PRIV_H
#define IMGTANK_UI_FB_DISPLAY_PRIV_H

#include "ui-fb/display.h"

/* What was opened, as the panel sees itself: before rotation. */
struct display_screen {
	struct pixel_geometry panel;
	uint32_t width_mm, height_mm; /* 0: unknown */
	char name[64];
};

/* Own copies of the options. */
struct display_settings {
	char *device; /* NULL: find one */
	char *connector;
	struct pixel_geometry file;
	bool is_kms_busy; /* somebody shows by KMS: what such a card has as frame buffer is hidden
			   */
};

struct display_backend {
	const char *name;
	bool needs_terminal; /* the console would draw on it, too */

	/* Is there a screen? Takes nothing and draws nothing. NULL: open() and close() do neither.
	 */
	int (*probe)(const struct display_settings *settings);

	/*
	 * Takes the screen; the caller owns *device until close(). -ENODEV: there is none;
	 * -EBUSY: somebody else shows on it.
	 */
	int (*open)(void **device, const struct display_settings *settings,
		struct display_screen *screen);

	void (*close)(void *device);

	/* Brings damage of image (the panel's format) into the device's memory. Quick. */
	void (*copy)(void *device, const void *image, size_t stride_bytes,
		const struct pixel_damage *damage);

	/* Makes it seen. May block for a frame. Negative errno: the screen is lost. */
	int (*flush)(void *device, const struct pixel_damage *damage);

	int (*blank)(void *device, bool is_blank);

	/* After something was plugged: 0, or -ENODEV when it must be opened anew. */
	int (*check)(void *device);
};

extern const struct display_backend display_drm_backend;
extern const struct display_backend display_fbdev_backend;
extern const struct display_backend display_file_backend;

#endif
