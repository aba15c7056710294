/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The probe process is crashed, hung, bombed and turned against its caller: each
 * costs that one file, and the next one is read as if nothing had been.
 */
#include "tests/support/itest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "build.h"
#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/probe/probe.h"
#include "tests/support/faulty_media.h"
#include "tests/support/tree.h"

#define DEADLINE_MS 20000 /* nothing here comes near it, on any machine */
#define SHORT_DEADLINE_MS 400
/* Sanitizers make everything slower, and starting most of all. */
#define PATIENCE_USEC (IMGTANK_SANITIZED ? 8000000 : 4000000)

static struct tree tree;
static struct probe *probe;
static struct media_facts facts;
static volatile sig_atomic_t signals_count;

static void on_signal(int number)
{
	(void)number;
	signals_count++;
}

static struct probe *new_probe(uint32_t deadline_ms, bool is_background)
{
	const struct probe_options options = {.program = FAULTY_PROGRAM,
		.deadline_ms = deadline_ms,
		.is_background = is_background};
	struct probe *made = NULL;

	assert_int_equal(probe_new(&made, &options), 0);
	return made;
}

static int set_up(void **state)
{
	(void)state;
	tree_make(&tree);
	probe = new_probe(DEADLINE_MS, false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	probe_free(probe);
	probe = NULL;
	tree_remove(&tree);
	return 0;
}

static int open_file(const char *content, int flags)
{
	char path[300];
	int fd;

	tree_write(&tree, "file", content, strlen(content));
	(void)snprintf(path, sizeof(path), "%s/file", tree.path);
	fd = open(path, flags | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static int ask_of(struct probe *whom, const char *content)
{
	int fd = open_file(content, O_RDONLY);
	int r = probe_read_facts(whom, fd, &facts);

	fd_close(fd);
	return r;
}

static int ask(const char *content)
{
	return ask_of(probe, content);
}

static pid_t ask_for_pid(struct probe *whom)
{
	assert_int_equal(ask_of(whom, FAULTY_FINE), 0);
	return (pid_t)strtol(facts.model, NULL, 10);
}

/* Until the process is no more than its exit status. */
static void wait_for_death(pid_t pid)
{
	int pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd poll_fd = {.fd = pid_fd, .events = POLLIN};

	if (pid_fd < 0)
		return; /* it is no more at all */
	assert_int_equal(poll(&poll_fd, 1, 10000), 1);
	fd_close(pid_fd);
}

static void assert_costs(const char *content, int error)
{
	static const struct media_facts nothing;

	assert_int_equal(ask(content), error);
	assert_memory_equal(&facts, &nothing, sizeof(facts));
	assert_int_equal(ask(FAULTY_FINE), 0);
	assert_string_equal(facts.type, "FAULTY");
}

static void test_probe_reads_facts_in_another_process(void **state)
{
	pid_t pid = ask_for_pid(probe);

	(void)state;

	assert_string_equal(facts.type, "FAULTY");
	assert_int_not_equal(pid, getpid());
	assert_int_equal(ask_for_pid(probe), pid); /* it stays for the next file */
}

static void test_probe_survives_a_crash(void **state)
{
	(void)state;

	assert_costs(FAULTY_CRASH, -EBADMSG);
	assert_costs(FAULTY_ABORT, -EBADMSG);
	assert_costs(FAULTY_DEEP, -EBADMSG);
	assert_costs(FAULTY_EXIT, -EBADMSG);
}

static void test_probe_ends_a_hang_at_its_deadline(void **state)
{
	uint64_t start_usec, used_usec;

	(void)state;
	probe_free(probe);
	probe = new_probe(SHORT_DEADLINE_MS, false);

	start_usec = clock_monotonic_usec();
	assert_int_equal(ask(FAULTY_HANG), -ETIMEDOUT);
	used_usec = clock_monotonic_usec() - start_usec;
	assert_true(used_usec >= SHORT_DEADLINE_MS * 1000);
	assert_true(used_usec < PATIENCE_USEC);
	assert_costs(FAULTY_SLEEP, -ETIMEDOUT);
	assert_int_equal(ask(FAULTY_NAP), -ETIMEDOUT);
}

static void test_probe_gives_background_work_its_own_time(void **state)
{
	struct probe *patient = new_probe(100, true);

	(void)state;

	/* Six times as long, but as somebody who was not let run. */
	assert_int_equal(ask_of(patient, FAULTY_NAP), 0);
	assert_string_equal(facts.model, "done");
	assert_int_equal(ask_of(patient, FAULTY_HANG), -ETIMEDOUT);
	assert_int_equal(ask_of(patient, FAULTY_SLEEP), -ETIMEDOUT); /* there is an end to it */

	probe_free(patient);
}

/* One that waits for ever for each of many files must not take them all for so long. */
static void test_probe_loses_its_patience_and_finds_it_again(void **state)
{
	struct probe *patient = new_probe(100, true);

	(void)state;

	for (int i = 0; i < 4; i++)
		assert_int_equal(ask_of(patient, FAULTY_SLEEP), -ETIMEDOUT);
	assert_int_equal(ask_of(patient, FAULTY_NAP), -ETIMEDOUT);
	assert_int_equal(ask_of(patient, FAULTY_FINE), 0);
	assert_int_equal(ask_of(patient, FAULTY_NAP), 0);

	probe_free(patient);
}

static void test_probe_bounds_memory(void **state)
{
	struct rusage usage;

	(void)state;
	if (IMGTANK_SANITIZED)
		skip(); /* the sanitizers reserve terabytes: no bound holds */

	assert_costs(FAULTY_BOMB, -ENOMEM);
	assert_costs(FAULTY_RECKLESS, -ENOMEM);
	assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
	assert_in_range(usage.ru_maxrss, 32 << 10, 64 << 10); /* kB: used, and kept */
}

static void test_probe_tells_a_failing_card_from_an_empty_file(void **state)
{
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC); /* nothing at address 0: EIO */

	(void)state;
	assert_true(fd >= 0);

	assert_int_equal(probe_read_facts(probe, fd, &facts), -EIO);
	fd_close(fd);
	assert_int_equal(ask(""), 0);
	assert_string_equal(facts.capture_time, "");
}

static void test_probe_believes_no_nonsense(void **state)
{
	static const char *const lies[] = {
		"unended", "control", "time", "orientation", "source", "previews"};
	char content[64];

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		(void)snprintf(content, sizeof(content), "%s %s", FAULTY_LIE, lies[i]);
		assert_costs(content, -EBADMSG);
	}
	assert_costs(FAULTY_NOISE, -EBADMSG);
	assert_costs(FAULTY_CLOSE, -EBADMSG);
}

/* Denied, or killed for it: never "escaped". */
static void test_probe_lets_nobody_escape(void **state)
{
	static const char *const ways[] = {"open-read", "open-write", "read", "lseek", "fcntl",
		"fchmod", "utimens", "ftruncate", "unlink", "socket-inet", "socket-unix", "execve",
		"fork", "kill", "tgkill", "ptrace", "read-parent", "map-code", "data-to-code",
		"map-file", "setuid", "setrlimit", "io-uring", "memfd", "send-elsewhere"};
	struct sigaction action = {.sa_handler = on_signal};
	char content[64];

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int fd, r;

		(void)snprintf(content, sizeof(content), "%s %s", FAULTY_ESCAPE, ways[i]);
		fd = open_file(content, O_RDONLY);
		r = probe_read_facts(probe, fd, &facts);
		if (r != -EBADMSG && strcmp(facts.model, "denied") != 0)
			fail_msg("%s: %d, %s", ways[i], r, facts.model);
		assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
		fd_close(fd);
		assert_int_equal(ask(FAULTY_FINE), 0);
	}
	assert_int_equal(signals_count, 0);
	assert_int_equal(access("/tmp/imgtank-probe-escaped", F_OK), -1);
}

static void read_proc(pid_t pid, const char *name, char *text, size_t size_bytes)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	assert_int_equal(fd_read_text(AT_FDCWD, path, text, size_bytes), 0);
}

static void test_probe_has_no_rights(void **state)
{
	char status[8192];

	(void)state;
	read_proc(ask_for_pid(probe), "status", status, sizeof(status));

	assert_non_null(strstr(status, "NoNewPrivs:\t1\n"));
	assert_non_null(strstr(status, "Seccomp:\t2\n"));
	assert_non_null(strstr(status, "CapPrm:\t0000000000000000\n"));
	assert_non_null(strstr(status, "CapEff:\t0000000000000000\n"));
	if (geteuid() == 0)
		assert_non_null(strstr(status, "Uid:\t65534\t65534\t65534\t65534\n"));
}

/* The line "Max open files            5                    5 ..." of proc(5), limits. */
static void assert_limit(const char *limits, const char *name, unsigned value)
{
	const char *line = strstr(limits, name);

	assert_non_null(line);
	line += strlen(name);
	line += strspn(line, " ");
	assert_in_range(*line, '0', '9'); /* not "unlimited" */
	assert_int_equal(strtoul(line, NULL, 10), value);
}

static void test_probe_has_limits(void **state)
{
	char limits[8192];

	(void)state;
	read_proc(ask_for_pid(probe), "limits", limits, sizeof(limits));

	assert_limit(limits, "Max file size ", 0);
	assert_limit(limits, "Max core file size ", 0);
	assert_limit(limits, "Max open files ", 5);
	assert_limit(limits, "Max cpu time ", DEADLINE_MS); /* s: for 1000 questions */
}

static void test_probe_inherits_no_descriptor(void **state)
{
	struct pollfd poll_fd;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0); /* without O_CLOEXEC */
	(void)ask_for_pid(probe);
	fd_close(fds[1]);

	/* Ours was the last end that could write. */
	poll_fd = (struct pollfd){.fd = fds[0], .events = POLLIN};
	assert_int_equal(poll(&poll_fd, 1, 0), 1);
	assert_true(poll_fd.revents & POLLHUP);
	fd_close(fds[0]);
}

static void test_probe_inherits_no_environment(void **state)
{
	(void)state;
	assert_int_equal(setenv("IMGTANK_SECRET", "secret", 1), 0);

	assert_int_equal(ask(FAULTY_ENV " IMGTANK_SECRET"), 0);
	assert_string_equal(facts.model, "-");
	assert_int_equal(ask(FAULTY_ENV " LD_LIBRARY_PATH"), 0);
	assert_string_equal(facts.model, "-");
}

static void test_probe_is_not_hit_by_ctrl_c(void **state)
{
	pid_t pid = ask_for_pid(probe);

	(void)state;
	assert_int_not_equal(getpgid(pid), getpgid(0));
	assert_int_not_equal(getsid(pid), getsid(0));
}

static void test_probe_takes_only_files_that_cannot_be_written(void **state)
{
	char path[300];
	int fd;

	(void)state;
	fd = open_file(FAULTY_FINE, O_RDWR);
	assert_int_equal(probe_read_facts(probe, fd, &facts), -EBADF);
	fd_close(fd);
	fd = open_file(FAULTY_FINE, O_PATH);
	assert_int_equal(probe_read_facts(probe, fd, &facts), -EBADF);
	fd_close(fd);
	(void)snprintf(path, sizeof(path), "%s/fifo", tree.path);
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(probe_read_facts(probe, fd, &facts), -EINVAL);
	fd_close(fd);
	fd = open(tree.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(probe_read_facts(probe, fd, &facts), -EINVAL);
	fd_close(fd);
	assert_int_equal(probe_read_facts(probe, -1, &facts), -EBADF);
	assert_int_equal(ask(FAULTY_FINE), 0);
}

static void test_probe_replaces_a_child_that_died_while_idle(void **state)
{
	pid_t pid = ask_for_pid(probe);

	(void)state;
	assert_int_equal(kill(pid, SIGKILL), 0);
	wait_for_death(pid);

	assert_int_not_equal(ask_for_pid(probe), pid); /* no error: no file is to blame */
}

static void test_probe_replaces_a_child_from_time_to_time(void **state)
{
	pid_t first = ask_for_pid(probe);
	int fd = open_file(FAULTY_FINE, O_RDONLY);
	char text[16];

	(void)state;
	(void)snprintf(text, sizeof(text), "%d", (int)first);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(probe_read_facts(probe, fd, &facts), 0);
	fd_close(fd);
	assert_string_not_equal(facts.model, text);
}

static void test_probe_leaves_no_zombie(void **state)
{
	(void)state;
	probe_free(probe);
	probe = new_probe(SHORT_DEADLINE_MS, false);
	assert_int_equal(ask(FAULTY_CRASH), -EBADMSG);
	assert_int_equal(ask(FAULTY_HANG), -ETIMEDOUT);
	assert_int_equal(ask(FAULTY_FINE), 0);
	probe_free(probe);
	probe = NULL;

	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* A process that asks, says who answered, and then asks what has no answer. */
static void run_orphan_maker(int pipe_fd)
{
	struct probe *own = new_probe(10 * DEADLINE_MS, false);
	pid_t pid = ask_for_pid(own);

	(void)fd_write_full(pipe_fd, &pid, sizeof(pid));
	(void)ask_of(own, FAULTY_HANG);
	_exit(1);
}

/* Until it has computed for so long that it must be at the question. */
static void wait_until_busy(pid_t pid)
{
	struct timespec used = {0};
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
	while (used.tv_sec == 0 && used.tv_nsec < 200000000) {
		assert_int_equal(clock_gettime(clock, &used), 0);
		(void)poll(NULL, 0, 1);
	}
}

static void test_probe_dies_with_its_caller(void **state)
{
	pid_t maker, child = 0;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	maker = fork();
	assert_true(maker >= 0);
	if (maker == 0)
		run_orphan_maker(fds[1]);
	fd_close(fds[1]);
	assert_int_equal(fd_read_full(fds[0], &child, sizeof(child)), sizeof(child));
	wait_until_busy(child); /* it does not look at its socket now */
	assert_int_equal(kill(maker, SIGKILL), 0);
	assert_int_equal(waitpid(maker, NULL, 0), maker);

	wait_for_death(child);
	fd_close(fds[0]);
}

static void test_probe_says_that_the_program_is_missing(void **state)
{
	const struct probe_options nowhere = {.program = "/nowhere/imgtank-probe"};
	const struct probe_options too_large = {
		.program = FAULTY_PROGRAM, .thumbnail_side_px = 100000};
	struct probe *none = NULL;

	(void)state;
	assert_int_equal(probe_new(&none, &nowhere), -ENOENT);
	assert_int_equal(probe_new(&none, &too_large), -EINVAL);
	assert_null(none);
}

static void test_probe_finds_the_program_by_its_variable(void **state)
{
	const struct probe_options options = {0};
	struct probe *found = NULL;

	(void)state;
	assert_int_equal(setenv("IMGTANK_PROBE", "/nowhere/imgtank-probe", 1), 0);
	assert_int_equal(probe_new(&found, &options), -ENOENT);
	assert_int_equal(setenv("IMGTANK_PROBE", FAULTY_PROGRAM, 1), 0);
	assert_int_equal(probe_new(&found, &options), 0);
	assert_int_equal(ask_of(found, FAULTY_FINE), 0);
	assert_string_equal(facts.type, "FAULTY");
	probe_free(found);
	assert_int_equal(unsetenv("IMGTANK_PROBE"), 0);
}

/* Something that starts, but is no probe, is not started again for every file. */
static void test_probe_does_not_storm_when_starting_fails(void **state)
{
	const struct probe_options options = {.program = "/bin/true"};
	uint64_t start_usec = clock_monotonic_usec();
	struct probe *other = NULL;
	struct rusage before, after;

	(void)state;
	assert_int_equal(probe_new(&other, &options), 0);
	assert_int_equal(ask_of(other, FAULTY_FINE), -ECHILD);
	assert_int_equal(getrusage(RUSAGE_CHILDREN, &before), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(ask_of(other, FAULTY_FINE), -ECHILD);
	assert_int_equal(getrusage(RUSAGE_CHILDREN, &after), 0);

	if (clock_monotonic_usec() - start_usec < 900000) /* before it is tried again */
		assert_int_equal(after.ru_nvcsw, before.ru_nvcsw);
	probe_free(other);
}

/* It runs, but never says that it is ready: that may be waited for once, not for each file. */
static void test_probe_is_not_held_up_by_starts_that_hang(void **state)
{
	const struct probe_options options = {.program = "/usr/bin/yes"};
	struct probe *other = NULL;
	uint64_t start_usec;

	(void)state;
	assert_int_equal(probe_new(&other, &options), 0);
	assert_int_equal(ask_of(other, FAULTY_FINE), -ECHILD);
	start_usec = clock_monotonic_usec();
	for (int i = 0; i < 20; i++)
		assert_int_equal(ask_of(other, FAULTY_FINE), -ECHILD);
	assert_true(clock_monotonic_usec() - start_usec < PATIENCE_USEC);
	probe_free(other);
}

static void *ask_many(void *userdata)
{
	struct probe *own = new_probe(5000, false);
	int fd = *(int *)userdata;
	struct media_facts answer;
	intptr_t failed = 0;

	for (int i = 0; i < 50; i++)
		failed += probe_read_facts(own, fd, &answer) != 0;
	probe_free(own);
	return (void *)failed;
}

static void test_probe_works_side_by_side(void **state)
{
	int fd = open_file(FAULTY_FINE, O_RDONLY);
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_many, &fd), 0);
	for (size_t i = 0; i < 4; i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	fd_close(fd);
}

static void test_probe_steps_back_in_the_background(void **state)
{
	struct probe *quiet = new_probe(5000, true);
	pid_t pid = ask_for_pid(quiet);

	(void)state;
	assert_int_equal(getpriority(PRIO_PROCESS, (id_t)pid), 19);
	assert_int_equal(sched_getscheduler(pid), SCHED_IDLE);
	assert_int_equal(syscall(SYS_ioprio_get, 1, pid) >> 13, 3);
	probe_free(quiet);
}

static void test_probe_describes_what_holds_it_back(void **state)
{
	char text[256];

	(void)state;
	assert_int_equal(probe_describe_sandbox(probe, text, sizeof(text)), 0);

	assert_int_equal(strncmp(text, "seccomp ", 8), 0);
	assert_non_null(strstr(text, "rlimits"));
	if (IMGTANK_SANITIZED)
		assert_non_null(strstr(strstr(text, "not in force"), "memory"));
	else
		assert_non_null(strstr(text, " memory"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_probe_reads_facts_in_another_process),
		TEST(test_probe_survives_a_crash),
		TEST(test_probe_ends_a_hang_at_its_deadline),
		TEST(test_probe_gives_background_work_its_own_time),
		TEST(test_probe_loses_its_patience_and_finds_it_again),
		TEST(test_probe_bounds_memory),
		TEST(test_probe_tells_a_failing_card_from_an_empty_file),
		TEST(test_probe_believes_no_nonsense),
		TEST(test_probe_lets_nobody_escape),
		TEST(test_probe_has_no_rights),
		TEST(test_probe_has_limits),
		TEST(test_probe_inherits_no_descriptor),
		TEST(test_probe_inherits_no_environment),
		TEST(test_probe_is_not_hit_by_ctrl_c),
		TEST(test_probe_takes_only_files_that_cannot_be_written),
		TEST(test_probe_replaces_a_child_that_died_while_idle),
		TEST(test_probe_replaces_a_child_from_time_to_time),
		TEST(test_probe_leaves_no_zombie),
		TEST(test_probe_dies_with_its_caller),
		TEST(test_probe_says_that_the_program_is_missing),
		TEST(test_probe_finds_the_program_by_its_variable),
		TEST(test_probe_does_not_storm_when_starting_fails),
		TEST(test_probe_is_not_held_up_by_starts_that_hang),
		TEST(test_probe_works_side_by_side),
		TEST(test_probe_steps_back_in_the_background),
		TEST(test_probe_describes_what_holds_it_back),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
