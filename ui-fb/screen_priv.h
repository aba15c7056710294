/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen_priv.h - the parts that screens are put together from.
 */
#ifndef IMGTANK_UI_FB_SCREEN_PRIV_H
#define IMGTANK_UI_FB_SCREEN_PRIV_H

#include "core/tone.h"
#include "ui-fb/screen.h"

enum screen_id {
	SCREEN_MESSAGE = 1, /* starting, halting, no connection, trouble with the tank */
	SCREEN_IDLE,
	SCREEN_CARD,
	SCREEN_COPYING,
	SCREEN_LIST,
};

/* A scene in the making. */
struct page {
	const struct screen_input *in;
	const struct tank_model *model;
	const struct layout *layout;
	struct scene *scene;
};

/* How a text looks. */
struct style {
	int font_px, min_px, lines;
	bool is_bold, is_name;
	enum role role;
	enum tint tint;
	enum align align;
};

struct button {
	const char *text;
	enum icon icon;
	enum emphasis emphasis;
	enum role role;
	struct action action;
};

#define BUTTONS_MAX 2

enum role role_of_tone(enum tone tone);
enum icon icon_of_role(enum role role);
enum icon icon_of_card(const struct model_card *card, enum role role);

struct action action_of(enum action_kind kind, enum command command, const char *card);

/* Sets text at the top of column, as high as it becomes; cuts it off, with a gap below. */
struct widget *page_flow(
	struct page *page, struct box *column, const struct style *style, const char *text);

/* Sets text in the middle of box. */
struct widget *page_text(
	struct page *page, struct box box, const struct style *style, const char *text);

/* How high the text will be in a column so wide. */
int page_height(struct page *page, int width_px, const struct style *style, const char *text);

/* Whether the text fits into one line so wide, at its smallest. */
bool page_fits_line(struct page *page, int width_px, const struct style *style, const char *text);

/* A surface in the role's colour, with a large sign or without one. */
void page_fill(struct page *page, struct box box, enum role role);
void page_sign(struct page *page, struct box box, enum role role, enum icon icon);

struct widget *page_icon(
	struct page *page, struct box box, enum icon icon, enum role role, enum tint tint);
struct widget *page_button(struct page *page, struct box box, const struct button *button);
void page_bar(struct page *page, struct box box, enum role role, uint32_t permille, bool is_moving);

/* Buttons beside each other at the bottom of box, which loses that and a gap. */
void page_buttons(struct page *page, struct box *box, const struct button *buttons, size_t count);

/*
 * The long words in what is left of column: whole if they fit; where a finger can be used,
 * the start of them and the way to the rest if not. False if not even that has room.
 */
bool page_detail(struct page *page, struct box *column, const char *text, const char *card);

/* A touch on box leads to the long words; a small sign at its right says so. */
void page_detail_behind(
	struct page *page, struct box box, enum role role, enum tint tint, const char *card);

/* The line at the top: what is on the left, free space, time, power. Returns the rest. */
struct box page_head(struct page *page, const char *left);

/* The same without time and free space, where the screen itself shows them. */
struct box page_head_bare(struct page *page, const char *left);

void screen_message(struct page *page);
void screen_idle(struct page *page);
void screen_card(struct page *page, const struct model_card *card);
void screen_copying(struct page *page, const struct model_card *card);
void screen_list(struct page *page);
void screen_words(struct page *page, const struct model_card *card);
void screen_dialog(struct page *page);
void screen_connect(struct page *page); /* one of the dialogs */

/* The buttons for a card; how many. */
size_t card_buttons(const struct model_card *card, struct button buttons[BUTTONS_MAX]);

/* "EOS_DIGITAL, Canon EOS R6" */
void card_name(const struct model_card *card, char *out, size_t out_bytes);

#endif
