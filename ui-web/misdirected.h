/* SPDX-License-Identifier: GPL-3.0-or-later */
/* misdirected.h - requests by a name that this box does not have (hosts.h says why they matter). */
#ifndef IMGTANK_UI_WEB_MISDIRECTED_H
#define IMGTANK_UI_WEB_MISDIRECTED_H

#include <stdbool.h>

struct request;

/* True: it is one, and has been answered. */
bool misdirected_refuse(struct request *request);

#endif
