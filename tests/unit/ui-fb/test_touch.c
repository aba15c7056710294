/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/touch.h"

#include "ui-fb/touch_source.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct touch_event got[16];
static size_t n_got;

static void on_touch(void *data, const struct touch_event *event)
{
	(void)data;
	assert_true(n_got < 16);
	got[n_got++] = *event;
}

static void test_mapping(void **state)
{
	static const struct {
		uint32_t rotation;
		double x, y;
		int32_t x_px, y_px;
	} table[] = {
		/* The panel's top left corner, then a place near its top right. */
		{0, 0, 0, 0, 0}, {90, 0, 0, 0, 239}, {180, 0, 0, 319, 239}, {270, 0, 0, 319, 0},
		{0, 0.95, 0.125, 304, 30}, {90, 0.95, 0.125, 40, 12}, {180, 0.95, 0.125, 16, 210},
		{270, 0.95, 0.125, 280, 228},
		{0, -3, 7, 0, 239}, /* a panel bigger than its picture */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct touch_screen screen = {320, 240, table[i].rotation};
		int32_t x_px;
		int32_t y_px;

		touch_map(&screen, table[i].x, table[i].y, &x_px, &y_px);
		assert_in_range(x_px + 1 - table[i].x_px, 0, 2);
		assert_in_range(y_px + 1 - table[i].y_px, 0, 2);
	}
}

static bool step(struct touch_track *track, enum touch_kind kind, int32_t finger, double x,
	uint64_t time_msec, struct touch_event *event)
{
	struct touch_screen screen = {200, 100, 0};
	struct touch_point point = {kind, finger, x, 0.5, time_msec * 1000};

	return touch_track_step(track, &screen, &point, event);
}

static void test_first_finger_only(void **state)
{
	struct touch_track track = {0};
	struct touch_event event;

	(void)state;
	assert_true(step(&track, TOUCH_DOWN, 3, 0.5, 100, &event));
	assert_false(step(&track, TOUCH_DOWN, 4, 0.9, 110, &event));
	assert_false(step(&track, TOUCH_MOVE, 4, 0.1, 120, &event));
	assert_false(step(&track, TOUCH_UP, 4, 0, 130, &event));
	assert_true(step(&track, TOUCH_UP, 3, 0, 140, &event));
	assert_true(event.is_tap);
	assert_int_equal(event.x_px, 100);
}

static void test_trembling_bouncing_and_wandering(void **state)
{
	struct touch_track track = {0};
	struct touch_event event;

	(void)state;
	assert_true(step(&track, TOUCH_DOWN, 0, 0.5, 100, &event));
	assert_false(step(&track, TOUCH_MOVE, 0, 0.51, 110, &event));
	assert_true(step(&track, TOUCH_UP, 0, 0, 120, &event));
	assert_false(step(&track, TOUCH_DOWN, 0, 0.5, 140, &event)); /* a bounce, all of it */
	assert_false(step(&track, TOUCH_UP, 0, 0, 150, &event));
	assert_true(step(&track, TOUCH_DOWN, 0, 0.5, 300, &event));
	assert_true(step(&track, TOUCH_MOVE, 0, 0.6, 310, &event));
	assert_int_equal(event.x_px, 120);
	assert_true(step(&track, TOUCH_MOVE, 0, 0.5, 320, &event));
	assert_true(step(&track, TOUCH_UP, 0, 0, 330, &event));
	assert_false(event.is_tap);
}

static void test_calibration(void **state)
{
	float c[6];

	(void)state;
	assert_int_equal(touch_calibration_parse("0 -1 1 1 0 0", c), 0);
	assert_true(c[1] < -0.5f && c[2] > 0.5f);
	assert_int_equal(touch_calibration_parse("0 -1 1 1 0", c), -EINVAL);
	assert_int_equal(touch_calibration_parse("0 -1 1 1 0 0 7", c), -EINVAL);
	assert_int_equal(touch_calibration_parse("0 -1 nan 1 0 0", c), -EINVAL);
}

static void test_recording(void **state)
{
	static const char text[] = "# made by hand\n"
				   "A: 00 0 1000 0 0 0\nA: 01 0 1000 0 0 0\n"
				   "E: 1.000000 0003 0000 0250\nE: 1.000000 0003 0001 0500\n"
				   "E: 1.000000 0001 014a 0001\nE: 1.000000 0000 0000 0000\n"
				   "E: nonsense\n"
				   "E: 1.100000 0001 014a 0000\nE: 1.100000 0000 0000 0000\n"
				   "E: 2.000000 0001 014a 0001\nE: 2.000000 0000 0000 0000\n";
	char path[] = "/tmp/imgtank-touch-XXXXXX";
	int fd = mkstemp(path);
	struct touch_options options = {.driver = TOUCH_TEXT, .device = path};
	struct touch *touch = NULL;

	(void)state;
	n_got = 0;
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	assert_int_equal(touch_open(&touch, &options, on_touch, NULL), 0);
	touch_set_screen(touch, 320, 240, 0);
	touch_dispatch(touch);
	assert_int_equal(n_got, 4);
	assert_int_equal(got[0].kind, TOUCH_DOWN);
	assert_int_equal(got[0].x_px, 80);
	assert_int_equal(got[0].y_px, 120);
	assert_int_equal(got[0].time_usec, 1000000);
	assert_int_equal(got[1].kind, TOUCH_UP);
	assert_true(got[1].is_tap);
	assert_int_equal(got[2].kind, TOUCH_DOWN);
	assert_int_equal(got[3].kind, TOUCH_CANCEL); /* the end with the finger down */
	assert_false(touch_is_present(touch));
	touch_close(touch);
	unlink(path);
}

static void send_event(int fd, uint16_t type, uint16_t code, int32_t value)
{
	struct input_event event = {.type = type, .code = code, .value = value};

	assert_int_equal(write(fd, &event, sizeof(event)), sizeof(event));
}

static void test_stream_in_pieces(void **state)
{
	char path[] = "/tmp/imgtank-touch-XXXXXX";
	struct touch *touch = NULL;
	const float turned[6] = {-1, 0, 1, 0, -1, 1};
	struct touch_options options = {
		.driver = TOUCH_EVENTS, .device = path, .calibration = turned};

	(void)state;
	n_got = 0;
	close(mkstemp(path));
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(touch_open(&touch, &options, on_touch, NULL), 0);
	touch_set_screen(touch, 320, 240, 0);
	int fd = open(path, O_WRONLY | O_NONBLOCK);

	assert_true(fd >= 0);
	send_event(fd, EV_ABS, ABS_X, 0);
	send_event(fd, EV_KEY, BTN_TOUCH, 1);
	touch_dispatch(touch);
	assert_int_equal(n_got, 0);
	send_event(fd, EV_SYN, SYN_REPORT, 0);
	touch_dispatch(touch);
	assert_int_equal(n_got, 1);
	assert_int_equal(got[0].x_px, 319);
	send_event(fd, EV_SYN, SYN_DROPPED, 0);
	send_event(fd, EV_SYN, SYN_REPORT, 0);
	touch_dispatch(touch);
	assert_int_equal(n_got, 2);
	assert_int_equal(got[1].kind, TOUCH_CANCEL);
	close(fd);
	touch_close(touch);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mapping),
		cmocka_unit_test(test_first_finger_only),
		cmocka_unit_test(test_trembling_bouncing_and_wandering),
		cmocka_unit_test(test_calibration),
		cmocka_unit_test(test_recording),
		cmocka_unit_test(test_stream_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
