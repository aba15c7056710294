/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/config/config_priv.h"
#include "core/config/section.h"

struct folder {
	char path[64];
	char said[512]; /* what the callback got */
};

static void on_setting(
	const char *file, unsigned int line, const char *key, const char *value, void *userdata)
{
	struct folder *folder = userdata;
	size_t used = strlen(folder->said);

	assert_true(text_format(folder->said + used, sizeof(folder->said) - used, "%s:%u:%s=%s|",
		strrchr(file, '/') + 1, line, key, value));
}

static int make_folder(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	if (!folder)
		return -1;
	strcpy(folder->path, "/tmp/imgtank-section-XXXXXX");
	*state = folder;
	return mkdtemp(folder->path) ? 0 : -1;
}

static int drop_folder(void **state)
{
	struct folder *folder = *state;
	char command[128];

	(void)text_format(command, sizeof(command), "rm -rf '%s'", folder->path);
	free(folder);
	return system(command);
}

static void write_file(const struct folder *folder, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	assert_true(text_format(path, sizeof(path), "%s/%s", folder->path, name));
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int read_section(struct folder *folder, const char *section)
{
	char path[128];

	folder->said[0] = '\0';
	assert_true(text_format(path, sizeof(path), "%s/main.conf", folder->path));
	return config_read_section(path, section, on_setting, folder);
}

static void test_section_gives_its_own_settings_in_order(void **state)
{
	struct folder *folder = *state;
	char path[128];

	write_file(folder, "main.conf",
		"[tank]\npath = /data\n[ui-fb]\nrotate = 90\n# no\nrotate = 180\n[ui-fb2]\nx = 1\n"
		"this is no setting\n[ui-fb]\nlast = yes = no\n");
	assert_true(text_format(path, sizeof(path), "%s/main.conf.d", folder->path));
	assert_int_equal(mkdir(path, 0755), 0);
	write_file(folder, "main.conf.d/20-b.conf", "[ui-fb]\nrotate = 0\n");
	write_file(folder, "main.conf.d/10-a.conf", "[ui-fb]\nsleep = 5min\n");

	assert_int_equal(read_section(folder, "ui-fb"), 0);
	assert_string_equal(folder->said,
		"main.conf:4:rotate=90|main.conf:6:rotate=180|main.conf:11:last=yes = no|"
		"10-a.conf:2:sleep=5min|20-b.conf:2:rotate=0|");
	assert_int_equal(read_section(folder, "ui"), 0);
	assert_string_equal(folder->said, "");
}

static void test_section_of_a_file_that_is_not_there_is_an_error(void **state)
{
	assert_int_equal(read_section(*state, "ui"), -ENOENT);
}

static void test_section_of_a_front_end_is_no_mistake_for_others(void **state)
{
	static const char text[] = "[ui-mine]\nanything = goes\n[uu-mine]\nthis = not\n";
	struct config *config;

	(void)state;
	assert_int_equal(config_load_text(&config, "main.conf", text, strlen(text)), 0);
	assert_int_equal(config_problem_count(config), 1);
	assert_int_equal(config_problem(config, 0)->line, 4);
	config_free(config);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, drop_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_section_gives_its_own_settings_in_order),
		TEST(test_section_of_a_file_that_is_not_there_is_an_error),
		cmocka_unit_test(test_section_of_a_front_end_is_no_mistake_for_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
