/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of keys, the default file, the manual and the man page say the same. */
#include "tests/support/itest.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/config/config_priv.h"

static char *read_document(const char *path)
{
	char *text = NULL, *grown;
	size_t size_bytes;

	assert_int_equal(sources_read(path, &text, &size_bytes), 0);
	grown = realloc(text, size_bytes + 1);
	assert_non_null(grown);
	grown[size_bytes] = '\0';
	return grown;
}

/* The part of the document between the heading of this section and the next one. */
static char *cut_section(const char *text, const char *heading, const char *next_heading)
{
	const char *start = strstr(text, heading);
	const char *end;

	if (!start)
		fail_msg("there is no '%s'", heading);
	start += strlen(heading);
	end = strstr(start, next_heading);
	return end ? strndup(start, (size_t)(end - start)) : strdup(start);
}

static void __attribute__((format(printf, 2, 3)))
assert_has(const char *text, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (!strstr(text, line))
		fail_msg("this is missing: %s", line);
}

/* A line that offers a setting: "#key =" with or without a value. Comments have a space. */
static bool is_offer(const char *line)
{
	size_t key_bytes = line[0] == '#' ? strspn(line + 1, "abcdefghijklmnopqrstuvwxyz-") : 0;

	return key_bytes && !strncmp(line + 1 + key_bytes, " =", 2);
}

static size_t uncomment_offers(char *text)
{
	size_t count = 0;

	for (char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n' ? 1 : 0;
		if (is_offer(line)) {
			*line = ' ';
			count++;
		}
	}
	return count;
}

static void test_config_default_file_offers_every_key_with_its_default(void **state)
{
	char *text = read_document(SOURCE_DIR "/assets/imgtank.conf");

	(void)state;
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		char heading[64], *section;

		assert_true(text_format(heading, sizeof(heading), "\n[%s]\n", key->section));
		section = cut_section(text, heading, "\n[");
		assert_has(section, *key->default_text ? "\n#%s = %s\n" : "\n#%s =%s\n", key->name,
			key->default_text);
		free(section);
	}
	free(text);
}

static void test_config_default_file_changes_nothing_as_it_is(void **state)
{
	struct config *config = NULL;
	struct config_setting setting;

	(void)state;
	assert_int_equal(config_load(&config, SOURCE_DIR "/assets/imgtank.conf"), 0);
	assert_int_equal(config_problem_count(config), 0);
	for (size_t i = 0; i < config_setting_count(); i++) {
		config_setting(config, i, &setting);
		assert_int_equal(setting.origin, CONFIG_FROM_DEFAULT);
	}
	config_free(config);
}

static void test_config_default_file_uncommented_sets_the_defaults(void **state)
{
	char *text = read_document(SOURCE_DIR "/assets/imgtank.conf");
	struct config *config = NULL;

	(void)state;
	assert_int_equal(uncomment_offers(text), config_key_count);
	assert_int_equal(config_load_text(&config, "imgtank.conf", text, strlen(text)), 0);
	for (size_t i = 0; i < config_problem_count(config); i++)
		fail_msg("%s", config_problem(config, i)->text);
	for (size_t i = 0; i < config_setting_count(); i++) {
		struct config_setting setting;

		config_setting(config, i, &setting);
		assert_int_equal(setting.origin, CONFIG_FROM_FILE);
		assert_string_equal(setting.text, setting.default_text);
	}
	config_free(config);
	free(text);
}

static void test_config_manual_has_every_key_with_its_default(void **state)
{
	char *text = read_document(SOURCE_DIR "/docs/configuration.md");

	(void)state;
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		char heading[64], *section;

		assert_true(text_format(heading, sizeof(heading), "\n## [%s]\n", key->section));
		section = cut_section(text, heading, "\n## ");
		assert_has(section, *key->default_text ? "\n| `%s` | `%s` |" : "\n| `%s` |%s |",
			key->name, key->default_text);
		free(section);
	}
	free(text);
}

/* A key's entry begins with its item, and its first "Default:" is its own. */
static void assert_man_entry(const char *section, size_t index)
{
	const struct config_key *key = &config_keys[index], *next = key + 1;
	char item[64], *entry;

	assert_true(text_format(item, sizeof(item), "\n.It Cm %s Ns = Ns ", key->name));
	entry = cut_section(section, item, "\n.Sh ");
	if (index + 1 < config_key_count && !strcmp(next->section, key->section)) {
		char *own;

		assert_true(text_format(item, sizeof(item), "\n.It Cm %s Ns = Ns ", next->name));
		assert_non_null(strstr(entry, item));
		own = strndup(entry, (size_t)(strstr(entry, item) - entry));
		free(entry);
		entry = own;
	}
	if (*key->default_text)
		assert_has(entry, "\nDefault:\n.Dq %s .", key->default_text);
	else
		assert_has(entry, "\nDefault: the ");
	free(entry);
}

static void test_config_man_page_has_every_key_with_its_default(void **state)
{
	char *text = read_document(SOURCE_DIR "/docs/man/imgtank.conf.5");

	(void)state;
	for (size_t i = 0; i < config_key_count; i++) {
		char upper[32], heading[64], *section;

		assert_true(text_format(upper, sizeof(upper), "%s", config_keys[i].section));
		for (char *c = upper; *c; c++)
			if (*c >= 'a' && *c <= 'z')
				*c = (char)(*c - 'a' + 'A');
		assert_true(
			text_format(heading, sizeof(heading), "\n.Sh THE [%s] SECTION\n", upper));
		section = cut_section(text, heading, "\n.Sh ");
		assert_man_entry(section, i);
		free(section);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_default_file_offers_every_key_with_its_default),
		cmocka_unit_test(test_config_default_file_changes_nothing_as_it_is),
		cmocka_unit_test(test_config_default_file_uncommented_sets_the_defaults),
		cmocka_unit_test(test_config_manual_has_every_key_with_its_default),
		cmocka_unit_test(test_config_man_page_has_every_key_with_its_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
