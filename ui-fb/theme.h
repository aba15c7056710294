/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * theme.h - colours by what they mean. Each pair of letters and ground that the
 * screens use has a contrast of at least 4.5 : 1 (WCAG 2.1, 1.4.3); a test holds that.
 */
#ifndef IMGTANK_UI_FB_THEME_H
#define IMGTANK_UI_FB_THEME_H

#include "ui-fb/scene.h"

/* 0xRRGGBB */
struct theme {
	const char *name;
	uint32_t ground, panel, line, text, muted;
	uint32_t fill[ROLES_COUNT]; /* surfaces */
	uint32_t on_fill[ROLES_COUNT]; /* letters on them */
	uint32_t letters[ROLES_COUNT]; /* letters on the ground and on panels */
};

/* "dark", "light"; NULL for a name that is none. The one for 1-bit screens is "mono". */
const struct theme *theme_find(const char *name);

uint32_t theme_tint(const struct theme *theme, enum role role, enum tint tint);

/* Contrast of two colours as WCAG 2.1 defines it: 1 to 21. */
double theme_contrast(uint32_t a, uint32_t b);

#endif
