/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/display_uevent.h"

#include "core/base/fd.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#define GROUP_KERNEL 1U /* group 2 is udevd's own format */

int uevent_open(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = GROUP_KERNEL};
	int fd = socket(
		AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = -errno;

		fd_close(fd);
		return error;
	}
	return fd;
}

struct uevent {
	bool is_screen; /* of a subsystem that has screens */
	bool is_move; /* came or went */
	bool is_hotplug;
};

static void take_field(struct uevent *event, const char *field)
{
	if (strcmp(field, "SUBSYSTEM=drm") == 0 || strcmp(field, "SUBSYSTEM=graphics") == 0)
		event->is_screen = true;
	else if (strcmp(field, "ACTION=add") == 0 || strcmp(field, "ACTION=remove") == 0)
		event->is_move = true;
	else if (strcmp(field, "HOTPLUG=1") == 0)
		event->is_hotplug = true;
}

bool uevent_is_screen(const char *message, size_t size_bytes)
{
	struct uevent event = {0};
	const char *at = message;
	const char *end = message + size_bytes;

	while (at < end) {
		size_t length = strnlen(at, (size_t)(end - at));

		if (at + length == end)
			break; /* without an end mark: cut */
		take_field(&event, at);
		at += length + 1;
	}
	return event.is_screen && (event.is_move || event.is_hotplug);
}

static bool is_from_kernel(const struct sockaddr_nl *from, socklen_t size_bytes)
{
	return size_bytes == sizeof(*from) && from->nl_family == AF_NETLINK && from->nl_pid == 0;
}

bool uevent_drain(int fd)
{
	bool is_screen = false;

	for (;;) {
		char message[8192];
		struct sockaddr_nl from = {0};
		socklen_t from_bytes = sizeof(from);
		ssize_t n = recvfrom(
			fd, message, sizeof(message), 0, (struct sockaddr *)&from, &from_bytes);

		if (n < 0 && errno == ENOBUFS) {
			is_screen = true; /* some were lost: better look */
			continue;
		}
		if (n < 0)
			return is_screen;
		if (is_from_kernel(&from, from_bytes) && uevent_is_screen(message, (size_t)n))
			is_screen = true;
	}
}
