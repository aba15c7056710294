/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lines.h - lines out of and into a non-blocking descriptor, with bounds.
 *
 * Reading: a line longer than the bound is thrown away up to its end and told
 * as such, and the next one is read as usual. Writing (sockets): what the other
 * side does not take yet is kept, up to the bound. Neither owns its descriptor.
 */
#ifndef IMGTANK_CORE_BASE_LINES_H
#define IMGTANK_CORE_BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Zeroed but for max_bytes is a valid empty one. */
struct line_reader {
	size_t max_bytes; /* of a line with its end */
	char *buffer; /* owned */
	size_t buffer_bytes, start, end;
	size_t searched; /* no line end from start up to here */
	bool is_skipping; /* inside a line that is too long */
};

struct line_writer {
	size_t max_bytes; /* of all that waits */
	char *buffer; /* owned */
	size_t buffer_bytes, start, end;
};

void line_reader_init(struct line_reader *reader, size_t max_bytes);
void line_reader_finish(struct line_reader *reader);

/*
 * Reads once what is there. The bytes read, 0 at the end of the stream;
 * -EAGAIN if nothing is there now, -ENOBUFS if all lines that were read wait to be
 * taken, or another negative errno.
 */
ssize_t line_reader_fill(struct line_reader *reader, int fd);

/*
 * The next whole line without its end, as a string that lives until the next
 * call on the reader. 1 with a line; 0 if more must be read first; -EMSGSIZE if
 * one was too long (call again for those behind it).
 */
int line_reader_next(struct line_reader *reader, char **line, size_t *length);

void line_writer_init(struct line_writer *writer, size_t max_bytes);
void line_writer_finish(struct line_writer *writer);

/* Copies text behind what waits. -ENOBUFS over the bound, -ENOMEM. */
int line_writer_add(struct line_writer *writer, const char *text, size_t length);

/* Writes what fd takes now: 0, also if some must wait; or a negative errno. */
int line_writer_flush(struct line_writer *writer, int fd);

static inline bool line_writer_is_empty(const struct line_writer *writer)
{
	return writer->start == writer->end;
}

#endif
