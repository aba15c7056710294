/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record.h - the front end that writes down each call of the host, one line
 * each, and sends the commands that it reads from its standard input.
 */
#ifndef IMGTANK_UI_RECORD_RECORD_H
#define IMGTANK_UI_RECORD_RECORD_H

#include "core/client/frontend.h"

extern const struct frontend frontend_record;

#endif
