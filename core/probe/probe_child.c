/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/probe/probe_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "build.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"

#define PROGRAM_NAME "imgtank-probe"
#define START_TIMEOUT_USEC 10000000 /* a Pi that loads it from a slow card */
#define KILL_TIMEOUT_MS 500

static int check_program(const char *path, char **ret)
{
	char *copy;

	if (access(path, X_OK) < 0)
		return -errno;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

static int find_beside(char **ret)
{
	char path[PATH_MAX + sizeof(PROGRAM_NAME)];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	if (n < 0)
		return -errno;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return -ENOENT;
	memcpy(slash + 1, PROGRAM_NAME, sizeof(PROGRAM_NAME));
	return check_program(path, ret);
}

int child_find_program(const char *wanted, char **ret)
{
	const char *named = wanted ? wanted : secure_getenv("IMGTANK_PROBE");
	int r;

	if (named && *named)
		return check_program(named, ret);
	r = find_beside(ret);
	return r == 0 || r == -ENOMEM ? r
				      : check_program(IMGTANK_LIBEXEC_DIR "/" PROGRAM_NAME, ret);
}

/* Nothing of the caller's environment; sanitizers alone need their options. */
static void fill_environment(char **environment)
{
	size_t count = 0;

#if IMGTANK_SANITIZED
	static const char *const names[] = {"ASAN_OPTIONS=", "UBSAN_OPTIONS=", "TSAN_OPTIONS="};

	for (char **entry = environ; *entry; entry++)
		for (size_t i = 0; i < 3; i++)
			if (!strncmp(*entry, names[i], strlen(names[i])) && count < 3)
				environment[count++] = *entry;
#endif
	environment[count] = NULL;
}

/* The socket as 3, nothing on 0 to 2, nothing else. */
static int fill_actions(posix_spawn_file_actions_t *actions, int socket_fd)
{
	int error = posix_spawn_file_actions_adddup2(actions, socket_fd, PROBE_SOCKET_FD);

	if (!error)
		error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDWR, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(actions, 0, 1);
	if (!error && !IMGTANK_SANITIZED) /* whose reports go to standard error */
		error = posix_spawn_file_actions_adddup2(actions, 0, 2);
	if (!error)
		error = posix_spawn_file_actions_addclosefrom_np(actions, PROBE_SOCKET_FD + 1);
	return -error;
}

/*
 * A session of its own: Ctrl-C is for the caller, who ends in order, and there is
 * no terminal that the child could type into.
 */
static int fill_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int error;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	error = posix_spawnattr_setflags(
		attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
	if (!error)
		error = posix_spawnattr_setsigmask(attributes, &none);
	if (!error)
		error = posix_spawnattr_setsigdefault(attributes, &all);
	return -error;
}

/* posix_spawn() neither copies our memory nor runs code of ours between fork and exec. */
static int spawn(const char *program, int socket_fd, pid_t *ret)
{
	char name[] = PROGRAM_NAME;
	char *const arguments[] = {name, NULL};
	char *environment[4];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r;

	fill_environment(environment);
	r = -posix_spawn_file_actions_init(&actions);
	if (r < 0)
		return r;
	r = -posix_spawnattr_init(&attributes);
	if (r == 0) {
		r = fill_actions(&actions, socket_fd);
		if (r == 0)
			r = fill_attributes(&attributes);
		if (r == 0)
			r = -posix_spawn(
				ret, program, &actions, &attributes, arguments, environment);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

int child_wait(const struct child *child, uint64_t until_usec)
{
	struct pollfd poll_fd = {.fd = child->socket_fd, .events = POLLIN};

	for (;;) {
		uint64_t now_usec = clock_monotonic_usec();
		uint64_t left_ms = now_usec < until_usec ? (until_usec - now_usec + 999) / 1000 : 0;
		int r = poll(&poll_fd, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms);

		if (r > 0)
			return 0; /* a message, or its end: recv() will tell */
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r == 0 && left_ms == 0)
			return -ETIMEDOUT;
	}
}

static int greet(struct child *child, const struct probe_setup *setup)
{
	struct probe_hello hello;
	ssize_t n;
	int r;

	if (send(child->socket_fd, setup, sizeof(*setup), MSG_NOSIGNAL) < 0)
		return -ECHILD;
	r = child_wait(child, clock_monotonic_usec() + START_TIMEOUT_USEC);
	if (r < 0)
		return r == -ETIMEDOUT ? -ECHILD : r;
	n = recv(child->socket_fd, &hello, sizeof(hello), MSG_DONTWAIT);
	if (n != sizeof(hello) || hello.version != PROBE_VERSION)
		return -ECHILD;
	child->hello = hello;
	return hello.error ? -ECHILD : 0;
}

int child_start(struct child *child, const char *program, const struct probe_setup *setup)
{
	CLEANUP(fd_closep) int other_fd = -1;
	int fds[2], r;

	child->hello = (struct probe_hello){0};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	child->socket_fd = fds[0];
	other_fd = fds[1];
	r = spawn(program, other_fd, &child->pid);
	fd_close(TAKE_FD(other_fd)); /* or the child's end would not be heard */
	if (r < 0) {
		child->pid = 0;
		fd_close(TAKE_FD(child->socket_fd));
		return r;
	}
	r = greet(child, setup);
	if (r < 0)
		(void)child_end(child);
	return r;
}

static void reap_dying(struct child *child)
{
	size_t left = 0;

	for (size_t i = 0; i < child->dying_count; i++)
		if (waitpid(child->dying[i], NULL, WNOHANG) == 0)
			child->dying[left++] = child->dying[i];
	child->dying_count = left;
}

/* Its end of the socket closes when it is gone, but for the last steps. */
static bool is_gone(const struct child *child)
{
	struct pollfd poll_fd = {.fd = child->socket_fd};

	return poll(&poll_fd, 1, KILL_TIMEOUT_MS) > 0;
}

static int wait_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0; /* the program reaps all children by itself */
	return status;
}

int child_end(struct child *child)
{
	int status = 0;

	if (child->pid == 0)
		return 0;
	(void)kill(child->pid, SIGKILL); /* no effect if it has ended already */
	if (is_gone(child) || child->dying_count == CHILD_DYING_MAX)
		status = wait_status(child->pid);
	else
		child->dying[child->dying_count++] = child->pid;
	reap_dying(child);
	fd_close(TAKE_FD(child->socket_fd));
	child->pid = 0;
	return status;
}

int child_cpu_usec(const struct child *child, uint64_t *ret)
{
	struct timespec time;
	clockid_t clock;
	int error = clock_getcpuclockid(child->pid, &clock);

	if (error)
		return -error;
	if (clock_gettime(clock, &time) < 0)
		return -errno;
	*ret = (uint64_t)(clock_timespec_ns(&time) / 1000);
	return 0;
}
