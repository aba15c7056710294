/* SPDX-License-Identifier: GPL-3.0-or-later */
/* display_uevent.h - the kernel's word that a screen came, went, or was plugged. */
#ifndef IMGTANK_UI_FB_DISPLAY_UEVENT_H
#define IMGTANK_UI_FB_DISPLAY_UEVENT_H

#include <stdbool.h>
#include <stddef.h>

/* A socket (non-blocking) that gets all kernel events, or negative errno. Caller closes. */
int uevent_open(void);

/*
 * Does this message ("add@/devices/...", then KEY=VALUE, each with its end mark) tell of a
 * screen? Devices of drm and graphics that come or go, and HOTPLUG=1.
 */
bool uevent_is_screen(const char *message, size_t size_bytes);

/* Reads all that is there; true if one of them was about a screen. */
bool uevent_drain(int fd);

#endif
