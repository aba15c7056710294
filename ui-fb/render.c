/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/render.h"

#include <errno.h>

#include "ui-fb/pixels.h"

int render_png(cairo_surface_t *drawn, uint32_t rotation_deg, const char *path)
{
	uint32_t width = (uint32_t)cairo_image_surface_get_width(drawn);
	uint32_t height = (uint32_t)cairo_image_surface_get_height(drawn);
	bool is_upright = rotation_deg % 180 == 0;
	cairo_surface_t *turned = cairo_image_surface_create(CAIRO_FORMAT_RGB24,
		(int)(is_upright ? width : height), (int)(is_upright ? height : width));
	struct pixel_copy copy = {
		.source = cairo_image_surface_get_data(drawn),
		.source_stride_bytes = (size_t)cairo_image_surface_get_stride(drawn),
		.width_px = width,
		.height_px = height,
		.target = cairo_image_surface_get_data(turned),
		.panel = {is_upright ? width : height, is_upright ? height : width,
			(size_t)cairo_image_surface_get_stride(turned), PIXEL_XRGB8888},
		.rotation_deg = rotation_deg,
	};
	struct pixel_rect all = {0, 0, (int32_t)width, (int32_t)height};
	cairo_status_t status = cairo_surface_status(turned);

	if (status == CAIRO_STATUS_SUCCESS) {
		cairo_surface_flush(drawn);
		(void)pixel_copy_rect(&copy, &all);
		cairo_surface_mark_dirty(turned);
		status = cairo_surface_write_to_png(turned, path);
	}
	cairo_surface_destroy(turned);
	if (status == CAIRO_STATUS_NO_MEMORY)
		return -ENOMEM;
	return status == CAIRO_STATUS_SUCCESS ? 0 : -EIO;
}
