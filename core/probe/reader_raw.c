/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_raw.c - RAW files with small headers of their own: Fujifilm's RAF,
 * Minolta's MRW, Sigma's X3F. Inside are JPEG or TIFF again.
 *
 * Layouts: as ExifTool documents them; X3F by Foveon's published description.
 */
#include "core/probe/readers.h"

#include <stdlib.h>

#define RAF_JPEG_AT 84
#define RAF_MODEL_AT 28
#define X3F_SECTIONS_MAX 64
#define X3F_PROPERTIES_MAX 256
#define X3F_IMAGE_HEADER_BYTES 28
#define X3F_TEXT_BYTES 64

void raf_read(const struct source *source)
{
	struct source jpeg;
	uint8_t place[8];
	char model[32];

	if (source_read(source, RAF_JPEG_AT, place, sizeof(place))) {
		jpeg = source_slice(source, bytes_be32(place), bytes_be32(place + 4));
		if (source_starts_with(&jpeg, "\xff\xd8", 2)) {
			preview_offer(source, bytes_be32(place), bytes_be32(place + 4));
			jpeg_read(&jpeg);
		}
	}
	if (source_read(source, RAF_MODEL_AT, model, sizeof(model)))
		facts_set_model(source->reader->facts, model, sizeof(model));
}

/* Blocks with a four-byte name and a size; TTW is a TIFF structure, PRD the picture's size. */
void mrw_read(const struct source *source)
{
	uint8_t head[8], size[12];
	uint64_t at = 8;

	while (source_read(source, at, head, sizeof(head)) && head[0] == 0) {
		struct source block = source_slice(source, at + 8, bytes_be32(head + 4));

		if (memcmp(head + 1, "TTW", 3) == 0)
			tiff_read_exif(&block, DATE_RANK_EXIF);
		else if (memcmp(head + 1, "PRD", 3) == 0 &&
			source_read(&block, 0, size, sizeof(size)))
			facts_set_size(
				source->reader->facts, bytes_be16(size + 10), bytes_be16(size + 8));
		at += sizeof(head) + (uint64_t)bytes_be32(head + 4);
	}
}

/* UTF-16 of which only the ASCII part is wanted. */
static void read_x3f_text(const struct source *texts, uint32_t at_chars, char out[X3F_TEXT_BYTES])
{
	uint8_t bytes[2 * X3F_TEXT_BYTES];
	size_t n = source_read_some(texts, 2 * (uint64_t)at_chars, bytes, sizeof(bytes)) / 2;
	size_t i;

	for (i = 0; i < n && i < X3F_TEXT_BYTES - 1; i++) {
		out[i] = bytes[2 * i + 1] == 0 && bytes[2 * i] < 0x80 ? (char)bytes[2 * i] : '?';
		if (out[i] == '\0')
			return;
	}
	out[i] = '\0';
}

static void read_x3f_property(struct reader *reader, const char *name, const char *value)
{
	struct stamp stamp;

	if (strcmp(name, "CAMMANUF") == 0)
		facts_set_make(reader->facts, value, strlen(value));
	else if (strcmp(name, "CAMMODEL") == 0)
		facts_set_model(reader->facts, value, strlen(value));
	else if (strcmp(name, "TIME") == 0 && stamp_from_unix(strtoll(value, NULL, 10), &stamp))
		dates_offer(&reader->dates, DATE_ROLE_ORIGINAL, DATE_RANK_CONTAINER,
			MEDIA_DATE_CONTAINER, &stamp);
}

/* "SECp", version, number, format, reserved, characters; then pairs of positions; then texts. */
static void read_x3f_properties(const struct source *section)
{
	uint8_t bytes[24], pair[8];
	struct source texts;
	uint32_t count;

	if (!source_read(section, 0, bytes, sizeof(bytes)))
		return;
	count = bytes_le32(bytes + 8);
	texts = source_from(section, sizeof(bytes) + 8 * (uint64_t)count);
	for (uint32_t i = 0; i < count && i < X3F_PROPERTIES_MAX; i++) {
		char name[X3F_TEXT_BYTES], value[X3F_TEXT_BYTES];

		if (!source_read(section, sizeof(bytes) + 8 * (uint64_t)i, pair, sizeof(pair)))
			return;
		read_x3f_text(&texts, bytes_le32(pair), name);
		read_x3f_text(&texts, bytes_le32(pair + 4), value);
		read_x3f_property(section->reader, name, value);
	}
}

static void read_x3f_section(const struct source *section)
{
	struct source jpeg = source_from(section, X3F_IMAGE_HEADER_BYTES);

	if (source_starts_with(section, "SECp", 4)) {
		read_x3f_properties(section);
	} else if (source_starts_with(section, "SECi", 4) &&
		source_starts_with(&jpeg, "\xff\xd8\xff", 3)) {
		preview_offer(&jpeg, 0, jpeg.size_bytes);
		jpeg_read(&jpeg);
	}
}

/* The last four bytes say where the directory of sections is. */
void x3f_read(const struct source *source)
{
	uint8_t head[40], bytes[12];
	uint64_t directory;
	uint32_t count;

	if (!source_read(source, 0, head, sizeof(head)))
		return;
	if (head[6] < 4) /* later versions count otherwise */
		facts_set_size(source->reader->facts, bytes_le32(head + 28), bytes_le32(head + 32));
	if (!source_read(source, source->size_bytes - 4, bytes, 4))
		return;
	directory = bytes_le32(bytes);
	if (!source_read(source, directory, bytes, sizeof(bytes)) || memcmp(bytes, "SECd", 4) != 0)
		return;
	count = bytes_le32(bytes + 8);
	for (uint32_t i = 0; i < count && i < X3F_SECTIONS_MAX; i++) {
		struct source section;

		if (!source_read(source, directory + 12 + 12 * (uint64_t)i, bytes, sizeof(bytes)))
			return;
		section = source_slice(source, bytes_le32(bytes), bytes_le32(bytes + 4));
		read_x3f_section(&section);
	}
}
