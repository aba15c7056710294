/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_tiff.h - the TIFF directory entry, as reader_tiff.c and reader_makernote.c see it.
 */
#ifndef IMGTANK_CORE_PROBE_READER_TIFF_H
#define IMGTANK_CORE_PROBE_READER_TIFF_H

#include "core/probe/reader.h"

/* One directory, its header at position 0 of source. */
struct tiff_view {
	struct source source; /* offsets of values count from here */
	bool is_big_endian;
	bool is_big_tiff; /* numbers of eight bytes where TIFF has four */
};

struct tiff_entry {
	uint16_t tag;
	uint16_t format;
	uint64_t count;
	uint64_t offset; /* of the value, in the view's source */
	uint64_t size_bytes;
};

#define TIFF_TEXT_BYTES 128

/* A whole number of up to eight bytes; 0 if it cannot be read. */
uint64_t tiff_read_uint(const struct tiff_view *view, uint64_t offset, unsigned size_bytes);
/* Bytes of an offset: four, or eight. */
unsigned tiff_word_bytes(const struct tiff_view *view);
/* Where the n-th entry of the directory at ifd begins; behind the last stands the next's offset. */
uint64_t tiff_entry_place(const struct tiff_view *view, uint64_t ifd, uint16_t n);
/* Number of entries of the directory at offset, 0 if there is none. */
uint16_t tiff_entry_count(const struct tiff_view *view, uint64_t offset);
/* The n-th entry of it. False if it cannot hold a value. */
bool tiff_entry_get(
	const struct tiff_view *view, uint64_t offset, uint16_t n, struct tiff_entry *ret);
/* The n-th value of a whole number; 0 if there is none. */
uint64_t tiff_entry_number(
	const struct tiff_view *view, const struct tiff_entry *entry, uint32_t n);
/* The bytes of a text, as far as they fit; returns how many. */
size_t tiff_entry_text(
	const struct tiff_view *view, const struct tiff_entry *entry, char text[TIFF_TEXT_BYTES]);

/* The maker's own directory in the value of entry (MakerNote): previews in it. */
void makernote_read(const struct tiff_view *view, const struct tiff_entry *entry);

#endif
