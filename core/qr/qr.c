/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/qr/qr.h"

#include <errno.h>

#include <qrencode.h>

static int copy_modules(struct qr *ret, const QRcode *code)
{
	if (code->width > QR_SIDE_MAX)
		return -E2BIG;
	ret->side = code->width;
	for (int row = 0; row < code->width; row++)
		for (int column = 0; column < code->width; column++)
			ret->modules[row][column] = code->data[row * code->width + column] & 1;
	return 0;
}

int qr_make(struct qr *ret, const char *text)
{
	QRcode *code;
	int r;

	if (!*text)
		return -EINVAL;
	/* Version 0: as small as it goes. M: a finger's mark on the screen does no harm. */
	code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	if (!code)
		return errno == ERANGE ? -E2BIG : -ENOMEM;
	r = copy_modules(ret, code);
	QRcode_free(code);
	return r;
}

bool qr_is_dark(const struct qr *qr, int row, int column)
{
	return row >= 0 && row < qr->side && column >= 0 && column < qr->side &&
		qr->modules[row][column];
}
