/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include "tests/support/draw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

static void draw_row(const struct drawing *drawing, uint32_t y, uint8_t *row)
{
	bool is_bar = y < drawing->bar_px || y >= drawing->height_px - drawing->bar_px;
	uint32_t random = y + 1;

	for (size_t i = 0; drawing->is_noisy && i < drawing->width_px * drawing->channels; i++) {
		random = random * 1664525 + 1013904223;
		row[i] = (uint8_t)(random >> 24);
	}
	if (drawing->is_noisy)
		return;
	for (uint32_t x = 0; x < drawing->width_px; x++, row += drawing->channels) {
		size_t quarter = (x >= drawing->width_px / 2) + 2u * (y >= drawing->height_px / 2);

		if (is_bar)
			memset(row, 0, drawing->channels);
		else
			memcpy(row, drawing->quarters[quarter], drawing->channels);
	}
}

struct blob draw_jpeg(const struct drawing *drawing)
{
	struct jpeg_compress_struct lib;
	struct jpeg_error_mgr errors;
	unsigned char *bytes = NULL;
	unsigned long size_bytes = 0;
	JSAMPROW row = malloc((size_t)drawing->width_px * drawing->channels);

	assert_non_null(row);
	lib.err = jpeg_std_error(&errors);
	jpeg_create_compress(&lib);
	jpeg_mem_dest(&lib, &bytes, &size_bytes);
	lib.image_width = drawing->width_px;
	lib.image_height = drawing->height_px;
	lib.input_components = (int)drawing->channels;
	lib.in_color_space = drawing->channels == 1 ? JCS_GRAYSCALE
		: drawing->channels == 3            ? JCS_RGB
						    : JCS_CMYK;
	jpeg_set_defaults(&lib);
	if (drawing->channels == 4 && !drawing->is_plain_cmyk)
		jpeg_set_colorspace(&lib, JCS_YCCK);
	jpeg_set_quality(&lib, 95, TRUE);
	if (drawing->is_plain_cmyk)
		lib.write_Adobe_marker = FALSE;
	if (drawing->is_progressive)
		jpeg_simple_progression(&lib);
	jpeg_start_compress(&lib, TRUE);
	if (drawing->icc)
		jpeg_write_icc_profile(&lib, drawing->icc, (unsigned)drawing->icc_bytes);
	while (lib.next_scanline < lib.image_height) {
		draw_row(drawing, lib.next_scanline, row);
		(void)jpeg_write_scanlines(&lib, &row, 1);
	}
	jpeg_finish_compress(&lib);
	jpeg_destroy_compress(&lib);
	free(row);
	return (struct blob){bytes, size_bytes};
}

static void on_write(png_structp lib, png_bytep bytes, size_t size_bytes)
{
	struct blob *blob = png_get_io_ptr(lib);

	blob->bytes = realloc(blob->bytes, blob->size_bytes + size_bytes);
	assert_non_null(blob->bytes);
	memcpy(blob->bytes + blob->size_bytes, bytes, size_bytes);
	blob->size_bytes += size_bytes;
}

static void on_flush(png_structp lib)
{
	(void)lib;
}

static void write_png_rows(png_structp lib, const struct drawing *drawing)
{
	size_t count = (size_t)drawing->width_px * drawing->channels;
	uint8_t *row = malloc(count * 2);
	int passes = png_set_interlace_handling(lib);

	assert_non_null(row);
	for (int pass = 0; pass < passes; pass++) {
		for (uint32_t y = 0; y < drawing->height_px; y++) {
			draw_row(drawing, y, row);
			for (size_t i = count; drawing->is_deep && i-- > 0;)
				row[2 * i] = row[2 * i + 1] = row[i];
			png_write_row(lib, row);
		}
	}
	free(row);
}

struct blob draw_png(const struct drawing *drawing)
{
	static const int types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
		PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
	struct blob blob = {0};
	png_structp lib = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(lib);

	assert_non_null(info);
	png_set_write_fn(lib, &blob, on_write, on_flush);
	png_set_IHDR(lib, info, drawing->width_px, drawing->height_px, drawing->is_deep ? 16 : 8,
		types[drawing->channels],
		drawing->is_progressive ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
		PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (drawing->icc)
		png_set_iCCP(lib, info, "test", PNG_COMPRESSION_TYPE_BASE, drawing->icc,
			(png_uint_32)drawing->icc_bytes);
	png_write_info(lib, info);
	write_png_rows(lib, drawing);
	png_write_end(lib, info);
	png_destroy_write_struct(&lib, &info);
	return blob;
}
