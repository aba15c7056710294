/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/card.h"

#include <errno.h>
#include <stdint.h>

#define IN(state) (UINT32_C(1) << (state))
#define IN_WORK (IN(CARD_SCANNING) | IN(CARD_COPYING) | IN(CARD_VERIFYING))
#define IN_END (IN(CARD_DONE) | IN(CARD_PARTIAL) | IN(CARD_FAILED) | IN(CARD_CANCELLED))
#define IN_REST (IN(CARD_INSERTED) | IN(CARD_WAITING) | IN_END | IN(CARD_UNMOUNTED))

static const struct {
	enum card_input input;
	uint32_t from;
	struct card_phase to;
} rules[] = {
	{CARD_INPUT_UNSUPPORTED, IN(CARD_INSERTED) | IN(CARD_WAITING),
		{CARD_WAITING, WAITING_UNSUPPORTED}},
	{CARD_INPUT_ASK, IN(CARD_INSERTED), {CARD_WAITING, WAITING_ASK}},
	{CARD_INPUT_LEAVE, IN(CARD_INSERTED), {CARD_UNMOUNTED, WAITING_NONE}},
	{CARD_INPUT_NO_TANK, IN_REST | IN_WORK, {CARD_WAITING, WAITING_NO_TANK}},
	{CARD_INPUT_TURN, IN_REST, {CARD_WAITING, WAITING_TURN}},
	{CARD_INPUT_BEGIN, IN_REST, {CARD_SCANNING, WAITING_NONE}},
	{CARD_INPUT_SCANNING, IN(CARD_SCANNING), {CARD_SCANNING, WAITING_NONE}},
	{CARD_INPUT_COPYING, IN(CARD_SCANNING) | IN(CARD_COPYING), {CARD_COPYING, WAITING_NONE}},
	{CARD_INPUT_VERIFYING, IN_WORK, {CARD_VERIFYING, WAITING_NONE}},
	{CARD_INPUT_DONE, IN_WORK, {CARD_DONE, WAITING_NONE}},
	{CARD_INPUT_PARTIAL, IN_WORK, {CARD_PARTIAL, WAITING_NONE}},
	{CARD_INPUT_FAILED, IN_WORK, {CARD_FAILED, WAITING_NONE}},
	{CARD_INPUT_CANCELLED, IN_WORK, {CARD_CANCELLED, WAITING_NONE}},
	{CARD_INPUT_DECLINED, IN(CARD_INSERTED) | IN(CARD_WAITING), {CARD_UNMOUNTED, WAITING_NONE}},
	{CARD_INPUT_SAFE, IN_END, {CARD_UNMOUNTED, WAITING_NONE}},
	{CARD_INPUT_PULLED, IN_WORK, {CARD_REMOVED_EARLY, WAITING_NONE}},
	{CARD_INPUT_PULLED, IN_REST, {CARD_REMOVED, WAITING_NONE}},
	{CARD_INPUT_SEEN, IN(CARD_REMOVED_EARLY), {CARD_REMOVED, WAITING_NONE}},
};

int card_next_state(struct card_phase from, enum card_input input, struct card_phase *ret)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].input == input && (rules[i].from & IN(from.state))) {
			*ret = rules[i].to;
			return 0;
		}
	}
	return -EINVAL;
}

int card_input_of_work(enum card_state state, enum card_input *ret)
{
	static const struct {
		enum card_state state;
		enum card_input input;
	} inputs[] = {
		{CARD_SCANNING, CARD_INPUT_SCANNING},
		{CARD_COPYING, CARD_INPUT_COPYING},
		{CARD_VERIFYING, CARD_INPUT_VERIFYING},
	};

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		if (inputs[i].state == state) {
			*ret = inputs[i].input;
			return 0;
		}
	}
	return -EINVAL;
}

const char *card_input_name(enum card_input input)
{
#define NAME_OF(symbol, word) [symbol] = (word),
	static const char *const names[] = {CARD_INPUTS(NAME_OF)};
#undef NAME_OF

	return names[input];
}
