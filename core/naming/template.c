/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template.c - the parser of name templates: whatever gets through it makes
 * valid names for every file.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/naming/template_priv.h"

#define TIME_LETTERS "YymdHMSj"
#define PLACEHOLDERS "{camera} {make} {model} {card} {stem} {seq} {seq:04} {ext} {tail}"

struct parser {
	const char *text;
	size_t at;
	size_t part_start; /* where the part begins in the text */
	uint16_t part_token; /* and its first token */
	struct name_template *out;
	char *why;
	size_t why_bytes;
};

static int __attribute__((format(printf, 3, 4)))
refuse(struct parser *parser, size_t at, const char *format, ...)
{
	char sentence[300], safe[600];
	size_t position = 1;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	(void)text_escape(sentence, safe, sizeof(safe));
	for (size_t i = 0; i < at; i++)
		if (((unsigned char)parser->text[i] & 0xc0) != 0x80)
			position++;
	(void)snprintf(parser->why, parser->why_bytes, "at character %zu: %s", position, safe);
	return -EINVAL;
}

static struct token *add_token(struct parser *parser, enum token_kind kind)
{
	/* No token is shorter than one byte of the text, so there is always room. */
	struct token *token = &parser->out->tokens[parser->out->token_count++];

	token->kind = kind;
	return token;
}

static void add_text(struct parser *parser, const char *s, size_t length)
{
	struct name_template *out = parser->out;
	struct token *last = out->token_count ? &out->tokens[out->token_count - 1] : NULL;

	if (!last || last->kind != TOKEN_TEXT) {
		last = add_token(parser, TOKEN_TEXT);
		last->offset = out->text_used;
	}
	memcpy(out->text + out->text_used, s, length);
	out->text_used = (uint16_t)(out->text_used + length);
	last->length = (uint16_t)(last->length + length);
}

static int parse_percent(struct parser *parser)
{
	const char *s = parser->text + parser->at;

	if (s[1] == '%') {
		add_text(parser, s, 1);
	} else if (s[1] && strchr(TIME_LETTERS, s[1])) {
		add_token(parser, TOKEN_TIME)->letter = s[1];
	} else {
		size_t length = s[1] ? 1 + text_utf8_length(s + 1) : 1;

		return refuse(parser, parser->at,
			"there is no '%.*s'; known are %%Y %%y %%m %%d %%H %%M %%S %%j, "
			"and %%%% for a percent sign",
			(int)length, s);
	}
	parser->at += 2;
	return 0;
}

static bool parse_sequence(struct parser *parser, const char *name, size_t length)
{
	struct token *token;
	uint8_t digits = 1;

	if (length == 6 && !strncmp(name, "seq:0", 5) && name[5] >= '1' && name[5] <= '9')
		digits = (uint8_t)(name[5] - '0');
	else if (length != 3 || strncmp(name, "seq", 3))
		return false;
	token = add_token(parser, TOKEN_SEQUENCE);
	token->digits = digits;
	parser->out->uses_sequence = true;
	return true;
}

static bool parse_word(struct parser *parser, const char *name, size_t length)
{
	static const struct {
		const char *word;
		enum token_kind kind;
	} words[] = {
		{"camera", TOKEN_CAMERA},
		{"make", TOKEN_MAKE},
		{"model", TOKEN_MODEL},
		{"card", TOKEN_CARD},
		{"stem", TOKEN_STEM},
		{"ext", TOKEN_EXTENSION},
		{"tail", TOKEN_TAIL},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i].word) == length && !strncmp(words[i].word, name, length)) {
			add_token(parser, words[i].kind);
			return true;
		}
	}
	return parse_sequence(parser, name, length);
}

static int parse_brace(struct parser *parser)
{
	const char *s = parser->text + parser->at;
	size_t length;

	if (s[1] == s[0]) {
		add_text(parser, s, 1);
		parser->at += 2;
		return 0;
	}
	if (*s == '}')
		return refuse(
			parser, parser->at, "this '}' closes nothing; write '}}' for the sign");
	length = strcspn(s + 1, "{}");
	if (s[1 + length] != '}')
		return refuse(
			parser, parser->at, "this '{' is never closed; write '{{' for the sign");
	if (!parse_word(parser, s + 1, length))
		return refuse(parser, parser->at, "there is no '%.*s'; known are " PLACEHOLDERS,
			length > 60 ? 60 : (int)length + 2, s);
	parser->at += length + 2;
	return 0;
}

static int parse_text(struct parser *parser)
{
	const char *s = parser->text + parser->at;
	size_t length;

	if (!name_char_is_allowed(s, &length))
		return refuse(parser, parser->at, "'%.*s' cannot be part of a file's name",
			(int)length, s);
	add_text(parser, s, length);
	parser->at += length;
	return 0;
}

/* The part's first or last byte, if it stands for itself; else a harmless one. */
static char part_edge(const struct parser *parser, bool at_end)
{
	const struct name_template *out = parser->out;
	const struct token *token =
		&out->tokens[at_end ? out->token_count - 1 : parser->part_token];

	if (token->kind != TOKEN_TEXT)
		return 'x';
	return out->text[token->offset + (at_end ? token->length - 1 : 0)];
}

/* end: where the text of the part ends. */
static int check_part(struct parser *parser, size_t end)
{
	char first, last;

	if (parser->out->token_count == parser->part_token)
		return refuse(parser, parser->part_start, "a name is missing here");
	first = part_edge(parser, false);
	last = part_edge(parser, true);
	if (first == '.' || first == '-' || first == ' ')
		return refuse(parser, parser->part_start, "a name cannot begin with '%c'", first);
	if (last == '.' || last == ' ')
		return refuse(parser, end - 1, "a name cannot end with '%c'", last);
	return 0;
}

static int parse_folder(struct parser *parser)
{
	int r = check_part(parser, parser->at);

	if (r < 0)
		return r;
	add_token(parser, TOKEN_FOLDER);
	parser->part_token = parser->out->token_count;
	parser->part_start = ++parser->at;
	return 0;
}

static int parse_next(struct parser *parser)
{
	const struct name_template *out = parser->out;

	if (out->token_count && out->tokens[out->token_count - 1].kind == TOKEN_TAIL)
		return refuse(parser, parser->at, "nothing can follow {tail}");
	switch (parser->text[parser->at]) {
	case '%':
		return parse_percent(parser);
	case '{':
	case '}':
		return parse_brace(parser);
	case '/':
		return parse_folder(parser);
	default:
		return parse_text(parser);
	}
}

/* ".{ext}" at the end becomes the tail: takes its dot out of the text before it. */
static bool take_dot(struct name_template *out)
{
	struct token *text;

	if (out->token_count < 2)
		return false;
	text = &out->tokens[out->token_count - 2];
	if (text->kind != TOKEN_TEXT || out->text[text->offset + text->length - 1] != '.')
		return false;
	text->length--;
	if (text->length == 0) {
		text[0] = text[1];
		out->token_count--;
	}
	return true;
}

static int finish(struct parser *parser)
{
	struct name_template *out = parser->out;
	enum token_kind last =
		out->token_count ? out->tokens[out->token_count - 1].kind : TOKEN_TEXT;
	size_t end = parser->at;
	int r;

	while (end && parser->text[end] != '{')
		end--;
	if (last == TOKEN_EXTENSION && take_dot(out)) {
		last = out->tokens[out->token_count - 1].kind = TOKEN_TAIL;
		end--;
	}
	if (last != TOKEN_TAIL)
		return refuse(parser, parser->at, "a template must end in .{ext} or {tail}");
	out->token_count--; /* what is before it must be a name by itself */
	r = check_part(parser, end);
	out->token_count++;
	return r;
}

int name_template_parse(struct name_template **ret, const char *text, char *why, size_t why_bytes)
{
	CLEANUP(freep) struct name_template *out = calloc(1, sizeof(*out));
	struct parser parser = {.text = text, .out = out, .why = why, .why_bytes = why_bytes};
	int r = 0;

	if (!out)
		return -ENOMEM;
	if (strlen(text) > NAME_TEMPLATE_BYTES_MAX)
		return refuse(&parser, NAME_TEMPLATE_BYTES_MAX, "a template has at most %d bytes",
			NAME_TEMPLATE_BYTES_MAX);
	while (r == 0 && text[parser.at])
		r = parse_next(&parser);
	if (r == 0)
		r = finish(&parser);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(out);
	return 0;
}

void name_template_free(struct name_template *template)
{
	free(template);
}

int name_template_uses_sequence(const struct name_template *template)
{
	return template->uses_sequence;
}
