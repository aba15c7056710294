/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/backlight.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static void put(const char *name, const char *value)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	fputs(value, file);
	fclose(file);
}

/* The first byte: writes into an ordinary file do not cut it as sysfs does. */
static char first_of(const char *name)
{
	FILE *file = fopen(path_of(name), "r");
	int c;

	assert_non_null(file);
	c = fgetc(file);
	fclose(file);
	return (char)c;
}

static int make_root(void **state)
{
	(void)state;
	strcpy(root, "/tmp/imgtank-light-XXXXXX");
	if (!mkdtemp(root))
		return -1;
	mkdir(path_of("class"), 0700);
	mkdir(path_of("class/backlight"), 0700);
	mkdir(path_of("class/backlight/panel"), 0700);
	put("class/backlight/panel/brightness", "7\n");
	put("class/backlight/panel/max_brightness", "9\n");
	put("class/backlight/panel/bl_power", "0\n");
	return 0;
}

static int drop_root(void **state)
{
	(void)state;
	unlink(path_of("class/backlight/panel/brightness"));
	unlink(path_of("class/backlight/panel/max_brightness"));
	unlink(path_of("class/backlight/panel/bl_power"));
	rmdir(path_of("class/backlight/panel"));
	rmdir(path_of("class/backlight"));
	rmdir(path_of("class"));
	return rmdir(root);
}

static void check(char power, char brightness)
{
	assert_int_equal(first_of("class/backlight/panel/bl_power"), power);
	assert_int_equal(first_of("class/backlight/panel/brightness"), brightness);
}

static void test_off_and_as_found(void **state)
{
	struct backlight *backlight = NULL;

	(void)state;
	assert_int_equal(backlight_open(&backlight, root, NULL, NULL), 0);
	check('0', '7');
	backlight_set(backlight, false);
	assert_false(backlight_is_on(backlight));
	check('4', '0');
	backlight_set(backlight, true);
	check('0', '7');
	backlight_set(backlight, false);
	backlight_close(backlight);
	check('0', '7');
}

static void test_crash(void **state)
{
	struct backlight *backlight = NULL;

	(void)state;
	backlight_restore_now(); /* nothing to do */
	assert_int_equal(backlight_open(&backlight, root, "panel", NULL), 0);
	backlight_set(backlight, false);
	backlight_restore_now();
	check('0', '7');
	backlight_close(backlight);
}

static void test_found_dark(void **state)
{
	struct backlight *backlight = NULL;

	(void)state;
	put("class/backlight/panel/brightness", "0\n");
	assert_int_equal(backlight_open(&backlight, root, NULL, NULL), 0);
	backlight_set(backlight, false);
	backlight_close(backlight);
	check('0', '9');
}

static void test_none(void **state)
{
	struct backlight *backlight = NULL;

	(void)state;
	assert_int_equal(backlight_open(&backlight, root, "other", NULL), -ENOENT);
	assert_int_equal(backlight_open(&backlight, "/nowhere", NULL, NULL), 0);
	backlight_set(backlight, false);
	assert_false(backlight_is_on(backlight));
	backlight_close(backlight);
}

#define LIGHT(test) cmocka_unit_test_setup_teardown(test, make_root, drop_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIGHT(test_off_and_as_found),
		LIGHT(test_crash),
		LIGHT(test_found_dark),
		LIGHT(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
