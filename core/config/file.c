/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * file.c - one INI file, split by inih. The only place that knows inih.
 *
 * inih can be built with a line buffer of 200 bytes (longer lines are cut
 * without a word), with comments inside of lines, with continued lines, and
 * gives its handler no line number. So it is fed line by line from here, each
 * without the spaces around it; and as the rules for values are ours ("all behind
 * the first '=', to the end of the line"), inih gets "key =" and the value waits here.
 */
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/config/config_priv.h"

struct splitter {
	const char *text, *end, *next; /* next: the line to be fed */
	unsigned int line;
	const char *value; /* of the line that was fed last, or NULL; value_bytes long */
	size_t value_bytes;
	const struct file_sink *sink; /* NULL while only the form is checked */
	unsigned int bad_lines[CONFIG_SYNTAX_ERRORS_MAX]; /* are fed as empty ones */
	size_t bad_count;
	int error;
};

static void report(struct splitter *splitter, const char *why)
{
	if (splitter->sink)
		splitter->sink->problem(splitter->line, why, splitter->sink->userdata);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void trim(const char **start, const char **end)
{
	while (*start < *end && is_space(**start))
		(*start)++;
	while (*end > *start && is_space((*end)[-1]))
		(*end)--;
}

/* The next line without the spaces around it. False at the end of the file. */
static bool take_line(struct splitter *splitter, const char **start, const char **end)
{
	const char *newline;

	if (splitter->next == splitter->end)
		return false;
	newline = memchr(splitter->next, '\n', (size_t)(splitter->end - splitter->next));
	*start = splitter->next;
	*end = newline ? newline : splitter->end;
	splitter->next = newline ? newline + 1 : splitter->end;
	splitter->line++;
	if (splitter->line == 1 && *end - *start >= 3 && !memcmp(*start, "\xef\xbb\xbf", 3))
		*start += 3; /* an editor's byte order mark */
	trim(start, end);
	return true;
}

static bool is_known_bad(const struct splitter *splitter)
{
	for (size_t i = 0; i < splitter->bad_count; i++)
		if (splitter->bad_lines[i] == splitter->line)
			return true;
	return false;
}

/* Printable UTF-8 and tabs: whatever else is in a line, nobody meant it. */
static bool is_readable(const char *start, const char *end)
{
	while (start < end) {
		char c[5] = "";
		size_t length;

		memcpy(c, start, (size_t)(end - start < 4 ? end - start : 4));
		length = text_utf8_length(c);
		if (length == 0 || ((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
			return false;
		start += length;
	}
	return true;
}

/* Why a line is not used, or NULL. shown: its first bytes, which inih would get to see. */
static const char *find_fault(const struct splitter *splitter, const char *start, const char *end,
	size_t shown, size_t room)
{
	if (!is_readable(start, end))
		return "this line is not readable UTF-8 text; it is not used";
	if (shown > room)
		return "no section and no key is that long; the line is not used";
	if (!is_known_bad(splitter))
		return NULL;
	if (*start == '[')
		return "this [section] has no ']'; nothing in it is used";
	return "this is no [section], no 'key = value' and no '# comment'; it is not used";
}

/*
 * What inih gets to see of the line: nothing, a [section], "key =", or what it
 * will refuse. What follows a broken [section] must not count for the section
 * above it: it goes to one that is nobody's.
 */
static size_t choose_text(
	struct splitter *splitter, const char **start, const char *end, size_t room)
{
	const char *equals = memchr(*start, '=', (size_t)(end - *start));
	bool is_setting = equals && **start != '[';
	size_t shown = (size_t)((is_setting ? equals + 1 : end) - *start);
	const char *fault;

	if (shown == 0 || **start == '#' || **start == ';')
		return 0;
	fault = find_fault(splitter, *start, end, shown, room);
	if (fault) {
		report(splitter, fault);
		*start = **start == '[' ? "[X-]" : "";
		return strlen(*start);
	}
	if (is_setting) {
		splitter->value = equals + 1;
		trim(&splitter->value, &end);
		splitter->value_bytes = (size_t)(end - splitter->value);
	}
	return shown;
}

/* As fgets(3): inih reads the file through this. */
static char *feed_line(char *buffer, int buffer_bytes, void *stream)
{
	struct splitter *splitter = stream;
	const char *start, *end;
	size_t length;

	if (buffer_bytes < 16 || !take_line(splitter, &start, &end))
		return NULL;
	splitter->value = NULL;
	length = choose_text(splitter, &start, end, (size_t)buffer_bytes - 3);
	memcpy(buffer, start, length);
	buffer[length] = '\n';
	buffer[length + 1] = '\0';
	return buffer;
}

static int on_pair_while_checking(
	void *userdata, const char *section, const char *name, const char *value)
{
	(void)userdata, (void)section, (void)name, (void)value;
	return 1;
}

static int on_pair(void *userdata, const char *section, const char *name, const char *value)
{
	struct splitter *splitter = userdata;
	CLEANUP(freep) char *copy = NULL;

	if (!splitter->value || (value && *value)) {
		report(splitter,
			"this is written 'key = value', with the first '=' behind the key");
		return 1;
	}
	if (splitter->value_bytes > CONFIG_VALUE_BYTES_MAX) {
		report(splitter, "no value is that long; the line is not used");
		return 1;
	}
	copy = strndup(splitter->value, splitter->value_bytes);
	if (!copy) {
		splitter->error = -ENOMEM;
		return 0;
	}
	splitter->sink->setting(splitter->line, section, name, copy, splitter->sink->userdata);
	return 1;
}

static void rewind_to_start(struct splitter *splitter)
{
	splitter->next = splitter->text;
	splitter->line = 0;
	splitter->value = NULL;
}

/* inih only tells the first bad line: it is asked again without that one until there is none. */
static int find_bad_lines(struct splitter *splitter)
{
	int r;

	for (;;) {
		rewind_to_start(splitter);
		r = ini_parse_stream(feed_line, splitter, on_pair_while_checking, splitter);
		if (r <= 0)
			return r < 0 ? -ENOMEM : 0;
		if (splitter->bad_count == CONFIG_SYNTAX_ERRORS_MAX)
			return -EBADMSG;
		splitter->bad_lines[splitter->bad_count++] = (unsigned int)r;
	}
}

int file_parse(const char *text, size_t size_bytes, const struct file_sink *sink)
{
	struct splitter splitter = {.text = text, .end = text + size_bytes};
	int r = find_bad_lines(&splitter);

	if (r == -EBADMSG) {
		sink->problem(splitter.bad_lines[0],
			"this is no configuration file; nothing of it is used", sink->userdata);
		return 0;
	}
	if (r < 0)
		return r;
	splitter.sink = sink;
	rewind_to_start(&splitter);
	r = ini_parse_stream(feed_line, &splitter, on_pair, &splitter);
	return splitter.error ? splitter.error : r < 0 ? -ENOMEM : 0;
}
