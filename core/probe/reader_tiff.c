/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_tiff.c - TIFF 6.0 directories (IFDs), their EXIF and previews.
 *
 * The directories are a queue, not a recursion: each is looked at once, and
 * there is an end to their number. EXIF tags are taken wherever they stand, as
 * some cameras put them beside the picture's own. Sources: TIFF 6.0, EXIF 2.32
 * (CIPA DC-008), TIFF/EP, the DNG specification; for the makers' headers
 * ExifTool's documentation.
 */
#include "core/probe/reader_tiff.h"

#include <strings.h>

#include "core/probe/exif.h"
#include "core/probe/readers.h"

#define IFDS_MAX 64
#define SUB_IFDS_MAX 16
#define XMP_BYTES_MAX (4u << 20)

enum ifd_kind {
	IFD_KIND_MAIN, /* the first one: of the picture itself */
	IFD_KIND_NEXT, /* chained behind it: a thumbnail, or another page */
	IFD_KIND_SUB,
	IFD_KIND_EXIF,
	IFD_KIND_INTEROP
};

/* What one directory says of its image. */
struct image {
	uint32_t width_px, height_px;
	uint32_t compression;
	uint32_t photometric;
	uint64_t strip_count, strip_offset, strip_bytes;
	uint64_t jpeg_offset, jpeg_bytes;
};

struct ifd_job {
	uint64_t offset;
	enum ifd_kind kind;
};

/* Dates of one directory: fraction and zone stand in tags of their own. */
struct ifd_dates {
	struct stamp stamps[DATE_ROLES_COUNT];
	char subsec[DATE_ROLES_COUNT][MEDIA_SUBSEC_BYTES];
	char utc_offset[DATE_ROLES_COUNT][8];
};

struct tiff {
	struct reader *reader;
	struct tiff_view view;
	bool is_block; /* an EXIF block: what follows the main directory is its thumbnail */
	enum date_rank rank_max;
	size_t job_count;
	struct ifd_job jobs[IFDS_MAX];
	uint32_t exif_width_px, exif_height_px;
	struct image largest;
};

static void push_ifd(struct tiff *tiff, uint64_t offset, enum ifd_kind kind)
{
	if (offset == 0 || offset >= tiff->view.source.size_bytes || tiff->job_count == IFDS_MAX)
		return;
	for (size_t i = 0; i < tiff->job_count; i++)
		if (tiff->jobs[i].offset == offset)
			return;
	tiff->jobs[tiff->job_count++] = (struct ifd_job){offset, kind};
}

/* The tags that describe an image of the file. */
static void read_image_entry(
	const struct tiff_view *view, const struct tiff_entry *entry, struct image *image)
{
	uint64_t value = tiff_entry_number(view, entry, 0);

	switch (entry->tag) {
	case 0x0100:
		image->width_px = (uint32_t)value;
		break;
	case 0x0101:
		image->height_px = (uint32_t)value;
		break;
	case 0x0103:
		image->compression = (uint32_t)value;
		break;
	case 0x0106:
		image->photometric = (uint32_t)value;
		break;
	case 0x0111: /* StripOffsets */
		image->strip_offset = value;
		image->strip_count = entry->count;
		break;
	case 0x0117: /* StripByteCounts */
		image->strip_bytes = value;
		break;
	case 0x0201: /* JPEGInterchangeFormat */
		image->jpeg_offset = value;
		break;
	case 0x0202: /* JPEGInterchangeFormatLength */
		image->jpeg_bytes = value;
		break;
	default:
		break;
	}
}

static void note_date(
	const struct tiff_view *view, const struct tiff_entry *entry, struct stamp *stamp)
{
	char text[TIFF_TEXT_BYTES];
	size_t n = tiff_entry_text(view, entry, text);

	(void)stamp_parse(text, n, stamp);
}

static void note_text(
	const struct tiff_view *view, const struct tiff_entry *entry, char *out, size_t out_bytes)
{
	char text[TIFF_TEXT_BYTES];
	size_t n = strnlen(text, tiff_entry_text(view, entry, text));

	if (n >= out_bytes)
		n = out_bytes - 1;
	memcpy(out, text, n);
	out[n] = '\0';
}

static void read_date_entry(
	const struct tiff_view *view, const struct tiff_entry *entry, struct ifd_dates *dates)
{
	static const enum date_role roles[] = {
		DATE_ROLE_MODIFIED, DATE_ROLE_ORIGINAL, DATE_ROLE_DIGITIZED};

	switch (entry->tag) {
	case 0x0132:
		note_date(view, entry, &dates->stamps[DATE_ROLE_MODIFIED]);
		break;
	case 0x9003:
		note_date(view, entry, &dates->stamps[DATE_ROLE_ORIGINAL]);
		break;
	case 0x9004:
		note_date(view, entry, &dates->stamps[DATE_ROLE_DIGITIZED]);
		break;
	case 0x9010: /* OffsetTime, ...Original, ...Digitized */
	case 0x9011:
	case 0x9012:
		note_text(view, entry, dates->utc_offset[roles[entry->tag - 0x9010]],
			sizeof(dates->utc_offset[0]));
		break;
	case 0x9290: /* SubSecTime, ...Original, ...Digitized */
	case 0x9291:
	case 0x9292:
		note_text(view, entry, dates->subsec[roles[entry->tag - 0x9290]],
			sizeof(dates->subsec[0]));
		break;
	default:
		break;
	}
}

static void read_camera_entry(struct tiff *tiff, const struct tiff_entry *entry)
{
	struct media_facts *facts = tiff->reader->facts;
	char text[TIFF_TEXT_BYTES];

	switch (entry->tag) {
	case 0x010f:
		facts_set_make(facts, text, tiff_entry_text(&tiff->view, entry, text));
		break;
	case 0x0110:
	case 0xc614: /* UniqueCameraModel (DNG) */
		facts_set_model(facts, text, tiff_entry_text(&tiff->view, entry, text));
		break;
	case 0x0112:
		facts_set_orientation(facts, (uint32_t)tiff_entry_number(&tiff->view, entry, 0));
		break;
	case 0xa001: /* ColorSpace: 2 is not in the standard, but in files */
		if (tiff_entry_number(&tiff->view, entry, 0) == 2)
			facts->is_adobe_rgb = 1;
		break;
	case 0xa002:
		tiff->exif_width_px = (uint32_t)tiff_entry_number(&tiff->view, entry, 0);
		break;
	case 0xa003:
		tiff->exif_height_px = (uint32_t)tiff_entry_number(&tiff->view, entry, 0);
		break;
	case 0xc612: /* DNGVersion */
		tiff->reader->has_dng_version = true;
		break;
	default:
		break;
	}
}

/* InteroperabilityIndex R03: DCF's optional colour space (DCF 2.0, 5.2.2). */
static void read_interop_entry(struct tiff *tiff, const struct tiff_entry *entry)
{
	char text[TIFF_TEXT_BYTES] = {0};

	if (entry->tag == 1 && tiff_entry_text(&tiff->view, entry, text) >= 3 &&
		memcmp(text, "R03", 3) == 0)
		tiff->reader->facts->is_adobe_rgb = 1;
}

static void read_pointers(
	struct tiff *tiff, const struct tiff_entry *entry, enum ifd_kind kind, uint32_t count_max)
{
	for (uint32_t i = 0; i < entry->count && i < count_max; i++)
		push_ifd(tiff, tiff_entry_number(&tiff->view, entry, i), kind);
}

/* A value that leads to other directories, or is a container itself. */
static void read_inner_entry(struct tiff *tiff, const struct tiff_entry *entry)
{
	struct source inner = source_slice(&tiff->view.source, entry->offset, entry->size_bytes);

	switch (entry->tag) {
	case 0x014a:
		read_pointers(tiff, entry, IFD_KIND_SUB, SUB_IFDS_MAX);
		break;
	case 0x8769:
		read_pointers(tiff, entry, IFD_KIND_EXIF, 1);
		break;
	case 0xa005:
		read_pointers(tiff, entry, IFD_KIND_INTEROP, 1);
		break;
	case 0x927c:
		makernote_read(&tiff->view, entry);
		break;
	case 0x02bc: /* XMP */
		if (inner.size_bytes <= XMP_BYTES_MAX)
			(void)xmp_read(&inner);
		break;
	case 0x8649: /* Photoshop */
		photoshop_read(&inner);
		break;
	case 0x002e: /* JpgFromRaw (Panasonic): a whole JPEG file with its own EXIF */
		preview_offer(&tiff->view.source, entry->offset, entry->size_bytes);
		jpeg_read(&inner);
		break;
	default:
		break;
	}
}

static enum date_rank rank_of(const struct tiff *tiff, enum ifd_kind kind, enum date_role role)
{
	enum date_rank rank = DATE_RANK_IFD;

	if (kind == IFD_KIND_EXIF || (kind == IFD_KIND_MAIN && role == DATE_ROLE_MODIFIED))
		rank = DATE_RANK_EXIF;
	else if (kind == IFD_KIND_NEXT && tiff->is_block)
		rank = DATE_RANK_COPY;
	return rank < tiff->rank_max ? rank : tiff->rank_max;
}

static void offer_dates(struct tiff *tiff, const struct ifd_dates *dates, enum ifd_kind kind)
{
	static const enum media_date_source sources[] = {
		[DATE_ROLE_ORIGINAL] = MEDIA_DATE_EXIF_ORIGINAL,
		[DATE_ROLE_DIGITIZED] = MEDIA_DATE_EXIF_DIGITIZED,
		[DATE_ROLE_MODIFIED] = MEDIA_DATE_EXIF_MODIFIED,
	};

	for (enum date_role role = 0; role < DATE_ROLES_COUNT; role++) {
		struct stamp stamp = dates->stamps[role];
		const char *zone = dates->utc_offset[role];

		if (!stamp_is_set(&stamp))
			continue;
		stamp_set_subsec(&stamp, dates->subsec[role], sizeof(dates->subsec[role]));
		stamp_set_utc_offset(&stamp, zone, strlen(zone));
		dates_offer(&tiff->reader->dates, role, rank_of(tiff, kind, role), sources[role],
			&stamp);
	}
}

/* Colour filter array, linear raw, and the compressions that only RAW files have. */
static bool is_sensor_data(const struct image *image)
{
	static const uint16_t compressions[] = {32767, 32769, 32770, 34713, 65000, 65535};

	if (image->photometric == 32803 || image->photometric == 34892)
		return true;
	for (size_t i = 0; i < sizeof(compressions) / sizeof(compressions[0]); i++)
		if (image->compression == compressions[i])
			return true;
	return false;
}

static void finish_image(struct tiff *tiff, const struct image *image)
{
	const struct image *largest = &tiff->largest;
	uint64_t pixels = (uint64_t)image->width_px * image->height_px;

	if (is_sensor_data(image))
		tiff->reader->has_raw_image = true;
	if (image->jpeg_offset != 0)
		preview_offer(&tiff->view.source, image->jpeg_offset, image->jpeg_bytes);
	if (image->strip_count == 1 && (image->compression == 6 || image->compression == 7))
		preview_offer(&tiff->view.source, image->strip_offset, image->strip_bytes);
	if (pixels > (uint64_t)largest->width_px * largest->height_px)
		tiff->largest = *image;
}

static void read_ifd(struct tiff *tiff, struct ifd_job job)
{
	struct ifd_dates dates = {0};
	struct image image = {0};
	struct tiff_entry entry;
	uint16_t count = tiff_entry_count(&tiff->view, job.offset);

	for (uint16_t i = 0; i < count; i++) {
		if (!reader_step(tiff->reader, 1))
			return;
		if (!tiff_entry_get(&tiff->view, job.offset, i, &entry))
			continue;
		if (job.kind == IFD_KIND_INTEROP) {
			read_interop_entry(tiff, &entry);
			continue;
		}
		if (job.kind != IFD_KIND_EXIF)
			read_image_entry(&tiff->view, &entry, &image);
		read_date_entry(&tiff->view, &entry, &dates);
		if (tiff->rank_max > DATE_RANK_COPY)
			read_camera_entry(tiff, &entry);
		read_inner_entry(tiff, &entry);
	}
	offer_dates(tiff, &dates, job.kind);
	finish_image(tiff, &image);
	if (job.kind == IFD_KIND_MAIN || job.kind == IFD_KIND_NEXT)
		push_ifd(tiff,
			tiff_read_uint(&tiff->view,
				tiff_entry_place(&tiff->view, job.offset, count),
				tiff_word_bytes(&tiff->view)),
			IFD_KIND_NEXT);
}

static void read_ifds(struct tiff *tiff)
{
	if (!reader_enter(tiff->reader))
		return;
	for (size_t i = 0; i < tiff->job_count; i++)
		read_ifd(tiff, tiff->jobs[i]);
	reader_leave(tiff->reader);
}

/* False if there is no TIFF header. */
static bool walk(struct tiff *tiff, const struct source *source)
{
	uint8_t header[8];

	tiff->reader = source->reader;
	tiff->view.source = *source;
	if (!source_read(source, 0, header, sizeof(header)))
		return false;
	tiff->view.is_big_endian = memcmp(header, "MM", 2) == 0;
	if (!tiff->view.is_big_endian && memcmp(header, "II", 2) != 0)
		return false;
	tiff->view.is_big_tiff =
		!tiff->is_block && bytes_u16(header + 2, tiff->view.is_big_endian) == 43;
	push_ifd(tiff,
		tiff_read_uint(
			&tiff->view, tiff->view.is_big_tiff ? 8 : 4, tiff_word_bytes(&tiff->view)),
		IFD_KIND_MAIN);
	read_ifds(tiff);
	return true;
}

void tiff_read_bare(const struct source *source, uint32_t ifd_offset, bool is_big_endian)
{
	struct tiff tiff = {.reader = source->reader, .is_block = true, .rank_max = DATE_RANK_EXIF};

	tiff.view = (struct tiff_view){.source = *source, .is_big_endian = is_big_endian};
	tiff.jobs[tiff.job_count++] = (struct ifd_job){ifd_offset, IFD_KIND_MAIN};
	read_ifds(&tiff);
}

void tiff_read_exif(const struct source *source, enum date_rank rank_max)
{
	struct tiff tiff = {.is_block = true, .rank_max = rank_max};
	struct source head = source_slice(source, 0, EXIF_BLOCK_BYTES_MAX - EXIF_HEADER_BYTES);
	struct block block = {0};

	if (!walk(&tiff, source))
		return;
	if (!source_load(&head, EXIF_HEADER_BYTES, &block))
		return;
	memcpy(block.bytes, EXIF_HEADER, EXIF_HEADER_BYTES);
	exif_read_tags(source->reader, block.bytes, block.size_bytes, rank_max);
	block_free(&block);
}

/* RAW files are TIFF with the maker's name in it; the first that fits. */
static const char *name_type(const struct source *source, const struct media_facts *facts)
{
	static const struct {
		const char *make, *type;
	} makers[] = {
		{"NIKON", "NEF"},
		{"SONY", "ARW"},
		{"PENTAX", "PEF"},
		{"RICOH", "PEF"},
		{"ASAHI", "PEF"},
		{"SAMSUNG", "SRW"},
		{"KODAK", "KDC"},
		{"EASTMAN", "KDC"},
		{"HASSELBLAD", "3FR"},
		{"MAMIYA", "MEF"},
		{"LEAF", "MOS"},
		{"SEIKO EPSON", "ERF"},
		{"OLYMPUS", "ORF"},
		{"PANASONIC", "RW2"},
		{"LEICA", "RWL"},
		{"PHASE ONE", "IIQ"},
	};
	const struct reader *reader = source->reader;
	uint8_t head[16] = {0};

	(void)source_read(source, 0, head, sizeof(head));
	if (memcmp(head + 8, "CR\2", 3) == 0)
		return "CR2";
	if (memcmp(head + 8, "IIII", 4) == 0 || memcmp(head + 8, "MMMM", 4) == 0)
		return "IIQ";
	if (head[2] == 'R' || head[3] == 'R')
		return "ORF";
	if (head[2] == 'U')
		return strncasecmp(facts->make, "LEICA", 5) == 0 ? "RWL" : "RW2";
	if (reader->has_dng_version)
		return strncasecmp(facts->make, "GOPRO", 5) == 0 ? "GPR" : "DNG";
	for (size_t i = 0; reader->has_raw_image && i < sizeof(makers) / sizeof(makers[0]); i++)
		if (strncasecmp(facts->make, makers[i].make, strlen(makers[i].make)) == 0)
			return makers[i].type;
	return "TIFF";
}

void tiff_read(const struct source *source)
{
	struct tiff tiff = {.rank_max = DATE_RANK_EXIF};
	struct media_facts *facts = source->reader->facts;
	const char *type;

	if (!walk(&tiff, source))
		return;
	type = name_type(source, facts);
	/* RAW: the directories may show the previews only. */
	if (strcmp(type, "TIFF") != 0 &&
		(uint64_t)tiff.exif_width_px * tiff.exif_height_px >
			(uint64_t)tiff.largest.width_px * tiff.largest.height_px)
		facts_set_size(facts, tiff.exif_width_px, tiff.exif_height_px);
	facts_set_size(facts, tiff.largest.width_px, tiff.largest.height_px);
	facts_set_type(facts, type);
}
