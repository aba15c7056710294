/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_BYTES 4096

void line_reader_init(struct line_reader *reader, size_t max_bytes)
{
	*reader = (struct line_reader){.max_bytes = max_bytes};
}

void line_reader_finish(struct line_reader *reader)
{
	free(reader->buffer);
	line_reader_init(reader, reader->max_bytes);
}

/* Moves what is left to the front, and grows up to the bound if it is full still. */
static int make_room(struct line_reader *reader)
{
	size_t larger_bytes = reader->buffer_bytes ? reader->buffer_bytes * 2 : FIRST_BYTES;
	char *larger;

	if (reader->start > 0) {
		memmove(reader->buffer, reader->buffer + reader->start,
			reader->end - reader->start);
		reader->end -= reader->start;
		reader->start = 0;
	}
	if (reader->end < reader->buffer_bytes)
		return 0;
	if (larger_bytes > reader->max_bytes)
		larger_bytes = reader->max_bytes;
	larger = realloc(reader->buffer, larger_bytes);
	if (!larger)
		return -ENOMEM;
	reader->buffer = larger;
	reader->buffer_bytes = larger_bytes;
	return 0;
}

ssize_t line_reader_fill(struct line_reader *reader, int fd)
{
	ssize_t n;

	if (reader->end == reader->buffer_bytes) {
		int r = make_room(reader);

		if (r < 0)
			return r;
		if (reader->end == reader->buffer_bytes)
			return -ENOBUFS; /* the caller takes no lines */
	}
	do
		n = read(fd, reader->buffer + reader->end, reader->buffer_bytes - reader->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	reader->end += (size_t)n;
	return n;
}

/* Forgets a line that fills the whole bound without an end. */
static int drop_line(struct line_reader *reader)
{
	bool is_new = !reader->is_skipping;

	reader->is_skipping = true;
	reader->start = reader->end = reader->searched = 0;
	return is_new ? -EMSGSIZE : 0;
}

int line_reader_next(struct line_reader *reader, char **line, size_t *length)
{
	size_t held = reader->end - reader->start;
	char *start, *end = NULL;

	if (held == 0)
		return 0;
	start = reader->buffer + reader->start;
	if (held > reader->searched)
		end = memchr(start + reader->searched, '\n', held - reader->searched);
	if (!end) {
		reader->searched = held;
		return held == reader->max_bytes ? drop_line(reader) : 0;
	}
	reader->start += (size_t)(end - start) + 1;
	reader->searched = 0;
	if (reader->is_skipping) {
		reader->is_skipping = false;
		return line_reader_next(reader, line, length);
	}
	*end = '\0';
	*line = start;
	*length = (size_t)(end - start);
	return 1;
}

void line_writer_init(struct line_writer *writer, size_t max_bytes)
{
	*writer = (struct line_writer){.max_bytes = max_bytes};
}

void line_writer_finish(struct line_writer *writer)
{
	free(writer->buffer);
	line_writer_init(writer, writer->max_bytes);
}

int line_writer_add(struct line_writer *writer, const char *text, size_t length)
{
	size_t held = writer->end - writer->start, needed = held + length;

	if (needed > writer->max_bytes)
		return -ENOBUFS;
	if (writer->end + length > writer->buffer_bytes && writer->start > 0) {
		memmove(writer->buffer, writer->buffer + writer->start, held);
		writer->start = 0;
		writer->end = held;
	}
	if (needed > writer->buffer_bytes) {
		size_t larger_bytes = needed > FIRST_BYTES ? needed * 2 : FIRST_BYTES;
		char *larger = realloc(writer->buffer, larger_bytes);

		if (!larger)
			return -ENOMEM;
		writer->buffer = larger;
		writer->buffer_bytes = larger_bytes;
	}
	memcpy(writer->buffer + writer->end, text, length);
	writer->end += length;
	return 0;
}

int line_writer_flush(struct line_writer *writer, int fd)
{
	while (!line_writer_is_empty(writer)) {
		ssize_t n = send(fd, writer->buffer + writer->start, writer->end - writer->start,
			MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		writer->start += (size_t)n;
	}
	writer->start = writer->end = 0;
	return 0;
}
