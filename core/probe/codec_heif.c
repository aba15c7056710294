/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * codec_heif.c - libheif: the small picture that most cameras put beside the
 * large one; the large one only if it is not that large.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libheif/heif.h>

#include "core/probe/thumbnail_codec.h"

#define THUMBNAILS_MAX 8
/* What the decoder's frames, the planes and their RGB form take at one time, measured. */
#define BYTES_PER_PIXEL 8
#define BYTES_PER_DEEP_PIXEL 12 /* more than 8 bits a sample */

struct decoder {
	struct heif_context *context;
	struct heif_image_handle *primary, *chosen;
	struct heif_decoding_options *options;
	struct heif_image *image;
	const struct codec_wish *wish;
	int64_t at;
	int error; /* of reading */
};

void heif_prepare(void)
{
	(void)heif_init(NULL); /* loads the plugins, where the distribution has split them off */
}

bool heif_has_threads(void)
{
	return true; /* libde265 and dav1d start them always */
}

bool heif_is_header(const uint8_t *head, size_t size_bytes)
{
	return heif_check_filetype(head, (int)size_bytes) == heif_filetype_yes_supported;
}

static int64_t on_position(void *userdata)
{
	return ((struct decoder *)userdata)->at;
}

static int on_read(void *buffer, size_t size_bytes, void *userdata)
{
	struct decoder *decoder = userdata;
	uint8_t *to = buffer;

	while (size_bytes > 0) {
		ssize_t n = wish_read(decoder->wish, (uint64_t)decoder->at, to, size_bytes);

		if (n < 0)
			decoder->error = (int)n;
		if (n <= 0)
			return 1;
		decoder->at += n;
		to += n;
		size_bytes -= (size_t)n;
	}
	return 0;
}

static int on_seek(int64_t position, void *userdata)
{
	if (position < 0)
		return 1;
	((struct decoder *)userdata)->at = position;
	return 0;
}

static enum heif_reader_grow_status on_grow(int64_t size_bytes, void *userdata)
{
	const struct decoder *decoder = userdata;

	return size_bytes >= 0 && (uint64_t)size_bytes <= decoder->wish->size_bytes
		? heif_reader_grow_status_size_reached
		: heif_reader_grow_status_size_beyond_eof;
}

static const struct heif_reader reader = {.reader_api_version = 1,
	.get_position = on_position,
	.read = on_read,
	.seek = on_seek,
	.wait_for_file_size = on_grow};

static int errno_of(const struct decoder *decoder, struct heif_error error)
{
	if (error.code == heif_error_Ok)
		return 0;
	if (decoder->error)
		return decoder->error;
	return error.code == heif_error_Memory_allocation_error ? -ENOMEM : -EBADMSG;
}

static uint32_t long_edge(const struct heif_image_handle *handle)
{
	int width_px = heif_image_handle_get_width(handle);
	int height_px = heif_image_handle_get_height(handle);

	return (uint32_t)(width_px > height_px ? width_px : height_px);
}

static bool fits_memory(const struct decoder *decoder, const struct heif_image_handle *handle)
{
	uint64_t pixels = (uint64_t)heif_image_handle_get_width(handle) *
		(uint64_t)heif_image_handle_get_height(handle);
	bool is_deep = heif_image_handle_get_luma_bits_per_pixel(handle) > 8;

	return pixels > 0 &&
		pixels * (is_deep ? BYTES_PER_DEEP_PIXEL : BYTES_PER_PIXEL) <=
		decoder->wish->request->memory_bytes;
}

/* Smaller is better while it is large enough, else larger is. */
static bool is_better(uint32_t side_px, uint32_t a_px, uint32_t b_px)
{
	if (a_px >= side_px && b_px >= side_px)
		return a_px < b_px;
	return a_px > b_px;
}

static void offer(struct decoder *decoder, struct heif_image_handle *handle)
{
	uint32_t side_px = decoder->wish->side_px;

	if (fits_memory(decoder, handle) &&
		(!decoder->chosen ||
			is_better(side_px, long_edge(handle), long_edge(decoder->chosen)))) {
		if (decoder->chosen && decoder->chosen != decoder->primary)
			heif_image_handle_release(decoder->chosen);
		decoder->chosen = handle;
	} else if (handle != decoder->primary) {
		heif_image_handle_release(handle);
	}
}

static int choose_image(struct decoder *decoder)
{
	heif_item_id ids[THUMBNAILS_MAX];
	int count =
		heif_image_handle_get_list_of_thumbnail_IDs(decoder->primary, ids, THUMBNAILS_MAX);

	offer(decoder, decoder->primary);
	for (int i = 0; i < count; i++) {
		struct heif_image_handle *handle = NULL;
		struct heif_error error =
			heif_image_handle_get_thumbnail(decoder->primary, ids[i], &handle);

		if (error.code == heif_error_Ok)
			offer(decoder, handle);
	}
	return decoder->chosen ? 0 : -EFBIG;
}

static int open_context(struct decoder *decoder)
{
	int r;

	decoder->context = heif_context_alloc();
	if (!decoder->context)
		return -ENOMEM;
	heif_context_set_max_decoding_threads(decoder->context, 0);
	r = errno_of(
		decoder, heif_context_read_from_reader(decoder->context, &reader, decoder, NULL));
	if (r < 0)
		return r;
	return errno_of(decoder,
		heif_context_get_primary_image_handle(decoder->context, &decoder->primary));
}

static int decode(struct decoder *decoder)
{
	decoder->options = heif_decoding_options_alloc();
	if (!decoder->options)
		return -ENOMEM;
	decoder->options->convert_hdr_to_8bit = 1;
	return errno_of(decoder,
		heif_decode_image(decoder->chosen, &decoder->image, heif_colorspace_RGB,
			heif_chroma_interleaved_RGB, decoder->options));
}

static int take_pixels(struct decoder *decoder, struct picture *ret)
{
	int stride, width = heif_image_get_width(decoder->image, heif_channel_interleaved);
	int height = heif_image_get_height(decoder->image, heif_channel_interleaved);
	const uint8_t *rows =
		heif_image_get_plane_readonly(decoder->image, heif_channel_interleaved, &stride);
	uint32_t width_px = (uint32_t)width, height_px = (uint32_t)height;
	struct shrink *shrink;

	if (!rows || width < 1 || height < 1 || stride < width * 3)
		return -EBADMSG;
	pixmap_fit(decoder->wish->side_px, &width_px, &height_px);
	if (shrink_new(&shrink, (uint32_t)width, (uint32_t)height, 3, width_px, height_px) < 0)
		return -ENOMEM;
	for (int y = 0; y < height; y++)
		shrink_add_row(shrink, rows + (size_t)y * (size_t)stride);
	ret->pixmap = shrink_take(shrink);
	shrink_free(shrink);
	return 0;
}

/* A thumbnail often has no profile of its own: then the picture's is meant. */
static void take_icc(const struct heif_image_handle *handle, struct picture *ret)
{
	size_t size_bytes = heif_image_handle_get_raw_color_profile_size(handle);

	if (ret->icc || size_bytes == 0 || size_bytes > CODEC_ICC_BYTES_MAX)
		return;
	ret->icc = malloc(size_bytes);
	if (!ret->icc)
		return;
	ret->icc_bytes = size_bytes;
	if (heif_image_handle_get_raw_color_profile(handle, ret->icc).code != heif_error_Ok) {
		free(ret->icc);
		ret->icc = NULL;
	}
}

static int run(struct decoder *decoder, struct picture *ret)
{
	int r = open_context(decoder);

	if (r == 0)
		r = choose_image(decoder);
	if (r == 0)
		r = decode(decoder);
	if (r == 0)
		r = take_pixels(decoder, ret);
	if (r < 0)
		return r;
	take_icc(decoder->chosen, ret);
	take_icc(decoder->primary, ret);
	ret->is_upright = true; /* its own boxes say how it is turned, not EXIF */
	ret->is_embedded = decoder->chosen != decoder->primary;
	return 0;
}

int heif_decode(const struct codec_wish *wish, struct picture *ret)
{
	struct decoder decoder = {.wish = wish};
	int r;

	*ret = (struct picture){0};
	r = run(&decoder, ret);
	if (decoder.image)
		heif_image_release(decoder.image);
	if (decoder.options)
		heif_decoding_options_free(decoder.options);
	if (decoder.chosen && decoder.chosen != decoder.primary)
		heif_image_handle_release(decoder.chosen);
	if (decoder.primary)
		heif_image_handle_release(decoder.primary);
	if (decoder.context)
		heif_context_free(decoder.context);
	return r;
}
