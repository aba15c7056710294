/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board_gpiod1.c - libgpiod 1.6 (Debian 12). Each line is a request of its own,
 * so that the buzzer can be driven from another thread than the lamps.
 */
#include <errno.h>
#include <gpiod.h>
#include <poll.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "ui-pibrella/board.h"
#include "ui-pibrella/button.h"

#define CONSUMER "imgtank"

struct board {
	struct gpiod_chip *chip;
	struct gpiod_line *lines[BOARD_LINES_COUNT]; /* NULL: not there; owned by the chip */
};

static int find_chip(const struct board_config *config, struct gpiod_chip **ret)
{
	struct gpiod_chip_iter *iter = gpiod_chip_iter_new();
	struct gpiod_chip *chip;

	if (!iter)
		return errno == ENOENT || errno == 0 ? -ENODEV : -errno;
	while ((chip = gpiod_chip_iter_next_noclose(iter))) {
		if (board_has_label(config->labels, gpiod_chip_label(chip))) {
			gpiod_chip_iter_free_noclose(iter);
			*ret = chip;
			return 0;
		}
		gpiod_chip_close(chip);
	}
	gpiod_chip_iter_free_noclose(iter);
	return -ENODEV;
}

static int probe(const struct board_config *config)
{
	struct gpiod_chip *chip = NULL;
	int r = find_chip(config, &chip);

	if (r == 0)
		gpiod_chip_close(chip);
	return r;
}

static int pull_flag(enum board_pull pull)
{
	switch (pull) {
	case BOARD_PULL_DOWN:
		return GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN;
	case BOARD_PULL_UP:
		return GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP;
	default:
		return GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE;
	}
}

static int request(struct gpiod_line *line, const struct board_config *config, enum board_line name)
{
	int flags = config->is_active_low[name] ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;
	int r;

	if (name == BOARD_BUTTON)
		r = gpiod_line_request_both_edges_events_flags(
			line, CONSUMER, flags | pull_flag(config->pull));
	else
		r = gpiod_line_request_output_flags(line, CONSUMER, flags, 0);
	return r < 0 ? -errno : 0;
}

static int take_line(struct board *board, const struct board_config *config, enum board_line name)
{
	int offset = config->offsets[name];
	struct gpiod_line *line;
	int r;

	if (offset == BOARD_NO_LINE)
		return 0;
	line = gpiod_chip_get_line(board->chip, (unsigned int)offset);
	if (!line)
		return log_errno(LOG_LEVEL_ERROR, -errno, "pin %d (%s) is not on %s", offset,
			board_line_name(name), gpiod_chip_label(board->chip));
	r = request(line, config, name);
	if (r == -EBUSY)
		board_say_busy(
			name, offset, gpiod_chip_label(board->chip), gpiod_line_consumer(line));
	else if (r < 0)
		(void)log_errno(LOG_LEVEL_ERROR, r, "pin %d (%s) of %s cannot be used", offset,
			board_line_name(name), gpiod_chip_label(board->chip));
	else
		board->lines[name] = line;
	return r;
}

static void board_close(struct board *board)
{
	if (!board)
		return;
	if (board->chip)
		gpiod_chip_close(board->chip); /* releases its lines */
	free(board);
}

static int board_open(struct board **ret, const struct board_config *config)
{
	struct board *board = calloc(1, sizeof(*board));
	int r = board ? find_chip(config, &board->chip) : -ENOMEM;

	for (int line = 0; r == 0 && line < BOARD_LINES_COUNT; line++)
		r = take_line(board, config, (enum board_line)line);
	if (r < 0)
		board_close(board);
	else
		*ret = board;
	return r;
}

static int set(struct board *board, enum board_line line, bool is_on)
{
	if (!board->lines[line])
		return 0;
	return gpiod_line_set_value(board->lines[line], is_on) < 0 ? -errno : 0;
}

static int button_fd(const struct board *board)
{
	return board->lines[BOARD_BUTTON] ? gpiod_line_event_get_fd(board->lines[BOARD_BUTTON])
					  : -1;
}

static int read_edge(struct board *board, bool *is_down)
{
	struct pollfd waiting = {.fd = button_fd(board), .events = POLLIN};
	struct gpiod_line_event event;
	int r = poll(&waiting, 1, 0);

	if (r <= 0)
		return r < 0 ? -errno : 0;
	if (gpiod_line_event_read(board->lines[BOARD_BUTTON], &event) < 0)
		return -errno;
	*is_down = event.event_type == GPIOD_LINE_EVENT_RISING_EDGE;
	return 1;
}

static int is_button_down(struct board *board)
{
	int value = gpiod_line_get_value(board->lines[BOARD_BUTTON]);

	return value < 0 ? -errno : value;
}

const struct board_driver board_gpiod = {
	.bounce_usec = BUTTON_BOUNCE_USEC, /* this interface cannot ask the kernel for it */
	.probe = probe,
	.open = board_open,
	.set = set,
	.button_fd = button_fd,
	.read_edge = read_edge,
	.is_button_down = is_button_down,
	.close = board_close,
};
