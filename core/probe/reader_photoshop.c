/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_photoshop.c - Photoshop's image resources: EXIF and XMP copies, IPTC dates.
 *
 * Sources: Adobe Photoshop File Formats Specification; IPTC IIM 4.2.
 */
#include "core/base/text.h"
#include "core/probe/readers.h"

#define IPTC_TEXT_BYTES 24

struct resource {
	uint16_t id;
	struct source data;
};

static void read_iptc_text(
	const struct source *source, uint64_t at, uint16_t size_bytes, char text[IPTC_TEXT_BYTES])
{
	size_t n = size_bytes < IPTC_TEXT_BYTES ? size_bytes : IPTC_TEXT_BYTES - 1;

	n = source_read_some(source, at, text, n);
	text[n] = '\0';
}

/* Date Created (2:55) and Time Created (2:60). */
static void read_iptc(const struct source *source)
{
	char text[2 * IPTC_TEXT_BYTES + 1] = "", date[IPTC_TEXT_BYTES] = "";
	char time[IPTC_TEXT_BYTES] = "";
	struct stamp stamp = {0};
	uint8_t head[5];
	uint64_t at = 0;

	while (source_read(source, at, head, sizeof(head)) && head[0] == 0x1c) {
		uint16_t size_bytes = bytes_be16(head + 3);

		if (head[1] == 2 && head[2] == 55)
			read_iptc_text(source, at + sizeof(head), size_bytes, date);
		else if (head[1] == 2 && head[2] == 60)
			read_iptc_text(source, at + sizeof(head), size_bytes, time);
		at += sizeof(head) + size_bytes;
	}
	if (date[0] == '\0')
		return;
	(void)text_format(text, sizeof(text), "%s%s%s", date, time[0] ? "T" : "", time);
	if (stamp_parse(text, strlen(text), &stamp))
		dates_offer(&source->reader->dates, DATE_ROLE_DESCRIBED, DATE_RANK_COPY,
			MEDIA_DATE_XMP, &stamp);
}

/* "8BIM", id, a Pascal string, size, data; both padded to even length. */
static bool read_resource(const struct source *source, uint64_t *at, struct resource *ret)
{
	uint8_t head[7], size[4];
	uint64_t start = *at;
	uint32_t size_bytes;

	if (!source_read(source, start, head, sizeof(head)) || memcmp(head, "8BIM", 4) != 0)
		return false;
	start += 6 + ((uint64_t)head[6] + 2) / 2 * 2;
	if (!source_read(source, start, size, sizeof(size)))
		return false;
	size_bytes = bytes_be32(size);
	ret->id = bytes_be16(head + 4);
	ret->data = source_slice(source, start + 4, size_bytes);
	*at = start + 4 + (uint64_t)size_bytes + size_bytes % 2;
	return true;
}

void photoshop_read(const struct source *source)
{
	struct resource resource;
	uint64_t at = 0;

	if (!reader_enter(source->reader))
		return;
	while (read_resource(source, &at, &resource)) {
		if (resource.id == 0x0404)
			read_iptc(&resource.data);
		else if (resource.id == 0x0422)
			tiff_read_exif(&resource.data, DATE_RANK_COPY);
		else if (resource.id == 0x0424)
			(void)xmp_read(&resource.data);
	}
	reader_leave(source->reader);
}
