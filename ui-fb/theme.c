/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/theme.h"

#include <math.h>
#include <string.h>

/* In the order of enum role: neutral, busy, good, attention, error. */
static const struct theme themes[] = {
	{
		.name = "dark",
		.ground = 0x10141a,
		.panel = 0x1b222b,
		.line = 0x36424f,
		.text = 0xf2f5f8,
		.muted = 0xa3b1bf,
		.fill = {0x2b3642, 0x2a68a8, 0x3fb878, 0xeeb04a, 0xc2382b},
		.on_fill = {0xf2f5f8, 0xffffff, 0x05170d, 0x1c1303, 0xffffff},
		.letters = {0xd5dde5, 0x85bff5, 0x62d597, 0xf5bd5c, 0xff9385},
	},
	{
		.name = "light",
		.ground = 0xf6f7f9,
		.panel = 0xe9edf1,
		.line = 0xb9c3cd,
		.text = 0x14191f,
		.muted = 0x4c5a67,
		.fill = {0xcfd8e0, 0x225c98, 0x17693d, 0xf0b34d, 0xb32d21},
		.on_fill = {0x14191f, 0xffffff, 0xffffff, 0x1c1303, 0xffffff},
		.letters = {0x2f3a45, 0x1c548d, 0x125a33, 0x744600, 0xa3261b},
	},
	{
		.name = "mono",
		.ground = 0x000000,
		.panel = 0x000000,
		.line = 0xffffff,
		.text = 0xffffff,
		.muted = 0xffffff,
		.fill = {0xffffff, 0xffffff, 0xffffff, 0xffffff, 0xffffff},
		.on_fill = {0x000000, 0x000000, 0x000000, 0x000000, 0x000000},
		.letters = {0xffffff, 0xffffff, 0xffffff, 0xffffff, 0xffffff},
	},
};

const struct theme *theme_find(const char *name)
{
	for (size_t i = 0; i < sizeof(themes) / sizeof(themes[0]); i++)
		if (!strcmp(themes[i].name, name))
			return &themes[i];
	return NULL;
}

uint32_t theme_tint(const struct theme *theme, enum role role, enum tint tint)
{
	switch (tint) {
	case TINT_MUTED:
		return theme->muted;
	case TINT_ROLE:
		return theme->letters[role];
	case TINT_ON_ROLE:
		return theme->on_fill[role];
	case TINT_TEXT:
	case TINTS_COUNT:
		break;
	}
	return theme->text;
}

static double linear(uint32_t channel)
{
	double value = channel / 255.0;

	return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t colour)
{
	return 0.2126 * linear(colour >> 16 & 255) + 0.7152 * linear(colour >> 8 & 255) +
		0.0722 * linear(colour & 255);
}

double theme_contrast(uint32_t a, uint32_t b)
{
	double x = luminance(a) + 0.05, y = luminance(b) + 0.05;

	return x > y ? x / y : y / x;
}
