/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ways into a final name, on file systems that have fewer of them: what the
 * kernel cannot do is refused here as FAT and old kernels refuse it.
 */
#include "tests/support/itest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/engine/tank.h"
#include "tests/support/tree.h"

/* openat() is openat64() with 64-bit offsets: that is the symbol to wrap. */
static bool has_no_tmpfile, has_no_links, has_no_noreplace;

int __real_openat64(int dir_fd, const char *path, int flags, ...);
int __wrap_openat64(int dir_fd, const char *path, int flags, ...);
int __real_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags);
int __wrap_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

int __wrap_openat64(int dir_fd, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (has_no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return __real_openat64(dir_fd, path, flags, mode);
}

int __wrap_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	if (has_no_links) {
		errno = EPERM;
		return -1;
	}
	return __real_linkat(from_fd, from, to_fd, to, flags);
}

long __wrap_syscall(long number, ...)
{
	long a, b, c, d, e;
	va_list args;

	va_start(args, number);
	a = va_arg(args, long);
	b = va_arg(args, long);
	c = va_arg(args, long);
	d = va_arg(args, long);
	e = va_arg(args, long);
	va_end(args);
	if (has_no_noreplace && number == SYS_renameat2) {
		errno = EINVAL;
		return -1;
	}
	return __real_syscall(number, a, b, c, d, e);
}

struct fixture {
	struct tree tree;
	struct tank tank;
};

static void open_fixture(struct fixture *fixture)
{
	const struct tank_options options = {
		.path = fixture->tree.path, .owner = (uid_t)-1, .group = (gid_t)-1};
	enum fault fault;

	assert_int_equal(tank_open(&fixture->tank, &options, &fault), 0);
	assert_int_equal(fault, FAULT_NONE);
}

static void write_temp(struct fixture *fixture, struct tank_temp *temp, const char *text)
{
	assert_int_equal(tank_temp_create(&fixture->tank, temp), 0);
	assert_int_equal(fd_write_full(temp->fd, text, strlen(text)), 0);
	assert_int_equal(tank_temp_finish(&fixture->tank, temp, 86400000000005), 0);
}

static void assert_holds(const struct fixture *fixture, const char *path, const char *text)
{
	char found[64];
	struct stat st;

	assert_int_equal(fd_read_text(fixture->tank.fd, path, found, sizeof(found)), 0);
	assert_string_equal(found, text);
	assert_int_equal(fstatat(fixture->tank.fd, path, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(st.st_mtim.tv_sec, 86400);
	assert_int_equal(st.st_nlink, 1);
}

static unsigned count_temporaries(const struct fixture *fixture)
{
	unsigned count = 0;

	for (unsigned i = 0; i < 8; i++) {
		char name[4] = {(char)('0' + i), '\0'};

		count += faccessat(fixture->tank.run_fd, name, F_OK, 0) == 0;
	}
	return count;
}

static void publish_twice(void)
{
	struct tank_temp first, second;
	static struct fixture fixture;

	tree_make(&fixture.tree);
	open_fixture(&fixture);
	write_temp(&fixture, &first, "first");
	write_temp(&fixture, &second, "second");
	assert_int_equal(tank_publish(&fixture.tank, &first, "images/20240512/a.jpg"), 0);
	assert_int_equal(tank_publish(&fixture.tank, &second, "images/20240512/a.jpg"), -EEXIST);
	assert_holds(&fixture, "images/20240512/a.jpg", "first");
	assert_int_equal(tank_publish(&fixture.tank, &second, "images/20240512/b.jpg"), 0);
	assert_holds(&fixture, "images/20240512/b.jpg", "second");
	tank_temp_drop(&fixture.tank, &first);
	tank_temp_drop(&fixture.tank, &second);
	assert_int_equal(count_temporaries(&fixture), 0);
	assert_int_equal(tank_barrier(&fixture.tank), 0);
	tank_close(&fixture.tank);
	tree_remove(&fixture.tree);
}

static void test_tank_publish_never_replaces_a_file(void **state)
{
	(void)state;
	has_no_tmpfile = has_no_links = has_no_noreplace = false;
	publish_twice();
}

static void test_tank_publish_without_tmpfile(void **state)
{
	(void)state;
	has_no_tmpfile = true;
	has_no_links = has_no_noreplace = false;
	publish_twice();
}

static void test_tank_publish_without_tmpfile_and_noreplace(void **state)
{
	(void)state;
	has_no_tmpfile = has_no_noreplace = true;
	has_no_links = false;
	publish_twice();
}

static void test_tank_publish_with_nothing_but_rename(void **state)
{
	(void)state;
	has_no_tmpfile = has_no_noreplace = has_no_links = true;
	publish_twice();
	has_no_tmpfile = has_no_noreplace = has_no_links = false;
}

static void test_tank_sweeps_dead_runs_only(void **state)
{
	static struct fixture first, second;
	struct tank_temp temp;

	(void)state;
	has_no_tmpfile = true;
	tree_make(&first.tree);
	open_fixture(&first);
	write_temp(&first, &temp, "alive");
	tree_write(&first.tree, ".imgtank/tmp/1-dead/7", "half", 4);
	second.tree = first.tree;
	open_fixture(&second);

	assert_int_equal(faccessat(first.tank.tmp_fd, "1-dead", F_OK, 0), -1);
	assert_int_equal(faccessat(first.tank.run_fd, temp.name, F_OK, 0), 0);
	assert_int_equal(tank_publish(&first.tank, &temp, "images/x/a.jpg"), 0);
	tank_temp_drop(&first.tank, &temp);
	tank_close(&second.tank);
	tank_close(&first.tank);
	tree_remove(&first.tree);
	has_no_tmpfile = false;
}

static void test_tank_keeps_its_id(void **state)
{
	static struct fixture fixture;
	char id[TANK_ID_BYTES];

	(void)state;
	tree_make(&fixture.tree);
	open_fixture(&fixture);
	memcpy(id, fixture.tank.id, sizeof(id));
	tank_close(&fixture.tank);
	open_fixture(&fixture);
	assert_string_equal(fixture.tank.id, id);
	assert_int_equal(strlen(id), 32);
	tank_close(&fixture.tank);
	tree_remove(&fixture.tree);
}

static void test_tank_does_not_follow_links_in_its_folders(void **state)
{
	struct tank_temp temp;
	static struct fixture fixture;

	(void)state;
	tree_make(&fixture.tree);
	open_fixture(&fixture);
	assert_int_equal(symlinkat("/var/tmp", fixture.tank.fd, "images/20240512"), 0);
	write_temp(&fixture, &temp, "text");
	assert_true(tank_publish(&fixture.tank, &temp, "images/20240512/evil.jpg") < 0);
	assert_int_equal(access("/var/tmp/evil.jpg", F_OK), -1);
	tank_temp_drop(&fixture.tank, &temp);
	tank_close(&fixture.tank);
	tree_remove(&fixture.tree);
}

static void test_tank_tells_gone_from_changed(void **state)
{
	static struct fixture fixture;
	struct stat st;
	int64_t mtime_ns;

	(void)state;
	tree_make(&fixture.tree);
	open_fixture(&fixture);
	tree_write(&fixture.tree, "images/a.jpg", "12345", 5);
	assert_int_equal(fstatat(fixture.tank.fd, "images/a.jpg", &st, 0), 0);
	mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	assert_int_equal(tank_has_file(&fixture.tank, "images/a.jpg", 5, mtime_ns), 1);
	assert_int_equal(tank_has_file(&fixture.tank, "images/a.jpg", 6, mtime_ns), -ESTALE);
	assert_int_equal(tank_has_file(&fixture.tank, "images/a.jpg", 5, mtime_ns + 1), -ESTALE);
	assert_int_equal(tank_has_file(&fixture.tank, "images/b.jpg", 5, mtime_ns), 0);
	tank_close(&fixture.tank);
	tree_remove(&fixture.tree);
}

static void test_tank_missing_and_unmounted_have_their_own_words(void **state)
{
	struct tank_options options = {
		.path = "/nonexistent/tank", .owner = (uid_t)-1, .group = (gid_t)-1};
	enum fault fault;
	struct tank tank;

	(void)state;
	assert_true(tank_open(&tank, &options, &fault) < 0);
	assert_int_equal(fault, FAULT_TANK_MISSING);
	options.may_create = true; /* only the last part of a path is made */
	assert_true(tank_open(&tank, &options, &fault) < 0);
	assert_int_equal(fault, FAULT_TANK_MISSING);
	options.path = "/";
	options.require_mount = true;
	assert_true(tank_open(&tank, &options, &fault) < 0);
	assert_int_equal(fault, FAULT_TANK_NOT_MOUNTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tank_publish_never_replaces_a_file),
		cmocka_unit_test(test_tank_publish_without_tmpfile),
		cmocka_unit_test(test_tank_publish_without_tmpfile_and_noreplace),
		cmocka_unit_test(test_tank_publish_with_nothing_but_rename),
		cmocka_unit_test(test_tank_sweeps_dead_runs_only),
		cmocka_unit_test(test_tank_keeps_its_id),
		cmocka_unit_test(test_tank_does_not_follow_links_in_its_folders),
		cmocka_unit_test(test_tank_tells_gone_from_changed),
		cmocka_unit_test(test_tank_missing_and_unmounted_have_their_own_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
