/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qr.h - a text as a QR code (ISO/IEC 18004), for screens. The only user of libqrencode.
 */
#ifndef IMGTANK_CORE_QR_QR_H
#define IMGTANK_CORE_QR_QR_H

#include <stdbool.h>

#define QR_SIDE_MAX 73 /* modules: version 14, more than any text of ours needs */
#define QR_QUIET 4 /* modules of empty space around it that readers want */

struct qr {
	int side; /* in modules; without the empty space */
	bool modules[QR_SIDE_MAX][QR_SIDE_MAX]; /* [row][column]; true is dark */
};

/* -EINVAL for "", -E2BIG for a text that is too long, -ENOMEM. */
int qr_make(struct qr *ret, const char *text);

/* Is the module dark? Also around it, where all is light. */
bool qr_is_dark(const struct qr *qr, int row, int column);

#endif
