/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_ebml.c - Matroska and WebM (RFC 8794, RFC 9559).
 */
#include "core/probe/readers.h"

#define NS_2001_TO_1970 978307200
#define TEXT_BYTES 64
#define SIZE_UNKNOWN UINT64_MAX

enum element_id {
	ID_SEGMENT = 0x18538067,
	ID_INFO = 0x1549a966,
	ID_DATE_UTC = 0x4461,
	ID_TRACKS = 0x1654ae6b,
	ID_TRACK_ENTRY = 0xae,
	ID_VIDEO = 0xe0,
	ID_PIXEL_WIDTH = 0xb0,
	ID_PIXEL_HEIGHT = 0xba,
	ID_TAGS = 0x1254c367,
	ID_TAG = 0x7373,
	ID_SIMPLE_TAG = 0x67c8,
	ID_TAG_NAME = 0x45a3,
	ID_TAG_STRING = 0x4487,
	ID_DOC_TYPE = 0x4282,
	ID_EBML = 0x1a45dfa3
};

struct element {
	uint32_t id;
	struct source data;
};

struct matroska {
	struct reader *reader;
	uint32_t width_px;
	char tag_name[TEXT_BYTES];
};

/* A number whose first byte's leading zeros say how long it is. The mark stays in an id. */
static bool read_vint(const struct source *source, uint64_t *at, bool is_id, uint64_t *ret)
{
	uint8_t bytes[8];
	unsigned size_bytes = 1;
	uint64_t value;

	if (!source_read(source, *at, bytes, 1) || bytes[0] == 0)
		return false;
	while ((bytes[0] & (0x80 >> (size_bytes - 1))) == 0)
		size_bytes++;
	if ((is_id && size_bytes > 4) || !source_read(source, *at, bytes, size_bytes))
		return false;
	*at += size_bytes;
	value = bytes[0];
	if (!is_id)
		value &= 0xffu >> size_bytes;
	for (unsigned i = 1; i < size_bytes; i++)
		value = value << 8 | bytes[i];
	if (!is_id && value == (UINT64_C(1) << 7 * size_bytes) - 1)
		value = SIZE_UNKNOWN;
	*ret = value;
	return true;
}

static bool next_element(const struct source *parent, uint64_t *at, struct element *ret)
{
	uint64_t id, size_bytes;

	if (!read_vint(parent, at, true, &id) || !read_vint(parent, at, false, &size_bytes))
		return false;
	ret->id = (uint32_t)id;
	ret->data = source_slice(parent, *at, size_bytes);
	/* Of unknown size: entered where it is known, else it reaches to the end. */
	*at = size_bytes > UINT64_MAX - *at ? UINT64_MAX : *at + size_bytes;
	return true;
}

static uint64_t read_number(const struct source *data)
{
	uint8_t bytes[8];
	uint64_t value = 0;

	if (data->size_bytes > 8 || !source_read(data, 0, bytes, (size_t)data->size_bytes))
		return 0;
	for (size_t i = 0; i < data->size_bytes; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void offer(struct reader *reader, enum date_role role, const struct stamp *stamp)
{
	dates_offer(&reader->dates, role, DATE_RANK_CONTAINER, MEDIA_DATE_CONTAINER, stamp);
}

/* Nanoseconds since the first moment of 2001, UTC. */
static void read_date(const struct source *data)
{
	int64_t seconds = (int64_t)read_number(data) / 1000000000;
	struct stamp stamp;

	if (data->size_bytes != 8 || !stamp_from_unix(seconds + NS_2001_TO_1970, &stamp))
		return;
	stamp_set_utc_offset_minutes(&stamp, 0);
	offer(data->reader, DATE_ROLE_ORIGINAL, &stamp);
}

static void read_text(const struct source *data, char text[TEXT_BYTES])
{
	text[source_read_some(data, 0, text, TEXT_BYTES - 1)] = '\0';
}

static void read_tag(const struct matroska *mkv, const struct source *data)
{
	struct stamp stamp;
	char text[TEXT_BYTES];

	read_text(data, text);
	if (!stamp_parse(text, strlen(text), &stamp))
		return;
	if (strcmp(mkv->tag_name, "DATE_RECORDED") == 0)
		offer(mkv->reader, DATE_ROLE_ORIGINAL, &stamp);
	else if (strcmp(mkv->tag_name, "DATE_DIGITIZED") == 0)
		offer(mkv->reader, DATE_ROLE_DIGITIZED, &stamp);
}

static void read_elements(struct matroska *mkv, const struct source *parent);

static void read_element(struct matroska *mkv, const struct element *element)
{
	switch (element->id) {
	case ID_EBML:
	case ID_SEGMENT:
	case ID_INFO:
	case ID_TRACKS:
	case ID_TRACK_ENTRY:
	case ID_VIDEO:
	case ID_TAGS:
	case ID_TAG:
	case ID_SIMPLE_TAG:
		read_elements(mkv, &element->data);
		break;
	case ID_DATE_UTC:
		read_date(&element->data);
		break;
	case ID_PIXEL_WIDTH:
		mkv->width_px = (uint32_t)read_number(&element->data);
		break;
	case ID_PIXEL_HEIGHT:
		facts_set_size(
			mkv->reader->facts, mkv->width_px, (uint32_t)read_number(&element->data));
		break;
	case ID_TAG_NAME:
		read_text(&element->data, mkv->tag_name);
		break;
	case ID_TAG_STRING:
		read_tag(mkv, &element->data);
		break;
	case ID_DOC_TYPE:
		facts_set_type(mkv->reader->facts,
			source_starts_with(&element->data, "webm", 4) ? "WEBM" : "MKV");
		break;
	default:
		break;
	}
}

static void read_elements(struct matroska *mkv, const struct source *parent)
{
	struct element element;
	uint64_t at = 0;

	if (!reader_enter(mkv->reader))
		return;
	while (next_element(parent, &at, &element))
		read_element(mkv, &element);
	reader_leave(mkv->reader);
}

void ebml_read(const struct source *source)
{
	struct matroska mkv = {.reader = source->reader};

	read_elements(&mkv, source);
}
