/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board_gpiod2.c - libgpiod 2 (Debian 13). Each line is a request of its own,
 * so that the buzzer can be driven from another thread than the lamps.
 */
#include <dirent.h>
#include <errno.h>
#include <gpiod.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "ui-pibrella/board.h"
#include "ui-pibrella/button.h"

#define CONSUMER "imgtank"
#define EDGES_MAX 16

struct board {
	struct gpiod_chip *chip;
	char label[64];
	unsigned int offsets[BOARD_LINES_COUNT];
	struct gpiod_line_request *requests[BOARD_LINES_COUNT]; /* NULL: not there */
	struct gpiod_edge_event_buffer *edges;
};

static bool has_label(struct gpiod_chip *chip, const char *labels, char *label, size_t label_bytes)
{
	struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
	bool has = info && board_has_label(labels, gpiod_chip_info_get_label(info));

	if (has)
		(void)text_format(label, label_bytes, "%s", gpiod_chip_info_get_label(info));
	gpiod_chip_info_free(info);
	return has;
}

static struct gpiod_chip *open_chip(const char *name)
{
	char path[300];

	if (strncmp(name, "gpiochip", 8) != 0 || !text_format(path, sizeof(path), "/dev/%s", name))
		return NULL;
	return gpiod_is_gpiochip_device(path) ? gpiod_chip_open(path) : NULL;
}

static int find_chip(
	const struct board_config *config, struct gpiod_chip **ret, char *label, size_t label_bytes)
{
	DIR *dir = opendir("/dev");
	struct gpiod_chip *chip = NULL;
	struct dirent *entry;

	if (!dir)
		return -errno;
	while (!chip && (entry = readdir(dir))) {
		chip = open_chip(entry->d_name);
		if (chip && !has_label(chip, config->labels, label, label_bytes)) {
			gpiod_chip_close(chip);
			chip = NULL;
		}
	}
	(void)closedir(dir);
	*ret = chip;
	return chip ? 0 : -ENODEV;
}

static int probe(const struct board_config *config)
{
	struct gpiod_chip *chip;
	char label[64];
	int r = find_chip(config, &chip, label, sizeof(label));

	if (r == 0)
		gpiod_chip_close(chip);
	return r;
}

static enum gpiod_line_bias bias(enum board_pull pull)
{
	switch (pull) {
	case BOARD_PULL_DOWN:
		return GPIOD_LINE_BIAS_PULL_DOWN;
	case BOARD_PULL_UP:
		return GPIOD_LINE_BIAS_PULL_UP;
	default:
		return GPIOD_LINE_BIAS_DISABLED;
	}
}

static int fill_settings(struct gpiod_line_settings *settings, const struct board_config *config,
	enum board_line line)
{
	int r;

	gpiod_line_settings_set_active_low(settings, config->is_active_low[line]);
	if (line != BOARD_BUTTON) {
		r = gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT);
		if (r == 0)
			r = gpiod_line_settings_set_output_value(
				settings, GPIOD_LINE_VALUE_INACTIVE);
		return r;
	}
	gpiod_line_settings_set_debounce_period_us(settings, BUTTON_BOUNCE_USEC);
	r = gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT);
	if (r == 0)
		r = gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH);
	return r == 0 ? gpiod_line_settings_set_bias(settings, bias(config->pull)) : r;
}

static int request(struct board *board, const struct board_config *config, enum board_line line)
{
	struct gpiod_line_settings *settings = gpiod_line_settings_new();
	struct gpiod_line_config *lines = gpiod_line_config_new();
	struct gpiod_request_config *request_config = gpiod_request_config_new();
	int r = -ENOMEM;

	if (settings && lines && request_config) {
		gpiod_request_config_set_consumer(request_config, CONSUMER);
		r = 0;
		if (fill_settings(settings, config, line) < 0 ||
			gpiod_line_config_add_line_settings(
				lines, &board->offsets[line], 1, settings) < 0)
			r = -errno;
	}
	if (r == 0) {
		board->requests[line] =
			gpiod_chip_request_lines(board->chip, request_config, lines);
		r = board->requests[line] ? 0 : -errno;
	}
	gpiod_request_config_free(request_config);
	gpiod_line_config_free(lines);
	gpiod_line_settings_free(settings);
	return r;
}

static void say_busy(const struct board *board, enum board_line line)
{
	struct gpiod_line_info *info = gpiod_chip_get_line_info(board->chip, board->offsets[line]);

	board_say_busy(line, (int)board->offsets[line], board->label,
		info ? gpiod_line_info_get_consumer(info) : NULL);
	gpiod_line_info_free(info);
}

static int take_line(struct board *board, const struct board_config *config, enum board_line line)
{
	int r;

	if (config->offsets[line] == BOARD_NO_LINE)
		return 0;
	board->offsets[line] = (unsigned int)config->offsets[line];
	r = request(board, config, line);
	if (r == -EBUSY)
		say_busy(board, line);
	else if (r < 0)
		(void)log_errno(LOG_LEVEL_ERROR, r, "pin %u (%s) of %s cannot be used",
			board->offsets[line], board_line_name(line), board->label);
	return r;
}

static void board_close(struct board *board)
{
	if (!board)
		return;
	for (int line = 0; line < BOARD_LINES_COUNT; line++)
		if (board->requests[line])
			gpiod_line_request_release(board->requests[line]);
	gpiod_edge_event_buffer_free(board->edges);
	if (board->chip)
		gpiod_chip_close(board->chip);
	free(board);
}

static int board_open(struct board **ret, const struct board_config *config)
{
	struct board *board = calloc(1, sizeof(*board));
	int r = -ENOMEM;

	if (board)
		r = find_chip(config, &board->chip, board->label, sizeof(board->label));
	if (r == 0) {
		board->edges = gpiod_edge_event_buffer_new(EDGES_MAX);
		r = board->edges ? 0 : -ENOMEM;
	}
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
	if (!board->requests[line])
		return 0;
	return gpiod_line_request_set_value(board->requests[line], board->offsets[line],
		       is_on ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE) < 0
		? -errno
		: 0;
}

static int button_fd(const struct board *board)
{
	struct gpiod_line_request *button = board->requests[BOARD_BUTTON];

	return button ? gpiod_line_request_get_fd(button) : -1;
}

static int read_edge(struct board *board, bool *is_down)
{
	struct pollfd waiting = {.fd = button_fd(board), .events = POLLIN};
	int r = poll(&waiting, 1, 0);

	if (r <= 0)
		return r < 0 ? -errno : 0;
	r = gpiod_line_request_read_edge_events(board->requests[BOARD_BUTTON], board->edges, 1);
	if (r < 1)
		return r < 0 ? -errno : 0;
	*is_down = gpiod_edge_event_get_event_type(gpiod_edge_event_buffer_get_event(
			   board->edges, 0)) == GPIOD_EDGE_EVENT_RISING_EDGE;
	return 1;
}

static int is_button_down(struct board *board)
{
	enum gpiod_line_value value = gpiod_line_request_get_value(
		board->requests[BOARD_BUTTON], board->offsets[BOARD_BUTTON]);

	return value == GPIOD_LINE_VALUE_ERROR ? -errno : value == GPIOD_LINE_VALUE_ACTIVE;
}

const struct board_driver board_gpiod = {
	.bounce_usec = 0,
	.probe = probe,
	.open = board_open,
	.set = set,
	.button_fd = button_fd,
	.read_edge = read_edge,
	.is_button_down = is_button_down,
	.close = board_close,
};
