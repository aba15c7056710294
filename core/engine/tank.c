/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/engine/tank.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/text.h"
#include "core/ledger/ledger.h"

#define FOLDER_MODE 0755
#define PICTURE_MODE 0444
#define EXCLUSIVE_WAIT_USEC 60000000u
#define OVER                                                                                       \
	"over-" /* before the name of a run that has ended, and whose folder is being removed */

/* statfs(2) f_type values that linux/magic.h does not have. */
#define MAGIC_XFS 0x58465342
#define MAGIC_EXFAT 0x2011BAB0

static const struct {
	unsigned long type;
	const char *name;
	enum tank_read_back read_back;
	bool sync_flushes_disk; /* its sync_fs sends the disk a flush */
} file_systems[] = {
	{EXT4_SUPER_MAGIC, "ext4", TANK_READ_BACK_DIRECT, true},
	{MAGIC_XFS, "xfs", TANK_READ_BACK_DIRECT, true},
	{F2FS_SUPER_MAGIC, "f2fs", TANK_READ_BACK_DIRECT, true},
	/* Compressed and inline extents are read through the cache even with O_DIRECT. */
	{BTRFS_SUPER_MAGIC, "btrfs", TANK_READ_BACK_DROP, true},
	{MSDOS_SUPER_MAGIC, "vfat", TANK_READ_BACK_DIRECT, false},
	{MAGIC_EXFAT, "exfat", TANK_READ_BACK_DIRECT, false},
	{TMPFS_MAGIC, "tmpfs", TANK_READ_BACK_NEVER, true},
	{RAMFS_MAGIC, "ramfs", TANK_READ_BACK_NEVER, true},
	/* A network's other end has a cache that cannot be seen from here. */
	{NFS_SUPER_MAGIC, "nfs", TANK_READ_BACK_NEVER, false},
	{SMB2_SUPER_MAGIC, "smb", TANK_READ_BACK_NEVER, false},
	{CIFS_SUPER_MAGIC, "cifs", TANK_READ_BACK_NEVER, false},
	{V9FS_MAGIC, "9p", TANK_READ_BACK_NEVER, false},
};

enum fault tank_fault_of(int error)
{
	switch (error) {
	case -ENOSPC:
	case -EDQUOT:
		return FAULT_TANK_FULL;
	case -EROFS:
		return FAULT_TANK_READ_ONLY;
	case -EACCES:
	case -EPERM:
		return FAULT_TANK_DENIED;
	case -ENOENT:
	case -ENOTDIR:
		return FAULT_TANK_MISSING;
	case -EBUSY:
	case -EAGAIN:
		return FAULT_TANK_BUSY;
	case -EPROTONOSUPPORT:
		return FAULT_TANK_NEWER;
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
		return FAULT_INTERNAL;
	default:
		return FAULT_TANK_FAILING;
	}
}

static int learn_file_system(struct tank *tank)
{
	struct statfs fs;

	if (fstatfs(tank->fd, &fs) < 0)
		return -errno;
	(void)text_format(tank->fs_name, sizeof(tank->fs_name), "0x%lx", (unsigned long)fs.f_type);
	tank->read_back = TANK_READ_BACK_DROP;
	/* The size field of a FAT directory entry has 32 bits. */
	tank->file_bytes_max = fs.f_type == MSDOS_SUPER_MAGIC ? UINT32_MAX : INT64_MAX;
	tank->sync_flushes_disk = false;
	tank->unsafe_growth_bytes = fs.f_type == MAGIC_EXFAT ? (uint64_t)fs.f_bsize : 0;
	for (size_t i = 0; i < sizeof(file_systems) / sizeof(file_systems[0]); i++) {
		if ((unsigned long)fs.f_type != file_systems[i].type)
			continue;
		(void)text_format(tank->fs_name, sizeof(tank->fs_name), "%s", file_systems[i].name);
		tank->read_back = file_systems[i].read_back;
		tank->sync_flushes_disk = file_systems[i].sync_flushes_disk;
	}
	return 0;
}

static bool is_on_system_disk(const struct tank *tank)
{
	struct stat here, root;

	return fstat(tank->fd, &here) < 0 || stat("/", &root) < 0 || here.st_dev == root.st_dev;
}

static int open_root(struct tank *tank, const struct tank_options *options, enum fault *fault)
{
	struct stat st;

	if (options->may_create && mkdir(options->path, FOLDER_MODE) < 0 && errno != EEXIST) {
		*fault = tank_fault_of(-errno);
		return -errno;
	}
	if (!realpath(options->path, tank->path)) {
		*fault = tank_fault_of(-errno);
		return -errno;
	}
	if (stat(tank->path, &st) == 0 && !S_ISDIR(st.st_mode)) {
		*fault = FAULT_TANK_MISSING;
		return -ENOTDIR;
	}
	tank->fd = open(tank->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tank->fd < 0) {
		*fault = tank_fault_of(-errno);
		return -errno;
	}
	if (options->require_mount && is_on_system_disk(tank)) {
		*fault = FAULT_TANK_NOT_MOUNTED;
		return -ENOTBLK;
	}
	return learn_file_system(tank);
}

int tank_give_to_owner(const struct tank *tank, int fd)
{
	if (tank->owner == (uid_t)-1 && tank->group == (gid_t)-1)
		return 0;
	/* FAT has no owners: what it cannot do is not an error there. */
	return fchown(fd, tank->owner, tank->group) < 0 && errno != EPERM ? -errno : 0;
}

/*
 * Makes a folder of ours if it is missing, and opens it; a link in its place is refused.
 * A new one belongs to whoever the pictures belong to.
 */
static int own_folder(const struct tank *tank, int dir_fd, const char *name)
{
	bool is_new = mkdirat(dir_fd, name, FOLDER_MODE) == 0;
	int fd;

	if (!is_new && errno != EEXIST)
		return -errno;
	fd = fd_open_dir(dir_fd, name);
	if (fd >= 0 && is_new)
		(void)tank_give_to_owner(tank, fd); /* then it belongs to whoever made it */
	return fd;
}

static int open_lock(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : fd;
}

static int lock(int fd, int operation)
{
	while (flock(fd, operation) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

bool tank_is_cancelled(const struct tank *tank)
{
	return tank->cancel && atomic_load(tank->cancel);
}

/* flock knows no deadline, and a signal that comes just before it is lost. */
static int wait_for_lock(const struct tank *tank, int operation, uint64_t deadline_usec)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	int r;

	while ((r = lock(tank->lock_fd, operation | LOCK_NB)) == -EWOULDBLOCK) {
		if (tank_is_cancelled(tank))
			return -ECANCELED;
		if (clock_monotonic_usec() > deadline_usec)
			return -EBUSY;
		(void)nanosleep(&pause, NULL);
	}
	return r;
}

static int random_hex(char *text, size_t digits)
{
	uint8_t bytes[16];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -EIO;
	for (size_t i = 0; i < digits / 2; i++)
		(void)snprintf(text + i * 2, 3, "%02x", bytes[i]);
	return 0;
}

static bool is_id(const char *text)
{
	return strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

static int read_id(struct tank *tank)
{
	char text[64];
	int r = fd_read_text(tank->meta_fd, "id", text, sizeof(text));

	if (r < 0)
		return r == -EFBIG ? -EBADMSG : r;
	text[strcspn(text, "\n")] = '\0';
	if (!is_id(text))
		return -EBADMSG;
	memcpy(tank->id, text, sizeof(tank->id));
	return 0;
}

/* Under the settle lock: written whole under another name first, then renamed over nothing. */
static int make_id(struct tank *tank)
{
	char line[34];
	int fd, r;

	r = random_hex(tank->id, 32);
	if (r < 0)
		return r;
	(void)snprintf(line, sizeof(line), "%s\n", tank->id);
	fd = openat(tank->meta_fd, "id.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		0644);
	if (fd < 0)
		return -errno;
	r = fd_write_full(fd, line, 33);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	fd_close(fd);
	if (r == 0 && renameat(tank->meta_fd, "id.new", tank->meta_fd, "id") < 0)
		r = -errno;
	if (r == 0 && fsync(tank->meta_fd) < 0)
		r = -errno;
	return r;
}

/* Opened anew: btrfs shows nothing that was made after a folder was opened. */
static DIR *open_listing(int dir_fd, const char *name)
{
	int fd = fd_open_dir(dir_fd, name);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		fd_close(fd);
	return dir;
}

static void remove_run(struct tank *tank, const char *run)
{
	DIR *dir = open_listing(tank->tmp_fd, run);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), entry->d_name, 0); /* else the next sweep */
	if (dir)
		(void)closedir(dir);
	(void)unlinkat(tank->tmp_fd, run, AT_REMOVEDIR);
}

/* It goes under another name first: whoever sweeps then knows that nobody has died. */
static void end_run(struct tank *tank)
{
	char over[sizeof(OVER) + sizeof(tank->run_name)];

	(void)snprintf(over, sizeof(over), OVER "%s", tank->run_name);
	if (renameat(tank->tmp_fd, tank->run_name, tank->tmp_fd, over) == 0)
		remove_run(tank, over);
	else
		remove_run(tank, tank->run_name);
}

/* Nobody holds its lock; or there is none, as a power cut may leave it. */
static bool is_let_go(int run_fd)
{
	CLEANUP(fd_closep) int lock_fd = openat(run_fd, "lock", O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	return lock_fd < 0 ? errno == ENOENT : lock(lock_fd, LOCK_EX | LOCK_NB) == 0;
}

/* A run whose lock can be had is dead, unless it is just ending: then it has another name by now.
 */
static void sweep_one(struct tank *tank, const char *run)
{
	CLEANUP(fd_closep) int run_fd = fd_open_dir(tank->tmp_fd, run);
	bool is_over = !strncmp(run, OVER, strlen(OVER));
	struct stat st;

	if (run_fd < 0 || (!is_over && !is_let_go(run_fd)) ||
		fstatat(tank->tmp_fd, run, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	tank->had_dead_run |= !is_over;
	remove_run(tank, run);
}

static void sweep_dead_runs(struct tank *tank)
{
	DIR *dir = open_listing(tank->tmp_fd, ".");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			sweep_one(tank, entry->d_name);
	if (dir)
		(void)closedir(dir);
}

static int start_run(struct tank *tank)
{
	char random[17];
	int r = random_hex(random, 16);

	if (r < 0)
		return r;
	(void)snprintf(tank->run_name, sizeof(tank->run_name), "%d-%s", (int)getpid(), random);
	if (mkdirat(tank->tmp_fd, tank->run_name, 0700) < 0)
		return -errno;
	tank->run_fd = fd_open_dir(tank->tmp_fd, tank->run_name);
	if (tank->run_fd < 0)
		return tank->run_fd;
	tank->run_lock_fd = open_lock(tank->run_fd, "lock");
	return tank->run_lock_fd < 0 ? tank->run_lock_fd : lock(tank->run_lock_fd, LOCK_EX);
}

/* Names are given and dead runs swept under the settle lock, so no new run is swept by mistake. */
static int set_up_under_lock(struct tank *tank)
{
	int r = read_id(tank);

	if (r == -ENOENT || r == -EBADMSG)
		r = make_id(tank);
	if (r < 0)
		return r;
	sweep_dead_runs(tank);
	return start_run(tank);
}

static int open_parts(struct tank *tank)
{
	static const char *const folders[] = {"images", "thumbnails"};
	int r;

	for (size_t i = 0; i < 2; i++) {
		int fd = own_folder(tank, tank->fd, folders[i]);

		if (fd < 0)
			return fd;
		fd_close(fd);
	}
	tank->meta_fd = own_folder(tank, tank->fd, ".imgtank");
	if (tank->meta_fd < 0)
		return tank->meta_fd;
	tank->tmp_fd = own_folder(tank, tank->meta_fd, "tmp");
	if (tank->tmp_fd < 0)
		return tank->tmp_fd;
	tank->lock_fd = open_lock(tank->meta_fd, "lock");
	if (tank->lock_fd < 0)
		return tank->lock_fd;
	tank->settle_fd = open_lock(tank->meta_fd, "settle.lock");
	if (tank->settle_fd < 0)
		return tank->settle_fd;
	r = wait_for_lock(tank, LOCK_SH, UINT64_MAX);
	if (r < 0)
		return r;
	r = tank_settle_lock(tank);
	if (r < 0)
		return r;
	r = set_up_under_lock(tank);
	tank_settle_unlock(tank);
	return r;
}

static void clear(struct tank *tank)
{
	memset(tank, 0, sizeof(*tank));
	tank->fd = tank->meta_fd = tank->tmp_fd = tank->run_fd = -1;
	tank->lock_fd = tank->settle_fd = tank->run_lock_fd = -1;
	tank->folder_fd = -1;
}

int tank_open_read_only(struct tank *tank, const char *path, enum fault *fault)
{
	const struct tank_options options = {.path = path};
	int r;

	clear(tank);
	*fault = FAULT_NONE;
	r = open_root(tank, &options, fault);
	if (r == 0)
		tank->meta_fd = fd_open_dir(tank->fd, ".imgtank");
	if (r == 0 && tank->meta_fd < 0)
		r = tank->meta_fd;
	if (r == 0)
		r = read_id(tank);
	if (r < 0) {
		if (*fault == FAULT_NONE)
			*fault = tank_fault_of(r);
		tank_close(tank);
	}
	return r;
}

int tank_open(struct tank *tank, const struct tank_options *options, enum fault *fault)
{
	int r;

	clear(tank);
	tank->keep_free_bytes = options->keep_free_bytes;
	tank->owner = options->owner;
	tank->group = options->group;
	tank->cancel = options->cancel;
	*fault = FAULT_NONE;
	r = open_root(tank, options, fault);
	if (r == 0)
		r = open_parts(tank);
	if (r < 0) {
		if (*fault == FAULT_NONE && r != -ECANCELED)
			*fault = tank_fault_of(r);
		tank_close(tank);
	}
	return r;
}

void tank_close(struct tank *tank)
{
	if (tank->run_fd >= 0)
		end_run(tank);
	tank_forget_folder(tank);
	fd_close(tank->run_lock_fd);
	fd_close(tank->settle_fd);
	fd_close(tank->lock_fd);
	fd_close(tank->run_fd);
	fd_close(tank->tmp_fd);
	fd_close(tank->meta_fd);
	fd_close(tank->fd);
	tank->fd = tank->meta_fd = tank->tmp_fd = tank->run_fd = -1;
	tank->lock_fd = tank->settle_fd = tank->run_lock_fd = -1;
}

int tank_free_bytes(const struct tank *tank, uint64_t *ret)
{
	struct statvfs fs;
	uint64_t free_bytes;

	if (fstatvfs(tank->fd, &fs) < 0)
		return -errno;
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	*ret = free_bytes > tank->keep_free_bytes ? free_bytes - tank->keep_free_bytes : 0;
	return 0;
}

static int create_named(struct tank *tank, struct tank_temp *temp)
{
	(void)snprintf(temp->name, sizeof(temp->name), "%" PRIu32, tank->next_temp++);
	temp->fd = openat(
		tank->run_fd, temp->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return temp->fd < 0 ? -errno : 0;
}

int tank_temp_create(struct tank *tank, struct tank_temp *temp)
{
	temp->name[0] = '\0';
	if (!tank->has_no_tmpfile) {
		temp->fd = openat(tank->run_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (temp->fd >= 0)
			return 0;
		/* Kernels and file systems say "I do not know this" in several ways. */
		if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT)
			return -errno;
		tank->has_no_tmpfile = true;
	}
	return create_named(tank, temp);
}

int tank_temp_finish(const struct tank *tank, const struct tank_temp *temp, int64_t mtime_ns)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
	int r = tank_give_to_owner(tank, temp->fd);

	if (r < 0)
		return r;
	times[1].tv_sec = mtime_ns / 1000000000;
	times[1].tv_nsec = (long)(mtime_ns % 1000000000);
	if (times[1].tv_nsec < 0) {
		times[1].tv_sec--;
		times[1].tv_nsec += 1000000000;
	}
	/* FAT has only one mode bit: what it cannot do is not an error there. */
	if (fchmod(temp->fd, PICTURE_MODE) < 0 && errno != EPERM)
		return -errno;
	if (futimens(temp->fd, times) < 0)
		return -errno;
	return 0;
}

void tank_temp_drop(struct tank *tank, struct tank_temp *temp)
{
	fd_close(temp->fd);
	temp->fd = -1;
	if (temp->name[0])
		(void)unlinkat(
			tank->run_fd, temp->name, 0); /* else tank_close() or the next sweep */
	temp->name[0] = '\0';
}

int tank_open_folder(const struct tank *tank, const char *path, bool create)
{
	int at = fd_open_dir(tank->fd, ".");

	while (at >= 0 && *path) {
		char part[NAME_MAX + 1];
		size_t length = strcspn(path, "/");
		int next;

		if (length == 0 || length >= sizeof(part)) {
			fd_close(at);
			return -ENAMETOOLONG;
		}
		memcpy(part, path, length);
		part[length] = '\0';
		next = create ? own_folder(tank, at, part) : fd_open_dir(at, part);
		fd_close(at);
		at = next;
		path += length + (path[length] == '/');
	}
	return at;
}

static int link_unnamed(const struct tank_temp *temp, int dir_fd, const char *name)
{
	char proc[40];

	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", temp->fd);
	if (linkat(AT_FDCWD, proc, dir_fd, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno == ENOENT && linkat(temp->fd, "", dir_fd, name, AT_EMPTY_PATH) == 0)
		return 0; /* no /proc, but the capability for this way */
	return -errno;
}

/*
 * File systems with neither RENAME_NOREPLACE nor hard links (FAT and exFAT through some
 * drivers): the settle lock keeps all of imgtank out, so looking first is enough.
 */
static int rename_checked(
	struct tank *tank, const struct tank_temp *temp, int dir_fd, const char *name)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	if (errno != ENOENT)
		return -errno;
	return renameat(tank->run_fd, temp->name, dir_fd, name) < 0 ? -errno : 0;
}

static int rename_named(struct tank *tank, struct tank_temp *temp, int dir_fd, const char *name)
{
	if (syscall(SYS_renameat2, tank->run_fd, temp->name, dir_fd, name, 1 /* NOREPLACE */) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (linkat(tank->run_fd, temp->name, dir_fd, name, 0) == 0)
		return unlinkat(tank->run_fd, temp->name, 0) < 0 ? -errno : 0;
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return -errno;
	return rename_checked(tank, temp, dir_fd, name);
}

void tank_forget_folder(struct tank *tank)
{
	fd_close(tank->folder_fd);
	tank->folder_fd = -1;
}

/* Most files of a batch land in one folder: it is opened once. */
static int publish_folder(struct tank *tank, const char *path, size_t length)
{
	if (length >= sizeof(tank->folder_path))
		return -ENAMETOOLONG;
	if (tank->folder_fd >= 0 && !strncmp(tank->folder_path, path, length) &&
		tank->folder_path[length] == '\0')
		return tank->folder_fd;
	tank_forget_folder(tank);
	memcpy(tank->folder_path, path, length);
	tank->folder_path[length] = '\0';
	tank->folder_fd = tank_open_folder(tank, tank->folder_path, true);
	return tank->folder_fd;
}

int tank_publish(struct tank *tank, struct tank_temp *temp, const char *path)
{
	const char *name = strrchr(path, '/');
	int folder_fd, r;

	if (!name)
		return -EINVAL;
	folder_fd = publish_folder(tank, path, (size_t)(name - path));
	if (folder_fd < 0)
		return folder_fd;
	name++;
	r = temp->name[0] ? rename_named(tank, temp, folder_fd, name)
			  : link_unnamed(temp, folder_fd, name);
	if (r < 0)
		return r;
	temp->name[0] = '\0';
	return 0;
}

int tank_barrier(struct tank *tank)
{
	if (syncfs(tank->meta_fd) < 0)
		return -errno;
	if (!tank->sync_flushes_disk && fsync(tank->settle_fd) < 0)
		return -errno;
	return 0;
}

int tank_settle_lock(struct tank *tank)
{
	return lock(tank->settle_fd, LOCK_EX);
}

void tank_settle_unlock(struct tank *tank)
{
	(void)lock(tank->settle_fd, LOCK_UN); /* closing would let go as well */
}

int tank_lock_exclusively(struct tank *tank)
{
	int r;

	/* Let go first: two runs that both want this must not wait for each other. */
	(void)lock(tank->lock_fd, LOCK_UN);
	r = wait_for_lock(tank, LOCK_EX, clock_monotonic_usec() + EXCLUSIVE_WAIT_USEC);
	if (r < 0)
		(void)wait_for_lock(tank, LOCK_SH, UINT64_MAX);
	return r;
}

void tank_lock_shared(struct tank *tank)
{
	(void)lock(tank->lock_fd, LOCK_SH); /* from exclusive this cannot fail */
}

void tank_drop_thumbnail(const struct tank *tank, const char *tank_path)
{
	char path[PATH_MAX];

	if (ledger_thumbnail_path(tank_path, path, sizeof(path)))
		(void)unlinkat(tank->fd, path, 0); /* none is fine; one too many harms nobody */
}

int tank_set_aside(struct tank *tank, const char *path)
{
	CLEANUP(fd_closep) int damaged_fd = own_folder(tank, tank->meta_fd, "damaged");
	const char *base = strrchr(path, '/');
	char name[NAME_MAX + 1], random[9];
	int r = random_hex(random, 8);

	if (damaged_fd < 0)
		return damaged_fd;
	if (r < 0)
		return r;
	if (!text_format(name, sizeof(name), "%s-%s", random, base ? base + 1 : path))
		return -ENAMETOOLONG;
	return renameat(tank->fd, path, damaged_fd, name) < 0 ? -errno : 0;
}

int tank_has_file(const struct tank *tank, const char *path, uint64_t size_bytes, int64_t mtime_ns)
{
	struct stat st;

	if (fstatat(tank->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != size_bytes)
		return -ESTALE;
	return clock_timespec_ns(&st.st_mtim) == mtime_ns ? 1 : -ESTALE;
}
