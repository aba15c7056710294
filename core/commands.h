/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * commands.h - what a person can ask of the tank, whatever they press.
 */
#ifndef IMGTANK_CORE_COMMANDS_H
#define IMGTANK_CORE_COMMANDS_H

#include <stdint.h>

/* X(symbol, word, label of a button, what it does, about: CARD, TANK or NONE) */
#define COMMANDS(X)                                                                                \
	X(COMMAND_CONFIRM, "confirm", "Copy", "Begins to copy a card that waits for a yes", CARD)  \
	X(COMMAND_EJECT, "eject", "Eject", "Makes a card safe to take out", CARD)                  \
	X(COMMAND_CANCEL, "cancel", "Cancel", "Stops copying; finished files stay", CARD)          \
	X(COMMAND_RETRY, "retry", "Try again", "Imports a card once more", CARD)                   \
	X(COMMAND_ACK, "ack", "Understood", "Says that somebody has seen a problem", CARD)         \
	X(COMMAND_POWEROFF, "poweroff", "Shut down", "Shuts the machine down", TANK)               \
	X(COMMAND_REBOOT, "reboot", "Restart", "Starts the machine anew", TANK)                    \
	X(COMMAND_FOLLOW, "follow", "Follow", "Sends a line for every single file too", NONE)      \
	X(COMMAND_PING, "ping", "Ping", "Asks whether the daemon is alive", NONE)

enum command_about {
	COMMAND_ABOUT_NONE, /* about this connection only; anybody may send it */
	COMMAND_ABOUT_CARD,
	COMMAND_ABOUT_TANK,
};

enum command {
	COMMAND_NONE,
#define COMMANDS_ENUM(symbol, word, label, summary, about) symbol,
	COMMANDS(COMMANDS_ENUM)
#undef COMMANDS_ENUM
		COMMANDS_COUNT
};

/* A set of commands: bit COMMAND_BIT(c) stands for c. */
#define COMMAND_BIT(command) (1U << (command))

/* Words and labels are literals, borrowed for good. COMMAND_NONE has "none" and "". */
const char *command_name(enum command command);
const char *command_label(enum command command);
const char *command_summary(enum command command);
enum command_about command_about(enum command command);

int command_parse(const char *word, enum command *ret); /* -EINVAL; never gives COMMAND_NONE */

#endif
