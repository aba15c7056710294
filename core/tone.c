/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/tone.h"

#include "core/summary.h"
#include "core/summary_priv.h"

const char *tone_name(enum tone tone)
{
#define TONES_NAME(symbol, word) [symbol] = (word),
	static const char *const names[] = {TONES(TONES_NAME)};
#undef TONES_NAME
	return names[tone];
}

enum tone tone_of_tank(const struct tank_model *model)
{
	if (model->connection != CONNECTION_UP && model->tank.state != TANK_HALTING)
		return TONE_QUIET;
	switch (model->tank.state) {
	case TANK_IDLE:
		return TONE_GOOD;
	case TANK_BUSY:
		return TONE_WORKING;
	case TANK_ATTENTION:
		return TONE_ATTENTION;
	case TANK_ERROR:
	case TANK_HALTING:
		return TONE_BAD;
	default:
		return TONE_QUIET;
	}
}

/* Busy first: what went wrong meanwhile is told by words, but hands must stay off. */
enum tone tone_of_card(const struct model_card *card)
{
	if (card_state_is_busy(card->state) || model_card_waits_for_turn(card))
		return TONE_WORKING;
	if (model_card_asks(card))
		return TONE_ATTENTION;
	if (model_card_went_wrong(card))
		return TONE_BAD;
	if (model_card_is_ready_to_go(card))
		return TONE_GOOD;
	/* it is to be ejected, or waits for the tank, or was cancelled: not lost, but not done */
	return model_card_is_gone(card) ? TONE_QUIET : TONE_ATTENTION;
}

enum tone tone_of_verdict(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_SAFE_TO_FORMAT:
		return TONE_GOOD;
	case VERDICT_INCOMPLETE:
	case VERDICT_FAILED:
		return TONE_BAD;
	default:
		return TONE_QUIET;
	}
}

enum tone tone_of_level(enum message_level level)
{
	if (level == LEVEL_ERROR)
		return TONE_BAD;
	return level == LEVEL_WARNING ? TONE_ATTENTION : TONE_QUIET;
}
