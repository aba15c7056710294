/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scene.h - what is on the screen, as a list of widgets: made by pure functions
 * (screen.h), drawn by draw.h, and searched for what a finger hits. The
 * difference of two scenes is what has to be drawn anew.
 */
#ifndef IMGTANK_UI_FB_SCENE_H
#define IMGTANK_UI_FB_SCENE_H

#include "core/model.h"
#include "ui-fb/pixels.h"

#define SCENE_WIDGETS_MAX 112
#define WIDGET_TEXT_BYTES 1280

/* A rectangle in pixels of the drawn image, from which others are cut. */
struct box {
	int x, y, w, h;
};

/* What something means; the theme gives it a colour, and it never comes without words. */
enum role {
	ROLE_NEUTRAL,
	ROLE_BUSY,
	ROLE_GOOD,
	ROLE_ATTENTION, /* somebody is asked for something */
	ROLE_ERROR,
	ROLES_COUNT
};

enum tint {
	TINT_TEXT,
	TINT_MUTED,
	TINT_ROLE, /* in the role's colour, on the ground or a panel */
	TINT_ON_ROLE, /* on a surface that is filled with the role's colour */
	TINTS_COUNT
};

enum widget_kind {
	WIDGET_PANEL, /* a surface a little lighter than the ground */
	WIDGET_FILL, /* a surface in the role's colour */
	WIDGET_VEIL, /* dims what is below it */
	WIDGET_TEXT,
	WIDGET_BUTTON,
	WIDGET_BAR,
	WIDGET_ICON,
	WIDGET_PICTURE, /* text is the path of a JPEG file */
	WIDGET_QR, /* text as a code for a phone's camera */
};

enum icon {
	ICON_NONE,
	ICON_CARD,
	ICON_CHECK,
	ICON_BANG,
	ICON_QUESTION,
	ICON_CROSS,
	ICON_POWER,
	ICON_PLUG, /* no connection */
	ICON_ARROW, /* more to the right */
	ICON_BACK,
	ICON_COPY,
	ICON_WAIT,
	ICON_EJECT,
	ICON_PHONE,
};

enum align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

enum emphasis {
	EMPHASIS_PLAIN, /* an outline */
	EMPHASIS_MAIN, /* filled: the thing one probably wants */
	EMPHASIS_QUIET, /* words or an icon only */
};

enum action_kind {
	ACTION_NONE,
	ACTION_COMMAND, /* command, about card if it is about one */
	ACTION_FORCE, /* the same, insisting */
	ACTION_ASK_CANCEL, /* opens the question whether to stop copying card */
	ACTION_OPEN_POWER,
	ACTION_OPEN_NETWORK, /* how to join the box's Wi-Fi */
	ACTION_OPEN_PAGE, /* how to get to its page */
	ACTION_OPEN_CARD,
	ACTION_CLOSE, /* the dialog, the notice, or the opened card */
	ACTION_NEXT_PAGE,
	ACTION_OPEN_DETAIL, /* all words about card, or about the tank */
};

struct action {
	enum action_kind kind;
	enum command command;
	char card[MODEL_ID_BYTES];
};

struct widget {
	enum widget_kind kind;
	struct box box; /* all it draws is inside */
	struct box touch; /* where a finger hits it; empty without an action */
	enum role role;
	enum tint tint;
	enum icon icon;
	enum align align;
	enum emphasis emphasis;
	int font_px, font_min_px; /* letters shrink down to the second before words are cut */
	int lines; /* at most */
	int radius_px;
	uint32_t permille; /* of a bar */
	bool is_bold;
	bool is_name; /* text from outside: may be shortened; our own words must fit */
	bool is_middle; /* centred from top to bottom in its box */
	bool is_pressed;
	bool is_moving; /* a bar without a known end */
	struct action action;
	char text[WIDGET_TEXT_BYTES];
};

/* Large: keep it on the heap. Zeroed is empty. */
struct scene {
	int width_px, height_px;
	uint32_t phase; /* of what moves */
	uint32_t screen; /* another number: another screen, not the same with news */
	size_t widgets_count;
	struct widget widgets[SCENE_WIDGETS_MAX];
};

/* A new zeroed widget in the scene, or NULL when it is full. Nothing is drawn for an empty box. */
struct widget *scene_add(struct scene *scene, enum widget_kind kind, struct box box);

/* Sets the text: cut at a whole character. */
void widget_say(struct widget *widget, const char *text);

/* The topmost widget with an action at this place; NULL. A veil stops what is below. */
struct widget *scene_hit(struct scene *scene, int x, int y);

bool action_is_equal(const struct action *a, const struct action *b);

/* Adds to damage what is different between two scenes of one size. */
void scene_difference(
	const struct scene *before, const struct scene *after, struct pixel_damage *damage);

/* The parts of a box; what is cut off is taken from it. Never below nothing. */
struct box box_cut_top(struct box *box, int height);
struct box box_cut_bottom(struct box *box, int height);
struct box box_cut_left(struct box *box, int width);
struct box box_cut_right(struct box *box, int width);
struct box box_inset(struct box box, int dx, int dy);
struct box box_centre(struct box box, int width, int height);

#endif
