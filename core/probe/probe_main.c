/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe_main.c - imgtank-probe: gives up all rights, then answers questions about
 * files until the caller closes the socket.
 *
 * It must not be started by hand: its socket is descriptor 3. Everything from
 * the first question on has to be thought of as done by whoever wrote the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "build.h"
#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/sandbox.h"
#include "core/probe/media.h"
#include "core/probe/probe.h"
#include "core/probe/probe_wire.h"
#include "core/probe/thumbnail.h"

#define THREAD_STACK_BYTES (512u << 10)
#define EMERGENCY_STACK_BYTES (16u << 10)
/* A fault while not even this can be had is a fault for want of memory. */
#define LAST_RESORT_BYTES (1u << 20)
/* Program, libraries, readers and what malloc cannot give back; the rest is the codecs'. */
#define OTHER_BYTES (24u << 20)

struct file {
	int fd;
	int error; /* the first one of reading */
};

struct late {
	clockid_t clock;
	int64_t until_ns;
};

struct server {
	struct probe_setup setup;
	uint8_t jpeg[PROBE_THUMBNAIL_BYTES_MAX];
};

static ssize_t read_at(void *userdata, void *buffer, size_t size_bytes, uint64_t offset)
{
	struct file *file = userdata;
	ssize_t n;

	if (offset > INT64_MAX)
		return 0;
	n = fd_pread_full(file->fd, buffer, size_bytes, (off_t)offset);
	if (n < 0 && !file->error)
		file->error = (int)n;
	return n;
}

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	return clock_gettime(clock, &now) < 0 ? 0 : clock_timespec_ns(&now);
}

static bool is_late(void *userdata)
{
	const struct late *late = userdata;

	return read_clock(late->clock) >= late->until_ns;
}

/* In the background the caller counts our own time; so do we. */
static struct late start_late(const struct server *server, uint32_t deadline_ms)
{
	struct late late = {
		.clock = server->setup.is_background ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC};

	late.until_ns = read_clock(late.clock) + deadline_ms * INT64_C(1000000) * 3 / 4;
	return late;
}

static void make_thumbnail(struct server *server, const struct probe_question *question,
	const struct media_input *input, struct probe_answer *answer)
{
	struct late late = start_late(server, question->deadline_ms);
	struct thumbnail thumbnail = {.jpeg = server->jpeg, .capacity_bytes = sizeof(server->jpeg)};
	struct thumbnail_request request = {.input = input,
		.facts = &answer->facts,
		.side_px = question->side_px,
		.memory_bytes = (size_t)server->setup.memory_bytes - OTHER_BYTES,
		.is_late = is_late,
		.userdata = &late};

	answer->error = thumbnail_make(&request, &thumbnail);
	(void)malloc_trim(0);
	if (answer->error || thumbnail.size_bytes == 0)
		return;
	answer->width_px = thumbnail.width_px;
	answer->height_px = thumbnail.height_px;
	answer->size_bytes = (uint32_t)thumbnail.size_bytes;
	answer->source = thumbnail.is_embedded ? PROBE_SOURCE_EMBEDDED : PROBE_SOURCE_DECODED;
}

static void find_answer(struct server *server, const struct probe_question *question, int fd,
	struct probe_answer *answer)
{
	struct file file = {.fd = fd};
	const struct media_input input = {
		.read_at = read_at, .userdata = &file, .size_bytes = question->size_bytes};

	*answer = (struct probe_answer){.serial = question->serial};
	answer->error = media_read(&input, &answer->facts);
	if (answer->error == 0 && question->wish == PROBE_WISH_THUMBNAIL)
		make_thumbnail(server, question, &input, answer);
	if (answer->error == 0)
		answer->error = file.error;
	if (answer->error)
		*answer = (struct probe_answer){.serial = question->serial, .error = answer->error};
}

static size_t chunk_bytes(uint32_t left)
{
	return left < PROBE_CHUNK_BYTES ? left : PROBE_CHUNK_BYTES;
}

static int send_parts(struct iovec *parts, size_t count)
{
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};

	return sendmsg(PROBE_SOCKET_FD, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int send_answer(struct server *server, struct probe_answer *answer)
{
	size_t done = chunk_bytes(answer->size_bytes);
	struct iovec parts[2] = {{.iov_base = answer, .iov_len = sizeof(*answer)},
		{.iov_base = server->jpeg, .iov_len = done}};
	int r = send_parts(parts, 2);

	while (r == 0 && done < answer->size_bytes) {
		parts[1].iov_base = server->jpeg + done;
		parts[1].iov_len = chunk_bytes(answer->size_bytes - (uint32_t)done);
		done += parts[1].iov_len;
		r = send_parts(parts + 1, 1);
	}
	return r;
}

/* 1 and a file that is ours, 0 at the end, or a negative errno. */
static int receive_question(struct probe_question *question, int *fd)
{
	struct iovec part = {.iov_base = question, .iov_len = sizeof(*question)};
	union {
		struct cmsghdr header; /* for its alignment */
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(PROBE_SOCKET_FD, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *rights;

	if (n <= 0)
		return n < 0 ? -errno : 0;
	rights = CMSG_FIRSTHDR(&message);
	if (n != sizeof(*question) || !rights || rights->cmsg_type != SCM_RIGHTS ||
		rights->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EPROTO;
	memcpy(fd, CMSG_DATA(rights), sizeof(*fd));
	return 1;
}

static int serve(struct server *server)
{
	struct probe_question question;
	struct probe_answer answer;
	int fd = -1, r;

	for (;;) {
		r = receive_question(&question, &fd);
		if (r <= 0)
			return r;
		find_answer(server, &question, fd, &answer);
		fd_close(fd);
		r = send_answer(server, &answer);
		if (r < 0)
			return r;
	}
}

/* Idle classes by their numbers: neither has a wrapper in the C library. */
static void step_back(void)
{
	struct sched_param param = {0};

	/* Courtesy, not safety: what the kernel does not do, it does not. */
	(void)setpriority(PRIO_PROCESS, 0, 19);
	(void)sched_setscheduler(0, SCHED_IDLE, &param);
	(void)syscall(SYS_ioprio_set, 1 /* a process */, 0, 3 << 13 /* idle */);
}

/*
 * Says to the caller that it was the memory, if it was; else the fault is raised
 * again and kills. Not every library survives a malloc() that fails.
 */
static void on_fault(int number)
{
	void *room = mmap(NULL, LAST_RESORT_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)number;
	if (room == MAP_FAILED)
		_exit(PROBE_EXIT_NO_MEMORY);
	(void)munmap(room, LAST_RESORT_BYTES);
}

static void catch_faults(void)
{
	static uint8_t stack[EMERGENCY_STACK_BYTES];
	const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT};
	const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {
		.sa_handler = on_fault, .sa_flags = SA_ONSTACK | (int)SA_RESETHAND};

	if (IMGTANK_SANITIZED)
		return; /* the sanitizer's own report is worth more */
	(void)sigaltstack(&alternative, NULL); /* without it a stack overflow is just a crash */
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		(void)sigaction(numbers[i], &action, NULL);
}

static void limit_threads(void)
{
	pthread_attr_t attributes;

	(void)mallopt(M_ARENA_MAX, 1); /* each more would reserve its address space */
	if (IMGTANK_SANITIZED || pthread_attr_init(&attributes) != 0)
		return; /* sanitizers keep more on a stack than this */
	if (pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES) == 0)
		(void)pthread_setattr_default_np(&attributes);
	(void)pthread_attr_destroy(&attributes);
}

static int receive_setup(struct probe_setup *setup)
{
	ssize_t n = recv(PROBE_SOCKET_FD, setup, sizeof(*setup), 0);

	if (n < 0)
		return -errno;
	if (n != sizeof(*setup) || setup->version != PROBE_VERSION)
		return -EPROTO;
	return setup->memory_bytes > OTHER_BYTES ? 0 : -ENOMEM;
}

static int get_ready(struct server *server)
{
	struct probe_hello hello = {.version = PROBE_VERSION};
	struct iovec part = {.iov_base = &hello, .iov_len = sizeof(hello)};
	struct sandbox_result result;
	struct sandbox_options options = {.socket_fd = PROBE_SOCKET_FD,
		.memory_bytes = server->setup.memory_bytes,
		.cpu_seconds = server->setup.cpu_seconds,
		.has_threads = thumbnail_has_threads()};
	int r;

	if (server->setup.is_background)
		step_back();
	limit_threads();
	thumbnail_prepare();
	catch_faults();
	hello.error = sandbox_enter(&options, &result);
	hello.sandbox_parts = result.parts;
	hello.sandbox_failed = result.failed;
	r = send_parts(&part, 1);
	return r < 0 ? r : hello.error;
}

int main(void)
{
	static struct server server;
	int r = receive_setup(&server.setup);

	if (r == -ENOTSOCK || r == -EBADF) {
		(void)fprintf(stderr, "imgtank-probe: imgtank starts this by itself.\n");
		return EXIT_FAILURE;
	}
	if (r == 0)
		r = get_ready(&server);
	if (r == 0)
		r = serve(&server);
	/* Nothing to flush; and exit handlers of libraries may want more than is left. */
	_exit(r == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}
