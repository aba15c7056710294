/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-tty/keys.h"

#define ANYWHERE (KEYS_MAIN | KEYS_PAGE)

static const struct key keys[] = {
	{'c', "c", "Copy", "Copy a card that waits for a yes", ACTION_COMMAND, COMMAND_CONFIRM,
		ANYWHERE, true},
	{'e', "e", "Eject", "Make the card safe to take out", ACTION_COMMAND, COMMAND_EJECT,
		ANYWHERE, true},
	{'x', "x", "Cancel", "Stop copying; finished files stay", ACTION_CANCEL, COMMAND_CANCEL,
		ANYWHERE, true},
	{'r', "r", "Try again", "Import the card once more", ACTION_COMMAND, COMMAND_RETRY,
		ANYWHERE, true},
	{'a', "a", "Understood", "I have seen the problem", ACTION_COMMAND, COMMAND_ACK, ANYWHERE,
		true},
	{KEY_CODE_ENTER, "Enter", "Details", "All about the selected card", ACTION_DETAILS,
		COMMAND_NONE, KEYS_MAIN, true},
	{'h', "h", "History", "Earlier imports and messages", ACTION_HISTORY, COMMAND_NONE,
		ANYWHERE, true},
	{'w', "w", "Connect", "Reach the tank from a phone: its Wi-Fi, its page", ACTION_CONNECT,
		COMMAND_NONE, ANYWHERE, true},
	{'p', "p", "Power", "Shut the box down, or restart it; asks first", ACTION_POWER,
		COMMAND_NONE, ANYWHERE, true},
	{'?', "?", "Help", "This page", ACTION_HELP, COMMAND_NONE, ANYWHERE, true},
	{'q', "q", "Quit", "Leave this screen; copying goes on", ACTION_QUIT, COMMAND_NONE,
		KEYS_MAIN, true},
	{'q', "q", "Back", NULL, ACTION_BACK, COMMAND_NONE, KEYS_PAGE, true},
	{KEY_CODE_ESCAPE, "Esc", "Back", "Back to the first screen", ACTION_BACK, COMMAND_NONE,
		KEYS_PAGE, false},
	{KEY_CODE_ENTER, "Enter", "Back", NULL, ACTION_BACK, COMMAND_NONE, KEYS_PAGE, false},
	{KEY_CODE_UP, "Up", "", "Select the card above; scroll", ACTION_UP, COMMAND_NONE, ANYWHERE,
		false},
	{KEY_CODE_DOWN, "Down", "", "Select the card below; scroll", ACTION_DOWN, COMMAND_NONE,
		ANYWHERE, false},
	{'k', "k", "", NULL, ACTION_UP, COMMAND_NONE, ANYWHERE, false},
	{'j', "j", "", NULL, ACTION_DOWN, COMMAND_NONE, ANYWHERE, false},
	{KEY_CODE_PAGE_UP, "PgUp", "", NULL, ACTION_PAGE_UP, COMMAND_NONE, ANYWHERE, false},
	{KEY_CODE_PAGE_DOWN, "PgDn", "", NULL, ACTION_PAGE_DOWN, COMMAND_NONE, ANYWHERE, false},
	{' ', "Space", "", NULL, ACTION_PAGE_DOWN, COMMAND_NONE, KEYS_PAGE, false},
	{'s', "s", "Shut down", NULL, ACTION_SHUTDOWN, COMMAND_POWEROFF, KEYS_POWER, false},
	{'r', "r", "Restart", NULL, ACTION_RESTART, COMMAND_REBOOT, KEYS_POWER, false},
	{KEY_CODE_ESCAPE, "Esc", "Back", NULL, ACTION_NO, COMMAND_NONE, KEYS_POWER, false},
	{'q', "q", "Back", NULL, ACTION_NO, COMMAND_NONE, KEYS_POWER, false},
	{'n', "n", "Back", NULL, ACTION_NO, COMMAND_NONE, KEYS_POWER, false},
	{'y', "y", "Yes", NULL, ACTION_YES, COMMAND_NONE, KEYS_QUESTION, false},
	{'n', "n", "No", NULL, ACTION_NO, COMMAND_NONE, KEYS_QUESTION, false},
	{'q', "q", "No", NULL, ACTION_NO, COMMAND_NONE, KEYS_QUESTION, false},
	{KEY_CODE_ESCAPE, "Esc", "No", NULL, ACTION_NO, COMMAND_NONE, KEYS_QUESTION, false},
};

const struct key *keys_at(size_t index)
{
	return index < sizeof(keys) / sizeof(keys[0]) ? &keys[index] : NULL;
}

const struct key *keys_find(int key, enum key_place place)
{
	if (key >= 'A' && key <= 'Z')
		key += 'a' - 'A';
	for (size_t i = 0; keys_at(i); i++)
		if (keys[i].key == key && keys[i].places & place)
			return &keys[i];
	return NULL;
}

bool keys_is_offered(
	const struct key *key, const struct tank_model *model, const struct model_card *card)
{
	switch (key->action) {
	case ACTION_COMMAND:
	case ACTION_CANCEL:
		return card && card->commands & COMMAND_BIT(key->command);
	case ACTION_CONNECT:
		return model_access_is_there(&model->access);
	case ACTION_DETAILS:
		return card != NULL;
	case ACTION_POWER:
		return model->tank.commands &
			(COMMAND_BIT(COMMAND_POWEROFF) | COMMAND_BIT(COMMAND_REBOOT));
	default:
		return true;
	}
}
