/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keys.h - what can be pressed: one table for the key bar, the help screen and
 * what happens.
 */
#ifndef IMGTANK_UI_TTY_KEYS_H
#define IMGTANK_UI_TTY_KEYS_H

#include <stddef.h>

#include "core/model.h"

enum action {
	ACTION_NONE,
	ACTION_COMMAND, /* the key's command to the selected card */
	ACTION_CANCEL, /* asks before it */
	ACTION_DETAILS,
	ACTION_HISTORY,
	ACTION_POWER,
	ACTION_CONNECT, /* again: the other of Wi-Fi and page */
	ACTION_HELP,
	ACTION_QUIT,
	ACTION_BACK,
	ACTION_UP,
	ACTION_DOWN,
	ACTION_PAGE_UP,
	ACTION_PAGE_DOWN,
	ACTION_SHUTDOWN, /* in the power menu */
	ACTION_RESTART,
	ACTION_YES,
	ACTION_NO,
	ACTION_CARD, /* a card was pointed at; not on a key */
};

/* In which screen or box a key counts. */
enum key_place {
	KEYS_MAIN = 1U << 0,
	KEYS_PAGE = 1U << 1, /* a card's details, history, help */
	KEYS_POWER = 1U << 2,
	KEYS_QUESTION = 1U << 3,
};

struct key {
	int key; /* a character, or one of KEY_ of keys.c's own numbers */
	const char *shown; /* "c", "Enter" */
	const char *label; /* in the key bar */
	const char *help; /* a sentence; NULL: not in the help */
	enum action action;
	enum command command;
	unsigned int places;
	bool is_in_bar;
};

/* Keys without a character, as screen.h reports them. */
#define KEY_CODE_UP 0x110001
#define KEY_CODE_DOWN 0x110002
#define KEY_CODE_PAGE_UP 0x110003
#define KEY_CODE_PAGE_DOWN 0x110004
#define KEY_CODE_ENTER 0x110005
#define KEY_CODE_ESCAPE 0x110006
#define KEY_CODE_POINT 0x110007 /* the mouse: see struct screen_input */
#define KEY_CODE_NONE 0

/* The index-th key; NULL behind the last one. Literals. */
const struct key *keys_at(size_t index);

/* What pressing it does in this place; NULL: nothing. Letters count in both cases. */
const struct key *keys_find(int key, enum key_place place);

/* Is it of any use now? card: the selected one, or NULL. */
bool keys_is_offered(
	const struct key *key, const struct tank_model *model, const struct model_card *card);

#endif
