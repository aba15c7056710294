/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/sha256.h"

#include <nettle/sha2.h>

void sha256(const void *data, size_t size_bytes, uint8_t digest[SHA256_BYTES])
{
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, size_bytes, data);
	sha256_digest(&context, SHA256_BYTES, digest);
}
