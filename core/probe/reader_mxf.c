/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_mxf.c - MXF's header metadata (SMPTE ST 377-1).
 *
 * A file is a row of key, length, value. The packages' sets hold the creation
 * date under a tag that the standard fixes.
 */
#include "core/probe/readers.h"

#define KEY_BYTES 16
#define SETS_MAX 2000
#define RESYNC_BYTES 4096
#define TAG_PACKAGE_CREATION_DATE 0x4405
#define TAG_STORED_HEIGHT 0x3202
#define TAG_STORED_WIDTH 0x3203

static const uint8_t smpte_prefix[4] = {0x06, 0x0e, 0x2b, 0x34};

struct klv {
	uint8_t key[KEY_BYTES];
	struct source value;
};

/* BER: below 128 the length itself, else the number of bytes that hold it. */
static bool read_length(const struct source *source, uint64_t *at, uint64_t *ret)
{
	uint8_t bytes[8];
	uint8_t first;

	if (!source_read(source, *at, &first, 1))
		return false;
	*at += 1;
	*ret = first;
	if (first < 0x80)
		return true;
	first &= 0x7f;
	if (first == 0 || first > 8 || !source_read(source, *at, bytes, first))
		return false;
	*at += first;
	*ret = 0;
	for (unsigned i = 0; i < first; i++)
		*ret = *ret << 8 | bytes[i];
	return true;
}

/* Behind a wrong length the next key is looked for, not far away. */
static bool find_key(const struct source *source, uint64_t *at)
{
	uint8_t bytes[RESYNC_BYTES];
	size_t n = source_read_some(source, *at, bytes, sizeof(bytes));
	const uint8_t *key = memmem(bytes, n, smpte_prefix, sizeof(smpte_prefix));

	if (!key)
		return false;
	*at += (uint64_t)(key - bytes);
	return true;
}

static bool next_klv(const struct source *source, uint64_t *at, struct klv *ret)
{
	uint64_t size_bytes;

	if (!find_key(source, at) || !source_read(source, *at, ret->key, KEY_BYTES))
		return false;
	*at += KEY_BYTES;
	if (!read_length(source, at, &size_bytes) || size_bytes > UINT64_MAX - *at)
		return false;
	ret->value = source_slice(source, *at, size_bytes);
	*at += size_bytes;
	return true;
}

/* Year, month, day, hour, minute, second, and quarters of milliseconds. */
static void read_timestamp(const struct source *value)
{
	struct stamp_fields f;
	struct stamp stamp;
	uint8_t b[8];

	if (!source_read(value, 0, b, sizeof(b)))
		return;
	f = (struct stamp_fields){bytes_be16(b), b[2], b[3], b[4], b[5], b[6]};
	if (!stamp_from_fields(&f, &stamp))
		return;
	dates_offer(&value->reader->dates, DATE_ROLE_DIGITIZED, DATE_RANK_CONTAINER,
		MEDIA_DATE_CONTAINER, &stamp);
}

static uint32_t read_u32(const struct source *value)
{
	uint8_t bytes[4];

	return source_read(value, 0, bytes, sizeof(bytes)) ? bytes_be32(bytes) : 0;
}

/* A local set: tags and sizes of two bytes each. */
static void read_set(const struct source *set)
{
	uint32_t width_px = 0, height_px = 0;
	uint8_t head[4];
	uint64_t at = 0;

	while (source_read(set, at, head, sizeof(head))) {
		struct source value = source_slice(set, at + sizeof(head), bytes_be16(head + 2));

		if (bytes_be16(head) == TAG_PACKAGE_CREATION_DATE)
			read_timestamp(&value);
		else if (bytes_be16(head) == TAG_STORED_WIDTH)
			width_px = read_u32(&value);
		else if (bytes_be16(head) == TAG_STORED_HEIGHT)
			height_px = read_u32(&value);
		at += sizeof(head) + bytes_be16(head + 2);
	}
	facts_set_size(set->reader->facts, width_px, height_px);
}

bool mxf_is_header(const uint8_t *bytes, size_t size_bytes)
{
	return size_bytes >= KEY_BYTES && memcmp(bytes, smpte_prefix, sizeof(smpte_prefix)) == 0;
}

void mxf_read(const struct source *source)
{
	uint64_t at = 0;
	struct klv klv;

	for (unsigned i = 0; i < SETS_MAX && next_klv(source, &at, &klv); i++)
		if (klv.key[4] == 0x02 && klv.key[5] == 0x53) /* a local set */
			read_set(&klv.value);
}
