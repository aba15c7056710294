/* SPDX-License-Identifier: GPL-3.0-or-later */
/* display_fbdev.h - the decisions on frame buffers, for tests. */
#ifndef IMGTANK_UI_FB_DISPLAY_FBDEV_H
#define IMGTANK_UI_FB_DISPLAY_FBDEV_H

#include "ui-fb/pixels.h"

#include <linux/fb.h>

/*
 * What the driver says, checked: the visible part lies inside its memory. offset_bytes:
 * where that part begins. -EPROTONOSUPPORT: a format we do not know; -EPROTO: nonsense.
 */
int fbdev_geometry(const struct fb_fix_screeninfo *fix, const struct fb_var_screeninfo *var,
	struct pixel_geometry *geometry, size_t *offset_bytes);

/* Of several, the highest is taken; 0: never. name as in sysfs. */
int fbdev_rank(const char *name);

#endif
