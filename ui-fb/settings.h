/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settings.h - what [ui-fb] and the command line say.
 */
#ifndef IMGTANK_UI_FB_SETTINGS_H
#define IMGTANK_UI_FB_SETTINGS_H

#include "core/client/frontend.h"
#include "ui-fb/display.h"
#include "ui-fb/interact.h"
#include "ui-fb/theme.h"
#include "ui-fb/touch.h"

/* Zeroed and then settings_init(). Strings are owned: settings_free(). */
struct settings {
	char *driver, *device, *connector, *geometry, *touch_device, *backlight, *font, *out;
	const struct theme *theme;
	uint32_t rotation_deg;
	uint64_t sleep_usec; /* 0: never */
	double diagonal_inch; /* 0: as the display says */
	bool is_dithered;
	bool has_touch; /* false: nothing is there to be touched, so no buttons */
	enum touch_driver touch_driver;
	float calibration[6];
	bool has_calibration, ignores_pointers;
	int render_width_px, render_height_px; /* of --render */
	enum dialog render_dialog;
	bool render_has_no_connection;
};

extern const struct frontend_setting settings_table[];

void settings_init(struct settings *settings);
int settings_set(struct settings *settings, const char *key, const char *value);
void settings_free(struct settings *settings);

#endif
