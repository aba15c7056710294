/* SPDX-License-Identifier: GPL-3.0-or-later */
/* settings.h - the section [ui-pibrella]: the board as it is unless said otherwise. */
#ifndef IMGTANK_UI_PIBRELLA_SETTINGS_H
#define IMGTANK_UI_PIBRELLA_SETTINGS_H

#include "core/client/frontend.h"
#include "ui-pibrella/sound.h"

struct settings {
	bool is_changed; /* something was set, and so the rest has its usual value already */
	bool is_fitted, has_sound;
	const char *sysfs; /* borrowed */
	struct sound_pwm pwm;
	struct board_config board;
};

extern const struct frontend_setting settings_list[];

/* The usual values, unless they were filled in already. */
void settings_prepare(struct settings *settings);

/* 0, or -EINVAL for what cannot be. */
int settings_set(struct settings *settings, const char *key, const char *value);

#endif
