/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board.h - the lines of a board with lamps, a buzzer and a button.
 *
 * Lines are found by the chip's label and an offset, which on a Raspberry Pi is
 * the BCM number: numbers of chips and names of lines change between models and
 * kernels, labels have not. One driver of libgpiod's version is built in, and a
 * fake one for tests. Drivers tell themselves what is wrong with a line.
 */
#ifndef IMGTANK_UI_PIBRELLA_BOARD_H
#define IMGTANK_UI_PIBRELLA_BOARD_H

#include <stdbool.h>

#include "ui-lamp/lamp.h"

enum board_line {
	BOARD_GREEN = LAMP_GREEN,
	BOARD_AMBER = LAMP_AMBER,
	BOARD_RED = LAMP_RED,
	BOARD_BUZZER,
	BOARD_BUTTON,
	BOARD_LINES_COUNT
};

#define BOARD_NO_LINE (-1)
#define BOARD_LABELS_BYTES 256

enum board_pull { BOARD_PULL_DOWN, BOARD_PULL_UP, BOARD_PULL_NONE };

struct board_config {
	char labels[BOARD_LABELS_BYTES]; /* of chips, separated by spaces: the first that is here */
	int offsets[BOARD_LINES_COUNT]; /* BOARD_NO_LINE: the board has none */
	bool is_active_low[BOARD_LINES_COUNT];
	enum board_pull pull; /* of the button */
	const char *fake_path; /* where the fake writes; "-": standard output; borrowed */
};

struct board; /* of a driver */

struct board_driver {
	uint64_t bounce_usec; /* what the button needs in software; 0: the kernel filters */

	/* -ENODEV: no chip with one of the labels. */
	int (*probe)(const struct board_config *config);

	/* All outputs off. -ENODEV; -EBUSY: somebody else has a line; other negative errno. */
	int (*open)(struct board **ret, const struct board_config *config);

	/* Lines that the board has not got are ignored. Safe in a handler of crashes. */
	int (*set)(struct board *board, enum board_line line, bool is_on);

	/* For poll(2), or -1 without a button. */
	int (*button_fd)(const struct board *board);

	/* Next edge of the button: 1, 0 if there is none any more, or a negative errno. */
	int (*read_edge)(struct board *board, bool *is_down);

	/* How the button is now: 0 or 1, or a negative errno. */
	int (*is_button_down)(struct board *board);

	void (*close)(struct board *board); /* lets go; outputs stay as they are. Accepts NULL */
};

extern const struct board_driver board_gpiod; /* board_gpiod1.c or board_gpiod2.c */
extern const struct board_driver board_fake;

/* board.c */
const char *board_line_name(enum board_line line);

/* Is label one of those in a list separated by spaces? */
bool board_has_label(const char *labels, const char *label);

/* Tells which line is taken, by whom, and what helps. consumer may be NULL. */
void board_say_busy(enum board_line line, int offset, const char *chip, const char *consumer);

#endif
