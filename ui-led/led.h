/* SPDX-License-Identifier: GPL-3.0-or-later */
/* led.h - the one lamp that every Raspberry Pi has on its board. */
#ifndef IMGTANK_UI_LED_LED_H
#define IMGTANK_UI_LED_LED_H

#include "core/client/frontend.h"

extern const struct frontend frontend_led;

#endif
