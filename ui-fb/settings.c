/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/settings.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

#define SLEEP_DEFAULT_S 300
#define SLEEP_MAX_S 86400

const struct frontend_setting settings_table[] = {
	{"driver", "DRIVER", "auto, drm, fbdev, or file (a file in place of a frame buffer)",
		false},
	{"device", "PATH", "the screen: /dev/dri/card1, /dev/fb1 (default: found)", false},
	{"connector", "NAME", "with drm: SPI-1, DSI-1, HDMI-A-1 (default: found)", false},
	{"geometry", "WxH,FORMAT", "with file: 480x320,rgb565", false},
	{"rotate", "DEGREES", "turn the picture clockwise: 0, 90, 180, 270", false},
	{"dither", NULL, "smoother colours on panels that have few", false},
	{"sleep", "SECONDS", "dark after so long without news or touch; 0: never (300)", false},
	{"theme", "NAME", "dark or light", false},
	{"font", "FAMILY", "letters (DejaVu Sans)", false},
	{"diagonal", "INCHES", "size of the screen, if it does not tell", false},
	{"touch", "DRIVER", "libinput, events, text, or none: no buttons are shown", false},
	{"touch-device", "PATH", "the touch screen (default: found)", false},
	{"calibration", "MATRIX", "six numbers, as LIBINPUT_CALIBRATION_MATRIX", false},
	{"pointers", "YES-NO", "a mouse counts as a finger (yes)", false},
	{"backlight", "NAME", "in /sys/class/backlight (default: found)", false},
	{"size", "WxH", "of the picture of --render", true},
	{"out", "FILE", "where --render puts its PNG", true},
	{"dialog", "NAME",
		"--render it too: power, cancel, detail, network, page, or no-connection", true},
	{0},
};

void settings_init(struct settings *settings)
{
	settings->sleep_usec = (uint64_t)SLEEP_DEFAULT_S * 1000000;
	settings->theme = theme_find("dark");
	settings->has_touch = true;
	settings->render_width_px = 800;
	settings->render_height_px = 480;
}

void settings_free(struct settings *settings)
{
	free(settings->driver);
	free(settings->device);
	free(settings->connector);
	free(settings->geometry);
	free(settings->touch_device);
	free(settings->backlight);
	free(settings->font);
	free(settings->out);
}

static int set_string(char **string, const char *value)
{
	char *copy = *value ? strdup(value) : NULL;

	if (!copy)
		return *value ? -ENOMEM : -EINVAL;
	free(*string);
	*string = copy;
	return 0;
}

static int set_driver(struct settings *settings, const char *value)
{
	static const char *const drivers[] = {"auto", "drm", "fbdev", "file"};

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (!strcmp(value, drivers[i]))
			return set_string(&settings->driver, value);
	return -EINVAL;
}

static int set_geometry(struct settings *settings, const char *value)
{
	struct pixel_geometry geometry;

	if (pixel_geometry_parse(value, &geometry) < 0)
		return -EINVAL;
	return set_string(&settings->geometry, value);
}

static int set_rotation(struct settings *settings, const char *value)
{
	uint64_t degrees;

	if (text_parse_u64(value, 270, &degrees) < 0 || degrees % 90)
		return -EINVAL;
	settings->rotation_deg = (uint32_t)degrees;
	return 0;
}

static int set_sleep(struct settings *settings, const char *value)
{
	uint64_t seconds;

	if (text_parse_u64(value, SLEEP_MAX_S, &seconds) < 0)
		return -EINVAL;
	settings->sleep_usec = seconds * 1000000;
	return 0;
}

static int set_theme(struct settings *settings, const char *value)
{
	const struct theme *theme = theme_find(value);

	if (!theme)
		return -EINVAL;
	settings->theme = theme;
	return 0;
}

static int set_diagonal(struct settings *settings, const char *value)
{
	char *end;
	double inches = strtod(value, &end);

	if (end == value || *end || !(inches >= 0.5 && inches <= 100))
		return -EINVAL;
	settings->diagonal_inch = inches;
	return 0;
}

static int set_touch(struct settings *settings, const char *value)
{
	bool is_wanted = strcmp(value, "none") != 0;
	int r = is_wanted ? touch_driver_parse(value, &settings->touch_driver) : 0;

	if (r == 0)
		settings->has_touch = is_wanted;
	return r;
}

static int set_calibration(struct settings *settings, const char *value)
{
	float calibration[6];
	int r = touch_calibration_parse(value, calibration);

	if (r < 0)
		return r;
	memcpy(settings->calibration, calibration, sizeof(calibration));
	settings->has_calibration = true;
	return 0;
}

static int set_size(struct settings *settings, const char *value)
{
	struct pixel_geometry geometry;

	if (pixel_geometry_parse(value, &geometry) < 0 || strchr(value, ','))
		return -EINVAL;
	settings->render_width_px = (int)geometry.width_px;
	settings->render_height_px = (int)geometry.height_px;
	return 0;
}

static int set_dialog(struct settings *settings, const char *value)
{
	static const struct {
		const char *name;
		enum dialog dialog;
	} dialogs[] = {{"power", DIALOG_POWER}, {"cancel", DIALOG_CANCEL},
		{"detail", DIALOG_DETAIL}, {"network", DIALOG_NETWORK}, {"page", DIALOG_PAGE},
		{"no-connection", DIALOG_NONE}};

	for (size_t i = 0; i < sizeof(dialogs) / sizeof(dialogs[0]); i++) {
		if (strcmp(value, dialogs[i].name) != 0)
			continue;
		settings->render_dialog = dialogs[i].dialog;
		settings->render_has_no_connection = dialogs[i].dialog == DIALOG_NONE;
		return 0;
	}
	return -EINVAL;
}

static int set_pointers(struct settings *settings, const char *value)
{
	bool is_finger;

	if (text_parse_bool(value, &is_finger) < 0)
		return -EINVAL;
	settings->ignores_pointers = !is_finger;
	return 0;
}

static int set_dither(struct settings *settings, const char *value)
{
	return text_parse_bool(value, &settings->is_dithered);
}

static const struct {
	const char *key;
	size_t offset; /* of a char * in struct settings */
} strings[] = {
	{"device", offsetof(struct settings, device)},
	{"connector", offsetof(struct settings, connector)},
	{"font", offsetof(struct settings, font)},
	{"touch-device", offsetof(struct settings, touch_device)},
	{"backlight", offsetof(struct settings, backlight)},
	{"out", offsetof(struct settings, out)},
};

static const struct {
	const char *key;
	int (*set)(struct settings *settings, const char *value);
} values[] = {
	{"driver", set_driver},
	{"geometry", set_geometry},
	{"rotate", set_rotation},
	{"dither", set_dither},
	{"sleep", set_sleep},
	{"theme", set_theme},
	{"diagonal", set_diagonal},
	{"touch", set_touch},
	{"calibration", set_calibration},
	{"pointers", set_pointers},
	{"size", set_size},
	{"dialog", set_dialog},
};

int settings_set(struct settings *settings, const char *key, const char *value)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (!strcmp(key, values[i].key))
			return values[i].set(settings, value);
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		if (!strcmp(key, strings[i].key))
			return set_string(
				(char **)(void *)((char *)settings + strings[i].offset), value);
	return -EINVAL;
}
