/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-pibrella/tune.h"

static const struct tune_note good[] = {{440, 120}, {494, 120}, {523, 120}, {587, 300}};
static const struct tune_note bad[] = {{523, 200}, {466, 200}, {440, 500}};
static const struct tune_note understood[] = {{587, 90}, {0, 60}, {659, 140}};
static const struct tune_note refused[] = {{440, 90}, {0, 70}, {440, 90}, {0, 70}, {440, 90}};

#define TUNE(tune_name_, notes)                                                                    \
	{                                                                                          \
		(tune_name_), (notes), sizeof(notes) / sizeof((notes)[0])                          \
	}

static const struct {
	const char *name;
	const struct tune_note *notes;
	size_t count;
} tunes[TUNES_COUNT] = {
	[TUNE_GOOD] = TUNE("good", good),
	[TUNE_BAD] = TUNE("bad", bad),
	[TUNE_UNDERSTOOD] = TUNE("understood", understood),
	[TUNE_REFUSED] = TUNE("refused", refused),
};

const char *tune_name(enum tune tune)
{
	return tunes[tune].name;
}

const struct tune_note *tune_notes(enum tune tune, size_t *count)
{
	*count = tunes[tune].count;
	return tunes[tune].notes;
}
