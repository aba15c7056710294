/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-lamp/lamp.h"

#include <string.h>

#define G(value) [LAMP_GREEN] = (value)
#define A(value) [LAMP_AMBER] = (value)
#define R(value) [LAMP_RED] = (value)

const char *lamp_name(enum lamp lamp)
{
	static const char *const names[] = {"green", "amber", "red"};

	return (unsigned int)lamp < LAMPS_COUNT ? names[lamp] : "?";
}

const char *lamp_state_name(enum lamp_state state)
{
#define WORD(symbol, word) word,
	static const char *const words[] = {LAMP_STATES(WORD)};
#undef WORD

	return (unsigned int)state < LAMP_STATES_COUNT ? words[state] : "?";
}

/* --- from the model --- */

static enum lamp_state state_of_tank(const struct model_tank *tank)
{
	switch (tank->state) {
	case TANK_IDLE:
		return tank->is_done ? LAMP_STATE_DONE : LAMP_STATE_IDLE;
	case TANK_BUSY:
		return LAMP_STATE_BUSY;
	case TANK_ATTENTION:
		return LAMP_STATE_ATTENTION;
	case TANK_ERROR:
		return LAMP_STATE_ERROR;
	case TANK_HALTING:
		return LAMP_STATE_HALTING;
	default:
		return LAMP_STATE_STARTING;
	}
}

/* Counts that grew since they were last seen. A daemon that started anew begins at 0 again. */
static enum lamp_sound sound_of_ends(struct lamp_memory *memory, const struct model_tank *tank)
{
	enum lamp_sound sound = LAMP_SOUND_NONE;

	if (memory->has_counts && tank->good_ends_count > memory->good_ends_count)
		sound = LAMP_SOUND_GOOD;
	if (memory->has_counts && tank->bad_ends_count > memory->bad_ends_count)
		sound = LAMP_SOUND_BAD;
	memory->has_counts = true;
	memory->good_ends_count = tank->good_ends_count;
	memory->bad_ends_count = tank->bad_ends_count;
	return sound;
}

static bool is_on_its_way(const struct tank_model *model, uint64_t now_usec)
{
	return model->protocol_major == 0 &&
		now_usec < model->connection_since_usec + LAMP_STARTING_USEC;
}

struct lamp_view lamp_view(
	struct lamp_memory *memory, const struct tank_model *model, uint64_t now_usec)
{
	const struct model_tank *tank = &model->tank;
	struct lamp_view view = {.state = LAMP_STATE_STARTING};

	memory->is_power_going =
		tank->halting == HALTING_POWEROFF || tank->halting == HALTING_REBOOT;
	if (tank->state == TANK_HALTING) { /* also when the daemon has gone before the power */
		view.state = LAMP_STATE_HALTING;
	} else if (model->connection == CONNECTION_UP) {
		view.state = state_of_tank(tank);
		view.sound = sound_of_ends(memory, tank);
		if (view.state == LAMP_STATE_ERROR)
			view.code = tank->error_code;
	} else if (model->connection == CONNECTION_NONE && !is_on_its_way(model, now_usec)) {
		view.state = LAMP_STATE_NO_CONNECTION;
	}
	return view;
}

/* --- patterns --- */

static void add(struct lamp_pattern *pattern, struct lamp_step step)
{
	if (pattern->steps_count < PATTERN_STEPS_MAX)
		pattern->steps[pattern->steps_count++] = step;
}

#define ADD(pattern, ms, ...) add(pattern, (struct lamp_step){(ms), false, {__VA_ARGS__}})
#define RAMP(pattern, ms, ...) add(pattern, (struct lamp_step){(ms), true, {__VA_ARGS__}})

/* A state of error without a number still blinks. */
static unsigned int blinks_of(enum error_code code)
{
	return code > ERROR_CODE_NONE && code < ERROR_CODES_COUNT ? (unsigned int)code : 1;
}

static void add_error(struct lamp_pattern *pattern, enum error_code code)
{
	for (unsigned int i = 0; i < blinks_of(code); i++) {
		ADD(pattern, 300, R(LAMP_FULL), A(LAMP_FULL));
		ADD(pattern, 300, R(LAMP_FULL));
	}
	ADD(pattern, 1200, R(LAMP_FULL));
}

static void add_pulse(struct lamp_pattern *pattern)
{
	RAMP(pattern, 800, A(LAMP_FULL));
	ADD(pattern, 300, A(LAMP_FULL));
	RAMP(pattern, 800, A(0));
	ADD(pattern, 500, A(0));
}

void lamp_pattern_full(enum lamp_state state, enum error_code code, struct lamp_pattern *pattern)
{
	*pattern = (struct lamp_pattern){0};
	switch (state) {
	case LAMP_STATE_NO_CONNECTION: /* a short wink: somebody is there, but knows nothing */
		ADD(pattern, 100, R(LAMP_FULL));
		ADD(pattern, 1900, R(0));
		break;
	case LAMP_STATE_IDLE:
	case LAMP_STATE_DONE:
		ADD(pattern, 1000, G(LAMP_FULL));
		break;
	case LAMP_STATE_BUSY:
		add_pulse(pattern);
		break;
	case LAMP_STATE_ATTENTION:
		ADD(pattern, 500, G(LAMP_FULL));
		ADD(pattern, 500, A(LAMP_FULL));
		break;
	case LAMP_STATE_ERROR:
		add_error(pattern, code);
		break;
	default: /* starting, halting */
		ADD(pattern, 200, R(LAMP_FULL));
		ADD(pattern, 200, R(0));
	}
}

/* On and off by turns, beginning with on. */
static void add_rhythm(
	struct lamp_pattern *pattern, enum lamp lamp, const uint16_t *ms, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct lamp_step step = {.duration_ms = ms[i]};

		step.level[lamp] = i % 2 ? 0 : LAMP_FULL;
		add(pattern, step);
	}
}

#define RHYTHM(pattern, lamp, ...)                                                                 \
	add_rhythm(pattern, lamp, (const uint16_t[]){__VA_ARGS__},                                 \
		sizeof((uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t))

/* A flicker says trouble; counted blinks behind it say which. */
static void add_single_error(struct lamp_pattern *pattern, enum error_code code, enum lamp lamp)
{
	RHYTHM(pattern, lamp, 60, 60, 60, 60, 60, 60, 60, 900);
	for (unsigned int i = 1; i < blinks_of(code); i++)
		RHYTHM(pattern, lamp, 400, 400);
	RHYTHM(pattern, lamp, 400, 1200);
}

void lamp_pattern_single(
	enum lamp_state state, enum error_code code, enum lamp lamp, struct lamp_pattern *pattern)
{
	*pattern = (struct lamp_pattern){0};
	switch (state) {
	case LAMP_STATE_NO_CONNECTION:
		RHYTHM(pattern, lamp, 60, 60, 60, 60, 60, 60, 60, 1580);
		break;
	case LAMP_STATE_IDLE:
		RHYTHM(pattern, lamp, 2700, 300);
		break;
	case LAMP_STATE_BUSY:
		RHYTHM(pattern, lamp, 800, 800);
		break;
	case LAMP_STATE_DONE:
		RHYTHM(pattern, lamp, 1500, 150, 150, 150);
		break;
	case LAMP_STATE_ATTENTION:
		RHYTHM(pattern, lamp, 150, 200, 600, 600);
		break;
	case LAMP_STATE_ERROR:
		add_single_error(pattern, code, lamp);
		break;
	default:
		RHYTHM(pattern, lamp, 200, 200);
	}
}

/* Which lamps a state speaks with, the most fitting first. */
static const enum lamp *lamps_of(enum lamp_state state)
{
	static const enum lamp calm[] = {LAMP_GREEN, LAMP_AMBER, LAMP_RED};
	static const enum lamp busy[] = {LAMP_AMBER, LAMP_GREEN, LAMP_RED};
	static const enum lamp trouble[] = {LAMP_RED, LAMP_AMBER, LAMP_GREEN};

	switch (state) {
	case LAMP_STATE_IDLE:
	case LAMP_STATE_DONE:
		return calm;
	case LAMP_STATE_BUSY:
	case LAMP_STATE_ATTENTION:
		return busy;
	default:
		return trouble;
	}
}

static uint32_t lamps_used(const struct lamp_pattern *pattern)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < pattern->steps_count; i++)
		for (int lamp = 0; lamp < LAMPS_COUNT; lamp++)
			if (pattern->steps[i].level[lamp])
				used |= LAMP_BIT(lamp);
	return used;
}

void lamp_pattern(
	enum lamp_state state, enum error_code code, uint32_t lamps, struct lamp_pattern *pattern)
{
	const enum lamp *fitting = lamps_of(state);
	bool is_alone = !(lamps & (lamps - 1));
	size_t i = 0;

	lamp_pattern_full(state, code, pattern);
	if (!is_alone && !(lamps_used(pattern) & ~lamps))
		return;
	while (i < LAMPS_COUNT - 1 && !(lamps & LAMP_BIT(fitting[i])))
		i++;
	lamp_pattern_single(state, code, fitting[i], pattern);
}

/* --- over time --- */

uint32_t lamp_pattern_ms(const struct lamp_pattern *pattern)
{
	uint32_t sum_ms = 0;

	for (uint32_t i = 0; i < pattern->steps_count; i++)
		sum_ms += pattern->steps[i].duration_ms;
	return sum_ms;
}

/* The number of the step, and how long it has been going on. */
static uint32_t find_step(
	const struct lamp_pattern *pattern, uint64_t at_usec, uint64_t *inside_usec)
{
	uint64_t rest_usec = at_usec % (lamp_pattern_ms(pattern) * UINT64_C(1000));
	uint32_t i = 0;

	while (rest_usec >= pattern->steps[i].duration_ms * UINT64_C(1000))
		rest_usec -= pattern->steps[i++].duration_ms * UINT64_C(1000);
	*inside_usec = rest_usec;
	return i;
}

uint32_t lamp_level(const struct lamp_pattern *pattern, enum lamp lamp, uint64_t at_usec)
{
	uint64_t inside_usec;
	uint32_t i = find_step(pattern, at_usec, &inside_usec);
	const struct lamp_step *step = &pattern->steps[i];
	const struct lamp_step *before =
		&pattern->steps[(i + pattern->steps_count - 1) % pattern->steps_count];
	int64_t from = before->level[lamp], to = step->level[lamp];

	if (!step->is_ramp)
		return step->level[lamp];
	return (uint32_t)(from +
		(to - from) * (int64_t)inside_usec / (step->duration_ms * INT64_C(1000)));
}

const struct lamp_step *lamp_step_at(
	const struct lamp_pattern *pattern, uint64_t at_usec, uint64_t *left_usec)
{
	uint64_t inside_usec;
	const struct lamp_step *step = &pattern->steps[find_step(pattern, at_usec, &inside_usec)];

	*left_usec = pattern->steps_count == 1 ? UINT64_MAX
					       : step->duration_ms * UINT64_C(1000) - inside_usec;
	return step;
}
