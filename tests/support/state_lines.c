/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state_lines.c - the true words and lines for fake_tankd.py: reads states
 * (facts, one JSON object a line), and writes for each what the daemon would:
 * the lines that lead there from the state before, then an empty line, then
 * the whole state as a snapshot.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/client/model.h"
#include "core/protocol/diff.h"
#include "core/summary.h"

static int print_line(enum message_type type, const char *card_id, const char *line, void *userdata)
{
	(void)type, (void)card_id, (void)userdata;
	return fputs(line, stdout) < 0 ? -EIO : 0;
}

static int advance(struct tank_model *before, const char *text, size_t length, uint64_t *seq)
{
	struct tank_model *now = model_new();
	CLEANUP(freep) char *snapshot = NULL;
	int r = now ? model_from_json(now, text, length) : -ENOMEM;

	if (r == 0)
		r = message_diff(before, now, seq, print_line, NULL);
	if (r >= 0) {
		snapshot = message_encode_snapshot(now, *seq);
		*seq += 2; /* the next one is for a sync */
		r = snapshot ? 0 : -ENOMEM;
	}
	if (r == 0) {
		(void)printf("\n%s", snapshot);
		*before = *now;
	}
	model_free(now);
	return r;
}

int main(void)
{
	struct tank_model *before = model_new();
	CLEANUP(freep) char *line = NULL;
	size_t line_bytes = 0;
	uint64_t seq = 1;
	ssize_t length;
	int r = before ? 0 : -ENOMEM;

	while (r == 0 && (length = getline(&line, &line_bytes, stdin)) > 0) {
		r = advance(before, line, (size_t)length, &seq);
		if (fflush(stdout) != 0)
			r = -EIO;
	}
	if (r < 0)
		(void)fprintf(stderr, "state_lines: %s\n", strerror(-r));
	model_free(before);
	return r < 0;
}
