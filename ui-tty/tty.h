/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMGTANK_UI_TTY_TTY_H
#define IMGTANK_UI_TTY_TTY_H

#include "core/client/frontend.h"

extern const struct frontend frontend_tty;

#endif
