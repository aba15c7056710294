/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media.c - finds out what a file is and calls its reader.
 *
 * Names say nothing here: a card's RAW may be called anything, and the caller
 * has only a descriptor. The first bytes decide.
 */
#include "core/probe/media.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/cleanup.h"
#include "core/probe/readers.h"

#define HEAD_BYTES 1024

struct head {
	uint8_t bytes[HEAD_BYTES];
	size_t size_bytes;
};

static bool starts(const struct head *head, size_t at, const char *text, size_t text_bytes)
{
	return at + text_bytes <= head->size_bytes &&
		memcmp(head->bytes + at, text, text_bytes) == 0;
}

static bool is_jpeg(const struct head *head)
{
	return starts(head, 0, "\xff\xd8\xff", 3);
}

static bool is_tiff(const struct head *head)
{
	return tiff_is_header(head->bytes, head->size_bytes);
}

static bool is_boxes(const struct head *head)
{
	return bmff_is_header(head->bytes, head->size_bytes);
}

static bool is_riff(const struct head *head)
{
	return starts(head, 0, "RIFF", 4) || starts(head, 0, "RF64", 4);
}

static bool is_png(const struct head *head)
{
	return starts(head, 0, "\x89PNG\r\n\x1a\n", 8);
}

static bool is_ciff(const struct head *head)
{
	return ciff_is_header(head->bytes, head->size_bytes);
}

static bool is_raf(const struct head *head)
{
	return starts(head, 0, "FUJIFILM", 8);
}

static bool is_mrw(const struct head *head)
{
	return starts(head, 0, "\0MRM", 4);
}

static bool is_x3f(const struct head *head)
{
	return starts(head, 0, "FOVb", 4);
}

static bool is_ebml(const struct head *head)
{
	return starts(head, 0, "\x1a\x45\xdf\xa3", 4);
}

static bool is_mxf(const struct head *head)
{
	return mxf_is_header(head->bytes, head->size_bytes);
}

static bool is_mpegts(const struct head *head)
{
	return mpegts_stride(head->bytes, head->size_bytes) != 0;
}

static bool is_dv(const struct head *head)
{
	return dv_is_header(head->bytes, head->size_bytes);
}

static bool is_moi(const struct head *head)
{
	return starts(head, 0, "V6", 2) && head->size_bytes >= 14 && head->bytes[2] == 0 &&
		head->bytes[3] == 0;
}

/* A packet, or an XML file that may turn out to hold one. */
static bool is_xml(const struct head *head)
{
	size_t at = 0;

	while (at < head->size_bytes && memchr("\xef\xbb\xbf\xff\xfe \t\r\n", head->bytes[at], 9))
		at++;
	return at < head->size_bytes && (head->bytes[at] == '<' || starts(head, at, "\0<", 2));
}

static bool is_red(const struct head *head)
{
	return starts(head, 4, "RED1", 4) || starts(head, 4, "RED2", 4);
}

static bool is_mpeg(const struct head *head)
{
	return starts(head, 0, "\0\0\1\xba", 4) || starts(head, 0, "\0\0\1\xb3", 4);
}

static void read_xml(const struct source *source)
{
	uint8_t head[HEAD_BYTES];
	size_t n = source_read_some(source, 0, head, sizeof(head));

	if (xmp_read(source))
		facts_set_type(source->reader->facts, "XMP");
	else if (memmem(head, n, "<key>adjustment", 15))
		facts_set_type(source->reader->facts, "AAE"); /* Apple's list of edits */
}

/* JPEG XL without boxes around it. */
static bool is_jxl(const struct head *head)
{
	return starts(head, 0, "\xff\x0a", 2);
}

/* TIFF with a damaged mark: a directory stands where the header says. */
static bool is_tiff_like(const struct head *head)
{
	bool is_big_endian = starts(head, 0, "MM", 2);
	const uint8_t *bytes = head->bytes;
	uint32_t ifd;

	if (head->size_bytes < 26 || (!is_big_endian && !starts(head, 0, "II", 2)))
		return false;
	ifd = bytes_u32(bytes + 4, is_big_endian);
	return ifd >= 8 && ifd <= head->size_bytes - 18 &&
		bytes_u16(bytes + ifd, is_big_endian) - 1u < 256 &&
		bytes_u16(bytes + ifd + 4, is_big_endian) - 1u < 13;
}

/* Nothing in it says when. */
static void read_nothing(const struct source *source)
{
	(void)source;
}

static const struct {
	bool (*is_own)(const struct head *head);
	void (*read)(const struct source *source);
	const char *type; /* NULL: the reader says it */
} kinds[] = {
	{is_jpeg, jpeg_read, "JPEG"},
	{is_tiff, tiff_read, NULL},
	{is_boxes, bmff_read, NULL},
	{is_riff, riff_read, NULL},
	{is_png, png_read, "PNG"},
	{is_raf, raf_read, "RAF"},
	{is_ciff, ciff_read, "CRW"},
	{is_mrw, mrw_read, "MRW"},
	{is_x3f, x3f_read, "X3F"},
	{is_ebml, ebml_read, "MKV"},
	{is_mxf, mxf_read, "MXF"},
	{is_mpegts, mpegts_read, "MTS"},
	{is_dv, dv_read, "DV"},
	{is_moi, moi_read, "MOI"},
	{is_xml, read_xml, NULL},
	{is_red, read_nothing, "R3D"},
	{is_tiff_like, tiff_read, NULL},
	{is_mpeg, mpeg_read, "MPEG"},
	{is_jxl, jxl_read, "JXL"},
};

static int compare_previews(const void *a, const void *b)
{
	const struct media_preview *p = a, *q = b;
	uint64_t pp = (uint64_t)p->width_px * p->height_px;
	uint64_t qp = (uint64_t)q->width_px * q->height_px;

	if (pp != qp)
		return pp < qp ? -1 : 1;
	return p->size_bytes < q->size_bytes ? -1 : p->size_bytes > q->size_bytes;
}

static void read_kind(const struct source *source, const struct head *head)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!kinds[i].is_own(head))
			continue;
		kinds[i].read(source);
		if (kinds[i].type)
			facts_set_type(source->reader->facts, kinds[i].type);
		return;
	}
}

/* Of a damaged or unknown file without a date: JPEG or TIFF near its start, and no type. */
static void read_behind_junk(const struct source *source, const struct head *head)
{
	char type[MEDIA_TYPE_BYTES];
	struct source inner;
	size_t at = 0;

	while (at + 4 <= head->size_bytes && !starts(head, at, "\xff\xd8\xff", 3) &&
		!starts(head, at, "II*", 4) && !starts(head, at, "MM\0*", 4))
		at++;
	if (at + 4 > head->size_bytes)
		return;
	inner = source_from(source, at);
	memcpy(type, source->reader->facts->type, sizeof(type));
	if (head->bytes[at] == 0xff)
		jpeg_read(&inner);
	else
		tiff_read(&inner);
	memcpy(source->reader->facts->type, type, sizeof(type));
}

static void read_file(struct reader *reader)
{
	struct source source = source_of_file(reader);
	struct head head;

	head.size_bytes = source_read_some(&source, 0, head.bytes, sizeof(head.bytes));
	read_kind(&source, &head);
	if (!dates_has_any(&reader->dates))
		read_behind_junk(&source, &head);
}

static void apply_xmp_camera(struct media_facts *facts, const struct media_facts *xmp)
{
	/* Escaped already. */
	if (facts->make[0] == '\0')
		memcpy(facts->make, xmp->make, sizeof(facts->make));
	if (facts->model[0] == '\0')
		memcpy(facts->model, xmp->model, sizeof(facts->model));
	facts_set_orientation(facts, xmp->orientation);
}

int media_read(const struct media_input *input, struct media_facts *facts)
{
	CLEANUP(freep) struct reader *reader = malloc(sizeof(*reader));

	memset(facts, 0, sizeof(*facts));
	if (!reader)
		return -ENOMEM;
	reader_init(reader, input, facts);
	read_file(reader);
	apply_xmp_camera(facts, &reader->xmp_facts);
	dates_choose(&reader->dates, facts);
	qsort(facts->previews, facts->preview_count, sizeof(facts->previews[0]), compare_previews);
	return reader->error;
}
