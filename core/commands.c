/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/commands.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *word, *label, *summary;
	enum command_about about;
} commands[] = {[COMMAND_NONE] = {"none", "", "", COMMAND_ABOUT_NONE},
#define COMMAND_ROW(symbol, word, label, summary, about)                                           \
	[symbol] = {(word), (label), (summary), COMMAND_ABOUT_##about},
	COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
};

const char *command_name(enum command command)
{
	return commands[command].word;
}

const char *command_label(enum command command)
{
	return commands[command].label;
}

const char *command_summary(enum command command)
{
	return commands[command].summary;
}

enum command_about command_about(enum command command)
{
	return commands[command].about;
}

int command_parse(const char *word, enum command *ret)
{
	for (int i = COMMAND_NONE + 1; i < COMMANDS_COUNT; i++) {
		if (!strcmp(commands[i].word, word)) {
			*ret = (enum command)i;
			return 0;
		}
	}
	return -EINVAL;
}
