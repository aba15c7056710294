/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operations of display_drm.h on a real card, through libdrm's legacy KMS calls. */
#include "ui-fb/display_drm.h"

#include "core/base/fd.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FLIP_WAIT_MSEC 1000

static int negative(int result)
{
	/* libdrm gives -1 with errno from some calls and -errno from others. */
	return result >= 0 ? 0 : result == -1 ? -errno : result;
}

static int card_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static void card_close(int fd)
{
	fd_close(fd);
}

static uint32_t crtc_of_encoder(const drmModeRes *resources, const drmModeEncoder *encoder)
{
	if (encoder->crtc_id != 0)
		return encoder->crtc_id;
	for (int i = 0; i < resources->count_crtcs && i < 32; i++) {
		if (encoder->possible_crtcs & 1U << i)
			return resources->crtcs[i];
	}
	return 0;
}

static uint32_t crtc_find(int fd, const drmModeRes *resources, const drmModeConnector *connector)
{
	uint32_t crtc_id = 0;

	for (int i = -1; i < connector->count_encoders && crtc_id == 0; i++) {
		/* The one in use first. */
		uint32_t id = i < 0 ? connector->encoder_id : connector->encoders[i];
		drmModeEncoder *encoder = id != 0 ? drmModeGetEncoder(fd, id) : NULL;

		if (encoder)
			crtc_id = crtc_of_encoder(resources, encoder);
		drmModeFreeEncoder(encoder);
	}
	return crtc_id;
}

static void connector_describe(int fd, const drmModeRes *resources,
	const drmModeConnector *connector, struct drm_connector *out)
{
	const drmModeModeInfo *mode = drm_mode_choose(
		connector->modes, connector->count_modes > 0 ? (size_t)connector->count_modes : 0);

	*out = (struct drm_connector){
		.id = connector->connector_id,
		.type = connector->connector_type,
		.type_number = connector->connector_type_id,
		.connection = connector->connection,
		.width_mm = connector->mmWidth,
		.height_mm = connector->mmHeight,
		.crtc_id = crtc_find(fd, resources, connector),
		.has_mode = mode != NULL,
	};
	if (mode)
		out->mode = *mode;
}

static void connectors_describe(int fd, const drmModeRes *resources, struct drm_card *card)
{
	for (int i = 0; i < resources->count_connectors; i++) {
		drmModeConnector *connector = drmModeGetConnector(fd, resources->connectors[i]);

		if (connector && card->n_connectors < DRM_CONNECTORS_MAX) {
			connector_describe(
				fd, resources, connector, &card->connectors[card->n_connectors++]);
		}
		drmModeFreeConnector(connector);
	}
}

static int card_describe(int fd, struct drm_card *card)
{
	uint64_t has_dumb = 0;
	drmVersion *version = drmGetVersion(fd);
	drmModeRes *resources = drmModeGetResources(fd);

	if (version)
		snprintf(card->driver, sizeof(card->driver), "%s", version->name);
	drmFreeVersion(version);
	card->has_dumb = drmGetCap(fd, DRM_CAP_DUMB_BUFFER, &has_dumb) == 0 && has_dumb;
	if (resources)
		connectors_describe(fd, resources, card);
	drmModeFreeResources(resources);
	return 0; /* without resources it only renders: no connectors */
}

static int card_master(int fd)
{
	return drmSetMaster(fd) == 0 || drmIsMaster(fd) ? 0 : -EBUSY;
}

static void card_master_drop(int fd)
{
	(void)drmDropMaster(fd); /* it may not have been one */
}

static void *crtc_save(int fd, uint32_t crtc_id)
{
	return drmModeGetCrtc(fd, crtc_id);
}

static void crtc_restore(int fd, const struct drm_connector *connector, void *saved)
{
	drmModeCrtc *crtc = saved;
	uint32_t id = connector->id;

	/* A failure is fine: when nobody shows, the kernel brings its console back. */
	if (crtc && crtc->mode_valid && crtc->buffer_id != 0) {
		drmModeSetCrtc(
			fd, crtc->crtc_id, crtc->buffer_id, crtc->x, crtc->y, &id, 1, &crtc->mode);
	}
	drmModeFreeCrtc(crtc);
}

static void buffer_free(int fd, struct drm_buffer *buffer)
{
	if (buffer->memory)
		munmap(buffer->memory, buffer->size_bytes);
	if (buffer->fb_id != 0)
		drmModeRmFB(fd, buffer->fb_id);
	if (buffer->handle != 0)
		drmModeDestroyDumbBuffer(fd, buffer->handle);
	*buffer = (struct drm_buffer){0};
}

static int buffer_add(int fd, const struct pixel_geometry *geometry, struct drm_buffer *buffer)
{
	uint32_t fourcc =
		geometry->format == PIXEL_RGB565 ? DRM_FORMAT_RGB565 : DRM_FORMAT_XRGB8888;
	uint32_t handles[4] = {buffer->handle};
	uint32_t strides[4] = {(uint32_t)buffer->stride_bytes};
	uint32_t offsets[4] = {0};

	return negative(drmModeAddFB2(fd, geometry->width_px, geometry->height_px, fourcc, handles,
		strides, offsets, &buffer->fb_id, 0));
}

static int buffer_map(int fd, struct drm_buffer *buffer)
{
	uint64_t offset = 0;
	int result = negative(drmModeMapDumbBuffer(fd, buffer->handle, &offset));

	if (result < 0)
		return result;
	void *memory = mmap(
		NULL, buffer->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);

	if (memory == MAP_FAILED)
		return -errno;
	buffer->memory = memory;
	memset(buffer->memory, 0, buffer->size_bytes);
	return 0;
}

static int buffer_make(int fd, const struct pixel_geometry *geometry, struct drm_buffer *buffer)
{
	uint32_t stride_bytes = 0;
	uint64_t size_bytes = 0;
	uint32_t bits = geometry->format == PIXEL_RGB565 ? 16 : 32;
	int result = negative(drmModeCreateDumbBuffer(fd, geometry->width_px, geometry->height_px,
		bits, 0, &buffer->handle, &stride_bytes, &size_bytes));

	if (result < 0)
		return result;
	buffer->stride_bytes = stride_bytes;
	buffer->size_bytes = size_bytes;
	result = buffer_add(fd, geometry, buffer);
	if (result == 0)
		result = buffer_map(fd, buffer);
	if (result < 0)
		buffer_free(fd, buffer);
	return result;
}

static int crtc_show(int fd, const struct drm_connector *connector, uint32_t fb_id)
{
	uint32_t id = connector->id;
	drmModeModeInfo mode = connector->mode;

	return negative(drmModeSetCrtc(fd, connector->crtc_id, fb_id, 0, 0, &id, 1, &mode));
}

static int crtc_flip(int fd, uint32_t crtc_id, uint32_t fb_id)
{
	return negative(drmModePageFlip(fd, crtc_id, fb_id, DRM_MODE_PAGE_FLIP_EVENT, NULL));
}

static void flip_done(
	int fd, unsigned int sequence, unsigned int seconds, unsigned int microseconds, void *data)
{
	(void)fd;
	(void)sequence;
	(void)seconds;
	(void)microseconds;
	(void)data; /* one flip is under way at a time: any event is the one */
}

static int flip_wait(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	drmEventContext context = {.version = 2, .page_flip_handler = flip_done};
	int n = poll(&poll_fd, 1, FLIP_WAIT_MSEC);

	if (n == 0)
		return -ETIME;
	if (n < 0)
		return -errno;
	if (!(poll_fd.revents & POLLIN))
		return -ENODEV;
	return drmHandleEvent(fd, &context) < 0 ? -EIO : 0;
}

static int fb_dirty(int fd, uint32_t fb_id, const struct pixel_rect *rect)
{
	drmModeClip clip = {
		.x1 = (uint16_t)rect->x_px,
		.y1 = (uint16_t)rect->y_px,
		.x2 = (uint16_t)(rect->x_px + rect->width_px),
		.y2 = (uint16_t)(rect->y_px + rect->height_px),
	};

	return negative(drmModeDirtyFB(fd, fb_id, &clip, 1));
}

static bool property_is(int fd, uint32_t property_id, const char *name)
{
	drmModePropertyRes *property = drmModeGetProperty(fd, property_id);
	bool is_it = property && strcmp(property->name, name) == 0;

	drmModeFreeProperty(property);
	return is_it;
}

static int connector_power(int fd, uint32_t connector_id, bool is_on)
{
	drmModeConnector *connector = drmModeGetConnectorCurrent(fd, connector_id);
	int result = -ENOENT;

	for (int i = 0; connector && i < connector->count_props; i++) {
		if (property_is(fd, connector->props[i], "DPMS")) {
			result = negative(drmModeConnectorSetProperty(fd, connector_id,
				connector->props[i], is_on ? DRM_MODE_DPMS_ON : DRM_MODE_DPMS_OFF));
			break;
		}
	}
	drmModeFreeConnector(connector);
	return result;
}

const struct drm_ops drm_ops_kernel = {
	.open = card_open,
	.close = card_close,
	.describe = card_describe,
	.master = card_master,
	.master_drop = card_master_drop,
	.crtc_save = crtc_save,
	.crtc_restore = crtc_restore,
	.buffer_make = buffer_make,
	.buffer_free = buffer_free,
	.show = crtc_show,
	.flip = crtc_flip,
	.flip_wait = flip_wait,
	.dirty = fb_dirty,
	.power = connector_power,
};
