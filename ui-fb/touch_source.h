/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * touch_source.h - the kernel's input events (linux/input.h, Documentation/input/
 * multi-touch-protocol.rst) decoded: ABS_X, ABS_Y and BTN_TOUCH (or BTN_LEFT), which the
 * kernel also makes of the oldest contact of a multi-touch panel.
 */
#ifndef IMGTANK_UI_FB_TOUCH_SOURCE_H
#define IMGTANK_UI_FB_TOUCH_SOURCE_H

#include "ui-fb/touch_track.h"

#include <linux/input.h>

struct touch_range {
	int32_t min, max;
};

struct touch_decoder {
	struct touch_range range_x, range_y;
	float calibration[6];
	int32_t x, y;
	bool is_pressed; /* as last said */
	bool was_pressed; /* as last reported */
	bool is_moved;
	bool is_cut; /* SYN_DROPPED: wait for the next report */
};

/* Ranges 0 .. 4095 until told otherwise; calibration: 6 or NULL. */
void touch_decoder_init(struct touch_decoder *decoder, const float *calibration);

/* True if *point is a report. */
bool touch_decoder_feed(
	struct touch_decoder *decoder, const struct input_event *event, struct touch_point *point);

enum touch_line {
	TOUCH_LINE_NOTHING, /* comment, description */
	TOUCH_LINE_RANGE, /* taken into the decoder */
	TOUCH_LINE_EVENT, /* *event is set */
};

/*
 * A line of a recording as evemu-record(1) writes it: "E: 12.345678 0003 0000 0512" (type
 * and code in hexadecimal), "A: 00 0 4095 0 0 0" (code, least, most); others are passed over.
 * enum touch_line, or -EINVAL.
 */
int touch_text_line(struct touch_decoder *decoder, const char *line, struct input_event *event);

#endif
