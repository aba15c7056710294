/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_bmff.c - files made of boxes: films, HEIF, CR3, JPEG XL, JPEG 2000.
 *
 * Box layouts: ISO/IEC 14496-12, the QuickTime file format, ISO/IEC 18181-2,
 * ISO/IEC 15444-1; Canon's boxes as ExifTool documents them.
 */
#include "core/probe/reader_bmff.h"

#include "core/probe/exif.h"
#include "core/probe/readers.h"

#define BRANDS_MAX 32
#define HEAD_BYTES 64

static const uint8_t uuid_xmp[16] = {0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8, 0x9c, 0x71,
	0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac};
static const uint8_t uuid_canon[16] = {0x85, 0xc0, 0xb6, 0x87, 0x82, 0x0f, 0x11, 0xe0, 0x81, 0x11,
	0xf4, 0xce, 0x46, 0x2b, 0x6a, 0x48};
static const uint8_t uuid_canon_preview[16] = {0xea, 0xf4, 0x2b, 0x5e, 0x1c, 0x98, 0x4b, 0x88, 0xb9,
	0xfb, 0xb7, 0xdc, 0x40, 0x6e, 0x4d, 0x16};
static const uint8_t uuid_jp2_exif[16] = {
	'J', 'p', 'g', 'T', 'i', 'f', 'f', 'E', 'x', 'i', 'f', '-', '>', 'J', 'P', '2'};

/* Names of the major brands that are not simply MP4, as ExifTool names the file types. */
static const struct {
	char brand[5];
	const char *type;
} brands[] = {
	{"heic", "HEIC"},
	{"hevc", "HEIC"},
	{"heix", "HEIF"},
	{"heim", "HEIF"},
	{"heis", "HEIF"},
	{"hevx", "HEIF"},
	{"mif1", "HEIF"},
	{"mif2", "HEIF"},
	{"msf1", "HEIF"},
	{"avif", "AVIF"},
	{"avis", "AVIF"},
	{"crx ", "CR3"},
	{"qt  ", "MOV"},
	{"mqt ", "MOV"},
	{"M4V ", "M4V"},
	{"M4A ", "M4A"},
	{"jxl ", "JXL"},
	{"jp2 ", "JP2"},
	{"jpx ", "JPX"},
};

bool box_next(const struct source *parent, uint64_t *at, struct box *ret)
{
	uint8_t head[16] = {0};
	size_t head_bytes = 8;
	uint64_t size_bytes;

	if (!source_read(parent, *at, head, 8))
		return false;
	size_bytes = bytes_be32(head);
	ret->type = bytes_be32(head + 4);
	if (size_bytes == 1) {
		if (!source_read(parent, *at, head, 16))
			return false;
		size_bytes = bytes_be64(head + 8);
		head_bytes = 16;
	} else if (size_bytes == 0) {
		size_bytes = parent->size_bytes - *at; /* to the end */
	}
	if (size_bytes < head_bytes)
		return false;
	ret->data = source_slice(parent, *at + head_bytes, size_bytes - head_bytes);
	memset(ret->uuid, 0, sizeof(ret->uuid));
	if (ret->type == BOX_TYPE('u', 'u', 'i', 'd')) {
		(void)source_read(&ret->data, 0, ret->uuid, sizeof(ret->uuid));
		ret->data = source_from(&ret->data, sizeof(ret->uuid));
	}
	if (size_bytes > UINT64_MAX - *at)
		return false;
	*at += size_bytes;
	return true;
}

void bmff_offer_preview(const struct source *data)
{
	uint8_t head[HEAD_BYTES];
	size_t n = source_read_some(data, 0, head, sizeof(head));

	for (size_t i = 0; i + 3 <= n; i++)
		if (memcmp(head + i, "\xff\xd8\xff", 3) == 0) {
			preview_offer(data, i, data->size_bytes - i);
			return;
		}
}

/* In front stand a four-byte offset (HEIF), "Exif\0\0", both, or nothing. */
void bmff_read_exif(const struct source *item)
{
	uint8_t head[HEAD_BYTES];
	size_t n = source_read_some(item, 0, head, sizeof(head));

	for (size_t i = 0; i + 8 <= n; i++) {
		struct source block = source_from(item, i);

		if (!tiff_is_header(head + i, n - i))
			continue;
		tiff_read_exif(&block, DATE_RANK_EXIF);
		return;
	}
}

/* Canon's boxes in moov of a CR3: the picture's directory, its EXIF, a thumbnail. */
static void read_canon(const struct source *boxes)
{
	uint64_t at = 0;
	struct box box;

	while (box_next(boxes, &at, &box)) {
		switch (box.type) {
		case BOX_TYPE('C', 'M', 'T', '1'):
		case BOX_TYPE('C', 'M', 'T', '2'):
			tiff_read_exif(&box.data, DATE_RANK_EXIF);
			break;
		case BOX_TYPE('T', 'H', 'M', 'B'):
			bmff_offer_preview(&box.data);
			break;
		case BOX_TYPE('C', 'N', 'C', 'V'):
			if (source_starts_with(&box.data, "CanonCRM", 8))
				facts_set_type(boxes->reader->facts, "CRM");
			break;
		default:
			break;
		}
	}
}

void bmff_read_uuid(const struct box *box)
{
	struct source inner = box->data;

	if (memcmp(box->uuid, uuid_xmp, sizeof(uuid_xmp)) == 0)
		(void)xmp_read(&inner);
	else if (memcmp(box->uuid, uuid_canon, sizeof(uuid_canon)) == 0)
		read_canon(&inner);
	else if (memcmp(box->uuid, uuid_canon_preview, sizeof(uuid_canon_preview)) == 0)
		bmff_offer_preview(&inner);
	else if (memcmp(box->uuid, uuid_jp2_exif, sizeof(uuid_jp2_exif)) == 0)
		bmff_read_exif(&inner);
}

static const char *name_brand(const char brand[4])
{
	for (size_t i = 0; i < sizeof(brands) / sizeof(brands[0]); i++)
		if (memcmp(brand, brands[i].brand, 4) == 0)
			return brands[i].type;
	if (memcmp(brand, "3g2", 3) == 0)
		return "3G2";
	return memcmp(brand, "3g", 2) == 0 ? "3GP" : "MP4";
}

/* The major brand names the type; of an unknown one, QuickTime among the compatible ones. */
static const char *read_brands(const struct source *ftyp)
{
	char brand[4] = {0};
	const char *type;

	(void)source_read(ftyp, 0, brand, sizeof(brand));
	type = name_brand(brand);
	if (strcmp(type, "MP4") != 0)
		return type;
	for (uint64_t i = 0; i < BRANDS_MAX; i++)
		if (source_read(ftyp, 8 + 4 * i, brand, sizeof(brand)) &&
			memcmp(brand, "qt  ", sizeof(brand)) == 0)
			return "MOV";
	return type;
}

/* The next bits of a JPEG XL header, lowest first. */
static uint32_t take_bits(uint64_t *bits, unsigned count)
{
	uint32_t value = (uint32_t)(*bits & ((UINT64_C(1) << count) - 1));

	*bits >>= count;
	return value;
}

static uint32_t take_length(uint64_t *bits, bool is_small)
{
	static const uint8_t widths[4] = {9, 13, 18, 30};

	if (is_small)
		return (take_bits(bits, 5) + 1) * 8;
	return take_bits(bits, widths[take_bits(bits, 2)]) + 1;
}

/* SizeHeader (ISO/IEC 18181-1, annex A): the height, then the width or a ratio. */
void jxl_read(const struct source *source)
{
	static const uint8_t ratios[8][2] = {
		{1, 1}, {1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}};
	uint8_t bytes[12];
	uint64_t bits, width_px;
	uint32_t height_px, ratio;
	bool is_small;

	if (!source_read(source, 0, bytes, sizeof(bytes)) || bytes_be16(bytes) != 0xff0a)
		return;
	bits = bytes_le64(bytes + 2);
	is_small = take_bits(&bits, 1);
	height_px = take_length(&bits, is_small);
	ratio = take_bits(&bits, 3);
	if (ratio == 0)
		width_px = take_length(&bits, is_small);
	else
		width_px = (uint64_t)height_px * ratios[ratio][0] / ratios[ratio][1];
	facts_set_size(source->reader->facts, (uint32_t)width_px, height_px);
}

static void read_image_header(const struct source *ihdr)
{
	uint8_t bytes[8];

	if (source_read(ihdr, 0, bytes, sizeof(bytes)))
		facts_set_size(ihdr->reader->facts, bytes_be32(bytes + 4), bytes_be32(bytes));
}

static void read_top_box(const struct box *box)
{
	const struct source *data = &box->data;
	uint64_t at = 0;
	struct box inner;

	switch (box->type) {
	case BOX_TYPE('m', 'o', 'o', 'v'):
		movie_read_moov(data);
		break;
	case BOX_TYPE('m', 'e', 't', 'a'):
		meta_read(data);
		break;
	case BOX_TYPE('u', 'u', 'i', 'd'):
		bmff_read_uuid(box);
		break;
	case BOX_TYPE('E', 'x', 'i', 'f'):
		bmff_read_exif(data);
		break;
	case BOX_TYPE('x', 'm', 'l', ' '):
		(void)xmp_read(data);
		break;
	case BOX_TYPE('j', 'x', 'l', 'c'):
		jxl_read(data);
		break;
	case BOX_TYPE('j', 'x', 'l', 'p'): {
		struct source part = source_from(data, 4);

		jxl_read(&part);
		break;
	}
	case BOX_TYPE('j', 'p', '2', 'h'):
		if (box_next(data, &at, &inner) && inner.type == BOX_TYPE('i', 'h', 'd', 'r'))
			read_image_header(&inner.data);
		break;
	case BOX_TYPE('t', 'h', 'u', 'm'): /* GoPro and action cameras */
	case BOX_TYPE('s', 'k', 'i', 'p'):
		bmff_offer_preview(data);
		break;
	default:
		break;
	}
}

static void read_dashcam_date(const struct source *data)
{
	struct stamp stamp;
	char text[32];
	size_t n = source_read_some(data, 0, text, sizeof(text));

	if (stamp_parse(text, n, &stamp))
		dates_offer(&data->reader->dates, DATE_ROLE_ORIGINAL, DATE_RANK_CONTAINER,
			MEDIA_DATE_CONTAINER, &stamp);
}

void bmff_read(const struct source *source)
{
	const char *type = "MOV"; /* QuickTime of before there was ftyp */
	uint64_t at = 0;
	struct box box;

	while (box_next(source, &at, &box)) {
		if (box.type == BOX_TYPE('f', 't', 'y', 'p'))
			type = read_brands(&box.data);
		else if (box.type == BOX_TYPE('I', 'D', 'I', 'T'))
			read_dashcam_date(&box.data);
		else
			read_top_box(&box);
	}
	facts_set_type(source->reader->facts, type);
}

bool bmff_is_header(const uint8_t *bytes, size_t size_bytes)
{
	static const char first[][5] = {"ftyp", "moov", "mdat", "free", "skip", "wide", "pnot",
		"PICT", "pict", "junk", "uuid", "JXL ", "jP  "};

	for (size_t i = 0; size_bytes >= 8 && i < sizeof(first) / sizeof(first[0]); i++)
		if (memcmp(bytes + 4, first[i], 4) == 0)
			return true;
	return false;
}
