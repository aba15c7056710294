/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/lines.h"

#define MAX_BYTES 16

struct pair {
	int near, far;
	struct line_reader reader;
	struct line_writer writer;
};

static int make_pair(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	int fds[2];

	if (!pair || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) < 0)
		return -1;
	pair->near = fds[0];
	pair->far = fds[1];
	line_reader_init(&pair->reader, MAX_BYTES);
	line_writer_init(&pair->writer, 64 * 1024);
	*state = pair;
	return 0;
}

static int drop_pair(void **state)
{
	struct pair *pair = *state;

	fd_close(pair->near);
	fd_close(pair->far);
	line_reader_finish(&pair->reader);
	line_writer_finish(&pair->writer);
	free(pair);
	return 0;
}

/* Sends all of text while reading, and returns what comes out: lines joined by '|', '!' = too long.
 */
static void pass_through(struct pair *pair, const char *text, size_t piece_bytes, char *out)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t piece = left < piece_bytes ? left : piece_bytes;
		char *line;
		size_t length;
		int r;

		assert_int_equal(write(pair->far, text, piece), piece);
		text += piece;
		left -= piece;
		while (line_reader_fill(&pair->reader, pair->near) > 0) {
			while ((r = line_reader_next(&pair->reader, &line, &length)) != 0) {
				if (r > 0)
					assert_int_equal(strlen(line), length);
				(void)sprintf(out + strlen(out), "%s|", r > 0 ? line : "!");
			}
		}
	}
}

static void test_lines_come_out_as_they_went_in_whatever_the_pieces(void **state)
{
	struct pair *pair = *state;

	for (size_t piece_bytes = 1; piece_bytes < 40; piece_bytes++) {
		char out[200] = "";

		pass_through(pair, "one\n\ntwo three\n123456789012345\nlast\n", piece_bytes, out);
		assert_string_equal(out, "one||two three|123456789012345|last|");
	}
}

static void test_lines_a_line_that_is_too_long_costs_only_itself(void **state)
{
	struct pair *pair = *state;

	for (size_t piece_bytes = 1; piece_bytes < 80; piece_bytes++) {
		char out[200] = "";

		pass_through(pair,
			"one\n1234567890123456\nthis one is much longer than there is room "
			"for\ntwo\n",
			piece_bytes, out);
		assert_string_equal(out, "one|!|!|two|");
	}
}

static void test_lines_a_line_without_end_is_no_line(void **state)
{
	struct pair *pair = *state;
	char out[200] = "";

	pass_through(pair, "whole\nhalf", 100, out);
	assert_string_equal(out, "whole|");
}

static void test_lines_the_end_of_the_stream_is_told(void **state)
{
	struct pair *pair = *state;

	assert_int_equal(line_reader_fill(&pair->reader, pair->near), -EAGAIN);
	fd_close(TAKE_FD(pair->far));
	assert_int_equal(line_reader_fill(&pair->reader, pair->near), 0);
}

static void test_lines_a_full_reader_does_not_look_like_the_end(void **state)
{
	struct pair *pair = *state;

	assert_int_equal(write(pair->far, "1\n2\n3\n4\n5\n6\n7\n8\n9\n", 18), 18);
	assert_int_equal(line_reader_fill(&pair->reader, pair->near), MAX_BYTES);
	assert_int_equal(line_reader_fill(&pair->reader, pair->near), -ENOBUFS);
}

static void test_lines_what_the_peer_does_not_take_waits(void **state)
{
	struct pair *pair = *state;
	static char block[4096], back[4096];
	size_t sent_bytes = 0, got_bytes = 0;
	ssize_t n;

	memset(block, 'x', sizeof(block));
	while (line_writer_is_empty(&pair->writer)) {
		assert_int_equal(line_writer_add(&pair->writer, block, sizeof(block)), 0);
		assert_int_equal(line_writer_flush(&pair->writer, pair->near), 0);
		sent_bytes += sizeof(block);
	}
	while ((n = read(pair->far, back, sizeof(back))) > 0) {
		got_bytes += (size_t)n;
		assert_int_equal(line_writer_flush(&pair->writer, pair->near), 0);
	}

	assert_int_equal(got_bytes, sent_bytes);
	assert_true(line_writer_is_empty(&pair->writer));
}

static void test_lines_what_waits_is_bounded(void **state)
{
	struct pair *pair = *state;
	static char block[32 * 1024];

	memset(block, 'x', sizeof(block));
	assert_int_equal(line_writer_add(&pair->writer, block, sizeof(block)), 0);
	assert_int_equal(line_writer_add(&pair->writer, block, sizeof(block)), 0);
	assert_int_equal(line_writer_add(&pair->writer, block, 1), -ENOBUFS);
}

static void test_lines_a_peer_that_is_gone_is_told_without_a_signal(void **state)
{
	struct pair *pair = *state;

	fd_close(TAKE_FD(pair->far));
	assert_int_equal(line_writer_add(&pair->writer, "x\n", 2), 0);
	assert_int_equal(line_writer_flush(&pair->writer, pair->near), -EPIPE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_pair, drop_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines_come_out_as_they_went_in_whatever_the_pieces),
		TEST(test_lines_a_line_that_is_too_long_costs_only_itself),
		TEST(test_lines_a_line_without_end_is_no_line),
		TEST(test_lines_the_end_of_the_stream_is_told),
		TEST(test_lines_a_full_reader_does_not_look_like_the_end),
		TEST(test_lines_what_the_peer_does_not_take_waits),
		TEST(test_lines_what_waits_is_bounded),
		TEST(test_lines_a_peer_that_is_gone_is_told_without_a_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
