/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * device.h - one lamp of /sys/class/leds: taken over, blinked, given back.
 *
 * The kernel blinks by itself where it can: the trigger "timer" for on and off by
 * turns, "pattern" for more. Formats: the kernel's ABI/testing/sysfs-class-led,
 * -led-trigger-timer and -led-trigger-pattern.
 */
#ifndef IMGTANK_UI_LED_DEVICE_H
#define IMGTANK_UI_LED_DEVICE_H

#include <limits.h>

#include "ui-lamp/lamp.h"

#define DEVICE_TRIGGER_BYTES 64

struct device {
	char folder[PATH_MAX - 64];
	char trigger_path[PATH_MAX], brightness_path[PATH_MAX];
	char trigger[DEVICE_TRIGGER_BYTES]; /* to be given back */
	char brightness[24]; /* the same, with the trigger "none" */
	unsigned long max_brightness;
	bool is_inverted;
	bool has_timer, has_pattern; /* triggers of this kernel */
};

/*
 * Finds the lamp below the folder sysfs: that of this name, or, with "auto", the
 * Raspberry Pi's activity lamp. restore: the trigger to be given back, or "auto":
 * the one that is set now. Changes nothing. -ENODEV: no such lamp.
 */
int device_find(struct device *device, const char *sysfs, const char *name, const char *restore);

/* 1: the kernel blinks the pattern by itself. 0: device_set() must do it. Else negative errno. */
int device_play(struct device *device, const struct lamp_pattern *pattern);

int device_set(struct device *device, bool is_on);

/* As it was before. Async-signal-safe. */
int device_restore(const struct device *device);

/* Pure: the text for the trigger "pattern"; false if it does not fit. */
bool device_pattern_text(const struct lamp_pattern *pattern, unsigned long on, unsigned long off,
	char *out, size_t out_bytes);

/*
 * Pure: from the content of a file "trigger", "none timer [mmc0]": is the trigger
 * there, and which one is set ("" if none is marked).
 */
bool device_has_trigger(const char *triggers, const char *name);
void device_current_trigger(const char *triggers, char *out, size_t out_bytes);

#endif
