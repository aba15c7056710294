/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader.c - bounded access to hostile bytes, and the setters of the facts.
 */
#include "core/probe/reader.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "core/probe/readers.h"

#define WINDOW_ALIGN_BYTES 4096u
#define STEP_BYTES 1024 /* copied in the time of one step */

void reader_init(struct reader *reader, const struct media_input *input, struct media_facts *facts)
{
	memset(reader, 0, offsetof(struct reader, window));
	reader->input = input;
	reader->facts = facts;
	reader->file_bytes_left = READER_FILE_BYTES_MAX;
	reader->steps_left = READER_STEPS_MAX;
	reader->memory_bytes_left = READER_MEMORY_BYTES_MAX;
}

bool reader_step(struct reader *reader, uint32_t steps)
{
	if (reader->error < 0 || reader->steps_left < steps) {
		reader->steps_left = 0;
		return false;
	}
	reader->steps_left -= steps;
	return true;
}

bool reader_enter(struct reader *reader)
{
	if (reader->depth >= READER_DEPTH_MAX || !reader_step(reader, 1))
		return false;
	reader->depth++;
	return true;
}

void reader_leave(struct reader *reader)
{
	reader->depth--;
}

struct source source_of_file(struct reader *reader)
{
	return (struct source){.reader = reader, .size_bytes = reader->input->size_bytes};
}

struct source source_of_memory(struct reader *reader, const uint8_t *bytes, size_t size_bytes)
{
	return (struct source){.reader = reader, .memory = bytes, .size_bytes = size_bytes};
}

struct source source_slice(const struct source *source, uint64_t offset, uint64_t size_bytes)
{
	struct source slice = *source;

	if (offset > source->size_bytes)
		offset = source->size_bytes;
	slice.start += offset;
	slice.size_bytes = source->size_bytes - offset;
	if (slice.size_bytes > size_bytes)
		slice.size_bytes = size_bytes;
	return slice;
}

struct source source_from(const struct source *source, uint64_t offset)
{
	return source_slice(source, offset, UINT64_MAX);
}

/* Reads from the file itself and takes it from the budget; the bytes read, 0 on any failure. */
static size_t read_file(struct reader *reader, uint64_t offset, void *buffer, size_t size_bytes)
{
	ssize_t n;

	if (reader->error < 0 || reader->file_bytes_left < size_bytes) {
		reader->file_bytes_left = 0;
		return 0;
	}
	n = reader->input->read_at(reader->input->userdata, buffer, size_bytes, offset);
	if (n < 0) {
		reader->error = (int)n;
		return 0;
	}
	reader->file_bytes_left -= size_bytes;
	return (size_t)n;
}

/* Bytes of the window from offset on; fills it anew if offset lies outside. */
static size_t seek_window(struct reader *reader, uint64_t offset, const uint8_t **ret)
{
	uint64_t inside = offset - reader->window_offset;
	size_t fill_bytes = WINDOW_ALIGN_BYTES;

	if (offset < reader->window_offset || inside >= reader->window_bytes) {
		/* Whoever reads on gets more at once; whoever jumps pays little. */
		if (offset == reader->window_offset + reader->window_bytes)
			fill_bytes = sizeof(reader->window);
		reader->window_offset = offset - offset % WINDOW_ALIGN_BYTES;
		reader->window_bytes =
			read_file(reader, reader->window_offset, reader->window, fill_bytes);
		inside = offset - reader->window_offset;
		if (inside >= reader->window_bytes)
			return 0;
	}
	*ret = reader->window + inside;
	return reader->window_bytes - (size_t)inside;
}

static size_t read_through_window(
	struct reader *reader, uint64_t offset, uint8_t *buffer, size_t size_bytes)
{
	size_t done = 0;

	while (done < size_bytes) {
		const uint8_t *bytes = NULL;
		size_t n = seek_window(reader, offset + done, &bytes);

		if (n == 0)
			break;
		if (n > size_bytes - done)
			n = size_bytes - done;
		memcpy(buffer + done, bytes, n);
		done += n;
	}
	return done;
}

size_t source_read_some(
	const struct source *source, uint64_t offset, void *buffer, size_t size_bytes)
{
	struct reader *reader = source->reader;

	if (offset >= source->size_bytes)
		return 0;
	if (size_bytes > source->size_bytes - offset)
		size_bytes = (size_t)(source->size_bytes - offset);
	if (!reader_step(reader, 1 + (uint32_t)(size_bytes / STEP_BYTES)))
		return 0;
	offset += source->start;
	if (source->memory) {
		memcpy(buffer, source->memory + offset, size_bytes);
		return size_bytes;
	}
	if (size_bytes >= READER_WINDOW_BYTES)
		return read_file(reader, offset, buffer, size_bytes);
	return read_through_window(reader, offset, buffer, size_bytes);
}

bool source_read(const struct source *source, uint64_t offset, void *buffer, size_t size_bytes)
{
	if (offset > source->size_bytes || size_bytes > source->size_bytes - offset)
		return false;
	return source_read_some(source, offset, buffer, size_bytes) == size_bytes;
}

bool source_starts_with(const struct source *source, const void *bytes, size_t size_bytes)
{
	uint8_t head[64];

	return size_bytes <= sizeof(head) && source_read(source, 0, head, size_bytes) &&
		memcmp(head, bytes, size_bytes) == 0;
}

bool block_new(struct reader *reader, size_t size_bytes, struct block *ret)
{
	if (size_bytes > MEDIA_BLOCK_BYTES_MAX || size_bytes > reader->memory_bytes_left)
		return false;
	ret->bytes = calloc(1, size_bytes + 1);
	if (!ret->bytes) {
		reader->error = -ENOMEM;
		return false;
	}
	ret->reader = reader;
	ret->size_bytes = size_bytes;
	reader->memory_bytes_left -= (uint32_t)size_bytes;
	return true;
}

void block_free(struct block *block)
{
	if (!block->bytes)
		return;
	block->reader->memory_bytes_left += (uint32_t)block->size_bytes;
	free(block->bytes);
	block->bytes = NULL;
}

bool source_load(const struct source *source, size_t lead_bytes, struct block *ret)
{
	size_t n;

	if (source->size_bytes > MEDIA_BLOCK_BYTES_MAX - lead_bytes)
		return false;
	if (!block_new(source->reader, lead_bytes + (size_t)source->size_bytes, ret))
		return false;
	n = source_read_some(source, 0, ret->bytes + lead_bytes, (size_t)source->size_bytes);
	if (n < source->size_bytes)
		memset(ret->bytes + lead_bytes + n, 0, (size_t)source->size_bytes - n);
	return true;
}

void facts_set_type(struct media_facts *facts, const char *type)
{
	if (facts->type[0] == '\0')
		(void)text_format(facts->type, sizeof(facts->type), "%s", type);
}

/* Up to the first NUL, without spaces around it, escaped; what is too long is cut. */
static void set_name(char *field, const char *text, size_t text_bytes)
{
	char raw[MEDIA_NAME_BYTES * 2];
	size_t n = strnlen(text, text_bytes);

	while (n > 0 && *text == ' ') {
		text++;
		n--;
	}
	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (n == 0 || field[0] != '\0')
		return;
	if (n >= sizeof(raw))
		n = sizeof(raw) - 1;
	memcpy(raw, text, n);
	raw[n] = '\0';
	(void)text_escape(raw, field, MEDIA_NAME_BYTES);
}

void facts_set_make(struct media_facts *facts, const void *text, size_t text_bytes)
{
	set_name(facts->make, text, text_bytes);
}

void facts_set_model(struct media_facts *facts, const void *text, size_t text_bytes)
{
	set_name(facts->model, text, text_bytes);
}

void facts_set_orientation(struct media_facts *facts, uint32_t orientation)
{
	if (facts->orientation == 0 && orientation >= 1 && orientation <= 8)
		facts->orientation = orientation;
}

void facts_set_size(struct media_facts *facts, uint32_t width_px, uint32_t height_px)
{
	if (facts->width_px != 0 || width_px == 0 || height_px == 0)
		return;
	facts->width_px = width_px;
	facts->height_px = height_px;
}

static bool is_known_preview(const struct media_facts *facts, uint64_t offset)
{
	for (uint32_t i = 0; i < facts->preview_count; i++)
		if (facts->previews[i].offset == offset)
			return true;
	return false;
}

void preview_offer(const struct source *source, uint64_t offset, uint64_t size_bytes)
{
	struct media_facts *facts = source->reader->facts;
	struct source file = source_of_file(source->reader);
	struct source jpeg;
	struct media_preview preview = {.offset = source->start + offset};

	if (source->memory || size_bytes == 0 || size_bytes > UINT32_MAX)
		return;
	if (offset > UINT64_MAX - source->start || facts->preview_count == MEDIA_PREVIEWS_MAX)
		return;
	jpeg = source_slice(&file, preview.offset, size_bytes);
	if (jpeg.size_bytes < size_bytes)
		return;
	if (is_known_preview(facts, preview.offset))
		return;
	if (!jpeg_read_size(&jpeg, &preview.width_px, &preview.height_px))
		return;
	preview.size_bytes = (uint32_t)size_bytes;
	facts->previews[facts->preview_count++] = preview;
}
