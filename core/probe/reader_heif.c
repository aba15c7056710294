/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_heif.c - items of HEIF and AVIF (ISO/IEC 23008-12): EXIF, XMP, JPEG previews.
 *
 * iinf says what the items are, iloc where their bytes lie; either may come
 * first, so the items of interest are gathered from both.
 */
#include "core/probe/reader_bmff.h"

#include "core/probe/readers.h"

#define ITEMS_MAX 64
#define EXTENTS_MAX 64
#define ITEMS_COUNTED_MAX 65536
#define NAMES_BYTES 128

enum item_kind { ITEM_EXIF, ITEM_XMP, ITEM_JPEG };

struct item {
	uint32_t id;
	enum item_kind kind;
};

struct heif {
	struct reader *reader;
	struct source file;
	struct source idat;
	struct source iloc;
	size_t item_count;
	struct item items[ITEMS_MAX];
	uint32_t width_px, height_px;
};

/* Reads numbers of any width, one behind the other. */
struct scan {
	const struct source *source;
	uint64_t at;
	bool is_good;
};

static uint64_t scan_number(struct scan *scan, unsigned size_bytes)
{
	uint8_t bytes[8];
	uint64_t value = 0;

	if (size_bytes == 0)
		return 0;
	if (size_bytes > 8 || !source_read(scan->source, scan->at, bytes, size_bytes)) {
		scan->is_good = false;
		return 0;
	}
	scan->at += size_bytes;
	for (unsigned i = 0; i < size_bytes; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* The item's name and, behind its end mark, the type of what is in it. */
static bool is_xmp(const char *names, size_t size_bytes)
{
	static const char type[] = "application/rdf+xml";
	size_t name_bytes = strnlen(names, size_bytes) + 1;

	return name_bytes + sizeof(type) <= size_bytes &&
		memcmp(names + name_bytes, type, sizeof(type)) == 0;
}

/* infe, version 2 or 3: id, protection, type, name, content type. */
static void read_item_info(struct heif *heif, const struct source *infe)
{
	struct scan scan = {infe, 0, true};
	unsigned version = (unsigned)scan_number(&scan, 1);
	struct item item = {0};
	uint32_t type;
	char names[NAMES_BYTES];
	size_t names_bytes;

	scan.at = 4;
	item.id = (uint32_t)scan_number(&scan, version == 3 ? 4 : 2);
	scan.at += 2;
	type = (uint32_t)scan_number(&scan, 4);
	names_bytes = source_read_some(infe, scan.at, names, sizeof(names));
	if (!scan.is_good || version < 2 || heif->item_count == ITEMS_MAX)
		return;
	if (type == BOX_TYPE('E', 'x', 'i', 'f'))
		item.kind = ITEM_EXIF;
	else if (type == BOX_TYPE('j', 'p', 'e', 'g'))
		item.kind = ITEM_JPEG;
	else if (type == BOX_TYPE('m', 'i', 'm', 'e') && is_xmp(names, names_bytes))
		item.kind = ITEM_XMP;
	else
		return;
	heif->items[heif->item_count++] = item;
}

static void read_item_infos(struct heif *heif, const struct source *iinf)
{
	struct scan scan = {iinf, 0, true};
	unsigned version = (unsigned)scan_number(&scan, 1);
	uint64_t at = version == 0 ? 6 : 8; /* version, flags, number of entries */
	struct box box;

	while (box_next(iinf, &at, &box))
		if (box.type == BOX_TYPE('i', 'n', 'f', 'e'))
			read_item_info(heif, &box.data);
}

/* The largest ispe is the picture; tiles and thumbnails are smaller. */
static void read_properties(struct heif *heif, const struct source *iprp)
{
	uint64_t at = 0, inner_at = 0;
	struct box ipco, box;
	uint8_t bytes[12];

	if (!box_next(iprp, &at, &ipco) || ipco.type != BOX_TYPE('i', 'p', 'c', 'o'))
		return;
	while (box_next(&ipco.data, &inner_at, &box)) {
		if (box.type != BOX_TYPE('i', 's', 'p', 'e') ||
			!source_read(&box.data, 0, bytes, sizeof(bytes)))
			continue;
		if ((uint64_t)bytes_be32(bytes + 4) * bytes_be32(bytes + 8) <=
			(uint64_t)heif->width_px * heif->height_px)
			continue;
		heif->width_px = bytes_be32(bytes + 4);
		heif->height_px = bytes_be32(bytes + 8);
	}
}

static void read_item(const struct item *item, const struct source *bytes)
{
	if (item->kind == ITEM_EXIF)
		bmff_read_exif(bytes);
	else if (item->kind == ITEM_XMP)
		(void)xmp_read(bytes);
	else
		preview_offer(bytes, 0, bytes->size_bytes);
}

struct layout {
	unsigned offset_bytes, length_bytes, base_bytes, index_bytes;
};

/* Joins the pieces of an item that does not lie in one. */
static void read_pieces(
	const struct heif *heif, const struct item *item, const struct source *pieces, size_t count)
{
	struct block block = {0};
	struct source joined;
	size_t total_bytes = 0, at = 0;

	for (size_t i = 0; i < count; i++) {
		if (pieces[i].size_bytes > MEDIA_BLOCK_BYTES_MAX - total_bytes)
			return;
		total_bytes += (size_t)pieces[i].size_bytes;
	}
	if (!block_new(heif->reader, total_bytes, &block))
		return;
	for (size_t i = 0; i < count; i++)
		at += source_read_some(
			&pieces[i], 0, block.bytes + at, (size_t)pieces[i].size_bytes);
	joined = source_of_memory(heif->reader, block.bytes, at);
	read_item(item, &joined);
	block_free(&block);
}

static void read_extents(const struct heif *heif, struct scan *scan, const struct layout *layout,
	const struct source *origin, const struct item *item)
{
	uint64_t base = scan_number(scan, layout->base_bytes);
	uint64_t count = scan_number(scan, 2);
	struct source pieces[EXTENTS_MAX];
	size_t piece_count = 0;

	for (uint64_t i = 0; i < count && scan->is_good; i++) {
		uint64_t offset, length_bytes;

		(void)scan_number(scan, layout->index_bytes);
		offset = scan_number(scan, layout->offset_bytes);
		length_bytes = scan_number(scan, layout->length_bytes);
		if (length_bytes == 0)
			length_bytes = UINT64_MAX; /* to the end */
		if (item && origin && offset <= UINT64_MAX - base && piece_count < EXTENTS_MAX)
			pieces[piece_count++] = source_slice(origin, base + offset, length_bytes);
	}
	if (piece_count == 1)
		read_item(item, &pieces[0]);
	else if (piece_count > 1)
		read_pieces(heif, item, pieces, piece_count);
}

static const struct item *find_item(const struct heif *heif, uint32_t id)
{
	for (size_t i = 0; i < heif->item_count; i++)
		if (heif->items[i].id == id)
			return &heif->items[i];
	return NULL;
}

static void read_locations(const struct heif *heif)
{
	struct scan scan = {&heif->iloc, 0, true};
	unsigned version = (unsigned)scan_number(&scan, 1);
	struct layout layout = {0};
	uint64_t count, widths;

	scan.at = 4;
	widths = scan_number(&scan, 2);
	layout.offset_bytes = widths >> 12 & 15;
	layout.length_bytes = widths >> 8 & 15;
	layout.base_bytes = widths >> 4 & 15;
	layout.index_bytes = version > 0 ? widths & 15 : 0;
	count = scan_number(&scan, version < 2 ? 2 : 4);
	for (uint64_t i = 0; i < count && i < ITEMS_COUNTED_MAX && scan.is_good; i++) {
		uint32_t id = (uint32_t)scan_number(&scan, version < 2 ? 2 : 4);
		unsigned method = version > 0 ? (unsigned)scan_number(&scan, 2) & 15 : 0;
		const struct source *origin = NULL;

		(void)scan_number(&scan, 2); /* data reference */
		if (method == 0)
			origin = &heif->file;
		else if (method == 1)
			origin = &heif->idat;
		read_extents(heif, &scan, &layout, origin, find_item(heif, id));
	}
}

void heif_read_items(const struct source *boxes)
{
	struct heif heif = {.reader = boxes->reader, .file = source_of_file(boxes->reader)};
	uint64_t at = 0;
	struct box box;

	heif.idat = heif.iloc = source_of_memory(boxes->reader, (const uint8_t *)"", 0);
	while (box_next(boxes, &at, &box)) {
		if (box.type == BOX_TYPE('i', 'i', 'n', 'f'))
			read_item_infos(&heif, &box.data);
		else if (box.type == BOX_TYPE('i', 'p', 'r', 'p'))
			read_properties(&heif, &box.data);
		else if (box.type == BOX_TYPE('i', 'd', 'a', 't'))
			heif.idat = box.data;
		else if (box.type == BOX_TYPE('i', 'l', 'o', 'c'))
			heif.iloc = box.data;
	}
	facts_set_size(heif.reader->facts, heif.width_px, heif.height_px);
	if (heif.item_count > 0)
		read_locations(&heif);
}
