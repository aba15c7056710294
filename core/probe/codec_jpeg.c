/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * codec_jpeg.c - libjpeg-turbo: decodes at an eighth to eight eighths of the
 * size, and encodes thumbnails.
 *
 * The library leaves a failed call by longjmp(): everything that lives across
 * one stands in a struct, not in local variables.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "core/base/cleanup.h"
#include "core/probe/thumbnail_codec.h"

#define BUFFER_BYTES (32u << 10)
#define SCANS_MAX 100 /* a progressive file has about ten; thousands only cost time */

struct decoder {
	struct jpeg_decompress_struct lib;
	struct jpeg_error_mgr errors;
	struct jpeg_source_mgr source;
	struct jpeg_progress_mgr progress;
	jmp_buf failed;
	int error; /* why, for the caller */
	const struct codec_wish *wish;
	uint64_t at; /* next byte of the stretch */
	JDIMENSION rows_at_end; /* rows that were complete when the data ended early */
	bool is_cut;
	struct shrink *shrink;
	uint8_t *row;
	uint8_t buffer[BUFFER_BYTES];
};

static void fail(struct decoder *decoder, int error) __attribute__((noreturn));

static void fail(struct decoder *decoder, int error)
{
	decoder->error = error;
	longjmp(decoder->failed, 1);
}

static struct decoder *decoder_of(j_common_ptr lib)
{
	return lib->client_data;
}

static void on_error(j_common_ptr lib)
{
	fail(decoder_of(lib), lib->err->msg_code == JERR_OUT_OF_MEMORY ? -ENOMEM : -EBADMSG);
}

static void on_message(j_common_ptr lib, int level)
{
	if (level < 0)
		lib->err->num_warnings++;
}

static void on_output(j_common_ptr lib)
{
	(void)lib; /* there is nobody to read it */
}

static void on_progress(j_common_ptr lib)
{
	struct decoder *decoder = decoder_of(lib);

	if (wish_is_late(decoder->wish))
		fail(decoder, -ETIME);
	if (decoder->lib.input_scan_number > SCANS_MAX)
		fail(decoder, -EBADMSG);
}

static void on_source_start(j_decompress_ptr lib)
{
	(void)lib;
}

static boolean on_source_empty(j_decompress_ptr lib)
{
	struct decoder *decoder = lib->client_data;
	ssize_t n = wish_read(decoder->wish, decoder->at, decoder->buffer, BUFFER_BYTES);

	if (n < 0)
		fail(decoder, (int)n);
	if (n == 0) {
		/* Cut off: an end mark, so that what is there can be shown. */
		if (!decoder->is_cut)
			decoder->rows_at_end = lib->output_scanline;
		decoder->is_cut = true;
		decoder->buffer[0] = 0xff;
		decoder->buffer[1] = JPEG_EOI;
		n = 2;
	} else {
		decoder->at += (uint64_t)n;
	}
	decoder->source.next_input_byte = decoder->buffer;
	decoder->source.bytes_in_buffer = (size_t)n;
	return TRUE;
}

static void on_source_skip(j_decompress_ptr lib, long count)
{
	struct decoder *decoder = lib->client_data;
	size_t left = decoder->source.bytes_in_buffer;

	if (count <= 0)
		return;
	if ((size_t)count <= left) {
		decoder->source.next_input_byte += count;
		decoder->source.bytes_in_buffer -= (size_t)count;
		return;
	}
	decoder->at += (size_t)count - left;
	decoder->source.bytes_in_buffer = 0;
}

static void on_source_end(j_decompress_ptr lib)
{
	(void)lib;
}

static struct decoder *decoder_new(const struct codec_wish *wish)
{
	struct decoder *decoder = calloc(1, sizeof(*decoder));

	if (!decoder)
		return NULL;
	decoder->wish = wish;
	decoder->lib.err = jpeg_std_error(&decoder->errors);
	decoder->errors.error_exit = on_error;
	decoder->errors.emit_message = on_message;
	decoder->errors.output_message = on_output;
	decoder->source = (struct jpeg_source_mgr){.init_source = on_source_start,
		.fill_input_buffer = on_source_empty,
		.skip_input_data = on_source_skip,
		.resync_to_restart = jpeg_resync_to_restart,
		.term_source = on_source_end};
	decoder->progress.progress_monitor = on_progress;
	return decoder;
}

static void decoder_free(struct decoder *decoder)
{
	jpeg_destroy_decompress(&decoder->lib);
	shrink_free(decoder->shrink);
	free(decoder->row);
	free(decoder);
}

/* Memory for the coefficients of the whole picture, which several scans need. */
static uint64_t coefficient_bytes(const struct jpeg_decompress_struct *lib)
{
	uint64_t blocks = 0;

	for (int i = 0; i < lib->num_components; i++)
		blocks += (uint64_t)lib->comp_info[i].width_in_blocks *
			lib->comp_info[i].height_in_blocks;
	return blocks * DCTSIZE2 * sizeof(JCOEF);
}

static void read_header(struct decoder *decoder)
{
	struct jpeg_decompress_struct *lib = &decoder->lib;

	jpeg_create_decompress(lib); /* zeroes all but err and client_data */
	lib->client_data = decoder;
	lib->src = &decoder->source;
	lib->progress = &decoder->progress;
	lib->mem->max_memory_to_use = (long)decoder->wish->request->memory_bytes;
	jpeg_save_markers(lib, JPEG_APP0 + 2, 0xffff); /* ICC */
	(void)jpeg_read_header(lib, TRUE);
	if ((uint64_t)lib->image_width * lib->image_height > CODEC_PIXELS_MAX)
		fail(decoder, -EFBIG);
	if (jpeg_has_multiple_scans(lib) &&
		coefficient_bytes(lib) > decoder->wish->request->memory_bytes)
		fail(decoder, -EFBIG);
}

static J_COLOR_SPACE choose_colours(struct decoder *decoder)
{
	switch (decoder->lib.jpeg_color_space) {
	case JCS_GRAYSCALE:
		return JCS_GRAYSCALE;
	case JCS_RGB:
	case JCS_YCbCr:
		return JCS_RGB;
	case JCS_CMYK:
	case JCS_YCCK:
		return JCS_CMYK;
	default:
		fail(decoder, -EBADMSG);
	}
}

/* The fewest eighths that are still large enough. */
static void choose_scale(struct decoder *decoder, uint32_t width_px, uint32_t height_px)
{
	struct jpeg_decompress_struct *lib = &decoder->lib;

	lib->scale_denom = 8;
	for (lib->scale_num = 1; lib->scale_num < 8; lib->scale_num++) {
		jpeg_calc_output_dimensions(lib);
		if (lib->output_width >= width_px && lib->output_height >= height_px)
			return;
	}
}

static void start_decoding(struct decoder *decoder)
{
	struct jpeg_decompress_struct *lib = &decoder->lib;
	uint32_t width_px = lib->image_width, height_px = lib->image_height;

	pixmap_fit(decoder->wish->side_px, &width_px, &height_px);
	lib->out_color_space = choose_colours(decoder);
	choose_scale(decoder, width_px, height_px);
	(void)jpeg_start_decompress(lib);
	decoder->row = malloc((size_t)lib->output_width * (size_t)lib->output_components);
	if (!decoder->row ||
		shrink_new(&decoder->shrink, lib->output_width, lib->output_height,
			(uint32_t)lib->output_components, width_px, height_px) < 0)
		fail(decoder, -ENOMEM);
}

static void decode_rows(struct decoder *decoder)
{
	struct jpeg_decompress_struct *lib = &decoder->lib;

	while (lib->output_scanline < lib->output_height) {
		(void)jpeg_read_scanlines(lib, &decoder->row, 1);
		shrink_add_row(decoder->shrink, decoder->row);
	}
	/* With most of it missing, some other preview says more. */
	if (decoder->is_cut && decoder->rows_at_end < lib->output_height / 8)
		fail(decoder, -EBADMSG);
}

static void take_picture(struct decoder *decoder, struct picture *ret)
{
	JOCTET *icc = NULL;
	unsigned icc_bytes = 0;

	ret->is_inverted = decoder->lib.saw_Adobe_marker;
	if (jpeg_read_icc_profile(&decoder->lib, &icc, &icc_bytes)) {
		ret->icc = icc;
		ret->icc_bytes = icc_bytes;
	}
	ret->pixmap = shrink_take(decoder->shrink);
}

int jpeg_decode(const struct codec_wish *wish, struct picture *ret)
{
	struct decoder *decoder = decoder_new(wish);
	int r;

	if (!decoder)
		return -ENOMEM;
	*ret = (struct picture){0};
	decoder->lib.client_data = decoder;
	if (setjmp(decoder->failed) == 0) {
		read_header(decoder);
		start_decoding(decoder);
		decode_rows(decoder);
		take_picture(decoder, ret);
	}
	r = decoder->error;
	decoder_free(decoder);
	return r;
}

int jpeg_measure(const struct codec_wish *wish, uint32_t *width_px, uint32_t *height_px)
{
	struct decoder *decoder = decoder_new(wish);
	int r;

	if (!decoder)
		return -ENOMEM;
	decoder->lib.client_data = decoder;
	if (setjmp(decoder->failed) == 0) {
		read_header(decoder);
		*width_px = decoder->lib.image_width;
		*height_px = decoder->lib.image_height;
	}
	r = decoder->error;
	decoder_free(decoder);
	return r;
}

struct encoder {
	struct jpeg_compress_struct lib;
	struct jpeg_error_mgr errors;
	struct jpeg_destination_mgr destination;
	jmp_buf failed;
	int error;
	uint8_t *buffer;
	size_t capacity_bytes;
};

static void on_encoder_error(j_common_ptr lib)
{
	struct encoder *encoder = lib->client_data;

	encoder->error = lib->err->msg_code == JERR_OUT_OF_MEMORY ? -ENOMEM : -EBADMSG;
	longjmp(encoder->failed, 1);
}

static void on_room_start(j_compress_ptr lib)
{
	struct encoder *encoder = lib->client_data;

	encoder->destination.next_output_byte = encoder->buffer;
	encoder->destination.free_in_buffer = encoder->capacity_bytes;
}

static boolean on_room_full(j_compress_ptr lib)
{
	struct encoder *encoder = lib->client_data;

	encoder->error = -ENOSPC;
	longjmp(encoder->failed, 1);
}

static void on_room_end(j_compress_ptr lib)
{
	(void)lib;
}

static void encode(struct encoder *encoder, const struct pixmap *pixmap, int quality)
{
	struct jpeg_compress_struct *lib = &encoder->lib;

	jpeg_create_compress(lib);
	lib->client_data = encoder;
	lib->dest = &encoder->destination;
	lib->image_width = pixmap->width_px;
	lib->image_height = pixmap->height_px;
	lib->input_components = (int)pixmap->channels;
	lib->in_color_space = pixmap->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_set_defaults(lib);
	jpeg_set_quality(lib, quality, TRUE);
	lib->optimize_coding = TRUE;
	jpeg_start_compress(lib, TRUE);
	while (lib->next_scanline < lib->image_height) {
		JSAMPROW row = pixmap->pixels + lib->next_scanline * pixmap_row_bytes(pixmap);

		(void)jpeg_write_scanlines(lib, &row, 1);
	}
	jpeg_finish_compress(lib);
}

int jpeg_encode(const struct pixmap *pixmap, int quality, uint8_t *buffer, size_t capacity_bytes,
	size_t *size_bytes_ret)
{
	CLEANUP(freep) struct encoder *encoder = calloc(1, sizeof(*encoder));

	if (!encoder)
		return -ENOMEM;
	encoder->buffer = buffer;
	encoder->capacity_bytes = capacity_bytes;
	encoder->destination = (struct jpeg_destination_mgr){.init_destination = on_room_start,
		.empty_output_buffer = on_room_full,
		.term_destination = on_room_end};
	encoder->lib.client_data = encoder;
	encoder->lib.err = jpeg_std_error(&encoder->errors);
	encoder->errors.error_exit = on_encoder_error;
	encoder->errors.emit_message = on_message;
	encoder->errors.output_message = on_output;
	if (setjmp(encoder->failed) == 0) {
		encode(encoder, pixmap, quality);
		*size_bytes_ret = capacity_bytes - encoder->destination.free_in_buffer;
	}
	jpeg_destroy_compress(&encoder->lib);
	return encoder->error;
}
