/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/interact.h"

#include <string.h>

void interact_init(struct interact *ui, uint64_t sleep_usec, uint64_t now_usec)
{
	ui->sleep_usec = sleep_usec;
	ui->last_touch_usec = now_usec;
	ui->news_usec = now_usec;
	ui->screen_usec = now_usec;
}

static void close_dialog(struct interact *ui)
{
	ui->dialog = DIALOG_NONE;
	ui->dialog_card[0] = '\0';
	ui->notice_command = COMMAND_NONE;
}

static void open_dialog(struct interact *ui, enum dialog dialog, const char *card)
{
	close_dialog(ui);
	ui->dialog = dialog;
	model_set_text(ui->dialog_card, sizeof(ui->dialog_card), card);
}

static void release(struct interact *ui)
{
	memset(&ui->pressed, 0, sizeof(ui->pressed));
}

static bool wake(struct interact *ui)
{
	bool was_asleep = ui->is_asleep;

	ui->is_asleep = false;
	return was_asleep;
}

/* --- touches --- */

bool interact_down(struct interact *ui, struct scene *scene, int x, int y, uint64_t now_usec)
{
	const struct widget *hit;

	ui->last_touch_usec = now_usec;
	release(ui);
	ui->is_waking = wake(ui);
	if (ui->is_waking)
		return true;
	if (now_usec - ui->screen_usec < INTERACT_SETTLE_USEC)
		return false;
	hit = scene_hit(scene, x, y);
	if (!hit)
		return false;
	ui->pressed = hit->action;
	return true;
}

/* Sliding off takes the press back. */
bool interact_move(struct interact *ui, struct scene *scene, int x, int y, uint64_t now_usec)
{
	const struct widget *hit;

	ui->last_touch_usec = now_usec;
	if (ui->is_waking || ui->pressed.kind == ACTION_NONE)
		return false;
	hit = scene_hit(scene, x, y);
	if (hit && action_is_equal(&hit->action, &ui->pressed))
		return false;
	release(ui);
	return true;
}

bool interact_cancel(struct interact *ui)
{
	bool was_pressed = ui->pressed.kind != ACTION_NONE;

	ui->is_waking = false;
	release(ui);
	return was_pressed;
}

/* What stays here, and what goes to the daemon. */
static void act(struct interact *ui, const struct action *action, struct action *send)
{
	switch (action->kind) {
	case ACTION_COMMAND:
	case ACTION_FORCE:
		*send = *action;
		close_dialog(ui);
		break;
	case ACTION_ASK_CANCEL:
		open_dialog(ui, DIALOG_CANCEL, action->card);
		break;
	case ACTION_OPEN_POWER:
		open_dialog(ui, DIALOG_POWER, "");
		break;
	case ACTION_OPEN_NETWORK:
		open_dialog(ui, DIALOG_NETWORK, "");
		break;
	case ACTION_OPEN_PAGE:
		open_dialog(ui, DIALOG_PAGE, "");
		break;
	case ACTION_OPEN_DETAIL:
		open_dialog(ui, DIALOG_DETAIL, action->card);
		break;
	case ACTION_OPEN_CARD:
		model_set_text(ui->opened_card, sizeof(ui->opened_card), action->card);
		break;
	case ACTION_CLOSE:
		if (ui->dialog == DIALOG_NONE)
			ui->opened_card[0] = '\0';
		close_dialog(ui);
		break;
	case ACTION_NEXT_PAGE:
		ui->page++;
		break;
	case ACTION_NONE:
		break;
	}
}

bool interact_up(struct interact *ui, struct scene *scene, int x, int y, uint64_t now_usec,
	struct action *send)
{
	struct action pressed = ui->pressed;
	const struct widget *hit;

	memset(send, 0, sizeof(*send));
	ui->last_touch_usec = now_usec;
	if (ui->is_waking) {
		ui->is_waking = false;
		return false;
	}
	if (pressed.kind == ACTION_NONE)
		return false;
	release(ui);
	hit = scene_hit(scene, x, y);
	if (hit && action_is_equal(&hit->action, &pressed))
		act(ui, &pressed, send);
	return true;
}

/* --- the model, and time --- */

static bool dialog_is_over(const struct interact *ui, const struct tank_model *model)
{
	const struct model_card *card = model_card_const(model, ui->dialog_card);

	switch (ui->dialog) {
	case DIALOG_POWER:
		return !(model->tank.commands & COMMAND_BIT(COMMAND_POWEROFF));
	case DIALOG_CANCEL:
		return !card || !(card->commands & COMMAND_BIT(COMMAND_CANCEL));
	case DIALOG_DETAIL:
		return *ui->dialog_card && !card;
	case DIALOG_NETWORK:
		return !*model->access.network;
	case DIALOG_PAGE:
		return !*model_access_url(&model->access);
	case DIALOG_NONE:
	case DIALOG_NOTICE:
		break;
	}
	return model->connection != CONNECTION_UP;
}

bool interact_model(
	struct interact *ui, const struct tank_model *model, bool is_news, uint64_t now_usec)
{
	bool has_changed = false;

	if (is_news) {
		ui->news_usec = now_usec;
		has_changed = wake(ui);
	}
	if (ui->dialog != DIALOG_NONE && dialog_is_over(ui, model)) {
		close_dialog(ui);
		has_changed = true;
	}
	if (*ui->opened_card && !model_card_const(model, ui->opened_card)) {
		ui->opened_card[0] = '\0';
		has_changed = true;
	}
	if (model->cards_count < 2)
		ui->page = 0;
	return has_changed;
}

void interact_refused(struct interact *ui, const char *what, const char *remedy,
	enum command command, uint64_t now_usec)
{
	open_dialog(ui, DIALOG_NOTICE, "");
	ui->notice_command = command;
	model_set_text(ui->notice_what, sizeof(ui->notice_what), what);
	model_set_text(ui->notice_remedy, sizeof(ui->notice_remedy), remedy);
	ui->news_usec = now_usec;
	(void)wake(ui);
}

void interact_shown(struct interact *ui, const struct scene *scene, uint64_t now_usec)
{
	if (scene->screen == ui->screen)
		return;
	ui->screen = scene->screen;
	ui->screen_usec = now_usec;
}

static uint64_t latest_usec(const struct interact *ui)
{
	return ui->last_touch_usec > ui->news_usec ? ui->last_touch_usec : ui->news_usec;
}

static uint64_t dialog_end_usec(const struct interact *ui)
{
	if (ui->dialog == DIALOG_NONE)
		return UINT64_MAX;
	if (ui->dialog == DIALOG_NETWORK || ui->dialog == DIALOG_PAGE)
		return latest_usec(ui) + INTERACT_CONNECT_USEC;
	return latest_usec(ui) + INTERACT_DIALOG_USEC;
}

static uint64_t sleep_at_usec(const struct interact *ui)
{
	return !ui->sleep_usec || ui->is_asleep ? UINT64_MAX : latest_usec(ui) + ui->sleep_usec;
}

bool interact_time(struct interact *ui, uint64_t now_usec)
{
	bool has_changed = false;

	if (now_usec >= dialog_end_usec(ui)) {
		close_dialog(ui);
		has_changed = true;
	}
	if (now_usec >= sleep_at_usec(ui)) {
		ui->is_asleep = true;
		close_dialog(ui);
		release(ui);
		has_changed = true;
	}
	return has_changed;
}

uint64_t interact_next_usec(const struct interact *ui)
{
	uint64_t dialog_usec = dialog_end_usec(ui), sleep_usec = sleep_at_usec(ui);

	return dialog_usec < sleep_usec ? dialog_usec : sleep_usec;
}
