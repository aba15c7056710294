/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder is removed with what was counted in it, and with nothing else. */
#include "tests/support/itest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/base/tree.h"

#define NAME "batch"

static const struct tree_count both = {2, 7};

struct fixture {
	char path[64];
	int fd;
};

static void put(int dir_fd, const char *name, const char *text, size_t size_bytes)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, text, size_bytes), 0);
	fd_close(fd);
}

/* batch/a, 3 bytes, and batch/in/b, 4 bytes */
static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	(void)strcpy(fixture->path, "/tmp/imgtank-XXXXXX");
	if (!mkdtemp(fixture->path))
		return -1;
	fixture->fd = fd_open_dir(AT_FDCWD, fixture->path);
	assert_int_equal(fd_make_dirs(fixture->fd, NAME "/in", 0700), 0);
	put(fixture->fd, NAME "/a", "abc", 3);
	put(fixture->fd, NAME "/in/b", "defg", 4);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	(void)tree_remove(fixture->fd, NAME, 8);
	fd_close(fixture->fd);
	(void)rmdir(fixture->path);
	free(fixture);
	return 0;
}

static bool is_there(const struct fixture *fixture, const char *name)
{
	return faccessat(fixture->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void assert_kept(const struct fixture *fixture, const struct tree_count *expected)
{
	assert_int_equal(tree_remove_counted(fixture->fd, NAME, 1, expected), -ESTALE);
	assert_true(is_there(fixture, NAME "/a") && is_there(fixture, NAME "/in/b"));
}

static void test_tree_goes_when_it_is_as_counted(void **state)
{
	const struct fixture *fixture = *state;
	struct tree_count count;

	assert_int_equal(tree_count(fixture->fd, NAME, 1, &count), 0);
	assert_int_equal(count.files_count, both.files_count);
	assert_int_equal(count.bytes_count, both.bytes_count);
	assert_int_equal(tree_remove_counted(fixture->fd, NAME, 1, &both), 0);
	assert_false(is_there(fixture, NAME));
	assert_int_equal(tree_remove_counted(fixture->fd, NAME, 1, &both), -ENOENT);
}

static void test_tree_stays_when_it_is_other(void **state)
{
	const struct fixture *fixture = *state;

	assert_kept(fixture, &(struct tree_count){1, 7});
	assert_kept(fixture, &(struct tree_count){3, 7});
	assert_kept(fixture, &(struct tree_count){2, 6});
	put(fixture->fd, NAME "/empty", "", 0);
	assert_kept(fixture, &both);
}

static void test_tree_stays_with_what_is_not_ours(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(symlinkat("a", fixture->fd, NAME "/link"), 0);
	assert_kept(fixture, &both);
	assert_int_equal(unlinkat(fixture->fd, NAME "/link", 0), 0);
	assert_int_equal(fchmodat(fixture->fd, NAME "/a", 0666, 0), 0);
	assert_kept(fixture, &both);
}

static void test_tree_goes_no_deeper_than_told(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(fd_make_dirs(fixture->fd, NAME "/in/deeper", 0700), 0);
	assert_kept(fixture, &both);
	assert_int_equal(tree_remove_counted(fixture->fd, NAME, 2, &both), 0);
}

static void test_tree_removes_a_link_and_not_what_it_leads_to(void **state)
{
	const struct fixture *fixture = *state;

	put(fixture->fd, "outside", "x", 1);
	assert_int_equal(symlinkat("../outside", fixture->fd, NAME "/link"), 0);
	assert_int_equal(symlinkat("..", fixture->fd, NAME "/folder"), 0);
	assert_int_equal(tree_remove(fixture->fd, NAME, 1), 0);
	assert_true(is_there(fixture, "outside"));
	assert_int_equal(unlinkat(fixture->fd, "outside", 0), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_tree_goes_when_it_is_as_counted),
		TEST(test_tree_stays_when_it_is_other),
		TEST(test_tree_stays_with_what_is_not_ours),
		TEST(test_tree_goes_no_deeper_than_told),
		TEST(test_tree_removes_a_link_and_not_what_it_leads_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
