/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/display_drm.h"

#include "core/base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct drm_device {
	const struct drm_ops *ops;
	int fd;
	struct drm_connector connector;
	void *saved_crtc;
	bool is_shown;
	enum pixel_format format;
	struct drm_buffer buffers[2];
	unsigned int front; /* what is seen */
	bool can_flip;
	bool has_no_dirty; /* scans out by itself */
	struct pixel_damage behind; /* what the buffer at the back lacks */
};

/* --- finding --- */

struct choice {
	char path[64];
	char driver[32];
	struct drm_connector connector;
	int rank;
};

/* Looks at one card; a better one replaces the choice. */
static int card_consider(
	const struct drm_ops *ops, const char *path, const char *wanted, struct choice *choice)
{
	struct drm_card card = {0};
	int rank;
	int fd = ops->open(path);

	if (fd < 0)
		return fd;
	ops->master_drop(fd); /* whoever begins to show meanwhile must not be refused */
	int result = ops->describe(fd, &card);

	ops->close(fd);
	if (result < 0)
		return result;
	int best = drm_connector_choose(&card, wanted, &rank);

	if (best < 0 || rank <= choice->rank)
		return 0;
	snprintf(choice->path, sizeof(choice->path), "%s", path);
	memcpy(choice->driver, card.driver, sizeof(choice->driver));
	choice->connector = card.connectors[best];
	choice->rank = rank;
	return 0;
}

static int card_choose(
	const struct drm_ops *ops, const struct display_settings *settings, struct choice *choice)
{
	int denied = 0;

	if (settings->device) {
		int result = card_consider(ops, settings->device, settings->connector, choice);

		if (result < 0 && result != -ENOENT && result != -ENXIO)
			return result;
	}
	for (int i = 0; !settings->device && i < DRM_CARDS_MAX; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		if (card_consider(ops, path, settings->connector, choice) == -EACCES)
			denied = -EACCES;
	}
	if (choice->rank > 0)
		return 0;
	return denied < 0 ? denied : -ENODEV;
}

/* --- opening --- */

static void drm_close(void *data)
{
	struct drm_device *device = data;

	/* The old picture first: freeing what is seen would turn the screen off. */
	if (device->is_shown)
		device->ops->crtc_restore(device->fd, &device->connector, device->saved_crtc);
	for (size_t i = 0; i < 2; i++) {
		if (device->buffers[i].memory)
			device->ops->buffer_free(device->fd, &device->buffers[i]);
	}
	device->ops->close(device->fd);
	free(device);
}

static int buffers_make_as(struct drm_device *device, enum pixel_format format)
{
	struct pixel_geometry geometry = {
		.width_px = device->connector.mode.hdisplay,
		.height_px = device->connector.mode.vdisplay,
		.format = format,
	};
	int result = device->ops->buffer_make(device->fd, &geometry, &device->buffers[0]);

	if (result < 0)
		return result;
	device->format = format;
	/* A panel that is sent pictures would be sent all of it with each flip. */
	device->can_flip = !drm_is_sent(device->connector.type) &&
		device->ops->buffer_make(device->fd, &geometry, &device->buffers[1]) == 0;
	return 0;
}

static int buffers_make(struct drm_device *device)
{
	bool is_sent = drm_is_sent(device->connector.type);
	int result = buffers_make_as(device, is_sent ? PIXEL_RGB565 : PIXEL_XRGB8888);

	return result == 0 ? 0 : buffers_make_as(device, is_sent ? PIXEL_XRGB8888 : PIXEL_RGB565);
}

static int device_start(struct drm_device *device)
{
	int result = device->ops->master(device->fd);

	if (result == 0)
		result = buffers_make(device);
	if (result < 0)
		return result;
	device->saved_crtc = device->ops->crtc_save(device->fd, device->connector.crtc_id);
	result = device->ops->show(device->fd, &device->connector, device->buffers[0].fb_id);
	/* From here the saved state is given back on closing, also after a failure. */
	device->is_shown = true;
	return result;
}

static void screen_fill(
	const struct drm_device *device, const char *driver, struct display_screen *screen)
{
	char name[32];

	drm_connector_name(&device->connector, name, sizeof(name));
	snprintf(screen->name, sizeof(screen->name), "%s %s", driver, name);
	screen->panel = (struct pixel_geometry){
		.width_px = device->connector.mode.hdisplay,
		.height_px = device->connector.mode.vdisplay,
		.stride_bytes = device->buffers[0].stride_bytes,
		.format = device->format,
	};
	screen->width_mm = device->connector.width_mm;
	screen->height_mm = device->connector.height_mm;
}

int drm_device_open(void **ret, const struct drm_ops *ops, const struct display_settings *settings,
	struct display_screen *screen)
{
	struct choice choice = {0};
	int result = card_choose(ops, settings, &choice);

	if (result < 0)
		return result;
	int fd = ops->open(choice.path);

	if (fd < 0)
		return fd;
	struct drm_device *device = calloc(1, sizeof(*device));

	if (!device) {
		ops->close(fd);
		return -ENOMEM;
	}
	device->ops = ops;
	device->fd = fd;
	device->connector = choice.connector;
	result = device_start(device);
	if (result < 0) {
		log_errno(LOG_LEVEL_INFO, result, "%s cannot be shown on", choice.path);
		drm_close(device);
		return result;
	}
	screen_fill(device, choice.driver, screen);
	*ret = device;
	return 0;
}

int drm_device_probe(const struct drm_ops *ops, const struct display_settings *settings)
{
	struct choice choice = {0};

	return card_choose(ops, settings, &choice);
}

static int drm_probe(const struct display_settings *settings)
{
	if (settings->device && !strstr(settings->device, "/dri/"))
		return -ENODEV;
	return drm_device_probe(&drm_ops_kernel, settings);
}

static int drm_open(
	void **device, const struct display_settings *settings, struct display_screen *screen)
{
	/* With driver = auto, a device of the other kind is not ours. */
	if (settings->device && !strstr(settings->device, "/dri/"))
		return -ENODEV;
	return drm_device_open(device, &drm_ops_kernel, settings, screen);
}

/* --- showing --- */

static void drm_copy(
	void *data, const void *image, size_t stride_bytes, const struct pixel_damage *damage)
{
	struct drm_device *device = data;
	const struct drm_buffer *to = &device->buffers[device->front];
	struct pixel_damage all = *damage;

	if (device->can_flip) {
		to = &device->buffers[1 - device->front];
		for (size_t i = 0; i < device->behind.n_rects; i++)
			pixel_damage_add(&all, &device->behind.rects[i]);
		device->behind = *damage;
	}
	for (size_t i = 0; i < all.n_rects; i++) {
		pixel_move_rect(to->memory, to->stride_bytes, image, stride_bytes, device->format,
			&all.rects[i]);
	}
}

static bool is_unsupported(int result)
{
	return result == -ENOSYS || result == -EOPNOTSUPP || result == -EINVAL;
}

static int dirty_send(struct drm_device *device, const struct pixel_damage *damage)
{
	uint32_t fb_id = device->buffers[device->front].fb_id;

	/* One by one: drivers send the box around all that comes in one call. */
	for (size_t i = 0; !device->has_no_dirty && i < damage->n_rects; i++) {
		int result = device->ops->dirty(device->fd, fb_id, &damage->rects[i]);

		if (is_unsupported(result))
			device->has_no_dirty = true;
		else if (result < 0)
			return result;
	}
	return 0;
}

/* Flips are not for this driver: stay with the buffer that has all of the picture. */
static int flip_give_up(struct drm_device *device, const struct pixel_damage *damage)
{
	device->can_flip = false;
	device->front = 1 - device->front;
	int result = device->ops->show(
		device->fd, &device->connector, device->buffers[device->front].fb_id);

	return result < 0 ? result : dirty_send(device, damage);
}

static int drm_flush(void *data, const struct pixel_damage *damage)
{
	struct drm_device *device = data;

	if (!device->can_flip)
		return dirty_send(device, damage);
	int result = device->ops->flip(
		device->fd, device->connector.crtc_id, device->buffers[1 - device->front].fb_id);

	if (is_unsupported(result))
		return flip_give_up(device, damage);
	if (result < 0)
		return result;
	device->front = 1 - device->front;
	return device->ops->flip_wait(device->fd);
}

static int drm_blank(void *data, bool is_blank)
{
	struct drm_device *device = data;

	return device->ops->power(device->fd, device->connector.id, !is_blank);
}

static int drm_check(void *data)
{
	struct drm_device *device = data;
	struct drm_card card = {0};

	if (device->ops->describe(device->fd, &card) < 0)
		return -ENODEV;
	for (size_t i = 0; i < card.n_connectors; i++) {
		const struct drm_connector *now = &card.connectors[i];

		if (now->id == device->connector.id) {
			bool is_same = now->connection == device->connector.connection &&
				now->has_mode &&
				now->mode.hdisplay == device->connector.mode.hdisplay &&
				now->mode.vdisplay == device->connector.mode.vdisplay;

			return is_same ? 0 : -ENODEV;
		}
	}
	return -ENODEV;
}

const struct display_backend display_drm_backend = {
	.name = "drm",
	.needs_terminal = true,
	.probe = drm_probe,
	.open = drm_open,
	.close = drm_close,
	.copy = drm_copy,
	.flush = drm_flush,
	.blank = drm_blank,
	.check = drm_check,
};
