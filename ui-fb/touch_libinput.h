/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * touch_libinput.h - touch screens and pointers of /dev/input through libinput, which
 * applies udev's LIBINPUT_CALIBRATION_MATRIX. Nodes that come later are added
 * when udev sets their rights (so that libinput finds what udev knows of them).
 */
#ifndef IMGTANK_UI_FB_TOUCH_LIBINPUT_H
#define IMGTANK_UI_FB_TOUCH_LIBINPUT_H

#include "ui-fb/touch_track.h"

struct touch_libinput; /* opaque */

typedef void touch_point_handler(void *data, const struct touch_point *point);

/* options are borrowed for the call. 0 or negative errno. */
int touch_libinput_open(struct touch_libinput **input, const struct touch_options *options);
void touch_libinput_close(struct touch_libinput *input);

/* Two descriptors to watch for reading; owned by input. */
void touch_libinput_fds(const struct touch_libinput *input, int fds[2]);

void touch_libinput_dispatch(
	struct touch_libinput *input, touch_point_handler *handler, void *data);

bool touch_libinput_is_present(const struct touch_libinput *input);

#endif
