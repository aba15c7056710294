/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exif.h - EXIF tags by libexif; its only home.
 */
#ifndef IMGTANK_CORE_PROBE_EXIF_H
#define IMGTANK_CORE_PROBE_EXIF_H

#include "core/probe/reader.h"

#define EXIF_HEADER "Exif\0"
#define EXIF_HEADER_BYTES 6
#define EXIF_BLOCK_BYTES_MAX 65534 /* with the header; libexif looks no further */

/*
 * Reads an EXIF block: a TIFF structure of at most 64 kB that holds all of its
 * values, as JPEG, HEIF, PNG and others carry it. block begins with EXIF_HEADER.
 * What libexif finds goes to the reader's facts and dates with at most this rank.
 */
void exif_read_tags(
	struct reader *reader, const uint8_t *block, size_t block_bytes, enum date_rank rank_max);

#endif
