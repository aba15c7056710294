/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_media.c - any bytes as a picture or film of one kind (FUZZ_KIND): what
 * is found can be shown, is a date that exists, and lies inside the file.
 *
 * The first bytes are made those of the kind, so that each target stays in its
 * own reader.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/probe/dates.h"
#include "core/probe/media.h"
#include "core/probe/reader.h"

#define INPUT_BYTES_MAX (256u << 10)

enum kind {
	KIND_JPEG,
	KIND_TIFF,
	KIND_BMFF,
	KIND_RIFF,
	KIND_PNG,
	KIND_RAF,
	KIND_CIFF,
	KIND_MRW,
	KIND_X3F,
	KIND_EBML,
	KIND_MXF,
	KIND_MPEGTS,
	KIND_DV,
	KIND_MOI,
	KIND_XMP
};

static const struct {
	size_t at, size_bytes;
	const char *bytes;
} heads[] = {
	[KIND_JPEG] = {0, 3, "\xff\xd8\xff"},
	[KIND_TIFF] = {0, 2, "II"},
	[KIND_BMFF] = {4, 4, "ftyp"},
	[KIND_RIFF] = {0, 4, "RIFF"},
	[KIND_PNG] = {0, 8, "\x89PNG\r\n\x1a\n"},
	[KIND_RAF] = {0, 8, "FUJIFILM"},
	[KIND_CIFF] = {6, 8, "HEAPCCDR"},
	[KIND_MRW] = {0, 4, "\0MRM"},
	[KIND_X3F] = {0, 4, "FOVb"},
	[KIND_EBML] = {0, 4, "\x1a\x45\xdf\xa3"},
	[KIND_MXF] = {0, 4, "\x06\x0e\x2b\x34"},
	[KIND_MPEGTS] = {0, 1, "\x47"},
	[KIND_DV] = {0, 4, "\x1f\x07\0\xbf"},
	[KIND_MOI] = {0, 2, "V6"},
	[KIND_XMP] = {0, 1, "<"},
};

struct input {
	size_t size_bytes;
	uint64_t read_bytes;
	uint8_t bytes[INPUT_BYTES_MAX];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static ssize_t read_at(void *userdata, void *buffer, size_t size_bytes, uint64_t offset)
{
	struct input *input = userdata;

	if (offset >= input->size_bytes)
		return 0;
	if (size_bytes > input->size_bytes - offset)
		size_bytes = (size_t)(input->size_bytes - offset);
	memcpy(buffer, input->bytes + offset, size_bytes);
	input->read_bytes += size_bytes;
	return (ssize_t)size_bytes;
}

static void set_head(struct input *input)
{
	size_t packet_bytes = 188;

	if (input->size_bytes < heads[FUZZ_KIND].at + heads[FUZZ_KIND].size_bytes)
		return;
	/* Either byte order of TIFF as it came. */
	if (FUZZ_KIND != KIND_TIFF || memcmp(input->bytes, "MM", 2) != 0)
		memcpy(input->bytes + heads[FUZZ_KIND].at, heads[FUZZ_KIND].bytes,
			heads[FUZZ_KIND].size_bytes);
	for (size_t i = 0; FUZZ_KIND == KIND_MPEGTS && i < input->size_bytes; i += packet_bytes)
		input->bytes[i] = 0x47;
}

static void check_text(const char *text, size_t text_bytes)
{
	assert(memchr(text, '\0', text_bytes));
	for (const char *s = text; *s; s += text_utf8_length(s))
		assert(*s == '\\' || text_safe_length(s));
}

static void check_time(const char *time)
{
	struct stamp stamp;

	if (time[0] == '\0')
		return;
	assert(strlen(time) == MEDIA_TIME_BYTES - 1);
	assert(stamp_parse(time, strlen(time), &stamp));
	assert(strcmp(stamp.time, time) == 0);
}

static void check_previews(const struct input *input, const struct media_facts *facts)
{
	uint64_t last = 0;

	assert(facts->preview_count <= MEDIA_PREVIEWS_MAX);
	for (uint32_t i = 0; i < facts->preview_count; i++) {
		const struct media_preview *p = &facts->previews[i];
		uint64_t pixels = (uint64_t)p->width_px * p->height_px;

		assert(p->offset < input->size_bytes);
		assert(p->size_bytes <= input->size_bytes - p->offset);
		assert(memcmp(input->bytes + p->offset, "\xff\xd8\xff", 3) == 0);
		assert(pixels >= last);
		last = pixels;
	}
}

static void check_facts(const struct input *input, const struct media_facts *facts)
{
	check_text(facts->type, sizeof(facts->type));
	check_text(facts->make, sizeof(facts->make));
	check_text(facts->model, sizeof(facts->model));
	check_text(facts->subsec, sizeof(facts->subsec));
	check_text(facts->utc_offset, sizeof(facts->utc_offset));
	check_time(facts->capture_time);
	check_time(facts->local_time);
	check_previews(input, facts);
	assert(facts->orientation <= 8);
	assert(facts->date_source < MEDIA_DATE_SOURCES_COUNT);
	assert((facts->date_source == MEDIA_DATE_NONE) == (facts->capture_time[0] == '\0'));
	assert(input->read_bytes <= READER_FILE_BYTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	static struct input input;
	struct media_input media = {read_at, &input, size_bytes};
	struct media_facts facts;

	if (size_bytes > INPUT_BYTES_MAX)
		return -1;
	input.size_bytes = size_bytes;
	input.read_bytes = 0;
	if (size_bytes > 0)
		memcpy(input.bytes, data, size_bytes);
	set_head(&input);
	assert(media_read(&media, &facts) == 0);
	check_facts(&input, &facts);
	return 0;
}
