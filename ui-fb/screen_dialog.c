/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen_dialog.c - questions and answers above a screen that waits.
 */
#include "ui-fb/screen_priv.h"

struct question {
	const char *title, *text;
	struct button buttons[BUTTONS_MAX];
	size_t count;
	bool has_cross; /* no button leads back */
};

static struct button close_button(const char *text, enum emphasis emphasis)
{
	return (struct button){
		text, ICON_NONE, emphasis, ROLE_BUSY, action_of(ACTION_CLOSE, COMMAND_NONE, NULL)};
}

static struct button send_button(enum action_kind kind, enum command command, const char *card,
	const char *text, enum role role)
{
	return (struct button){text, ICON_NONE,
		role == ROLE_NEUTRAL ? EMPHASIS_PLAIN : EMPHASIS_MAIN, role,
		action_of(kind, command, card)};
}

static void ask_power(struct question *question)
{
	question->title = "Turn it off?";
	question->text = "The machine ends in order. Then it may be unplugged.";
	question->buttons[0] = send_button(
		ACTION_COMMAND, COMMAND_POWEROFF, NULL, command_label(COMMAND_POWEROFF), ROLE_BUSY);
	question->buttons[1] = send_button(
		ACTION_COMMAND, COMMAND_REBOOT, NULL, command_label(COMMAND_REBOOT), ROLE_NEUTRAL);
	question->count = 2;
	question->has_cross = true;
}

static void ask_cancel(struct question *question, const char *card)
{
	question->title = "Stop copying?";
	question->text =
		"Files that are finished stay in the tank. The others are on the card only.";
	question->buttons[0] = close_button("Go on", EMPHASIS_MAIN);
	question->buttons[1] =
		send_button(ACTION_COMMAND, COMMAND_CANCEL, card, "Stop", ROLE_NEUTRAL);
	question->count = 2;
}

static void tell_detail(struct question *question, const struct page *page)
{
	const struct model_card *card = model_card_const(page->model, page->in->ui->dialog_card);

	question->title = card ? card->headline : page->model->tank.headline;
	question->text = card ? card->detail : page->model->tank.detail;
	question->buttons[0] = close_button("Back", EMPHASIS_MAIN);
	/* on a small screen the words need all the room */
	question->has_cross = page->layout->class == LAYOUT_COMPACT;
	question->count = question->has_cross ? 0 : 1;
}

static void tell_notice(struct question *question, const struct interact *ui)
{
	question->title = ui->notice_what;
	question->text = ui->notice_remedy;
	question->buttons[0] = close_button("Back", EMPHASIS_MAIN);
	question->count = 1;
	if (ui->notice_command == COMMAND_NONE)
		return;
	question->buttons[1] =
		send_button(ACTION_FORCE, ui->notice_command, NULL, "Do it anyway", ROLE_ERROR);
	question->count = 2;
}

/* Buttons below each other, so that each has room for its words. */
static void place_below(struct page *page, struct box *sheet, const struct question *question)
{
	for (size_t i = question->count; i-- > 0;)
		page_buttons(page, sheet, &question->buttons[i], 1);
}

/* In the corner, with room for a finger around it. */
static void place_cross(struct page *page, struct box *sheet)
{
	const struct layout *layout = page->layout;
	int side = layout->large_px * 4 / 3;
	struct box box = box_cut_right(sheet, side);
	struct widget *sign;

	box.h = side;
	(void)box_cut_right(sheet, layout->gap_px);
	sign = page_icon(page, box, ICON_CROSS, ROLE_NEUTRAL, TINT_MUTED);
	if (!sign)
		return;
	sign->action = action_of(ACTION_CLOSE, COMMAND_NONE, NULL);
	sign->touch = (struct box){box.x + (side - layout->button_px) / 2,
		box.y + (side - layout->button_px) / 2, layout->button_px, layout->button_px};
}

static void show_question(struct page *page, const struct question *question)
{
	const struct layout *layout = page->layout;
	struct box all = {0, 0, layout->width_px, layout->height_px}, sheet = all;
	bool is_compact = layout->class == LAYOUT_COMPACT, is_low;
	struct style title = {.font_px = is_compact ? layout->large_px : layout->title_px * 4 / 5,
		.min_px = layout->body_px,
		.lines = 3,
		.is_bold = true};
	struct widget *veil = scene_add(page->scene, WIDGET_VEIL, all), *panel;
	int margin = is_compact ? layout->margin_px : layout->margin_px * 3 / 2;

	if (veil)
		veil->touch = all;
	if (!is_compact)
		sheet = box_centre(all,
			layout->is_portrait || layout->height_px < 400
				? all.w - 2 * layout->margin_px
				: all.w * 3 / 4,
			all.h - (layout->is_portrait ? all.h / 3 : 2 * layout->margin_px));
	panel = scene_add(page->scene, WIDGET_PANEL, sheet);
	if (panel)
		panel->radius_px = is_compact ? 0 : layout->radius_px;
	sheet = box_inset(sheet, margin, margin);
	is_low = sheet.h - (int)question->count * (layout->button_px + layout->gap_px) <
		layout->body_px * 9 / 2;
	if (is_low && question->count > 1)
		page_buttons(page, &sheet, question->buttons, question->count);
	else
		place_below(page, &sheet, question);
	if (question->has_cross)
		place_cross(page, &sheet);
	(void)page_flow(page, &sheet, &title, question->title);
	(void)page_detail(page, &sheet, question->text, "");
}

void screen_dialog(struct page *page)
{
	const struct interact *ui = page->in->ui;
	struct question question = {0};

	switch (ui->dialog) {
	case DIALOG_POWER:
		ask_power(&question);
		break;
	case DIALOG_CANCEL:
		ask_cancel(&question, ui->dialog_card);
		break;
	case DIALOG_DETAIL:
		tell_detail(&question, page);
		break;
	case DIALOG_NOTICE:
		tell_notice(&question, ui);
		break;
	case DIALOG_NETWORK:
	case DIALOG_PAGE:
		screen_connect(page);
		return;
	case DIALOG_NONE:
		return;
	}
	show_question(page, &question);
}
