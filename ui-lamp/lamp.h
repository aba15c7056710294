/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lamp.h - what lamps say: from the tank's state to light over time, for three
 * lamps or for one. Pure; who drives real lamps is in ui-pibrella and ui-led.
 *
 * A pattern is a list of steps that starts again behind its end. Each step has,
 * for each lamp, the brightness that is reached at its end: at once, or, in a
 * ramp, evenly from that of the step before.
 *
 * With one lamp, states are told apart by rhythm alone: nothing is "on" or "off",
 * for the polarity of many lamps on the board of a Raspberry Pi is not certain.
 */
#ifndef IMGTANK_UI_LAMP_LAMP_H
#define IMGTANK_UI_LAMP_LAMP_H

#include "core/model.h"

enum lamp { LAMP_GREEN, LAMP_AMBER, LAMP_RED, LAMPS_COUNT };

#define LAMP_BIT(lamp) (1U << (lamp))
#define LAMPS_ALL (LAMP_BIT(LAMP_GREEN) | LAMP_BIT(LAMP_AMBER) | LAMP_BIT(LAMP_RED))
#define LAMP_FULL 100 /* percent of brightness, as the eye sees it */
#define PATTERN_STEPS_MAX 24
#define LAMP_STARTING_USEC (UINT64_C(60) * 1000000)

/* X(symbol, word): the tank's states, and two more that lamps can show */
#define LAMP_STATES(X)                                                                             \
	X(LAMP_STATE_NO_CONNECTION, "no-connection")                                               \
	X(LAMP_STATE_STARTING, "starting")                                                         \
	X(LAMP_STATE_IDLE, "idle")                                                                 \
	X(LAMP_STATE_BUSY, "busy")                                                                 \
	X(LAMP_STATE_DONE, "done") /* idle, and a finished card waits to be taken out */           \
	X(LAMP_STATE_ATTENTION, "attention")                                                       \
	X(LAMP_STATE_ERROR, "error")                                                               \
	X(LAMP_STATE_HALTING, "halting")

#define LAMP_ENUM(symbol, word) symbol,
enum lamp_state { LAMP_STATES(LAMP_ENUM) LAMP_STATES_COUNT };
#undef LAMP_ENUM

enum lamp_sound { LAMP_SOUND_NONE, LAMP_SOUND_GOOD, LAMP_SOUND_BAD };

/* What the lamps show now. */
struct lamp_view {
	enum lamp_state state;
	enum error_code code; /* with LAMP_STATE_ERROR: its number is blinked */
	enum lamp_sound sound; /* to be played once */
};

/* What has to be remembered from one model to the next; starts zeroed. */
struct lamp_memory {
	bool has_counts;
	uint32_t good_ends_count, bad_ends_count; /* as last seen */
	bool is_power_going; /* a shutdown was announced */
};

struct lamp_step {
	uint16_t duration_ms;
	bool is_ramp;
	uint8_t level[LAMPS_COUNT]; /* percent, at the end of the step */
};

struct lamp_pattern {
	uint32_t steps_count; /* 1: nothing moves */
	struct lamp_step steps[PATTERN_STEPS_MAX];
};

const char *lamp_name(enum lamp lamp);
const char *lamp_state_name(enum lamp_state state);

/*
 * What the model means for lamps. A daemon that was never there is on its way, as at boot; after
 * LAMP_STARTING_USEC it is missing. now_usec: CLOCK_MONOTONIC.
 */
struct lamp_view lamp_view(
	struct lamp_memory *memory, const struct tank_model *model, uint64_t now_usec);

/* For three lamps. */
void lamp_pattern_full(enum lamp_state state, enum error_code code, struct lamp_pattern *pattern);

/* All in the rhythm of this one lamp; the others stay dark. */
void lamp_pattern_single(
	enum lamp_state state, enum error_code code, enum lamp lamp, struct lamp_pattern *pattern);

/*
 * For the lamps that there are (LAMP_BITs): as with three, if those that matter
 * in this state are there; else the rhythm, on the most fitting one.
 */
void lamp_pattern(
	enum lamp_state state, enum error_code code, uint32_t lamps, struct lamp_pattern *pattern);

uint32_t lamp_pattern_ms(const struct lamp_pattern *pattern); /* of one round */

/* Brightness of a lamp in percent, so long after the pattern's beginning. */
uint32_t lamp_level(const struct lamp_pattern *pattern, enum lamp lamp, uint64_t at_usec);

/* The step at this time; *left_usec: until the next. UINT64_MAX if nothing moves. */
const struct lamp_step *lamp_step_at(
	const struct lamp_pattern *pattern, uint64_t at_usec, uint64_t *left_usec);

#endif
