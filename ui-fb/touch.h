/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * touch.h - a finger (or a pointer) on the screen, in pixels of the drawn image.
 *
 * Devices come and go while it runs. The first finger counts, others are ignored. All in
 * the loop's thread; the handler is called from touch_dispatch() only and may
 * not close the touch.
 */
#ifndef IMGTANK_UI_FB_TOUCH_H
#define IMGTANK_UI_FB_TOUCH_H

#include <stdbool.h>
#include <stdint.h>

struct touch; /* opaque; made by touch_open(), freed by touch_close() */

enum touch_driver {
	TOUCH_LIBINPUT, /* all touch screens (and pointers) of /dev/input */
	TOUCH_EVENTS, /* struct input_event as the kernel sends them: device, FIFO, file */
	TOUCH_TEXT, /* a recording as text, see touch_text_line() in touch_source.h */
};

/* Strings are borrowed during touch_open() only. Zeroed: all automatic. */
struct touch_options {
	enum touch_driver driver;
	const char *device; /* NULL: found (TOUCH_LIBINPUT only) */
	const float *calibration; /* 6: a b c d e f, instead of what udev knows; NULL: that */
	bool ignores_pointers; /* a mouse or a tablet is no finger */
};

enum touch_kind {
	TOUCH_DOWN,
	TOUCH_MOVE,
	TOUCH_UP,
	TOUCH_CANCEL, /* device gone, palm: as if it never happened */
};

struct touch_event {
	enum touch_kind kind;
	int32_t x_px, y_px; /* in the drawn image, always inside it */
	uint64_t time_usec; /* CLOCK_MONOTONIC; of the recording with TOUCH_EVENTS and TOUCH_TEXT */
	bool is_tap; /* with TOUCH_UP: the finger did not wander */
};

typedef void touch_handler(void *data, const struct touch_event *event);

/* "libinput", "events", "text". 0 or -EINVAL. */
int touch_driver_parse(const char *text, enum touch_driver *driver);

/* "0 -1 1 1 0 0": as udev's LIBINPUT_CALIBRATION_MATRIX. 0 or -EINVAL. */
int touch_calibration_parse(const char *text, float calibration[6]);

/*
 * 0 with *touch set, also when no device is there yet; else negative errno, logged.
 * data must outlive the touch.
 */
int touch_open(struct touch **touch, const struct touch_options *options, touch_handler *handler,
	void *data);

/* NULL is fine. */
void touch_close(struct touch *touch);

/*
 * The drawn image and how it is turned, as display_info() has them; at start and with each
 * DISPLAY_RESIZED. Until then nothing is reported.
 */
void touch_set_screen(
	struct touch *touch, uint32_t width_px, uint32_t height_px, uint32_t rotation_deg);

/* One descriptor, readable when touch_dispatch() should be called. Owned by touch. */
int touch_fd(const struct touch *touch);

/* Calls the handler for all that came. */
void touch_dispatch(struct touch *touch);

/* True when at least one device is open: is there anything to touch? */
bool touch_is_present(const struct touch *touch);

#endif
