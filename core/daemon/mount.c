/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/fs.h>

#include "core/base/cleanup.h"

#define FOLDER_MODE 0700
#define CARD_FLAGS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME)

/*
 * No journal is replayed: that would write. FAT: names in UTF-8, and times as
 * the camera wrote them, which the engine takes for local ones.
 */
static const struct {
	const char *name, *options;
} file_systems[] = {
	{"vfat", "utf8,tz=UTC"},
	{"exfat", "iocharset=utf8"},
	{"ntfs3", ""},
	{"ext4", "noload"},
	{"xfs", "norecovery"},
	{"hfsplus", ""},
	{"udf", "iocharset=utf8"},
	{"iso9660", "iocharset=utf8"},
};

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

static const char *find_options(const char *fs_type)
{
	for (size_t i = 0; i < sizeof(file_systems) / sizeof(file_systems[0]); i++)
		if (!strcmp(file_systems[i].name, kernel_name(fs_type)))
			return file_systems[i].options;
	return NULL;
}

bool mount_supports(const char *fs_type)
{
	return find_options(fs_type) != NULL;
}

/* In the job's process. The lock switch of the device is set, too: nobody writes to a card. */
static int do_mount(const char *device, const char *fs_type, const char *folder)
{
	int fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK), read_only = 1;

	if (fd < 0)
		return errno;
	(void)ioctl(fd, BLKROSET, &read_only); /* not every driver can */
	fd_close(fd);
	if (mkdir(folder, FOLDER_MODE) < 0 && errno != EEXIST)
		return errno;
	if (mount(device, folder, kernel_name(fs_type), CARD_FLAGS, find_options(fs_type)) < 0)
		return errno;
	return 0;
}

static int do_unmount(const char *folder, bool is_lazy)
{
	if (umount2(folder, UMOUNT_NOFOLLOW | (is_lazy ? MNT_DETACH : 0)) < 0 && errno != EINVAL)
		return errno;
	(void)rmdir(folder);
	return 0;
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

void mount_job_free(struct mount_job *job)
{
	if (!job)
		return;
	(void)sd_event_source_disable_unref(job->child_source);
	free(job);
}
