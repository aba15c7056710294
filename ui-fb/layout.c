/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/layout.h"

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int greatest(int a, int b)
{
	return a > b ? a : b;
}

struct measures {
	int from_px; /* shorter side */
	int margin, gap, head, button, radius, huge, title, large, body, small;
};

/* Each line is set by eye for its kind of screen, at arm's length. */
static const struct measures measures[] = {
	{0, 2, 2, 0, 0, 0, 36, 18, 14, 12, 11},
	{160, 10, 6, 30, 44, 8, 46, 24, 17, 15, 13},
	{300, 16, 8, 38, 54, 10, 66, 32, 20, 16, 14},
	{440, 24, 12, 52, 68, 14, 100, 50, 30, 23, 20},
	{700, 40, 20, 72, 96, 20, 148, 76, 46, 34, 28},
};

#define MEASURES_COUNT ((int)(sizeof(measures) / sizeof(measures[0])))

static const struct measures *find_measures(int side_px)
{
	int i = MEASURES_COUNT - 1;

	while (i > 0 && side_px < measures[i].from_px)
		i--;
	return &measures[i];
}

/* A finger's breadth in pixels, or 0 where millimetres are not known. */
static int finger_px(const struct layout_options *options)
{
	int across = 0, down = 0;

	if (options->width_mm > 0)
		across = (options->width_px * LAYOUT_TOUCH_MM + options->width_mm - 1) /
			options->width_mm;
	if (options->height_mm > 0)
		down = (options->height_px * LAYOUT_TOUCH_MM + options->height_mm - 1) /
			options->height_mm;
	return greatest(across, down);
}

static enum layout_class choose_class(const struct layout_options *options, int side_px)
{
	if (options->is_mono || side_px < measures[1].from_px)
		return LAYOUT_WORDS;
	return side_px < measures[2].from_px ? LAYOUT_COMPACT : LAYOUT_ROOMY;
}

struct layout layout_choose(const struct layout_options *options)
{
	int side_px = least(options->width_px, options->height_px);
	enum layout_class class = choose_class(options, side_px);
	const struct measures *m = class == LAYOUT_WORDS ? measures : find_measures(side_px);
	/* a third of the screen is the most that a button may take: then it is wide instead */
	int button = least(greatest(m->button, finger_px(options)), options->height_px / 3);

	return (struct layout){
		.class = class,
		.width_px = options->width_px,
		.height_px = options->height_px,
		.is_mono = options->is_mono,
		.has_touch = options->has_touch && class != LAYOUT_WORDS,
		.is_portrait = options->height_px > options->width_px,
		.margin_px = m->margin,
		.gap_px = m->gap,
		.head_px = m->head,
		.button_px = button,
		.radius_px = m->radius,
		.huge_px = m->huge,
		.title_px = m->title,
		.large_px = m->large,
		.body_px = m->body,
		.small_px = m->small,
	};
}
