/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mount.h - a card's file system, mounted read-only where only we see it.
 *
 * mount(2) and umount(2) can wait for a bad card for minutes: each is done by a
 * process of its own, which shares our mount namespace.
 */
#ifndef IMGTANK_CORE_DAEMON_MOUNT_H
#define IMGTANK_CORE_DAEMON_MOUNT_H

#include <stdbool.h>

#include <systemd/sd-event.h>

#define MOUNT_FOLDER "/run/imgtank/cards" /* each card below it */

struct mount_job; /* opaque */

/* error: 0 or a negative errno. The job may be freed in it. */
typedef void (*mount_done_fn)(void *userdata, int error);

/* What we mount disappears with us; what the host mounts still arrives. Needs root. */
int mount_enter_namespace(void);

/*
 * Only these may be mounted from now on: "vfat exfat", divided by spaces or commas. -EINVAL: one of
 * them is none that we know how to mount without writing to it.
 */
int mount_allow(const char *names);

/* Can and may a file system of this name (as udev calls it) be mounted without writing to it? */
bool mount_supports(const char *fs_type);

/* Mounts device at folder, which is made if it is missing. Strings are borrowed for the call. */
int mount_begin(struct mount_job **ret, sd_event *event, const char *device, const char *fs_type,
	const char *folder, mount_done_fn done, void *userdata);

/* is_lazy: also if somebody still uses it. Removes the folder, too. */
int mount_undo(struct mount_job **ret, sd_event *event, const char *folder, bool is_lazy,
	mount_done_fn done, void *userdata);

/*
 * Tells a disk, by its node ("/dev/sdb", not a partition), to let its medium go, or to stop.
 * -ENOTTY, -EIO ...: it cannot.
 */
int mount_power_down(struct mount_job **ret, sd_event *event, const char *disk_node,
	mount_done_fn done, void *userdata);

/* Forgets a job; what it does goes on by itself. Accepts NULL. */
void mount_job_free(struct mount_job *job);

#endif
