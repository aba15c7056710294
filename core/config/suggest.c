/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/base/text.h"
#include "core/config/config_priv.h"

#define WORD_BYTES_MAX 32

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to add, drop or change until one word is the other (Levenshtein), ignoring case. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_BYTES_MAX + 1];
	size_t b_bytes = strlen(b);

	for (size_t j = 0; j <= b_bytes; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < b_bytes; j++) {
			bool same = text_lower_char(a[i]) == text_lower_char(b[j]);
			size_t best = smaller(row[j], row[j + 1]) + 1;

			best = smaller(best, diagonal + (same ? 0 : 1));
			diagonal = row[j + 1];
			row[j + 1] = best;
		}
	}
	return row[b_bytes];
}

const char *suggest_word(const char *word, const char *const *list)
{
	size_t word_bytes = strlen(word), best = SIZE_MAX;
	const char *ret = NULL;

	if (word_bytes > WORD_BYTES_MAX)
		return NULL;
	for (; *list; list++) {
		size_t list_bytes = strlen(*list);
		size_t d = list_bytes <= WORD_BYTES_MAX ? distance(word, *list) : SIZE_MAX;

		/* One letter and a quarter of the word may be wrong. */
		if (d < best && d <= 1 + list_bytes / 4 && d < list_bytes) {
			best = d;
			ret = *list;
		}
	}
	return ret;
}
