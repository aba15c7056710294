/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

#include "build.h"
#include "core/base/fd.h"

#define NOBODY_ID 65534 /* Debian Policy 9.2.2 */
#define DESCRIPTORS_MAX 5 /* 0 to 2, the socket, one file */
#define STACK_BYTES_MAX (2u << 20)
/* Code of program and libraries that has not been touched yet and so is not resident. */
#define CODE_BYTES (6u << 20)
#define MEMORY_BYTES_MIN (8u << 20) /* beside what is there at the start */

/* What glibc's pthread_create() asks of clone(2): a thread, never a process. */
#define THREAD_FLAGS 0x3d0f00

/* landlock.h of the build machine may be older than the kernel: ABI 6, Linux 6.12. */
struct landlock_rules {
	uint64_t access_fs, access_net, scoped;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int close_descriptors(const struct sandbox_options *options)
{
	unsigned socket_fd = (unsigned)options->socket_fd;

	if (socket_fd > 3 && close_range(3, socket_fd - 1, 0) < 0)
		return -errno;
	return close_range(socket_fd + 1, UINT_MAX, 0) < 0 ? -errno : 0;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	(void)prctl(
		PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* capset() is what counts */
	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

/* Root becomes nobody, where its name space has one. 1: it could not. */
static int drop_root(void)
{
	int r = 0;

	if (geteuid() == 0 || getuid() == 0) {
		if (setgroups(0, NULL) < 0 || setresgid(NOBODY_ID, NOBODY_ID, NOBODY_ID) < 0 ||
			setresuid(NOBODY_ID, NOBODY_ID, NOBODY_ID) < 0)
			r = 1;
	}
	return drop_capabilities() ?: r;
}

static int drop_privileges(const struct sandbox_options *options)
{
	int r = drop_root();

	(void)options;
	if (r < 0)
		return r;
	/* Only now: a change of the user takes both back. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return -errno;
	return r;
}

static int refuse_new_privileges(const struct sandbox_options *options)
{
	(void)options;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

static int set_limit(int resource, uint64_t value)
{
	struct rlimit limit = {.rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)value};

	return setrlimit((__rlimit_resource_t)resource, &limit) < 0 ? -errno : 0;
}

static int limit_resources(const struct sandbox_options *options)
{
	const struct {
		int resource;
		uint64_t value;
	} limits[] = {
		{RLIMIT_CORE, 0},
		{RLIMIT_CPU, options->cpu_seconds},
		{RLIMIT_FSIZE, 0},
		{RLIMIT_MEMLOCK, 0},
		{RLIMIT_MSGQUEUE, 0},
		{RLIMIT_NOFILE, DESCRIPTORS_MAX},
		{RLIMIT_STACK, STACK_BYTES_MAX},
	};

	for (size_t i = 0; i < COUNT(limits); i++) {
		int r = set_limit(limits[i].resource, limits[i].value);

		if (r < 0)
			return r;
	}
	/* It counts threads too; seccomp is what forbids processes. */
	return options->has_threads ? 0 : set_limit(RLIMIT_NPROC, 0);
}

/* Pages of address space and of resident memory, proc(5), statm. */
static int read_memory(uint64_t *total_bytes, uint64_t *resident_bytes)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t total, resident;
	char text[128];
	int r = fd_read_text(AT_FDCWD, "/proc/self/statm", text, sizeof(text));

	if (r < 0)
		return r;
	if (sscanf(text, "%" SCNu64 " %" SCNu64, &total, &resident) != 2)
		return -EBADMSG;
	*total_bytes = total * page_bytes;
	*resident_bytes = resident * page_bytes;
	return 0;
}

/*
 * The bound is meant for resident memory, which has no limit of its own. What is
 * mapped now can become resident by CODE_BYTES at most (libraries are far larger,
 * but hardly touched); everything else must be mapped first, and that is limited.
 */
static int limit_memory(const struct sandbox_options *options)
{
	uint64_t total_bytes, resident_bytes, used_bytes;
	int r;

	if (IMGTANK_SANITIZED)
		return 1;
	r = read_memory(&total_bytes, &resident_bytes);
	if (r < 0)
		return r;
	used_bytes = resident_bytes + CODE_BYTES;
	if (options->memory_bytes < used_bytes + MEMORY_BYTES_MIN)
		return -ENOMEM;
	return set_limit(RLIMIT_AS, total_bytes + options->memory_bytes - used_bytes);
}

/* All rights that this kernel's Landlock can take away, by its ABI version. */
static struct landlock_rules all_rights(long abi)
{
	static const unsigned fs_rights[] = {13, 14, 15, 15, 16};
	struct landlock_rules rules = {0};
	size_t n = (size_t)abi <= COUNT(fs_rights) ? (size_t)abi - 1 : COUNT(fs_rights) - 1;

	rules.access_fs = (UINT64_C(1) << fs_rights[n]) - 1;
	if (abi >= 4)
		rules.access_net = 3; /* bind and connect TCP */
	if (abi >= 6)
		rules.scoped = 3; /* abstract sockets, signals to others */
	return rules;
}

static int lock_land(const struct sandbox_options *options)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* say the version */);
	struct landlock_rules rules;
	int fd, r = 0;

	(void)options;
	if (abi < 1)
		return 1;
	rules = all_rights(abi);
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
	if (fd < 0)
		return -errno;
	if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		r = -errno;
	fd_close(fd);
	return r;
}

/* What the readers, the C library and the codecs do. */
static const char *const allowed[] = {
	"brk",
	"clock_gettime",
	"clock_gettime64",
	"close",
	"exit",
	"exit_group",
	"futex",
	"futex_time64",
	"getpid",
	"getrandom",
	"gettid",
	"gettimeofday",
	"madvise",
	"mremap",
	"munmap",
	"pread64",
	"restart_syscall",
	"rseq",
	"rt_sigprocmask",
	"rt_sigreturn",
	"sched_yield",
	"set_robust_list",
	"sigreturn",
#if IMGTANK_SANITIZED
	/* To start threads, and for a report on standard error of what went wrong. */
	"clock_nanosleep",
	"clock_nanosleep_time64",
	"nanosleep",
	"rt_sigaction",
	"sched_getaffinity",
	"sigaltstack",
	"write",
#endif
};

/*
 * Denied, but no reason to end: libraries ask for these in passing and live
 * without. Everything that is in no list kills.
 */
static const char *const denied[] = {
	"access",
	"faccessat",
	"faccessat2",
	"fcntl",
	"fcntl64",
	"fstat",
	"fstat64",
	"get_mempolicy",
	"getcpu",
	"getdents64",
	"getrlimit",
	"getrusage",
	"ioctl",
	"lseek",
	"_llseek",
	"membarrier",
	"newfstatat",
	"fstatat64",
	"open",
	"openat",
	"prctl",
	"prlimit64",
	"read",
	"readlink",
	"readlinkat",
	"sched_getparam",
	"sched_getscheduler",
	"set_mempolicy",
	"stat",
	"stat64",
	"statx",
	"sysinfo",
	"ugetrlimit",
	"uname",
	"writev",
#if !IMGTANK_SANITIZED
	"rt_sigaction",
	"sched_getaffinity",
	"sigaltstack",
	"write",
#endif
};

/* Names that this libseccomp or this machine does not have are no loss: they stay forbidden. */
static int add_names(
	scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);
		int r = number < 0 ? 0 : seccomp_rule_add(filter, action, number, 0);

		if (r < 0)
			return r;
	}
	return 0;
}

static int add_one(scmp_filter_ctx filter, uint32_t action, const char *name,
	const struct scmp_arg_cmp *conditions, unsigned count)
{
	int number = seccomp_syscall_resolve_name(name);

	return number < 0 ? 0 : seccomp_rule_add_array(filter, action, number, count, conditions);
}

/* Calls that are only allowed with certain arguments. */
static int add_conditions(scmp_filter_ctx filter, const struct sandbox_options *options)
{
	const struct scmp_arg_cmp on_socket =
		SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t)options->socket_fd);
	const struct scmp_arg_cmp to_itself =
		SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t)getpid());
	const struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp no_code_no_file[] = {
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS),
	};
	const struct {
		const char *name;
		const struct scmp_arg_cmp *conditions;
		unsigned count;
	} rules[] = {
		{"sendmsg", &on_socket, 1},
		{"recvmsg", &on_socket, 1},
		{"tgkill", &to_itself, 1},
		{"mprotect", &no_code, 1},
		{"mmap", no_code_no_file, 2},
		{"mmap2", no_code_no_file, 2},
	};

	for (size_t i = 0; i < COUNT(rules); i++) {
		int r = add_one(
			filter, SCMP_ACT_ALLOW, rules[i].name, rules[i].conditions, rules[i].count);

		if (r < 0)
			return r;
	}
	return 0;
}

static int add_threads(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp a_thread = SCMP_A0(SCMP_CMP_EQ, THREAD_FLAGS, 0);
	int r = add_one(filter, SCMP_ACT_ALLOW, "clone", &a_thread, 1);

	/* Its flags lie in memory, where no filter sees them; glibc then takes clone(). */
	if (r == 0)
		r = add_one(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", NULL, 0);
	return r;
}

static int fill_filter(scmp_filter_ctx filter, const struct sandbox_options *options)
{
	int r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (r == 0)
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* only speed */
	if (r == 0)
		r = add_names(filter, SCMP_ACT_ALLOW, allowed, COUNT(allowed));
	if (r == 0 && options->has_threads)
		r = add_threads(filter);
	if (r == 0)
		r = add_names(filter, SCMP_ACT_ERRNO(EPERM), denied, COUNT(denied));
	return r ? r : add_conditions(filter, options);
}

static int filter_calls(const struct sandbox_options *options)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r;

	if (!filter)
		return -ENOMEM;
	r = fill_filter(filter, options);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

/* Each gives 0, 1 if it has to be left out here, or a negative errno. */
static const struct {
	uint32_t part;
	int (*enter)(const struct sandbox_options *options);
} steps[] = {
	{SANDBOX_DESCRIPTORS, close_descriptors},
	{SANDBOX_UNPRIVILEGED, drop_privileges},
	{SANDBOX_NO_NEW_PRIVILEGES, refuse_new_privileges},
	{SANDBOX_RLIMITS, limit_resources},
	{SANDBOX_MEMORY, limit_memory},
	{SANDBOX_LANDLOCK, lock_land},
	{SANDBOX_SECCOMP, filter_calls},
};

int sandbox_enter(const struct sandbox_options *options, struct sandbox_result *result)
{
	*result = (struct sandbox_result){0};
	for (size_t i = 0; i < COUNT(steps); i++) {
		int r = steps[i].enter(options);

		if (r == 0)
			result->parts |= steps[i].part;
		if (r < 0) {
			result->failed = steps[i].part;
			return r;
		}
	}
	return 0;
}
