/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/backlight.h"

#include "core/base/fd.h"
#include "core/base/log.h"
#include "core/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct backlight {
	struct display *display; /* borrowed, may be NULL */
	int power_fd; /* bl_power; -1: none */
	int brightness_fd; /* -1: none */
	char brightness[16]; /* as found */
	bool is_off;
};

/* For a crash handler: the files of the one backlight that is off now, and what turns it on. */
static atomic_int crash_power_fd = -1;
static atomic_int crash_brightness_fd = -1;
static char crash_brightness[16];

static void value_write(int fd, const char *value)
{
	if (fd >= 0 && pwrite(fd, value, strlen(value), 0) < 0)
		log_errno(LOG_LEVEL_DEBUG, -errno, "The backlight does not take %s", value);
}

/* bl_power: 0 is on, 4 is off (FB_BLANK_UNBLANK, FB_BLANK_POWERDOWN). Some drivers take
 * only one of the two files to heart, so both are written. */
static void light(struct backlight *backlight, bool is_on)
{
	value_write(backlight->power_fd, is_on ? "0" : "4");
	value_write(backlight->brightness_fd, is_on ? backlight->brightness : "0");
}

static int folder_first(int class_fd, char *name, size_t size_bytes)
{
	int fd = dup(class_fd);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int result = -ENOENT;

	if (!dir) {
		fd_close(fd);
		return -ENOENT;
	}
	/* The first by name: the same one each time. */
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || (result == 0 && strcmp(entry->d_name, name) >= 0))
			continue;
		if (text_format(name, size_bytes, "%s", entry->d_name))
			result = 0;
	}
	closedir(dir);
	return result;
}

static void files_open(struct backlight *backlight, int fd)
{
	char brightness[16] = "";

	backlight->power_fd = openat(fd, "bl_power", O_WRONLY | O_CLOEXEC);
	if (fd_read_text(fd, "brightness", brightness, sizeof(brightness)) < 0)
		return;
	brightness[strcspn(brightness, "\n")] = '\0';
	/* Found dark, by an earlier end: as bright as it can be is better than never again. */
	if (strcmp(brightness, "0") == 0 &&
		fd_read_text(fd, "max_brightness", brightness, sizeof(brightness)) < 0)
		return;
	brightness[strcspn(brightness, "\n")] = '\0';
	snprintf(backlight->brightness, sizeof(backlight->brightness), "%s", brightness);
	backlight->brightness_fd = openat(fd, "brightness", O_WRONLY | O_CLOEXEC);
}

static int files_find(struct backlight *backlight, const char *sysfs, const char *name)
{
	char path[512];
	char first[256] = "";

	if (!text_format(path, sizeof(path), "%s/class/backlight", sysfs))
		return -ENAMETOOLONG;
	int class_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (class_fd < 0)
		return -ENOENT;
	if (!name && folder_first(class_fd, first, sizeof(first)) == 0)
		name = first;
	int fd = name ? openat(class_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	fd_close(class_fd);
	if (fd < 0)
		return -ENOENT;
	files_open(backlight, fd);
	fd_close(fd);
	return 0;
}

int backlight_open(
	struct backlight **ret, const char *sysfs, const char *name, struct display *display)
{
	struct backlight *backlight = calloc(1, sizeof(*backlight));

	if (!backlight)
		return -ENOMEM;
	backlight->display = display;
	backlight->power_fd = backlight->brightness_fd = -1;
	int result = files_find(backlight, sysfs, name);

	if (result < 0 && name) {
		log_errno(LOG_LEVEL_ERROR, result, "backlight = %s", name);
		free(backlight);
		return result;
	}
	*ret = backlight;
	return 0;
}

void backlight_close(struct backlight *backlight)
{
	if (!backlight)
		return;
	backlight_set(backlight, true);
	fd_close(backlight->power_fd);
	fd_close(backlight->brightness_fd);
	free(backlight);
}

static void crash_arm(const struct backlight *backlight)
{
	memcpy(crash_brightness, backlight->brightness, sizeof(crash_brightness));
	atomic_store(&crash_power_fd, backlight->power_fd);
	atomic_store(&crash_brightness_fd, backlight->brightness_fd);
}

static void crash_disarm(void)
{
	atomic_store(&crash_power_fd, -1);
	atomic_store(&crash_brightness_fd, -1);
}

void backlight_set(struct backlight *backlight, bool is_on)
{
	bool has_files = backlight->power_fd >= 0 || backlight->brightness_fd >= 0;

	if (backlight->is_off == !is_on)
		return;
	backlight->is_off = !is_on;
	if (!is_on)
		crash_arm(backlight);
	if (has_files)
		light(backlight, is_on);
	else if (backlight->display)
		display_blank(backlight->display, !is_on);
	if (is_on)
		crash_disarm();
}

bool backlight_is_on(const struct backlight *backlight)
{
	return !backlight->is_off;
}

void backlight_restore_now(void)
{
	int power_fd = atomic_load(&crash_power_fd);
	int brightness_fd = atomic_load(&crash_brightness_fd);

	/* Nothing can be done about a failure here. */
	if (power_fd >= 0 && pwrite(power_fd, "0", 1, 0) < 0)
		return;
	if (brightness_fd >= 0 &&
		pwrite(brightness_fd, crash_brightness, strlen(crash_brightness), 0) < 0)
		return;
}
