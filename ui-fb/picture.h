/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * picture.h - a thumbnail of the tank as an image: JPEG, small, made by our own
 * sandboxed probe, and nevertheless read with bounds.
 */
#ifndef IMGTANK_UI_FB_PICTURE_H
#define IMGTANK_UI_FB_PICTURE_H

#include <cairo.h>

#define PICTURE_FILE_BYTES_MAX (4U << 20)
#define PICTURE_SIDE_MAX 4096U

/*
 * Decodes the file, at a fraction of its size as long as it stays at least width x height,
 * so that the drawing is quick. The caller destroys *image. -EBADMSG: no JPEG, or a
 * broken one; -EFBIG; or what opening and reading gave.
 */
int picture_read(const char *path, int width_px, int height_px, cairo_surface_t **image);

#endif
