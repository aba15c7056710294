/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_png.c - PNG chunks: eXIf, XMP, text with dates, ImageMagick's profiles.
 *
 * Sources: W3C PNG (third edition), the XMP specification part 3. Compressed
 * text is inflated only where it is one of the blocks that are looked for, and
 * never beyond a bound.
 */
#include "core/probe/readers.h"

#include <strings.h>

#include <zlib.h>

#include "core/probe/exif.h"

#define KEYWORD_BYTES_MAX 80
#define INFLATED_BYTES_MAX (2u << 20)
#define TEXT_BYTES 64
#define XMP_KEYWORD "XML:com.adobe.xmp"
#define PROFILE_KEYWORD "Raw profile type "

struct chunk {
	char type[5];
	struct source data;
};

/* One tEXt, zTXt or iTXt chunk, taken apart. */
struct text {
	char keyword[KEYWORD_BYTES_MAX + 1];
	bool is_compressed;
	struct source data;
};

static bool next_chunk(const struct source *source, uint64_t *at, struct chunk *ret)
{
	uint8_t head[8];
	uint32_t size_bytes;

	if (!source_read(source, *at, head, sizeof(head)))
		return false;
	size_bytes = bytes_be32(head);
	memcpy(ret->type, head + 4, 4);
	ret->type[4] = '\0';
	ret->data = source_slice(source, *at + sizeof(head), size_bytes);
	*at += sizeof(head) + (uint64_t)size_bytes + 4; /* and the checksum */
	return strcmp(ret->type, "IEND") != 0;
}

/* Inflates all of data, as far as the bound allows. */
static bool inflate_source(const struct source *data, struct block *ret)
{
	struct block packed = {0};
	z_stream stream = {0};
	uint32_t bound = (uint32_t)(data->size_bytes * 32 + 4096);
	bool is_good = false;

	if (data->size_bytes > INFLATED_BYTES_MAX || !source_load(data, 0, &packed))
		return false;
	if (bound > INFLATED_BYTES_MAX)
		bound = INFLATED_BYTES_MAX;
	if (block_new(data->reader, bound, ret) && reader_step(data->reader, bound / 16) &&
		inflateInit(&stream) == Z_OK) {
		stream.next_in = packed.bytes;
		stream.avail_in = (uInt)packed.size_bytes;
		stream.next_out = ret->bytes;
		stream.avail_out = bound;
		(void)inflate(&stream, Z_FINISH); /* cut or broken: what came out is used */
		is_good = stream.total_out > 0;
		(void)inflateEnd(&stream);
	}
	block_free(&packed);
	return is_good;
}

static bool hex_digit(uint8_t c, unsigned *ret)
{
	if (c >= '0' && c <= '9')
		*ret = c - (unsigned)'0';
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		*ret = (c | 0x20u) - 'a' + 10;
	else
		return false;
	return true;
}

/* "\nexif\n    1234\n45786966...": turned into bytes in place. Returns how many. */
static size_t decode_profile(uint8_t *text, size_t size_bytes)
{
	size_t at = 0, n = 0;
	unsigned lines = 0, high, low;

	while (at < size_bytes && lines < 3)
		lines += text[at++] == '\n';
	while (at + 1 < size_bytes) {
		if (!hex_digit(text[at], &high) || !hex_digit(text[at + 1], &low)) {
			at++;
			continue;
		}
		text[n++] = (uint8_t)(high << 4 | low);
		at += 2;
	}
	return n;
}

static void read_profile(struct reader *reader, const char *kind, struct block *text)
{
	struct source data = source_of_memory(
		reader, text->bytes, decode_profile(text->bytes, text->size_bytes));

	if (strcmp(kind, "8bim") == 0 || strcmp(kind, "iptc") == 0)
		photoshop_read(&data);
	else if (strcmp(kind, "xmp") == 0)
		(void)xmp_read(&data);
	else if (source_starts_with(&data, EXIF_HEADER, EXIF_HEADER_BYTES)) {
		data = source_from(&data, EXIF_HEADER_BYTES);
		tiff_read_exif(&data, DATE_RANK_EXIF);
	} else if (source_starts_with(&data, "II*", 4) || source_starts_with(&data, "MM\0*", 4)) {
		tiff_read_exif(&data, DATE_RANK_EXIF);
	} else if (source_starts_with(&data, "http", 4)) {
		(void)xmp_read(&data);
	}
}

static void read_block_text(const struct text *text)
{
	struct reader *reader = text->data.reader;
	struct block block = {0};
	bool is_good = text->is_compressed ? inflate_source(&text->data, &block)
					   : source_load(&text->data, 0, &block);
	struct source packet = source_of_memory(reader, block.bytes, block.size_bytes);

	if (is_good && strcmp(text->keyword, XMP_KEYWORD) == 0)
		(void)xmp_read(&packet);
	else if (is_good)
		read_profile(reader, text->keyword + strlen(PROFILE_KEYWORD), &block);
	block_free(&block);
}

/* Keywords that programs write dates under. */
static void read_date_text(const struct text *text)
{
	static const struct {
		const char *keyword;
		enum date_role role;
	} known[] = {
		{"DateTimeOriginal", DATE_ROLE_ORIGINAL},
		{"create-date", DATE_ROLE_DIGITIZED},
		{"CreateDate", DATE_ROLE_DIGITIZED},
		{"Creation Time", DATE_ROLE_DESCRIBED},
		{"exif:DateTimeOriginal", DATE_ROLE_DESCRIBED},
	};
	struct stamp stamp;
	char bytes[TEXT_BYTES];
	size_t n;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcasecmp(text->keyword, known[i].keyword) != 0)
			continue;
		n = source_read_some(&text->data, 0, bytes, sizeof(bytes));
		if (stamp_parse(bytes, n, &stamp))
			dates_offer(&text->data.reader->dates, known[i].role, DATE_RANK_CONTAINER,
				MEDIA_DATE_CONTAINER, &stamp);
	}
}

/* Skips a string with its end mark; false if it does not end. */
static bool skip_string(const struct source *data, uint64_t *at)
{
	uint8_t byte;

	while (source_read(data, *at, &byte, 1)) {
		*at += 1;
		if (byte == 0)
			return true;
	}
	return false;
}

static bool parse_text(const struct chunk *chunk, struct text *ret)
{
	const struct source *data = &chunk->data;
	uint8_t flags[2];
	size_t n = source_read_some(data, 0, ret->keyword, KEYWORD_BYTES_MAX);
	uint64_t at;

	ret->keyword[n] = '\0';
	at = strlen(ret->keyword) + 1;
	ret->is_compressed = strcmp(chunk->type, "zTXt") == 0;
	if (ret->is_compressed) {
		at += 1; /* the method: there is one only */
	} else if (strcmp(chunk->type, "iTXt") == 0) {
		if (!source_read(data, at, flags, sizeof(flags)))
			return false;
		ret->is_compressed = flags[0] == 1;
		at += 2;
		/* The language and the translated keyword. */
		for (int i = 0; i < 2; i++)
			if (!skip_string(data, &at))
				return false;
	}
	ret->data = source_from(data, at);
	return true;
}

static void read_text(const struct chunk *chunk)
{
	struct text text = {0};

	if (!parse_text(chunk, &text))
		return;
	if (strcmp(text.keyword, XMP_KEYWORD) == 0 ||
		strncmp(text.keyword, PROFILE_KEYWORD, strlen(PROFILE_KEYWORD)) == 0)
		read_block_text(&text);
	else if (!text.is_compressed)
		read_date_text(&text);
}

static void read_header(const struct source *data)
{
	uint8_t bytes[8];

	if (source_read(data, 0, bytes, sizeof(bytes)))
		facts_set_size(data->reader->facts, bytes_be32(bytes), bytes_be32(bytes + 4));
}

/* zxIf: an early form of eXIf, one byte and four of the size in front, then compressed. */
static void read_compressed_exif(const struct source *data)
{
	struct source packed = source_from(data, 5);
	struct block block = {0};
	struct source inner;

	if (inflate_source(&packed, &block)) {
		inner = source_of_memory(data->reader, block.bytes, block.size_bytes);
		tiff_read_exif(&inner, DATE_RANK_EXIF);
	}
	block_free(&block);
}

void png_read(const struct source *source)
{
	uint64_t at = 8;
	struct chunk chunk;

	while (next_chunk(source, &at, &chunk)) {
		struct source exif = chunk.data;

		if (source_starts_with(&exif, EXIF_HEADER, EXIF_HEADER_BYTES))
			exif = source_from(&exif, EXIF_HEADER_BYTES); /* not by the book, but met */
		if (strcmp(chunk.type, "IHDR") == 0)
			read_header(&chunk.data);
		else if (strcmp(chunk.type, "eXIf") == 0)
			tiff_read_exif(&exif, DATE_RANK_EXIF);
		else if (strcasecmp(chunk.type, "zxIf") == 0)
			read_compressed_exif(&chunk.data);
		else if (strcmp(chunk.type + 1, "EXt") == 0 || strcmp(chunk.type + 1, "TXt") == 0)
			read_text(&chunk);
	}
}
