/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole way from an update to the panel's memory, with the thread, on a file. */
#include "ui-fb/display.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64];

static int make_path(void **state)
{
	(void)state;
	strcpy(path, "/tmp/imgtank-display-XXXXXX");
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int drop_path(void **state)
{
	(void)state;
	return unlink(path);
}

static struct display *open_file(const char *geometry, uint32_t rotation_deg)
{
	struct display_options options = {.driver = "file",
		.device = path,
		.geometry = geometry,
		.rotation_deg = rotation_deg};
	struct display *display = NULL;

	assert_int_equal(display_open(&display, &options), 0);
	return display;
}

static void wait_ready(struct display *display)
{
	struct pollfd fd = {.fd = display_fd(display), .events = POLLIN};

	while (!display_is_ready(display)) {
		assert_int_equal(poll(&fd, 1, 10000), 1);
		display_dispatch(display);
	}
}

static void read_panel(void *out, size_t size_bytes)
{
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, out, size_bytes), size_bytes);
	close(fd);
}

static void test_turned_and_converted(void **state)
{
	/* Drawn 3 wide, 2 high; the panel is 2 wide, 3 high. */
	const uint32_t image[6] = {0xff0000, 0x00ff00, 0x0000ff, 0xffffff, 0x000000, 0xffff00};
	const uint16_t wanted[6] = {0xffff, 0xf800, 0x0000, 0x07e0, 0xffe0, 0x001f};
	uint16_t panel[6];
	struct display *display = open_file("2x3,rgb565", 90);

	(void)state;
	assert_int_equal(display_info(display)->width_px, 3);
	assert_int_equal(display_info(display)->height_px, 2);
	display_update(display, image, 12, NULL, 0);
	wait_ready(display);
	read_panel(panel, sizeof(panel));
	assert_memory_equal(panel, wanted, sizeof(panel));
	display_close(display);
}

static void test_only_damage_is_copied(void **state)
{
	uint32_t image[16];
	uint32_t panel[16];
	struct pixel_rect rect = {1, 1, 2, 2};
	struct display *display = open_file("4x4", 0);

	(void)state;
	for (size_t i = 0; i < 16; i++)
		image[i] = 0x111111;
	display_update(display, image, 16, NULL, 0);
	for (size_t i = 0; i < 16; i++)
		image[i] = 0x222222;
	display_update(display, image, 16, &rect, 1);
	wait_ready(display);
	read_panel(panel, sizeof(panel));
	for (size_t i = 0; i < 16; i++) {
		bool is_in = i / 4 >= 1 && i / 4 <= 2 && i % 4 >= 1 && i % 4 <= 2;

		assert_int_equal(panel[i], is_in ? 0x222222 : 0x111111);
	}
	display_close(display);
}

static void test_newest_wins(void **state)
{
	static uint32_t image[64 * 64];
	static uint32_t panel[64 * 64];
	struct display *display = open_file("64x64", 180);

	(void)state;
	for (uint32_t n = 1; n <= 500; n++) {
		for (size_t i = 0; i < 64 * 64; i++)
			image[i] = n;
		display_update(display, image, 256, NULL, 0);
	}
	wait_ready(display);
	read_panel(panel, sizeof(panel));
	for (size_t i = 0; i < 64 * 64; i++)
		assert_int_equal(panel[i], 500);
	display_close(display);
}

static void test_blank_keeps_what_comes(void **state)
{
	const uint32_t image[4] = {0x123456, 0x123456, 0x123456, 0x123456};
	uint32_t panel[4];
	struct display *display = open_file("2x2", 0);

	(void)state;
	wait_ready(display);
	display_blank(display, true);
	display_update(display, image, 8, NULL, 0);
	assert_true(display_is_ready(display));
	display_blank(display, false);
	display_update(display, image, 8, NULL, 0);
	wait_ready(display);
	read_panel(panel, sizeof(panel));
	assert_memory_equal(panel, image, sizeof(panel));
	display_close(display);
}

static void test_bad_options(void **state)
{
	struct display *display = NULL;
	const struct display_options bad[] = {
		{.driver = "vga"},
		{.driver = "file", .device = path},
		{.driver = "file", .geometry = "2x2"},
		{.driver = "file", .device = path, .geometry = "2y2"},
		{.driver = "file", .device = path, .geometry = "2x2", .rotation_deg = 45},
		{.driver = "file", .device = path, .geometry = "2x2", .rotation_deg = 360},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(display_open(&display, &bad[i]), -EINVAL);
}

static void test_patience(void **state)
{
	struct display_options options = {.driver = "fbdev", .device = "/dev/fb-none"};
	struct display *display = NULL;

	(void)state;
	assert_int_equal(display_open(&display, &options), -ENODEV);
	options.is_patient = true;
	assert_int_equal(display_open(&display, &options), 0);
	assert_int_equal(display_info(display)->width_px, 0);
	assert_false(display_is_ready(display));
	display_update(display, &options, 0, NULL, 0); /* dropped */
	display_close(display);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_turned_and_converted, make_path, drop_path),
		cmocka_unit_test_setup_teardown(test_only_damage_is_copied, make_path, drop_path),
		cmocka_unit_test_setup_teardown(test_newest_wins, make_path, drop_path),
		cmocka_unit_test_setup_teardown(test_blank_keeps_what_comes, make_path, drop_path),
		cmocka_unit_test_setup_teardown(test_bad_options, make_path, drop_path),
		cmocka_unit_test(test_patience),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
