/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * render.h - a still picture of a screen, for looking and for tests.
 */
#ifndef IMGTANK_UI_FB_RENDER_H
#define IMGTANK_UI_FB_RENDER_H

#include <cairo.h>
#include <stdint.h>

/*
 * Writes the drawn image as a PNG, turned as the panel's memory would have it.
 * -EINVAL: no turn of a quarter; -EIO: the file could not be written.
 */
int render_png(cairo_surface_t *drawn, uint32_t rotation_deg, const char *path);

#endif
