/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-pibrella/dim.h"

#define SHORTEST_USEC (DIM_PERIOD_USEC * 6 / 100)

/* On-time in a period, from the level at its begin: it does not change half-way. */
static uint64_t on_usec(const struct lamp_pattern *pattern, enum lamp lamp, uint64_t at_usec)
{
	uint64_t level = lamp_level(pattern, lamp, at_usec - at_usec % DIM_PERIOD_USEC);
	uint64_t on = DIM_PERIOD_USEC * level * level / (LAMP_FULL * LAMP_FULL);

	if (on < SHORTEST_USEC)
		return 0;
	return on > DIM_PERIOD_USEC - SHORTEST_USEC ? DIM_PERIOD_USEC : on;
}

bool dim_is_on(const struct lamp_pattern *pattern, enum lamp lamp, uint64_t at_usec)
{
	uint64_t left_usec;

	if (!lamp_step_at(pattern, at_usec, &left_usec)->is_ramp)
		return lamp_level(pattern, lamp, at_usec) > 0;
	return at_usec % DIM_PERIOD_USEC < on_usec(pattern, lamp, at_usec);
}

uint64_t dim_next_usec(const struct lamp_pattern *pattern, uint64_t at_usec)
{
	uint64_t inside_usec = at_usec % DIM_PERIOD_USEC, left_usec, next_usec;
	const struct lamp_step *step = lamp_step_at(pattern, at_usec, &left_usec);

	if (!step->is_ramp)
		return left_usec;
	next_usec = DIM_PERIOD_USEC - inside_usec;
	for (int lamp = 0; lamp < LAMPS_COUNT; lamp++) {
		uint64_t on = on_usec(pattern, (enum lamp)lamp, at_usec);

		if (on > inside_usec && on - inside_usec < next_usec)
			next_usec = on - inside_usec;
	}
	return next_usec < left_usec ? next_usec : left_usec;
}
