/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_tiff_entry.c - entries of TIFF's directories, also of BigTIFF, in either byte order.
 */
#include "core/probe/reader_tiff.h"

#include "core/probe/readers.h"

bool tiff_is_header(const uint8_t *bytes, size_t size_bytes)
{
	static const char magics[][5] = {
		"II*\0", "MM\0*", "IIRO", "IIRS", "MMOR", "IIU\0", "II+\0", "MM\0+"};

	for (size_t i = 0; size_bytes >= 8 && i < sizeof(magics) / sizeof(magics[0]); i++)
		if (memcmp(bytes, magics[i], 4) == 0)
			return true;
	return false;
}

/* Bytes of one value of each TIFF type; 0: not a type. */
static uint32_t format_bytes(uint16_t format)
{
	static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};

	return format < sizeof(sizes) ? sizes[format] : 0;
}

uint64_t tiff_read_uint(const struct tiff_view *view, uint64_t offset, unsigned size_bytes)
{
	uint8_t bytes[8];
	uint64_t value = 0;

	if (size_bytes > sizeof(bytes) || !source_read(&view->source, offset, bytes, size_bytes))
		return 0;
	for (unsigned i = 0; i < size_bytes; i++)
		value = value << 8 | bytes[view->is_big_endian ? i : size_bytes - 1 - i];
	return value;
}

unsigned tiff_word_bytes(const struct tiff_view *view)
{
	return view->is_big_tiff ? 8 : 4;
}

static unsigned count_bytes(const struct tiff_view *view)
{
	return view->is_big_tiff ? 8 : 2;
}

uint64_t tiff_entry_place(const struct tiff_view *view, uint64_t ifd, uint16_t n)
{
	return ifd + count_bytes(view) + (uint64_t)n * (4 + 2 * tiff_word_bytes(view));
}

uint16_t tiff_entry_count(const struct tiff_view *view, uint64_t offset)
{
	uint64_t count = tiff_read_uint(view, offset, count_bytes(view));

	return count < UINT16_MAX ? (uint16_t)count : UINT16_MAX;
}

bool tiff_entry_get(
	const struct tiff_view *view, uint64_t offset, uint16_t n, struct tiff_entry *ret)
{
	uint64_t at = tiff_entry_place(view, offset, n);
	unsigned word = tiff_word_bytes(view);

	if (at + 4 + 2 * word > view->source.size_bytes)
		return false;
	ret->tag = (uint16_t)tiff_read_uint(view, at, 2);
	ret->format = (uint16_t)tiff_read_uint(view, at + 2, 2);
	ret->count = tiff_read_uint(view, at + 4, word);
	if (ret->count > UINT32_MAX)
		return false;
	ret->size_bytes = ret->count * format_bytes(ret->format);
	ret->offset = at + 4 + word;
	if (ret->size_bytes > word)
		ret->offset = tiff_read_uint(view, ret->offset, word);
	return ret->size_bytes > 0 && ret->offset < view->source.size_bytes;
}

uint64_t tiff_entry_number(const struct tiff_view *view, const struct tiff_entry *entry, uint32_t n)
{
	uint32_t size_bytes = format_bytes(entry->format);

	if (n >= entry->count || entry->format == 5 || entry->format == 10)
		return 0; /* a fraction is none */
	return tiff_read_uint(view, entry->offset + (uint64_t)n * size_bytes, size_bytes);
}

size_t tiff_entry_text(
	const struct tiff_view *view, const struct tiff_entry *entry, char text[TIFF_TEXT_BYTES])
{
	size_t size_bytes = TIFF_TEXT_BYTES;

	if (format_bytes(entry->format) != 1)
		return 0;
	if (entry->size_bytes < size_bytes)
		size_bytes = (size_t)entry->size_bytes;
	return source_read_some(&view->source, entry->offset, text, size_bytes);
}
