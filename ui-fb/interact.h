/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * interact.h - what a finger does: a state machine without input or output. It gets
 * touches, news of the model, and the time, and gives actions to be sent.
 *
 * All times are CLOCK_MONOTONIC in microseconds.
 */
#ifndef IMGTANK_UI_FB_INTERACT_H
#define IMGTANK_UI_FB_INTERACT_H

#include "ui-fb/scene.h"

#define INTERACT_SETTLE_USEC 350000U /* a new screen takes no touch that was meant for the old */
#define INTERACT_DIALOG_USEC (60U * 1000000U) /* an open question goes away by itself */
#define INTERACT_CONNECT_USEC (300U * 1000000U) /* what has to be typed stays longer */

enum dialog {
	DIALOG_NONE,
	DIALOG_POWER,
	DIALOG_CANCEL, /* really stop copying? */
	DIALOG_DETAIL,
	DIALOG_NETWORK, /* how to join the box's Wi-Fi */
	DIALOG_PAGE, /* how to get to its page */
	DIALOG_NOTICE, /* why a command was refused */
};

/* Zeroed and then interact_init(). */
struct interact {
	uint64_t sleep_usec; /* the light goes out after so long; 0: never */
	enum dialog dialog;
	char dialog_card[MODEL_ID_BYTES]; /* what the dialog is about, or "" */
	char opened_card[MODEL_ID_BYTES]; /* of several, the one that is looked at, or "" */
	uint32_t page; /* of the list */
	enum command notice_command; /* may be insisted on, or COMMAND_NONE */
	char notice_what[MODEL_TEXT_BYTES], notice_remedy[MODEL_TEXT_BYTES];
	bool is_asleep;
	bool is_waking; /* this touch only wakes it */
	struct action pressed; /* under the finger */
	uint64_t last_touch_usec, news_usec, screen_usec;
	uint32_t screen;
};

void interact_init(struct interact *ui, uint64_t sleep_usec, uint64_t now_usec);

/* Each gives true if something to be shown has changed. scene: what is shown now. */
bool interact_down(struct interact *ui, struct scene *scene, int x, int y, uint64_t now_usec);
bool interact_move(struct interact *ui, struct scene *scene, int x, int y, uint64_t now_usec);
bool interact_cancel(struct interact *ui);

/* The finger went up: *send gets an action for the daemon, or ACTION_NONE. */
bool interact_up(struct interact *ui, struct scene *scene, int x, int y, uint64_t now_usec,
	struct action *send);

/*
 * The model has changed: closes what is about cards or commands that are not there
 * any more, and wakes the screen if is_news.
 */
bool interact_model(
	struct interact *ui, const struct tank_model *model, bool is_news, uint64_t now_usec);

/* A command was refused. command: what may be insisted on, or COMMAND_NONE. */
void interact_refused(struct interact *ui, const char *what, const char *remedy,
	enum command command, uint64_t now_usec);

/* A scene was made; another screen begins to settle. */
void interact_shown(struct interact *ui, const struct scene *scene, uint64_t now_usec);

bool interact_time(struct interact *ui, uint64_t now_usec);

/* When interact_time() has something to do; UINT64_MAX: never. */
uint64_t interact_next_usec(const struct interact *ui);

#endif
