/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * backlight.h - the light behind the screen: /sys/class/backlight (Documentation/ABI/stable/
 * sysfs-class-backlight in Linux), and blanking the display itself where there is none.
 * Loop's thread only.
 */
#ifndef IMGTANK_UI_FB_BACKLIGHT_H
#define IMGTANK_UI_FB_BACKLIGHT_H

#include "ui-fb/display.h"

struct backlight; /* opaque; made by backlight_open(), freed by backlight_close() */

/*
 * 0 with *backlight set; having no backlight is no error: then display is blanked.
 * sysfs: "/sys", a folder in tests. name: which one; NULL: the first. display: borrowed,
 * must outlive the backlight; NULL: nothing else is blanked. -ENOENT: no such name, logged.
 */
int backlight_open(
	struct backlight **backlight, const char *sysfs, const char *name, struct display *display);

/* On and as bright as it was found. NULL is fine. */
void backlight_close(struct backlight *backlight);

void backlight_set(struct backlight *backlight, bool is_on);

bool backlight_is_on(const struct backlight *backlight);

/* After a crash: on again. Async-signal-safe; needs no backlight. */
void backlight_restore_now(void);

#endif
