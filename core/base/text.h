/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text.h - strings that came from outside, made fit for people and for JSON.
 *
 * The escaped form of a name is valid UTF-8 without control characters, and
 * says the same bytes: a byte that is not part of valid UTF-8, a control
 * character (C0, DEL, C1), a bidirectional override and the line and paragraph
 * separators become \xNN, byte by byte; a backslash becomes \\. text_unescape() gives
 * the bytes back. The form is the same on the terminal, in JSON, in manifests
 * and in the journal, so that a name that was read in one can be searched in another.
 */
#ifndef IMGTANK_CORE_BASE_TEXT_H
#define IMGTANK_CORE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that text_escape() may need for a name of size_bytes, with the end mark. */
#define TEXT_ESCAPED_BYTES(size_bytes) ((size_bytes)*4 + 1)

/*
 * Writes the escaped form of raw into out. What does not fit is cut at a whole
 * character, so out is always a valid string. Returns false if it was cut.
 */
bool text_escape(const char *raw, char *out, size_t out_bytes);

/* The same into new memory that the caller frees; NULL without memory. */
char *text_escape_new(const char *raw);

/* True if text_escape() would change nothing but backslashes: it is fit to be shown. */
bool text_is_safe(const char *text);

/*
 * Copies text that should be safe already, cut at a whole character; what is
 * not safe after all becomes '?'. Returns false if it was cut or was not safe.
 */
bool text_copy_safe(const char *text, char *out, size_t out_bytes);

/* Turns the escaped form back into bytes. -EINVAL for a bad escape, -ENOSPC. */
int text_unescape(const char *escaped, char *out, size_t out_bytes);

/* Length in bytes of the valid UTF-8 character at s (1 to 4), or 0 if it is none. */
size_t text_utf8_length(const char *s);

/* The same, but 0 also for a character that text_escape() would not show as it is. */
size_t text_safe_length(const char *s);

/* "12.3 MB": decimal units, as on the card's label. */
void text_size(uint64_t size_bytes, char *out, size_t out_bytes);

/* "1 h 05 min", "4 min 10 s", "12 s". */
void text_duration(uint64_t seconds, char *out, size_t out_bytes);

/* Like snprintf, but false if it was cut. */
bool text_format(char *out, size_t out_bytes, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Lower-cases ASCII; other bytes stay, whatever the locale. */
static inline char text_lower_char(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The same for a whole string, in place. */
void text_lower_ascii(char *s);

/* strcmp() that takes A to Z and a to z for the same, whatever the locale. */
int text_compare_nocase(const char *a, const char *b);

/* "Canon EOS R6" of a maker and a model, either of which may be "": many models begin with their
 * maker. */
void text_camera(const char *make, const char *model, char *out, size_t out_bytes);

bool text_starts_with_nocase(const char *s, const char *start);
bool text_ends_with_nocase(const char *s, const char *end);

/* "true/yes/on/1" and "false/no/off/0", any case. -EINVAL. */
int text_parse_bool(const char *s, bool *ret);

/* A whole number in decimal without sign. -EINVAL, -ERANGE. */
int text_parse_u64(const char *s, uint64_t max, uint64_t *ret);

#endif
