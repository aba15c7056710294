/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/engine/card.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/msdos_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/device.h"
#include "core/base/text.h"

/* One line of /proc/self/mountinfo, as far as it matters; proc(5). */
struct mount_line {
	char root[1024], point[1024], fs_type[64], super_options[1024];
};

static bool parse_mount_line(
	const char *line, struct mount_line *mount, unsigned *maj, unsigned *min)
{
	const char *dash = strstr(line, " - ");

	return dash &&
		sscanf(line, "%*d %*d %u:%u %1023s %1023s", maj, min, mount->root, mount->point) ==
		4 &&
		sscanf(dash + 3, "%63s %*s %1023s", mount->fs_type, mount->super_options) == 2;
}

static bool find_mount(dev_t device, struct mount_line *mount)
{
	FILE *in = fopen("/proc/self/mountinfo", "re");
	char line[8192];
	bool is_found = false;

	while (in && !is_found && fgets(line, sizeof(line), in)) {
		unsigned maj, min;

		is_found = parse_mount_line(line, mount, &maj, &min) && maj == major(device) &&
			min == minor(device);
	}
	if (in)
		(void)fclose(in); /* only read */
	return is_found;
}

/* Name of the link in folder that leads to this block device. */
static bool find_device_link(const char *folder, dev_t device, char *name, size_t name_bytes)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool is_found = false;

	while (dir && !is_found && (entry = readdir(dir))) {
		struct stat st;

		if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &st, 0) < 0)
			continue;
		is_found = S_ISBLK(st.st_mode) && st.st_rdev == device &&
			text_format(name, name_bytes, "%s", entry->d_name);
	}
	if (dir)
		(void)closedir(dir);
	return is_found;
}

/* udev writes "EOS\x20DIGITAL" for a label with a blank. */
static void unescape_udev(char *text)
{
	char *out = text;

	for (; *text; text++) {
		unsigned code;

		if (sscanf(text, "\\x%2x", &code) == 1 && code) {
			*out++ = (char)code;
			text += 3;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}

static bool volume_uuid(struct card *card, char *uuid, size_t uuid_bytes)
{
	uint32_t serial = 0;

	if (find_device_link("/dev/disk/by-uuid", card->device, uuid, uuid_bytes))
		return true;
	if (ioctl(card->fd, FAT_IOCTL_GET_VOLUME_ID, &serial) == 0 && serial)
		return text_format(uuid, uuid_bytes, "%04X-%04X", serial >> 16, serial & 0xffff);
	return false;
}

static bool fs_id_is_stable(const struct statfs *fs)
{
	/* For these f_fsid comes from the file system's UUID, not from the device's number. */
	switch ((unsigned long)fs->f_type) {
	case EXT4_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case OVERLAYFS_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

static uint64_t fs_id(const struct statfs *fs)
{
	uint64_t id = 0;

	memcpy(&id, &fs->f_fsid, sizeof(id) < sizeof(fs->f_fsid) ? sizeof(id) : sizeof(fs->f_fsid));
	return id;
}

static void identify(struct card *card, const struct statfs *fs, const struct stat *root)
{
	char uuid[256] = "", safe[300];
	uint64_t random = 0;

	card->has_stable_identity = true;
	if (volume_uuid(card, uuid, sizeof(uuid))) {
		/* Cameras give many cards the same serial: the size is part of it. */
		(void)text_escape(uuid, safe, sizeof(safe));
		(void)text_format(card->identity, sizeof(card->identity),
			"volume:%s:%" PRIu64 ":%" PRIu64, safe, card->size_bytes,
			(uint64_t)root->st_ino);
		return;
	}
	if (fs_id_is_stable(fs)) {
		(void)text_format(card->identity, sizeof(card->identity),
			"folder:%016" PRIx64 ":%" PRIu64, fs_id(fs), (uint64_t)root->st_ino);
		return;
	}
	card->has_stable_identity = false;
	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		random = (uint64_t)getpid();
	(void)text_format(card->identity, sizeof(card->identity), "once:%016" PRIx64, random);
}

static void name_it(struct card *card, const char *path)
{
	CLEANUP(freep) char *real = realpath(path, NULL);
	const char *base = real ? strrchr(real, '/') : NULL;
	char label[256];

	if (find_device_link("/dev/disk/by-label", card->device, label, sizeof(label)))
		unescape_udev(label);
	else
		(void)text_format(label, sizeof(label), "%s", base && base[1] ? base + 1 : "card");
	(void)text_escape(label, card->label, sizeof(card->label));
}

static bool option_is_set(const char *options, const char *wanted)
{
	size_t length = strlen(wanted);

	for (const char *at = options; (at = strstr(at, wanted)); at += length)
		if ((at == options || at[-1] == ',') && (at[length] == ',' || !at[length]))
			return true;
	return false;
}

static int look_at(struct card *card)
{
	struct mount_line mount;
	struct statvfs space;
	struct stat root;

	if (fstat(card->fd, &root) < 0 || fstatvfs(card->fd, &space) < 0)
		return -errno;
	card->device = root.st_dev;
	card->size_bytes = (uint64_t)space.f_blocks * space.f_frsize;
	if (find_mount(root.st_dev, &mount)) {
		(void)text_format(card->fs_type, sizeof(card->fs_type), "%.23s", mount.fs_type);
		card->mtime_is_wall_clock = !strcmp(mount.fs_type, "vfat") &&
			option_is_set(mount.super_options, "tz=UTC");
	}
	return 0;
}

static enum fault fault_of(int error)
{
	switch (error) {
	case -ENOENT:
		return FAULT_CARD_MISSING;
	case -ENOTDIR:
	case -ELOOP:
		return FAULT_CARD_NOT_FOLDER;
	default:
		return FAULT_CARD_UNREADABLE;
	}
}

int card_open(struct card *card, const char *path, const char *identity, const char *label,
	enum fault *fault)
{
	CLEANUP(freep) char *real = realpath(path, NULL);
	struct statfs fs = {0};
	struct stat root = {0};
	int r;

	memset(card, 0, sizeof(*card));
	card->fd = real ? fd_open_dir(AT_FDCWD, real) : -errno;
	r = card->fd < 0 ? card->fd : look_at(card);
	if (r == 0 && (fstatfs(card->fd, &fs) < 0 || fstat(card->fd, &root) < 0))
		r = -errno;
	if (r < 0) {
		*fault = fault_of(r);
		card_close(card);
		return r;
	}
	identify(card, &fs, &root);
	if (identity) {
		card->has_stable_identity = true;
		(void)text_escape(identity, card->identity, sizeof(card->identity));
	}
	name_it(card, path);
	if (label)
		(void)text_escape(label, card->label, sizeof(card->label));
	return 0;
}

void card_close(struct card *card)
{
	fd_close(card->fd);
	card->fd = -1;
}

bool card_is_gone(const struct card *card)
{
	return device_is_gone(card->device);
}
