/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pibrella.h - three lamps, a buzzer and a button, on a Pibrella or any pins. */
#ifndef IMGTANK_UI_PIBRELLA_PIBRELLA_H
#define IMGTANK_UI_PIBRELLA_PIBRELLA_H

#include "core/client/frontend.h"

extern const struct frontend frontend_pibrella;

#endif
