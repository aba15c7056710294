/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_bmff.h - boxes of the ISO base media file format (ISO/IEC 14496-12) and QuickTime.
 */
#ifndef IMGTANK_CORE_PROBE_READER_BMFF_H
#define IMGTANK_CORE_PROBE_READER_BMFF_H

#include "core/probe/reader.h"

#define BOX_TYPE(a, b, c, d)                                                                       \
	((uint32_t)(uint8_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

struct box {
	uint32_t type;
	struct source data; /* behind the header; of a uuid box, behind the identifier */
	uint8_t uuid[16]; /* of a uuid box, else zeros */
};

/* The box at *at, which moves behind it. False at the end or where no box is. */
bool box_next(const struct source *parent, uint64_t *at, struct box *ret);

/* moov, with everything in it. */
void movie_read_moov(const struct source *moov);
/* A meta box: items of a still picture, or keys and values of a film. */
void meta_read(const struct source *meta);
/* The items of a meta box; offsets count from the file that its reader reads. */
void heif_read_items(const struct source *boxes);
/* An XMP, CR3 or JPEG 2000 identifier and what belongs to it. */
void bmff_read_uuid(const struct box *box);
/* Finds the TIFF structure near the start of an EXIF box or item. */
void bmff_read_exif(const struct source *item);
/* Offers the JPEG that begins within the first bytes of data, behind some header. */
void bmff_offer_preview(const struct source *data);

#endif
