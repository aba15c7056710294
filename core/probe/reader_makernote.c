/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_makernote.c - previews behind makers' own directories in EXIF.
 *
 * Only where the maker keeps the large preview there and nowhere else. Layouts
 * as ExifTool documents them: where the directory begins, and what its offsets
 * count from.
 */
#include "core/probe/reader_tiff.h"

#define ENTRIES_MAX 512

struct preview_tags {
	uint16_t start, size_bytes;
};

static bool find_number(const struct tiff_view *view, uint64_t ifd, uint16_t tag, uint64_t *ret)
{
	uint16_t count = tiff_entry_count(view, ifd);
	struct tiff_entry entry;

	for (uint16_t i = 0; i < count && i < ENTRIES_MAX; i++) {
		if (!reader_step(view->source.reader, 1))
			return false;
		if (!tiff_entry_get(view, ifd, i, &entry) || entry.tag != tag)
			continue;
		*ret = tiff_entry_number(view, &entry, 0);
		/* A directory stored as bytes: its position is what is meant. */
		if (entry.format == 7 && entry.size_bytes > 4)
			*ret = entry.offset;
		return true;
	}
	return false;
}

static void offer_preview(
	const struct tiff_view *view, uint64_t ifd, struct preview_tags tags, uint64_t base)
{
	uint64_t start = 0, size_bytes = 0;

	if (find_number(view, ifd, tags.start, &start) &&
		find_number(view, ifd, tags.size_bytes, &size_bytes))
		preview_offer(&view->source, base + start, size_bytes);
}

static bool parse_header(const struct source *source, struct tiff_view *ret)
{
	uint8_t mark[2];

	if (!source_read(source, 0, mark, sizeof(mark)))
		return false;
	*ret = (struct tiff_view){.source = *source, .is_big_endian = mark[0] == 'M'};
	return mark[0] == mark[1] && (mark[0] == 'M' || mark[0] == 'I');
}

/* Type 3: a TIFF header of its own at 10; PreviewIFD is tag 0x0011. */
static void read_nikon(const struct source *note)
{
	static const struct preview_tags tags = {0x0201, 0x0202};
	struct source inner = source_from(note, 10);
	struct tiff_view view;
	uint8_t start[4];
	uint64_t preview_ifd = 0;

	if (!parse_header(&inner, &view) || !source_read(&inner, 4, start, sizeof(start)))
		return;
	if (find_number(&view, bytes_u32(start, view.is_big_endian), 0x0011, &preview_ifd))
		offer_preview(&view, preview_ifd, tags, 0);
}

/* The newer layouts count from the note; CameraSettings (0x2020) holds the preview. */
static void read_olympus(const struct source *note, uint64_t mark_offset)
{
	static const struct preview_tags tags = {0x0101, 0x0102};
	struct source mark = source_from(note, mark_offset);
	struct tiff_view view;
	uint64_t settings = 0;

	if (!parse_header(&mark, &view))
		return;
	view.source = *note;
	if (find_number(&view, mark_offset + 4, 0x2020, &settings))
		offer_preview(&view, settings, tags, 0);
}

/* The older layout counts from EXIF's own header. */
static void read_old_olympus(const struct tiff_view *view, uint64_t note_offset)
{
	static const struct preview_tags tags = {0x0088, 0x0089};

	offer_preview(view, note_offset + 8, tags, 0);
}

void makernote_read(const struct tiff_view *view, const struct tiff_entry *entry)
{
	/* Values may lie behind the note's stated end: EXIF editors move it. */
	struct source note = source_from(&view->source, entry->offset);
	uint8_t head[12];

	if (!source_read(&note, 0, head, sizeof(head)))
		return;
	if (memcmp(head, "Nikon\0\2", 7) == 0)
		read_nikon(&note);
	else if (memcmp(head, "OLYMPUS\0", 8) == 0)
		read_olympus(&note, 8);
	else if (memcmp(head, "OM SYSTEM", 9) == 0)
		read_olympus(&note, 12);
	else if (memcmp(head, "OLYMP\0", 6) == 0)
		read_old_olympus(view, entry->offset);
}
