/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each test enters the sandbox in a process of its own, as nothing leads out again.
 */
#include "tests/support/itest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build.h"
#include "core/base/fd.h"
#include "core/base/sandbox.h"

#define MEMORY_BYTES (64u << 20)

static int sockets[2];
static struct sandbox_result result;

static int set_up(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets);
}

static int tear_down(void **state)
{
	(void)state;
	fd_close(sockets[0]);
	fd_close(sockets[1]);
	return 0;
}

static int enter(uint64_t memory_bytes, bool has_threads)
{
	const struct sandbox_options options = {.socket_fd = sockets[1],
		.memory_bytes = memory_bytes,
		.cpu_seconds = 10,
		.has_threads = has_threads};

	return sandbox_enter(&options, &result);
}

static void say(bool is_true)
{
	char byte = is_true ? 'y' : 'n';
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	_exit(sendmsg(sockets[1], &message, 0) == 1 ? 0 : 1);
}

/* What the process said, or 'k' if it was killed before. */
static char run(void (*inside)(void))
{
	char byte = 'k';
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		inside();
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)recv(sockets[0], &byte, 1, MSG_DONTWAIT);
	if (byte == 'k')
		assert_true(WIFSIGNALED(status));
	return byte;
}

static void say_parts(void)
{
	unsigned required = SANDBOX_PARTS_ALL;

	if (IMGTANK_SANITIZED)
		required &= ~(unsigned)SANDBOX_MEMORY;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1)
		required &= ~(unsigned)SANDBOX_LANDLOCK;
	say(enter(MEMORY_BYTES, false) == 0 && result.failed == 0 && result.parts == required);
}

static void test_sandbox_puts_up_every_part(void **state)
{
	(void)state;
	assert_int_equal(run(say_parts), 'y');
}

static void say_too_little_memory(void)
{
	say(enter(1 << 20, false) == -ENOMEM && result.failed == SANDBOX_MEMORY);
}

static void test_sandbox_says_which_part_failed(void **state)
{
	(void)state;
	if (IMGTANK_SANITIZED)
		skip(); /* no bound of the memory, so none that is too small */
	assert_int_equal(run(say_too_little_memory), 'y');
}

static void say_memory(void)
{
	void *little, *much;

	if (enter(MEMORY_BYTES, false) < 0)
		say(false);
	little = malloc(16 << 20);
	much = malloc(MEMORY_BYTES);
	say(little && !much);
}

static void test_sandbox_bounds_memory(void **state)
{
	(void)state;
	if (IMGTANK_SANITIZED)
		skip();
	assert_int_equal(run(say_memory), 'y');
}

/* Stays in the sandbox until it is looked at. */
static void wait_inside(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
	const uint32_t both = 1u << CAP_CHOWN | 1u << CAP_KILL;
	char byte = 'y';
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	/* Root that cannot become another user, as in some containers. */
	sets[0].effective = sets[0].permitted = both;
	if (syscall(SYS_capset, &header, sets) < 0 || enter(MEMORY_BYTES, false) < 0 ||
		(result.parts & SANDBOX_UNPRIVILEGED))
		say(false);
	(void)sendmsg(sockets[1], &message, 0);
	(void)recvmsg(sockets[1], &message, 0);
	_exit(0);
}

static void test_sandbox_takes_roots_capabilities_at_least(void **state)
{
	char path[64], status[8192], byte = 'n';
	pid_t pid;
	struct pollfd poll_fd = {.fd = sockets[0], .events = POLLIN};

	(void)state;
#ifdef __SANITIZE_THREAD__
	skip(); /* its own thread keeps the capabilities, and glibc ends what is so divided */
#endif
	if (geteuid() != 0)
		skip();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		wait_inside();
	assert_int_equal(poll(&poll_fd, 1, 20000), 1);
	assert_int_equal(recv(sockets[0], &byte, 1, 0), 1);
	assert_int_equal(byte, 'y');
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	assert_int_equal(fd_read_text(AT_FDCWD, path, status, sizeof(status)), 0);
	assert_int_equal(send(sockets[0], &byte, 1, 0), 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_non_null(strstr(status, "CapPrm:\t0000000000000000\n"));
	assert_non_null(strstr(status, "CapEff:\t0000000000000000\n"));
}

static void say_descriptors(void)
{
	int fd = open("/etc/hostname", O_RDONLY);
	int other = fcntl(fd, F_DUPFD, 100);
	char byte;

	if (fd < 0 || other < 0 || enter(MEMORY_BYTES, false) < 0)
		say(false);
	say(pread(other, &byte, 1, 0) < 0 && errno == EBADF && pread(fd, &byte, 1, 0) < 0 &&
		errno == EBADF);
}

static void test_sandbox_keeps_no_descriptor_but_the_socket(void **state)
{
	(void)state;
	assert_int_equal(run(say_descriptors), 'y');
}

static void say_open(void)
{
	if (enter(MEMORY_BYTES, false) < 0)
		say(false);
	say(open("/etc/hostname", O_RDONLY) < 0 && errno == EPERM);
}

static void test_sandbox_denies_what_libraries_try_in_passing(void **state)
{
	(void)state;
	assert_int_equal(run(say_open), 'y');
}

static void say_mount(void)
{
	if (enter(MEMORY_BYTES, false) < 0)
		say(true);
	(void)syscall(SYS_umount2, "/", 0);
	say(false);
}

static void test_sandbox_kills_for_anything_else(void **state)
{
	(void)state;
	assert_int_equal(run(say_mount), 'k');
}

static void *set_flag(void *userdata)
{
	*(bool *)userdata = true;
	return NULL;
}

static void say_thread(void)
{
	bool has_run = false;
	pthread_t thread = 0;

	if (enter(MEMORY_BYTES, true) < 0 || pthread_create(&thread, NULL, set_flag, &has_run) != 0)
		say(false);
	say(pthread_join(thread, NULL) == 0 && has_run);
}

static void test_sandbox_allows_threads_on_request(void **state)
{
	(void)state;
	assert_int_equal(run(say_thread), 'y');
}

static void say_fork(void)
{
	if (enter(MEMORY_BYTES, true) < 0)
		say(true);
	(void)syscall(SYS_clone, SIGCHLD, 0L, 0L, 0L, 0L);
	say(false);
}

static void test_sandbox_never_allows_processes(void **state)
{
	(void)state;
	assert_int_equal(run(say_fork), 'k');
}

static void test_sandbox_describes_its_parts(void **state)
{
	char text[256];

	(void)state;
	sandbox_describe(SANDBOX_PARTS_ALL, text, sizeof(text));
	assert_string_equal(
		text, "seccomp landlock memory rlimits no-new-privileges unprivileged descriptors");
	sandbox_describe(SANDBOX_SECCOMP | SANDBOX_RLIMITS, text, sizeof(text));
	assert_string_equal(text,
		"seccomp rlimits; not in force: landlock memory no-new-privileges unprivileged "
		"descriptors");
	sandbox_describe(SANDBOX_PARTS_ALL, text, 12);
	assert_string_equal(text, "seccomp lan");
	assert_string_equal(sandbox_part_name(SANDBOX_MEMORY), "memory");
	assert_null(sandbox_part_name(SANDBOX_MEMORY | SANDBOX_SECCOMP));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_sandbox_puts_up_every_part),
		TEST(test_sandbox_says_which_part_failed),
		TEST(test_sandbox_bounds_memory),
		TEST(test_sandbox_takes_roots_capabilities_at_least),
		TEST(test_sandbox_keeps_no_descriptor_but_the_socket),
		TEST(test_sandbox_denies_what_libraries_try_in_passing),
		TEST(test_sandbox_kills_for_anything_else),
		TEST(test_sandbox_allows_threads_on_request),
		TEST(test_sandbox_never_allows_processes),
		cmocka_unit_test(test_sandbox_describes_its_parts),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
