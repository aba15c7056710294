/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-tty/theme.h"

#include <stdio.h>

#define LOOK(symbol, fg256, bg256, fg8, bg8, bold, reversed)                                       \
	[symbol] = {fg256, bg256, fg8, bg8, bold, reversed},

static const struct {
	short foreground256, background256, foreground8, background8;
	bool is_bold, is_reversed;
} looks[ROLES_COUNT] = {THEME_ROLES(LOOK)};

struct theme_colours theme_colours(enum theme_role role, int colours)
{
	if (colours >= 256)
		return (struct theme_colours){looks[role].foreground256, looks[role].background256,
			looks[role].is_bold, false};
	if (colours >= 8)
		return (struct theme_colours){looks[role].foreground8, looks[role].background8,
			looks[role].is_bold, false};
	return (struct theme_colours){-1, -1, looks[role].is_bold, looks[role].is_reversed};
}

/* The colour cube and the greys of xterm's 256 colours; the first 16 are not used here. */
const char *theme_hex(short colour)
{
	static const int steps[] = {0, 95, 135, 175, 215, 255};
	static char hex[24]; /* so that gcc need not count */

	if (colour >= 232)
		(void)snprintf(hex, sizeof(hex), "#%02x%02x%02x", 8 + (colour - 232) * 10,
			8 + (colour - 232) * 10, 8 + (colour - 232) * 10);
	else if (colour >= 16)
		(void)snprintf(hex, sizeof(hex), "#%02x%02x%02x", steps[(colour - 16) / 36],
			steps[(colour - 16) / 6 % 6], steps[(colour - 16) % 6]);
	else
		return "#d0d0d0";
	return hex;
}

enum theme_role theme_text(enum tone tone)
{
	static const enum theme_role roles[TONES_COUNT] = {
		ROLE_NORMAL, ROLE_GOOD, ROLE_WORKING, ROLE_ATTENTION, ROLE_BAD};

	return roles[tone];
}

enum theme_role theme_band(enum tone tone)
{
	static const enum theme_role roles[TONES_COUNT] = {ROLE_BAND_OFF, ROLE_BAND_GOOD,
		ROLE_BAND_WORKING, ROLE_BAND_ATTENTION, ROLE_BAND_BAD};

	return roles[tone];
}

enum theme_role theme_bar(enum tone tone)
{
	static const enum theme_role roles[TONES_COUNT] = {
		ROLE_BAR_REST, ROLE_BAR_GOOD, ROLE_BAR_WORKING, ROLE_BAR_WORKING, ROLE_BAR_BAD};

	return roles[tone];
}
