/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/drop/whole.h"

#include <string.h>

#include "core/base/fd.h"

#define PIECE_BYTES 4096
#define STEPS_MAX 4096 /* segments, chunks, boxes: then nothing more is said */
#define JPEG_BYTES_MAX (UINT64_C(256) << 20) /* of a picture; a longer one is believed */

/* A window on the file. */
struct view {
	int fd;
	uint64_t size_bytes;
	uint64_t start; /* of what is in piece */
	size_t length;
	uint8_t piece[PIECE_BYTES];
};

/* count bytes at this place, or NULL: they are not there. count: up to 16. */
static const uint8_t *at(struct view *view, uint64_t offset, size_t count)
{
	ssize_t n;

	if (offset > view->size_bytes || view->size_bytes - offset < count)
		return NULL;
	if (offset >= view->start && offset - view->start <= view->length &&
		view->length - (offset - view->start) >= count)
		return view->piece + (offset - view->start);
	n = fd_pread_full(view->fd, view->piece, sizeof(view->piece), (off_t)offset);
	view->start = offset;
	view->length = n < 0 ? 0 : (size_t)n;
	return view->length >= count ? view->piece : NULL;
}

static uint64_t big(const uint8_t *bytes, size_t count)
{
	uint64_t value = 0;

	while (count--)
		value = value << 8 | *bytes++;
	return value;
}

static uint64_t little(const uint8_t *bytes, size_t count)
{
	uint64_t value = 0;

	while (count--)
		value = value << 8 | bytes[count];
	return value;
}

/* --- JPEG --- */

/* The next marker after compressed data; 0: the file ends before it. */
static uint8_t next_marker(struct view *view, uint64_t *offset)
{
	const uint8_t *p;

	while ((p = at(view, *offset, 2))) {
		const uint8_t *end = view->piece + view->length;
		const uint8_t *found = memchr(p, 0xff, (size_t)(end - p));

		if (!found || found + 1 == end) {
			*offset += (uint64_t)((found ? found : end) - p);
			continue;
		}
		*offset += (uint64_t)(found - p);
		/* Filled up with ff, a 00 behind a ff of the data, restart marks: still data. */
		if (found[1] != 0 && found[1] != 0xff && !(found[1] >= 0xd0 && found[1] <= 0xd7))
			return found[1];
		*offset += found[1] == 0xff ? 1 : 2;
	}
	return 0;
}

static bool jpeg_is_cut(struct view *view)
{
	uint64_t offset = 2;

	if (view->size_bytes > JPEG_BYTES_MAX)
		return false;
	for (int i = 0; i < STEPS_MAX; i++) {
		uint8_t marker = next_marker(view, &offset);
		const uint8_t *p = marker ? at(view, offset, 4) : NULL;

		if (marker == 0xd9)
			return false;
		if (!p)
			return true;
		offset += 2 + big(p + 2, 2);
	}
	return false;
}

/* --- PNG --- */

static bool png_is_cut(struct view *view)
{
	uint64_t offset = 8;

	for (int i = 0; i < STEPS_MAX; i++) {
		const uint8_t *p = at(view, offset, 12);

		if (!p)
			return true;
		if (!memcmp(p + 4, "IEND", 4))
			return false;
		offset += 12 + big(p, 4);
	}
	return false;
}

/* --- films and HEIF: boxes --- */

static bool is_box_type(const uint8_t *type)
{
	static const char known[] = "ftyp mdat moov moof mfra free skip wide uuid udta meta pdin "
				    "sidx styp pnot PICT junk idat";

	for (size_t i = 0; i + 4 < sizeof(known) + 1; i += 5)
		if (!memcmp(type, known + i, 4))
			return true;
	return false;
}

/* Behind the last box there may be what a camera has appended: what is no box ends the look. */
static bool boxes_are_cut(struct view *view)
{
	uint64_t offset = 0;
	bool has_index = false; /* without it nobody can read what is there */

	for (int i = 0; i < STEPS_MAX && offset < view->size_bytes; i++) {
		const uint8_t *p = at(view, offset, 8);
		uint64_t size_bytes = p ? big(p, 4) : 0;

		if (!p || !is_box_type(p + 4))
			return !p && !has_index;
		has_index |= !memcmp(p + 4, "moov", 4) || !memcmp(p + 4, "moof", 4) ||
			!memcmp(p + 4, "meta", 4);
		if (size_bytes == 0)
			return !has_index; /* to the end */
		if (size_bytes == 1) {
			p = at(view, offset, 16);
			size_bytes = p ? big(p + 8, 8) : UINT64_MAX;
		}
		if (size_bytes < 8 || size_bytes > view->size_bytes - offset)
			return size_bytes >= 8;
		offset += size_bytes;
	}
	return offset >= view->size_bytes && !has_index;
}

/* --- RIFF: AVI, WAV, WebP --- */

static bool riff_is_cut(struct view *view)
{
	const uint8_t *p = at(view, 0, 12);
	uint64_t size_bytes = p ? little(p + 4, 4) : 0;

	/* A recorder that could not go back to write it leaves 0 or as many ones. */
	if (size_bytes == 0 || size_bytes == UINT32_MAX)
		return false;
	return size_bytes + 8 > view->size_bytes;
}

/* --- TIFF and the RAW formats made of it --- */

enum {
	TAG_STRIP_OFFSETS = 273,
	TAG_STRIP_BYTES = 279,
	TAG_TILE_OFFSETS = 324,
	TAG_TILE_BYTES = 325,
	TAG_SUB_IFDS = 330,
	TAG_JPEG_OFFSET = 513,
	TAG_JPEG_BYTES = 514,
};

#define IFDS_MAX 32

struct tiff {
	struct view *view;
	uint64_t (*number)(const uint8_t *bytes, size_t count);
	uint64_t todo[IFDS_MAX]; /* where IFDs are */
	unsigned int todo_count, done_count;
	bool is_cut;
};

struct tiff_entry {
	uint16_t tag;
	uint32_t count;
	size_t width; /* of one number; 0: not one we know */
	uint64_t where; /* of the first one */
};

static size_t tiff_width(uint64_t type)
{
	static const uint8_t widths[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};

	return type < sizeof(widths) ? widths[type] : 0;
}

static bool tiff_read(struct tiff *tiff, uint64_t where, size_t width, uint64_t *ret)
{
	const uint8_t *p = at(tiff->view, where, width);

	if (p)
		*ret = tiff->number(p, width);
	return p != NULL;
}

static void tiff_add(struct tiff *tiff, uint64_t where)
{
	if (where && tiff->todo_count < IFDS_MAX)
		tiff->todo[tiff->todo_count++] = where;
}

/* The last one of a list of numbers: data stands in a file in the order of its numbers. */
static uint64_t tiff_last(struct tiff *tiff, const struct tiff_entry *entry)
{
	uint64_t value = 0;
	size_t width = entry->width > 4 ? 4 : entry->width;

	if (entry->count)
		(void)tiff_read(tiff, entry->where + (uint64_t)(entry->count - 1) * entry->width,
			width, &value);
	return value;
}

static void tiff_add_subs(struct tiff *tiff, const struct tiff_entry *entry)
{
	uint64_t where;

	for (uint32_t i = 0; i < entry->count && i < IFDS_MAX && entry->width == 4; i++)
		if (tiff_read(tiff, entry->where + (uint64_t)i * 4, 4, &where))
			tiff_add(tiff, where);
}

static bool tiff_entry(struct tiff *tiff, uint64_t offset, struct tiff_entry *entry)
{
	const uint8_t *p = at(tiff->view, offset, 12);
	uint64_t bytes_count;

	if (!p)
		return false;
	entry->tag = (uint16_t)tiff->number(p, 2);
	entry->width = tiff_width(tiff->number(p + 2, 2));
	entry->count = (uint32_t)tiff->number(p + 4, 4);
	bytes_count = (uint64_t)entry->count * entry->width;
	entry->where = bytes_count > 4 ? tiff->number(p + 8, 4) : offset + 8;
	return true;
}

/* Where the data of an IFD begins, and how much it is: strips, tiles, a JPEG. */
struct tiff_data {
	uint64_t starts[3], lengths[3];
};

static void tiff_take(struct tiff *tiff, const struct tiff_entry *entry, struct tiff_data *data)
{
	static const uint16_t start_tags[] = {TAG_STRIP_OFFSETS, TAG_TILE_OFFSETS, TAG_JPEG_OFFSET};
	static const uint16_t length_tags[] = {TAG_STRIP_BYTES, TAG_TILE_BYTES, TAG_JPEG_BYTES};

	for (size_t i = 0; i < 3; i++) {
		if (entry->tag == start_tags[i])
			data->starts[i] = tiff_last(tiff, entry);
		if (entry->tag == length_tags[i])
			data->lengths[i] = tiff_last(tiff, entry);
	}
	if (entry->tag == TAG_SUB_IFDS)
		tiff_add_subs(tiff, entry);
}

static void tiff_look_at(struct tiff *tiff, uint64_t where)
{
	struct tiff_data data = {0};
	struct tiff_entry entry;
	uint64_t count, next;

	if (!tiff_read(tiff, where, 2, &count))
		return;
	for (uint64_t i = 0; i < count && tiff_entry(tiff, where + 2 + i * 12, &entry); i++)
		tiff_take(tiff, &entry, &data);
	for (size_t i = 0; i < 3; i++)
		tiff->is_cut |= data.starts[i] && data.lengths[i] &&
			data.starts[i] + data.lengths[i] > tiff->view->size_bytes;
	if (tiff_read(tiff, where + 2 + count * 12, 4, &next))
		tiff_add(tiff, next);
}

static bool tiff_is_cut(struct view *view, bool is_big_endian)
{
	struct tiff tiff = {.view = view, .number = is_big_endian ? big : little};
	uint64_t first;

	if (!tiff_read(&tiff, 4, 4, &first) || first >= view->size_bytes)
		return true;
	tiff_add(&tiff, first); /* other ones may be nonsense in files that are whole */
	while (!tiff.is_cut && tiff.done_count < tiff.todo_count)
		tiff_look_at(&tiff, tiff.todo[tiff.done_count++]);
	return tiff.is_cut;
}

/* --- Fujifilm's RAF --- */

/* Where the JPEG, the table and the picture are and how long, behind a header of fixed size. */
static bool raf_is_cut(struct view *view)
{
	const uint8_t *p;

	for (uint64_t offset = 84; offset < 108; offset += 8) {
		p = at(view, offset, 8);
		if (!p || big(p, 4) + big(p + 4, 4) > view->size_bytes)
			return true;
	}
	return false;
}

/* --- Matroska and WebM --- */

#define EBML_SEGMENT 0x18538067U

/* As many bytes as there are zeros before the first one bit, and one more. False: the file ends. */
static bool ebml_number(struct view *view, uint64_t *offset, bool is_id, uint64_t *ret)
{
	const uint8_t *p = at(view, *offset, 1);
	size_t width = 1;

	if (!p)
		return false;
	while (width < 8 && !(*p & (0x80U >> (width - 1))))
		width++;
	p = at(view, *offset, width);
	if (!p)
		return false;
	*offset += width;
	*ret = big(p, width);
	if (!is_id)
		*ret &= (UINT64_C(1) << (7 * width)) - 1;
	if (!is_id && *ret == (UINT64_C(1) << (7 * width)) - 1)
		*ret = 0; /* a recorder that never learnt it: to the end, wherever that is */
	return true;
}

static bool ebml_is_cut(struct view *view)
{
	uint64_t offset = 0, id, size_bytes;

	for (int i = 0; i < STEPS_MAX; i++) {
		if (!ebml_number(view, &offset, true, &id) ||
			!ebml_number(view, &offset, false, &size_bytes))
			return true;
		if (size_bytes > view->size_bytes - offset)
			return true;
		if (id == EBML_SEGMENT)
			return false;
		offset += size_bytes;
	}
	return false;
}

static bool is_tiff(const uint8_t *p)
{
	return !memcmp(p, "II\x2a\0", 4) || !memcmp(p, "MM\0\x2a", 4) || !memcmp(p, "IIRO", 4) ||
		!memcmp(p, "IIRS", 4) || !memcmp(p, "MMOR", 4); /* Olympus and OM System */
}

bool whole_is_cut(int fd, uint64_t size_bytes)
{
	struct view view;
	const uint8_t *p;

	view = (struct view){.fd = fd, .size_bytes = size_bytes};
	p = at(&view, 0, 12);
	if (!p)
		return false;
	if (!memcmp(p, "\xff\xd8\xff", 3))
		return jpeg_is_cut(&view);
	if (!memcmp(p, "\x89PNG\r\n\x1a\n", 8))
		return png_is_cut(&view);
	if (!memcmp(p, "RIFF", 4))
		return riff_is_cut(&view);
	if (!memcmp(p, "FUJIFILM", 8))
		return raf_is_cut(&view);
	if (!memcmp(p, "\x1a\x45\xdf\xa3", 4))
		return ebml_is_cut(&view);
	if (is_tiff(p))
		return tiff_is_cut(&view, *p == 'M');
	if (!memcmp(p + 4, "ftyp", 4) || !memcmp(p + 4, "moov", 4) || !memcmp(p + 4, "mdat", 4) ||
		!memcmp(p + 4, "wide", 4))
		return boxes_are_cut(&view);
	return false;
}
