/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/states.h"

#include <errno.h>
#include <string.h>

#define NAME_OF(symbol, word) [symbol] = (word),

static const char *const card_names[] = {CARD_STATES(NAME_OF)};
static const char *const tank_names[] = {TANK_STATES(NAME_OF)};
static const char *const verdict_names[] = {VERDICTS(NAME_OF)};

const char *card_state_name(enum card_state state)
{
	return card_names[state];
}

const char *tank_state_name(enum tank_state state)
{
	return tank_names[state];
}

const char *verdict_name(enum verdict verdict)
{
	return verdict_names[verdict];
}

static int find_word(const char *const *words, int count, const char *word)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(words[i], word))
			return i;
	return -EINVAL;
}

int card_state_parse(const char *word, enum card_state *ret)
{
	int i = find_word(card_names, CARD_STATES_COUNT, word);

	if (i >= 0)
		*ret = (enum card_state)i;
	return i < 0 ? i : 0;
}

int tank_state_parse(const char *word, enum tank_state *ret)
{
	int i = find_word(tank_names, TANK_STATES_COUNT, word);

	if (i >= 0)
		*ret = (enum tank_state)i;
	return i < 0 ? i : 0;
}

int verdict_parse(const char *word, enum verdict *ret)
{
	int i = find_word(verdict_names, VERDICTS_COUNT, word);

	if (i >= 0)
		*ret = (enum verdict)i;
	return i < 0 ? i : 0;
}
