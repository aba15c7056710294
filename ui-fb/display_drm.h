/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * display_drm.h - KMS: the choice of card, connector and mode as pure functions, and the
 * few operations on a card behind a table, so that all of it is tested without one.
 */
#ifndef IMGTANK_UI_FB_DISPLAY_DRM_H
#define IMGTANK_UI_FB_DISPLAY_DRM_H

#include "ui-fb/display_priv.h"

#include <xf86drm.h>
#include <xf86drmMode.h>

#define DRM_CONNECTORS_MAX 16
#define DRM_CARDS_MAX 16

struct drm_connector {
	uint32_t id;
	uint32_t type; /* DRM_MODE_CONNECTOR_ */
	uint32_t type_number; /* the 1 of "HDMI-A-1" */
	drmModeConnection connection;
	uint32_t width_mm, height_mm;
	uint32_t crtc_id; /* 0: none can drive it */
	bool has_mode;
	drmModeModeInfo mode; /* as drm_mode_choose() says */
};

struct drm_card {
	char driver[32];
	bool has_dumb; /* DRM_CAP_DUMB_BUFFER */
	size_t n_connectors; /* 0: it only renders */
	struct drm_connector connectors[DRM_CONNECTORS_MAX];
};

struct drm_buffer {
	uint32_t fb_id;
	uint32_t handle;
	size_t stride_bytes;
	size_t size_bytes;
	uint8_t *memory; /* NULL: not made */
};

/* 0 or negative errno each. fd is what open() gave. */
struct drm_ops {
	int (*open)(const char *path);
	void (*close)(int fd);
	int (*describe)(int fd, struct drm_card *card);
	int (*master)(int fd); /* -EBUSY: somebody else is */
	void (*master_drop)(int fd); /* who opens a card that nobody shows on has become it */
	void *(*crtc_save)(int fd, uint32_t crtc_id); /* NULL: nothing to restore */
	void (*crtc_restore)(
		int fd, const struct drm_connector *connector, void *saved); /* frees */
	int (*buffer_make)(
		int fd, const struct pixel_geometry *geometry, struct drm_buffer *buffer);
	void (*buffer_free)(int fd, struct drm_buffer *buffer);
	int (*show)(
		int fd, const struct drm_connector *connector, uint32_t fb_id); /* sets the mode */
	int (*flip)(int fd, uint32_t crtc_id, uint32_t fb_id);
	int (*flip_wait)(int fd); /* until the flip happened; -ETIME */
	int (*dirty)(int fd, uint32_t fb_id, const struct pixel_rect *rect); /* may block */
	int (*power)(int fd, uint32_t connector_id, bool is_on);
};

extern const struct drm_ops drm_ops_kernel;

/* The preferred mode, else the largest; NULL without any. */
const drmModeModeInfo *drm_mode_choose(const drmModeModeInfo *modes, size_t n_modes);

/* "HDMI-A-1". */
void drm_connector_name(const struct drm_connector *connector, char *name, size_t size_bytes);

/*
 * How much a connector is wanted, 0 not at all. wanted: its name; NULL: small panels
 * on SPI and USB, then those on DSI and DPI, built-in ones, then what is plugged in.
 */
int drm_connector_rank(const struct drm_connector *connector, const char *wanted);

/* The best of a card, -1: none. */
int drm_connector_choose(const struct drm_card *card, const char *wanted, int *rank);

/* Panels that are sent pictures: only what changed should travel, and in 16 bits. */
bool drm_is_sent(uint32_t connector_type);

/* display_drm_backend.open() on other ops; the rest of that table works on the result. */
int drm_device_open(void **device, const struct drm_ops *ops,
	const struct display_settings *settings, struct display_screen *screen);

/* The same for display_drm_backend.probe(). */
int drm_device_probe(const struct drm_ops *ops, const struct display_settings *settings);

#endif
