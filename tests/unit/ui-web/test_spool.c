/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The end of an upload: what is flushed to the disk, in which order. Under its hidden name it would
 * be removed as unfinished when the power is back, after somebody was told that it is here.
 */
#include "tests/support/itest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "ui-web/spool.h"

#define ID "0123456789abcdef0123456789abcdef"

static char spool[64];
static char steps[16]; /* N: the name, S: the spool's own entries go to the disk */
static int fsync_errno;
static int spool_fd, folder_fd;

int __wrap_fsync(int fd);
int __real_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags);

static void note(char step)
{
	size_t length = strlen(steps);

	assert_true(length + 1 < sizeof(steps));
	steps[length] = step;
	steps[length + 1] = '\0';
}

int __wrap_fsync(int fd)
{
	assert_int_equal(fd, spool_fd);
	note('S');
	errno = fsync_errno;
	return fsync_errno ? -1 : 0;
}

int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
	note('N');
	return __real_renameat2(from_fd, from, to_fd, to, flags);
}

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(spool, sizeof(spool), "/tmp/imgtank-spool-XXXXXX");
	assert_non_null(mkdtemp(spool));
	spool_fd = spool_open(spool);
	assert_true(spool_fd >= 0);
	folder_fd = spool_begin(spool_fd, ID);
	assert_true(folder_fd >= 0);
	steps[0] = '\0';
	fsync_errno = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlinkat(spool_fd, "Upload by Ana", AT_REMOVEDIR);
	fd_close(folder_fd);
	fd_close(spool_fd);
	return rmdir(spool);
}

static void test_the_name_is_on_the_disk_too(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(spool_finish(spool_fd, ID, "Ana"), 0);
	assert_string_equal(steps, "NS");
	assert_int_equal(fstatat(spool_fd, "Upload by Ana", &st, 0), 0);
}

static void test_a_name_that_may_be_lost_is_no_success(void **state)
{
	(void)state;
	fsync_errno = EIO;
	assert_int_equal(spool_finish(spool_fd, ID, "Ana"), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_the_name_is_on_the_disk_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_a_name_that_may_be_lost_is_no_success, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
