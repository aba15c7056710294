/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_jpeg.c - JPEG segments up to the picture's data (ITU T.81, EXIF 2.32,
 * CIPA DC-007 for MPF, and what older cameras put into APPn).
 */
#include "core/probe/readers.h"

#include <stdlib.h>
#include <strings.h>

#include "core/probe/exif.h"

#define RUN_SEGMENTS_MAX 64
#define XMP_HEADER "http://ns.adobe.com/xap/1.0/"
#define PHOTOSHOP_HEADER "Photoshop 3.0"
#define MPF_ENTRY_BYTES 16
#define MPF_ENTRIES_MAX 32

struct segment {
	uint8_t marker;
	struct source data;
};

/* Data that is spread over neighbouring segments of one kind. */
struct run {
	void (*read)(const struct source *source);
	size_t count;
	struct source parts[RUN_SEGMENTS_MAX];
};

struct jpeg {
	struct reader *reader;
	struct source source;
	struct run run;
};

static bool is_standalone(uint8_t marker)
{
	return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

static bool is_frame_header(uint8_t marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
		marker != 0xcc;
}

/* The next marker with data at or behind *at. False at the picture's data or the end. */
static bool next_segment(const struct source *source, uint64_t *at, struct segment *ret)
{
	uint8_t bytes[3];
	uint16_t size_bytes;

	for (;;) {
		if (!source_read(source, *at, bytes, 2))
			return false;
		*at += 1;
		if (bytes[0] != 0xff || bytes[1] == 0xff || bytes[1] == 0)
			continue; /* padding, or garbage between segments */
		*at += 1;
		ret->marker = bytes[1];
		if (ret->marker == 0xd9 || ret->marker == 0xda)
			return false;
		if (!is_standalone(ret->marker))
			break;
	}
	if (!source_read(source, *at, bytes, 2))
		return false;
	size_bytes = bytes_be16(bytes);
	if (size_bytes < 2)
		return false;
	ret->data = source_slice(source, *at + 2, size_bytes - 2u);
	*at += size_bytes;
	return true;
}

bool jpeg_read_size(const struct source *source, uint32_t *width_px, uint32_t *height_px)
{
	struct segment segment;
	uint64_t at = 2;
	uint8_t frame[6];

	if (!source_starts_with(source, "\xff\xd8\xff", 3))
		return false;
	while (next_segment(source, &at, &segment)) {
		if (!is_frame_header(segment.marker))
			continue;
		/* Baseline, extended and progressive; the others are sensor data. */
		if (segment.marker > 0xc2 || !source_read(&segment.data, 0, frame, sizeof(frame)))
			return false;
		*height_px = bytes_be16(frame + 1);
		*width_px = bytes_be16(frame + 3);
		return frame[0] == 8 && *width_px > 0 && *height_px > 0;
	}
	return false;
}

static void read_exif(const struct source *source)
{
	tiff_read_exif(source, DATE_RANK_EXIF);
}

static void read_joined(struct jpeg *jpeg)
{
	struct run *run = &jpeg->run;
	struct block block = {0};
	struct source joined;
	size_t total_bytes = 0, at = 0;

	for (size_t i = 0; i < run->count; i++)
		total_bytes += (size_t)run->parts[i].size_bytes;
	if (!block_new(jpeg->reader, total_bytes, &block))
		return;
	for (size_t i = 0; i < run->count; i++) {
		struct source *part = &run->parts[i];

		at += source_read_some(part, 0, block.bytes + at, (size_t)part->size_bytes);
	}
	joined = source_of_memory(jpeg->reader, block.bytes, at);
	run->read(&joined);
	block_free(&block);
}

static void finish_run(struct jpeg *jpeg)
{
	if (jpeg->run.count == 1)
		jpeg->run.read(&jpeg->run.parts[0]);
	else if (jpeg->run.count > 1)
		read_joined(jpeg);
	jpeg->run.count = 0;
}

static void extend_run(struct jpeg *jpeg, void (*read)(const struct source *), struct source part)
{
	if (jpeg->run.count == RUN_SEGMENTS_MAX || jpeg->run.read != read)
		finish_run(jpeg);
	jpeg->run.read = read;
	jpeg->run.parts[jpeg->run.count++] = part;
}

/* Of the segment's first bytes, where EXIF's own header ends; 0: not EXIF. */
static size_t find_exif(const uint8_t *head, size_t size_bytes)
{
	/* Up to four bytes of garbage, any case, and sometimes one NUL: all seen in the field. */
	for (size_t i = 0; i <= 4 && i + EXIF_HEADER_BYTES <= size_bytes; i++)
		if (strncasecmp((const char *)head + i, "Exif", 5) == 0)
			return i + EXIF_HEADER_BYTES;
	return 0;
}

static void read_exif_segment(struct jpeg *jpeg, const struct source *data, size_t start)
{
	struct source part = source_from(data, start);
	uint8_t head[8] = {0};
	bool is_start;

	(void)source_read_some(&part, 0, head, sizeof(head));
	is_start = memcmp(head, "II*\0", 4) == 0 || memcmp(head, "MM\0*", 4) == 0;
	if (is_start || jpeg->run.read != read_exif)
		finish_run(jpeg);
	extend_run(jpeg, read_exif, part);
}

static bool contains(const struct source *source, const char *text)
{
	struct block block = {0};
	bool is_found;

	if (!source_load(source, 0, &block))
		return false;
	is_found = memmem(block.bytes, block.size_bytes, text, strlen(text)) != NULL;
	block_free(&block);
	return is_found;
}

/* Casio's QV-4000: a date at a fixed place, with points between its parts. */
static void read_qvci(const struct source *data)
{
	struct stamp stamp;
	char text[20];

	if (!source_read(data, 0x4d, text, sizeof(text)))
		return;
	for (size_t i = 0; i < sizeof(text); i++)
		if (text[i] == '.')
			text[i] = ':';
	if (stamp_parse(text, sizeof(text), &stamp))
		dates_offer(&data->reader->dates, DATE_ROLE_ORIGINAL, DATE_RANK_CONTAINER,
			MEDIA_DATE_CONTAINER, &stamp);
}

static void read_app1(struct jpeg *jpeg, const struct source *data)
{
	uint8_t head[64] = {0};
	size_t head_bytes = source_read_some(data, 0, head, sizeof(head));
	size_t exif_start = find_exif(head, head_bytes);
	struct source packet = *data;

	if (exif_start > 0) {
		read_exif_segment(jpeg, data, exif_start);
		return;
	}
	if (memcmp(head, XMP_HEADER, sizeof(XMP_HEADER)) == 0) {
		packet = source_from(data, sizeof(XMP_HEADER));
		(void)xmp_read(&packet);
	} else if (memcmp(head, "QVCI", 5) == 0) {
		read_qvci(data);
	} else if (memcmp(head, "http://ns.adobe.com/xmp/extension/", 35) == 0) {
		return; /* the parts that did not fit: never the dates */
	} else if (contains(data, "<?xpacket") || contains(data, "<exif:")) {
		(void)xmp_read(&packet);
	}
}

struct mpf {
	struct source source; /* offsets of pictures count from here, through the whole file */
	bool is_big_endian;
	uint32_t count;
};

static void read_mpf_entry(const struct mpf *mpf, uint64_t at)
{
	struct media_facts *facts = mpf->source.reader->facts;
	uint8_t entry[MPF_ENTRY_BYTES];
	uint32_t kind;

	if (!source_read(&mpf->source, at, entry, sizeof(entry)))
		return;
	kind = bytes_u32(entry, mpf->is_big_endian) & 0xffffff;
	if (kind >> 16 == 1) /* large thumbnail; others are other pictures */
		preview_offer(&mpf->source, bytes_u32(entry + 8, mpf->is_big_endian),
			bytes_u32(entry + 4, mpf->is_big_endian));
	else if (kind >> 16 == 2) /* panorama, disparity, angles */
		facts_set_type(facts, "MPO");
}

/* MPF has a TIFF header and one directory; tag 0xb002 is the list of pictures. */
static void read_mpf(const struct jpeg *jpeg, const struct source *data)
{
	struct mpf mpf = {
		.source = source_from(&jpeg->source, data->start - jpeg->source.start + 4)};
	uint8_t bytes[12];
	uint32_t ifd, list;
	uint16_t count;

	if (!source_read(&mpf.source, 0, bytes, 8))
		return;
	mpf.is_big_endian = bytes[0] == 'M';
	ifd = bytes_u32(bytes + 4, mpf.is_big_endian);
	if (!source_read(&mpf.source, ifd, bytes, 2))
		return;
	count = bytes_u16(bytes, mpf.is_big_endian);
	for (uint16_t i = 0; i < count && i < MPF_ENTRIES_MAX; i++) {
		if (!source_read(&mpf.source, ifd + 2u + 12u * i, bytes, sizeof(bytes)))
			return;
		if (bytes_u16(bytes, mpf.is_big_endian) != 0xb002)
			continue;
		list = bytes_u32(bytes + 8, mpf.is_big_endian);
		mpf.count = bytes_u32(bytes + 4, mpf.is_big_endian) / MPF_ENTRY_BYTES;
		for (uint32_t n = 0; n < mpf.count && n < MPF_ENTRIES_MAX; n++)
			read_mpf_entry(&mpf, (uint64_t)list + n * MPF_ENTRY_BYTES);
	}
}

static void read_app2(const struct jpeg *jpeg, const struct source *data)
{
	if (source_starts_with(data, "MPF", 4))
		read_mpf(jpeg, data);
	else if (source_starts_with(data, "\xff\xd8\xff", 3))
		preview_offer(data, 0, data->size_bytes);
}

/* Olympus, Agfa, Sony of the nineties: text lines, TimeDate= a date or seconds since 1970. */
static void read_picture_info(const struct source *data)
{
	struct block block = {0};
	struct stamp stamp = {0};
	const char *date;
	char *end;
	long long seconds;

	if (!source_load(data, 0, &block))
		return;
	date = memmem(block.bytes, block.size_bytes, "TimeDate=", 9);
	if (date) {
		date += 9;
		seconds = strtoll(date, &end, 10);
		if (end > date && (*end == '\0' || *end == '\r' || *end == '\n' || *end == ' '))
			(void)stamp_from_unix(seconds, &stamp);
		else
			(void)stamp_parse(date, strcspn(date, "\r\n"), &stamp);
		dates_offer(&data->reader->dates, DATE_ROLE_ORIGINAL, DATE_RANK_CONTAINER,
			MEDIA_DATE_CONTAINER, &stamp);
	}
	block_free(&block);
}

static void read_frame_header(struct jpeg *jpeg, const struct source *data)
{
	uint8_t frame[6];

	if (source_read(data, 0, frame, sizeof(frame)))
		facts_set_size(jpeg->reader->facts, bytes_be16(frame + 3), bytes_be16(frame + 1));
}

/* Canon's and others' first digital cameras: a CIFF heap before there was EXIF. */
static void read_app0(const struct source *data)
{
	uint8_t head[16];
	size_t n = source_read_some(data, 0, head, sizeof(head));

	if (ciff_is_header(head, n))
		ciff_read(data);
}

static void read_segment(struct jpeg *jpeg, const struct segment *segment)
{
	const struct source *data = &segment->data;

	if (segment->marker == 0xe1) {
		read_app1(jpeg, data);
	} else if (segment->marker == 0xed && source_starts_with(data, PHOTOSHOP_HEADER, 14)) {
		extend_run(jpeg, photoshop_read, source_from(data, 14));
	} else {
		finish_run(jpeg);
		if (segment->marker == 0xe0)
			read_app0(data);
		else if (segment->marker == 0xe2)
			read_app2(jpeg, data);
		else if (segment->marker == 0xec)
			read_picture_info(data);
		else if (is_frame_header(segment->marker))
			read_frame_header(jpeg, data);
	}
}

void jpeg_read(const struct source *source)
{
	struct segment segment;
	struct jpeg *jpeg;
	uint64_t at = 2;

	if (!reader_enter(source->reader))
		return;
	jpeg = calloc(1, sizeof(*jpeg));
	if (jpeg) {
		jpeg->reader = source->reader;
		jpeg->source = *source;
		while (next_segment(source, &at, &segment))
			read_segment(jpeg, &segment);
		finish_run(jpeg);
		free(jpeg);
	}
	reader_leave(source->reader);
}
