/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host_disks.h - which disks are the machine's own, and which are a reader's slot. Asks the
 * kernel's files only, never a file system on a disk: it does not wait for a disk that hangs.
 */
#ifndef IMGTANK_CORE_DAEMON_HOST_DISKS_H
#define IMGTANK_CORE_DAEMON_HOST_DISKS_H

#include <stdbool.h>

/* Where the kernel's files are; tests have others. Borrowed. */
struct host_view {
	const char *sys, *dev; /* "/sys", "/dev" */
	const char *mountinfo, *swaps, *fstab;
	const char *own_mounts; /* what is mounted below this folder is ours, not the host's */
};

enum host_disk_kind {
	HOST_DISK_FIXED, /* built in: an SSD, an eMMC chip with its boot areas */
	HOST_DISK_SLOT, /* a medium that people put in: a reader's slot, a stick, an SD slot */
	HOST_DISK_EXTERNAL, /* on USB, and says that it stays: a disk, or a reader for CFexpress */
};

/* disk_name: as in /sys/class/block. What is not known there is fixed. */
enum host_disk_kind host_disk_kind(const struct host_view *view, const char *disk_name);

/*
 * Does the host use something of this disk: root, boot, the tank, swap, a mounted partition, what
 * LVM, md or a crypt layer stands on; or does fstab say that it is going to be mounted? If a file
 * cannot be read: true, to be careful.
 */
bool host_uses_disk(const struct host_view *view, const char *disk_name);

#endif
