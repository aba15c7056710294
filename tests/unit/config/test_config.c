/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/config/config_priv.h"

static struct config *load(const char *text)
{
	struct config *config = NULL;

	assert_int_equal(config_load_text(&config, "test.conf", text, strlen(text)), 0);
	return config;
}

static void assert_one_problem(const char *text, bool is_error, unsigned int line, const char *why)
{
	struct config *config = load(text);
	const struct config_problem *problem;

	if (config_problem_count(config) != 1)
		fail_msg("%zu problems in %s", config_problem_count(config), text);
	problem = config_problem(config, 0);
	assert_string_equal(problem->text, why);
	assert_int_equal(problem->line, line);
	assert_int_equal(problem->is_error, is_error);
	assert_int_equal(config_has_errors(config), is_error);
	assert_string_equal(problem->file, "test.conf");
	config_free(config);
}

static void test_config_without_a_file_is_the_documented_default(void **state)
{
	struct config *config = load("");

	(void)state;
	assert_string_equal(config->tank.path, "/data");
	assert_int_equal(config->tank.require_mount, REQUIRE_MOUNT_AUTO);
	assert_true(config->tank.keep_free_bytes == 64 << 20);
	assert_string_equal(config->tank.owner, "");
	assert_string_equal(config->tank.group, "");
	assert_int_equal(config->import.select, SELECT_IMAGES);
	assert_int_equal(config->import.naming, NAMING_UNIQUE);
	assert_string_equal(config->import.prefix, "pimg_");
	assert_true(config->import.verify);
	assert_false(config->import.is_paranoid);
	assert_true(config->thumbnails.is_enabled);
	assert_int_equal(config->thumbnails.side_px, 256);
	assert_int_equal(config->probe.timeout_ms, 1000);
	assert_true(config->probe.memory_bytes == 64 << 20);
	assert_int_equal(config->probe.workers, 1);
	assert_int_equal(config_problem_count(config), 0);
	config_free(config);
}

static void test_config_reads_every_key(void **state)
{
	struct config *config = load("[tank]\npath=/srv/tank\nrequire-mount=no\nkeep-free=2G\n"
				     "owner=photo\ngroup=1000\n"
				     "[import]\nselect=everything\nnaming=template\n"
				     "template={stem}.{ext}\nprefix=cam1-\nverify=no\nparanoid=1\n"
				     "[thumbnails]\nenabled=off\nsize=1024\n"
				     "[probe]\ntimeout=1500ms\nmemory=128 MiB\nworkers=4\n");

	(void)state;
	assert_int_equal(config_problem_count(config), 0);
	assert_string_equal(config->tank.path, "/srv/tank");
	assert_int_equal(config->tank.require_mount, REQUIRE_MOUNT_NO);
	assert_true(config->tank.keep_free_bytes == UINT64_C(2) << 30);
	assert_string_equal(config->tank.owner, "photo");
	assert_string_equal(config->tank.group, "1000");
	assert_int_equal(config->import.select, SELECT_EVERYTHING);
	assert_int_equal(config->import.naming, NAMING_TEMPLATE);
	assert_string_equal(config->import.template, "{stem}.{ext}");
	assert_string_equal(config->import.prefix, "cam1-");
	assert_false(config->import.verify);
	assert_true(config->import.is_paranoid);
	assert_false(config->thumbnails.is_enabled);
	assert_int_equal(config->thumbnails.side_px, 1024);
	assert_int_equal(config->probe.timeout_ms, 1500);
	assert_true(config->probe.memory_bytes == 128 << 20);
	assert_int_equal(config->probe.workers, 4);
	config_free(config);
}

static void test_config_words_mean_what_the_enums_say(void **state)
{
	static const char *const words[] = {"unique", "keep", "template"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char text[64];
		struct config *config;

		(void)snprintf(text, sizeof(text), "[import]\nnaming=%s\n", words[i]);
		config = load(text);
		assert_string_equal(naming_name(config->import.naming), words[i]);
		config_free(config);
	}
}

static void test_config_sizes_and_durations_have_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t keep_free_bytes;
		uint32_t timeout_ms;
	} cases[] = {
		{"[tank]\nkeep-free=0\n[probe]\ntimeout=1\n", 0, 1000},
		{"[tank]\nkeep-free=1024\n[probe]\ntimeout=100ms\n", 1024, 100},
		{"[tank]\nkeep-free=10k\n[probe]\ntimeout=60s\n", 10240, 60000},
		{"[tank]\nkeep-free=1 TiB\n[probe]\ntimeout=1 min\n", UINT64_C(1) << 40, 60000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config *config = load(cases[i].text);

		assert_int_equal(config_problem_count(config), 0);
		assert_true(config->tank.keep_free_bytes == cases[i].keep_free_bytes);
		assert_int_equal(config->probe.timeout_ms, cases[i].timeout_ms);
		config_free(config);
	}
}

static void test_config_bad_values_say_what_is_allowed(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"[import]\nnaming=uniqe\n",
			"[import] naming = uniqe: unique, keep or template is allowed; did you "
			"mean 'unique'? ('unique' stays in force)"},
		{"[import]\nselect=jpeg\n",
			"[import] select = jpeg: images or everything is allowed ('images' stays "
			"in force)"},
		{"[import]\nverify=maybe\n",
			"[import] verify = maybe: yes or no is allowed ('yes' stays in force)"},
		{"[tank]\nrequire-mount=atuo\n",
			"[tank] require-mount = atuo: auto, yes or no is allowed; did you mean "
			"'auto'? ('auto' stays in force)"},
		{"[tank]\npath=data\n",
			"[tank] path = data: a path from the root is meant, such as /data ('/data' "
			"stays in force)"},
		{"[tank]\nkeep-free=lots\n",
			"[tank] keep-free = lots: a size is meant, such as 64M: a whole number and "
			"K, M, G or T ('64M' stays in force)"},
		{"[tank]\nkeep-free=99999999T\n",
			"[tank] keep-free = 99999999T: 0 to 1024T is allowed ('64M' stays in "
			"force)"},
		{"[tank]\nkeep-free=99999999999999999999999999\n",
			"[tank] keep-free = 99999999999999999999999999: 0 to 1024T is allowed "
			"('64M' stays in force)"},
		{"[tank]\nowner=a b\n",
			"[tank] owner = a b: the name or the number of an account is meant ('' "
			"stays in force)"},
		{"[thumbnails]\nsize=63\n",
			"[thumbnails] size = 63: a whole number from 64 to 1024 is allowed ('256' "
			"stays in force)"},
		{"[thumbnails]\nsize=2.5\n",
			"[thumbnails] size = 2.5: a whole number from 64 to 1024 is allowed ('256' "
			"stays in force)"},
		{"[probe]\ntimeout=2h\n",
			"[probe] timeout = 2h: a duration is meant, such as 500ms, 2s or 1min; "
			"without a unit it is in seconds ('1s' stays in force)"},
		{"[probe]\ntimeout=99ms\n",
			"[probe] timeout = 99ms: 100ms to 1min is allowed ('1s' stays in force)"},
		{"[probe]\nmemory=1\n",
			"[probe] memory = 1: 16M to 1G is allowed ('64M' stays in force)"},
		{"[daemon]\nfile-systems=vfat overlay\n",
			"[daemon] file-systems = vfat overlay: these are known: vfat exfat ntfs3 "
			"hfsplus udf iso9660 ext4 btrfs ('vfat exfat' stays in force)"},
		{"[import]\nprefix=../x\n",
			"[import] prefix = ../x: it is too long or has characters that cannot "
			"begin a name ('pimg_' stays in force)"},
		{"[import]\ntemplate={stem}\n",
			"[import] template = {stem}: at character 7: a template must end in .{ext} "
			"or {tail} ('%Y/%Y-%m-%d/{camera}_{stem}_{seq:04}.{ext}' stays in force)"},
		{"[import]\ntemplate=a\\b.{ext}\n",
			"[import] template = a\\\\b.{ext}: at character 2: '\\\\' cannot be part "
			"of a file's name ('%Y/%Y-%m-%d/{camera}_{stem}_{seq:04}.{ext}' stays in "
			"force)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_one_problem(cases[i].text, true, 2, cases[i].why);
}

static void test_config_unknown_words_are_warnings_with_a_hint(void **state)
{
	static const struct {
		const char *text, *why;
		unsigned int line;
	} cases[] = {
		{"[import]\nnameing=keep\n",
			"there is no key 'nameing' in [import]; did you mean 'naming'? It is not "
			"used",
			2},
		{"[import]\nsize=300\n",
			"'size' is a key of [thumbnails], not of [import]; it is not used", 2},
		{"[tank]\ncolour=blue\n", "there is no key 'colour' in [tank]; it is not used", 2},
		{"[imports]\n\nnaming=keep\nselect=images\n",
			"there is no section [imports]; did you mean [import]? Nothing in it is "
			"used",
			3},
		{"[kitchen]\nnaming=keep\n", "there is no section [kitchen]; nothing in it is used",
			2},
		{"naming=keep\n", "a [section] must come first; this line is not used", 1},
		{"[Import]\nnaming=keep\n",
			"there is no section [Import]; did you mean [import]? Nothing in it is "
			"used",
			2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_one_problem(cases[i].text, false, cases[i].line, cases[i].why);
}

static void test_config_leaves_sections_of_others_alone(void **state)
{
	struct config *config = load("[X-site]\nanything=at all\n[import]\nverify=no\n");

	(void)state;
	assert_int_equal(config_problem_count(config), 0);
	assert_false(config->import.verify);
	config_free(config);
}

static void test_config_keeps_the_earlier_value_when_a_later_one_is_bad(void **state)
{
	struct config *config = load("[thumbnails]\nsize=512\nsize=5\nsize=\nsize=128\nsize=x\n");

	(void)state;
	assert_int_equal(config->thumbnails.side_px, 128);
	assert_int_equal(config_problem_count(config), 2);
	assert_string_equal(config_problem(config, 0)->text,
		"[thumbnails] size = 5: a whole number from 64 to 1024 is allowed ('512' stays in "
		"force)");
	config_free(config);
}

static void test_config_empty_value_gives_the_default_back(void **state)
{
	struct config *config = load("[tank]\npath=/a\nowner=b\n[import]\nverify=no\n"
				     "[tank]\npath=\nowner=\n[import]\nverify=\n");

	(void)state;
	assert_string_equal(config->tank.path, "/data");
	assert_string_equal(config->tank.owner, "");
	assert_true(config->import.verify);
	assert_int_equal(config_problem_count(config), 0);
	config_free(config);
}

static void find_setting(const struct config *config, const char *section, const char *key,
	struct config_setting *ret)
{
	for (size_t i = 0; i < config_setting_count(); i++) {
		config_setting(config, i, ret);
		if (!strcmp(ret->section, section) && !strcmp(ret->key, key))
			return;
	}
	fail_msg("no [%s] %s", section, key);
}

static void test_config_knows_where_each_value_comes_from(void **state)
{
	struct config *config = load("[tank]\n\npath=/a\n[import]\nverify=no\n");
	struct config_setting setting;

	(void)state;
	find_setting(config, "tank", "path", &setting);
	assert_int_equal(setting.origin, CONFIG_FROM_FILE);
	assert_string_equal(setting.file, "test.conf");
	assert_int_equal(setting.line, 3);
	assert_string_equal(setting.text, "/a");
	assert_string_equal(setting.default_text, "/data");
	find_setting(config, "tank", "group", &setting);
	assert_int_equal(setting.origin, CONFIG_FROM_DEFAULT);
	assert_string_equal(setting.file, "");
	assert_int_equal(config_set(config, "tank", "path", "/b"), 0);
	find_setting(config, "tank", "path", &setting);
	assert_int_equal(setting.origin, CONFIG_FROM_COMMAND_LINE);
	assert_string_equal(setting.file, "");
	assert_string_equal(config->tank.path, "/b");
	config_free(config);
}

static void test_config_set_refuses_what_a_file_may_not_say_either(void **state)
{
	struct config *config = load("");

	(void)state;
	assert_int_equal(config_set(config, "import", "naming", "nice"), -EINVAL);
	assert_int_equal(config_set(config, "import", "nothing", "1"), -ENOENT);
	assert_int_equal(config_set(config, "nowhere", "naming", "1"), -ENOENT);
	assert_int_equal(config_set(config, "import", "naming", ""), -EINVAL);
	assert_int_equal(config_set(config, "tank", "owner", ""), 0);
	assert_int_equal(config_problem_count(config), 4);
	assert_string_equal(config_problem(config, 3)->text, "[import] naming: a value is missing");
	assert_string_equal(config_problem(config, 0)->file, "");
	assert_int_equal(config_problem(config, 0)->line, 0);
	assert_int_equal(config->import.naming, NAMING_UNIQUE);
	config_free(config);
}

static void test_config_bounds_the_list_of_problems(void **state)
{
	char text[CONFIG_PROBLEMS_MAX * 8 + 64] = "[tank]\n";
	struct config *config;

	(void)state;
	for (int i = 0; i < CONFIG_PROBLEMS_MAX + 5; i++)
		strcat(text, "x=1\n");
	config = load(text);
	assert_int_equal(config_problem_count(config), CONFIG_PROBLEMS_MAX);
	assert_string_equal(config_problem(config, CONFIG_PROBLEMS_MAX - 1)->text,
		"there are more problems, not listed here");
	config_free(config);
}

static void test_config_problems_are_safe_to_look_at(void **state)
{
	struct config *config = load("[tank]\n\xe2\x80\xae=1\nowner=\xe2\x80\xae :\n");

	(void)state;
	assert_int_equal(config_problem_count(config), 2);
	assert_string_equal(config_problem(config, 0)->text,
		"there is no key '\\xe2\\x80\\xae' in [tank]; it is not used");
	assert_non_null(strstr(config_problem(config, 1)->text, "owner = \\xe2\\x80\\xae :"));
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_without_a_file_is_the_documented_default),
		cmocka_unit_test(test_config_reads_every_key),
		cmocka_unit_test(test_config_words_mean_what_the_enums_say),
		cmocka_unit_test(test_config_sizes_and_durations_have_units),
		cmocka_unit_test(test_config_bad_values_say_what_is_allowed),
		cmocka_unit_test(test_config_unknown_words_are_warnings_with_a_hint),
		cmocka_unit_test(test_config_leaves_sections_of_others_alone),
		cmocka_unit_test(test_config_keeps_the_earlier_value_when_a_later_one_is_bad),
		cmocka_unit_test(test_config_empty_value_gives_the_default_back),
		cmocka_unit_test(test_config_knows_where_each_value_comes_from),
		cmocka_unit_test(test_config_set_refuses_what_a_file_may_not_say_either),
		cmocka_unit_test(test_config_bounds_the_list_of_problems),
		cmocka_unit_test(test_config_problems_are_safe_to_look_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
