/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader.h - what every container reader works with.
 *
 * A struct reader is one call of media_read(): the file behind a small window,
 * a budget of steps and bytes that bounds the time, and what was found so far.
 * A struct source is a stretch of bytes to look at: of the file, or of a block
 * in memory. Once the budget is spent or the file cannot be read, every read
 * fails: a reader needs no other way out of a loop than a failed read.
 */
#ifndef IMGTANK_CORE_PROBE_READER_H
#define IMGTANK_CORE_PROBE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/probe/dates.h"
#include "core/probe/media.h"

#define READER_WINDOW_BYTES (16u << 10)
#define READER_FILE_BYTES_MAX (32u << 20) /* read from the file for one question */
#define READER_STEPS_MAX 200000u /* reads, and turns of loops that count themselves */
#define READER_DEPTH_MAX 24 /* containers within containers */
#define READER_MEMORY_BYTES_MAX (24u << 20) /* all blocks held at one time */

struct reader {
	const struct media_input *input; /* borrowed */
	struct media_facts *facts; /* borrowed */
	struct dates dates;
	uint64_t file_bytes_left;
	uint32_t steps_left;
	uint32_t memory_bytes_left;
	unsigned depth;
	int error; /* 0, or the first errno of the file or of malloc, negative */
	struct media_facts xmp_facts; /* camera by XMP: counts where nothing else says it */
	bool has_dng_version; /* the TIFF said so */
	bool has_raw_image; /* some image in it is sensor data */
	uint64_t window_offset;
	size_t window_bytes;
	uint8_t window[READER_WINDOW_BYTES];
};

struct source {
	struct reader *reader; /* borrowed */
	const uint8_t *memory; /* borrowed; NULL: the file itself */
	uint64_t start; /* first byte, in the file or in memory */
	uint64_t size_bytes;
};

/* A copy of some bytes. Owned by whoever loaded it: block_free(). */
struct block {
	struct reader *reader;
	uint8_t *bytes; /* followed by one NUL that size_bytes does not count */
	size_t size_bytes;
};

void reader_init(struct reader *reader, const struct media_input *input, struct media_facts *facts);

/* Takes steps from the budget. False when it is spent. */
bool reader_step(struct reader *reader, uint32_t steps);

/* Around a descent into an inner container. reader_enter() false: too deep, and no leave. */
bool reader_enter(struct reader *reader);
void reader_leave(struct reader *reader);

struct source source_of_file(struct reader *reader);
struct source source_of_memory(struct reader *reader, const uint8_t *bytes, size_t size_bytes);

/* Cut to what there is; empty if offset lies behind the end. */
struct source source_slice(const struct source *source, uint64_t offset, uint64_t size_bytes);
struct source source_from(const struct source *source, uint64_t offset);

/* All size_bytes, or false. */
bool source_read(const struct source *source, uint64_t offset, void *buffer, size_t size_bytes);

/* As many as there are; 0 also if reading failed. */
size_t source_read_some(
	const struct source *source, uint64_t offset, void *buffer, size_t size_bytes);

bool source_starts_with(const struct source *source, const void *bytes, size_t size_bytes);

/* Copies a stretch, cut at the end, with lead_bytes of zeros in front. False: too big, no memory.
 */
bool source_load(const struct source *source, size_t lead_bytes, struct block *ret);
/* Room for size_bytes of zeros. */
bool block_new(struct reader *reader, size_t size_bytes, struct block *ret);
void block_free(struct block *block); /* also of a zeroed one */

/* Sets a field that is still empty. Spaces around it go, the rest is escaped. */
void facts_set_type(struct media_facts *facts, const char *type);
void facts_set_make(struct media_facts *facts, const void *text, size_t text_bytes);
void facts_set_model(struct media_facts *facts, const void *text, size_t text_bytes);
void facts_set_orientation(struct media_facts *facts, uint32_t orientation);
void facts_set_size(struct media_facts *facts, uint32_t width_px, uint32_t height_px);

/*
 * Notes a JPEG stream inside the file, if it is one that can be decoded. It may
 * reach beyond source's end: some cameras count its segment too short.
 */
void preview_offer(const struct source *source, uint64_t offset, uint64_t size_bytes);

static inline uint16_t bytes_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint16_t bytes_le16(const uint8_t *p)
{
	return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t bytes_be32(const uint8_t *p)
{
	return (uint32_t)bytes_be16(p) << 16 | bytes_be16(p + 2);
}

static inline uint32_t bytes_le32(const uint8_t *p)
{
	return (uint32_t)bytes_le16(p + 2) << 16 | bytes_le16(p);
}

static inline uint64_t bytes_be64(const uint8_t *p)
{
	return (uint64_t)bytes_be32(p) << 32 | bytes_be32(p + 4);
}

static inline uint64_t bytes_le64(const uint8_t *p)
{
	return (uint64_t)bytes_le32(p + 4) << 32 | bytes_le32(p);
}

static inline uint16_t bytes_u16(const uint8_t *p, bool is_big_endian)
{
	return is_big_endian ? bytes_be16(p) : bytes_le16(p);
}

static inline uint32_t bytes_u32(const uint8_t *p, bool is_big_endian)
{
	return is_big_endian ? bytes_be32(p) : bytes_le32(p);
}

#endif
