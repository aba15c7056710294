/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * faulty_media.c - stands for the readers in imgtank-probe-faulty, a probe that is
 * at the mercy of its files.
 *
 * The attempts to escape are bare system calls, as an intruder would make them.
 */
#include "tests/support/faulty_media.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "core/probe/media.h"
#include "core/probe/probe_wire.h"

#define FILE_FD 4 /* the first free one behind the socket */
#define BOMB_STEP_BYTES (1u << 20)
#define BOMB_STEPS_MAX 512 /* without a bound: enough to be seen, not to harm the machine */

struct attempt {
	const char *name;
	long (*run)(void); /* 0 or more: it worked */
};

static volatile unsigned sink; /* keeps the optimiser from seeing through the faults */

static long open_for_reading(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}

static long open_for_writing(void)
{
	return syscall(
		SYS_openat, AT_FDCWD, "/tmp/imgtank-probe-escaped", O_WRONLY | O_CREAT, 0600);
}

static long read_moves_position(void)
{
	char byte;

	return syscall(SYS_read, FILE_FD, &byte, 1);
}

static long seek(void)
{
	return syscall(SYS_lseek, FILE_FD, 3, SEEK_SET);
}

static long change_flags(void)
{
	return syscall(SYS_fcntl, FILE_FD, F_SETFL, O_NONBLOCK | O_APPEND);
}

static long change_mode(void)
{
	return syscall(SYS_fchmod, FILE_FD, 0777);
}

static long change_times(void)
{
	return syscall(SYS_utimensat, FILE_FD, NULL, NULL, 0);
}

static long cut_file(void)
{
	return syscall(SYS_ftruncate, FILE_FD, 0L);
}

static long remove_file(void)
{
	return syscall(SYS_unlinkat, AT_FDCWD, "/tmp/imgtank-probe-victim", 0);
}

static long open_network(void)
{
	return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static long open_local_socket(void)
{
	return syscall(SYS_socket, AF_UNIX, SOCK_DGRAM, 0);
}

static long execute(void)
{
	char *const arguments[] = {(char[]){"true"}, NULL};

	return syscall(SYS_execve, "/bin/true", arguments, arguments + 1);
}

static long fork_process(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0L, 0L, 0L, 0L);

	if (pid == 0)
		(void)syscall(SYS_exit_group, 0);
	return pid;
}

static long kill_parent(void)
{
	return syscall(SYS_kill, getppid(), SIGUSR1);
}

static long kill_parent_thread(void)
{
	long pid = syscall(SYS_getppid);

	return syscall(SYS_tgkill, pid, pid, SIGUSR1);
}

static long trace_parent(void)
{
	return syscall(SYS_ptrace, PTRACE_ATTACH, getppid(), 0L, 0L);
}

static long read_parent(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {&byte, 1};

	return syscall(SYS_process_vm_readv, getppid(), &here, 1UL, &there, 1UL, 0UL);
}

static long map_code(void)
{
	void *p = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static long turn_data_to_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? 0 : syscall(SYS_mprotect, p, 4096UL, PROT_READ | PROT_EXEC);
}

static long map_file(void)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, FILE_FD, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static long become_root(void)
{
	return syscall(SYS_setresuid, 0, 0, 0);
}

static long raise_limit(void)
{
	const uint64_t limit[2] = {64, 64};

	return syscall(SYS_prlimit64, 0, 7 /* RLIMIT_NOFILE */, limit, NULL);
}

static long use_io_uring(void)
{
	char parameters[120] = {0};

	return syscall(SYS_io_uring_setup, 1, parameters);
}

static long make_memory_file(void)
{
	return syscall(SYS_memfd_create, "escaped", 0);
}

static long send_elsewhere(void)
{
	char byte = 0;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	return syscall(SYS_sendmsg, 0, &message, 0) >= 0 ? 0 : errno == ENOTSOCK ? 0 : -1;
}

static const struct attempt attempts[] = {
	{"open-read", open_for_reading},
	{"open-write", open_for_writing},
	{"read", read_moves_position},
	{"lseek", seek},
	{"fcntl", change_flags},
	{"fchmod", change_mode},
	{"utimens", change_times},
	{"ftruncate", cut_file},
	{"unlink", remove_file},
	{"socket-inet", open_network},
	{"socket-unix", open_local_socket},
	{"execve", execute},
	{"fork", fork_process},
	{"kill", kill_parent},
	{"tgkill", kill_parent_thread},
	{"ptrace", trace_parent},
	{"read-parent", read_parent},
	{"map-code", map_code},
	{"data-to-code", turn_data_to_code},
	{"map-file", map_file},
	{"setuid", become_root},
	{"setrlimit", raise_limit},
	{"io-uring", use_io_uring},
	{"memfd", make_memory_file},
	{"send-elsewhere", send_elsewhere},
};

static void say(struct media_facts *facts, const char *text)
{
	(void)snprintf(facts->model, sizeof(facts->model), "%s", text);
}

static int escape(const char *name, struct media_facts *facts)
{
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		if (strcmp(attempts[i].name, name) != 0)
			continue;
		say(facts, attempts[i].run() >= 0 ? "escaped" : "denied");
		return 0;
	}
	say(facts, "no such attempt");
	return 0;
}

static int crash(const char *word, struct media_facts *facts)
{
	unsigned char *volatile nowhere = (unsigned char *)16;

	(void)word;
	(void)facts;
	*nowhere = 1;
	return 0;
}

static int end_by_abort(const char *word, struct media_facts *facts)
{
	(void)word;
	(void)facts;
	abort();
}

static unsigned dig(unsigned depth) // NOLINT: the recursion is the fault
{
	volatile unsigned char room[1024];

	room[depth % sizeof(room)] = (unsigned char)depth;
	if (sink == 1)
		return 0;
	return dig(depth + 1) + room[(depth + 1) % sizeof(room)];
}

static int recurse(const char *word, struct media_facts *facts)
{
	(void)word;
	(void)facts;
	return (int)(dig(0) & 0xffff);
}

static int leave(const char *word, struct media_facts *facts)
{
	(void)word;
	(void)facts;
	_exit(0);
}

static int hang(const char *word, struct media_facts *facts)
{
	(void)word;
	(void)facts;
	for (;;)
		sink += 2;
	return 0;
}

static int sleep_for_ever(const char *word, struct media_facts *facts)
{
	unsigned value = 0;

	(void)word;
	(void)facts;
	for (;;)
		(void)syscall(SYS_futex, &value, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	return 0;
}

static int nap(const char *word, struct media_facts *facts)
{
	const struct timespec duration = {.tv_nsec = 600000000};
	unsigned value = 0;

	(void)word;
	(void)syscall(SYS_futex, &value, FUTEX_WAIT_PRIVATE, 0, &duration, NULL, 0);
	say(facts, "done");
	return 0;
}

/* Takes and uses; how many steps it got. */
static unsigned take_memory(bool is_reckless)
{
	for (unsigned i = 0; i < BOMB_STEPS_MAX; i++) {
		unsigned char *p = malloc(BOMB_STEP_BYTES);

		if (!p && !is_reckless)
			return i;
		for (size_t at = 0; at < BOMB_STEP_BYTES; at += 4096)
			((volatile unsigned char *)p)[at] = 1;
	}
	return BOMB_STEPS_MAX;
}

static int bomb(const char *word, struct media_facts *facts)
{
	(void)word;
	(void)facts;
	return take_memory(false) < BOMB_STEPS_MAX ? -ENOMEM : 0;
}

static int bomb_recklessly(const char *word, struct media_facts *facts)
{
	(void)word;
	(void)facts;
	(void)take_memory(true);
	return 0;
}

static int close_and_hang(const char *word, struct media_facts *facts)
{
	(void)close(PROBE_SOCKET_FD);
	return hang(word, facts);
}

static int make_noise(const char *word, struct media_facts *facts)
{
	char text[] = "hello?";
	struct iovec part = {.iov_base = text, .iov_len = sizeof(text)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	(void)word;
	(void)facts;
	(void)sendmsg(PROBE_SOCKET_FD, &message, 0);
	return 0;
}

static int show_environment(const char *word, struct media_facts *facts)
{
	const char *value = getenv(word);

	say(facts, value ? value : "-");
	return 0;
}

static int be_fine(const char *word, struct media_facts *facts)
{
	char text[16];

	(void)word;
	(void)snprintf(text, sizeof(text), "%ld", (long)getpid());
	say(facts, text);
	return 0;
}

/* One field each that no reader could have filled like this. */
static int lie(const char *word, struct media_facts *facts)
{
	if (!strcmp(word, "unended"))
		memset(facts->make, 'A', sizeof(facts->make));
	else if (!strcmp(word, "control"))
		say(facts, "\033[2J");
	else if (!strcmp(word, "time"))
		memcpy(facts->capture_time, "2024-02-30T12:00:00", 20);
	else if (!strcmp(word, "orientation"))
		facts->orientation = 9;
	else if (!strcmp(word, "source"))
		facts->date_source = MEDIA_DATE_SOURCES_COUNT;
	else if (!strcmp(word, "previews"))
		facts->preview_count = UINT32_MAX;
	else
		say(facts, "no such lie");
	return 0;
}

static const struct {
	const char *word;
	int (*run)(const char *word, struct media_facts *facts);
} faults[] = {
	{FAULTY_FINE, be_fine},
	{FAULTY_CRASH, crash},
	{FAULTY_ABORT, end_by_abort},
	{FAULTY_DEEP, recurse},
	{FAULTY_EXIT, leave},
	{FAULTY_HANG, hang},
	{FAULTY_SLEEP, sleep_for_ever},
	{FAULTY_NAP, nap},
	{FAULTY_BOMB, bomb},
	{FAULTY_RECKLESS, bomb_recklessly},
	{FAULTY_CLOSE, close_and_hang},
	{FAULTY_NOISE, make_noise},
	{FAULTY_ENV, show_environment},
	{FAULTY_LIE, lie},
	{FAULTY_ESCAPE, escape},
};

int media_read(const struct media_input *input, struct media_facts *facts)
{
	char text[64] = {0};
	ssize_t n = input->read_at(input->userdata, text, sizeof(text) - 1, 0);

	memset(facts, 0, sizeof(*facts));
	if (n < 0)
		return 0; /* a reader that does not care: its caller must */
	memcpy(facts->type, "FAULTY", 7);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (!strncmp(text, faults[i].word, FAULTY_WORD_BYTES))
			return faults[i].run(text + FAULTY_WORD_BYTES + 1, facts);
	return 0;
}
