/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * codec_png.c - libpng: row by row, whatever is transparent on white.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "core/probe/thumbnail_codec.h"

#define SIDE_PX_MAX 100000
#define CHUNK_BYTES_MAX (8u << 20)
#define CHUNKS_MAX 200

struct decoder {
	png_structp lib;
	png_infop info;
	int error;
	const struct codec_wish *wish;
	uint64_t at;
	struct shrink *shrink;
	uint8_t *rows; /* one, or all of them if it is interlaced */
	size_t row_bytes;
	uint32_t width_px, height_px;
	uint32_t channels; /* with the transparency */
	int passes;
};

/* libpng's own way out; it frees nothing of ours. */
static void fail(struct decoder *decoder, int error) __attribute__((noreturn));

static void fail(struct decoder *decoder, int error)
{
	decoder->error = error;
	png_longjmp(decoder->lib, 1);
}

static void on_error(png_structp lib, png_const_charp text)
{
	struct decoder *decoder = png_get_error_ptr(lib);

	fail(decoder, strstr(text, "memory") ? -ENOMEM : -EBADMSG);
}

static void on_warning(png_structp lib, png_const_charp text)
{
	(void)lib;
	(void)text; /* there is nobody to read it */
}

static void on_read(png_structp lib, png_bytep buffer, size_t size_bytes)
{
	struct decoder *decoder = png_get_io_ptr(lib);

	while (size_bytes > 0) {
		ssize_t n = wish_read(decoder->wish, decoder->at, buffer, size_bytes);

		if (n <= 0)
			fail(decoder, n < 0 ? (int)n : -EBADMSG);
		decoder->at += (uint64_t)n;
		buffer += n;
		size_bytes -= (size_t)n;
	}
}

static void start(struct decoder *decoder)
{
	decoder->lib = png_create_read_struct(PNG_LIBPNG_VER_STRING, decoder, on_error, on_warning);
	if (decoder->lib)
		decoder->info = png_create_info_struct(decoder->lib);
}

/* Everything as 8 bits grey or RGB, with or without transparency. */
static void set_transformations(struct decoder *decoder)
{
	png_structp lib = decoder->lib;
	double gamma;

	png_set_expand(lib);
	png_set_scale_16(lib);
	/* The picture's own gamma, unless there is something better: PNG, 11.3.2. */
	if (!png_get_valid(lib, decoder->info, PNG_INFO_iCCP | PNG_INFO_sRGB) &&
		png_get_gAMA(lib, decoder->info, &gamma))
		png_set_gamma(lib, PNG_DEFAULT_sRGB, gamma);
	decoder->passes = png_set_interlace_handling(lib);
	png_read_update_info(lib, decoder->info);
	decoder->channels = png_get_channels(lib, decoder->info);
	decoder->row_bytes = png_get_rowbytes(lib, decoder->info);
}

static void read_header(struct decoder *decoder)
{
	png_structp lib = decoder->lib;

	png_set_read_fn(lib, decoder, on_read);
	png_set_user_limits(lib, SIDE_PX_MAX, SIDE_PX_MAX);
	png_set_chunk_malloc_max(lib, CHUNK_BYTES_MAX);
	png_set_chunk_cache_max(lib, CHUNKS_MAX);
	png_read_info(lib, decoder->info);
	decoder->width_px = png_get_image_width(lib, decoder->info);
	decoder->height_px = png_get_image_height(lib, decoder->info);
	if ((uint64_t)decoder->width_px * decoder->height_px > CODEC_PIXELS_MAX)
		fail(decoder, -EFBIG);
	set_transformations(decoder);
}

static void make_room(struct decoder *decoder)
{
	uint32_t width_px = decoder->width_px, height_px = decoder->height_px;
	uint32_t channels = decoder->channels >= 3 ? 3 : 1;
	uint64_t rows = decoder->passes > 1 ? decoder->height_px : 1;

	if (decoder->row_bytes * rows > decoder->wish->request->memory_bytes)
		fail(decoder, -EFBIG);
	pixmap_fit(decoder->wish->side_px, &width_px, &height_px);
	decoder->rows = calloc((size_t)rows, decoder->row_bytes);
	if (!decoder->rows ||
		shrink_new(&decoder->shrink, decoder->width_px, decoder->height_px, channels,
			width_px, height_px) < 0)
		fail(decoder, -ENOMEM);
}

/* In place: the pixels of a row lie closer without their transparency. */
static void put_on_white(const struct decoder *decoder, uint8_t *row)
{
	uint32_t colours = decoder->channels - 1;
	const uint8_t *from = row;

	for (uint32_t x = 0; x < decoder->width_px; x++, from += decoder->channels) {
		unsigned alpha = from[colours];

		for (uint32_t c = 0; c < colours; c++)
			*row++ = (uint8_t)((from[c] * alpha + 255 * (255 - alpha) + 127) / 255);
	}
}

static void add_row(struct decoder *decoder, uint8_t *row)
{
	if (decoder->channels % 2 == 0)
		put_on_white(decoder, row);
	shrink_add_row(decoder->shrink, row);
}

static void read_row(struct decoder *decoder, uint8_t *row)
{
	if (wish_is_late(decoder->wish))
		fail(decoder, -ETIME);
	png_read_row(decoder->lib, row, NULL);
}

static void read_rows(struct decoder *decoder)
{
	for (uint32_t y = 0; decoder->passes == 1 && y < decoder->height_px; y++) {
		read_row(decoder, decoder->rows);
		add_row(decoder, decoder->rows);
	}
	if (decoder->passes == 1)
		return;
	for (int pass = 0; pass < decoder->passes; pass++)
		for (uint32_t y = 0; y < decoder->height_px; y++)
			read_row(decoder, decoder->rows + y * decoder->row_bytes);
	for (uint32_t y = 0; y < decoder->height_px; y++)
		add_row(decoder, decoder->rows + y * decoder->row_bytes);
}

static void take_picture(struct decoder *decoder, struct picture *ret)
{
	png_bytep icc;
	png_charp name;
	png_uint_32 icc_bytes;
	int method;

	ret->pixmap = shrink_take(decoder->shrink);
	if (!png_get_iCCP(decoder->lib, decoder->info, &name, &method, &icc, &icc_bytes))
		return;
	ret->icc = malloc(icc_bytes);
	if (!ret->icc)
		return;
	memcpy(ret->icc, icc, icc_bytes);
	ret->icc_bytes = icc_bytes;
}

bool png_is_header(const uint8_t *head, size_t size_bytes)
{
	return size_bytes >= 8 && memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0;
}

int png_decode(const struct codec_wish *wish, struct picture *ret)
{
	struct decoder *decoder = calloc(1, sizeof(*decoder));
	int r;

	if (!decoder)
		return -ENOMEM;
	*ret = (struct picture){0};
	decoder->wish = wish;
	start(decoder);
	if (decoder->info && setjmp(png_jmpbuf(decoder->lib)) == 0) {
		read_header(decoder);
		make_room(decoder);
		read_rows(decoder);
		take_picture(decoder, ret);
	}
	r = decoder->info ? decoder->error : -ENOMEM;
	png_destroy_read_struct(&decoder->lib, &decoder->info, NULL);
	shrink_free(decoder->shrink);
	free(decoder->rows);
	free(decoder);
	return r;
}
