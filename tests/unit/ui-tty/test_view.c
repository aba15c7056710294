/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/summary.h"
#include "ui-tty/view.h"

struct fixture {
	struct tank_model *model;
	struct grid grid;
	struct view_state state;
	struct view view;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture || !setlocale(LC_CTYPE, "C.UTF-8"))
		return -1;
	fixture->model = model_new();
	fixture->model->connection = CONNECTION_UP;
	fixture->model->tank.is_ready = fixture->model->tank.is_mounted = true;
	fixture->model->tank.total_bytes = 1000000000;
	fixture->view = (struct view){
		.grid = &fixture->grid, .model = fixture->model, .state = &fixture->state};
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	model_free(fixture->model);
	grid_finish(&fixture->grid);
	free(fixture);
	return 0;
}

static struct model_card *add_card(struct fixture *fixture, enum card_state state)
{
	char id[MODEL_ID_BYTES];
	struct model_card *card;

	(void)snprintf(id, sizeof(id), "c%u", fixture->model->cards_count + 1);
	card = model_card_add(fixture->model, id);
	(void)snprintf(card->label, sizeof(card->label), "CARD_%s", id);
	card->state = state;
	card->is_mounted = state != CARD_UNMOUNTED;
	return card;
}

static void draw(struct fixture *fixture, int columns, int rows)
{
	summary_update(fixture->model);
	assert_int_equal(grid_resize(&fixture->grid, rows, columns), 0);
	view_draw(&fixture->view);
}

static bool has_text(const struct fixture *fixture, const char *text)
{
	char line[GRID_COLUMNS_MAX * 4];

	for (int row = 0; row < fixture->grid.rows; row++) {
		line[0] = '\0';
		for (int column = 0; column < fixture->grid.columns; column++)
			strcat(line, grid_at(&fixture->grid, row, column)->text);
		if (strstr(line, text))
			return true;
	}
	return false;
}

/* The question it is there for is answered at every size at which anything can be read. */
static void test_view_says_whether_the_card_may_go_at_every_size(void **state)
{
	struct fixture *fixture = *state;
	struct model_card *card = add_card(fixture, CARD_COPYING);

	for (int rows = 12; rows <= 60; rows++)
		for (int columns = 40; columns <= 200; columns += 8) {
			card->state = CARD_COPYING;
			card->is_mounted = true;
			card->verdict = VERDICT_NONE;
			draw(fixture, columns, rows);
			assert_true(has_text(fixture, "Do not take the card out."));
			card->state = CARD_UNMOUNTED;
			card->is_mounted = false;
			card->verdict = VERDICT_SAFE_TO_FORMAT;
			card->counts = (struct import_counts){
				.files_selected = 1, .files_copied = 1, .files_verified = 1};
			draw(fixture, columns, rows);
			assert_true(has_text(fixture, "You may take the card out."));
		}
}

/* Every size is drawn without a cell outside; the sanitizers watch. */
static void test_view_draws_at_any_size(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < MODEL_CARDS_MAX; i++)
		(void)add_card(fixture, i % 2 ? CARD_COPYING : CARD_FAILED);
	for (int page = PAGE_MAIN; page <= PAGE_HELP; page++)
		for (int box = BOX_NONE; box <= BOX_RESTART; box++)
			for (int rows = 1; rows < 30; rows += 3)
				for (int columns = 1; columns < 100; columns += 9) {
					fixture->state.page = (enum view_page)page;
					fixture->state.box = (enum view_box)box;
					fixture->state.scroll = rows * 5 - 20;
					draw(fixture, columns, rows);
				}
}

static void test_view_offers_only_what_makes_sense(void **state)
{
	struct fixture *fixture = *state;
	struct model_card *card = add_card(fixture, CARD_WAITING);

	card->waiting = WAITING_ASK;
	draw(fixture, 80, 24);
	assert_true(has_text(fixture, "c Copy"));
	assert_true(has_text(fixture, "e Eject"));
	card->state = CARD_COPYING;
	card->waiting = WAITING_NONE;
	draw(fixture, 80, 24);
	assert_true(has_text(fixture, "x Cancel"));
	assert_false(has_text(fixture, "c Copy"));
	assert_false(has_text(fixture, "e Eject"));
}

static void test_view_quit_and_help_always_have_a_place(void **state)
{
	struct fixture *fixture = *state;

	(void)add_card(fixture, CARD_PARTIAL);
	draw(fixture, 40, 12);
	assert_true(has_text(fixture, "q Quit"));
	assert_true(has_text(fixture, "? Help"));
}

static void test_view_selected_card_is_among_those_shown(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < MODEL_CARDS_MAX; i++)
		(void)add_card(fixture, CARD_COPYING);
	for (int i = 0; i < MODEL_CARDS_MAX; i++) {
		(void)snprintf(
			fixture->state.selected, sizeof(fixture->state.selected), "c%d", i + 1);
		draw(fixture, 60, 14);
		assert_true(has_text(fixture, fixture->model->cards[i].label));
	}
}

static void test_view_forgets_a_card_that_is_gone(void **state)
{
	struct fixture *fixture = *state;

	(void)add_card(fixture, CARD_COPYING);
	(void)add_card(fixture, CARD_COPYING);
	strcpy(fixture->state.selected, "c2");
	fixture->state.page = PAGE_CARD;
	draw(fixture, 60, 20);
	model_card_remove(fixture->model, "c2");
	draw(fixture, 60, 20);
	assert_string_equal(fixture->state.selected, "c1");
	model_card_remove(fixture->model, "c1");
	draw(fixture, 60, 20);
	assert_string_equal(fixture->state.selected, "");
	assert_int_equal(fixture->state.page, PAGE_MAIN);
}

/* "Stop copying A?" is not answered for B, nor for an A that has ended meanwhile. */
static void test_view_question_ends_with_its_card(void **state)
{
	struct fixture *fixture = *state;

	(void)add_card(fixture, CARD_COPYING);
	(void)add_card(fixture, CARD_COPYING);
	strcpy(fixture->state.selected, "c2");
	fixture->state.box = BOX_CANCEL;
	draw(fixture, 60, 20);
	assert_int_equal(fixture->state.box, BOX_CANCEL);
	assert_true(has_text(fixture, "Stop copying CARD_c2?"));
	model_card_remove(fixture->model, "c2");
	draw(fixture, 60, 20);
	assert_int_equal(fixture->state.box, BOX_NONE);

	fixture->state.box = BOX_CANCEL;
	draw(fixture, 60, 20);
	assert_int_equal(fixture->state.box, BOX_CANCEL);
	fixture->model->cards[0].state = CARD_UNMOUNTED;
	draw(fixture, 60, 20);
	assert_int_equal(fixture->state.box, BOX_NONE);
}

static void test_view_spots_are_where_things_are(void **state)
{
	struct fixture *fixture = *state;
	const struct view_spot *spot;

	(void)add_card(fixture, CARD_COPYING);
	draw(fixture, 80, 24);
	spot = view_spot_at(&fixture->view, 23, 2);
	assert_non_null(spot);
	assert_int_equal(spot->key, 'x');
	assert_null(view_spot_at(&fixture->view, 1, 1));
	fixture->state.box = BOX_POWER;
	fixture->model->tank.commands = COMMAND_BIT(COMMAND_POWEROFF);
	view_draw(&fixture->view);
	for (size_t i = 0; i < fixture->view.spots_count; i++)
		assert_true(fixture->view.spots[i].row < 24);
}

static void test_keys_each_key_means_one_thing_in_each_place(void **state)
{
	const struct key *key, *other;

	(void)state;
	for (size_t i = 0; (key = keys_at(i)); i++)
		for (size_t k = i + 1; (other = keys_at(k)); k++)
			assert_false(key->key == other->key && key->places & other->places);
	assert_int_equal(keys_find('C', KEYS_MAIN)->command, COMMAND_CONFIRM);
	assert_null(keys_find('c', KEYS_QUESTION));
	assert_null(keys_find('y', KEYS_MAIN));
	assert_int_equal(keys_find('r', KEYS_POWER)->action, ACTION_RESTART);
	assert_null(keys_find(0, KEYS_MAIN));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_view_says_whether_the_card_may_go_at_every_size),
		TEST(test_view_draws_at_any_size),
		TEST(test_view_offers_only_what_makes_sense),
		TEST(test_view_quit_and_help_always_have_a_place),
		TEST(test_view_selected_card_is_among_those_shown),
		TEST(test_view_forgets_a_card_that_is_gone),
		TEST(test_view_question_ends_with_its_card),
		TEST(test_view_spots_are_where_things_are),
		cmocka_unit_test(test_keys_each_key_means_one_thing_in_each_place),
	};

	return cmocka_run_group_tests_name("tty view", tests, NULL, NULL);
}
