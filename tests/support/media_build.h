/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media_build.h - small camera files, put together byte by byte in a test.
 */
#ifndef IMGTANK_TESTS_SUPPORT_MEDIA_BUILD_H
#define IMGTANK_TESTS_SUPPORT_MEDIA_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/probe/media.h"

#define BUILD_BYTES_MAX (512u << 10)

/* Too large for a stack: static in the test. */
struct build {
	size_t size_bytes;
	bool is_big_endian; /* of put_u16 and wider */
	uint8_t bytes[BUILD_BYTES_MAX];
};

void build_reset(struct build *b, bool is_big_endian);
void put(struct build *b, const void *bytes, size_t size_bytes);
void put_text(struct build *b, const char *text); /* without its end mark */
void put_zeros(struct build *b, size_t size_bytes);
void put_u8(struct build *b, unsigned value);
void put_u16(struct build *b, unsigned value);
void put_u32(struct build *b, uint64_t value);
void put_u64(struct build *b, uint64_t value);
void set_u32(struct build *b, size_t at, uint64_t value);

/* A directory entry; text if it is not NULL, else number as LONG. */
struct build_tag {
	uint16_t tag;
	const char *text;
	uint32_t number;
};

/* TIFF header, a directory of main, and of exif behind 0x8769 if there are any. */
void put_tiff(struct build *b, const struct build_tag *main, size_t main_count,
	const struct build_tag *exif, size_t exif_count);
/* The same with DateTimeOriginal alone. */
void put_exif_date(struct build *b, const char *date);

/* "ftyp" and so on; box_end() fills in the size. */
size_t box_start(struct build *b, const char *type);
void box_end(struct build *b, size_t at);

/* FFxx and a size; the size counts what is put until segment_end(). */
size_t segment_start(struct build *b, unsigned marker);
void segment_end(struct build *b, size_t at);

/* A JPEG that says it is of this size, without a picture. Returns its length. */
size_t put_jpeg(struct build *b, unsigned width_px, unsigned height_px);

/* RIFF chunk, little-endian size, padded. */
size_t chunk_start(struct build *b, const char *id);
void chunk_end(struct build *b, size_t at);

int read_build(const struct build *b, struct media_facts *facts);

#endif
