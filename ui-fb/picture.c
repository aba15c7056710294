/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jpeglib.h>

#include "core/base/cleanup.h"

struct decoder {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	jmp_buf out; /* libjpeg's way to end with an error */
	JSAMPLE *line;
	cairo_surface_t *image;
};

static void fail(j_common_ptr jpeg)
{
	struct decoder *decoder = jpeg->client_data;

	longjmp(decoder->out, 1);
}

static void stay_silent(j_common_ptr jpeg)
{
	(void)jpeg;
}

static void count_warning(j_common_ptr jpeg, int level)
{
	if (level < 0)
		jpeg->err->num_warnings++;
}

/* Half, a quarter or an eighth costs a fraction of the time. */
static void choose_scale(struct jpeg_decompress_struct *jpeg, int width_px, int height_px)
{
	unsigned int part = 1;

	while (part < 8 && jpeg->image_width / (part * 2) >= (unsigned int)width_px &&
		jpeg->image_height / (part * 2) >= (unsigned int)height_px)
		part *= 2;
	jpeg->scale_num = 1;
	jpeg->scale_denom = part;
}

static void copy_line(const struct decoder *decoder, unsigned int y)
{
	uint32_t *to = (uint32_t *)(void *)(cairo_image_surface_get_data(decoder->image) +
		(size_t)y * (size_t)cairo_image_surface_get_stride(decoder->image));
	const JSAMPLE *from = decoder->line;

	for (unsigned int x = 0; x < decoder->jpeg.output_width; x++, from += 3)
		to[x] = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
}

static int decode_lines(struct decoder *decoder)
{
	struct jpeg_decompress_struct *jpeg = &decoder->jpeg;

	decoder->image = cairo_image_surface_create(
		CAIRO_FORMAT_RGB24, (int)jpeg->output_width, (int)jpeg->output_height);
	decoder->line = malloc((size_t)jpeg->output_width * 3);
	if (!decoder->line || cairo_surface_status(decoder->image) != CAIRO_STATUS_SUCCESS)
		return -ENOMEM;
	cairo_surface_flush(decoder->image);
	while (jpeg->output_scanline < jpeg->output_height) {
		unsigned int y = jpeg->output_scanline;

		if (jpeg_read_scanlines(jpeg, &decoder->line, 1) != 1)
			return -EBADMSG;
		copy_line(decoder, y);
	}
	cairo_surface_mark_dirty(decoder->image);
	return 0;
}

static int decode(struct decoder *decoder, const uint8_t *data, size_t size_bytes, int width_px,
	int height_px)
{
	struct jpeg_decompress_struct *jpeg = &decoder->jpeg;

	jpeg->err = jpeg_std_error(&decoder->errors);
	decoder->errors.error_exit = fail;
	decoder->errors.output_message = stay_silent;
	decoder->errors.emit_message = count_warning;
	jpeg->client_data = decoder;
	if (setjmp(decoder->out))
		return -EBADMSG;
	jpeg_create_decompress(jpeg);
	jpeg_mem_src(jpeg, data, (unsigned long)size_bytes);
	if (jpeg_read_header(jpeg, TRUE) != JPEG_HEADER_OK)
		return -EBADMSG;
	if (jpeg->image_width > PICTURE_SIDE_MAX || jpeg->image_height > PICTURE_SIDE_MAX)
		return -EFBIG;
	jpeg->out_color_space = JCS_RGB;
	choose_scale(jpeg, width_px, height_px);
	if (!jpeg_start_decompress(jpeg) || jpeg->output_components != 3)
		return -EBADMSG;
	return decode_lines(decoder);
}

static int read_all(int fd, uint8_t **data, size_t *size_bytes)
{
	struct stat status;
	size_t done = 0;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || status.st_size == 0)
		return -EBADMSG;
	if (status.st_size > (off_t)PICTURE_FILE_BYTES_MAX)
		return -EFBIG;
	*size_bytes = (size_t)status.st_size;
	*data = malloc(*size_bytes);
	if (!*data)
		return -ENOMEM;
	while (done < *size_bytes) {
		ssize_t n = read(fd, *data + done, *size_bytes - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG; /* it became shorter */
		done += (size_t)n;
	}
	return 0;
}

int picture_read(const char *path, int width_px, int height_px, cairo_surface_t **image)
{
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r = fd < 0 ? -errno : 0;
	struct decoder *decoder = calloc(1, sizeof(*decoder));
	uint8_t *data = NULL;
	size_t size_bytes = 0;

	*image = NULL;
	if (r == 0)
		r = decoder ? read_all(fd, &data, &size_bytes) : -ENOMEM;
	if (r == 0)
		r = decode(decoder, data, size_bytes, width_px, height_px);
	if (decoder) {
		jpeg_destroy_decompress(&decoder->jpeg);
		free(decoder->line);
		if (r == 0)
			*image = decoder->image;
		else if (decoder->image)
			cairo_surface_destroy(decoder->image);
	}
	free(data);
	free(decoder);
	return r;
}
