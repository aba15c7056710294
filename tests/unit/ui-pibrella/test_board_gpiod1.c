/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The back end for libgpiod 1 with two chips that are not there. */
#include "tests/support/itest.h"

#include <errno.h>
#include <gpiod.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ui-pibrella/board.h"

#define LINES_MAX 54

static char chips[2]; /* their addresses stand for chips */
static char lines[LINES_MAX];
static unsigned int chips_given, chips_closed;
static unsigned int busy_offset; /* 0: none */
static int output_flags[LINES_MAX], input_flags[LINES_MAX];

struct gpiod_chip_iter *__wrap_gpiod_chip_iter_new(void);
struct gpiod_chip *__wrap_gpiod_chip_iter_next_noclose(struct gpiod_chip_iter *iter);
void __wrap_gpiod_chip_iter_free_noclose(struct gpiod_chip_iter *iter);
void __wrap_gpiod_chip_close(struct gpiod_chip *chip);
const char *__wrap_gpiod_chip_label(struct gpiod_chip *chip);
struct gpiod_line *__wrap_gpiod_chip_get_line(struct gpiod_chip *chip, unsigned int offset);
int __wrap_gpiod_line_request_output_flags(
	struct gpiod_line *line, const char *consumer, int flags, int value);
int __wrap_gpiod_line_request_both_edges_events_flags(
	struct gpiod_line *line, const char *consumer, int flags);
const char *__wrap_gpiod_line_consumer(struct gpiod_line *line);

struct gpiod_chip_iter *__wrap_gpiod_chip_iter_new(void)
{
	chips_given = 0;
	return (struct gpiod_chip_iter *)(void *)chips;
}

struct gpiod_chip *__wrap_gpiod_chip_iter_next_noclose(struct gpiod_chip_iter *iter)
{
	(void)iter;
	return chips_given < 2 ? (struct gpiod_chip *)(void *)&chips[chips_given++] : NULL;
}

void __wrap_gpiod_chip_iter_free_noclose(struct gpiod_chip_iter *iter)
{
	(void)iter;
}

void __wrap_gpiod_chip_close(struct gpiod_chip *chip)
{
	(void)chip;
	chips_closed++;
}

const char *__wrap_gpiod_chip_label(struct gpiod_chip *chip)
{
	return (char *)chip == &chips[0] ? "raspberrypi-exp-gpio" : "pinctrl-bcm2711";
}

struct gpiod_line *__wrap_gpiod_chip_get_line(struct gpiod_chip *chip, unsigned int offset)
{
	assert_ptr_equal(chip, &chips[1]);
	errno = EINVAL;
	return offset < LINES_MAX ? (struct gpiod_line *)(void *)&lines[offset] : NULL;
}

static int take(struct gpiod_line *line, int *flags_seen, int flags)
{
	long offset = (char *)line - lines;

	if (busy_offset && offset == (long)busy_offset) {
		errno = EBUSY;
		return -1;
	}
	flags_seen[offset] = flags;
	return 0;
}

int __wrap_gpiod_line_request_output_flags(
	struct gpiod_line *line, const char *consumer, int flags, int value)
{
	assert_string_equal(consumer, "imgtank");
	assert_int_equal(value, 0); /* all lamps off at first */
	return take(line, output_flags, flags);
}

int __wrap_gpiod_line_request_both_edges_events_flags(
	struct gpiod_line *line, const char *consumer, int flags)
{
	assert_string_equal(consumer, "imgtank");
	return take(line, input_flags, flags);
}

const char *__wrap_gpiod_line_consumer(struct gpiod_line *line)
{
	(void)line;
	return "spi0";
}

static const struct board_config usual = {
	.labels = "pinctrl-bcm2835 pinctrl-bcm2711",
	.offsets = {4, 17, 27, 18, 11},
	.is_active_low = {[BOARD_AMBER] = true},
};

static int reset(void **state)
{
	(void)state;
	chips_closed = busy_offset = 0;
	for (int i = 0; i < LINES_MAX; i++)
		output_flags[i] = input_flags[i] = -1;
	return 0;
}

static void test_lines_are_taken_by_label_and_offset(void **state)
{
	struct board *board = NULL;

	(void)state;
	assert_int_equal(board_gpiod.open(&board, &usual), 0);
	assert_int_equal(output_flags[4], 0);
	assert_int_equal(output_flags[17], GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW);
	assert_int_equal(output_flags[27], 0);
	assert_int_equal(input_flags[11], GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN);
	assert_int_equal(chips_closed, 1); /* the other one */
	board_gpiod.close(board);
	assert_int_equal(chips_closed, 2);
}

static void test_without_the_label_the_hardware_is_not_here(void **state)
{
	struct board_config config = usual;
	struct board *board = NULL;

	(void)state;
	(void)snprintf(config.labels, sizeof(config.labels), "pinctrl-rp1");
	assert_int_equal(board_gpiod.probe(&config), -ENODEV);
	assert_int_equal(board_gpiod.open(&board, &config), -ENODEV);
	assert_null(board);
	assert_int_equal(chips_closed, 4);
}

/* What goes to standard error meanwhile. */
static int open_and_listen(struct board **board, char *said, size_t said_bytes)
{
	int ends[2], saved = dup(STDERR_FILENO), r;
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	(void)dup2(ends[1], STDERR_FILENO);
	r = board_gpiod.open(board, &usual);
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(ends[1]);
	n = read(ends[0], said, said_bytes - 1);
	said[n > 0 ? n : 0] = '\0';
	(void)close(ends[0]);
	return r;
}

static void test_a_busy_line_is_named_with_its_holder_and_the_remedy(void **state)
{
	struct board *board = NULL;
	char said[1024];

	(void)state;
	busy_offset = 11;
	assert_int_equal(open_and_listen(&board, said, sizeof(said)), -EBUSY);
	assert_null(board);
	assert_non_null(strstr(said, "pin 11 (button) of pinctrl-bcm2711"));
	assert_non_null(strstr(said, "'spi0'"));
	assert_non_null(strstr(said, "dtparam=spi=on"));
	assert_int_equal(chips_closed, 2); /* all is given back */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_lines_are_taken_by_label_and_offset, reset),
		cmocka_unit_test_setup(test_without_the_label_the_hardware_is_not_here, reset),
		cmocka_unit_test_setup(
			test_a_busy_line_is_named_with_its_holder_and_the_remedy, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
