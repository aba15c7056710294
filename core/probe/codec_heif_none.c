/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * codec_heif_none.c - a build without libheif: only previews that are JPEG.
 */
#include <errno.h>

#include "core/probe/thumbnail_codec.h"

void heif_prepare(void)
{
}

bool heif_has_threads(void)
{
	return false;
}

bool heif_is_header(const uint8_t *head, size_t size_bytes)
{
	(void)head;
	(void)size_bytes;
	return false;
}

int heif_decode(const struct codec_wish *wish, struct picture *ret)
{
	(void)wish;
	*ret = (struct picture){0};
	return -EBADMSG;
}
