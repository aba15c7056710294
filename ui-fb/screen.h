/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen.h - which screen is shown, and its scene: pure functions of the model, of
 * what a finger has opened, of the layout and of the time.
 */
#ifndef IMGTANK_UI_FB_SCREEN_H
#define IMGTANK_UI_FB_SCREEN_H

#include "ui-fb/interact.h"
#include "ui-fb/layout.h"
#include "ui-fb/letters.h"
#include "ui-fb/scene.h"

/* All borrowed for the call. */
struct screen_input {
	const struct tank_model *model;
	const struct interact *ui;
	const struct layout *layout;
	struct letters *letters; /* how long words are */
	int64_t wall_s; /* 0: no clock that could be trusted */
	uint32_t phase; /* of what moves; grows */
};

void screen_make(const struct screen_input *in, struct scene *scene);

/* True if something moves on its own, and the next phase is to be drawn. */
bool scene_is_moving(const struct scene *scene);

#endif
