/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-led/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/base/text.h"
#include "ui-lamp/sysfs.h"

#define TRIGGERS_BYTES 8192
#define LIT(step) ((step)->level[LAMP_GREEN] > 0)

/* --- text --- */

/* The next word of the list, with its brackets if it is the one that is set. */
static const char *next_word(const char **list, size_t *length)
{
	const char *word = *list + strspn(*list, " \n");

	*length = strcspn(word, " \n");
	*list = word + *length;
	return *length ? word : NULL;
}

static void strip(const char **word, size_t *length)
{
	if (*length > 2 && (*word)[0] == '[') {
		(*word)++;
		*length -= 2;
	}
}

bool device_has_trigger(const char *triggers, const char *name)
{
	const char *word;
	size_t length;

	while ((word = next_word(&triggers, &length))) {
		strip(&word, &length);
		if (length == strlen(name) && !strncmp(word, name, length))
			return true;
	}
	return false;
}

void device_current_trigger(const char *triggers, char *out, size_t out_bytes)
{
	const char *word;
	size_t length;

	*out = '\0';
	while ((word = next_word(&triggers, &length))) {
		if (*word != '[')
			continue;
		strip(&word, &length);
		(void)text_format(out, out_bytes, "%.*s", (int)length, word);
	}
}

/* Two points per step, the second without duration: else the kernel would fade. */
bool device_pattern_text(const struct lamp_pattern *pattern, unsigned long on, unsigned long off,
	char *out, size_t out_bytes)
{
	size_t used = 0;

	*out = '\0';
	for (uint32_t i = 0; i < pattern->steps_count; i++) {
		const struct lamp_step *step = &pattern->steps[i];
		unsigned long value = LIT(step) ? on : off;

		if (!text_format(out + used, out_bytes - used, "%s%lu %u %lu 0", i ? " " : "",
			    value, step->duration_ms, value))
			return false;
		used += strlen(out + used);
	}
	return true;
}

/* --- files --- */

static int write_file(const struct device *device, const char *name, const char *text)
{
	char path[PATH_MAX];

	(void)text_format(path, sizeof(path), "%s/%s", device->folder, name);
	return sysfs_write(path, text);
}

static int write_number(const struct device *device, const char *name, unsigned long number)
{
	char path[PATH_MAX];

	(void)text_format(path, sizeof(path), "%s/%s", device->folder, name);
	return sysfs_write_number(path, number);
}

static int read_file(const struct device *device, const char *name, char *out, size_t out_bytes)
{
	char path[PATH_MAX];
	int r;

	(void)text_format(path, sizeof(path), "%s/%s", device->folder, name);
	r = fd_read_text(AT_FDCWD, path, out, out_bytes);
	if (r < 0)
		return r;
	out[strcspn(out, "\n")] = '\0';
	return 0;
}

/* --- finding it --- */

static int find_folder(struct device *device, const char *sysfs, const char *name)
{
	static const char *const usual[] = {"ACT", "led0"}; /* newer and older kernels */
	bool is_auto = !strcmp(name, "auto");

	for (size_t i = 0; i < (is_auto ? 2 : 1); i++) {
		if (!text_format(device->folder, sizeof(device->folder), "%s/class/leds/%s", sysfs,
			    is_auto ? usual[i] : name))
			return -ENAMETOOLONG;
		if (access(device->folder, F_OK) == 0)
			return 0;
	}
	return -ENODEV;
}

/* What we set ourselves, and could not give back when we were killed. */
static bool is_ours(const char *trigger)
{
	return !strcmp(trigger, "timer") || !strcmp(trigger, "pattern");
}

/* What a Raspberry Pi sets: the activity lamp shows its SD card, the power lamp is on. */
static const char *usual_trigger(const struct device *device, const char *triggers)
{
	const char *name = strrchr(device->folder, '/') + 1;
	bool is_power = !strcmp(name, "PWR") || !strcmp(name, "led1");
	const char *usual = is_power ? "default-on" : "mmc0";

	return device_has_trigger(triggers, usual) ? usual : "none";
}

static void choose_restore(struct device *device, const char *triggers, const char *restore)
{
	if (strcmp(restore, "auto") != 0)
		(void)text_format(device->trigger, sizeof(device->trigger), "%s", restore);
	else
		device_current_trigger(triggers, device->trigger, sizeof(device->trigger));
	if (!*device->trigger || (is_ours(device->trigger) && !strcmp(restore, "auto")))
		(void)text_format(device->trigger, sizeof(device->trigger), "%s",
			usual_trigger(device, triggers));
}

int device_find(struct device *device, const char *sysfs, const char *name, const char *restore)
{
	char triggers[TRIGGERS_BYTES], text[24] = "";
	int r = find_folder(device, sysfs, name);

	if (r == 0)
		r = read_file(device, "trigger", triggers, sizeof(triggers));
	if (r == 0)
		r = read_file(device, "brightness", device->brightness, sizeof(device->brightness));
	if (r < 0)
		return r;
	(void)text_format(device->trigger_path, PATH_MAX, "%s/trigger", device->folder);
	(void)text_format(device->brightness_path, PATH_MAX, "%s/brightness", device->folder);
	(void)read_file(device, "max_brightness", text, sizeof(text));
	device->max_brightness = strtoul(text, NULL, 10);
	if (!device->max_brightness)
		device->max_brightness = 1;
	device->has_timer = device_has_trigger(triggers, "timer");
	device->has_pattern = device_has_trigger(triggers, "pattern");
	choose_restore(device, triggers, restore);
	return 0;
}

/* --- light --- */

int device_set(struct device *device, bool is_on)
{
	return write_number(
		device, "brightness", is_on != device->is_inverted ? device->max_brightness : 0);
}

static int play_timer(struct device *device, const struct lamp_pattern *pattern)
{
	const struct lamp_step *on = &pattern->steps[device->is_inverted];
	const struct lamp_step *off = &pattern->steps[!device->is_inverted];
	int r = write_file(device, "trigger", "timer");

	if (r == 0)
		r = write_number(device, "delay_on", on->duration_ms);
	return r == 0 ? write_number(device, "delay_off", off->duration_ms) : r;
}

static int play_pattern(struct device *device, const struct lamp_pattern *pattern)
{
	unsigned long on = device->max_brightness, off = 0;
	char text[PATTERN_STEPS_MAX * 48];
	int r;

	if (!device_pattern_text(pattern, device->is_inverted ? off : on,
		    device->is_inverted ? on : off, text, sizeof(text)))
		return -ENOSPC;
	r = write_file(device, "trigger", "pattern");
	return r == 0 ? write_file(device, "pattern", text) : r;
}

int device_play(struct device *device, const struct lamp_pattern *pattern)
{
	int r = -ENOTSUP;

	if (device->has_timer && pattern->steps_count == 2)
		r = play_timer(device, pattern);
	else if (device->has_pattern)
		r = play_pattern(device, pattern);
	if (r == 0)
		return 1;
	return write_file(device, "trigger", "none");
}

int device_restore(const struct device *device)
{
	int r = sysfs_write(device->trigger_path, device->trigger);

	if (r == 0 && !strcmp(device->trigger, "none"))
		r = sysfs_write(device->brightness_path, device->brightness);
	return r;
}
