/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * svg.h - the screen as a picture, for documents.
 */
#ifndef IMGTANK_UI_TTY_SVG_H
#define IMGTANK_UI_TTY_SVG_H

#include "ui-tty/grid.h"

void svg_print(const struct grid *grid, FILE *out);

#endif
