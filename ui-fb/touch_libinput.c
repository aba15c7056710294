/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/touch_libinput.h"

#include "core/base/fd.h"
#include "core/base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libinput.h>
#include <linux/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FOLDER "/dev/input"
#define DEVICES_MAX 16

struct node {
	char path[64]; /* "": free */
	struct libinput_device *device; /* a reference */
};

struct touch_libinput {
	struct libinput *libinput;
	int inotify_fd; /* -1: one fixed device */
	bool ignores_pointers;
	bool has_calibration;
	float calibration[6];
	struct node nodes[DEVICES_MAX];
	double pointer_x, pointer_y; /* a pointer's place between its clicks */
	bool is_pointer_down;
};

static int open_restricted(const char *path, int flags, void *data)
{
	int fd = open(path, flags | O_CLOEXEC);

	(void)data;
	return fd < 0 ? -errno : fd;
}

static void close_restricted(int fd, void *data)
{
	(void)data;
	fd_close(fd);
}

static const struct libinput_interface interface = {open_restricted, close_restricted};

static bool has_bit(const unsigned char *bits, unsigned int bit)
{
	return bits[bit / 8] & 1U << bit % 8;
}

/* Does this node point at a place on the screen? A mouse does not: no arrow is drawn. */
static bool is_wanted(const char *path, bool ignores_pointers)
{
	unsigned char properties[INPUT_PROP_CNT / 8] = {0};
	unsigned char axes[ABS_CNT / 8] = {0};
	unsigned char keys[KEY_CNT / 8] = {0};
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return false;
	bool is_input = ioctl(fd, EVIOCGPROP(sizeof(properties)), properties) >= 0 &&
		ioctl(fd, EVIOCGBIT(EV_ABS, sizeof(axes)), axes) >= 0 &&
		ioctl(fd, EVIOCGBIT(EV_KEY, sizeof(keys)), keys) >= 0;

	fd_close(fd);
	if (!is_input || !has_bit(axes, ABS_X) || !has_bit(axes, ABS_Y) ||
		has_bit(properties, INPUT_PROP_POINTER))
		return false;
	/* Older drivers (ADS7846, STMPE) have BTN_TOUCH but not the property. */
	if (has_bit(properties, INPUT_PROP_DIRECT) || has_bit(keys, BTN_TOUCH))
		return true;
	return has_bit(keys, BTN_LEFT) && !ignores_pointers;
}

static struct node *node_find(struct touch_libinput *input, const char *path)
{
	for (size_t i = 0; i < DEVICES_MAX; i++) {
		if (strcmp(input->nodes[i].path, path) == 0)
			return &input->nodes[i];
	}
	return NULL;
}

static int node_add(struct touch_libinput *input, const char *path)
{
	struct node *node = node_find(input, "");

	if (node_find(input, path) || !node || strlen(path) >= sizeof(node->path))
		return -EEXIST;
	struct libinput_device *device = libinput_path_add_device(input->libinput, path);

	if (!device)
		return -ENODEV; /* libinput logged why */
	if (input->has_calibration)
		libinput_device_config_calibration_set_matrix(device, input->calibration);
	snprintf(node->path, sizeof(node->path), "%s", path);
	node->device = libinput_device_ref(device);
	log_info("Touch: %s (%s)", libinput_device_get_name(device), path);
	return 0;
}

static void node_consider(struct touch_libinput *input, const char *name)
{
	char path[300];

	if (strncmp(name, "event", 5) != 0)
		return;
	snprintf(path, sizeof(path), FOLDER "/%.255s", name);
	if (!node_find(input, path) && is_wanted(path, input->ignores_pointers))
		node_add(input, path);
}

static void folder_scan(struct touch_libinput *input)
{
	DIR *dir = opendir(FOLDER);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		node_consider(input, entry->d_name);
	if (dir)
		closedir(dir);
}

static int folder_watch(struct touch_libinput *input)
{
	input->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (input->inotify_fd < 0)
		return -errno;
	if (inotify_add_watch(input->inotify_fd, FOLDER, IN_ATTRIB) < 0)
		log_errno(LOG_LEVEL_NOTICE, -errno, "No input devices: " FOLDER);
	folder_scan(input);
	return 0;
}

int touch_libinput_open(struct touch_libinput **ret, const struct touch_options *options)
{
	struct touch_libinput *input = calloc(1, sizeof(*input));

	if (!input)
		return -ENOMEM;
	input->inotify_fd = -1;
	input->ignores_pointers = options->ignores_pointers;
	input->has_calibration = options->calibration != NULL;
	if (options->calibration)
		memcpy(input->calibration, options->calibration, sizeof(input->calibration));
	input->libinput = libinput_path_create_context(&interface, input);
	int result = input->libinput ? 0 : -ENOMEM;

	if (result == 0)
		result = options->device ? node_add(input, options->device) : folder_watch(input);
	if (result < 0) {
		touch_libinput_close(input);
		return result;
	}
	*ret = input;
	return 0;
}

void touch_libinput_close(struct touch_libinput *input)
{
	if (!input)
		return;
	for (size_t i = 0; i < DEVICES_MAX; i++) {
		if (input->nodes[i].device)
			libinput_device_unref(input->nodes[i].device);
	}
	if (input->libinput)
		libinput_unref(input->libinput);
	fd_close(input->inotify_fd);
	free(input);
}

void touch_libinput_fds(const struct touch_libinput *input, int fds[2])
{
	fds[0] = libinput_get_fd(input->libinput);
	fds[1] = input->inotify_fd;
}

static void device_gone(struct touch_libinput *input, struct libinput_device *device)
{
	for (size_t i = 0; i < DEVICES_MAX; i++) {
		if (input->nodes[i].device == device) {
			libinput_device_unref(device);
			input->nodes[i] = (struct node){0};
		}
	}
}

static bool point_of_touch(
	struct libinput_event *event, enum touch_kind kind, struct touch_point *point)
{
	struct libinput_event_touch *touch = libinput_event_get_touch_event(event);

	*point = (struct touch_point){
		.kind = kind,
		.finger = libinput_event_touch_get_slot(touch),
		.time_usec = libinput_event_touch_get_time_usec(touch),
	};
	if (kind == TOUCH_DOWN || kind == TOUCH_MOVE) {
		point->x = libinput_event_touch_get_x_transformed(touch, 1);
		point->y = libinput_event_touch_get_y_transformed(touch, 1);
	}
	return true;
}

static void point_of_pointer(const struct touch_libinput *input, enum touch_kind kind,
	uint64_t time_usec, struct touch_point *point)
{
	*point = (struct touch_point){
		.kind = kind,
		.x = input->pointer_x,
		.y = input->pointer_y,
		.time_usec = time_usec,
	};
}

static bool point_of_motion(
	struct touch_libinput *input, struct libinput_event *event, struct touch_point *point)
{
	struct libinput_event_pointer *pointer = libinput_event_get_pointer_event(event);

	input->pointer_x = libinput_event_pointer_get_absolute_x_transformed(pointer, 1);
	input->pointer_y = libinput_event_pointer_get_absolute_y_transformed(pointer, 1);
	point_of_pointer(input, TOUCH_MOVE, libinput_event_pointer_get_time_usec(pointer), point);
	return input->is_pointer_down;
}

static bool point_of_button(
	struct touch_libinput *input, struct libinput_event *event, struct touch_point *point)
{
	struct libinput_event_pointer *pointer = libinput_event_get_pointer_event(event);
	bool is_down =
		libinput_event_pointer_get_button_state(pointer) == LIBINPUT_BUTTON_STATE_PRESSED;

	if (libinput_event_pointer_get_button(pointer) != BTN_LEFT)
		return false;
	input->is_pointer_down = is_down;
	point_of_pointer(input, is_down ? TOUCH_DOWN : TOUCH_UP,
		libinput_event_pointer_get_time_usec(pointer), point);
	return true;
}

static bool point_of(
	struct touch_libinput *input, struct libinput_event *event, struct touch_point *point)
{
	switch (libinput_event_get_type(event)) {
	case LIBINPUT_EVENT_DEVICE_REMOVED:
		device_gone(input, libinput_event_get_device(event));
		return false;
	case LIBINPUT_EVENT_TOUCH_DOWN:
		return point_of_touch(event, TOUCH_DOWN, point);
	case LIBINPUT_EVENT_TOUCH_MOTION:
		return point_of_touch(event, TOUCH_MOVE, point);
	case LIBINPUT_EVENT_TOUCH_UP:
		return point_of_touch(event, TOUCH_UP, point);
	case LIBINPUT_EVENT_TOUCH_CANCEL:
		return point_of_touch(event, TOUCH_CANCEL, point);
	case LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE:
		return point_of_motion(input, event, point);
	case LIBINPUT_EVENT_POINTER_BUTTON:
		return point_of_button(input, event, point);
	default:
		return false;
	}
}

static void folder_follow(struct touch_libinput *input)
{
	_Alignas(struct inotify_event) char buffer[4096];
	bool is_changed = false;

	while (input->inotify_fd >= 0 && read(input->inotify_fd, buffer, sizeof(buffer)) > 0)
		is_changed = true;
	if (is_changed)
		folder_scan(input);
}

void touch_libinput_dispatch(struct touch_libinput *input, touch_point_handler *handler, void *data)
{
	struct libinput_event *event;

	folder_follow(input);
	libinput_dispatch(input->libinput);
	while ((event = libinput_get_event(input->libinput))) {
		struct touch_point point;

		if (point_of(input, event, &point))
			handler(data, &point);
		libinput_event_destroy(event);
	}
}

bool touch_libinput_is_present(const struct touch_libinput *input)
{
	for (size_t i = 0; i < DEVICES_MAX; i++) {
		if (input->nodes[i].device)
			return true;
	}
	return false;
}
