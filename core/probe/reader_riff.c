/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_riff.c - RIFF: AVI, WAV and WEBP.
 *
 * Sources: Microsoft's RIFF and AVI references, EBU Tech 3285 (bext), Google's
 * WebP container specification, EXIF 2.32 (audio); makers' chunks as ExifTool
 * documents them. A camera that lost power leaves sizes of zero: what is there
 * is read.
 */
#include "core/probe/readers.h"

#include <stdio.h>
#include <strings.h>

#include "core/base/text.h"

#define TEXT_BYTES 64
#define CHUNK_ID(a, b, c, d)                                                                       \
	((uint32_t)(d) << 24 | (uint32_t)(c) << 16 | (uint32_t)(b) << 8 | (uint32_t)(a))

struct chunk {
	uint32_t id;
	struct source data;
};

struct riff {
	struct reader *reader;
	char date[TEXT_BYTES]; /* ICRD, and etim of EXIF audio beside it */
	char time[TEXT_BYTES];
};

static bool next_chunk(const struct source *parent, uint64_t *at, struct chunk *ret)
{
	uint8_t head[8];
	uint32_t size_bytes;

	if (!source_read(parent, *at, head, sizeof(head)))
		return false;
	ret->id = bytes_le32(head);
	size_bytes = bytes_le32(head + 4);
	ret->data = source_slice(parent, *at + sizeof(head), size_bytes);
	*at += sizeof(head) + (uint64_t)size_bytes + size_bytes % 2;
	return true;
}

static void read_text(const struct source *data, uint64_t at, char text[TEXT_BYTES])
{
	size_t n = source_read_some(data, at, text, TEXT_BYTES - 1);

	text[n] = '\0';
}

static unsigned month_of_name(const char *name)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	for (unsigned i = 0; i < 12; i++)
		if (strncasecmp(name, months + 3 * (size_t)i, 3) == 0)
			return i + 1;
	return 0;
}

/* "Mon Mar 10 15:04:43 2003": AVI's own form. Most cameras write another. */
static bool parse_weekday_date(const char *text, struct stamp *ret)
{
	struct stamp_fields f = {0};
	char weekday[10], month[10];

	if (sscanf(text, "%9s %9s %2u %2u:%2u:%2u %4u", weekday, month, &f.day, &f.hour, &f.minute,
		    &f.second, &f.year) != 7)
		return false;
	f.month = month_of_name(month);
	return stamp_from_fields(&f, ret);
}

static void offer_text(struct reader *reader, enum date_role role, const char *text)
{
	struct stamp stamp;

	if (parse_weekday_date(text, &stamp) || stamp_parse(text, strlen(text), &stamp))
		dates_offer(
			&reader->dates, role, DATE_RANK_CONTAINER, MEDIA_DATE_CONTAINER, &stamp);
}

static void read_idit(const struct source *data)
{
	char text[TEXT_BYTES];

	read_text(data, 0, text);
	offer_text(data->reader, DATE_ROLE_ORIGINAL, text);
}

/* Kodak: two numbers, the halves of a count of 100 ns since 1601; or, by mistake, a date. */
static void read_dtim(const struct source *data)
{
	struct stamp stamp;
	char text[TEXT_BYTES];
	unsigned long long high, low;

	read_text(data, 0, text);
	if (sscanf(text, "%10llu %10llu", &high, &low) != 2 || strchr(text, ':')) {
		offer_text(data->reader, DATE_ROLE_ORIGINAL, text);
		return;
	}
	if (stamp_from_unix((int64_t)(((high & 0xffffffff) << 32 | (low & 0xffffffff)) / 10000000) -
			    11644473600,
		    &stamp) &&
		high != 0)
		dates_offer(&data->reader->dates, DATE_ROLE_ORIGINAL, DATE_RANK_CONTAINER,
			MEDIA_DATE_CONTAINER, &stamp);
}

/* Broadcast WAV: origination date and time, ten and eight characters. */
static void read_bext(const struct source *data)
{
	struct stamp stamp;
	char text[19] = {0};

	if (!source_read(data, 320, text, 10) || !source_read(data, 330, text + 11, 8))
		return;
	text[10] = 'T';
	if (stamp_parse(text, sizeof(text), &stamp))
		dates_offer(&data->reader->dates, DATE_ROLE_ORIGINAL, DATE_RANK_CONTAINER,
			MEDIA_DATE_CONTAINER, &stamp);
}

/* Olympus' recorders: YYMMDDhhmmss. */
static void read_olympus_wav(const struct source *data)
{
	char text[15] = "20";

	if (!source_read(data, 0x26, text + 2, 12))
		return;
	if (text[2] >= '7')
		memcpy(text, "19", 2);
	text[14] = '\0';
	offer_text(data->reader, DATE_ROLE_ORIGINAL, text);
}

/* JUNK is for padding; cameras hide their notes in it. */
static void read_junk(const struct source *data)
{
	struct media_facts *facts = data->reader->facts;
	char text[TEXT_BYTES];

	if (source_starts_with(data, "QVMI", 4)) {
		tiff_read_bare(data, 10, true);
	} else if (source_starts_with(data, "OLYMDigital Camera", 18)) {
		read_text(data, 0x0e, text);
		facts_set_make(facts, text, 26);
		read_text(data, 0x28, text);
		facts_set_model(facts, text, 24);
		read_text(data, 0x7f, text);
		offer_text(data->reader, DATE_ROLE_ORIGINAL, text);
	}
}

/* Stream data "AVIF": an EXIF directory without a header. */
static void read_stream_data(const struct source *data)
{
	struct source inner = source_from(data, 8);

	if (source_starts_with(data, "AVIF", 4))
		tiff_read_bare(&inner, 0, false);
}

/* Nikon's records: tag and size, little-endian. */
static void read_nikon_records(const struct source *data)
{
	struct reader *reader = data->reader;
	char text[TEXT_BYTES];
	uint8_t head[4];
	uint64_t at = 0;

	while (source_read(data, at, head, sizeof(head))) {
		struct source value = source_slice(data, at + sizeof(head), bytes_le16(head + 2));

		at += sizeof(head) + bytes_le16(head + 2);
		read_text(&value, 0, text);
		if (bytes_le16(head) == 0x03)
			facts_set_make(reader->facts, text, strlen(text));
		else if (bytes_le16(head) == 0x04)
			facts_set_model(reader->facts, text, strlen(text));
		else if (bytes_le16(head) == 0x13)
			offer_text(reader, DATE_ROLE_ORIGINAL, text);
		else if (bytes_le16(head) == 0x14)
			offer_text(reader, DATE_ROLE_DIGITIZED, text);
	}
}

/* EXIF behind an optional "Exif\0\0". */
static void read_webp_exif(const struct source *data)
{
	struct source block = *data;

	if (source_starts_with(data, "Exif\0", 6))
		block = source_from(data, 6);
	tiff_read_exif(&block, DATE_RANK_EXIF);
}

static uint32_t le24(const uint8_t *p)
{
	return (uint32_t)p[2] << 16 | bytes_le16(p);
}

/* Size of the canvas, one less than it is. */
static void read_webp_extended_size(const struct source *data)
{
	uint8_t bytes[10];

	if (source_read(data, 0, bytes, sizeof(bytes)))
		facts_set_size(data->reader->facts, le24(bytes + 4) + 1, le24(bytes + 7) + 1);
}

static void read_webp_lossless_size(const struct source *data)
{
	uint8_t bytes[5];
	uint32_t packed;

	if (!source_read(data, 0, bytes, sizeof(bytes)))
		return;
	packed = bytes_le32(bytes + 1);
	facts_set_size(data->reader->facts, (packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1);
}

static void read_webp_lossy_size(const struct source *data)
{
	uint8_t bytes[10];

	if (source_read(data, 0, bytes, sizeof(bytes)) && memcmp(bytes + 3, "\x9d\x01\x2a", 3) == 0)
		facts_set_size(data->reader->facts, bytes_le16(bytes + 6) & 0x3fffu,
			bytes_le16(bytes + 8) & 0x3fffu);
}

static void read_avi_header(const struct source *data)
{
	uint8_t bytes[40];

	if (source_read(data, 0, bytes, sizeof(bytes)))
		facts_set_size(data->reader->facts, bytes_le32(bytes + 32), bytes_le32(bytes + 36));
}

static void read_info_text(struct riff *riff, const struct chunk *chunk)
{
	char text[TEXT_BYTES];

	read_text(&chunk->data, 0, text);
	switch (chunk->id) {
	case CHUNK_ID('I', 'C', 'R', 'D'):
		memcpy(riff->date, text, sizeof(text));
		break;
	case CHUNK_ID('e', 't', 'i', 'm'):
		memcpy(riff->time, text, sizeof(text));
		break;
	case CHUNK_ID('e', 'c', 'o', 'r'):
		facts_set_make(riff->reader->facts, text, strlen(text));
		break;
	case CHUNK_ID('e', 'm', 'd', 'l'):
		facts_set_model(riff->reader->facts, text, strlen(text));
		break;
	default:
		break;
	}
}

static void read_preview(const struct source *data)
{
	preview_offer(data, 0, data->size_bytes);
}

static void read_xmp(const struct source *data)
{
	(void)xmp_read(data);
}

static const struct {
	uint32_t id;
	void (*read)(const struct source *data);
} chunk_readers[] = {
	{CHUNK_ID('I', 'D', 'I', 'T'), read_idit},
	{CHUNK_ID('D', 'T', 'I', 'M'), read_dtim},
	{CHUNK_ID('b', 'e', 'x', 't'), read_bext},
	{CHUNK_ID('o', 'l', 'y', 'm'), read_olympus_wav},
	{CHUNK_ID('J', 'U', 'N', 'K'), read_junk},
	{CHUNK_ID('s', 't', 'r', 'd'), read_stream_data},
	{CHUNK_ID('n', 'c', 't', 'g'), read_nikon_records},
	{CHUNK_ID('n', 'c', 't', 'h'), read_preview},
	{CHUNK_ID('n', 'c', 'v', 'w'), read_preview},
	{CHUNK_ID('t', 'h', 'u', 'm'), read_preview},
	{CHUNK_ID('a', 'v', 'i', 'h'), read_avi_header},
	{CHUNK_ID('E', 'X', 'I', 'F'), read_webp_exif},
	{CHUNK_ID('X', 'M', 'P', ' '), read_xmp},
	{CHUNK_ID('_', 'P', 'M', 'X'), read_xmp},
	{CHUNK_ID('V', 'P', '8', 'X'), read_webp_extended_size},
	{CHUNK_ID('V', 'P', '8', 'L'), read_webp_lossless_size},
	{CHUNK_ID('V', 'P', '8', ' '), read_webp_lossy_size},
};

static void read_chunk(struct riff *riff, const struct chunk *chunk)
{
	for (size_t i = 0; i < sizeof(chunk_readers) / sizeof(chunk_readers[0]); i++) {
		if (chunk_readers[i].id != chunk->id)
			continue;
		chunk_readers[i].read(&chunk->data);
		return;
	}
	read_info_text(riff, chunk);
}

/* Lists are entered, but for the film itself and its index. */
static void read_chunks(struct riff *riff, const struct source *source)
{
	uint64_t at = 4; /* behind the list's own kind */
	struct chunk chunk;

	if (!reader_enter(riff->reader))
		return;
	while (next_chunk(source, &at, &chunk)) {
		if (chunk.id != CHUNK_ID('L', 'I', 'S', 'T'))
			read_chunk(riff, &chunk);
		else if (!source_starts_with(&chunk.data, "movi", 4))
			read_chunks(riff, &chunk.data);
	}
	reader_leave(riff->reader);
}

/* A day, and the time of it if EXIF audio has one. */
static void offer_info_date(struct riff *riff)
{
	char text[2 * TEXT_BYTES + 1];
	struct stamp stamp;

	if (riff->date[0] == '\0')
		return;
	(void)text_format(
		text, sizeof(text), "%s%s%s", riff->date, riff->time[0] ? "T" : "", riff->time);
	if (stamp_parse(text, strlen(text), &stamp))
		dates_offer(&riff->reader->dates, DATE_ROLE_DESCRIBED, DATE_RANK_CONTAINER,
			MEDIA_DATE_CONTAINER, &stamp);
}

void riff_read(const struct source *source)
{
	struct riff riff = {.reader = source->reader};
	struct source body = source_from(source, 8);
	struct media_facts *facts = source->reader->facts;

	if (source_starts_with(&body, "WEBP", 4))
		facts_set_type(facts, "WEBP");
	else if (source_starts_with(&body, "WAVE", 4))
		facts_set_type(facts, "WAV");
	else if (source_starts_with(&body, "AVI ", 4))
		facts_set_type(facts, "AVI");
	read_chunks(&riff, &body);
	offer_info_date(&riff);
}
