/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/screen.h"

#include <string.h>

#include "core/summary.h"
#include "ui-fb/screen_priv.h"

static bool is_message(const struct tank_model *model)
{
	return model->connection != CONNECTION_UP || model->tank.state == TANK_STARTING ||
		model->tank.state == TANK_HALTING ||
		(model->cards_count == 0 && model->tank.state == TANK_ERROR);
}

/* The card that has the screen for itself, if one has. */
static const struct model_card *chosen_card(const struct page *page)
{
	const struct model_card *opened = model_card_const(page->model, page->in->ui->opened_card);

	if (opened)
		return opened;
	return page->model->cards_count == 1 ? &page->model->cards[0] : NULL;
}

static uint32_t number_of(enum screen_id id, const struct model_card *card, enum dialog dialog)
{
	uint32_t state = card ? (uint32_t)card->state << 8 | card->commands << 16 : 0;

	return (uint32_t)id | (uint32_t)dialog << 4 | state;
}

static void show_page(struct page *page)
{
	const struct model_card *card = chosen_card(page);
	enum screen_id id;

	if (is_message(page->model))
		id = SCREEN_MESSAGE, card = NULL;
	else if (page->model->cards_count == 0)
		id = SCREEN_IDLE, card = NULL;
	else if (!card)
		id = SCREEN_LIST;
	else
		id = card_state_is_busy(card->state) ? SCREEN_COPYING : SCREEN_CARD;
	page->scene->screen = number_of(id, card, page->in->ui->dialog);
	if (page->layout->class == LAYOUT_WORDS)
		screen_words(page, card);
	else if (id == SCREEN_MESSAGE)
		screen_message(page);
	else if (id == SCREEN_IDLE)
		screen_idle(page);
	else if (id == SCREEN_LIST)
		screen_list(page);
	else if (id == SCREEN_COPYING)
		screen_copying(page, card);
	else
		screen_card(page, card);
}

static void mark_pressed(struct scene *scene, const struct action *pressed)
{
	if (pressed->kind == ACTION_NONE)
		return;
	for (size_t i = 0; i < scene->widgets_count; i++)
		scene->widgets[i].is_pressed = action_is_equal(&scene->widgets[i].action, pressed);
}

void screen_make(const struct screen_input *in, struct scene *scene)
{
	struct page page = {in, in->model, in->layout, scene};

	scene->width_px = in->layout->width_px;
	scene->height_px = in->layout->height_px;
	scene->phase = in->phase;
	scene->widgets_count = 0;
	show_page(&page);
	if (in->ui->dialog != DIALOG_NONE && in->layout->class != LAYOUT_WORDS)
		screen_dialog(&page);
	mark_pressed(scene, &in->ui->pressed);
}

bool scene_is_moving(const struct scene *scene)
{
	for (size_t i = 0; i < scene->widgets_count; i++)
		if (scene->widgets[i].is_moving)
			return true;
	return false;
}
