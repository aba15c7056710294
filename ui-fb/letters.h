/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * letters.h - text in a box, set by pango: any script, shrunk down to a widget's
 * smallest size and then shortened with an ellipsis, never cut through a letter.
 */
#ifndef IMGTANK_UI_FB_LETTERS_H
#define IMGTANK_UI_FB_LETTERS_H

#include <pango/pangocairo.h>

#include "ui-fb/scene.h"

struct letters; /* opaque; fonts and the memory of pango */

/* family: "DejaVu Sans"; what it lacks comes from other fonts. NULL without memory. */
struct letters *letters_new(const char *family, bool is_mono);
void letters_free(struct letters *letters); /* NULL is fine */

/* A text that was set; the caller frees layout with g_object_unref(). */
struct letters_set {
	PangoLayout *layout;
	struct box box; /* where it lies: letters and the space around them */
	bool is_shortened; /* an ellipsis stands for the rest */
	bool is_broken; /* a line ends within a word */
};

/* Sets the text of a widget into area, which is its box or a part of it. */
struct letters_set letters_fit(
	struct letters *letters, const struct widget *widget, struct box area);

#endif
