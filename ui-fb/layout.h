/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * layout.h - the measures of a screen: chosen for its size in pixels and, where it
 * is known, in millimetres. Each class has a design of its own in screen_*.c.
 */
#ifndef IMGTANK_UI_FB_LAYOUT_H
#define IMGTANK_UI_FB_LAYOUT_H

#include <stdbool.h>

#define LAYOUT_TOUCH_MM 9 /* no button is smaller, where millimetres are known */

enum layout_class {
	LAYOUT_WORDS, /* 128 x 64: few big words, nothing to touch */
	LAYOUT_COMPACT, /* 240 x 240, 320 x 240: a coloured head, words, buttons */
	LAYOUT_ROOMY, /* from 480 x 320: a picture or sign beside the words */
};

struct layout_options {
	int width_px, height_px;
	int width_mm, height_mm; /* 0: not known */
	bool is_mono;
	bool has_touch;
};

struct layout {
	enum layout_class class;
	int width_px, height_px;
	bool is_mono;
	bool has_touch;
	bool is_portrait; /* words below the picture instead of beside it */
	int margin_px; /* to the edge, and around what belongs together */
	int gap_px; /* between things */
	int head_px; /* the line at the top */
	int button_px; /* height of a button */
	int radius_px;
	int huge_px, title_px, large_px, body_px, small_px; /* letters */
};

struct layout layout_choose(const struct layout_options *options);

#endif
