/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_interact.c - fingers, sleep and dialogs, without a screen.
 */
#include "tests/support/itest.h"

#include <stdlib.h>
#include <string.h>

#include "ui-fb/interact.h"

#define SECOND 1000000U
#define LATER (10U * SECOND) /* when the first screen has settled */

struct fixture {
	struct interact ui;
	struct scene *scene;
	struct tank_model *model;
	struct action sent;
};

static struct fixture *make(void)
{
	struct fixture *it = calloc(1, sizeof(*it));

	it->scene = calloc(1, sizeof(*it->scene));
	it->model = model_new();
	it->model->connection = CONNECTION_UP;
	it->model->tank.commands = COMMAND_BIT(COMMAND_POWEROFF);
	interact_init(&it->ui, 60 * SECOND, 0);
	return it;
}

static void unmake(struct fixture *it)
{
	model_free(it->model);
	free(it->scene);
	free(it);
}

static struct action act(enum action_kind kind, enum command command, const char *card)
{
	struct action action = {.kind = kind, .command = command};

	model_set_text(action.card, sizeof(action.card), card);
	return action;
}

static void add_button(struct fixture *it, int x, struct action action)
{
	struct widget *widget = scene_add(it->scene, WIDGET_BUTTON, (struct box){x, 0, 100, 50});

	widget->touch = widget->box;
	widget->action = action;
}

static void tap(struct fixture *it, int x, uint64_t now_usec)
{
	(void)interact_down(&it->ui, it->scene, x, 10, now_usec);
	(void)interact_up(&it->ui, it->scene, x, 10, now_usec + 50000, &it->sent);
}

static void test_tap_sends(void **state)
{
	struct fixture *it = make();

	(void)state;
	add_button(it, 0, act(ACTION_COMMAND, COMMAND_EJECT, "c1"));
	assert_true(interact_down(&it->ui, it->scene, 10, 10, LATER));
	assert_int_equal(it->ui.pressed.kind, ACTION_COMMAND);
	assert_true(interact_up(&it->ui, it->scene, 20, 20, LATER, &it->sent));
	assert_int_equal(it->sent.kind, ACTION_COMMAND);
	assert_int_equal(it->sent.command, COMMAND_EJECT);
	assert_string_equal(it->sent.card, "c1");
	assert_int_equal(it->ui.pressed.kind, ACTION_NONE);
	unmake(it);
}

/* From the Wi-Fi to the page and back; they stay while somebody types, and go when there is none.
 */
static void test_connect_stays_while_somebody_types(void **state)
{
	struct fixture *it = make();

	(void)state;
	model_set_text(it->model->access.network, sizeof(it->model->access.network), "imgtank");
	model_set_text(it->model->access.network_url, sizeof(it->model->access.network_url),
		"http://imgtank/");
	add_button(it, 0, act(ACTION_OPEN_NETWORK, COMMAND_NONE, ""));
	add_button(it, 200, act(ACTION_OPEN_PAGE, COMMAND_NONE, ""));
	tap(it, 10, LATER);
	assert_int_equal(it->ui.dialog, DIALOG_NETWORK);
	tap(it, 210, LATER + SECOND);
	assert_int_equal(it->ui.dialog, DIALOG_PAGE);
	it->ui.sleep_usec = 0;
	(void)interact_time(&it->ui, LATER + 2 * 60 * (uint64_t)SECOND);
	assert_int_equal(it->ui.dialog, DIALOG_PAGE);
	(void)interact_model(&it->ui, it->model, false, LATER);
	assert_int_equal(it->ui.dialog, DIALOG_PAGE);
	it->model->access.network_url[0] = '\0';
	assert_true(interact_model(&it->ui, it->model, false, LATER));
	assert_int_equal(it->ui.dialog, DIALOG_NONE);
	tap(it, 10, LATER + SECOND);
	(void)interact_time(&it->ui, LATER + 10 * 60 * (uint64_t)SECOND);
	assert_int_equal(it->ui.dialog, DIALOG_NONE);
	unmake(it);
}

static void test_sliding_off_takes_back(void **state)
{
	struct fixture *it = make();

	(void)state;
	add_button(it, 0, act(ACTION_COMMAND, COMMAND_EJECT, "c1"));
	(void)interact_down(&it->ui, it->scene, 10, 10, LATER);
	assert_false(interact_move(&it->ui, it->scene, 90, 10, LATER));
	assert_true(interact_move(&it->ui, it->scene, 150, 10, LATER));
	(void)interact_up(&it->ui, it->scene, 10, 10, LATER, &it->sent);
	assert_int_equal(it->sent.kind, ACTION_NONE);
	unmake(it);
}

/* "Eject" turned into "Cancel" under the finger. */
static void test_another_button_under_the_finger(void **state)
{
	struct fixture *it = make();

	(void)state;
	add_button(it, 0, act(ACTION_COMMAND, COMMAND_EJECT, "c1"));
	(void)interact_down(&it->ui, it->scene, 10, 10, LATER);
	it->scene->widgets[0].action = act(ACTION_COMMAND, COMMAND_EJECT, "c2");
	(void)interact_up(&it->ui, it->scene, 10, 10, LATER, &it->sent);
	assert_int_equal(it->sent.kind, ACTION_NONE);
	unmake(it);
}

static void test_new_screen_settles(void **state)
{
	struct fixture *it = make();

	(void)state;
	add_button(it, 0, act(ACTION_COMMAND, COMMAND_CONFIRM, "c1"));
	it->scene->screen = 7;
	interact_shown(&it->ui, it->scene, LATER);
	tap(it, 10, LATER + INTERACT_SETTLE_USEC - 1);
	assert_int_equal(it->sent.kind, ACTION_NONE);
	interact_shown(&it->ui, it->scene, LATER + INTERACT_SETTLE_USEC); /* the same: no news */
	tap(it, 10, LATER + INTERACT_SETTLE_USEC);
	assert_int_equal(it->sent.kind, ACTION_COMMAND);
	unmake(it);
}

static void test_touch_only_wakes(void **state)
{
	struct fixture *it = make();

	(void)state;
	add_button(it, 0, act(ACTION_COMMAND, COMMAND_EJECT, "c1"));
	assert_int_equal(interact_next_usec(&it->ui), 60 * SECOND);
	assert_false(interact_time(&it->ui, 60 * SECOND - 1));
	assert_true(interact_time(&it->ui, 60 * SECOND));
	assert_true(it->ui.is_asleep);
	assert_true(interact_next_usec(&it->ui) == UINT64_MAX);
	tap(it, 10, 70 * SECOND);
	assert_false(it->ui.is_asleep);
	assert_int_equal(it->sent.kind, ACTION_NONE);
	tap(it, 10, 71 * SECOND);
	assert_int_equal(it->sent.kind, ACTION_COMMAND);
	assert_int_equal(interact_next_usec(&it->ui), 131 * SECOND + 50000);
	unmake(it);
}

static void test_news_wakes(void **state)
{
	struct fixture *it = make();

	(void)state;
	(void)interact_time(&it->ui, 60 * SECOND);
	assert_false(interact_model(&it->ui, it->model, false, 61 * SECOND));
	assert_true(it->ui.is_asleep);
	assert_true(interact_model(&it->ui, it->model, true, 62 * SECOND));
	assert_false(it->ui.is_asleep);
	assert_int_equal(interact_next_usec(&it->ui), 122 * SECOND);
	unmake(it);
}

static void test_sleep_can_be_off(void **state)
{
	struct fixture *it = make();

	(void)state;
	interact_init(&it->ui, 0, 0);
	assert_true(interact_next_usec(&it->ui) == UINT64_MAX);
	assert_false(interact_time(&it->ui, 1000000U * (uint64_t)SECOND));
	unmake(it);
}

/* Copying is stopped by a second yes only, and the question ends with its reason. */
static void test_cancel_is_asked(void **state)
{
	struct fixture *it = make();
	struct model_card *card = model_card_add(it->model, "c1");

	(void)state;
	card->commands = COMMAND_BIT(COMMAND_CANCEL);
	add_button(it, 0, act(ACTION_ASK_CANCEL, COMMAND_NONE, "c1"));
	tap(it, 10, LATER);
	assert_int_equal(it->sent.kind, ACTION_NONE);
	assert_int_equal(it->ui.dialog, DIALOG_CANCEL);
	assert_string_equal(it->ui.dialog_card, "c1");
	assert_false(interact_model(&it->ui, it->model, false, LATER));
	card->commands = 0; /* it is done meanwhile */
	assert_true(interact_model(&it->ui, it->model, false, LATER));
	assert_int_equal(it->ui.dialog, DIALOG_NONE);
	unmake(it);
}

static void test_dialogs_end(void **state)
{
	struct fixture *it = make();

	(void)state;
	add_button(it, 0, act(ACTION_OPEN_POWER, COMMAND_NONE, ""));
	add_button(it, 100, act(ACTION_CLOSE, COMMAND_NONE, ""));
	tap(it, 10, LATER);
	assert_int_equal(it->ui.dialog, DIALOG_POWER);
	tap(it, 110, LATER + SECOND);
	assert_int_equal(it->ui.dialog, DIALOG_NONE);
	interact_init(&it->ui, 0, 0); /* no sleep: then the dialog's own time */
	tap(it, 10, LATER + 2 * SECOND);
	assert_true(interact_time(&it->ui, it->ui.last_touch_usec + INTERACT_DIALOG_USEC));
	assert_int_equal(it->ui.dialog, DIALOG_NONE);
	tap(it, 10, 200 * SECOND);
	it->model->connection = CONNECTION_NONE;
	it->model->tank.commands = 0;
	assert_true(interact_model(&it->ui, it->model, true, 201 * SECOND));
	assert_int_equal(it->ui.dialog, DIALOG_NONE);
	unmake(it);
}

static void test_opened_card_goes(void **state)
{
	struct fixture *it = make();

	(void)state;
	(void)model_card_add(it->model, "c1");
	(void)model_card_add(it->model, "c2");
	add_button(it, 0, act(ACTION_OPEN_CARD, COMMAND_NONE, "c2"));
	tap(it, 10, LATER);
	assert_string_equal(it->ui.opened_card, "c2");
	model_card_remove(it->model, "c2");
	assert_true(interact_model(&it->ui, it->model, false, LATER));
	assert_string_equal(it->ui.opened_card, "");
	unmake(it);
}

static void test_refusal_can_be_insisted_on(void **state)
{
	struct fixture *it = make();

	(void)state;
	(void)interact_time(&it->ui, 60 * SECOND);
	interact_refused(
		&it->ui, "A card is being copied.", "Wait.", COMMAND_POWEROFF, 61 * SECOND);
	assert_false(it->ui.is_asleep);
	assert_int_equal(it->ui.dialog, DIALOG_NOTICE);
	add_button(it, 0, act(ACTION_FORCE, COMMAND_POWEROFF, ""));
	tap(it, 10, 62 * SECOND);
	assert_int_equal(it->sent.kind, ACTION_FORCE);
	assert_int_equal(it->ui.dialog, DIALOG_NONE);
	assert_int_equal(it->ui.notice_command, COMMAND_NONE);
	unmake(it);
}

static void test_cancelled_touch_does_nothing(void **state)
{
	struct fixture *it = make();

	(void)state;
	add_button(it, 0, act(ACTION_COMMAND, COMMAND_EJECT, "c1"));
	(void)interact_down(&it->ui, it->scene, 10, 10, LATER);
	assert_true(interact_cancel(&it->ui));
	(void)interact_up(&it->ui, it->scene, 10, 10, LATER, &it->sent);
	assert_int_equal(it->sent.kind, ACTION_NONE);
	unmake(it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tap_sends),
		cmocka_unit_test(test_connect_stays_while_somebody_types),
		cmocka_unit_test(test_sliding_off_takes_back),
		cmocka_unit_test(test_another_button_under_the_finger),
		cmocka_unit_test(test_new_screen_settles),
		cmocka_unit_test(test_touch_only_wakes),
		cmocka_unit_test(test_news_wakes),
		cmocka_unit_test(test_sleep_can_be_off),
		cmocka_unit_test(test_cancel_is_asked),
		cmocka_unit_test(test_dialogs_end),
		cmocka_unit_test(test_opened_card_goes),
		cmocka_unit_test(test_refusal_can_be_insisted_on),
		cmocka_unit_test(test_cancelled_touch_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
