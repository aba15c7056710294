/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui-tty/grid.h"

static int set_up(void **state)
{
	struct grid *grid = calloc(1, sizeof(*grid));

	if (!grid || !setlocale(LC_CTYPE, "C.UTF-8") || grid_resize(grid, 4, 12) < 0)
		return -1;
	*state = grid;
	return 0;
}

static int tear_down(void **state)
{
	grid_finish(*state);
	free(*state);
	return 0;
}

/* What a row shows, and that it has as many columns as it should. */
static void assert_row(const struct grid *grid, int row, const char *expected)
{
	char text[512] = "";
	int columns = 0;

	for (int column = 0; column < grid->columns; column++) {
		strcat(text, grid_at(grid, row, column)->text);
		columns += grid_at(grid, row, column)->width;
	}
	assert_string_equal(text, expected);
	assert_int_equal(columns, grid->columns);
}

static void test_grid_cuts_with_an_ellipsis(void **state)
{
	struct grid *grid = *state;

	assert_int_equal(grid_put(grid, 0, 0, 5, ROLE_NORMAL, "abcde"), 5);
	assert_row(grid, 0, "abcde       ");
	assert_int_equal(grid_put(grid, 1, 0, 5, ROLE_NORMAL, "abcdef"), 5);
	assert_row(grid, 1, "abcd…       ");
	assert_int_equal(grid_put_end(grid, 2, 0, 5, ROLE_NORMAL, "abcdef"), 5);
	assert_row(grid, 2, "…cdef       ");
	assert_int_equal(grid_put_right(grid, 3, 12, 5, ROLE_NORMAL, "xyz"), 3);
	assert_row(grid, 3, "         xyz");
}

static void test_grid_nothing_is_drawn_outside(void **state)
{
	struct grid *grid = *state;

	assert_int_equal(grid_put(grid, 9, 0, 5, ROLE_NORMAL, "abc"), 3);
	assert_int_equal(grid_put(grid, 0, 12, 5, ROLE_NORMAL, "abc"), 0);
	assert_int_equal(grid_put(grid, 0, 10, 5, ROLE_NORMAL, "abc"), 2);
	assert_row(grid, 0, "          a…");
	grid_fill(grid, -3, -3, 20, 40, ROLE_BAD);
	grid_put_bar(grid, 2, 8, 20, 500, ROLE_NORMAL, ROLE_QUIET);
	grid_put_frame(grid, -1, -1, 9, 30, ROLE_FRAME);
}

static void test_grid_wide_characters_and_marks_keep_their_columns(void **state)
{
	struct grid *grid = *state;

	assert_int_equal(grid_put(grid, 0, 0, 12, ROLE_NORMAL, "日本x"), 5);
	assert_row(grid, 0, "日本x       ");
	assert_int_equal(grid_put(grid, 1, 0, 4, ROLE_NORMAL, "日本語"), 3);
	assert_row(grid, 1, "日…         ");
	assert_int_equal(grid_put(grid, 2, 0, 12, ROLE_NORMAL, "e\xcc\x81x"), 2);
	assert_row(grid, 2, "e\xcc\x81x          ");
	/* Half of one is written over: the other half does not stay. */
	(void)grid_put(grid, 0, 1, 1, ROLE_NORMAL, "|");
	assert_row(grid, 0, " |本x       ");
	(void)grid_put(grid, 0, 2, 1, ROLE_NORMAL, "|");
	assert_row(grid, 0, " || x       ");
}

/* A name can hold more marks than a cell: they are dropped, not written past its end. */
static void test_grid_many_marks_fit_into_no_cell(void **state)
{
	struct grid *grid = *state;
	char text[256] = "a";

	for (int i = 0; i < 60; i++)
		strcat(text, "\xcc\x81");
	assert_int_equal(grid_put(grid, 0, 0, 12, ROLE_NORMAL, text), 1);
	assert_true(strlen(grid_at(grid, 0, 0)->text) < GRID_CELL_BYTES);
	assert_string_equal(grid_at(grid, 0, 1)->text, " ");
}

static void test_grid_no_text_steers_a_terminal(void **state)
{
	struct grid *grid = *state;

	(void)grid_put(grid, 0, 0, 12, ROLE_NORMAL, "\033[2Ja\x9b\x01\x7f\n");
	assert_row(grid, 0, "?[2Ja????   ");
	(void)grid_put(grid, 1, 0, 12, ROLE_NORMAL,
		"\xe2\x80\xae"
		"x\xc2\x9b"
		"y");
	assert_row(grid, 1, "?x?y        ");
	(void)grid_put(grid, 2, 0, 12, ROLE_NORMAL, "a\\x1b");
	assert_row(grid, 2, "a\\x1b       ");
}

static void test_grid_ascii_shows_ascii_only(void **state)
{
	struct grid *grid = *state;

	grid->is_ascii = true;
	(void)grid_put(grid, 0, 0, 6, ROLE_NORMAL, "é日…–abcdef");
	assert_row(grid, 0, "??~-a~      ");
	grid_put_bar(grid, 1, 0, 4, 500, ROLE_NORMAL, ROLE_QUIET);
	assert_row(grid, 1, "##--        ");
}

static void test_grid_breaks_lines_at_spaces(void **state)
{
	struct grid *grid = *state;

	assert_int_equal(grid_put_wrapped(grid, 0, 0, 6, 4, ROLE_NORMAL, "ab cd efghijklm n"), 3);
	assert_row(grid, 0, "ab cd       ");
	assert_row(grid, 1, "efghij      ");
	assert_row(grid, 2, "klm n       ");
}

static void test_grid_last_line_says_that_there_is_more(void **state)
{
	struct grid *grid = *state;

	assert_int_equal(grid_wrapped_rows(grid, 6, "one two three four"), 4);
	assert_int_equal(grid_put_wrapped(grid, 0, 0, 6, 2, ROLE_NORMAL, "one two three four"), 2);
	assert_row(grid, 0, "one         ");
	assert_row(grid, 1, "two t…      ");
}

static void test_grid_bar_shows_what_was_begun(void **state)
{
	struct grid *grid = *state;

	grid_put_bar(grid, 0, 0, 10, 1, ROLE_NORMAL, ROLE_QUIET);
	assert_row(grid, 0, "█░░░░░░░░░  ");
	grid_put_bar(grid, 0, 0, 10, 999, ROLE_NORMAL, ROLE_QUIET);
	assert_row(grid, 0, "█████████░  ");
	grid_put_bar(grid, 0, 0, 10, 4000, ROLE_NORMAL, ROLE_QUIET);
	assert_row(grid, 0, "██████████  ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_grid_cuts_with_an_ellipsis),
		TEST(test_grid_nothing_is_drawn_outside),
		TEST(test_grid_wide_characters_and_marks_keep_their_columns),
		TEST(test_grid_many_marks_fit_into_no_cell),
		TEST(test_grid_no_text_steers_a_terminal),
		TEST(test_grid_ascii_shows_ascii_only),
		TEST(test_grid_breaks_lines_at_spaces),
		TEST(test_grid_last_line_says_that_there_is_more),
		TEST(test_grid_bar_shows_what_was_begun),
	};

	return cmocka_run_group_tests_name("tty grid", tests, NULL, NULL);
}
