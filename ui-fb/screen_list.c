/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen_list.c - several cards at once: a row for each, in the order they came.
 */
#include <inttypes.h>

#include "core/base/text.h"
#include "core/summary.h"
#include "ui-fb/screen_priv.h"

static void row_percent(struct page *page, struct box *row, const struct model_card *card)
{
	const struct layout *layout = page->layout;
	struct style style = {.font_px = layout->large_px, .is_bold = true, .align = ALIGN_RIGHT};
	char text[16];

	if (!card_state_is_busy(card->state))
		return;
	(void)text_format(text, sizeof(text), "%" PRIu32 " %%", card->progress_permille / 10);
	(void)page_text(page, box_cut_right(row, layout->large_px * 4), &style, text);
	(void)box_cut_right(row, layout->gap_px);
}

/* A name, and what becomes of the card, close together. */
static int words_px(const struct layout *layout)
{
	return layout->body_px * 4 / 3 + layout->small_px * 4 / 3;
}

static void list_row(struct page *page, struct box row, const struct model_card *card)
{
	const struct layout *layout = page->layout;
	enum role role = role_of_tone(tone_of_card(card));
	struct style name = {.font_px = layout->body_px, .is_bold = true, .is_name = true};
	struct style words = {.font_px = layout->small_px,
		.min_px = layout->small_px - 2,
		.is_name = true,
		.role = role,
		.tint = TINT_ROLE};
	struct widget *panel = scene_add(page->scene, WIDGET_PANEL, row);
	int side = layout->body_px * 3 / 2;

	if (panel) {
		panel->radius_px = layout->radius_px;
		if (layout->has_touch) {
			panel->touch = row;
			panel->action = action_of(ACTION_OPEN_CARD, COMMAND_NONE, card->id);
		}
	}
	if (card_state_is_busy(card->state)) {
		struct box bar = box_inset(row, layout->radius_px, 0);

		page_bar(page, box_cut_bottom(&bar, layout->gap_px / 2), ROLE_BUSY,
			card->progress_permille, false);
		(void)box_cut_bottom(&row, layout->gap_px / 2);
	}
	row = box_inset(row, layout->gap_px * 3 / 2, layout->gap_px / 2);
	(void)page_icon(page, box_cut_left(&row, side), icon_of_card(card, role), role, TINT_ROLE);
	(void)box_cut_left(&row, layout->gap_px * 3 / 2);
	row_percent(page, &row, card);
	row = box_centre(row, row.w, words_px(layout));
	(void)page_text(page, box_cut_top(&row, layout->body_px * 4 / 3), &name, card->label);
	(void)page_text(page, row, &words, card->headline);
}

/* The last place leads to the others when not all have one. */
static void list_more(struct page *page, struct box box, uint32_t count)
{
	char text[64];

	(void)text_format(
		text, sizeof(text), "%" PRIu32 " more card%s", count, count == 1 ? "" : "s");
	if (page->layout->has_touch) {
		(void)page_button(page, box,
			&(struct button){text, ICON_ARROW, EMPHASIS_PLAIN, ROLE_NEUTRAL,
				action_of(ACTION_NEXT_PAGE, COMMAND_NONE, NULL)});
	} else {
		struct style style = {.font_px = page->layout->small_px, .tint = TINT_MUTED};

		(void)page_text(page, box, &style, text);
	}
}

static int row_height(const struct layout *layout, int height_px, int least_px, uint32_t all,
	int down, int columns)
{
	int rows = (int)(all + (uint32_t)columns - 1) / columns, most_px = least_px * 3 / 2, row_px;

	if (rows > down)
		rows = down > 0 ? down : 1;
	row_px = (height_px + layout->gap_px) / rows - layout->gap_px;
	if (row_px < least_px)
		return least_px;
	return row_px < most_px ? row_px : most_px;
}

static void list_rows(struct page *page, struct box box)
{
	const struct layout *layout = page->layout;
	uint32_t all = page->model->cards_count;
	int words = words_px(layout) + layout->gap_px * 3 / 2;
	int row_px = layout->button_px > words ? layout->button_px : words;
	int columns = box.w >= 1000 ? 2 : 1;
	int down = (box.h + layout->gap_px) / (row_px + layout->gap_px);
	uint32_t places = (uint32_t)(down > 0 ? down * columns : 1);
	uint32_t shown = all <= places ? all : places > 1 ? places - 1 : 1;
	uint32_t pages = (all + shown - 1) / shown;
	uint32_t first = page->in->ui->page % pages * shown;
	int width;

	/* what is left over goes to the rows, up to a height where they still look like rows */
	row_px = row_height(layout, box.h, row_px, all, down, columns);
	width = (box.w - (columns - 1) * layout->gap_px) / columns;

	for (uint32_t i = 0; i < places && i <= shown; i++) {
		struct box row = {box.x + (int)(i % (uint32_t)columns) * (width + layout->gap_px),
			box.y + (int)(i / (uint32_t)columns) * (row_px + layout->gap_px), width,
			row_px};

		if (i < shown && first + i < all)
			list_row(page, row, &page->model->cards[first + i]);
		else if (i == shown && all > shown)
			list_more(page, row, all - (first + shown < all ? shown : all - first));
	}
}

void screen_list(struct page *page)
{
	const struct layout *layout = page->layout;
	const struct model_tank *tank = &page->model->tank;
	struct style head = {.font_px = layout->large_px,
		.min_px = layout->body_px,
		.lines = 2,
		.is_bold = true,
		.is_name = true,
		.role = role_of_tone(tone_of_tank(page->model)),
		.tint = TINT_ROLE};
	struct box box;

	if (layout->class == LAYOUT_COMPACT) {
		box = page_head(page, tank->headline);
	} else {
		box = page_head(page, tank->disk_label);
		(void)page_flow(page, &box, &head, tank->headline);
	}
	list_rows(page, box);
}
