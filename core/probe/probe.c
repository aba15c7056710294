/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/probe/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "build.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/sandbox.h"
#include "core/base/text.h"
#include "core/probe/probe_check.h"
#include "core/probe/probe_child.h"

#define DEADLINE_MS 1000
#define MEMORY_BYTES (64u << 20)
#define SIDE_PX 256

/* A child is replaced after so many files: leaks and intruders do not stay for good. */
#define QUESTIONS_MAX 1000
/*
 * A child that cannot start is tried again after this, twice as long each time,
 * and after many times as long as it took to fail: trying must not be all that is done.
 */
#define RETRY_USEC 1000000
#define RETRY_USEC_MAX 120000000
#define RETRY_PER_ATTEMPT 10
/*
 * At the lowest priority the time that counts is the child's own, up to this many
 * times it. Half of that after each file that has used it all up, and all of it
 * again after an answer: a machine that does not let children run shall not cost
 * every file so much.
 */
#define BACKGROUND_PATIENCE 16

struct probe {
	char *program; /* owned */
	uint32_t deadline_ms, memory_bytes, side_px;
	bool is_background;
	uint32_t patience; /* in the background: deadlines, 1 and up */
	struct child child;
	uint32_t serial;
	uint32_t asked_count; /* of this child */
	int start_error;
	uint64_t retry_usec, retry_wait_usec;
};

/* When to give a question up. */
struct deadline {
	uint64_t start_usec, cpu_start_usec;
	uint64_t until_usec;
};

static int check_options(const struct probe_options *options)
{
	return options->thumbnail_side_px > PROBE_THUMBNAIL_SIDE_MAX_PX ? -EINVAL : 0;
}

int probe_new(struct probe **ret, const struct probe_options *options)
{
	CLEANUP(freep) char *program = NULL;
	struct probe *probe;
	int r = check_options(options);

	if (r == 0)
		r = child_find_program(options->program, &program);
	if (r < 0)
		return r;
	probe = calloc(1, sizeof(*probe));
	if (!probe)
		return -ENOMEM;
	probe->program = TAKE_PTR(program);
	probe->deadline_ms = options->deadline_ms ? options->deadline_ms : DEADLINE_MS;
	probe->memory_bytes = options->memory_bytes ? options->memory_bytes : MEMORY_BYTES;
	probe->side_px = options->thumbnail_side_px ? options->thumbnail_side_px : SIDE_PX;
	probe->is_background = options->is_background;
	probe->patience = BACKGROUND_PATIENCE;
	probe->child.socket_fd = -1;
	*ret = probe;
	return 0;
}

void probe_free(struct probe *probe)
{
	if (!probe)
		return;
	(void)child_end(&probe->child);
	free(probe->program);
	free(probe);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Not before this long after now, given that an attempt from start_usec on has failed. */
static void put_off_retry(struct probe *probe, uint64_t start_usec)
{
	uint64_t now_usec = clock_monotonic_usec();
	uint64_t wait_usec = probe->retry_wait_usec ? probe->retry_wait_usec * 2 : RETRY_USEC;

	wait_usec = larger(wait_usec, (now_usec - start_usec) * RETRY_PER_ATTEMPT);
	probe->retry_wait_usec = wait_usec < RETRY_USEC_MAX ? wait_usec : RETRY_USEC_MAX;
	probe->retry_usec = now_usec + probe->retry_wait_usec;
}

static int start(struct probe *probe)
{
	uint64_t per_question_s = (probe->deadline_ms + 999) / 1000;
	struct probe_setup setup = {
		.version = PROBE_VERSION,
		.is_background = probe->is_background,
		.memory_bytes = probe->memory_bytes,
		.cpu_seconds = (uint32_t)(QUESTIONS_MAX * per_question_s),
	};
	uint64_t now_usec = clock_monotonic_usec();

	if (probe->start_error && now_usec < probe->retry_usec)
		return probe->start_error;
	probe->asked_count = 0;
	probe->start_error = child_start(&probe->child, probe->program, &setup);
	if (probe->start_error == 0)
		probe->retry_wait_usec = 0;
	else
		put_off_retry(probe, now_usec);
	return probe->start_error;
}

static int ensure_child(struct probe *probe)
{
	if (probe->child.pid && probe->asked_count >= QUESTIONS_MAX)
		(void)child_end(&probe->child);
	return probe->child.pid ? 0 : start(probe);
}

/* Only what can be read, and what has a size: -EBADF, -EINVAL. */
static int check_file(int fd, uint64_t *size_bytes)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (flags < 0)
		return -errno;
	if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_PATH))
		return -EBADF;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*size_bytes = (uint64_t)st.st_size;
	return 0;
}

static int send_question(const struct probe *probe, const struct probe_question *question, int fd)
{
	struct probe_question copy = *question;
	struct iovec part = {.iov_base = &copy, .iov_len = sizeof(copy)};
	union {
		struct cmsghdr header; /* for its alignment */
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
	while (sendmsg(probe->child.socket_fd, &message, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* A child that died between two questions is nobody's fault: another one is asked. */
static int ask(struct probe *probe, const struct probe_question *question, int fd)
{
	int r = -EPIPE;

	for (int i = 0; i < 2 && (r == -EPIPE || r == -ECONNRESET); i++) {
		r = ensure_child(probe);
		if (r < 0)
			return r;
		r = send_question(probe, question, fd);
		if (r < 0)
			(void)child_end(&probe->child);
	}
	probe->asked_count++;
	return r;
}

static struct deadline start_deadline(const struct probe *probe)
{
	struct deadline deadline = {.start_usec = clock_monotonic_usec()};

	deadline.until_usec = deadline.start_usec + probe->deadline_ms * UINT64_C(1000);
	if (probe->is_background && child_cpu_usec(&probe->child, &deadline.cpu_start_usec) < 0)
		deadline.cpu_start_usec = 0;
	return deadline;
}

/* More time for a child that was not let run. */
static bool extend_deadline(const struct probe *probe, struct deadline *deadline)
{
	uint64_t allowed_usec = probe->deadline_ms * UINT64_C(1000);
	uint64_t now_usec = clock_monotonic_usec(), cpu_usec;

	if (!probe->is_background ||
		now_usec - deadline->start_usec >= allowed_usec * probe->patience)
		return false;
	if (child_cpu_usec(&probe->child, &cpu_usec) < 0 ||
		cpu_usec >= deadline->cpu_start_usec + allowed_usec)
		return false;
	deadline->until_usec = now_usec + allowed_usec;
	return true;
}

static int wait_for_answer(const struct probe *probe, struct deadline *deadline)
{
	int r;

	do
		r = child_wait(&probe->child, deadline->until_usec);
	while (r == -ETIMEDOUT && extend_deadline(probe, deadline));
	return r;
}

/* One packet into parts. Its size, which is 0 when the child is gone. -EBADMSG if it is too big. */
static ssize_t receive(
	const struct probe *probe, struct deadline *deadline, struct iovec *parts, size_t count)
{
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
	ssize_t n = wait_for_answer(probe, deadline);

	if (n < 0)
		return n;
	/* No room for descriptors: the kernel drops whatever the child would send. */
	n = recvmsg(probe->child.socket_fd, &message, MSG_DONTWAIT);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	return message.msg_flags & MSG_TRUNC ? -EBADMSG : n;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The rest of a thumbnail of which done bytes came with the answer. */
static int receive_thumbnail(const struct probe *probe, struct deadline *deadline, uint8_t *jpeg,
	uint32_t size_bytes, uint32_t done)
{
	while (done < size_bytes) {
		uint32_t wanted = smaller(size_bytes - done, PROBE_CHUNK_BYTES);
		struct iovec part = {.iov_base = jpeg + done, .iov_len = wanted};
		ssize_t n = receive(probe, deadline, &part, 1);

		if (n != (ssize_t)wanted)
			return n < 0 ? (int)n : n == 0 ? -EPIPE : -EBADMSG;
		done += wanted;
	}
	return 0;
}

static int receive_answer(const struct probe *probe, const struct probe_question *question,
	struct probe_answer *answer, uint8_t *jpeg)
{
	struct deadline deadline = start_deadline(probe);
	struct iovec parts[2] = {{.iov_base = answer, .iov_len = sizeof(*answer)},
		{.iov_base = jpeg, .iov_len = PROBE_CHUNK_BYTES}};
	ssize_t n = receive(probe, &deadline, parts, jpeg ? 2 : 1);
	uint32_t first;
	int r;

	if (n <= 0)
		return n < 0 ? (int)n : -EPIPE;
	if ((size_t)n < sizeof(*answer) || !probe_answer_is_sane(answer, question))
		return -EBADMSG;
	first = smaller(answer->size_bytes, PROBE_CHUNK_BYTES);
	if ((size_t)n != sizeof(*answer) + first)
		return -EBADMSG;
	if (answer->size_bytes == 0)
		return 0;
	r = receive_thumbnail(probe, &deadline, jpeg, answer->size_bytes, first);
	if (r < 0)
		return r;
	return probe_jpeg_is_sane(jpeg, answer->size_bytes, answer->width_px, answer->height_px)
		? 0
		: -EBADMSG;
}

/* Ends a child that failed, and says why it did. */
static int bury(struct probe *probe, int r)
{
	int status = child_end(&probe->child);

	if (r != -EPIPE)
		return r;
	return WIFEXITED(status) && WEXITSTATUS(status) == PROBE_EXIT_NO_MEMORY ? -ENOMEM
										: -EBADMSG;
}

static int converse(struct probe *probe, int fd, struct probe_question *question,
	struct probe_answer *answer, uint8_t *jpeg)
{
	int r = check_file(fd, &question->size_bytes);

	if (r < 0)
		return r;
	question->serial = ++probe->serial;
	r = ask(probe, question, fd);
	if (r < 0)
		return r;
	r = receive_answer(probe, question, answer, jpeg);
	if (r == -ETIMEDOUT && probe->patience > 1)
		probe->patience /= 2;
	if (r < 0)
		return bury(probe, r);
	probe->patience = BACKGROUND_PATIENCE;
	if (answer->error == -ENOMEM)
		(void)child_end(&probe->child); /* what it still holds would fail the next file */
	if (answer->error)
		return answer->error == -ENOMEM ? -ENOMEM : -EIO;
	return 0;
}

int probe_read_facts(struct probe *probe, int fd, struct media_facts *facts)
{
	struct probe_question question = {.wish = PROBE_WISH_FACTS};
	struct probe_answer answer;
	int r = converse(probe, fd, &question, &answer, NULL);

	*facts = r == 0 ? answer.facts : (struct media_facts){0};
	return r;
}

int probe_read_thumbnail(
	struct probe *probe, int fd, struct media_facts *facts, struct probe_thumbnail *thumbnail)
{
	static const char *const sources[PROBE_SOURCES_COUNT] = {
		[PROBE_SOURCE_NONE] = "",
		[PROBE_SOURCE_DECODED] = "decoded",
		[PROBE_SOURCE_EMBEDDED] = "embedded",
	};
	struct probe_question question = {.wish = PROBE_WISH_THUMBNAIL,
		.side_px = probe->side_px,
		.deadline_ms = probe->deadline_ms};
	struct probe_answer answer;
	int r = converse(probe, fd, &question, &answer, thumbnail->jpeg);

	if (r < 0)
		answer = (struct probe_answer){0};
	*facts = answer.facts;
	thumbnail->width_px = answer.width_px;
	thumbnail->height_px = answer.height_px;
	thumbnail->size_bytes = answer.size_bytes;
	(void)text_format(
		thumbnail->source, sizeof(thumbnail->source), "%s", sources[answer.source]);
	return r;
}

int probe_sandbox_parts(struct probe *probe, uint32_t *parts)
{
	int r = ensure_child(probe);

	*parts = r == 0 ? probe->child.hello.sandbox_parts : 0;
	return r;
}

int probe_describe_sandbox(struct probe *probe, char *text, size_t size_bytes)
{
	const struct probe_hello *hello = &probe->child.hello;
	const char *part;
	int r = ensure_child(probe);

	part = sandbox_part_name(hello->sandbox_failed);
	if (r == 0)
		sandbox_describe(hello->sandbox_parts, text, size_bytes);
	else if (part && hello->error < 0)
		(void)text_format(text, size_bytes, "%s could not be set up: %s", part,
			strerrordesc_np(-hello->error) ?: "?");
	else
		(void)text_format(text, size_bytes, "imgtank-probe could not be started");
	return r;
}
