/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sound.h - plays tunes on a passive buzzer, which needs a square wave: from the
 * chip's PWM if the configuration names one, else by switching its line from a
 * thread that lives as long as the tune. Nobody waits for a tune: a new one ends
 * the old one.
 */
#ifndef IMGTANK_UI_PIBRELLA_SOUND_H
#define IMGTANK_UI_PIBRELLA_SOUND_H

#include "ui-pibrella/board.h"
#include "ui-pibrella/tune.h"

struct sound;

/* Channel of a PWM in /sys/class/pwm. */
struct sound_pwm {
	bool is_wanted;
	unsigned int chip, channel;
};

/*
 * Driver and board are borrowed until sound_free(). Without the PWM that is wanted it says
 * so and switches the line. -ENOMEM.
 */
int sound_new(struct sound **ret, const struct board_driver *driver, struct board *board,
	const char *sysfs, const struct sound_pwm *pwm);

void sound_play(struct sound *sound, enum tune tune); /* accepts NULL */

/* The buzzer off, in a handler of crashes. Accepts NULL. */
void sound_crash(const struct sound *sound);

void sound_free(struct sound *sound); /* ends a tune; accepts NULL */

#endif
