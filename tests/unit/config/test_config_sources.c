/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/config/config_priv.h"

#define PATH_BYTES 512

static char root[] = "/tmp/imgtank-config-XXXXXX";

static const char *at(const char *path)
{
	static char buffers[4][PATH_BYTES];
	static size_t next;
	char *buffer = buffers[next++ % 4];

	assert_true(text_format(buffer, PATH_BYTES, "%s/%s", root, path));
	return buffer;
}

static void make_file(const char *path, const char *text)
{
	FILE *file = fopen(at(path), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int make_root(void **state)
{
	(void)state;
	strcpy(root + strlen(root) - 6, "XXXXXX");
	if (!mkdtemp(root))
		return -1;
	return mkdir(at("lib"), 0700) || mkdir(at("run"), 0700) || mkdir(at("etc"), 0700);
}

static int remove_root(void **state)
{
	char command[PATH_BYTES];

	(void)state;
	assert_true(text_format(command, sizeof(command), "rm -rf %s", root));
	return system(command);
}

static struct config *load(void)
{
	char lib[PATH_BYTES], run[PATH_BYTES], etc[PATH_BYTES];
	const char *const folders[] = {lib, run, etc, NULL};
	struct config *config = NULL;

	strcpy(lib, at("lib"));
	strcpy(run, at("run"));
	strcpy(etc, at("etc"));
	assert_int_equal(config_load_from(&config, at("main.conf"), true, folders), 0);
	return config;
}

static void assert_files(const struct config *config, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_non_null(config_file_read(config, i));
		assert_string_equal(config_file_read(config, i), at(names[i]));
	}
	assert_null(config_file_read(config, count));
}

static void test_config_dropins_are_read_by_name_over_all_folders(void **state)
{
	static const char *const order[] = {
		"main.conf", "etc/10-a.conf", "lib/20-b.conf", "run/30-c.conf", "etc/40-d.conf"};
	struct config *config;

	(void)state;
	make_file("main.conf", "[thumbnails]\nsize=100\n[tank]\npath=/main\n");
	make_file("lib/20-b.conf", "[thumbnails]\nsize=200\n");
	make_file("etc/10-a.conf", "[thumbnails]\nsize=110\n");
	make_file("etc/40-d.conf", "[tank]\nowner=d\n");
	make_file("run/30-c.conf", "[tank]\nowner=c\n");
	make_file("etc/.hidden.conf", "[tank]\nowner=x\n");
	make_file("etc/50-e.conf.bak", "[tank]\nowner=x\n");
	config = load();
	assert_files(config, order, 5);
	assert_int_equal(config->thumbnails.side_px, 200);
	assert_string_equal(config->tank.owner, "d");
	assert_string_equal(config->tank.path, "/main");
	assert_int_equal(config_problem_count(config), 0);
	config_free(config);
}

static void test_config_dropin_of_etc_masks_its_namesakes(void **state)
{
	static const char *const order[] = {"etc/10-a.conf", "etc/20-b.conf", "run/30-c.conf"};
	struct config *config;

	(void)state;
	make_file("lib/10-a.conf", "[tank]\nowner=lib\ngroup=lib\n");
	make_file("run/10-a.conf", "[tank]\nowner=run\n");
	make_file("etc/10-a.conf", "[tank]\nowner=etc\n");
	make_file("lib/20-b.conf", "[import]\nverify=no\n");
	assert_int_equal(symlink("/dev/null", at("etc/20-b.conf")), 0);
	make_file("lib/30-c.conf", "[thumbnails]\nsize=100\n");
	make_file("run/30-c.conf", "[thumbnails]\nsize=200\n");
	config = load();
	assert_files(config, order, 3);
	assert_string_equal(config->tank.owner, "etc");
	assert_string_equal(config->tank.group, "");
	assert_true(config->import.verify);
	assert_int_equal(config->thumbnails.side_px, 200);
	config_free(config);
}

static void test_config_without_any_file_has_no_problem(void **state)
{
	struct config *config = load();

	(void)state;
	assert_null(config_file_read(config, 0));
	assert_int_equal(config_problem_count(config), 0);
	config_free(config);
}

static void test_config_file_of_the_user_must_be_there(void **state)
{
	struct config *config = NULL;

	(void)state;
	assert_int_equal(config_load(&config, at("missing.conf")), 0);
	assert_int_equal(config_problem_count(config), 1);
	assert_true(config_problem(config, 0)->is_error);
	assert_string_equal(config_problem(config, 0)->text,
		"this file cannot be read: No such file or directory");
	assert_string_equal(config_problem(config, 0)->file, at("missing.conf"));
	assert_string_equal(config->tank.path, "/data");
	config_free(config);
}

static void test_config_file_of_the_user_has_dropins_beside_it(void **state)
{
	struct config *config = NULL;

	(void)state;
	make_file("my.conf", "[tank]\nowner=a\ngroup=a\n");
	assert_int_equal(mkdir(at("my.conf.d"), 0700), 0);
	make_file("my.conf.d/x.conf", "[tank]\nowner=b\n");
	assert_int_equal(config_load(&config, at("my.conf")), 0);
	assert_string_equal(config->tank.owner, "b");
	assert_string_equal(config->tank.group, "a");
	config_free(config);
}

static void test_config_goes_on_behind_what_it_cannot_read(void **state)
{
	struct config *config;

	(void)state;
	make_file("main.conf", "[tank]\nowner=a\n");
	assert_int_equal(mkdir(at("etc/10-folder.conf"), 0700), 0);
	assert_int_equal(mkfifo(at("etc/20-fifo.conf"), 0600), 0);
	assert_int_equal(symlink("nowhere", at("etc/30-link.conf")), 0);
	make_file("etc/40-good.conf", "[tank]\ngroup=b\n");
	config = load();
	assert_int_equal(config_problem_count(config), 3);
	for (size_t i = 0; i < 3; i++)
		assert_non_null(strstr(config_problem(config, i)->text, "cannot be read"));
	assert_string_equal(config->tank.owner, "a");
	assert_string_equal(config->tank.group, "b");
	config_free(config);
}

static void test_config_refuses_a_file_of_absurd_size(void **state)
{
	FILE *file = fopen(at("main.conf"), "w");
	struct config *config;

	(void)state;
	assert_non_null(file);
	for (unsigned int i = 0; i <= CONFIG_FILE_BYTES_MAX; i++)
		assert_int_equal(fputc('\n', file), '\n');
	assert_int_equal(fclose(file), 0);
	config = load();
	assert_int_equal(config_problem_count(config), 1);
	assert_string_equal(
		config_problem(config, 0)->text, "this file cannot be read: File too large");
	config_free(config);
}

static void test_config_requires_a_mount_where_one_is_expected(void **state)
{
	static const struct {
		const char *path;
		bool is_listed;
	} cases[] = {
		{"/srv/tank", true},
		{"/srv/tank/sub", true},
		{"/srv/tanker", false},
		{"/srv", false},
		{"/home/me", false},
		{"/mnt/a b/x", true},
	};
	struct config *config;

	(void)state;
	make_file("fstab",
		"# comment\nUUID=1 / ext4 defaults 0 1\n"
		"UUID=2 /srv/tank/ ext4 defaults 0 2\nUUID=3 none swap sw 0 0\n"
		"UUID=4 /mnt/a\\040b ext4 defaults 0 2\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (mount_is_listed(at("fstab"), cases[i].path) != cases[i].is_listed)
			fail_msg("%s", cases[i].path);
	assert_false(mount_is_listed(at("no-fstab"), "/srv/tank"));
	config = load();
	assert_true(config_requires_mount(config, "/data"));
	assert_true(config_requires_mount(config, "/data/tank"));
	assert_false(config_requires_mount(config, "/database"));
	assert_int_equal(config_set(config, "tank", "require-mount", "yes"), 0);
	assert_true(config_requires_mount(config, "/database"));
	assert_int_equal(config_set(config, "tank", "require-mount", "no"), 0);
	assert_false(config_requires_mount(config, "/data"));
	config_free(config);
}

#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ROOT(test_config_dropins_are_read_by_name_over_all_folders),
		WITH_ROOT(test_config_dropin_of_etc_masks_its_namesakes),
		WITH_ROOT(test_config_without_any_file_has_no_problem),
		WITH_ROOT(test_config_file_of_the_user_must_be_there),
		WITH_ROOT(test_config_file_of_the_user_has_dropins_beside_it),
		WITH_ROOT(test_config_goes_on_behind_what_it_cannot_read),
		WITH_ROOT(test_config_refuses_a_file_of_absurd_size),
		WITH_ROOT(test_config_requires_a_mount_where_one_is_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
