/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source_udev.c - cards in real readers. The only file that knows libudev.
 *
 * The monitor listens first, then everything is enumerated, and both lead to
 * the same look at a device: so nothing falls in between. A card that is put into a
 * reader that was there before gives a "change" only, and one without a partition table never
 * gives an "add"; a card that is taken out may do nothing but change the device's size to
 * none. When the monitor's buffer was too small, everything is looked at again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <libudev.h>

#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/daemon/host_disks.h"
#include "core/daemon/mount.h"
#include "core/daemon/source.h"

#define DEVICES_MAX 64
#define EVENTS_PER_TURN 64
#define AGAIN_USEC 1000000 /* for a card that there was no place for */
#define SECTOR_BYTES 512
#define KEY_BYTES 512

/* A card that was told, by its path in /sys; diskseq tells one card in a reader from the next. */
struct device {
	char key[KEY_BYTES];
	char sequence[24];
	bool is_present;
	bool is_taken; /* inserted() has taken it; else it is told of again */
};

struct source_udev {
	struct source source;
	struct udev *udev;
	struct udev_monitor *monitor;
	sd_event_source *io_source, *start_source, *again_source;
	struct device devices[DEVICES_MAX];
	size_t devices_count;
};

static struct source_udev *of(struct source *source)
{
	return (struct source_udev *)source;
}

/* --- is it a card --- */

static const char *property(struct udev_device *device, const char *name)
{
	return udev_device_get_property_value(device, name);
}

static bool is_property(struct udev_device *device, const char *name, const char *value)
{
	const char *found = property(device, name);

	return found && !strcmp(found, value);
}

static uint64_t number_of(const char *text)
{
	uint64_t value = 0;

	return text && text_parse_u64(text, UINT64_MAX, &value) == 0 ? value : 0;
}

/* The disk that a partition is on; borrowed from device. */
static struct udev_device *disk_of(struct udev_device *device)
{
	if (is_property(device, "DEVTYPE", "partition"))
		return udev_device_get_parent_with_subsystem_devtype(device, "block", "disk");
	return device;
}

/* As the daemon sees it: what the host mounts comes into its namespace (mount.c). */
static const struct host_view host = {.sys = "/sys",
	.dev = "/dev",
	.mountinfo = "/proc/self/mountinfo",
	.swaps = "/proc/swaps",
	.fstab = "/etc/fstab",
	.own_mounts = MOUNT_FOLDER};

static bool has_partitions(struct udev_device *disk)
{
	return property(disk, "ID_PART_TABLE_TYPE") != NULL;
}

static bool can_read(struct udev_device *device)
{
	const char *fs_type = property(device, "ID_FS_TYPE");

	return fs_type && mount_supports(fs_type);
}

/*
 * Is there a card in it that is ours to deal with? Its partitions speak for a disk with some.
 * A disk on USB with a file system that no card has is somebody's disk, and not worth a word.
 */
static bool is_card(struct udev_device *device)
{
	struct udev_device *disk = disk_of(device);
	enum host_disk_kind kind;

	if (!disk || number_of(udev_device_get_sysattr_value(device, "size")) == 0 ||
		(device == disk && has_partitions(disk)))
		return false;
	if (device != disk && !is_property(device, "ID_FS_USAGE", "filesystem"))
		return false; /* a partition without files on a card that may have others */
	kind = host_disk_kind(&host, udev_device_get_sysname(disk));
	if (kind == HOST_DISK_FIXED || (kind == HOST_DISK_EXTERNAL && !can_read(device)))
		return false;
	return !host_uses_disk(&host, udev_device_get_sysname(disk));
}

/* --- telling --- */

static struct device *find_device(struct source_udev *udev, const char *key)
{
	for (size_t i = 0; i < udev->devices_count; i++)
		if (!strcmp(udev->devices[i].key, key))
			return &udev->devices[i];
	return NULL;
}

static void drop_device(struct source_udev *udev, struct device *device)
{
	struct device gone = *device;

	*device = udev->devices[--udev->devices_count];
	udev->source.handler->removed(udev->source.userdata, &udev->source, gone.key);
}

/* udev has a label with odd characters as \xNN in ID_FS_LABEL_ENC. */
static const char *label_of(struct udev_device *device, char *raw, size_t raw_bytes)
{
	const char *encoded = property(device, "ID_FS_LABEL_ENC");

	if (encoded && text_unescape(encoded, raw, raw_bytes) == 0 && *raw)
		return raw;
	return property(device, "ID_MODEL");
}

static void tell_inserted(struct source_udev *udev, struct udev_device *device, struct device *told)
{
	struct udev_device *disk = disk_of(device);
	const char *disk_name = udev_device_get_sysname(disk);
	char label[256];
	const struct source_card card = {.key = told->key,
		.label = label_of(device, label, sizeof(label)),
		.slot = udev_device_get_sysname(device),
		.device = udev_device_get_devnode(device),
		.fs_type = property(device, "ID_FS_TYPE"),
		.size_bytes =
			number_of(udev_device_get_sysattr_value(device, "size")) * SECTOR_BYTES,
		.is_supported = can_read(device),
		.must_ask = host_disk_kind(&host, disk_name) == HOST_DISK_EXTERNAL,
		.slot_device = udev_device_get_devnode(disk)};

	told->is_taken =
		udev->source.handler->inserted(udev->source.userdata, &udev->source, &card);
}

/* NULL: too many, and then there are such as wait: all is looked at again with them. */
static struct device *add_device(struct source_udev *udev, struct udev_device *device)
{
	struct device *added = &udev->devices[udev->devices_count];

	if (udev->devices_count == DEVICES_MAX)
		return NULL;
	*added = (struct device){0};
	(void)snprintf(added->key, sizeof(added->key), "%s", udev_device_get_syspath(device));
	(void)snprintf(
		added->sequence, sizeof(added->sequence), "%s", property(device, "DISKSEQ") ?: "");
	udev->devices_count++;
	return added;
}

static void look_at(struct source_udev *udev, struct udev_device *device)
{
	struct device *told = find_device(udev, udev_device_get_syspath(device));
	const char *sequence = property(device, "DISKSEQ") ?: "";
	bool is_there = !is_property(device, "ACTION", "remove") && is_card(device);

	if (told && (!is_there || strcmp(told->sequence, sequence) != 0)) {
		drop_device(udev, told);
		told = NULL;
	}
	if (!told && is_there)
		told = add_device(udev, device);
	if (!told)
		return;
	told->is_present = true;
	if (!told->is_taken)
		tell_inserted(udev, device, told);
}

static void plan_to_tell_again(struct source_udev *udev)
{
	bool has_waiting = false;

	for (size_t i = 0; i < udev->devices_count; i++)
		has_waiting |= !udev->devices[i].is_taken;
	(void)sd_event_source_set_time_relative(udev->again_source, AGAIN_USEC);
	(void)sd_event_source_set_enabled(
		udev->again_source, has_waiting ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/* --- looking --- */

static void enumerate(struct source_udev *udev)
{
	struct udev_enumerate *all = udev_enumerate_new(udev->udev);
	struct udev_list_entry *entry;

	if (!all || udev_enumerate_add_match_subsystem(all, "block") < 0 ||
		udev_enumerate_add_match_is_initialized(all) < 0 ||
		udev_enumerate_scan_devices(all) < 0) {
		log_warning("the machine's disks could not be listed");
		udev_enumerate_unref(all);
		return;
	}
	for (size_t i = 0; i < udev->devices_count; i++)
		udev->devices[i].is_present = false;
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(all))
	{
		struct udev_device *device =
			udev_device_new_from_syspath(udev->udev, udev_list_entry_get_name(entry));

		if (device)
			look_at(udev, device);
		udev_device_unref(device);
	}
	for (size_t i = udev->devices_count; i > 0; i--)
		if (!udev->devices[i - 1].is_present)
			drop_device(udev, &udev->devices[i - 1]);
	udev_enumerate_unref(all);
}

/* Without a device errno says why: only EAGAIN means that nothing more waits. */
static int on_uevent(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct source_udev *udev = userdata;
	bool must_look_at_all = false;

	(void)source;
	(void)fd;
	(void)revents;
	for (int i = 0; i < EVENTS_PER_TURN; i++) {
		struct udev_device *device;

		errno = 0;
		device = udev_monitor_receive_device(udev->monitor);
		if (!device && errno == EAGAIN)
			break;
		if (device && disk_of(device) != device)
			look_at(udev, device);
		else if (device || errno == ENOBUFS)
			must_look_at_all = true; /* a disk takes its partitions along */
		udev_device_unref(device);
	}
	if (must_look_at_all)
		enumerate(udev);
	plan_to_tell_again(udev);
	return 0;
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct source_udev *udev = userdata;

	(void)source;
	(void)usec;
	enumerate(udev);
	plan_to_tell_again(udev);
	return 0;
}

static int on_start(sd_event_source *source, void *userdata)
{
	struct source_udev *udev = userdata;

	(void)source;
	enumerate(udev);
	plan_to_tell_again(udev);
	udev->source.handler->ready(udev->source.userdata, &udev->source);
	return 0;
}

/* --- its life --- */

static void free_udev(struct source *source)
{
	struct source_udev *udev = of(source);

	(void)sd_event_source_disable_unref(udev->io_source);
	(void)sd_event_source_disable_unref(udev->start_source);
	(void)sd_event_source_disable_unref(udev->again_source);
	udev_monitor_unref(udev->monitor);
	udev_unref(udev->udev);
	free(udev);
}

static const struct source_ops ops = {.name = "card readers", .free = free_udev};

static int listen_to(struct source_udev *udev, sd_event *event)
{
	int r;

	udev->udev = udev_new();
	udev->monitor = udev->udev ? udev_monitor_new_from_netlink(udev->udev, "udev") : NULL;
	if (!udev->monitor)
		return -ENOSYS;
	r = udev_monitor_filter_add_match_subsystem_devtype(udev->monitor, "block", NULL);
	if (r >= 0)
		r = udev_monitor_enable_receiving(udev->monitor);
	if (r >= 0)
		r = sd_event_add_io(event, &udev->io_source, udev_monitor_get_fd(udev->monitor),
			EPOLLIN, on_uevent, udev);
	if (r >= 0)
		r = sd_event_add_defer(event, &udev->start_source, on_start, udev);
	if (r >= 0)
		r = sd_event_add_time_relative(
			event, &udev->again_source, CLOCK_MONOTONIC, 0, 0, on_again, udev);
	if (r >= 0)
		r = sd_event_source_set_enabled(udev->again_source, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

int source_udev_new(
	struct source **ret, sd_event *event, const struct source_handler *handler, void *userdata)
{
	struct source_udev *udev = calloc(1, sizeof(*udev));
	int r;

	if (!udev)
		return -ENOMEM;
	udev->source = (struct source){&ops, handler, userdata};
	r = listen_to(udev, event);
	if (r < 0) {
		free_udev(&udev->source);
		return r;
	}
	*ret = &udev->source;
	return 0;
}
