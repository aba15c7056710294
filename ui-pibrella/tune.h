/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tune.h - the short tunes of the buzzer. Pure. Between 440 and 659 Hz, where a
 * small piezo is heard and does not hurt; told apart by direction and number.
 */
#ifndef IMGTANK_UI_PIBRELLA_TUNE_H
#define IMGTANK_UI_PIBRELLA_TUNE_H

#include <stddef.h>
#include <stdint.h>

enum tune {
	TUNE_GOOD, /* rises: a card is done */
	TUNE_BAD, /* falls and stays low: look at the lamps */
	TUNE_UNDERSTOOD, /* two short high ones: let go */
	TUNE_REFUSED, /* three short low ones: not now */
	TUNES_COUNT
};

struct tune_note {
	uint16_t pitch_hz; /* 0: a rest */
	uint16_t duration_ms;
};

const char *tune_name(enum tune tune);
const struct tune_note *tune_notes(enum tune tune, size_t *count); /* a literal */

#endif
