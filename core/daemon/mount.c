/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/mount.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/cdrom.h>
#include <linux/fs.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"

#define FOLDER_MODE 0700
#define CARD_FLAGS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME)

/*
 * No journal is replayed: that would write. ntfs3 and hfsplus have no option for it: they replay
 * nothing if they are mounted read-only. Names in UTF-8, whatever the kernel's own idea; FAT: times
 * as the camera wrote them, which the engine takes for local ones. xfs is not here: whether its log
 * has something that is missing elsewhere cannot be told without replaying it.
 */
static const struct {
	const char *name, *options;
} file_systems[] = {
	{"vfat", "utf8,tz=UTC"},
	{"exfat", "iocharset=utf8"},
	{"ntfs3", "iocharset=utf8"},
	{"ext4", "noload"},
	{"hfsplus", "nls=utf8"},
	{"udf", "iocharset=utf8"},
	{"iso9660", "iocharset=utf8"},
	{"btrfs", "rescue=nologreplay"},
};

#define FILE_SYSTEMS_COUNT (sizeof(file_systems) / sizeof(file_systems[0]))

/* Which of them may be mounted; a bit for each. */
static uint32_t allowed;

struct mount_job {
	sd_event_source *child_source;
	mount_done_fn done;
	void *userdata;
};

int mount_enter_namespace(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ? -errno : 0;
}

/* udev's names are not always the kernel's. */
static const char *kernel_name(const char *fs_type)
{
	if (!strcmp(fs_type, "ext2") || !strcmp(fs_type, "ext3"))
		return "ext4";
	return strcmp(fs_type, "ntfs") ? fs_type : "ntfs3";
}

/* Its place in the table, or FILE_SYSTEMS_COUNT. */
static size_t find_file_system(const char *fs_type)
{
	size_t i = 0;

	while (i < FILE_SYSTEMS_COUNT && strcmp(file_systems[i].name, kernel_name(fs_type)) != 0)
		i++;
	return i;
}

int mount_allow(const char *names)
{
	CLEANUP(freep) char *copy = strdup(names);
	char *rest = copy, *name;

	if (!copy)
		return -ENOMEM;
	allowed = 0;
	while ((name = strsep(&rest, " \t,"))) {
		size_t i = *name ? find_file_system(name) : FILE_SYSTEMS_COUNT;

		if (*name && i == FILE_SYSTEMS_COUNT)
			return -EINVAL;
		if (*name)
			allowed |= UINT32_C(1) << i;
	}
	return 0;
}

bool mount_supports(const char *fs_type)
{
	size_t i = find_file_system(fs_type);

	return i < FILE_SYSTEMS_COUNT && allowed & UINT32_C(1) << i;
}

/* The folder of the mount points is made with the first of them. */
static int make_folder(const char *folder)
{
	char parent[PATH_MAX];
	char *slash;

	if (!text_format(parent, sizeof(parent), "%s", folder))
		return ENAMETOOLONG;
	slash = strrchr(parent, '/');
	if (slash && slash != parent) {
		*slash = '\0';
		if (mkdir(parent, FOLDER_MODE) < 0 && errno != EEXIST)
			return errno;
	}
	return mkdir(folder, FOLDER_MODE) < 0 && errno != EEXIST ? errno : 0;
}

/*
 * Where a file system says that its journal must be replayed: without that, files that only the
 * journal knows would not be seen, and "all is copied" would be wrong. ext4's superblock
 * (Documentation/filesystems/ext4/super.rst): s_feature_incompat, RECOVER; btrfs's
 * (btrfs.readthedocs.io, "On-disk format"): log_root.
 */
static const struct {
	const char *fs_type;
	off_t offset_bytes;
	uint64_t mask;
} journals[] = {
	{"ext4", 1024 + 0x60, 0x4},
	{"btrfs", 65536 + 0x60, UINT64_MAX},
};

static bool has_journal_to_replay(int fd, const char *fs_type)
{
	uint64_t field;

	for (size_t i = 0; i < sizeof(journals) / sizeof(journals[0]); i++)
		if (!strcmp(journals[i].fs_type, kernel_name(fs_type)))
			return pread(fd, &field, sizeof(field), journals[i].offset_bytes) ==
				(ssize_t)sizeof(field) &&
				le64toh(field) & journals[i].mask;
	return false;
}

/*
 * In the job's process. The lock switch of the device is set, too: nobody writes to a card. O_EXCL:
 * not if the host has mounted it meanwhile; it would not be able to write any more.
 */
static int do_mount(const char *device, const char *fs_type, const char *folder)
{
	int fd = open(device, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK), read_only = 1, error;
	bool must_replay;
	const char *options = file_systems[find_file_system(fs_type)].options;

	if (fd < 0)
		return errno;
	(void)ioctl(fd, BLKROSET, &read_only); /* not every driver can */
	must_replay = has_journal_to_replay(fd, fs_type);
	fd_close(fd);
	if (must_replay)
		return ENOTRECOVERABLE;
	error = make_folder(folder);
	if (error)
		return error;
	return mount(device, folder, kernel_name(fs_type), CARD_FLAGS, options) < 0 ? errno : 0;
}

static int do_unmount(const char *folder, bool is_lazy)
{
	if (umount2(folder, UMOUNT_NOFOLLOW | (is_lazy ? MNT_DETACH : 0)) < 0 && errno != EINVAL)
		return errno;
	(void)rmdir(folder);
	return 0;
}

/* SCSI's START STOP UNIT with LoEj, for disks as well as for drives with a tray. */
static int do_power_down(const char *disk_node)
{
	int fd = open(disk_node, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error = 0;

	if (fd < 0)
		return errno;
	if (ioctl(fd, CDROMEJECT) < 0)
		error = errno;
	fd_close(fd);
	return error;
}

static int on_job_done(sd_event_source *source, const siginfo_t *how, void *userdata)
{
	struct mount_job *job = userdata;
	int error = how->si_code == CLD_EXITED ? -how->si_status : -EIO;

	(void)source;
	job->done(job->userdata, error); /* may free the job */
	return 0;
}

static int watch_job(
	struct mount_job **ret, sd_event *event, pid_t pid, mount_done_fn done, void *userdata)
{
	struct mount_job *job = calloc(1, sizeof(*job));
	int r;

	if (!job)
		return -ENOMEM;
	job->done = done;
	job->userdata = userdata;
	r = sd_event_add_child(event, &job->child_source, pid, WEXITED, on_job_done, job);
	if (r < 0) {
		free(job);
		return r;
	}
	*ret = job;
	return 0;
}

int mount_begin(struct mount_job **ret, sd_event *event, const char *device, const char *fs_type,
	const char *folder, mount_done_fn done, void *userdata)
{
	pid_t pid;

	if (!mount_supports(fs_type))
		return -EPROTONOSUPPORT;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(do_mount(device, fs_type, folder));
	return watch_job(ret, event, pid, done, userdata);
}

int mount_undo(struct mount_job **ret, sd_event *event, const char *folder, bool is_lazy,
	mount_done_fn done, void *userdata)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(do_unmount(folder, is_lazy));
	return watch_job(ret, event, pid, done, userdata);
}

int mount_power_down(struct mount_job **ret, sd_event *event, const char *disk_node,
	mount_done_fn done, void *userdata)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(do_power_down(disk_node));
	return watch_job(ret, event, pid, done, userdata);
}

void mount_job_free(struct mount_job *job)
{
	if (!job)
		return;
	(void)sd_event_source_disable_unref(job->child_source);
	free(job);
}
