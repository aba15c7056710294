/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * button.h - one button: a short press, or held. Pure: fed with edges and time.
 *
 * Holding counts while the button is still down, so that the person hears when
 * to let go. A contact that bounces is not two presses.
 */
#ifndef IMGTANK_UI_PIBRELLA_BUTTON_H
#define IMGTANK_UI_PIBRELLA_BUTTON_H

#include <stdbool.h>
#include <stdint.h>

#define BUTTON_BOUNCE_USEC UINT64_C(20000)
#define BUTTON_HELD_USEC UINT64_C(2000000)
#define BUTTON_INSISTED_USEC UINT64_C(6000000)
#define BUTTON_NEVER UINT64_MAX

enum button_act {
	BUTTON_NOTHING,
	BUTTON_PRESSED, /* down and up again before it counted as held */
	BUTTON_HELD, /* 2 s, still down */
	BUTTON_INSISTED, /* 6 s, still down */
};

struct button {
	uint64_t bounce_usec; /* 0: the kernel filters already */
	bool is_down; /* settled */
	bool is_raw_down; /* as the line says */
	uint64_t raw_usec; /* since when */
	uint64_t down_usec; /* begin of this press */
	enum button_act reached; /* of this press: NOTHING, HELD, INSISTED */
};

void button_init(struct button *button, uint64_t bounce_usec);

/* The line changed. Call button_step() next. */
void button_edge(struct button *button, bool is_down, uint64_t now_usec);

/* What happened up to now, one thing at a time: call it until BUTTON_NOTHING. */
enum button_act button_step(struct button *button, uint64_t now_usec);

/* When to call button_step() though no edge came; BUTTON_NEVER. */
uint64_t button_deadline(const struct button *button);

#endif
