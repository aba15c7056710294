/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template_priv.h - what the parser of templates leaves for the builder of names.
 */
#ifndef IMGTANK_CORE_NAMING_TEMPLATE_PRIV_H
#define IMGTANK_CORE_NAMING_TEMPLATE_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "core/naming/name.h"

enum token_kind {
	TOKEN_TEXT, /* one byte or more that stand for themselves */
	TOKEN_FOLDER, /* '/': the part before it is complete */
	TOKEN_TIME, /* letter as in strftime */
	TOKEN_CAMERA,
	TOKEN_MAKE,
	TOKEN_MODEL,
	TOKEN_CARD,
	TOKEN_STEM,
	TOKEN_SEQUENCE,
	TOKEN_EXTENSION,
	TOKEN_TAIL, /* always there, always the last one */
};

struct token {
	enum token_kind kind;
	char letter; /* TOKEN_TIME */
	uint8_t digits; /* TOKEN_SEQUENCE: at least so many */
	uint16_t offset, length; /* TOKEN_TEXT: in text[] */
};

struct name_template {
	bool uses_sequence;
	uint16_t token_count, text_used;
	struct token tokens[NAME_TEMPLATE_BYTES_MAX + 1];
	char text[NAME_TEMPLATE_BYTES_MAX];
};

/* May a name hold this character on ext4, exFAT, FAT, NTFS and behind Samba? s is not at its end;
 * length_ret gets the bytes to go on by. */
bool name_char_is_allowed(const char *s, size_t *length_ret);

#endif
