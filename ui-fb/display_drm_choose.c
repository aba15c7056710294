/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/display_drm.h"

#include <stdio.h>
#include <string.h>

const drmModeModeInfo *drm_mode_choose(const drmModeModeInfo *modes, size_t n_modes)
{
	const drmModeModeInfo *best = NULL;

	for (size_t i = 0; i < n_modes; i++) {
		const drmModeModeInfo *mode = &modes[i];

		if (mode->hdisplay == 0 || mode->vdisplay == 0 || mode->hdisplay > PIXEL_SIDE_MAX ||
			mode->vdisplay > PIXEL_SIDE_MAX)
			continue;
		if (mode->type & DRM_MODE_TYPE_PREFERRED)
			return mode;
		if (!best ||
			(uint32_t)mode->hdisplay * mode->vdisplay >
				(uint32_t)best->hdisplay * best->vdisplay)
			best = mode;
	}
	return best;
}

void drm_connector_name(const struct drm_connector *connector, char *name, size_t size_bytes)
{
	const char *type = drmModeGetConnectorTypeName(connector->type);

	snprintf(name, size_bytes, "%s-%u", type ? type : "Unknown", connector->type_number);
}

bool drm_is_sent(uint32_t connector_type)
{
	return connector_type == DRM_MODE_CONNECTOR_SPI || connector_type == DRM_MODE_CONNECTOR_USB;
}

static int type_rank(uint32_t type)
{
	switch (type) {
	case DRM_MODE_CONNECTOR_WRITEBACK:
		return 0;
	case DRM_MODE_CONNECTOR_SPI:
	case DRM_MODE_CONNECTOR_USB:
		return 6;
	case DRM_MODE_CONNECTOR_DSI:
		return 5;
	case DRM_MODE_CONNECTOR_DPI:
		return 4;
	case DRM_MODE_CONNECTOR_LVDS:
	case DRM_MODE_CONNECTOR_eDP:
		return 3;
	case DRM_MODE_CONNECTOR_HDMIA:
	case DRM_MODE_CONNECTOR_HDMIB:
		return 2;
	default:
		return 1;
	}
}

int drm_connector_rank(const struct drm_connector *connector, const char *wanted)
{
	int rank = type_rank(connector->type);
	char name[32];

	if (!connector->has_mode || connector->crtc_id == 0 ||
		connector->connection == DRM_MODE_DISCONNECTED)
		return 0;
	drm_connector_name(connector, name, sizeof(name));
	if (wanted)
		return strcmp(name, wanted) == 0 ? 100 : 0;
	/* A panel that is built in may not know; a socket that does not know is empty. */
	if (connector->connection == DRM_MODE_UNKNOWNCONNECTION && rank < 3)
		return 0;
	return rank;
}

int drm_connector_choose(const struct drm_card *card, const char *wanted, int *rank)
{
	int best = -1;

	*rank = 0;
	for (size_t i = 0; card->has_dumb && i < card->n_connectors; i++) {
		int this_rank = drm_connector_rank(&card->connectors[i], wanted);

		if (this_rank > *rank) {
			best = (int)i;
			*rank = this_rank;
		}
	}
	return best;
}
