/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel is asked for when a card is mounted, let go and ejected; nothing is mounted here.
 */
#include "tests/support/itest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/cdrom.h>
#include <linux/fs.h>
#include <systemd/sd-event.h>

#include "core/config/config.h"
#include "core/daemon/mount.h"

#define STEPS_MAX 16
#define DEADLINE_USEC 20000000

static const char all[] = "vfat exfat ntfs3 hfsplus udf iso9660 ext4 btrfs";

enum step_kind { STEP_OPEN, STEP_READ_ONLY, STEP_MOUNT, STEP_UNMOUNT, STEP_EJECT };

struct step {
	enum step_kind kind;
	int value; /* of ioctl */
	unsigned long flags;
	char path[64], fs_type[16], options[64];
};

/* The job is another process: it writes down here what it asked for, and finds what it is answered.
 */
static struct record {
	struct step steps[STEPS_MAX];
	size_t steps_count;
	int open_error, ioctl_error, mount_error, unmount_error;
	bool dies;
} * record;

static char folder[64], card[96], device[96];

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_mount(const char *from, const char *to, const char *fs_type, unsigned long flags,
	const void *options);
int __wrap_umount2(const char *path, int flags);

static struct step *add_step(enum step_kind kind, const char *path, unsigned long flags)
{
	struct step *step = &record->steps[record->steps_count];

	if (record->steps_count + 1 < STEPS_MAX)
		record->steps_count++;
	step->kind = kind;
	step->flags = flags;
	(void)snprintf(step->path, sizeof(step->path), "%s", path);
	return step;
}

static int answer(int error)
{
	errno = error;
	return error ? -1 : 0;
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list more;
	unsigned int mode = 0;

	if (flags & O_CREAT) {
		va_start(more, flags);
		mode = va_arg(more, unsigned int);
		va_end(more);
	}
	if (!record || strcmp(path, device) != 0)
		return __real_open64(path, flags, mode);
	(void)add_step(STEP_OPEN, "device", (unsigned long)flags);
	return record->open_error ? answer(record->open_error) : __real_open64("/dev/null", flags);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list more;
	void *value;

	va_start(more, request);
	value = va_arg(more, void *);
	va_end(more);
	if (request == CDROMEJECT)
		(void)add_step(STEP_EJECT, "", 0);
	else if (request == BLKROSET)
		add_step(STEP_READ_ONLY, "", 0)->value = *(int *)value;
	else
		return __real_ioctl(fd, request, value);
	return answer(record->ioctl_error);
}

int __wrap_mount(const char *from, const char *to, const char *fs_type, unsigned long flags,
	const void *options)
{
	struct step *step = add_step(STEP_MOUNT, strcmp(to, card) ? "elsewhere" : "card", flags);

	(void)snprintf(step->fs_type, sizeof(step->fs_type), "%s", fs_type);
	(void)snprintf(step->options, sizeof(step->options), "%s", (const char *)options);
	if (strcmp(from, device) != 0)
		return answer(ENODEV);
	if (record->dies)
		(void)raise(SIGKILL);
	return answer(record->mount_error);
}

int __wrap_umount2(const char *path, int flags)
{
	(void)add_step(
		STEP_UNMOUNT, strcmp(path, card) ? "elsewhere" : "card", (unsigned long)flags);
	return answer(record->unmount_error);
}

/* --- one job at a time --- */

struct job {
	sd_event *event;
	struct mount_job *job;
	int error;
	bool is_done;
};

static void on_done(void *userdata, int error)
{
	struct job *job = userdata;

	job->error = error;
	job->is_done = true;
	mount_job_free(job->job); /* as the daemon does it */
	job->job = NULL;
}

static int set_up(void **state)
{
	struct job *job = calloc(1, sizeof(*job));
	sigset_t children;

	record = mmap(
		NULL, sizeof(*record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!job || record == MAP_FAILED || sd_event_new(&job->event) < 0)
		return -1;
	(void)sigemptyset(&children);
	(void)sigaddset(&children, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &children, NULL);
	(void)snprintf(folder, sizeof(folder), "/tmp/imgtank-mount-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(card, sizeof(card), "%s/cards/c1", folder);
	(void)snprintf(device, sizeof(device), "%s/device", folder);
	*state = job;
	return mount_allow(all);
}

static int tear_down(void **state)
{
	struct job *job = *state;
	char parent[96];

	mount_job_free(job->job);
	(void)sd_event_unref(job->event);
	free(job);
	(void)snprintf(parent, sizeof(parent), "%s/cards", folder);
	(void)rmdir(card);
	(void)rmdir(parent);
	(void)rmdir(folder);
	(void)munmap(record, sizeof(*record));
	record = NULL;
	return 0;
}

static int wait_for(struct job *job)
{
	for (int i = 0; i < 100 && !job->is_done; i++)
		assert_true(sd_event_run(job->event, DEADLINE_USEC) > 0);
	assert_true(job->is_done);
	job->is_done = false;
	return job->error;
}

static int mount_as(struct job *job, const char *fs_type)
{
	record->steps_count = 0;
	assert_int_equal(
		mount_begin(&job->job, job->event, device, fs_type, card, on_done, job), 0);
	return wait_for(job);
}

static int unmount(struct job *job, bool is_lazy)
{
	record->steps_count = 0;
	assert_int_equal(mount_undo(&job->job, job->event, card, is_lazy, on_done, job), 0);
	return wait_for(job);
}

/* --- mounting --- */

/* What must be among the options so that nothing is written, and so that names and times are right.
 */
static const struct {
	const char *fs_type, *kernel_name, *options[2];
} promises[] = {
	{"vfat", "vfat", {"utf8", "tz=UTC"}},
	{"exfat", "exfat", {"iocharset=utf8"}},
	{"ntfs", "ntfs3", {"iocharset=utf8"}},
	{"ntfs3", "ntfs3", {"iocharset=utf8"}},
	{"hfsplus", "hfsplus", {"nls=utf8"}},
	{"udf", "udf", {"iocharset=utf8"}},
	{"iso9660", "iso9660", {"iocharset=utf8"}},
	{"ext2", "ext4", {"noload"}},
	{"ext3", "ext4", {"noload"}},
	{"ext4", "ext4", {"noload"}},
	{"btrfs", "btrfs", {"rescue=nologreplay"}},
};

#define PROMISES_COUNT (sizeof(promises) / sizeof(promises[0]))

static bool has_option(const char *options, const char *wanted)
{
	size_t length = strlen(wanted);

	for (const char *at = options; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, wanted, length) && (at[length] == ',' || !at[length]))
			return true;
	}
	return false;
}

static void check_promise(struct job *job, size_t i)
{
	const unsigned long wanted = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	const struct step *step = record->steps;

	assert_int_equal(mount_as(job, promises[i].fs_type), 0);
	assert_int_equal(record->steps_count, 3);
	assert_int_equal(step->kind, STEP_OPEN);
	assert_int_equal(step->flags & O_ACCMODE, O_RDONLY);
	assert_true(step->flags & O_EXCL);
	step++;
	assert_int_equal(step->kind, STEP_READ_ONLY);
	assert_int_equal(step->value, 1);
	step++;
	assert_int_equal(step->kind, STEP_MOUNT);
	assert_string_equal(step->path, "card");
	assert_string_equal(step->fs_type, promises[i].kernel_name);
	assert_int_equal(step->flags & wanted, wanted);
	for (int option = 0; option < 2 && promises[i].options[option]; option++)
		assert_true(has_option(step->options, promises[i].options[option]));
}

static void test_mount_is_read_only_after_the_device_and_replays_nothing(void **state)
{
	for (size_t i = 0; i < PROMISES_COUNT; i++)
		check_promise(*state, i);
}

static void test_mount_point_is_for_nobody_else(void **state)
{
	struct stat stat_;

	assert_int_equal(mount_as(*state, "vfat"), 0);
	assert_int_equal(stat(card, &stat_), 0);
	assert_int_equal(stat_.st_mode & 07777, 0700);
}

static void test_mount_goes_on_where_a_device_cannot_be_set_read_only(void **state)
{
	record->ioctl_error = ENOTTY;
	assert_int_equal(mount_as(*state, "vfat"), 0);
	assert_int_equal(record->steps_count, 3);
	assert_true(record->steps[2].flags & MS_RDONLY);
}

static void test_mount_leaves_alone_what_the_host_uses(void **state)
{
	record->open_error = EBUSY;
	assert_int_equal(mount_as(*state, "vfat"), -EBUSY);
	assert_int_equal(record->steps_count, 1);
}

static void test_mount_tells_why_it_failed(void **state)
{
	record->mount_error = EUCLEAN;
	assert_int_equal(mount_as(*state, "ext4"), -EUCLEAN);
	record->dies = true;
	assert_int_equal(mount_as(*state, "ext4"), -EIO);
}

/* --- which --- */

static void check_refused(struct job *job, const char *fs_type)
{
	assert_false(mount_supports(fs_type));
	assert_int_equal(mount_begin(&job->job, job->event, device, fs_type, card, on_done, job),
		-EPROTONOSUPPORT);
	assert_null(job->job);
}

static void test_mount_takes_only_what_is_allowed(void **state)
{
	static const char *const others[] = {"ext4", "ext2", "ntfs", "btrfs", "xfs", "udf",
		"reiserfs", "tmpfs", "overlay", "", "VFAT", "vfat,exfat"};

	assert_int_equal(mount_allow("vfat exfat"), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		check_refused(*state, others[i]);
	assert_int_equal(record->steps_count, 0);
	assert_int_equal(mount_as(*state, "exfat"), 0);
	assert_int_equal(mount_allow("ntfs,\text4"), 0);
	assert_true(mount_supports("ntfs") && mount_supports("ntfs3") && mount_supports("ext3"));
	check_refused(*state, "vfat");
	assert_int_equal(mount_allow(""), 0);
	check_refused(*state, "ntfs");
}

static void test_mount_allows_nothing_that_it_does_not_know(void **state)
{
	(void)state;
	assert_int_equal(mount_allow("vfat overlay"), -EINVAL);
	assert_int_equal(mount_allow("fuse"), -EINVAL);
}

/* What the configuration accepts can be mounted, and the other way round. */
static void test_mount_knows_what_the_configuration_knows(void **state)
{
	static const char *const names[] = {"vfat", "exfat", "ntfs3", "hfsplus", "udf", "iso9660",
		"ext4", "xfs", "btrfs", "overlay", "tmpfs", "ext2x", "fuse", "nfs", "squashfs",
		"f2fs"};
	struct config *config = NULL;

	(void)state;
	assert_int_equal(config_load(&config, "/dev/null"), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(config_set(config, "daemon", "file-systems", names[i]) == 0,
			mount_allow(names[i]) == 0);
	config_free(config);
}

/* --- letting go --- */

static void test_unmount_takes_the_folder_along(void **state)
{
	assert_int_equal(mount_as(*state, "vfat"), 0);
	assert_int_equal(unmount(*state, false), 0);
	assert_int_equal(record->steps_count, 1);
	assert_string_equal(record->steps[0].path, "card");
	assert_int_equal(record->steps[0].flags, UMOUNT_NOFOLLOW);
	assert_int_not_equal(access(card, F_OK), 0);
}

static void test_unmount_of_a_card_in_use_is_told_and_keeps_the_folder(void **state)
{
	assert_int_equal(mount_as(*state, "vfat"), 0);
	record->unmount_error = EBUSY;
	assert_int_equal(unmount(*state, false), -EBUSY);
	assert_int_equal(access(card, F_OK), 0);
}

static void test_unmount_of_a_card_that_is_gone_asks_nobody(void **state)
{
	assert_int_equal(unmount(*state, true), 0);
	assert_int_equal(record->steps[0].flags, UMOUNT_NOFOLLOW | MNT_DETACH);
}

static void test_unmount_of_what_is_not_mounted_is_fine(void **state)
{
	record->unmount_error = EINVAL;
	assert_int_equal(unmount(*state, false), 0);
}

/* --- ejecting --- */

static int eject(struct job *job)
{
	record->steps_count = 0;
	assert_int_equal(mount_power_down(&job->job, job->event, device, on_done, job), 0);
	return wait_for(job);
}

static void test_eject_opens_the_disk_for_reading(void **state)
{
	assert_int_equal(eject(*state), 0);
	assert_int_equal(record->steps_count, 2);
	assert_int_equal(record->steps[0].kind, STEP_OPEN);
	assert_int_equal(record->steps[0].flags & O_ACCMODE, O_RDONLY);
	assert_int_equal(record->steps[1].kind, STEP_EJECT);
}

static void test_eject_tells_that_a_reader_cannot(void **state)
{
	record->ioctl_error = ENOTTY;
	assert_int_equal(eject(*state), -ENOTTY);
	record->open_error = ENOMEDIUM;
	assert_int_equal(eject(*state), -ENOMEDIUM);
	assert_int_equal(record->steps_count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mount_is_read_only_after_the_device_and_replays_nothing),
		TEST(test_mount_point_is_for_nobody_else),
		TEST(test_mount_goes_on_where_a_device_cannot_be_set_read_only),
		TEST(test_mount_leaves_alone_what_the_host_uses),
		TEST(test_mount_tells_why_it_failed),
		TEST(test_mount_takes_only_what_is_allowed),
		TEST(test_mount_allows_nothing_that_it_does_not_know),
		TEST(test_mount_knows_what_the_configuration_knows),
		TEST(test_unmount_takes_the_folder_along),
		TEST(test_unmount_of_a_card_in_use_is_told_and_keeps_the_folder),
		TEST(test_unmount_of_a_card_that_is_gone_asks_nobody),
		TEST(test_unmount_of_what_is_not_mounted_is_fine),
		TEST(test_eject_opens_the_disk_for_reading),
		TEST(test_eject_tells_that_a_reader_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
