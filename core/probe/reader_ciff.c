/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_ciff.c - Canon's CIFF heaps: CRW files, and APP0 of some old JPEGs.
 *
 * A heap's directory stands at its end; heaps lie within heaps. Source:
 * Canon's CIFF specification 1.0 revision 4.
 */
#include "core/probe/readers.h"

#define ENTRY_BYTES 10
#define MAKE_MODEL_BYTES 128

struct record {
	uint16_t tag; /* without the bits that say where the value is */
	struct source data;
};

static void read_time(const struct source *data, bool is_big_endian)
{
	struct stamp stamp;
	uint8_t bytes[4];

	if (source_read(data, 0, bytes, sizeof(bytes)) &&
		stamp_from_unix(bytes_u32(bytes, is_big_endian), &stamp) &&
		bytes_u32(bytes, is_big_endian) != 0)
		dates_offer(&data->reader->dates, DATE_ROLE_ORIGINAL, DATE_RANK_CONTAINER,
			MEDIA_DATE_CONTAINER, &stamp);
}

static void read_make_model(const struct source *data)
{
	struct media_facts *facts = data->reader->facts;
	char text[MAKE_MODEL_BYTES + 1] = {0};
	size_t n = source_read_some(data, 0, text, MAKE_MODEL_BYTES);
	size_t model = strlen(text) + 1;

	facts_set_make(facts, text, n);
	if (model < n)
		facts_set_model(facts, text + model, n - model);
}

/* Width, height, aspect, rotation in degrees. */
static void read_image_info(const struct source *data, bool is_big_endian)
{
	struct media_facts *facts = data->reader->facts;
	uint8_t bytes[16];

	if (!source_read(data, 0, bytes, sizeof(bytes)))
		return;
	facts_set_size(facts, bytes_u32(bytes, is_big_endian), bytes_u32(bytes + 4, is_big_endian));
	switch (bytes_u32(bytes + 12, is_big_endian)) {
	case 0:
		facts_set_orientation(facts, 1);
		break;
	case 90:
		facts_set_orientation(facts, 6);
		break;
	case 180:
		facts_set_orientation(facts, 3);
		break;
	case 270:
		facts_set_orientation(facts, 8);
		break;
	default:
		break;
	}
}

static bool read_entry(
	const struct source *heap, uint64_t at, bool is_big_endian, struct record *ret)
{
	uint8_t bytes[ENTRY_BYTES];
	uint16_t tag;

	if (!source_read(heap, at, bytes, sizeof(bytes)))
		return false;
	tag = bytes_u16(bytes, is_big_endian);
	ret->tag = tag & 0x3fff;
	if ((tag & 0xc000) == 0x4000) /* the value stands in the entry itself */
		ret->data = source_slice(heap, at + 2, 8);
	else
		ret->data = source_slice(heap, bytes_u32(bytes + 6, is_big_endian),
			bytes_u32(bytes + 2, is_big_endian));
	return true;
}

static void read_heap(const struct source *heap, bool is_big_endian);

static void read_record(const struct record *record, bool is_big_endian)
{
	uint16_t kind = record->tag & 0x3800;

	if (kind == 0x2800 || kind == 0x3000)
		read_heap(&record->data, is_big_endian);
	else if (record->tag == 0x180e)
		read_time(&record->data, is_big_endian);
	else if (record->tag == 0x080a)
		read_make_model(&record->data);
	else if (record->tag == 0x1810)
		read_image_info(&record->data, is_big_endian);
	else if (record->tag == 0x2007 || record->tag == 0x2008)
		preview_offer(&record->data, 0, record->data.size_bytes);
}

static void read_heap(const struct source *heap, bool is_big_endian)
{
	struct record record;
	uint8_t bytes[4];
	uint32_t directory;

	if (heap->size_bytes < 4 ||
		!source_read(heap, heap->size_bytes - 4, bytes, sizeof(bytes)) ||
		!reader_enter(heap->reader))
		return;
	directory = bytes_u32(bytes, is_big_endian);
	if (source_read(heap, directory, bytes, 2)) {
		uint16_t count = bytes_u16(bytes, is_big_endian);

		for (uint32_t i = 0; i < count; i++) {
			if (!read_entry(heap, directory + 2ull + (uint64_t)i * ENTRY_BYTES,
				    is_big_endian, &record))
				break;
			read_record(&record, is_big_endian);
		}
	}
	reader_leave(heap->reader);
}

bool ciff_is_header(const uint8_t *bytes, size_t size_bytes)
{
	return size_bytes >= 14 && (memcmp(bytes, "II", 2) == 0 || memcmp(bytes, "MM", 2) == 0) &&
		(memcmp(bytes + 6, "HEAPCCDR", 8) == 0 || memcmp(bytes + 6, "HEAPJPGM", 8) == 0);
}

void ciff_read(const struct source *source)
{
	struct source heap;
	uint8_t head[6];
	bool is_big_endian;

	if (!source_read(source, 0, head, sizeof(head)))
		return;
	is_big_endian = head[0] == 'M';
	heap = source_from(source, bytes_u32(head + 2, is_big_endian));
	read_heap(&heap, is_big_endian);
}
