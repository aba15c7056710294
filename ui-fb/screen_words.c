/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen_words.c - 128 x 64 pixels in one colour: the few words that matter, as large
 * as they go.
 */
#include <inttypes.h>

#include "core/base/text.h"
#include "core/summary.h"
#include "ui-fb/screen_priv.h"

static void small_line(struct page *page, struct box *box, const char *text, bool is_name)
{
	struct style style = {.font_px = page->layout->small_px, .min_px = 9, .is_name = is_name};

	if (*text)
		(void)page_text(
			page, box_cut_bottom(box, page->layout->small_px + 4), &style, text);
}

static void big_words(struct page *page, struct box box, const char *text)
{
	struct style style = {
		.font_px = page->layout->title_px, .min_px = 11, .lines = 3, .is_bold = true};

	(void)page_text(page, box, &style, text);
}

static void eject_first(struct page *page, struct box *box, const char *removal)
{
	struct style style = {.font_px = page->layout->small_px, .min_px = 9, .lines = 2};

	(void)page_text(page, box_cut_bottom(box, page->layout->small_px * 5 / 2), &style, removal);
}

static void words_progress(struct page *page, struct box box, const char *what, uint32_t permille)
{
	const struct layout *layout = page->layout;
	struct style name = {.font_px = layout->small_px, .is_name = true};
	struct style percent = {
		.font_px = layout->huge_px, .min_px = layout->body_px, .is_bold = true};
	char text[16];

	(void)page_text(page, box_cut_top(&box, layout->small_px + 4), &name, what);
	page_bar(page, box_cut_bottom(&box, 7), ROLE_BUSY, permille, false);
	(void)text_format(text, sizeof(text), "%" PRIu32 "%%", permille / 10);
	(void)page_text(page, box, &percent, text);
}

static void words_card(struct page *page, struct box box, const struct model_card *card)
{
	if (card_state_is_busy(card->state)) {
		words_progress(page, box, card->headline, card->progress_permille);
		return;
	}
	if (!card->may_remove && *card->removal)
		eject_first(page, &box, card->removal);
	else if (card->verdict != VERDICT_NONE && card->verdict != VERDICT_EMPTY)
		small_line(page, &box, card->may_format ? "May be formatted" : "Do not format it",
			false);
	else
		small_line(page, &box, card->label, true);
	big_words(page, box, card->headline);
}

void screen_words(struct page *page, const struct model_card *card)
{
	const struct layout *layout = page->layout;
	const struct model_tank *tank = &page->model->tank;
	struct box box = box_inset((struct box){0, 0, layout->width_px, layout->height_px},
		layout->margin_px, layout->margin_px);
	char size[32], text[64];

	if (card) {
		words_card(page, box, card);
		return;
	}
	if (tank->state == TANK_BUSY && tank->busy_count) { /* what went wrong comes first */
		words_progress(page, box, tank->headline, tank->progress_permille);
		return;
	}
	if (tank->state == TANK_IDLE && tank->total_bytes) {
		text_size(tank->free_bytes, size, sizeof(size));
		(void)text_format(text, sizeof(text), "%s free", size);
		small_line(page, &box, text, false);
	}
	big_words(page, box, tank->headline);
}
