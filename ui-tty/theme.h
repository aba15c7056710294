/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * theme.h - what a cell is, and how that looks: views name roles, never colours.
 *
 * Every role is also told by words or position: nothing is lost without colours.
 */
#ifndef IMGTANK_UI_TTY_THEME_H
#define IMGTANK_UI_TTY_THEME_H

#include <stdbool.h>

#include "core/tone.h"

/* X(symbol, foreground and background of 256 colours, of 8 colours, is bold, is reversed without)
 */
#define THEME_ROLES(X)                                                                             \
	X(ROLE_NORMAL, 252, -1, -1, -1, false, false)                                              \
	X(ROLE_QUIET, 245, -1, -1, -1, false, false)                                               \
	X(ROLE_STRONG, 255, -1, -1, -1, true, false)                                               \
	X(ROLE_TITLE, 110, -1, 6, -1, true, false)                                                 \
	X(ROLE_GOOD, 114, -1, 2, -1, true, false)                                                  \
	X(ROLE_WORKING, 221, -1, 3, -1, true, false)                                               \
	X(ROLE_ATTENTION, 215, -1, 3, -1, true, false)                                             \
	X(ROLE_BAD, 210, -1, 1, -1, true, false)                                                   \
	X(ROLE_SELECTED, 255, 238, 7, 4, true, true)                                               \
	X(ROLE_BAND_GOOD, 16, 114, 0, 2, true, true)                                               \
	X(ROLE_BAND_WORKING, 16, 221, 0, 3, true, true)                                            \
	X(ROLE_BAND_ATTENTION, 16, 215, 0, 3, true, true)                                          \
	X(ROLE_BAND_BAD, 231, 160, 7, 1, true, true)                                               \
	X(ROLE_BAND_OFF, 255, 240, 7, 4, true, true)                                               \
	X(ROLE_BAR_GOOD, 114, 236, 2, -1, false, false)                                            \
	X(ROLE_BAR_WORKING, 221, 236, 3, -1, false, false)                                         \
	X(ROLE_BAR_BAD, 210, 236, 1, -1, false, false)                                             \
	X(ROLE_BAR_REST, 240, 236, -1, -1, false, false)                                           \
	X(ROLE_KEY, 16, 250, 0, 7, true, true)                                                     \
	X(ROLE_KEY_LABEL, 250, -1, -1, -1, false, false)                                           \
	X(ROLE_FRAME, 110, 235, 6, -1, false, false)                                               \
	X(ROLE_BOX, 255, 235, -1, -1, false, false)                                                \
	X(ROLE_CODE, 16, 231, 0, 7, false, true)

enum theme_role {
#define THEME_ENUM(symbol, fg256, bg256, fg8, bg8, bold, reversed) symbol,
	THEME_ROLES(THEME_ENUM)
#undef THEME_ENUM
		ROLES_COUNT
};

struct theme_colours {
	short foreground, background; /* -1: the terminal's own */
	bool is_bold;
	bool is_reversed;
};

/* colours: what the terminal has: 0 (none, or none wanted), 8 ... 256. */
struct theme_colours theme_colours(enum theme_role role, int colours);

/* "#rrggbb" of one of the 256 colours of xterm; literal or static memory, one thread. */
const char *theme_hex(short colour);

/* The role of a tone as text, as a band and as a bar. */
enum theme_role theme_text(enum tone tone);
enum theme_role theme_band(enum tone tone);
enum theme_role theme_bar(enum tone tone);

#endif
