/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * readers.h - one reader for each kind of container.
 *
 * Each one gets a source that begins with its container, and fills the facts
 * and dates of the source's reader. None of them fails: what cannot be read is
 * not found. A reader whose caller did not look at the first bytes returns
 * whether they were its own.
 */
#ifndef IMGTANK_CORE_PROBE_READERS_H
#define IMGTANK_CORE_PROBE_READERS_H

#include "core/probe/reader.h"

/* JPEG: dates from APPn, size from SOFn, previews from MPF and EXIF. */
void jpeg_read(const struct source *source);
/* Size of a JPEG that a decoder can show (8 bit, DCT). False if it is none. */
bool jpeg_read_size(const struct source *source, uint32_t *width_px, uint32_t *height_px);

/* A TIFF file, or a RAW that is built like one. */
void tiff_read(const struct source *source);
/* An EXIF block: libexif first, and what it does not find by the TIFF reader. */
void tiff_read_exif(const struct source *source, enum date_rank rank_max);
/* A directory without the header in front: offsets count from the source's start. */
void tiff_read_bare(const struct source *source, uint32_t ifd_offset, bool is_big_endian);
bool tiff_is_header(const uint8_t *bytes, size_t size_bytes);

/* Boxes: QuickTime, MP4, 3GP, HEIF, AVIF, CR3, JPEG XL, JPEG 2000. */
void bmff_read(const struct source *source);
bool bmff_is_header(const uint8_t *bytes, size_t size_bytes);

/* RIFF: AVI, WAV, WEBP. */
void riff_read(const struct source *source);

void png_read(const struct source *source);

/* Canon's CRW. */
void ciff_read(const struct source *source);
bool ciff_is_header(const uint8_t *bytes, size_t size_bytes);

/* RAW files with headers of their own. */
void raf_read(const struct source *source);
void mrw_read(const struct source *source);
void x3f_read(const struct source *source);

/* Matroska, WebM. */
void ebml_read(const struct source *source);

void mxf_read(const struct source *source);
bool mxf_is_header(const uint8_t *bytes, size_t size_bytes);

/* MPEG transport streams of AVCHD cameras. */
void mpegts_read(const struct source *source);
/* Distance of packets in bytes, 0 if it is no transport stream. */
size_t mpegts_stride(const uint8_t *bytes, size_t size_bytes);

/* MPEG program streams: the size only, there is no date in them. */
void mpeg_read(const struct source *source);

/* A JPEG XL codestream: the size. */
void jxl_read(const struct source *source);

void dv_read(const struct source *source);
bool dv_is_header(const uint8_t *bytes, size_t size_bytes);
void moi_read(const struct source *source);

/* An XMP packet, or anything with one in it. True if it describes something. */
bool xmp_read(const struct source *source);

/* Photoshop's image resources ("8BIM"): EXIF and XMP copies, IPTC dates. */
void photoshop_read(const struct source *source);

#endif
