/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/touch_track.h"

#include <stdlib.h>

/* Resistive panels lose a resting finger for a moment; nobody taps twice in this time. */
#define BOUNCE_USEC 40000U

static int32_t to_px(double part, uint32_t side_px)
{
	double px = part * side_px;

	if (!(px > 0)) /* also what is no number */
		return 0;
	return px >= side_px ? (int32_t)side_px - 1 : (int32_t)px;
}

void touch_map(const struct touch_screen *screen, double x, double y, int32_t *x_px, int32_t *y_px)
{
	double u = x;
	double v = y;

	switch (screen->rotation_deg) {
	case 90:
		u = y;
		v = 1 - x;
		break;
	case 180:
		u = 1 - x;
		v = 1 - y;
		break;
	case 270:
		u = 1 - y;
		v = x;
		break;
	default:
		break;
	}
	*x_px = to_px(u, screen->width_px);
	*y_px = to_px(v, screen->height_px);
}

/* How far a finger may roll and still tap: a twentieth of the short side. */
static int32_t slop_px(const struct touch_screen *screen)
{
	uint32_t side = screen->width_px < screen->height_px ? screen->width_px : screen->height_px;

	return side / 20 > 4 ? (int32_t)(side / 20) : 4;
}

static bool step_down(
	struct touch_track *track, const struct touch_point *point, int32_t x_px, int32_t y_px)
{
	bool is_bounce = track->was_up && point->time_usec >= track->up_usec &&
		point->time_usec - track->up_usec < BOUNCE_USEC;

	if (track->is_down || is_bounce)
		return false;
	*track = (struct touch_track){
		.is_down = true,
		.finger = point->finger,
		.start_x_px = x_px,
		.start_y_px = y_px,
		.x_px = x_px,
		.y_px = y_px,
	};
	return true;
}

static bool step_move(
	struct touch_track *track, const struct touch_screen *screen, int32_t x_px, int32_t y_px)
{
	int32_t far_px = slop_px(screen);

	if (abs(x_px - track->start_x_px) > far_px || abs(y_px - track->start_y_px) > far_px)
		track->is_wandering = true;
	if (!track->is_wandering || (x_px == track->x_px && y_px == track->y_px))
		return false;
	track->x_px = x_px;
	track->y_px = y_px;
	return true;
}

static bool step_end(struct touch_track *track, const struct touch_point *point)
{
	track->is_down = false;
	track->was_up = true;
	track->up_usec = point->time_usec;
	return true;
}

bool touch_track_step(struct touch_track *track, const struct touch_screen *screen,
	const struct touch_point *point, struct touch_event *event)
{
	bool is_reported = false;
	int32_t x_px;
	int32_t y_px;

	if (screen->width_px == 0 || screen->height_px == 0)
		return false;
	touch_map(screen, point->x, point->y, &x_px, &y_px);
	if (point->kind == TOUCH_DOWN)
		is_reported = step_down(track, point, x_px, y_px);
	else if (track->is_down && point->finger == track->finger)
		is_reported = point->kind == TOUCH_MOVE ? step_move(track, screen, x_px, y_px)
							: step_end(track, point);
	*event = (struct touch_event){
		.kind = point->kind,
		.x_px = track->x_px,
		.y_px = track->y_px,
		.time_usec = point->time_usec,
		.is_tap = point->kind == TOUCH_UP && !track->is_wandering,
	};
	return is_reported;
}
