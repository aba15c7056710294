/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * touch_track.h - from what a panel reports to what the picture is told: first finger only,
 * bounces dropped, trembling dropped, turned with the picture. Pure.
 */
#ifndef IMGTANK_UI_FB_TOUCH_TRACK_H
#define IMGTANK_UI_FB_TOUCH_TRACK_H

#include "ui-fb/touch.h"

#include <stddef.h>

/* As the panel has it: 0 .. 1 from its own left and top, before rotation. */
struct touch_point {
	enum touch_kind kind;
	int32_t finger; /* any number, the same from down to up */
	double x, y; /* with TOUCH_DOWN and TOUCH_MOVE */
	uint64_t time_usec;
};

struct touch_screen {
	uint32_t width_px, height_px; /* of the drawn image */
	uint32_t rotation_deg;
};

/* Zeroed: no finger. */
struct touch_track {
	bool is_down;
	bool is_wandering; /* left the place where it came down */
	int32_t finger;
	int32_t start_x_px, start_y_px;
	int32_t x_px, y_px; /* last reported */
	bool was_up;
	uint64_t up_usec;
};

/* Into the drawn image, always inside it. */
void touch_map(const struct touch_screen *screen, double x, double y, int32_t *x_px, int32_t *y_px);

/* True if *event is to be reported. */
bool touch_track_step(struct touch_track *track, const struct touch_screen *screen,
	const struct touch_point *point, struct touch_event *event);

#endif
