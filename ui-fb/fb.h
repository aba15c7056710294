/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fb.h - the front end for screens that are part of the box, with or without touch.
 */
#ifndef IMGTANK_UI_FB_FB_H
#define IMGTANK_UI_FB_FB_H

#include "core/client/frontend.h"

extern const struct frontend frontend_fb;

#endif
