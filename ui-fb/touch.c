/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/touch.h"

#include "core/base/fd.h"
#include "core/base/log.h"
#include "ui-fb/touch_libinput.h"
#include "ui-fb/touch_source.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct touch {
	enum touch_driver driver;
	touch_handler *handler;
	void *data; /* the handler's */
	struct touch_screen screen;
	struct touch_track track;
	int epoll_fd;

	struct touch_libinput *libinput; /* TOUCH_LIBINPUT */

	int source_fd; /* the others; -1 at its end */
	int file_fd; /* keeps the loop awake while an ordinary file, which epoll refuses, is read */
	struct touch_decoder decoder;
	char buffer[512]; /* bytes not yet taken: a part of an event or of a line */
	size_t buffer_bytes;
};

static const char *const driver_names[] = {
	[TOUCH_LIBINPUT] = "libinput",
	[TOUCH_EVENTS] = "events",
	[TOUCH_TEXT] = "text",
};

int touch_driver_parse(const char *text, enum touch_driver *driver)
{
	for (size_t i = 0; i < sizeof(driver_names) / sizeof(driver_names[0]); i++) {
		if (strcmp(text, driver_names[i]) == 0) {
			*driver = (enum touch_driver)i;
			return 0;
		}
	}
	return -EINVAL;
}

int touch_calibration_parse(const char *text, float calibration[6])
{
	const char *at = text;

	for (size_t i = 0; i < 6; i++) {
		char *end;

		calibration[i] = strtof(at, &end);
		if (end == at || !isfinite(calibration[i]))
			return -EINVAL;
		at = end;
	}
	return at[strspn(at, " \t")] == '\0' ? 0 : -EINVAL;
}

static void on_point(void *data, const struct touch_point *point)
{
	struct touch *touch = data;
	struct touch_event event;

	if (touch_track_step(&touch->track, &touch->screen, point, &event))
		touch->handler(touch->data, &event);
}

static void on_input(struct touch *touch, const struct input_event *event)
{
	struct touch_point point;

	if (touch_decoder_feed(&touch->decoder, event, &point))
		on_point(touch, &point);
}

/* --- a stream of events --- */

static void range_ask(int fd, unsigned int code, struct touch_range *range)
{
	struct input_absinfo info;

	if (ioctl(fd, EVIOCGABS(code), &info) == 0 && info.minimum < info.maximum)
		*range = (struct touch_range){info.minimum, info.maximum};
}

static int watch(struct touch *touch, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (fd < 0 || epoll_ctl(touch->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	return -errno;
}

static int stream_open(struct touch *touch, const struct touch_options *options)
{
	struct stat st;

	if (!options->device)
		return -EINVAL;
	touch_decoder_init(&touch->decoder, options->calibration);
	/* For writing, too, if it is a FIFO: so it has no end when a writer goes. */
	bool is_fifo = stat(options->device, &st) == 0 && S_ISFIFO(st.st_mode);

	touch->source_fd =
		open(options->device, (is_fifo ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_CLOEXEC);
	if (touch->source_fd < 0)
		return -errno;
	range_ask(touch->source_fd, ABS_X, &touch->decoder.range_x);
	range_ask(touch->source_fd, ABS_Y, &touch->decoder.range_y);
	int result = watch(touch, touch->source_fd);

	if (result != -EPERM)
		return result;
	touch->file_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	return touch->file_fd < 0 ? -errno : watch(touch, touch->file_fd);
}

static size_t take_event(struct touch *touch)
{
	struct input_event event;

	if (touch->buffer_bytes < sizeof(event))
		return 0;
	memcpy(&event, touch->buffer, sizeof(event));
	on_input(touch, &event);
	return sizeof(event);
}

static size_t take_line(struct touch *touch)
{
	struct input_event event;
	char *end = memchr(touch->buffer, '\n', touch->buffer_bytes);

	if (!end) /* a line longer than the buffer is dropped in pieces */
		return touch->buffer_bytes == sizeof(touch->buffer) ? touch->buffer_bytes : 0;
	*end = '\0';
	int kind = touch_text_line(&touch->decoder, touch->buffer, &event);

	if (kind == TOUCH_LINE_EVENT)
		on_input(touch, &event);
	if (kind < 0)
		log_warning("Touch recording: a line is not understood");
	return (size_t)(end - touch->buffer) + 1;
}

static void buffer_take(struct touch *touch)
{
	size_t taken;

	do {
		taken = touch->driver == TOUCH_TEXT ? take_line(touch) : take_event(touch);
		touch->buffer_bytes -= taken;
		memmove(touch->buffer, touch->buffer + taken, touch->buffer_bytes);
	} while (taken > 0);
}

/* Unplugged, or read to its end: a finger that was down is gone. */
static void stream_end(struct touch *touch)
{
	struct touch_point gone = {
		.kind = TOUCH_CANCEL, .finger = touch->track.finger, .time_usec = 0};

	fd_close(touch->source_fd);
	fd_close(touch->file_fd);
	touch->source_fd = touch->file_fd = -1;
	if (touch->track.is_down)
		on_point(touch, &gone);
}

static void stream_dispatch(struct touch *touch)
{
	while (touch->source_fd >= 0) {
		ssize_t n = read(touch->source_fd, touch->buffer + touch->buffer_bytes,
			sizeof(touch->buffer) - touch->buffer_bytes);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			stream_end(touch);
			return;
		}
		touch->buffer_bytes += (size_t)n;
		buffer_take(touch);
	}
}

/* --- both --- */

static int source_open(struct touch *touch, const struct touch_options *options)
{
	int fds[2];

	if (options->driver != TOUCH_LIBINPUT)
		return stream_open(touch, options);
	int result = touch_libinput_open(&touch->libinput, options);

	if (result < 0)
		return result;
	touch_libinput_fds(touch->libinput, fds);
	result = watch(touch, fds[0]);
	return result < 0 ? result : watch(touch, fds[1]);
}

int touch_open(
	struct touch **ret, const struct touch_options *options, touch_handler *handler, void *data)
{
	struct touch *touch = calloc(1, sizeof(*touch));

	if (!touch)
		return -ENOMEM;
	*touch = (struct touch){
		.driver = options->driver,
		.handler = handler,
		.data = data,
		.source_fd = -1,
		.file_fd = -1,
		.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
	};
	int result = touch->epoll_fd < 0 ? -errno : source_open(touch, options);

	if (result < 0) {
		log_errno(LOG_LEVEL_ERROR, result, "Touch: %s cannot be used",
			options->device ? options->device : "libinput");
		touch_close(touch);
		return result;
	}
	*ret = touch;
	return 0;
}

void touch_close(struct touch *touch)
{
	if (!touch)
		return;
	touch_libinput_close(touch->libinput);
	fd_close(touch->source_fd);
	fd_close(touch->file_fd);
	fd_close(touch->epoll_fd);
	free(touch);
}

void touch_set_screen(
	struct touch *touch, uint32_t width_px, uint32_t height_px, uint32_t rotation_deg)
{
	touch->screen = (struct touch_screen){width_px, height_px, rotation_deg};
}

int touch_fd(const struct touch *touch)
{
	return touch->epoll_fd;
}

void touch_dispatch(struct touch *touch)
{
	if (touch->libinput)
		touch_libinput_dispatch(touch->libinput, on_point, touch);
	else
		stream_dispatch(touch);
}

bool touch_is_present(const struct touch *touch)
{
	return touch->libinput ? touch_libinput_is_present(touch->libinput) : touch->source_fd >= 0;
}
