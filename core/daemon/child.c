/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/lines.h"
#include "core/base/log.h"

/* A little behind whatever a person does on the machine meanwhile. */
#define CHILD_NICE 2
#define PIPE_BYTES (1 << 20)
#define EXIT_NOT_STARTED 127

struct child {
	const struct child_handler *handler; /* borrowed */
	void *userdata;
	sd_event *event; /* borrowed */
	pid_t pid; /* 0: it has ended */
	int fd; /* owned: its standard output */
	struct line_reader reader;
	sd_event_source *io_source, *child_source, *kill_source;
};

static void close_output(struct child *child)
{
	child->io_source = sd_event_source_disable_unref(child->io_source);
	fd_close(TAKE_FD(child->fd));
}

static void handle_lines(struct child *child)
{
	for (;;) {
		char *line = NULL;
		size_t length = 0;
		int r = line_reader_next(&child->reader, &line, &length);

		if (r == 0)
			return;
		child->handler->line(child->userdata, r < 0 ? NULL : line, length);
	}
}

/* Reads once. False when there is nothing more for now, or for good. */
static bool read_some(struct child *child)
{
	ssize_t n = line_reader_fill(&child->reader, child->fd);

	if (n == -EAGAIN)
		return false;
	if (n <= 0) {
		close_output(child);
		return false;
	}
	handle_lines(child);
	return true;
}

static int on_output(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct child *child = userdata;

	(void)source;
	(void)fd;
	(void)revents;
	(void)read_some(child);
	return 0;
}

/* Helpers of the process may hold its output open: they go with it. */
static int on_exit_of_child(sd_event_source *source, const siginfo_t *how, void *userdata)
{
	struct child *child = userdata;

	(void)source;
	(void)kill(-child->pid, SIGKILL); /* ESRCH: nobody is left */
	child->pid = 0;
	while (child->fd >= 0 && read_some(child))
		;
	close_output(child);
	child->handler->ended(child->userdata, how); /* may free the child */
	return 0;
}

static int on_grace_over(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct child *child = userdata;

	(void)source;
	(void)usec;
	if (child->pid > 0) {
		log_warning("a worker did not stop when asked to, and is killed");
		(void)kill(-child->pid, SIGKILL);
	}
	return 0;
}

void child_stop(struct child *child, uint64_t grace_usec)
{
	if (child->pid <= 0 || child->kill_source)
		return;
	(void)kill(child->pid, SIGTERM);
	if (sd_event_add_time_relative(child->event, &child->kill_source, CLOCK_MONOTONIC,
		    grace_usec, 0, on_grace_over, child) < 0)
		(void)kill(-child->pid, SIGKILL); /* without a timer there is no waiting */
}

/* In the new process: only what is safe between fork() and execve(). */
static void become(const char *const *argv, int output_fd, pid_t parent)
{
	sigset_t none;
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_NOT_STARTED); /* the daemon died in between */
	(void)setpriority(PRIO_PROCESS, 0, CHILD_NICE);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(output_fd, STDOUT_FILENO) < 0 ||
		chdir("/") < 0)
		_exit(EXIT_NOT_STARTED);
	(void)execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(EXIT_NOT_STARTED);
}

static int start(struct child *child, const char *const *argv)
{
	pid_t parent = getpid(), pid;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	(void)fcntl(fds[0], F_SETPIPE_SZ, PIPE_BYTES); /* more patience; less is fine, too */
	pid = fork();
	if (pid == 0)
		become(argv, fds[1], parent);
	if (pid < 0) {
		int error = -errno;

		fd_close(fds[0]);
		fd_close(fds[1]);
		return error;
	}
	(void)setpgid(pid, pid); /* whoever is first: kill(-pid) is right from now on */
	fd_close(fds[1]);
	child->pid = pid;
	child->fd = fds[0];
	return fcntl(child->fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

int child_new(struct child **ret, sd_event *event, const char *const *argv, size_t line_bytes_max,
	const struct child_handler *handler, void *userdata)
{
	struct child *child = calloc(1, sizeof(*child));
	int r;

	if (!child)
		return -ENOMEM;
	child->handler = handler;
	child->userdata = userdata;
	child->event = event;
	child->fd = -1;
	line_reader_init(&child->reader, line_bytes_max);
	r = start(child, argv);
	if (r == 0)
		r = sd_event_add_io(event, &child->io_source, child->fd, EPOLLIN, on_output, child);
	if (r >= 0)
		r = sd_event_add_child(
			event, &child->child_source, child->pid, WEXITED, on_exit_of_child, child);
	if (r < 0) {
		child_free(child);
		return r;
	}
	*ret = child;
	return 0;
}

void child_free(struct child *child)
{
	if (!child)
		return;
	if (child->pid > 0) {
		(void)kill(-child->pid, SIGKILL);
		(void)waitpid(child->pid, NULL, WNOHANG); /* never wait for a dying disk */
	}
	close_output(child);
	(void)sd_event_source_disable_unref(child->child_source);
	(void)sd_event_source_disable_unref(child->kill_source);
	line_reader_finish(&child->reader);
	free(child);
}
