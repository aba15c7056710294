/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/faults.h"

#include <errno.h>
#include <string.h>

static const struct fault_text texts[] = {
	[FAULT_NONE] = {"none", FAULT_CLASS_NONE, "", "", ""},
#define FAULT(symbol, word, class, what, safe, remedy)                                             \
	[symbol] = {word, FAULT_CLASS_##class, what, safe, remedy},
#include "core/faults.def"
#undef FAULT
};

const struct fault_text *fault_text(enum fault fault)
{
	return &texts[fault];
}

int fault_parse(const char *word, enum fault *ret)
{
	for (int i = 0; i < FAULTS_COUNT; i++) {
		if (!strcmp(texts[i].word, word)) {
			*ret = (enum fault)i;
			return 0;
		}
	}
	return -EINVAL;
}
