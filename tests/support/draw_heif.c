/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include "tests/support/draw.h"

#include <stdlib.h>
#include <string.h>

#include <libheif/heif.h>

#include "build.h"

#if IMGTANK_SANITIZED
/* x265 keeps its primitives for good. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void); /* NOLINT */

const char *__lsan_default_suppressions(void) /* NOLINT */
{
	return "leak:libx265";
}
#endif

static struct heif_error on_write(
	struct heif_context *context, const void *bytes, size_t size_bytes, void *userdata)
{
	struct blob *blob = userdata;

	(void)context;
	blob->bytes = malloc(size_bytes);
	assert_non_null(blob->bytes);
	memcpy(blob->bytes, bytes, size_bytes);
	blob->size_bytes = size_bytes;
	return (struct heif_error){heif_error_Ok, heif_suberror_Unspecified, "ok"};
}

static struct heif_image *draw_image(const struct drawing *drawing)
{
	struct heif_image *image = NULL;
	int width = (int)drawing->width_px, height = (int)drawing->height_px, stride;
	uint8_t *rows;

	assert_int_equal(heif_image_create(width, height, heif_colorspace_RGB,
				 heif_chroma_interleaved_RGB, &image)
				 .code,
		heif_error_Ok);
	assert_int_equal(
		heif_image_add_plane(image, heif_channel_interleaved, width, height, 8).code,
		heif_error_Ok);
	rows = heif_image_get_plane(image, heif_channel_interleaved, &stride);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			memcpy(rows + (size_t)y * (size_t)stride + (size_t)x * 3,
				drawing->quarters[(x >= width / 2) + 2 * (y >= height / 2)], 3);
	if (drawing->icc)
		(void)heif_image_set_raw_color_profile(
			image, "prof", drawing->icc, drawing->icc_bytes);
	return image;
}

static void encode(struct heif_context *context, struct heif_encoder *encoder,
	struct heif_image *image, uint32_t thumbnail_px)
{
	struct heif_image_handle *handle = NULL, *thumbnail = NULL;

	(void)heif_encoder_set_lossy_quality(encoder, 80);
	assert_int_equal(heif_context_encode_image(context, image, encoder, NULL, &handle).code,
		heif_error_Ok);
	if (thumbnail_px)
		assert_int_equal(heif_context_encode_thumbnail(context, image, handle, encoder,
					 NULL, (int)thumbnail_px, &thumbnail)
					 .code,
			heif_error_Ok);
	if (thumbnail)
		heif_image_handle_release(thumbnail);
	heif_image_handle_release(handle);
}

struct blob draw_heif(const struct drawing *drawing, bool is_avif, uint32_t thumbnail_px)
{
	struct heif_writer writer = {.writer_api_version = 1, .write = on_write};
	struct heif_context *context = heif_context_alloc();
	struct heif_encoder *encoder = NULL;
	struct blob blob = {0};

	(void)heif_init(NULL);
	(void)heif_context_get_encoder_for_format(
		context, is_avif ? heif_compression_AV1 : heif_compression_HEVC, &encoder);
	if (encoder) {
		struct heif_image *image = draw_image(drawing);

		encode(context, encoder, image, thumbnail_px);
		heif_image_release(image);
		assert_int_equal(heif_context_write(context, &writer, &blob).code, heif_error_Ok);
		heif_encoder_release(encoder);
	}
	heif_context_free(context);
	return blob;
}
