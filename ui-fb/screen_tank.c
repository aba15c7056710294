/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen_tank.c - without a card: waiting for one, or a message about the box itself.
 */
#include <string.h>
#include <time.h>

#include "core/base/text.h"
#include "core/summary.h"
#include "ui-fb/screen_priv.h"

/* --- a message --- */

static enum icon message_icon(const struct tank_model *model)
{
	if (model->tank.state == TANK_HALTING)
		return ICON_POWER;
	if (model->connection == CONNECTION_NONE)
		return ICON_PLUG;
	return model->connection == CONNECTION_UP && model->tank.state == TANK_ERROR ? ICON_BANG
										     : ICON_WAIT;
}

static bool message_is_moving(const struct tank_model *model)
{
	return model->connection == CONNECTION_CONNECTING ||
		(model->connection == CONNECTION_UP && model->tank.state != TANK_ERROR);
}

void screen_message(struct page *page)
{
	const struct layout *layout = page->layout;
	const struct model_tank *tank = &page->model->tank;
	enum role role = role_of_tone(tone_of_tank(page->model));
	struct style head = {.font_px = layout->title_px,
		.min_px = layout->large_px,
		.lines = 3,
		.is_bold = true,
		.role = role,
		.tint = TINT_ROLE};
	bool is_quiet = tank->state != TANK_ERROR;
	struct box box = page_head(page, tank->disk_label), sign;

	/* what goes by is no trouble, so it does not shout */
	if (is_quiet)
		role = head.role = ROLE_NEUTRAL;
	if (layout->class == LAYOUT_COMPACT || layout->is_portrait)
		sign = box_cut_top(&box, box.h * (layout->class == LAYOUT_COMPACT ? 26 : 32) / 100);
	else
		sign = box_cut_left(&box, box.w * 36 / 100);
	if (layout->class == LAYOUT_COMPACT || layout->is_portrait)
		(void)box_cut_top(&box, layout->gap_px);
	else
		(void)box_cut_left(&box, layout->margin_px);
	page_sign(page, sign, role, message_icon(page->model));
	if (message_is_moving(page->model)) {
		page_bar(page, box_cut_bottom(&box, layout->gap_px), ROLE_BUSY, 0, true);
		(void)box_cut_bottom(&box, layout->gap_px);
	}
	(void)page_flow(page, &box, &head, tank->headline);
	(void)page_detail(page, &box, tank->detail, "");
}

/* --- waiting for a card --- */

/* "12:30", or "1 Jun" */
static bool format_time(int64_t time_s, bool is_date, char *out, size_t out_bytes)
{
	time_t wall = (time_t)time_s;
	struct tm local;

	out[0] = '\0';
	if (!time_s || !localtime_r(&wall, &local))
		return false;
	return is_date ? strftime(out, out_bytes, "%e %b", &local)
		       : strftime(out, out_bytes, "%H:%M", &local);
}

static void idle_space(struct page *page, struct box *box)
{
	const struct model_tank *tank = &page->model->tank;
	const struct layout *layout = page->layout;
	struct style style = {.font_px = layout->body_px,
		.min_px = layout->small_px - 2,
		.is_name = true,
		.tint = TINT_TEXT};
	char left[32], all[32], text[80];
	int height = layout->gap_px < 8 ? 6 : layout->gap_px;
	uint64_t used_bytes;

	if (!tank->total_bytes || tank->free_bytes > tank->total_bytes)
		return;
	text_size(tank->free_bytes, left, sizeof(left));
	text_size(tank->total_bytes, all, sizeof(all));
	(void)text_format(text, sizeof(text), "%s free of %s", left, all);
	used_bytes = tank->total_bytes - tank->free_bytes;
	page_bar(page, box_cut_bottom(box, height), ROLE_NEUTRAL,
		(uint32_t)((double)used_bytes / (double)tank->total_bytes * 1000), false);
	(void)box_cut_bottom(box, layout->gap_px);
	(void)page_text(
		page, box_cut_bottom(box, page_height(page, box->w, &style, text)), &style, text);
	(void)box_cut_bottom(box, layout->gap_px);
}

/* One import: a sign, the card and when, and what became of it. */
static void idle_import(struct page *page, struct box row, const struct model_import *import)
{
	const struct layout *layout = page->layout;
	enum role role = role_of_tone(tone_of_verdict(import->verdict));
	struct style name = {.font_px = layout->small_px, .is_bold = true, .is_name = true};
	struct style date = {.font_px = layout->small_px,
		.is_name = true,
		.tint = TINT_MUTED,
		.align = ALIGN_RIGHT};
	struct style words = {.font_px = layout->small_px,
		.min_px = layout->small_px - 2,
		.lines = 2,
		.is_name = true,
		.tint = TINT_MUTED};
	int sign_px = layout->small_px * 3 / 2;
	char when[32], what[MODEL_TEXT_BYTES];
	struct box top, sign;

	sign = box_cut_left(&row, sign_px);
	(void)page_icon(page, box_cut_top(&sign, sign_px),
		role == ROLE_NEUTRAL ? ICON_WAIT : icon_of_role(role), role, TINT_ROLE);
	(void)box_cut_left(&row, layout->gap_px);
	top = box_cut_top(&row, sign_px);
	if (page->in->wall_s && format_time(import->time_s, true, when, sizeof(when))) {
		(void)page_text(page, box_cut_right(&top, layout->small_px * 4), &date,
			when + strspn(when, " "));
		(void)box_cut_right(&top, layout->gap_px);
	}
	(void)page_text(page, top, &name, import->card);
	summary_verdict(import->verdict, &import->counts, what, sizeof(what));
	(void)page_flow(page, &row, &words, what);
}

static void idle_history(struct page *page, struct box box)
{
	const struct layout *layout = page->layout;
	struct style title = {.font_px = layout->small_px, .tint = TINT_MUTED};
	struct widget *panel = scene_add(page->scene, WIDGET_PANEL, box);
	int row_px = layout->small_px * 5;

	if (panel)
		panel->radius_px = layout->radius_px;
	box = box_inset(box, layout->margin_px, layout->margin_px * 3 / 4);
	(void)page_flow(page, &box, &title,
		page->model->history_count ? "Last cards" : "No card was copied yet");
	for (uint32_t i = 0; i < page->model->history_count && box.h >= row_px - layout->gap_px;
		i++) {
		idle_import(page, box_cut_top(&box, row_px - layout->gap_px / 2),
			&page->model->history[i]);
		(void)box_cut_top(&box, layout->gap_px);
	}
}

static void idle_words(struct page *page, struct box *box)
{
	const struct layout *layout = page->layout;
	struct style clock = {.font_px = layout->huge_px, .min_px = layout->title_px};
	struct style head = {.font_px = layout->title_px,
		.min_px = layout->large_px,
		.lines = 2,
		.is_bold = true,
		.role = role_of_tone(tone_of_tank(page->model)),
		.tint = TINT_ROLE};
	char now[16];

	if (format_time(page->in->wall_s, false, now, sizeof(now)))
		(void)page_flow(page, box, &clock, now);
	(void)page_flow(page, box, &head, page->model->tank.headline);
	(void)page_detail(page, box, page->model->tank.detail, "");
}

static void idle_compact(struct page *page, struct box box)
{
	const struct layout *layout = page->layout;
	int row_px = layout->small_px * 3 / 2 + layout->small_px * 3;

	if (page->model->history_count) {
		idle_import(page, box_cut_bottom(&box, row_px), &page->model->history[0]);
		(void)box_cut_bottom(&box, layout->gap_px);
	}
	idle_space(page, &box);
	idle_words(page, &box);
}

void screen_idle(struct page *page)
{
	const struct layout *layout = page->layout;
	struct box box = page_head_bare(page, page->model->tank.disk_label), history;

	if (layout->class == LAYOUT_COMPACT) {
		idle_compact(page, box);
		return;
	}
	if (layout->is_portrait) {
		history = box_cut_bottom(&box, box.h * 48 / 100);
		(void)box_cut_bottom(&box, layout->margin_px);
	} else {
		history = box_cut_right(&box, box.w / 2);
		(void)box_cut_right(&box, layout->margin_px);
	}
	idle_history(page, history);
	idle_space(page, &box);
	idle_words(page, &box);
}
