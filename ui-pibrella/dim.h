/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dim.h - brightness from a line that is only on or off: 100 times a second it is
 * on for a part of the time. Pure: says how the line is, and until when.
 *
 * The eye sees the square root of the light, so the part is the square of the
 * brightness. Timers wake up to 0.1 ms late, which would flicker in very short
 * flashes: below 6 % of the time the lamp is off, above 94 % it is on.
 */
#ifndef IMGTANK_UI_PIBRELLA_DIM_H
#define IMGTANK_UI_PIBRELLA_DIM_H

#include <stdbool.h>

#include "ui-lamp/lamp.h"

#define DIM_PERIOD_USEC UINT64_C(10000)

/* Is the lamp on, so long after the pattern's beginning? */
bool dim_is_on(const struct lamp_pattern *pattern, enum lamp lamp, uint64_t at_usec);

/* Time until any lamp may change; UINT64_MAX if nothing moves. */
uint64_t dim_next_usec(const struct lamp_pattern *pattern, uint64_t at_usec);

#endif
