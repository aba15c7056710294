/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KMS against a fake machine: which card, flips and dirty rectangles, master lost. */
#include "ui-fb/display_drm.h"

#include "ui-fb/display_fbdev.h"
#include "ui-fb/display_uevent.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CARDS 3
#define FD_BASE 100 /* the fake's descriptors: of card 0, 1, 2 */

static struct {
	struct drm_card cards[CARDS];
	int master_result, flip_result, dirty_result, rgb565_result;
	uint32_t shown_fb, next_fb;
	int n_open, n_buffers, n_flips, n_dirty, n_restored;
	bool is_master, was_master_while_looking;
	struct pixel_rect dirty[16];
	const uint8_t *memory[8]; /* by fb_id */
} fake;

static int fake_open(const char *path)
{
	int number = path[strlen(path) - 1] - '0';

	if (strlen(path) != strlen("/dev/dri/card0") || number < 0 || number >= CARDS)
		return -ENOENT;
	fake.n_open++;
	fake.is_master = true;
	return FD_BASE + number;
}

static void fake_close(int fd)
{
	assert_in_range(fd, FD_BASE, FD_BASE + CARDS - 1);
	fake.n_open--;
}

static int fake_describe(int fd, struct drm_card *card)
{
	*card = fake.cards[fd - FD_BASE];
	fake.was_master_while_looking |= fake.is_master;
	return 0;
}

static int fake_master(int fd)
{
	(void)fd;
	return fake.master_result;
}

static void fake_master_drop(int fd)
{
	(void)fd;
	fake.is_master = false;
}

static void *fake_save(int fd, uint32_t crtc_id)
{
	(void)fd;
	(void)crtc_id;
	return &fake;
}

static void fake_restore(int fd, const struct drm_connector *connector, void *saved)
{
	(void)fd;
	(void)connector;
	assert_ptr_equal(saved, &fake);
	fake.n_restored++;
}

static int fake_make(int fd, const struct pixel_geometry *geometry, struct drm_buffer *buffer)
{
	(void)fd;
	if (geometry->format == PIXEL_RGB565 && fake.rgb565_result < 0)
		return fake.rgb565_result;
	buffer->stride_bytes = pixel_line_bytes(geometry->format, geometry->width_px) + 4;
	buffer->size_bytes = buffer->stride_bytes * geometry->height_px;
	buffer->memory = calloc(1, buffer->size_bytes);
	buffer->fb_id = ++fake.next_fb;
	assert_true(fake.next_fb < 8);
	fake.memory[fake.next_fb] = buffer->memory;
	fake.n_buffers++;
	return 0;
}

static void fake_free(int fd, struct drm_buffer *buffer)
{
	(void)fd;
	free(buffer->memory);
	fake.n_buffers--;
}

static int fake_show(int fd, const struct drm_connector *connector, uint32_t fb_id)
{
	(void)fd;
	(void)connector;
	fake.shown_fb = fb_id;
	return 0;
}

static int fake_flip(int fd, uint32_t crtc_id, uint32_t fb_id)
{
	(void)fd;
	(void)crtc_id;
	fake.n_flips++;
	if (fake.flip_result == 0)
		fake.shown_fb = fb_id;
	return fake.flip_result;
}

static int fake_wait(int fd)
{
	(void)fd;
	return 0;
}

static int fake_dirty(int fd, uint32_t fb_id, const struct pixel_rect *rect)
{
	(void)fd;
	assert_int_equal(fb_id, fake.shown_fb);
	fake.dirty[fake.n_dirty++ % 16] = *rect;
	return fake.dirty_result;
}

static int fake_power(int fd, uint32_t connector_id, bool is_on)
{
	(void)fd;
	(void)connector_id;
	(void)is_on;
	return 0;
}

static const struct drm_ops fake_ops = {fake_open, fake_close, fake_describe, fake_master,
	fake_master_drop, fake_save, fake_restore, fake_make, fake_free, fake_show, fake_flip,
	fake_wait, fake_dirty, fake_power};

static struct drm_connector connector(uint32_t type, drmModeConnection connection)
{
	return (struct drm_connector){.id = 30 + type,
		.type = type,
		.type_number = 1,
		.connection = connection,
		.crtc_id = 7,
		.has_mode = true,
		.mode = {.hdisplay = 8, .vdisplay = 4}};
}

/* As on a Pi: v3d only renders, vc4 has a screen plugged in, a panel hangs on SPI. */
static int pi(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.cards[0] = (struct drm_card){.driver = "v3d", .has_dumb = true};
	fake.cards[1] = (struct drm_card){.driver = "vc4",
		.has_dumb = true,
		.n_connectors = 1,
		.connectors = {connector(DRM_MODE_CONNECTOR_HDMIA, DRM_MODE_CONNECTED)}};
	fake.cards[2] = (struct drm_card){.driver = "ili9486",
		.has_dumb = true,
		.n_connectors = 1,
		.connectors = {connector(DRM_MODE_CONNECTOR_SPI, DRM_MODE_CONNECTED)}};
	return 0;
}

static void *open_named(const char *name, int wanted, struct display_screen *screen)
{
	struct display_settings settings = {.connector = (char *)(uintptr_t)name};
	void *device = NULL;

	memset(screen, 0, sizeof(*screen));
	assert_int_equal(drm_device_open(&device, &fake_ops, &settings, screen), wanted);
	return device;
}

static void close_clean(void *device)
{
	display_drm_backend.close(device);
	assert_int_equal(fake.n_open, 0);
	assert_int_equal(fake.n_buffers, 0);
	assert_int_equal(fake.n_restored, 1);
}

static void test_ranks(void **state)
{
	struct drm_connector c = connector(DRM_MODE_CONNECTOR_HDMIA, DRM_MODE_CONNECTED);
	struct drm_connector dsi = connector(DRM_MODE_CONNECTOR_DSI, DRM_MODE_UNKNOWNCONNECTION);
	struct drm_connector spi = connector(DRM_MODE_CONNECTOR_SPI, DRM_MODE_CONNECTED);
	struct drm_connector wb = connector(DRM_MODE_CONNECTOR_WRITEBACK, DRM_MODE_CONNECTED);

	(void)state;
	assert_true(drm_connector_rank(&spi, NULL) > drm_connector_rank(&dsi, NULL));
	assert_true(drm_connector_rank(&dsi, NULL) > drm_connector_rank(&c, NULL));
	assert_int_equal(drm_connector_rank(&wb, NULL), 0);
	assert_true(drm_connector_rank(&c, "HDMI-A-1") > 0);
	assert_int_equal(drm_connector_rank(&spi, "HDMI-A-1"), 0);
	c.connection = DRM_MODE_UNKNOWNCONNECTION;
	assert_int_equal(drm_connector_rank(&c, NULL), 0);
	spi.crtc_id = 0;
	assert_int_equal(drm_connector_rank(&spi, NULL), 0);
}

static void test_mode(void **state)
{
	drmModeModeInfo modes[] = {{.hdisplay = 640, .vdisplay = 480},
		{.hdisplay = 1920, .vdisplay = 1080},
		{.hdisplay = 800, .vdisplay = 480, .type = DRM_MODE_TYPE_PREFERRED},
		{.hdisplay = 0, .vdisplay = 480, .type = DRM_MODE_TYPE_PREFERRED}};

	(void)state;
	assert_ptr_equal(drm_mode_choose(modes, 4), &modes[2]);
	assert_ptr_equal(drm_mode_choose(modes, 2), &modes[1]);
	assert_null(drm_mode_choose(modes + 3, 1));
	assert_null(drm_mode_choose(NULL, 0));
}

static void test_choice_of_card(void **state)
{
	struct display_screen screen;
	void *device = open_named(NULL, 0, &screen);

	(void)state;
	assert_string_equal(screen.name, "ili9486 SPI-1");
	assert_int_equal(screen.panel.format, PIXEL_RGB565);
	close_clean(device);
	fake.n_restored = 0;
	device = open_named("HDMI-A-1", 0, &screen);
	assert_string_equal(screen.name, "vc4 HDMI-A-1");
	assert_int_equal(screen.panel.format, PIXEL_XRGB8888);
	close_clean(device);
	open_named("DSI-1", -ENODEV, &screen);
	fake.cards[1].has_dumb = fake.cards[2].has_dumb = false;
	open_named(NULL, -ENODEV, &screen);
}

static void test_other_format(void **state)
{
	struct display_screen screen;

	(void)state;
	fake.rgb565_result = -EINVAL;
	void *device = open_named(NULL, 0, &screen);

	assert_int_equal(screen.panel.format, PIXEL_XRGB8888);
	close_clean(device);
}

static const struct pixel_damage two = {.rects = {{0, 0, 2, 1}, {6, 3, 2, 1}}, .n_rects = 2};

static void test_sent_panel_gets_what_changed(void **state)
{
	struct display_screen screen;
	uint16_t image[32] = {1};
	void *device = open_named(NULL, 0, &screen);

	(void)state;
	display_drm_backend.copy(device, image, 16, &two);
	assert_int_equal(display_drm_backend.flush(device, &two), 0);
	assert_int_equal(fake.n_flips, 0);
	assert_int_equal(fake.n_dirty, 2);
	assert_memory_equal(fake.dirty, two.rects, 2 * sizeof(two.rects[0]));
	fake.dirty_result = -ENOSYS; /* fine, and not asked again */
	assert_int_equal(display_drm_backend.flush(device, &two), 0);
	assert_int_equal(display_drm_backend.flush(device, &two), 0);
	assert_int_equal(fake.n_dirty, 3);
	close_clean(device);
}

static void test_flips(void **state)
{
	struct display_screen screen;
	uint32_t image[32] = {1};
	void *device = open_named("HDMI-A-1", 0, &screen);
	uint32_t first = fake.shown_fb;

	(void)state;
	display_drm_backend.copy(device, image, 32, &two);
	assert_int_equal(display_drm_backend.flush(device, &two), 0);
	assert_int_not_equal(fake.shown_fb, first);
	display_drm_backend.copy(device, image, 32, &two);
	assert_int_equal(display_drm_backend.flush(device, &two), 0);
	assert_int_equal(fake.shown_fb, first);
	assert_int_equal(fake.n_dirty, 0);
	fake.flip_result = -EINVAL; /* cannot: sets it, then dirty rectangles */
	display_drm_backend.copy(device, image, 32, &two);
	assert_int_equal(display_drm_backend.flush(device, &two), 0);
	assert_int_not_equal(fake.shown_fb, first);
	assert_int_equal(fake.n_dirty, 2);
	close_clean(device);
}

static void test_the_back_catches_up(void **state)
{
	static const struct pixel_damage one = {.rects = {{0, 0, 1, 1}}, .n_rects = 1};
	struct display_screen screen;
	uint32_t image[32];
	void *device = open_named("HDMI-A-1", 0, &screen);

	(void)state;
	memset(image, 0x55, sizeof(image));
	display_drm_backend.copy(device, image, 32, &two);
	assert_int_equal(display_drm_backend.flush(device, &two), 0);
	display_drm_backend.copy(device, image, 32, &one);
	assert_int_equal(display_drm_backend.flush(device, &one), 0);
	/* The last pixel came with the first update, into the other buffer. */
	assert_int_equal(fake.memory[fake.shown_fb][3 * screen.panel.stride_bytes + 7 * 4], 0x55);
	close_clean(device);
}

/* A front end that starts at that moment would be refused. */
static void test_looking_takes_nothing(void **state)
{
	const struct display_settings settings = {0};

	(void)state;
	fake.master_result = -EBUSY;
	assert_int_equal(drm_device_probe(&fake_ops, &settings), 0);
	assert_int_equal(fake.n_open, 0);
	assert_int_equal(fake.next_fb, 0);
	assert_int_equal(fake.n_restored, 0);
	assert_false(fake.was_master_while_looking);
	memset(fake.cards, 0, sizeof(fake.cards));
	assert_int_equal(drm_device_probe(&fake_ops, &settings), -ENODEV);
}

static void test_master(void **state)
{
	struct display_screen screen;

	(void)state;
	fake.master_result = -EBUSY;
	open_named(NULL, -EBUSY, &screen);
	assert_int_equal(fake.n_open, 0);
	assert_int_equal(fake.n_restored, 0);
	fake.master_result = 0;
	void *device = open_named("HDMI-A-1", 0, &screen);

	fake.flip_result = -EACCES; /* taken away */
	assert_int_equal(display_drm_backend.flush(device, &two), -EACCES);
	close_clean(device);
}

static void test_plugging(void **state)
{
	struct display_screen screen;
	void *device = open_named("HDMI-A-1", 0, &screen);

	(void)state;
	assert_int_equal(display_drm_backend.check(device), 0);
	fake.cards[1].connectors[0].mode.hdisplay = 16;
	assert_int_equal(display_drm_backend.check(device), -ENODEV);
	fake.cards[1].n_connectors = 0;
	assert_int_equal(display_drm_backend.check(device), -ENODEV);
	close_clean(device);
}

#define MESSAGE(text) uevent_is_screen(text, sizeof(text))

static void test_uevents(void **state)
{
	(void)state;
	assert_true(MESSAGE("change@/x\0ACTION=change\0SUBSYSTEM=drm\0HOTPLUG=1"));
	assert_true(MESSAGE("add@/x\0ACTION=add\0SUBSYSTEM=graphics"));
	assert_true(MESSAGE("remove@/x\0SUBSYSTEM=drm\0ACTION=remove"));
	assert_false(MESSAGE("change@/x\0ACTION=change\0SUBSYSTEM=drm"));
	assert_false(MESSAGE("add@/x\0ACTION=add\0SUBSYSTEM=block"));
	assert_false(uevent_is_screen("ACTION=add\0SUBSYSTEM=drm", 24)); /* cut */
	assert_false(uevent_is_screen("", 0));
}

static void test_frame_buffer_sanity(void **state)
{
	struct fb_fix_screeninfo fix = {.smem_len = 480 * 320 * 2, .line_length = 960};
	struct fb_var_screeninfo good = {.xres = 480,
		.yres = 320,
		.bits_per_pixel = 16,
		.red = {11, 5, 0},
		.green = {5, 6, 0},
		.blue = {0, 5, 0}};
	struct fb_var_screeninfo var = good;
	struct pixel_geometry geometry;
	size_t offset_bytes;

	(void)state;
	assert_int_equal(fbdev_geometry(&fix, &var, &geometry, &offset_bytes), 0);
	assert_int_equal(geometry.format, PIXEL_RGB565);
	assert_int_equal(offset_bytes, 0);
	var.yres = 321;
	assert_int_equal(fbdev_geometry(&fix, &var, &geometry, &offset_bytes), -EPROTO);
	var = good;
	var.yoffset = 1;
	assert_int_equal(fbdev_geometry(&fix, &var, &geometry, &offset_bytes), -EPROTO);
	var = good;
	var.xres = UINT32_MAX;
	assert_int_equal(fbdev_geometry(&fix, &var, &geometry, &offset_bytes), -EPROTO);
	var = good;
	var.green.length = 5;
	assert_int_equal(fbdev_geometry(&fix, &var, &geometry, &offset_bytes), -EPROTONOSUPPORT);
	fix.line_length = 958;
	assert_int_equal(fbdev_geometry(&fix, &good, &geometry, &offset_bytes), -EPROTO);
	assert_true(fbdev_rank("fb_ili9486\n") > fbdev_rank("vc4drmfb\n"));
}

#define PI(test) cmocka_unit_test_setup(test, pi)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_mode),
		PI(test_choice_of_card),
		PI(test_other_format),
		PI(test_sent_panel_gets_what_changed),
		PI(test_flips),
		PI(test_the_back_catches_up),
		PI(test_looking_takes_nothing),
		PI(test_master),
		PI(test_plugging),
		cmocka_unit_test(test_uevents),
		cmocka_unit_test(test_frame_buffer_sanity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
