/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board_fake.c - a board without hardware: writes down when which line changes,
 * "SECONDS LINE 0|1", and takes "down" and "up" from standard input as its button.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/lines.h"
#include "core/base/text.h"
#include "ui-pibrella/board.h"
#include "ui-pibrella/button.h"

struct board {
	int out_fd; /* owned unless it is standard output */
	bool has_line[BOARD_LINES_COUNT], is_on[BOARD_LINES_COUNT];
	bool is_button_down;
	struct line_reader input;
};

static int probe(const struct board_config *config)
{
	return access("/dev/null", W_OK) == 0 && *config->fake_path ? 0 : -ENODEV;
}

static void board_close(struct board *board)
{
	if (!board)
		return;
	line_reader_finish(&board->input);
	if (board->out_fd != STDOUT_FILENO)
		fd_close(board->out_fd);
	free(board);
}

static int open_output(const char *path)
{
	int fd = !strcmp(path, "-") ? STDOUT_FILENO
				    : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : fd;
}

static int board_open(struct board **ret, const struct board_config *config)
{
	struct board *board = calloc(1, sizeof(*board));

	if (!board)
		return -ENOMEM;
	line_reader_init(&board->input, 64);
	board->out_fd = open_output(config->fake_path);
	if (board->out_fd < 0) {
		int r = board->out_fd;

		board_close(board);
		return r;
	}
	for (int line = 0; line < BOARD_LINES_COUNT; line++)
		board->has_line[line] = config->offsets[line] != BOARD_NO_LINE;
	(void)fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	*ret = board;
	return 0;
}

static int set(struct board *board, enum board_line line, bool is_on)
{
	char text[64];
	uint64_t now_usec = clock_monotonic_usec();

	if (!board->has_line[line] || board->is_on[line] == is_on)
		return 0;
	board->is_on[line] = is_on;
	if (!text_format(text, sizeof(text), "%" PRIu64 ".%06" PRIu64 " %s %d\n",
		    now_usec / 1000000, now_usec % 1000000, board_line_name(line), is_on))
		return -ENOSPC;
	return fd_write_full(board->out_fd, text, strlen(text));
}

static int button_fd(const struct board *board)
{
	return board->has_line[BOARD_BUTTON] ? STDIN_FILENO : -1;
}

static int read_edge(struct board *board, bool *is_down)
{
	size_t length;
	char *line;
	int r = line_reader_next(&board->input, &line, &length);

	if (r == 0) {
		ssize_t n = line_reader_fill(&board->input, STDIN_FILENO);

		if (n == -EAGAIN)
			return 0;
		if (n <= 0)
			return n < 0 ? (int)n : -EPIPE;
		r = line_reader_next(&board->input, &line, &length);
	}
	if (r <= 0)
		return r;
	board->is_button_down = !strcmp(line, "down");
	*is_down = board->is_button_down;
	return 1;
}

static int is_button_down(struct board *board)
{
	return board->is_button_down;
}

const struct board_driver board_fake = {
	.bounce_usec = BUTTON_BOUNCE_USEC,
	.probe = probe,
	.open = board_open,
	.set = set,
	.button_fd = button_fd,
	.read_edge = read_edge,
	.is_button_down = is_button_down,
	.close = board_close,
};
