/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * faultshim.c - preloaded into imgtank by tests: makes file-system calls fail,
 * fall short, wait or kill the process group at the nth call; counts and logs them.
 *
 *   FAULTSHIM_PLAN    rules divided by ';', words of a rule divided by blanks:
 *                       fn=pwrite,write   which calls ("any": all)
 *                       path=/tank        only on files below this folder
 *                       nth=3 times=1     from the 3rd such call on; times=0: for ever
 *                       errno=28 | short=7 | zero | kill=before | kill=after | touch=FILE |
 *                       hold=FIFO
 *   FAULTSHIM_COUNTS  a file that gets "name count" of each call, mapped and always current
 *   FAULTSHIM_PATH    only calls on files below this folder are counted and logged
 *   FAULTSHIM_LOG     a file that gets a line a call: name, path
 *   FAULTSHIM_PROGRAM acts only in the program of this name (default: imgtank)
 *
 * "touch=FILE" appends a byte to FILE before the call: a source that changes while it is read.
 * "hold=FIFO": the call waits until somebody has opened FIFO for writing and closed it again: what
 * happens between two steps, at the very moment that a test wants.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* No fortified or 64-bit-renamed prototypes here: both names of a call are defined below. */

#define CALLS(X)                                                                                   \
	X(read)                                                                                    \
	X(pread)                                                                                   \
	X(preadv)                                                                                  \
	X(write)                                                                                   \
	X(pwrite)                                                                                  \
	X(pwritev)                                                                                 \
	X(openat)                                                                                  \
	X(tmpfile) /* openat with O_TMPFILE */                                                     \
	X(linkat)                                                                                  \
	X(renameat)                                                                                \
	X(renameat2)                                                                               \
	X(unlinkat)                                                                                \
	X(mkdirat)                                                                                 \
	X(fsync)                                                                                   \
	X(fdatasync)                                                                               \
	X(syncfs)                                                                                  \
	X(sync_file_range)                                                                         \
	X(futimens)                                                                                \
	X(fchmod)                                                                                  \
	X(fchown)                                                                                  \
	X(fstatvfs)                                                                                \
	X(ftruncate)                                                                               \
	X(fallocate)                                                                               \
	X(copy_file_range)                                                                         \
	X(getdents) /* readdir */                                                                  \
	X(statx)                                                                                   \
	X(flock)

#define CALL_ENUM(name) CALL_##name,
enum call { CALLS(CALL_ENUM) CALLS_COUNT };
#define CALL_NAME(name) #name,
static const char *const call_names[] = {CALLS(CALL_NAME)};

#define RULES_MAX 8
#define COUNT_LINE_BYTES 32

enum action {
	ACTION_NONE,
	ACTION_ERRNO,
	ACTION_SHORT,
	ACTION_ZERO,
	ACTION_KILL_BEFORE,
	ACTION_KILL_AFTER,
	ACTION_TOUCH,
	ACTION_HOLD
};

struct rule {
	bool calls[CALLS_COUNT];
	char path[PATH_MAX];
	long nth, times, value;
	enum action action;
	char file[PATH_MAX]; /* to be touched, or waited at */
	_Atomic long seen;
};

static struct rule rules[RULES_MAX];
static int rules_count;
static bool is_active;
static char count_path[PATH_MAX];
static int log_fd = -1;
static char *counts; /* CALLS_COUNT lines of COUNT_LINE_BYTES */
static _Atomic long count_values[CALLS_COUNT];
static _Thread_local int depth; /* our own calls pass through */

static void *next_symbol(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (!symbol)
		abort();
	return symbol;
}

/* One static pointer a call; looked up once. */
#define REAL(type, name)                                                                           \
	static type (*real)();                                                                     \
	if (!real)                                                                                 \
	*(void **)&real = next_symbol(name)

static long raw_write(int fd, const void *bytes, size_t size)
{
	return syscall(SYS_write, fd, bytes, size);
}

/* ---- the plan ---------------------------------------------------------------------- */

static void set_calls(struct rule *rule, char *list)
{
	char *save = NULL;

	for (char *name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save))
		for (int i = 0; i < CALLS_COUNT; i++)
			if (!strcmp(name, "any") || !strcmp(name, call_names[i]))
				rule->calls[i] = true;
}

static void set_action(struct rule *rule, const char *word)
{
	if (!strncmp(word, "errno=", 6)) {
		rule->action = ACTION_ERRNO;
		rule->value = strtol(word + 6, NULL, 10);
	} else if (!strncmp(word, "short=", 6)) {
		rule->action = ACTION_SHORT;
		rule->value = strtol(word + 6, NULL, 10);
	} else if (!strcmp(word, "zero")) {
		rule->action = ACTION_ZERO;
	} else if (!strcmp(word, "kill=before")) {
		rule->action = ACTION_KILL_BEFORE;
	} else if (!strcmp(word, "kill=after")) {
		rule->action = ACTION_KILL_AFTER;
	} else if (!strncmp(word, "touch=", 6)) {
		rule->action = ACTION_TOUCH;
		(void)snprintf(rule->file, sizeof(rule->file), "%s", word + 6);
	} else if (!strncmp(word, "hold=", 5)) {
		rule->action = ACTION_HOLD;
		(void)snprintf(rule->file, sizeof(rule->file), "%s", word + 5);
	}
}

static void parse_word(struct rule *rule, char *word)
{
	if (!strncmp(word, "fn=", 3))
		set_calls(rule, word + 3);
	else if (!strncmp(word, "path=", 5))
		(void)snprintf(rule->path, sizeof(rule->path), "%s", word + 5);
	else if (!strncmp(word, "nth=", 4))
		rule->nth = strtol(word + 4, NULL, 10);
	else if (!strncmp(word, "times=", 6))
		rule->times = strtol(word + 6, NULL, 10);
	else
		set_action(rule, word);
}

static void parse_plan(char *plan)
{
	char *save_rule = NULL;

	for (char *text = strtok_r(plan, ";", &save_rule); text && rules_count < RULES_MAX;
		text = strtok_r(NULL, ";", &save_rule)) {
		struct rule *rule = &rules[rules_count++];
		char *save = NULL;

		rule->nth = 1;
		rule->times = 1;
		for (char *word = strtok_r(text, " ", &save); word;
			word = strtok_r(NULL, " ", &save))
			parse_word(rule, word);
	}
}

static void open_counts(const char *path)
{
	size_t size = CALLS_COUNT * COUNT_LINE_BYTES;
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || syscall(SYS_ftruncate, fd, (long)size) < 0)
		return;
	counts = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)syscall(SYS_close, fd);
	if (counts == MAP_FAILED)
		counts = NULL;
	for (int i = 0; counts && i < CALLS_COUNT; i++)
		(void)snprintf(counts + i * COUNT_LINE_BYTES, COUNT_LINE_BYTES, "%-18s%12d",
			call_names[i], 0);
}

__attribute__((constructor)) static void start(void)
{
	const char *program = getenv("FAULTSHIM_PROGRAM");
	const char *plan = getenv("FAULTSHIM_PLAN"), *log = getenv("FAULTSHIM_LOG");
	const char *path = getenv("FAULTSHIM_PATH"), *count_file = getenv("FAULTSHIM_COUNTS");
	static char copy[8192];

	if (strcmp(program_invocation_short_name, program ? program : "imgtank") != 0)
		return;
	if (path)
		(void)snprintf(count_path, sizeof(count_path), "%s", path);
	if (plan) {
		(void)snprintf(copy, sizeof(copy), "%s", plan);
		parse_plan(copy);
	}
	if (count_file)
		open_counts(count_file);
	if (log)
		log_fd = (int)syscall(
			SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	is_active = rules_count || counts || log_fd >= 0;
}

/* ---- which file is it? -------------------------------------------------------------- */

static void path_of_fd(int fd, char *path, size_t size)
{
	char link[40];
	long n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = syscall(SYS_readlinkat, AT_FDCWD, link, path, size - 1);
	path[n > 0 ? n : 0] = '\0';
}

static void path_at(int dir_fd, const char *name, char *path, size_t size)
{
	char folder[PATH_MAX];

	if (!name)
		name = "";
	if (*name == '/') {
		(void)snprintf(path, size, "%s", name);
		return;
	}
	if (dir_fd == AT_FDCWD) {
		long n = syscall(
			SYS_readlinkat, AT_FDCWD, "/proc/self/cwd", folder, sizeof(folder) - 1);

		folder[n > 0 ? n : 0] = '\0';
	} else {
		path_of_fd(dir_fd, folder, sizeof(folder));
	}
	if ((size_t)snprintf(path, size, "%s/%s", folder, name) >= size)
		path[size - 1] = '\0';
}

static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return !length ||
		(!strncmp(path, folder, length) && (path[length] == '\0' || path[length] == '/'));
}

/* ---- what happens at a call ----------------------------------------------------------- */

static void note(enum call call, const char *path)
{
	char line[PATH_MAX + 64];
	int n;

	if (!is_below(path, count_path))
		return;
	if (counts) {
		long now = ++count_values[call];

		(void)snprintf(counts + call * COUNT_LINE_BYTES, COUNT_LINE_BYTES, "%-18s%12ld",
			call_names[call], now);
	}
	if (log_fd < 0)
		return;
	n = snprintf(line, sizeof(line), "%s\t%s\n", call_names[call], path);
	(void)raw_write(log_fd, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

static void touch_file(const char *path)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND, 0);

	if (fd < 0)
		return;
	(void)raw_write(fd, "!", 1);
	(void)syscall(SYS_close, fd);
}

static void wait_at(const char *fifo)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, fifo, O_RDONLY | O_CLOEXEC, 0);
	char byte;

	if (fd < 0)
		return;
	while (syscall(SYS_read, fd, &byte, 1) > 0)
		;
	(void)syscall(SYS_close, fd);
}

static void kill_group(void)
{
	(void)kill(0, SIGKILL);
}

/* The rule that acts on this call, or NULL. */
static struct rule *find_rule(enum call call, const char *path)
{
	struct rule *found = NULL;

	for (int i = 0; i < rules_count; i++) {
		struct rule *rule = &rules[i];
		long seen;

		if (!rule->calls[call] || !is_below(path, rule->path))
			continue;
		seen = ++rule->seen;
		if (seen < rule->nth || (rule->times && seen >= rule->nth + rule->times))
			continue;
		if (!found)
			found = rule;
	}
	return found;
}

struct verdict {
	bool is_failed; /* errno is set: return -1 */
	bool is_zero; /* return 0 */
	long short_bytes; /* >= 0: no more than this */
	bool kill_after;
};

static struct verdict judge(enum call call, const char *path)
{
	struct verdict verdict = {.short_bytes = -1};
	struct rule *rule;

	note(call, path);
	rule = find_rule(call, path);
	if (!rule)
		return verdict;
	switch (rule->action) {
	case ACTION_ERRNO:
		verdict.is_failed = true;
		errno = (int)rule->value;
		break;
	case ACTION_SHORT:
		verdict.short_bytes = rule->value;
		break;
	case ACTION_ZERO:
		verdict.is_zero = true;
		break;
	case ACTION_KILL_BEFORE:
		kill_group();
		break;
	case ACTION_KILL_AFTER:
		verdict.kill_after = true;
		break;
	case ACTION_TOUCH:
		touch_file(rule->file);
		break;
	case ACTION_HOLD:
		wait_at(rule->file);
		break;
	case ACTION_NONE:
		break;
	}
	return verdict;
}

static struct verdict judge_fd(enum call call, int fd)
{
	struct verdict verdict = {.short_bytes = -1};
	char path[PATH_MAX];
	int saved = errno;

	if (!is_active || depth)
		return verdict;
	depth++;
	path_of_fd(fd, path, sizeof(path));
	errno = saved;
	verdict = judge(call, path);
	depth--;
	return verdict;
}

static struct verdict judge_at(enum call call, int dir_fd, const char *name)
{
	struct verdict verdict = {.short_bytes = -1};
	char path[PATH_MAX];
	int saved = errno;

	if (!is_active || depth)
		return verdict;
	depth++;
	path_at(dir_fd, name, path, sizeof(path));
	errno = saved;
	verdict = judge(call, path);
	depth--;
	return verdict;
}

static size_t cut(size_t size, const struct verdict *verdict)
{
	return verdict->short_bytes >= 0 && (size_t)verdict->short_bytes < size
		? (size_t)verdict->short_bytes
		: size;
}

/* ---- the calls ------------------------------------------------------------------------ */

/* verdict is judged, "result" is what the real call gives. */
#define GUARD(type, verdict, call)                                                                 \
	do {                                                                                       \
		type guarded;                                                                      \
		if ((verdict).is_failed)                                                           \
			return -1;                                                                 \
		if ((verdict).is_zero)                                                             \
			return 0;                                                                  \
		guarded = (call);                                                                  \
		if ((verdict).kill_after)                                                          \
			kill_group();                                                              \
		return guarded;                                                                    \
	} while (0)

#define SHIM __attribute__((visibility("default")))

SHIM ssize_t read(int fd, void *buffer, size_t size);
SHIM ssize_t read(int fd, void *buffer, size_t size)
{
	REAL(ssize_t, "read");
	struct verdict v = judge_fd(CALL_read, fd);
	GUARD(ssize_t, v, real(fd, buffer, cut(size, &v)));
}

SHIM ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room);
SHIM ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room)
{
	if (size > room)
		abort();
	return read(fd, buffer, size);
}

SHIM ssize_t write(int fd, const void *buffer, size_t size);
SHIM ssize_t write(int fd, const void *buffer, size_t size)
{
	REAL(ssize_t, "write");
	struct verdict v = judge_fd(CALL_write, fd);
	GUARD(ssize_t, v, real(fd, buffer, cut(size, &v)));
}

#define POSITIONED(name, kind, buffer_type)                                                        \
	SHIM ssize_t name(int fd, buffer_type buffer, size_t size, off_t offset);                  \
	SHIM ssize_t name(int fd, buffer_type buffer, size_t size, off_t offset)                   \
	{                                                                                          \
		REAL(ssize_t, #name);                                                              \
		struct verdict v = judge_fd(CALL_##kind, fd);                                      \
		GUARD(ssize_t, v, real(fd, buffer, cut(size, &v), offset));                        \
	}
POSITIONED(pread, pread, void *)
POSITIONED(pread64, pread, void *)
POSITIONED(pwrite, pwrite, const void *)
POSITIONED(pwrite64, pwrite, const void *)

#define POSITIONED_CHECKED(name, plain)                                                            \
	SHIM ssize_t name(int fd, void *buffer, size_t size, off_t offset, size_t room);           \
	SHIM ssize_t name(int fd, void *buffer, size_t size, off_t offset, size_t room)            \
	{                                                                                          \
		if (size > room)                                                                   \
			abort();                                                                   \
		return plain(fd, buffer, size, offset);                                            \
	}
POSITIONED_CHECKED(__pread_chk, pread)
POSITIONED_CHECKED(__pread64_chk, pread64)

#define VECTORED(name, kind)                                                                       \
	SHIM ssize_t name(int fd, const struct iovec *vector, int count, off_t offset);            \
	SHIM ssize_t name(int fd, const struct iovec *vector, int count, off_t offset)             \
	{                                                                                          \
		REAL(ssize_t, #name);                                                              \
		struct verdict v = judge_fd(CALL_##kind, fd);                                      \
		struct iovec first = vector[0];                                                    \
		if (v.short_bytes >= 0 && count > 0) {                                             \
			first.iov_len = cut(first.iov_len, &v);                                    \
			return real(fd, &first, 1, offset);                                        \
		}                                                                                  \
		GUARD(ssize_t, v, real(fd, vector, count, offset));                                \
	}
VECTORED(preadv, preadv)
VECTORED(preadv64, preadv)
VECTORED(pwritev, pwritev)
VECTORED(pwritev64, pwritev)

static int shim_open(int dir_fd, const char *path, int flags, mode_t mode)
{
	enum call call = (flags & O_TMPFILE) == O_TMPFILE ? CALL_tmpfile : CALL_openat;
	struct verdict v = judge_at(call, dir_fd, path);

	GUARD(int, v, (int)syscall(SYS_openat, dir_fd, path, flags, mode));
}

static mode_t mode_of(int flags, va_list *args)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(*args, mode_t) : 0;
}

#define OPEN(name)                                                                                 \
	SHIM int name(const char *path, int flags, ...);                                           \
	SHIM int name(const char *path, int flags, ...)                                            \
	{                                                                                          \
		va_list args;                                                                      \
		mode_t mode;                                                                       \
		va_start(args, flags);                                                             \
		mode = mode_of(flags, &args);                                                      \
		va_end(args);                                                                      \
		return shim_open(AT_FDCWD, path, flags, mode);                                     \
	}
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                               \
	SHIM int name(int dir_fd, const char *path, int flags, ...);                               \
	SHIM int name(int dir_fd, const char *path, int flags, ...)                                \
	{                                                                                          \
		va_list args;                                                                      \
		mode_t mode;                                                                       \
		va_start(args, flags);                                                             \
		mode = mode_of(flags, &args);                                                      \
		va_end(args);                                                                      \
		return shim_open(dir_fd, path, flags, mode);                                       \
	}
OPENAT(openat)
OPENAT(openat64)

#define OPEN_CHECKED(name)                                                                         \
	SHIM int name(const char *path, int flags);                                                \
	SHIM int name(const char *path, int flags)                                                 \
	{                                                                                          \
		return shim_open(AT_FDCWD, path, flags, 0);                                        \
	}
OPEN_CHECKED(__open_2)
OPEN_CHECKED(__open64_2)

#define OPENAT_CHECKED(name)                                                                       \
	SHIM int name(int dir_fd, const char *path, int flags);                                    \
	SHIM int name(int dir_fd, const char *path, int flags)                                     \
	{                                                                                          \
		return shim_open(dir_fd, path, flags, 0);                                          \
	}
OPENAT_CHECKED(__openat_2)
OPENAT_CHECKED(__openat64_2)

/* name(fd, ...): all the other calls that are given a descriptor. */
#define BY_FD_0(name, kind)                                                                        \
	SHIM int name(int fd);                                                                     \
	SHIM int name(int fd)                                                                      \
	{                                                                                          \
		REAL(int, #name);                                                                  \
		struct verdict v = judge_fd(CALL_##kind, fd);                                      \
		GUARD(int, v, real(fd));                                                           \
	}
#define BY_FD_1(name, kind, a_type)                                                                \
	SHIM int name(int fd, a_type a);                                                           \
	SHIM int name(int fd, a_type a)                                                            \
	{                                                                                          \
		REAL(int, #name);                                                                  \
		struct verdict v = judge_fd(CALL_##kind, fd);                                      \
		GUARD(int, v, real(fd, a));                                                        \
	}
#define BY_FD_2(name, kind, a_type, b_type)                                                        \
	SHIM int name(int fd, a_type a, b_type b);                                                 \
	SHIM int name(int fd, a_type a, b_type b)                                                  \
	{                                                                                          \
		REAL(int, #name);                                                                  \
		struct verdict v = judge_fd(CALL_##kind, fd);                                      \
		GUARD(int, v, real(fd, a, b));                                                     \
	}
BY_FD_0(fsync, fsync)
BY_FD_0(fdatasync, fdatasync)
BY_FD_0(syncfs, syncfs)
BY_FD_1(fchmod, fchmod, mode_t)
BY_FD_1(ftruncate, ftruncate, off_t)
BY_FD_1(ftruncate64, ftruncate, off_t)
BY_FD_1(fstatvfs, fstatvfs, struct statvfs *)
BY_FD_1(fstatvfs64, fstatvfs, struct statvfs64 *)
BY_FD_1(flock, flock, int)
BY_FD_2(fchown, fchown, uid_t, gid_t)

SHIM int futimens(int fd, const struct timespec times[2]);
SHIM int futimens(int fd, const struct timespec times[2])
{
	REAL(int, "futimens");
	struct verdict v = judge_fd(CALL_futimens, fd);
	GUARD(int, v, real(fd, times));
}

SHIM int sync_file_range(int fd, off64_t offset, off64_t size, unsigned flags);
SHIM int sync_file_range(int fd, off64_t offset, off64_t size, unsigned flags)
{
	REAL(int, "sync_file_range");
	struct verdict v = judge_fd(CALL_sync_file_range, fd);
	GUARD(int, v, real(fd, offset, size, flags));
}

#define FALLOCATE(name)                                                                            \
	SHIM int name(int fd, int mode, off_t offset, off_t size);                                 \
	SHIM int name(int fd, int mode, off_t offset, off_t size)                                  \
	{                                                                                          \
		REAL(int, #name);                                                                  \
		struct verdict v = judge_fd(CALL_fallocate, fd);                                   \
		GUARD(int, v, real(fd, mode, offset, size));                                       \
	}
FALLOCATE(fallocate)
FALLOCATE(fallocate64)

SHIM ssize_t copy_file_range(
	int from, off64_t *from_offset, int to, off64_t *to_offset, size_t size, unsigned flags);
SHIM ssize_t copy_file_range(
	int from, off64_t *from_offset, int to, off64_t *to_offset, size_t size, unsigned flags)
{
	REAL(ssize_t, "copy_file_range");
	struct verdict v = judge_fd(CALL_copy_file_range, to);
	GUARD(ssize_t, v, real(from, from_offset, to, to_offset, cut(size, &v), flags));
}

/* Names in folders; the rule looks at the new name. */
SHIM int linkat(int from, const char *old, int to, const char *name, int flags);
SHIM int linkat(int from, const char *old, int to, const char *name, int flags)
{
	REAL(int, "linkat");
	struct verdict v = judge_at(CALL_linkat, to, name);
	GUARD(int, v, real(from, old, to, name, flags));
}

SHIM int renameat(int from, const char *old, int to, const char *name);
SHIM int renameat(int from, const char *old, int to, const char *name)
{
	REAL(int, "renameat");
	struct verdict v = judge_at(CALL_renameat, to, name);
	GUARD(int, v, real(from, old, to, name));
}

SHIM int renameat2(int from, const char *old, int to, const char *name, unsigned flags);
SHIM int renameat2(int from, const char *old, int to, const char *name, unsigned flags)
{
	REAL(int, "renameat2");
	struct verdict v = judge_at(CALL_renameat2, to, name);
	GUARD(int, v, real(from, old, to, name, flags));
}

SHIM int unlinkat(int dir_fd, const char *name, int flags);
SHIM int unlinkat(int dir_fd, const char *name, int flags)
{
	REAL(int, "unlinkat");
	struct verdict v = judge_at(CALL_unlinkat, dir_fd, name);
	GUARD(int, v, real(dir_fd, name, flags));
}

SHIM int unlink(const char *path);
SHIM int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

SHIM int mkdirat(int dir_fd, const char *name, mode_t mode);
SHIM int mkdirat(int dir_fd, const char *name, mode_t mode)
{
	REAL(int, "mkdirat");
	struct verdict v = judge_at(CALL_mkdirat, dir_fd, name);
	GUARD(int, v, real(dir_fd, name, mode));
}

SHIM int mkdir(const char *path, mode_t mode);
SHIM int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

SHIM int statx(int dir_fd, const char *name, int flags, unsigned mask, struct statx *st);
SHIM int statx(int dir_fd, const char *name, int flags, unsigned mask, struct statx *st)
{
	REAL(int, "statx");
	struct verdict v = judge_at(CALL_statx, dir_fd, name);
	GUARD(int, v, real(dir_fd, name, flags, mask, st));
}

/* readdir() says an error by NULL and errno. */
#define READDIR(name, type)                                                                        \
	SHIM struct type *name(void *dir);                                                         \
	SHIM struct type *name(void *dir)                                                          \
	{                                                                                          \
		REAL(struct type *, #name);                                                        \
		static int (*fd_of)(void *);                                                       \
		struct verdict v;                                                                  \
		if (!fd_of)                                                                        \
			*(void **)&fd_of = next_symbol("dirfd");                                   \
		v = judge_fd(CALL_getdents, fd_of(dir));                                           \
		return v.is_failed || v.is_zero ? NULL : real(dir);                                \
	}
struct dirent;
struct dirent64;
READDIR(readdir, dirent)
READDIR(readdir64, dirent64)

/* openat2 and renameat2 come this way where the C library has no function for them. */
SHIM long syscall(long number, ...);
SHIM long syscall(long number, ...)
{
	static long (*real)(long, ...);
	struct verdict v = {.short_bytes = -1};
	long a[6];
	va_list args;

	if (!real)
		*(void **)&real = next_symbol("syscall");
	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (is_active && !depth) {
		if (number == SYS_openat2)
			v = judge_at(CALL_openat, (int)a[0], (const char *)a[1]);
		else if (number == SYS_renameat2)
			v = judge_at(CALL_renameat2, (int)a[2], (const char *)a[3]);
	}
	GUARD(long, v, real(number, a[0], a[1], a[2], a[3], a[4], a[5]));
}
