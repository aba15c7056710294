/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/host_disks.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"

#define NODE_BYTES 256

/* --- places in /sys --- */

/* The device's own folder, ".../block/sdb/sdb1"; owned by the caller; NULL: there is none. */
static char *sys_folder(const struct host_view *view, const char *class, const char *name)
{
	char path[PATH_MAX];

	if (!text_format(path, sizeof(path), "%s/%s/%s", view->sys, class, name))
		return NULL;
	return realpath(path, NULL);
}

/* Is it the disk, or a partition of it? */
static bool is_folder_of_disk(const char *folder, const char *disk_name)
{
	char part[NODE_BYTES];
	const char *found;

	(void)text_format(part, sizeof(part), "/block/%s", disk_name);
	found = folder ? strstr(folder, part) : NULL;
	return found && (found[strlen(part)] == '/' || found[strlen(part)] == '\0');
}

/* One line of a file of a device; "" if there is none. */
static void read_attribute(const char *folder, const char *name, char *value, size_t value_bytes)
{
	char path[PATH_MAX];
	FILE *file = NULL;

	value[0] = '\0';
	if (text_format(path, sizeof(path), "%s/%s", folder, name))
		file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(value, (int)value_bytes, file))
		value[strcspn(value, "\n")] = '\0';
	(void)fclose(file);
}

/* --- what kind of disk --- */

/* ".../usb2/2-1/2-1:1.0/host0/..." */
static bool is_on_usb(const char *folder)
{
	for (const char *at = folder; (at = strstr(at, "/usb")); at++)
		if (at[4] >= '0' && at[4] <= '9')
			return true;
	return false;
}

enum host_disk_kind host_disk_kind(const struct host_view *view, const char *disk_name)
{
	CLEANUP(freep) char *folder = sys_folder(view, "class/block", disk_name);
	char value[16];

	if (!folder)
		return HOST_DISK_FIXED;
	if (strstr(folder, "/mmc_host/")) { /* all of them say that they are not removable */
		read_attribute(folder, "device/type", value, sizeof(value));
		return !strncmp(value, "SD", 2) ? HOST_DISK_SLOT : HOST_DISK_FIXED;
	}
	read_attribute(folder, "removable", value, sizeof(value));
	if (!strcmp(value, "1"))
		return HOST_DISK_SLOT;
	return is_on_usb(folder) ? HOST_DISK_EXTERNAL : HOST_DISK_FIXED;
}

/* --- who uses it --- */

static bool is_on_disk(
	const struct host_view *view, unsigned int major, unsigned int minor, const char *disk_name)
{
	char number[32];
	CLEANUP(freep) char *folder = NULL;

	(void)text_format(number, sizeof(number), "%u:%u", major, minor);
	folder = sys_folder(view, "dev/block", number);
	return is_folder_of_disk(folder, disk_name);
}

/* node: "/dev/sda2", or a link such as "/dev/disk/by-uuid/..." */
static bool is_node_on_disk(const struct host_view *view, const char *node, const char *disk_name)
{
	char path[PATH_MAX];
	CLEANUP(freep) char *resolved = NULL, *folder = NULL;

	if (strncmp(node, "/dev/", 5) != 0 ||
		!text_format(path, sizeof(path), "%s/%s", view->dev, node + 5))
		return false;
	resolved = realpath(path, NULL);
	if (resolved)
		folder = sys_folder(view, "class/block", strrchr(resolved, '/') + 1);
	return is_folder_of_disk(folder, disk_name);
}

static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return !strncmp(path, folder, length) && path[length] == '/';
}

/* A line of /proc/PID/mountinfo: proc(5). Some file systems hide their disk: the source says it. */
static bool is_mount_on_disk(const struct host_view *view, const char *line, const char *disk_name)
{
	const char *behind = strstr(line, " - ");
	unsigned int major, minor;
	char point[PATH_MAX], node[NODE_BYTES];

	if (sscanf(line, "%*u %*u %u:%u %*s %4095s", &major, &minor, point) != 3 ||
		is_below(point, view->own_mounts))
		return false;
	if (is_on_disk(view, major, minor, disk_name))
		return true;
	return behind && sscanf(behind, " - %*s %255s", node) == 1 &&
		is_node_on_disk(view, node, disk_name);
}

/* "/dev/sda2 partition 1048576 ..." */
static bool is_swap_on_disk(const struct host_view *view, const char *line, const char *disk_name)
{
	char node[NODE_BYTES];

	return sscanf(line, "%255s", node) == 1 && is_node_on_disk(view, node, disk_name);
}

typedef bool (*line_fn)(const struct host_view *view, const char *line, const char *disk_name);

/* Is that true of a line of the file? */
static bool has_line(
	const struct host_view *view, const char *path, const char *disk_name, line_fn is_true)
{
	FILE *file = fopen(path, "re");
	CLEANUP(freep) char *line = NULL;
	size_t line_bytes = 0;
	bool is_found = false;

	if (!file)
		return errno != ENOENT;
	while (!is_found && getline(&line, &line_bytes, file) > 0)
		is_found = is_true(view, line, disk_name);
	(void)fclose(file);
	return is_found;
}

/* --- who is going to use it --- */

/* fstab(5): "UUID=..." and its like are links that udev makes. */
static bool is_source_on_disk(
	const struct host_view *view, const char *source, const char *disk_name)
{
	static const char *const links[][2] = {{"UUID=", "by-uuid"}, {"LABEL=", "by-label"},
		{"PARTUUID=", "by-partuuid"}, {"PARTLABEL=", "by-partlabel"}};
	char node[NODE_BYTES];

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		size_t length = strlen(links[i][0]);

		if (!strncmp(source, links[i][0], length))
			return text_format(node, sizeof(node), "/dev/disk/%s/%s", links[i][1],
				       source + length) &&
				is_node_on_disk(view, node, disk_name);
	}
	return is_node_on_disk(view, source, disk_name);
}

/* An entry that waits for somebody to say "mount" may be for cards. */
static bool is_mounted_by_itself(const struct mntent *entry)
{
	return !hasmntopt(entry, "noauto") || hasmntopt(entry, "x-systemd.automount");
}

static bool is_in_fstab(const struct host_view *view, const char *disk_name)
{
	FILE *file = setmntent(view->fstab, "re");
	const struct mntent *entry;
	bool is_found = false;

	if (!file)
		return errno != ENOENT;
	while (!is_found && (entry = getmntent(file)))
		is_found = is_mounted_by_itself(entry) &&
			is_source_on_disk(view, entry->mnt_fsname, disk_name);
	(void)endmntent(file);
	return is_found;
}

/* --- what stands on it --- */

static bool has_entries(const char *folder, const char *name)
{
	char path[PATH_MAX];
	DIR *dir = NULL;
	const struct dirent *entry;

	if (text_format(path, sizeof(path), "%s/%s", folder, name))
		dir = opendir(path);
	if (!dir)
		return false;
	while ((entry = readdir(dir)) && entry->d_name[0] == '.')
		;
	(void)closedir(dir);
	return entry != NULL;
}

/* Something of LVM, md, a crypt layer ... stands on the disk or on a partition. */
static bool has_holders(const struct host_view *view, const char *disk_name)
{
	CLEANUP(freep) char *folder = sys_folder(view, "class/block", disk_name);
	DIR *dir = folder ? opendir(folder) : NULL;
	const struct dirent *entry;
	bool is_found = dir && has_entries(folder, "holders");
	char below[NODE_BYTES + 16];

	while (dir && !is_found && (entry = readdir(dir)))
		is_found = !strncmp(entry->d_name, disk_name, strlen(disk_name)) &&
			text_format(below, sizeof(below), "%s/holders", entry->d_name) &&
			has_entries(folder, below);
	if (dir)
		(void)closedir(dir);
	return is_found;
}

bool host_uses_disk(const struct host_view *view, const char *disk_name)
{
	return has_line(view, view->mountinfo, disk_name, is_mount_on_disk) ||
		has_line(view, view->swaps, disk_name, is_swap_on_disk) ||
		has_holders(view, disk_name) || is_in_fstab(view, disk_name);
}
