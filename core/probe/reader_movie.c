/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_movie.c - moov: when and with what a film was shot.
 *
 * mvhd counts seconds in UTC by the standard (some cameras write local time
 * there all the same, and nothing tells them apart). Apple's keys, Sony's XML
 * and the older user data give local time with a zone: that is kept beside it.
 * Makers put EXIF of their own into user data. Layouts: QuickTime file format,
 * ISO/IEC 14496-12, 3GPP TS 26.244; the makers' boxes as ExifTool documents them.
 */
#include "core/probe/reader_bmff.h"

#include "core/probe/readers.h"

#define SECONDS_1904_TO_1970 2082844800u
#define TEXT_BYTES 128
#define KEYS_MAX 512

#define COPYRIGHT_SIGN 0xa9

enum key { KEY_NONE, KEY_CREATION_DATE, KEY_MAKE, KEY_MODEL };

struct text {
	char bytes[TEXT_BYTES];
	size_t size_bytes;
};

/* Seconds of QuickTime; small numbers come from programs that count from 1970. */
static bool stamp_from_movie_time(uint64_t seconds, struct stamp *ret)
{
	if (seconds == 0 || seconds > INT64_MAX)
		return false;
	if (seconds >= SECONDS_1904_TO_1970)
		seconds -= SECONDS_1904_TO_1970;
	if (!stamp_from_unix((int64_t)seconds, ret))
		return false;
	stamp_set_utc_offset_minutes(ret, 0);
	return true;
}

/* The creation time stands behind version and flags in mvhd, tkhd and mdhd alike. */
static void read_creation(const struct source *header, enum date_role role, enum date_rank rank)
{
	struct stamp stamp = {0};
	uint8_t bytes[12];
	uint64_t seconds;

	if (!source_read(header, 0, bytes, sizeof(bytes)))
		return;
	seconds = bytes[0] == 1 ? bytes_be64(bytes + 4) : bytes_be32(bytes + 4);
	if (stamp_from_movie_time(seconds, &stamp))
		dates_offer(&header->reader->dates, role, rank, MEDIA_DATE_QUICKTIME_UTC, &stamp);
}

/* Width, height and rotation (of the matrix' first row) of a picture's track. */
static void read_track_header(const struct source *tkhd)
{
	static const uint8_t matrix_at[2] = {40, 52};
	struct media_facts *facts = tkhd->reader->facts;
	uint8_t bytes[44];
	uint32_t width_px, height_px;
	uint8_t version = 0;

	if (!source_read(tkhd, 0, &version, 1) || version > 1)
		return;
	if (!source_read(tkhd, matrix_at[version], bytes, sizeof(bytes)))
		return;
	width_px = bytes_be32(bytes + 36) >> 16;
	height_px = bytes_be32(bytes + 40) >> 16;
	if (width_px == 0 || height_px == 0 || facts->width_px != 0)
		return;
	facts_set_size(facts, width_px, height_px);
	if (bytes_be32(bytes) == 0x10000)
		facts_set_orientation(facts, 1);
	else if (bytes_be32(bytes) == 0xffff0000)
		facts_set_orientation(facts, 3);
	else if (bytes_be32(bytes + 4) == 0x10000)
		facts_set_orientation(facts, 6);
	else if (bytes_be32(bytes + 4) == 0xffff0000)
		facts_set_orientation(facts, 8);
}

static void read_media(const struct source *mdia)
{
	uint64_t at = 0;
	struct box box;

	while (box_next(mdia, &at, &box))
		if (box.type == BOX_TYPE('m', 'd', 'h', 'd'))
			read_creation(&box.data, DATE_ROLE_DESCRIBED, DATE_RANK_COPY);
}

static void read_track(const struct source *trak)
{
	uint64_t at = 0;
	struct box box;

	while (box_next(trak, &at, &box)) {
		if (box.type == BOX_TYPE('t', 'k', 'h', 'd'))
			read_track_header(&box.data);
		else if (box.type == BOX_TYPE('m', 'd', 'i', 'a'))
			read_media(&box.data);
		else if (box.type == BOX_TYPE('m', 'e', 't', 'a'))
			meta_read(&box.data);
		else if (box.type == BOX_TYPE('u', 'u', 'i', 'd'))
			bmff_read_uuid(&box);
	}
}

/* Local time beside the header's UTC; alone it is a date too. */
static void note_local(struct reader *reader, const struct text *text)
{
	struct stamp stamp = {0};

	if (!memchr(text->bytes, ':', text->size_bytes) ||
		!stamp_parse(text->bytes, text->size_bytes, &stamp))
		return;
	if (stamp.utc_offset[0] != '\0' && !stamp_is_set(&reader->dates.local))
		reader->dates.local = stamp;
	dates_offer(&reader->dates, DATE_ROLE_DESCRIBED, DATE_RANK_CONTAINER, MEDIA_DATE_CONTAINER,
		&stamp);
}

static void read_text(const struct source *source, uint64_t at, struct text *ret)
{
	ret->size_bytes = source_read_some(source, at, ret->bytes, sizeof(ret->bytes));
}

/* QuickTime's user text: size and language, or, from some cameras, nothing in front. */
static void read_user_text(const struct source *data, struct text *ret)
{
	uint8_t head[4];
	struct source text = *data;

	if (source_read(data, 0, head, sizeof(head)) && bytes_be16(head) + 4u <= data->size_bytes &&
		bytes_be16(head) > 0)
		text = source_slice(data, 4, bytes_be16(head));
	read_text(&text, 0, ret);
}

static void read_copyright_text(const struct box *box)
{
	struct reader *reader = box->data.reader;
	struct text text;

	read_user_text(&box->data, &text);
	switch (box->type & 0xffffff) {
	case BOX_TYPE(0, 'd', 'a', 'y'):
		note_local(reader, &text);
		break;
	case BOX_TYPE(0, 'm', 'a', 'k'):
		facts_set_make(reader->facts, text.bytes, text.size_bytes);
		break;
	case BOX_TYPE(0, 'm', 'o', 'd'):
		facts_set_model(reader->facts, text.bytes, text.size_bytes);
		break;
	default:
		break;
	}
}

static void offer_original(struct reader *reader, const struct text *text, enum date_role role)
{
	struct stamp stamp;

	if (stamp_parse(text->bytes, text->size_bytes, &stamp))
		dates_offer(
			&reader->dates, role, DATE_RANK_CONTAINER, MEDIA_DATE_CONTAINER, &stamp);
}

/* Nikon's records: tag, format, number of values, all big-endian. */
static void read_nikon_records(const struct source *nctg)
{
	static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};
	struct reader *reader = nctg->reader;
	uint8_t head[8];
	uint64_t at = 0;

	while (source_read(nctg, at, head, sizeof(head))) {
		uint32_t tag = bytes_be32(head);
		uint16_t format = bytes_be16(head + 4);
		struct source value;
		struct text text;

		if (format >= sizeof(sizes))
			return;
		at += sizeof(head);
		value = source_slice(nctg, at, (uint64_t)bytes_be16(head + 6) * sizes[format]);
		at += value.size_bytes;
		read_text(&value, 0, &text);
		if (tag == 0x01)
			facts_set_make(reader->facts, text.bytes, text.size_bytes);
		else if (tag == 0x02)
			facts_set_model(reader->facts, text.bytes, text.size_bytes);
		else if (tag == 0x11)
			offer_original(reader, &text, DATE_ROLE_DIGITIZED);
		else if (tag == 0x12)
			offer_original(reader, &text, DATE_ROLE_ORIGINAL);
	}
}

static void read_nikon(const struct source *ncdt)
{
	uint64_t at = 0;
	struct box box;

	while (box_next(ncdt, &at, &box)) {
		if (box.type == BOX_TYPE('N', 'C', 'T', 'G'))
			read_nikon_records(&box.data);
		else if (box.type == BOX_TYPE('N', 'C', 'T', 'H') ||
			box.type == BOX_TYPE('N', 'C', 'V', 'W'))
			bmff_offer_preview(&box.data);
	}
}

static void read_canon_thumbnail(const struct source *cnth)
{
	uint64_t at = 0;
	struct box box;

	while (box_next(cnth, &at, &box))
		if (box.type == BOX_TYPE('C', 'N', 'D', 'A'))
			bmff_offer_preview(&box.data);
}

/* Panasonic and Leica: a JPEG without a picture, for its EXIF, at one of a few places. */
static void read_panasonic(const struct source *data)
{
	static const uint32_t places[] = {0x10, 0x4068, 0x4080, 0x200080};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct source jpeg = source_from(data, places[i]);

		if (source_starts_with(&jpeg, "\xff\xd8\xff\xe1", 4))
			jpeg_read(&jpeg);
	}
}

/* Makers' boxes that hold one plain text. */
static bool read_plain_text(const struct box *box)
{
	struct reader *reader = box->data.reader;
	struct text text;

	read_text(&box->data, 0, &text);
	switch (box->type) {
	case BOX_TYPE('d', 'a', 't', 'e'):
	case BOX_TYPE('I', 'D', 'I', 'T'):
		offer_original(reader, &text, DATE_ROLE_ORIGINAL);
		return true;
	case BOX_TYPE('@', 'd', 'a', 'y'):
		note_local(reader, &text);
		return true;
	case BOX_TYPE('@', 'm', 'a', 'k'):
		facts_set_make(reader->facts, text.bytes, text.size_bytes);
		return true;
	case BOX_TYPE('T', 'A', 'G', 'S'): /* the first field, with all old makers */
		facts_set_make(
			reader->facts, text.bytes, text.size_bytes < 24 ? text.size_bytes : 24);
		return true;
	case BOX_TYPE('@', 'm', 'o', 'd'):
	case BOX_TYPE('C', 'N', 'M', 'N'):
		facts_set_model(reader->facts, text.bytes, text.size_bytes);
		return true;
	default:
		return false;
	}
}

static void read_user_box(const struct box *box)
{
	struct source inner = box->data;

	if (box->type >> 24 == COPYRIGHT_SIGN) {
		read_copyright_text(box);
		return;
	}
	switch (box->type) {
	case BOX_TYPE('m', 'e', 't', 'a'):
		meta_read(&inner);
		break;
	case BOX_TYPE('X', 'M', 'P', '_'):
		(void)xmp_read(&inner);
		break;
	case BOX_TYPE('R', 'M', 'K', 'N'): /* Ricoh */
		bmff_read_exif(&inner);
		break;
	case BOX_TYPE('M', 'V', 'T', 'G'): /* Fujifilm: a directory without a header */
		inner = source_from(&inner, 16);
		tiff_read_bare(&inner, 0, false);
		break;
	case BOX_TYPE('Q', 'V', 'M', 'I'): /* Casio: the same */
		tiff_read_bare(&inner, 10, true);
		break;
	case BOX_TYPE('N', 'C', 'D', 'T'):
		read_nikon(&inner);
		break;
	case BOX_TYPE('P', 'A', 'N', 'A'):
	case BOX_TYPE('L', 'E', 'I', 'C'):
		read_panasonic(&inner);
		break;
	case BOX_TYPE('C', 'N', 'T', 'H'):
		read_canon_thumbnail(&inner);
		break;
	case BOX_TYPE('t', 'h', 'm', 'b'):
	case BOX_TYPE('s', 'c', 'r', 'n'):
	case BOX_TYPE('R', 'T', 'H', 'U'):
		bmff_offer_preview(&inner);
		break;
	default:
		(void)read_plain_text(box);
		break;
	}
}

static void read_user_data(const struct source *udta)
{
	uint64_t at = 0;
	struct box box;

	while (box_next(udta, &at, &box))
		read_user_box(&box);
}

static enum key key_of_name(const char *name)
{
	if (strcmp(name, "com.apple.quicktime.creationdate") == 0)
		return KEY_CREATION_DATE;
	if (strcmp(name, "com.apple.quicktime.make") == 0 ||
		strcmp(name, "com.android.manufacturer") == 0)
		return KEY_MAKE;
	if (strcmp(name, "com.apple.quicktime.model") == 0 ||
		strcmp(name, "com.android.model") == 0)
		return KEY_MODEL;
	return KEY_NONE;
}

/* Numbers from 1 on stand for names; kinds[number - 1] becomes what is meant. */
static size_t read_keys(const struct source *data, uint8_t kinds[KEYS_MAX])
{
	uint64_t at = 8; /* version, flags, number of keys */
	size_t count = 0;
	struct box box;

	while (count < KEYS_MAX && box_next(data, &at, &box)) {
		struct text text;

		read_text(&box.data, 0, &text);
		text.bytes[text.size_bytes < TEXT_BYTES ? text.size_bytes : TEXT_BYTES - 1] = '\0';
		kinds[count++] = (uint8_t)key_of_name(text.bytes);
	}
	return count;
}

static void read_value(struct reader *reader, enum key key, const struct text *text)
{
	if (key == KEY_CREATION_DATE)
		note_local(reader, text);
	else if (key == KEY_MAKE)
		facts_set_make(reader->facts, text->bytes, text->size_bytes);
	else if (key == KEY_MODEL)
		facts_set_model(reader->facts, text->bytes, text->size_bytes);
}

/* Each value is a box named by its key's number, or by iTunes' letters. */
static void read_values(const struct source *ilst, const uint8_t *kinds, size_t count)
{
	uint64_t at = 0, inner_at;
	struct box value, data;
	struct text text;
	enum key key;

	while (box_next(ilst, &at, &value)) {
		key = KEY_NONE;
		if (value.type >= 1 && value.type <= count)
			key = (enum key)kinds[value.type - 1];
		else if (value.type == BOX_TYPE(COPYRIGHT_SIGN, 'd', 'a', 'y'))
			key = KEY_CREATION_DATE;
		inner_at = 0;
		if (key == KEY_NONE || !box_next(&value.data, &inner_at, &data))
			continue;
		read_text(&data.data, 8, &text); /* behind type and locale */
		read_value(ilst->reader, key, &text);
	}
}

/* The value of an attribute in Sony's XML: there is one of each, and no nesting to mind. */
static void read_attribute(const struct block *xml, const char *name, struct text *ret)
{
	size_t name_bytes = strlen(name);
	const char *at = memmem(xml->bytes, xml->size_bytes, name, name_bytes);
	const char *end = (const char *)xml->bytes + xml->size_bytes;

	ret->size_bytes = 0;
	if (!at)
		return;
	at += name_bytes;
	while (at < end && *at != '"' && ret->size_bytes < sizeof(ret->bytes))
		ret->bytes[ret->size_bytes++] = *at++;
}

/* Sony's "non real time metadata". */
static void read_sony_xml(const struct source *data)
{
	struct reader *reader = data->reader;
	struct block xml = {0};
	struct text text;

	if (!source_load(data, 0, &xml))
		return;
	if (memmem(xml.bytes, xml.size_bytes, "<NonRealTimeMeta", 16)) {
		read_attribute(&xml, "<CreationDate value=\"", &text);
		note_local(reader, &text);
		read_attribute(&xml, "<Device manufacturer=\"", &text);
		facts_set_make(reader->facts, text.bytes, text.size_bytes);
		read_attribute(&xml, " modelName=\"", &text);
		facts_set_model(reader->facts, text.bytes, text.size_bytes);
	}
	block_free(&xml);
}

static void read_meta_boxes(const struct source *boxes)
{
	uint8_t kinds[KEYS_MAX];
	size_t count = 0;
	uint64_t at = 0;
	struct box box;

	while (box_next(boxes, &at, &box)) {
		if (box.type == BOX_TYPE('k', 'e', 'y', 's'))
			count = read_keys(&box.data, kinds);
		else if (box.type == BOX_TYPE('i', 'l', 's', 't'))
			read_values(&box.data, kinds, count);
		else if (box.type == BOX_TYPE('x', 'm', 'l', ' ')) {
			struct source xml = source_from(&box.data, 4);

			read_sony_xml(&xml);
		}
	}
}

void meta_read(const struct source *meta)
{
	struct source boxes = *meta;
	uint8_t head[8];

	if (!source_read(meta, 0, head, sizeof(head)) || !reader_enter(meta->reader))
		return;
	if (memcmp(head + 4, "hdlr", 4) != 0)
		boxes = source_from(meta, 4); /* version and flags, which QuickTime has not */
	read_meta_boxes(&boxes);
	heif_read_items(&boxes);
	reader_leave(meta->reader);
}

void movie_read_moov(const struct source *moov)
{
	uint64_t at = 0;
	struct box box;

	if (!reader_enter(moov->reader))
		return;
	while (box_next(moov, &at, &box)) {
		if (box.type == BOX_TYPE('m', 'v', 'h', 'd'))
			read_creation(&box.data, DATE_ROLE_DIGITIZED, DATE_RANK_CONTAINER);
		else if (box.type == BOX_TYPE('t', 'r', 'a', 'k'))
			read_track(&box.data);
		else if (box.type == BOX_TYPE('u', 'd', 't', 'a'))
			read_user_data(&box.data);
		else if (box.type == BOX_TYPE('m', 'e', 't', 'a'))
			meta_read(&box.data);
		else if (box.type == BOX_TYPE('u', 'u', 'i', 'd'))
			bmff_read_uuid(&box);
	}
	reader_leave(moov->reader);
}
