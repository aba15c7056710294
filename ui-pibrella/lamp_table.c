/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lamp_table.c - prints, as JSON, what lamps and buzzer do in each state: made by
 * the code that drives them. For tools/states-picture and tests.
 */
#include <stdio.h>

#include "ui-lamp/lamp.h"
#include "ui-pibrella/tune.h"

static void print_pattern(const struct lamp_pattern *pattern)
{
	(void)printf("[");
	for (uint32_t i = 0; i < pattern->steps_count; i++) {
		const struct lamp_step *step = &pattern->steps[i];

		(void)printf("%s{\"ms\":%u,\"ramp\":%s", i ? "," : "", step->duration_ms,
			step->is_ramp ? "true" : "false");
		for (int lamp = 0; lamp < LAMPS_COUNT; lamp++)
			(void)printf(",\"%s\":%u", lamp_name((enum lamp)lamp), step->level[lamp]);
		(void)printf("}");
	}
	(void)printf("]");
}

static void print_state(enum lamp_state state, enum error_code code, const char *gap)
{
	struct lamp_pattern pattern;

	(void)printf("%s\n{\"state\":\"%s\",\"code\":%d,\"code_name\":\"%s\",\"three\":", gap,
		lamp_state_name(state), (int)code, error_code_name(code));
	lamp_pattern_full(state, code, &pattern);
	print_pattern(&pattern);
	(void)printf(",\"one\":");
	lamp_pattern_single(state, code, LAMP_GREEN, &pattern);
	print_pattern(&pattern);
	(void)printf("}");
}

static void print_tune(enum tune tune, const char *gap)
{
	size_t count;
	const struct tune_note *notes = tune_notes(tune, &count);

	(void)printf("%s\n\"%s\":[", gap, tune_name(tune));
	for (size_t i = 0; i < count; i++)
		(void)printf("%s{\"hz\":%u,\"ms\":%u}", i ? "," : "", notes[i].pitch_hz,
			notes[i].duration_ms);
	(void)printf("]");
}

int main(void)
{
	const char *gap = "";

	(void)printf("{\"states\":[");
	for (int state = 0; state < LAMP_STATES_COUNT; state++) {
		bool has_code = state == LAMP_STATE_ERROR;
		int last = has_code ? ERROR_CODES_COUNT - 1 : ERROR_CODE_NONE;

		for (int code = has_code ? 1 : 0; code <= last; code++, gap = ",")
			print_state((enum lamp_state)state, (enum error_code)code, gap);
	}
	(void)printf("],\n\"tunes\":{");
	gap = "";
	for (int tune = 0; tune < TUNES_COUNT; tune++, gap = ",")
		print_tune((enum tune)tune, gap);
	(void)printf("}}\n");
	return 0;
}
