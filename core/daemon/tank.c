/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/tank.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/device.h"
#include "core/base/text.h"

#define LOOK_MISSING_USEC 1000000 /* a folder that appears is no mount and tells nobody */
#define LOOK_BUSY_USEC 1000000
#define LOOK_IDLE_USEC 10000000
#define LOOK_AT_ONCE_MSEC 200 /* the loop waits so long at most, where it must know now */
#define LOOK_PATIENCE_USEC 5000000 /* a disk that has not answered by then is failing */
#define LOOK_STACK_BYTES (64 * 1024)
#define FREE_STEP_BYTES (UINT64_C(1) << 20) /* less is not worth a line */

struct tank_facts {
	bool is_there;
	enum fault fault;
	uint64_t free_bytes, total_bytes;
	dev_t device;
};

/*
 * A look, in a thread of its own: stat(2) on a dying disk may never come back. It shares
 * nothing with the loop, and says what it found through a pipe; whole, as it is that small.
 */
struct look {
	bool requires_mount;
	int fd; /* owned; the pipe's end to write to */
	char path[]; /* a copy */
};

struct tank_watch {
	const char *path; /* borrowed */
	bool requires_mount, is_busy;
	struct tank_facts facts;
	char label[MODEL_LABEL_BYTES], id[MODEL_LABEL_BYTES]; /* of facts.device, escaped */
	int mounts_fd; /* owned; poll(2) tells when the table of mounts changes */
	int look_fds[2]; /* owned; both ends of the pipe */
	uint64_t look_usec; /* when the look was begun that has not ended yet; 0: none */
	bool must_look_again; /* something has happened since it was begun */
	sd_event_source *mounts_source, *timer_source, *look_source;
	tank_changed_fn changed;
	void *userdata;
};

static enum fault fault_of(int error)
{
	if (error == EACCES || error == EPERM)
		return FAULT_TANK_DENIED;
	return error == ENOENT || error == ENOTDIR ? FAULT_TANK_MISSING : FAULT_TANK_FAILING;
}

/* The engine looks at the same things again before it writes anything. */
static struct tank_facts look(const char *path, bool requires_mount)
{
	struct tank_facts facts = {0};
	struct stat here, root;
	struct statvfs fs;

	if (stat(path, &here) < 0 || statvfs(path, &fs) < 0) {
		facts.fault = fault_of(errno);
		return facts;
	}
	if (!S_ISDIR(here.st_mode)) {
		facts.fault = FAULT_TANK_MISSING;
		return facts;
	}
	if (requires_mount && (stat("/", &root) < 0 || root.st_dev == here.st_dev)) {
		facts.fault = FAULT_TANK_NOT_MOUNTED;
		return facts;
	}
	if (device_is_gone(here.st_dev)) { /* pulled, and still mounted */
		facts.fault = FAULT_TANK_NOT_MOUNTED;
		return facts;
	}
	facts.is_there = true;
	facts.device = here.st_dev;
	facts.free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	facts.total_bytes = (uint64_t)fs.f_blocks * fs.f_frsize;
	if (fs.f_flag & ST_RDONLY)
		facts.fault = FAULT_TANK_READ_ONLY;
	return facts;
}

/* The name of the link in folder that leads to the device. udev writes odd characters as \xNN. */
static void find_name(const char *folder, dev_t device, char *out, size_t out_bytes)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	char raw[MODEL_LABEL_BYTES];
	struct stat st;

	out[0] = '\0';
	while (dir && !*out && (entry = readdir(dir))) {
		if (fstatat(dirfd(dir), entry->d_name, &st, 0) < 0 || !S_ISBLK(st.st_mode) ||
			st.st_rdev != device)
			continue;
		if (text_unescape(entry->d_name, raw, sizeof(raw)) == 0)
			(void)text_escape(raw, out, out_bytes);
	}
	if (dir)
		(void)closedir(dir);
}

static bool is_same(const struct tank_facts *a, const struct tank_facts *b)
{
	return a->is_there == b->is_there && a->fault == b->fault && a->device == b->device &&
		a->total_bytes == b->total_bytes &&
		a->free_bytes / FREE_STEP_BYTES == b->free_bytes / FREE_STEP_BYTES;
}

/* True when they are other ones. */
static bool take_facts(struct tank_watch *watch, const struct tank_facts *facts)
{
	struct tank_facts before = watch->facts;

	watch->facts = *facts;
	if (!watch->facts.is_there) {
		watch->label[0] = watch->id[0] = '\0';
	} else if (!before.is_there || before.device != watch->facts.device) {
		dev_t device = watch->facts.device;

		find_name("/dev/disk/by-label", device, watch->label, sizeof(watch->label));
		find_name("/dev/disk/by-uuid", device, watch->id, sizeof(watch->id));
	}
	return !is_same(&before, &watch->facts);
}

static void *run_look(void *argument)
{
	struct look *job = argument;
	struct tank_facts facts = look(job->path, job->requires_mount);
	ssize_t n = write(job->fd, &facts, sizeof(facts));

	(void)n; /* nobody listens any more when the daemon ends */
	fd_close(job->fd);
	free(job);
	return NULL;
}

static int start_thread(struct look *job)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int r = pthread_attr_init(&attributes);

	if (r != 0)
		return -r;
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attributes, LOOK_STACK_BYTES); /* or what it has */
	r = pthread_create(&thread, &attributes, run_look, job);
	(void)pthread_attr_destroy(&attributes);
	return -r;
}

/* Begins a look unless one is under way; then another one follows it. */
static void begin_look(struct tank_watch *watch)
{
	size_t path_bytes = strlen(watch->path) + 1;
	struct look *job;

	watch->must_look_again = watch->look_usec != 0;
	if (watch->look_usec)
		return;
	job = malloc(sizeof(*job) + path_bytes);
	if (!job)
		return; /* the timer comes again */
	job->requires_mount = watch->requires_mount;
	memcpy(job->path, watch->path, path_bytes);
	job->fd = fcntl(watch->look_fds[1], F_DUPFD_CLOEXEC, 3);
	if (job->fd < 0 || start_thread(job) < 0) {
		fd_close(job->fd);
		free(job);
		return;
	}
	watch->look_usec = clock_monotonic_usec();
}

/* What the look has found, if it has ended. True when that is other than before. */
static bool end_look(struct tank_watch *watch)
{
	struct tank_facts facts;

	if (read(watch->look_fds[0], &facts, sizeof(facts)) != (ssize_t)sizeof(facts))
		return false;
	watch->look_usec = 0;
	return take_facts(watch, &facts);
}

/* A disk that does not answer is none that anything may be copied to. */
static bool lose_patience(struct tank_watch *watch)
{
	const struct tank_facts facts = {.fault = FAULT_TANK_FAILING};

	return watch->look_usec && clock_monotonic_usec() - watch->look_usec > LOOK_PATIENCE_USEC &&
		take_facts(watch, &facts);
}

static void plan_next(struct tank_watch *watch)
{
	uint64_t usec = watch->is_busy ? LOOK_BUSY_USEC : LOOK_IDLE_USEC;

	if (!watch->facts.is_there || watch->facts.fault != FAULT_NONE)
		usec = LOOK_MISSING_USEC;
	(void)sd_event_source_set_time_relative(watch->timer_source, usec);
	(void)sd_event_source_set_enabled(watch->timer_source, SD_EVENT_ONESHOT);
}

static int on_look_ended(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct tank_watch *watch = userdata;
	bool is_other = end_look(watch);

	(void)source;
	(void)fd;
	(void)revents;
	if (watch->must_look_again)
		begin_look(watch);
	plan_next(watch);
	if (is_other)
		watch->changed(watch->userdata);
	return 0;
}

static int on_mounts(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source;
	(void)fd;
	(void)revents;
	begin_look(userdata); /* poll(2) itself has taken note of the change */
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct tank_watch *watch = userdata;
	bool is_other = lose_patience(watch);

	(void)source;
	(void)usec;
	if (!watch->look_usec)
		begin_look(watch);
	plan_next(watch);
	if (is_other)
		watch->changed(watch->userdata);
	return 0;
}

static int add_look(struct tank_watch *watch, sd_event *event)
{
	if (pipe2(watch->look_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	return sd_event_add_io(
		event, &watch->look_source, watch->look_fds[0], EPOLLIN, on_look_ended, watch);
}

static int add_sources(struct tank_watch *watch, sd_event *event)
{
	int r = sd_event_add_time_relative(event, &watch->timer_source, CLOCK_MONOTONIC,
		LOOK_MISSING_USEC, 0, on_timer, watch);

	if (r >= 0)
		r = add_look(watch, event);
	watch->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (r < 0 || watch->mounts_fd < 0)
		return r; /* without it there is still the timer */
	/* Edges: the kernel says "changed" until the table is read or polled again. */
	r = sd_event_add_io(event, &watch->mounts_source, watch->mounts_fd, EPOLLPRI | EPOLLET,
		on_mounts, watch);
	return r < 0 ? r : 0;
}

int tank_watch_new(struct tank_watch **ret, sd_event *event, const char *path, bool requires_mount,
	tank_changed_fn changed, void *userdata)
{
	struct tank_watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	watch->path = path;
	watch->requires_mount = requires_mount;
	watch->mounts_fd = watch->look_fds[0] = watch->look_fds[1] = -1;
	watch->changed = changed;
	watch->userdata = userdata;
	r = add_sources(watch, event);
	if (r < 0) {
		tank_watch_free(watch);
		return r;
	}
	watch->facts.fault = FAULT_TANK_MISSING; /* until it is known */
	tank_watch_look(watch);
	*ret = watch;
	return 0;
}

void tank_watch_free(struct tank_watch *watch)
{
	if (!watch)
		return;
	(void)sd_event_source_disable_unref(watch->mounts_source);
	(void)sd_event_source_disable_unref(watch->timer_source);
	(void)sd_event_source_disable_unref(watch->look_source);
	fd_close(watch->mounts_fd);
	fd_close(watch->look_fds[0]);
	fd_close(watch->look_fds[1]);
	free(watch);
}

/* One that is under way began before whatever is asked about: it is waited for, and another. */
void tank_watch_look(struct tank_watch *watch)
{
	struct pollfd answer = {.fd = watch->look_fds[0], .events = POLLIN};
	unsigned int looks_count = watch->look_usec ? 2 : 1;

	while (looks_count-- > 0) {
		begin_look(watch);
		if (poll(&answer, 1, LOOK_AT_ONCE_MSEC) != 1)
			break;
		(void)end_look(watch);
	}
	plan_next(watch);
}

void tank_watch_set_busy(struct tank_watch *watch, bool is_busy)
{
	if (watch->is_busy == is_busy)
		return;
	watch->is_busy = is_busy;
	plan_next(watch);
}

void tank_watch_fill(const struct tank_watch *watch, struct model_tank *tank)
{
	const struct tank_facts *facts = &watch->facts;

	(void)text_escape(watch->path, tank->path, sizeof(tank->path));
	tank->is_mounted = facts->is_there;
	tank->fault = facts->fault;
	tank->free_bytes = facts->free_bytes;
	tank->total_bytes = facts->total_bytes;
	model_set_text(tank->disk_label, sizeof(tank->disk_label), watch->label);
	model_set_text(tank->disk_id, sizeof(tank->disk_id), watch->id);
}
