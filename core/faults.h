/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * faults.h - the catalogue of everything that can go wrong in front of a user.
 *
 * The words stand once, in faults.def; terminal, touch screen, LEDs, web page and
 * journal all take them from here. On the wire a fault is its word.
 */
#ifndef IMGTANK_CORE_FAULTS_H
#define IMGTANK_CORE_FAULTS_H

enum fault {
	FAULT_NONE,
#define FAULT(symbol, word, class, what, safe, remedy) symbol,
#include "core/faults.def"
#undef FAULT
	FAULTS_COUNT
};

enum fault_class {
	FAULT_CLASS_NONE,
	FAULT_CLASS_FILE,
	FAULT_CLASS_CARD,
	FAULT_CLASS_TANK,
	FAULT_CLASS_NOTICE,
};

struct fault_text {
	const char *word; /* "tank-full" */
	enum fault_class class;
	const char *what, *safe, *remedy; /* one sentence or two each */
};

/* Never NULL; FAULT_NONE gives empty words. Literals, borrowed for good. */
const struct fault_text *fault_text(enum fault fault);

/* -EINVAL for a word that is none. */
int fault_parse(const char *word, enum fault *ret);

#endif
