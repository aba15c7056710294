/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frame buffers (Documentation/fb/api.rst, linux/fb.h) and an ordinary file instead of one. */
#include "ui-fb/display_fbdev.h"

#include "core/base/cleanup.h"
#include "core/base/fd.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "ui-fb/display_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FBDEV_NODES 32 /* FB_MAX of the kernel */

struct fbdev {
	int fd;
	bool is_file;
	uint8_t *memory;
	size_t memory_bytes;
	struct pixel_geometry geometry;
};

static bool is_field(const struct fb_bitfield *field, uint32_t offset, uint32_t length)
{
	return field->offset == offset && field->length == length && field->msb_right == 0;
}

static bool has_channels(const struct fb_var_screeninfo *var, uint32_t red, uint32_t green,
	uint32_t blue, const uint32_t lengths[3])
{
	return is_field(&var->red, red, lengths[0]) && is_field(&var->green, green, lengths[1]) &&
		is_field(&var->blue, blue, lengths[2]);
}

static int format_of(const struct fb_fix_screeninfo *fix, const struct fb_var_screeninfo *var,
	enum pixel_format *format)
{
	static const uint32_t of_32[3] = {8, 8, 8};
	static const uint32_t of_16[3] = {5, 6, 5};
	bool is_packed = fix->type == FB_TYPE_PACKED_PIXELS;

	if (is_packed && var->bits_per_pixel == 32 && has_channels(var, 16, 8, 0, of_32))
		*format = PIXEL_XRGB8888;
	else if (is_packed && var->bits_per_pixel == 32 && has_channels(var, 0, 8, 16, of_32))
		*format = PIXEL_XBGR8888;
	else if (is_packed && var->bits_per_pixel == 16 && has_channels(var, 11, 5, 0, of_16))
		*format = PIXEL_RGB565;
	else if (is_packed && var->bits_per_pixel == 16 && has_channels(var, 0, 5, 11, of_16))
		*format = PIXEL_BGR565;
	else if (var->bits_per_pixel == 1 && fix->visual == FB_VISUAL_MONO10)
		*format = PIXEL_MONO;
	else
		return -EPROTONOSUPPORT;
	return 0;
}

int fbdev_geometry(const struct fb_fix_screeninfo *fix, const struct fb_var_screeninfo *var,
	struct pixel_geometry *geometry, size_t *offset_bytes)
{
	int result = format_of(fix, var, &geometry->format);

	if (result < 0)
		return result;
	if (var->xres == 0 || var->yres == 0 || var->xres > PIXEL_SIDE_MAX ||
		var->yres > PIXEL_SIDE_MAX || var->xoffset > PIXEL_SIDE_MAX ||
		var->yoffset > 4 * PIXEL_SIDE_MAX)
		return -EPROTO;
	geometry->width_px = var->xres;
	geometry->height_px = var->yres;
	geometry->stride_bytes = fix->line_length;
	if (fix->line_length < pixel_line_bytes(geometry->format, var->xoffset + var->xres))
		return -EPROTO;
	*offset_bytes = (size_t)var->yoffset * fix->line_length +
		pixel_line_bytes(geometry->format, var->xoffset);
	if (*offset_bytes + (size_t)fix->line_length * var->yres > fix->smem_len)
		return -EPROTO;
	return 0;
}

/* The visible part starts at memory + offset; *fbdev takes fd. */
static int fbdev_map(struct fbdev *fbdev, size_t offset_bytes)
{
	fbdev->memory_bytes =
		offset_bytes + fbdev->geometry.stride_bytes * fbdev->geometry.height_px;
	void *memory =
		mmap(NULL, fbdev->memory_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fbdev->fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	fbdev->memory = memory;
	return 0;
}

static void fbdev_close(void *device)
{
	struct fbdev *fbdev = device;

	if (fbdev->memory)
		munmap(fbdev->memory, fbdev->memory_bytes);
	fd_close(fbdev->fd);
	free(fbdev);
}

static struct fbdev *fbdev_new(int fd, bool is_file)
{
	struct fbdev *fbdev = calloc(1, sizeof(*fbdev));

	if (!fbdev) {
		fd_close(fd);
		return NULL;
	}
	fbdev->fd = fd;
	fbdev->is_file = is_file;
	return fbdev;
}

static int fbdev_ask(struct fbdev *fbdev, struct display_screen *screen, size_t *offset_bytes)
{
	struct fb_fix_screeninfo fix = {0};
	struct fb_var_screeninfo var = {0};

	if (ioctl(fbdev->fd, FBIOGET_FSCREENINFO, &fix) < 0 ||
		ioctl(fbdev->fd, FBIOGET_VSCREENINFO, &var) < 0)
		return -errno;
	int result = fbdev_geometry(&fix, &var, &fbdev->geometry, offset_bytes);

	if (result < 0)
		return result;
	/* Unknown is 0 or -1; no panel here is wider than a metre. */
	screen->width_mm = var.width < 1000 && var.height < 1000 ? var.width : 0;
	screen->height_mm = screen->width_mm > 0 ? var.height : 0;
	snprintf(screen->name, sizeof(screen->name), "%.*s", (int)sizeof(fix.id), fix.id);
	return 0;
}

static int fbdev_open_node(void **device, const char *path, struct display_screen *screen)
{
	size_t offset_bytes = 0;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || errno == ENXIO ? -ENODEV : -errno;
	struct fbdev *fbdev = fbdev_new(fd, false);

	if (!fbdev)
		return -ENOMEM;
	int result = fbdev_ask(fbdev, screen, &offset_bytes);

	if (result == 0)
		result = fbdev_map(fbdev, offset_bytes);
	if (result < 0) {
		log_errno(LOG_LEVEL_NOTICE, result, "%s cannot be used", path);
		fbdev_close(fbdev);
		return result;
	}
	screen->panel = fbdev->geometry;
	*device = fbdev;
	return 0;
}

/* Names as in /sys/class/graphics/fbN/name; a panel's own driver before the rest. */
int fbdev_rank(const char *name)
{
	if (strncmp(name, "fb_", 3) == 0)
		return 2; /* fbtft: a small panel on SPI */
	return name[0] != '\0' ? 1 : 0;
}

static bool is_of_kms(int number)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/graphics/fb%d/device/drm", number);
	return access(path, F_OK) == 0;
}

static int fbdev_find(
	void **device, const struct display_settings *settings, struct display_screen *screen)
{
	int best = -1;
	int best_rank = 0;
	char path[64];

	for (int i = 0; i < FBDEV_NODES; i++) {
		char name[64] = "";

		snprintf(path, sizeof(path), "/sys/class/graphics/fb%d/name", i);
		if (fd_read_text(AT_FDCWD, path, name, sizeof(name)) < 0)
			continue;
		if (settings->is_kms_busy && is_of_kms(i))
			continue;
		if (fbdev_rank(name) > best_rank) {
			best = i;
			best_rank = fbdev_rank(name);
		}
	}
	if (best < 0)
		return -ENODEV;
	snprintf(path, sizeof(path), "/dev/fb%d", best);
	return fbdev_open_node(device, path, screen);
}

static int fbdev_open(
	void **device, const struct display_settings *settings, struct display_screen *screen)
{
	/* With driver = auto, a device of the other kind is not ours. */
	if (settings->device && strstr(settings->device, "/dri/"))
		return -ENODEV;
	return settings->device ? fbdev_open_node(device, settings->device, screen)
				: fbdev_find(device, settings, screen);
}

static int file_size_set(int fd, size_t size_bytes)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return ftruncate(fd, (off_t)size_bytes) < 0 ? -errno : 0;
}

static int file_open(
	void **device, const struct display_settings *settings, struct display_screen *screen)
{
	if (!settings->device || settings->file.width_px == 0) {
		log_error("driver = file needs device = PATH and geometry = WIDTHxHEIGHT");
		return -EINVAL;
	}
	int fd = open(settings->device, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return -errno;
	struct fbdev *fbdev = fbdev_new(fd, true);

	if (!fbdev)
		return -ENOMEM;
	fbdev->geometry = settings->file;
	fbdev->geometry.stride_bytes =
		pixel_line_bytes(settings->file.format, settings->file.width_px);
	int result = file_size_set(fd, fbdev->geometry.stride_bytes * fbdev->geometry.height_px);

	if (result == 0)
		result = fbdev_map(fbdev, 0);
	if (result < 0) {
		log_errno(LOG_LEVEL_ERROR, result, "%s cannot be used", settings->device);
		fbdev_close(fbdev);
		return result;
	}
	screen->panel = fbdev->geometry;
	snprintf(screen->name, sizeof(screen->name), "file");
	*device = fbdev;
	return 0;
}

static void fbdev_copy(
	void *device, const void *image, size_t stride_bytes, const struct pixel_damage *damage)
{
	struct fbdev *fbdev = device;
	uint8_t *visible = fbdev->memory + fbdev->memory_bytes -
		fbdev->geometry.stride_bytes * fbdev->geometry.height_px;

	for (size_t i = 0; i < damage->n_rects; i++) {
		pixel_move_rect(visible, fbdev->geometry.stride_bytes, image, stride_bytes,
			fbdev->geometry.format, &damage->rects[i]);
	}
}

static int fbdev_flush(void *device, const struct pixel_damage *damage)
{
	(void)device;
	(void)damage;
	return 0; /* the driver sees the pages written to and sends them itself */
}

static int fbdev_blank(void *device, bool is_blank)
{
	struct fbdev *fbdev = device;

	if (fbdev->is_file)
		return 0;
	int level = is_blank ? FB_BLANK_POWERDOWN : FB_BLANK_UNBLANK;

	return ioctl(fbdev->fd, FBIOBLANK, level) < 0 ? -errno : 0;
}

static int fbdev_check(void *device)
{
	struct fbdev *fbdev = device;
	struct fb_var_screeninfo var;

	if (fbdev->is_file)
		return 0;
	if (ioctl(fbdev->fd, FBIOGET_VSCREENINFO, &var) < 0)
		return -ENODEV;
	return var.xres == fbdev->geometry.width_px && var.yres == fbdev->geometry.height_px
		? 0
		: -ENODEV;
}

const struct display_backend display_fbdev_backend = {
	.name = "fbdev",
	.needs_terminal = true,
	.open = fbdev_open,
	.close = fbdev_close,
	.copy = fbdev_copy,
	.flush = fbdev_flush,
	.blank = fbdev_blank,
	.check = fbdev_check,
};

const struct display_backend display_file_backend = {
	.name = "file",
	.open = file_open,
	.close = fbdev_close,
	.copy = fbdev_copy,
	.flush = fbdev_flush,
	.blank = fbdev_blank,
	.check = fbdev_check,
};
