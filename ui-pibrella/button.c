/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-pibrella/button.h"

void button_init(struct button *button, uint64_t bounce_usec)
{
	*button = (struct button){.bounce_usec = bounce_usec};
}

void button_edge(struct button *button, bool is_down, uint64_t now_usec)
{
	if (is_down == button->is_raw_down)
		return;
	button->is_raw_down = is_down;
	button->raw_usec = now_usec;
}

/* The line has said something else for long enough. */
static bool has_settled(const struct button *button, uint64_t now_usec)
{
	return button->is_raw_down != button->is_down &&
		now_usec - button->raw_usec >= button->bounce_usec;
}

static enum button_act turn(struct button *button)
{
	enum button_act act = BUTTON_NOTHING;

	button->is_down = button->is_raw_down;
	if (button->is_down)
		button->down_usec = button->raw_usec;
	else if (button->reached == BUTTON_NOTHING)
		act = BUTTON_PRESSED;
	button->reached = BUTTON_NOTHING;
	return act;
}

static uint64_t next_hold_usec(const struct button *button)
{
	if (!button->is_down || !button->is_raw_down || button->reached == BUTTON_INSISTED)
		return BUTTON_NEVER;
	return button->down_usec +
		(button->reached == BUTTON_HELD ? BUTTON_INSISTED_USEC : BUTTON_HELD_USEC);
}

enum button_act button_step(struct button *button, uint64_t now_usec)
{
	if (has_settled(button, now_usec)) {
		enum button_act act = turn(button);

		if (act != BUTTON_NOTHING)
			return act;
	}
	if (now_usec < next_hold_usec(button) || next_hold_usec(button) == BUTTON_NEVER)
		return BUTTON_NOTHING;
	button->reached = button->reached == BUTTON_HELD ? BUTTON_INSISTED : BUTTON_HELD;
	return button->reached;
}

uint64_t button_deadline(const struct button *button)
{
	if (button->is_raw_down != button->is_down)
		return button->raw_usec + button->bounce_usec;
	return next_hold_usec(button);
}
