/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * thumbnail_codec.h - what thumbnail.c asks of the codecs. Each codec is the only
 * home of its library.
 *
 * decode: 0 and a picture that fits the wish, for picture_finish(); -EBADMSG if it
 * cannot be decoded, -EFBIG if it needs too much memory, -ETIME if it is late,
 * -ENOMEM, or what reading the file gave.
 */
#ifndef IMGTANK_CORE_PROBE_THUMBNAIL_CODEC_H
#define IMGTANK_CORE_PROBE_THUMBNAIL_CODEC_H

#include "core/probe/pixmap.h"
#include "core/probe/thumbnail.h"

#define CODEC_PIXELS_MAX UINT64_C(600000000) /* of the largest picture that is looked at */
#define CODEC_ICC_BYTES_MAX (4u << 20)

/* A stretch of the file to decode, and into what. */
struct codec_wish {
	const struct thumbnail_request *request;
	uint64_t offset, size_bytes;
	uint32_t side_px; /* long edge of the picture */
};

struct picture {
	struct pixmap pixmap;
	uint8_t *icc; /* owned; NULL = none */
	size_t icc_bytes;
	bool is_inverted; /* CMYK as Adobe writes it: 255 = no ink */
	bool is_upright; /* the codec has turned it already */
	bool is_embedded; /* a small one stood beside the large one */
};

static inline bool wish_is_late(const struct codec_wish *wish)
{
	return wish->request->is_late(wish->request->userdata);
}

/* Up to size_bytes at this place of the stretch; 0 at its end; a negative errno. */
ssize_t wish_read(const struct codec_wish *wish, uint64_t at, void *buffer, size_t size_bytes);

void picture_finish(struct picture *picture);

/* codec_jpeg.c: libjpeg-turbo */
int jpeg_decode(const struct codec_wish *wish, struct picture *ret);
/* Only its size. */
int jpeg_measure(const struct codec_wish *wish, uint32_t *width_px, uint32_t *height_px);
/* Grey or RGB into buffer. -ENOSPC if it does not fit. */
int jpeg_encode(const struct pixmap *pixmap, int quality, uint8_t *buffer, size_t capacity_bytes,
	size_t *size_bytes_ret);

/* codec_png.c: libpng */
bool png_is_header(const uint8_t *head, size_t size_bytes);
int png_decode(const struct codec_wish *wish, struct picture *ret);

/* codec_heif.c: libheif, or nothing if the build has none */
void heif_prepare(void);
bool heif_has_threads(void);
bool heif_is_header(const uint8_t *head, size_t size_bytes);
int heif_decode(const struct codec_wish *wish, struct picture *ret);

/* colour.c: Little CMS. Turns the picture into grey or RGB as sRGB has it. -ENOMEM. */
void colour_prepare(void);
int colour_to_srgb(struct picture *picture, bool is_adobe_rgb);

#endif
