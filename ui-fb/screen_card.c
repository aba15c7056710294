/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen_card.c - one card has the screen: what it is asked, how far it is, how it ended.
 */
#include <inttypes.h>
#include <string.h>

#include "core/base/text.h"
#include "core/summary.h"
#include "ui-fb/screen_priv.h"

/* --- buttons --- */

static bool offers(const struct model_card *card, enum command command)
{
	return card->commands & COMMAND_BIT(command);
}

static void add_button(struct button buttons[BUTTONS_MAX], size_t *count, struct button button)
{
	if (*count < BUTTONS_MAX)
		buttons[(*count)++] = button;
}

static struct button command_button(
	const struct model_card *card, enum command command, enum emphasis emphasis)
{
	return (struct button){command_label(command), ICON_NONE, emphasis, ROLE_BUSY,
		action_of(ACTION_COMMAND, command, card->id)};
}

/* Two have room for their words: the gravest come first, the rest when those are done. */
size_t card_buttons(const struct model_card *card, struct button buttons[BUTTONS_MAX])
{
	enum command main_command = COMMAND_NONE;
	size_t count = 0;

	if (offers(card, COMMAND_CONFIRM)) {
		add_button(buttons, &count, command_button(card, COMMAND_CONFIRM, EMPHASIS_MAIN));
		if (offers(card, COMMAND_CANCEL)) {
			struct button later = command_button(card, COMMAND_CANCEL, EMPHASIS_PLAIN);

			later.text = "Not now";
			add_button(buttons, &count, later);
		}
	} else if (offers(card, COMMAND_CANCEL)) {
		add_button(buttons, &count,
			(struct button){command_label(COMMAND_CANCEL), ICON_NONE, EMPHASIS_PLAIN,
				ROLE_NEUTRAL,
				action_of(ACTION_ASK_CANCEL, COMMAND_NONE, card->id)});
	}
	for (size_t i = 0; i < 3; i++) {
		static const enum command order[] = {COMMAND_ACK, COMMAND_EJECT, COMMAND_RETRY};

		if (!offers(card, order[i]) || count == BUTTONS_MAX)
			continue;
		if (main_command == COMMAND_NONE)
			main_command = order[i];
		add_button(buttons, &count,
			command_button(card, order[i],
				order[i] == main_command ? EMPHASIS_MAIN : EMPHASIS_PLAIN));
	}
	return count;
}

static void place_buttons(struct page *page, struct box *box, const struct model_card *card)
{
	struct button buttons[BUTTONS_MAX];
	size_t count = card_buttons(card, buttons);

	page_buttons(page, box, buttons, count);
}

/* --- what was, or will be --- */

/* "May be formatted", with a sign: what a photographer looks for. Only after an end. */
static void add_format(struct page *page, struct box *box, const struct model_card *card)
{
	const struct layout *layout = page->layout;
	enum role role = card->may_format ? ROLE_GOOD : ROLE_ATTENTION;
	struct style style = {.font_px = layout->body_px,
		.min_px = layout->small_px,
		.is_bold = true,
		.role = role,
		.tint = TINT_ROLE};
	int side = layout->body_px * 4 / 3;
	struct box row;

	if (card->verdict == VERDICT_NONE || card->verdict == VERDICT_EMPTY || box->h < side)
		return;
	row = box_cut_top(box, side);
	(void)page_icon(page, box_cut_left(&row, side), card->may_format ? ICON_CHECK : ICON_CROSS,
		role, TINT_ROLE);
	(void)box_cut_left(&row, layout->gap_px);
	(void)page_text(
		page, row, &style, card->may_format ? "It may be formatted" : "Do not format it");
	(void)box_cut_top(box, layout->gap_px);
}

static bool card_words(struct page *page, struct box *box, const struct model_card *card)
{
	const struct layout *layout = page->layout;
	struct style removal = {.font_px = layout->large_px,
		.min_px = layout->body_px,
		.lines = 2,
		.is_bold = true};

	if (layout->class == LAYOUT_COMPACT)
		removal.font_px = layout->body_px, removal.min_px = layout->small_px;
	/* one line, a little smaller, reads better than one with a single word below */
	if (page_fits_line(page, box->w, &removal, card->removal))
		removal.lines = 1;
	(void)page_flow(page, box, &removal, card->removal);
	if (box->h > layout->body_px * 5) /* else the detail says it */
		add_format(page, box, card);
	return page_detail(page, box, card->detail, card->id);
}

static void card_compact(struct page *page, const struct model_card *card, enum role role)
{
	const struct layout *layout = page->layout;
	struct style head = {.font_px = layout->title_px,
		.min_px = layout->body_px,
		.lines = 2,
		.is_bold = true,
		.role = role,
		.tint = TINT_ON_ROLE};
	struct box box, band, sign, whole;
	char name[2 * MODEL_LABEL_BYTES];

	card_name(card, name, sizeof(name));
	box = page_head(page, name);
	place_buttons(page, &box, card);
	band = box_cut_top(&box, layout->title_px * (layout->is_portrait ? 7 : 5) / 2);
	(void)box_cut_top(&box, layout->gap_px);
	page_fill(page, band, role);
	whole = band;
	band = box_inset(band, layout->margin_px, layout->gap_px / 2);
	sign = box_cut_left(&band, layout->title_px * 3 / 2);
	(void)page_icon(page, sign, icon_of_card(card, role), role, TINT_ON_ROLE);
	(void)box_cut_left(&band, layout->margin_px);
	(void)page_text(page, band, &head, card->headline);
	if (!card_words(page, &box, card))
		page_detail_behind(page, whole, role, TINT_ON_ROLE, card->id);
}

/* Too low for a line of its own that says which card it is: then the head says it. */
static bool is_low(const struct layout *layout)
{
	return layout->height_px < 400;
}

static void card_roomy(struct page *page, const struct model_card *card, enum role role)
{
	const struct layout *layout = page->layout;
	struct style name_style = {.font_px = layout->body_px, .is_name = true, .tint = TINT_MUTED};
	struct style head = {.font_px = layout->title_px,
		.min_px = layout->large_px,
		.lines = 3,
		.is_bold = true,
		.role = role,
		.tint = TINT_ROLE};
	struct box box, field;
	char name[2 * MODEL_LABEL_BYTES];

	card_name(card, name, sizeof(name));
	box = page_head(page, is_low(layout) ? name : page->model->tank.disk_label);

	if (layout->is_portrait) {
		place_buttons(page, &box, card);
		field = box_cut_top(&box, layout->height_px * 26 / 100);
		(void)box_cut_top(&box, layout->margin_px);
	} else {
		field = box_cut_left(&box, box.w * (layout->width_px < 700 ? 28 : 36) / 100);
		(void)box_cut_left(&box, layout->margin_px);
		place_buttons(page, &box, card);
	}
	page_sign(page, field, role, icon_of_card(card, role));
	if (!is_low(layout))
		(void)page_flow(page, &box, &name_style, name);
	(void)page_flow(page, &box, &head, card->headline);
	(void)card_words(page, &box, card);
}

void screen_card(struct page *page, const struct model_card *card)
{
	enum role role = role_of_tone(tone_of_card(card));

	if (page->layout->class == LAYOUT_COMPACT)
		card_compact(page, card, role);
	else
		card_roomy(page, card, role);
}

/* --- copying --- */

static bool has_length(const struct model_card *card)
{
	return card->state == CARD_COPYING || card->state == CARD_VERIFYING;
}

/* The picture that was copied last, if the tank has a small one of it. */
static void add_picture(struct page *page, struct box box, const struct model_card *card)
{
	struct widget *picture = scene_add(page->scene, WIDGET_PICTURE, box);
	char path[MODEL_PATH_BYTES * 2] = "";

	if (!picture)
		return;
	if (*card->newest_thumbnail)
		(void)text_format(path, sizeof(path), "%s/%s", page->model->tank.path,
			card->newest_thumbnail);
	picture->icon = ICON_CARD;
	picture->role = ROLE_BUSY;
	picture->radius_px = page->layout->radius_px;
	widget_say(picture, path);
}

static void add_percent(struct page *page, struct box *box, const struct model_card *card)
{
	const struct layout *layout = page->layout;
	struct style style = {
		.font_px = layout->huge_px, .min_px = layout->large_px, .is_bold = true};
	char text[16];

	if (!has_length(card))
		return;
	(void)text_format(text, sizeof(text), "%" PRIu32 " %%", card->progress_permille / 10);
	(void)page_flow(page, box, &style, text);
}

static int bar_px(const struct layout *layout)
{
	return layout->gap_px < 8 ? 8 : layout->gap_px * 5 / 4;
}

static void add_card_bar(struct page *page, struct box *box, const struct model_card *card)
{
	const struct layout *layout = page->layout;
	page_bar(page, box_cut_top(box, bar_px(layout)), ROLE_BUSY, card->progress_permille,
		!has_length(card));
	(void)box_cut_top(box, layout->gap_px);
}

/* What it does, and how fast. */
static void add_doing(
	struct page *page, struct box *box, const struct model_card *card, int font_px)
{
	const struct layout *layout = page->layout;
	struct style style = {.font_px = font_px,
		.min_px = layout->small_px - 2,
		.is_bold = true,
		.role = ROLE_BUSY,
		.tint = TINT_ROLE};
	struct style rate = {.font_px = layout->body_px,
		.min_px = layout->small_px,
		.tint = TINT_MUTED,
		.align = ALIGN_RIGHT};
	char size[32], text[48];

	if (card->rate_bytes_per_s && layout->class == LAYOUT_ROOMY) {
		struct box row = *box;

		text_size(card->rate_bytes_per_s, size, sizeof(size));
		(void)text_format(text, sizeof(text), "%s/s", size);
		row.h = font_px * 4 / 3;
		(void)page_text(page, box_cut_right(&row, layout->body_px * 6), &rate, text);
		row.x = box->x;
		style.lines = 1;
		(void)page_text(page, row, &style, card->headline);
		(void)box_cut_top(box, row.h + layout->gap_px);
		return;
	}
	(void)page_flow(page, box, &style, card->headline);
}

/* At the bottom, for it is the last word: whether the card may go. */
static void add_removal(struct page *page, struct box *box, const struct model_card *card)
{
	const struct layout *layout = page->layout;
	bool is_roomy = layout->class == LAYOUT_ROOMY;
	struct style removal = {.font_px = is_roomy ? layout->large_px : layout->body_px,
		.min_px = layout->small_px,
		.is_bold = true};
	struct box low;

	low = box_cut_bottom(box, page_height(page, box->w, &removal, card->removal));
	(void)page_text(page, low, &removal, card->removal);
	(void)box_cut_bottom(box, layout->gap_px / 2);
}

static void copying_compact(struct page *page, const struct model_card *card)
{
	const struct layout *layout = page->layout;
	char name[2 * MODEL_LABEL_BYTES];
	struct box box, top, whole;
	int side = layout->huge_px * 7 / 6 + layout->large_px * 4 / 3 + layout->gap_px;

	card_name(card, name, sizeof(name));
	box = page_head(page, name);
	place_buttons(page, &box, card);
	add_removal(page, &box, card);
	if (side > box.h - bar_px(layout) - layout->gap_px * 2)
		side = box.h - bar_px(layout) - layout->gap_px * 2;
	whole = top = box_cut_top(&box, side);
	add_picture(page,
		box_cut_right(
			&top, layout->width_px > layout->height_px ? side * 4 / 3 : side * 4 / 5),
		card);
	(void)box_cut_right(&top, layout->margin_px);
	add_doing(page, &top, card, layout->large_px);
	add_percent(page, &top, card);
	(void)box_cut_top(&box, layout->gap_px);
	add_card_bar(page, &box, card);
	if (!page_detail(page, &box, card->detail, card->id))
		page_detail_behind(page, whole, ROLE_NEUTRAL, TINT_TEXT, card->id);
}

/* Below the picture: which file it is just now. */
static void add_file(struct page *page, struct box *box, const struct model_card *card)
{
	const struct layout *layout = page->layout;
	struct style style = {.font_px = layout->small_px, .is_name = true, .tint = TINT_MUTED};
	const char *slash = strrchr(card->file, '/');
	const char *file = slash ? slash + 1 : card->file;

	(void)page_text(page, box_cut_bottom(box, layout->small_px * 3 / 2), &style, file);
	(void)box_cut_bottom(box, layout->gap_px);
}

static void copying_roomy(struct page *page, const struct model_card *card)
{
	const struct layout *layout = page->layout;
	struct style name_style = {.font_px = layout->body_px, .is_name = true, .tint = TINT_MUTED};
	struct box box, picture;
	char name[2 * MODEL_LABEL_BYTES];

	card_name(card, name, sizeof(name));
	box = page_head(page, is_low(layout) ? name : page->model->tank.disk_label);

	if (layout->is_portrait) {
		place_buttons(page, &box, card);
		add_removal(page, &box, card);
		picture = box_cut_top(
			&box, layout->height_px * (layout->height_px < 600 ? 26 : 34) / 100);
		(void)box_cut_top(&box, layout->gap_px);
	} else {
		picture = box_cut_left(&box, box.w * 44 / 100);
		(void)box_cut_left(&box, layout->margin_px);
		place_buttons(page, &box, card);
		add_removal(page, &box, card);
	}
	add_file(page, &picture, card);
	add_picture(page, picture, card);
	if (!is_low(layout))
		(void)page_flow(page, &box, &name_style, name);
	add_doing(page, &box, card, layout->large_px);
	add_percent(page, &box, card);
	add_card_bar(page, &box, card);
	(void)page_detail(page, &box, card->detail, card->id);
}

void screen_copying(struct page *page, const struct model_card *card)
{
	if (page->layout->class == LAYOUT_COMPACT)
		copying_compact(page, card);
	else
		copying_roomy(page, card);
}
