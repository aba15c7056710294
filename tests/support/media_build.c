/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media_build.c - see media_build.h.
 */
#include "tests/support/media_build.h"

#include <assert.h>
#include <string.h>

void build_reset(struct build *b, bool is_big_endian)
{
	b->size_bytes = 0;
	b->is_big_endian = is_big_endian;
}

void put(struct build *b, const void *bytes, size_t size_bytes)
{
	assert(size_bytes <= BUILD_BYTES_MAX - b->size_bytes);
	memcpy(b->bytes + b->size_bytes, bytes, size_bytes);
	b->size_bytes += size_bytes;
}

void put_text(struct build *b, const char *text)
{
	put(b, text, strlen(text));
}

void put_zeros(struct build *b, size_t size_bytes)
{
	assert(size_bytes <= BUILD_BYTES_MAX - b->size_bytes);
	memset(b->bytes + b->size_bytes, 0, size_bytes);
	b->size_bytes += size_bytes;
}

static void set_number(struct build *b, size_t at, uint64_t value, size_t size_bytes)
{
	for (size_t i = 0; i < size_bytes; i++) {
		size_t shift = b->is_big_endian ? size_bytes - 1 - i : i;

		b->bytes[at + i] = (uint8_t)(value >> 8 * shift);
	}
}

static void put_number(struct build *b, uint64_t value, size_t size_bytes)
{
	put_zeros(b, size_bytes);
	set_number(b, b->size_bytes - size_bytes, value, size_bytes);
}

void put_u8(struct build *b, unsigned value)
{
	put_number(b, value, 1);
}

void put_u16(struct build *b, unsigned value)
{
	put_number(b, value, 2);
}

void put_u32(struct build *b, uint64_t value)
{
	put_number(b, value, 4);
}

void put_u64(struct build *b, uint64_t value)
{
	put_number(b, value, 8);
}

void set_u32(struct build *b, size_t at, uint64_t value)
{
	set_number(b, at, value, 4);
}

/* The entries, then the texts that do not fit into them; start is the header's place. */
static void put_directory(
	struct build *b, size_t start, const struct build_tag *tags, size_t count, bool has_next)
{
	size_t first = b->size_bytes + 2;

	put_u16(b, (unsigned)count);
	for (size_t i = 0; i < count; i++) {
		size_t length = tags[i].text ? strlen(tags[i].text) + 1 : 1;

		put_u16(b, tags[i].tag);
		put_u16(b, tags[i].text ? 2 : 4);
		put_u32(b, length);
		put_u32(b, tags[i].number);
	}
	if (has_next)
		put_u32(b, 0);
	for (size_t i = 0; i < count; i++) {
		size_t length = tags[i].text ? strlen(tags[i].text) + 1 : 1;

		if (tags[i].text && length <= 4) {
			memcpy(b->bytes + first + 12 * i + 8, tags[i].text, length);
		} else if (tags[i].text) {
			set_u32(b, first + 12 * i + 8, b->size_bytes - start);
			put(b, tags[i].text, length);
		}
	}
}

void put_tiff(struct build *b, const struct build_tag *main, size_t main_count,
	const struct build_tag *exif, size_t exif_count)
{
	struct build_tag all[32];
	size_t start = b->size_bytes;
	size_t pointer_at;

	assert(main_count < 32);
	if (main_count > 0)
		memcpy(all, main, main_count * sizeof(*main));
	put_text(b, b->is_big_endian ? "MM" : "II");
	put_u16(b, 42);
	put_u32(b, 8);
	if (exif_count > 0)
		all[main_count++] = (struct build_tag){0x8769, NULL, 0};
	pointer_at = b->size_bytes + 2 + 12 * (main_count - 1) + 8;
	put_directory(b, start, all, main_count, true);
	if (exif_count > 0) {
		set_u32(b, pointer_at, b->size_bytes - start);
		put_directory(b, start, exif, exif_count, true);
	}
}

void put_exif_date(struct build *b, const char *date)
{
	struct build_tag tag = {0x9003, date, 0};

	put_tiff(b, NULL, 0, &tag, 1);
}

size_t box_start(struct build *b, const char *type)
{
	size_t at = b->size_bytes;

	put_u32(b, 0);
	put(b, type, 4);
	return at;
}

void box_end(struct build *b, size_t at)
{
	set_u32(b, at, b->size_bytes - at);
}

size_t segment_start(struct build *b, unsigned marker)
{
	put_u8(b, 0xff);
	put_u8(b, marker);
	put_zeros(b, 2);
	return b->size_bytes - 2;
}

void segment_end(struct build *b, size_t at)
{
	size_t size_bytes = b->size_bytes - at;

	b->bytes[at] = (uint8_t)(size_bytes >> 8);
	b->bytes[at + 1] = (uint8_t)size_bytes;
}

size_t put_jpeg(struct build *b, unsigned width_px, unsigned height_px)
{
	const uint8_t bytes[] = {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, (uint8_t)(height_px >> 8),
		(uint8_t)height_px, (uint8_t)(width_px >> 8), (uint8_t)width_px, 1, 1, 0x11, 0,
		0xff, 0xda, 0xff, 0xd9};

	put(b, bytes, sizeof(bytes));
	return sizeof(bytes);
}

size_t chunk_start(struct build *b, const char *id)
{
	put(b, id, 4);
	put_zeros(b, 4);
	return b->size_bytes;
}

void chunk_end(struct build *b, size_t at)
{
	size_t size_bytes = b->size_bytes - at;

	for (size_t i = 0; i < 4; i++)
		b->bytes[at - 4 + i] = (uint8_t)(size_bytes >> 8 * i);
	if (size_bytes % 2)
		put_zeros(b, 1);
}

static ssize_t read_memory(void *userdata, void *buffer, size_t size_bytes, uint64_t offset)
{
	const struct build *b = userdata;

	if (offset >= b->size_bytes)
		return 0;
	if (size_bytes > b->size_bytes - offset)
		size_bytes = (size_t)(b->size_bytes - offset);
	memcpy(buffer, b->bytes + offset, size_bytes);
	return (ssize_t)size_bytes;
}

int read_build(const struct build *b, struct media_facts *facts)
{
	struct build *source = (struct build *)(uintptr_t)b;
	struct media_input input = {read_memory, source, b->size_bytes};

	return media_read(&input, facts);
}
