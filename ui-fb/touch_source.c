/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/touch_source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const float identity[6] = {1, 0, 0, 0, 1, 0};

void touch_decoder_init(struct touch_decoder *decoder, const float *calibration)
{
	*decoder = (struct touch_decoder){.range_x = {0, 4095}, .range_y = {0, 4095}};
	memcpy(decoder->calibration, calibration ? calibration : identity, sizeof(identity));
}

static double part_of(int32_t value, const struct touch_range *range)
{
	double width = (double)range->max - range->min;

	return width > 0 ? ((double)value - range->min) / width : 0;
}

static uint64_t event_usec(const struct input_event *event)
{
	return (uint64_t)event->input_event_sec * 1000000 + (uint64_t)event->input_event_usec;
}

static void point_fill(
	const struct touch_decoder *decoder, uint64_t time_usec, struct touch_point *point)
{
	double x = part_of(decoder->x, &decoder->range_x);
	double y = part_of(decoder->y, &decoder->range_y);
	const float *c = decoder->calibration;

	*point = (struct touch_point){
		.x = (double)c[0] * x + (double)c[1] * y + (double)c[2],
		.y = (double)c[3] * x + (double)c[4] * y + (double)c[5],
		.time_usec = time_usec,
	};
}

/* The end of a group of events: what changed? */
static bool report(
	struct touch_decoder *decoder, const struct input_event *event, struct touch_point *point)
{
	bool is_edge = decoder->is_pressed != decoder->was_pressed;
	bool is_report = is_edge || (decoder->is_pressed && decoder->is_moved);

	point_fill(decoder, event_usec(event), point);
	if (decoder->is_cut) {
		/* What was missed may have been the release. */
		point->kind = TOUCH_CANCEL;
		is_report = decoder->was_pressed;
		decoder->is_pressed = false;
	} else if (is_edge) {
		point->kind = decoder->is_pressed ? TOUCH_DOWN : TOUCH_UP;
	} else {
		point->kind = TOUCH_MOVE;
	}
	decoder->was_pressed = decoder->is_pressed;
	decoder->is_moved = false;
	decoder->is_cut = false;
	return is_report;
}

bool touch_decoder_feed(
	struct touch_decoder *decoder, const struct input_event *event, struct touch_point *point)
{
	if (event->type == EV_SYN && event->code == SYN_REPORT)
		return report(decoder, event, point);
	if (event->type == EV_SYN && event->code == SYN_DROPPED)
		decoder->is_cut = true;
	if (event->type == EV_KEY && (event->code == BTN_TOUCH || event->code == BTN_LEFT))
		decoder->is_pressed = event->value != 0;
	if (event->type == EV_ABS && (event->code == ABS_X || event->code == ABS_Y)) {
		*(event->code == ABS_X ? &decoder->x : &decoder->y) = event->value;
		decoder->is_moved = true;
	}
	return false;
}

static int range_line(struct touch_decoder *decoder, const char *line)
{
	unsigned int code;
	int min;
	int max;

	if (sscanf(line, "A: %2x %9d %9d", &code, &min, &max) != 3 || min >= max)
		return -EINVAL;
	if (code == ABS_X)
		decoder->range_x = (struct touch_range){min, max};
	if (code == ABS_Y)
		decoder->range_y = (struct touch_range){min, max};
	return TOUCH_LINE_RANGE;
}

int touch_text_line(struct touch_decoder *decoder, const char *line, struct input_event *event)
{
	unsigned int seconds;
	unsigned int microseconds;
	unsigned int type;
	unsigned int code;
	int value;

	if (strncmp(line, "A:", 2) == 0)
		return range_line(decoder, line);
	if (strncmp(line, "E:", 2) != 0)
		return TOUCH_LINE_NOTHING;
	if (sscanf(line, "E: %9u.%6u %4x %4x %9d", &seconds, &microseconds, &type, &code, &value) !=
		5)
		return -EINVAL;
	*event = (struct input_event){
		.type = (uint16_t)type, .code = (uint16_t)code, .value = value};
	event->input_event_sec = (__typeof__(event->input_event_sec))seconds;
	event->input_event_usec = (__typeof__(event->input_event_usec))microseconds;
	return TOUCH_LINE_EVENT;
}
