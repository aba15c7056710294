/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sha256.h - for a session's token and the pages. */
#ifndef IMGTANK_UI_WEB_SHA256_H
#define IMGTANK_UI_WEB_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32

void sha256(const void *data, size_t size_bytes, uint8_t digest[SHA256_BYTES]);

#endif
