/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/config_priv.h"

/* Everything that the sink was told, one line each. */
struct record {
	char text[8192];
	size_t used;
};

static void on_setting(
	unsigned int line, const char *section, const char *key, const char *value, void *userdata)
{
	struct record *record = userdata;
	int n = snprintf(record->text + record->used, sizeof(record->text) - record->used,
		"%u [%s] %s=<%s>\n", line, section, key, value);

	assert_in_range(n, 1, sizeof(record->text) - record->used - 1);
	record->used += (size_t)n;
}

static void on_problem(unsigned int line, const char *why, void *userdata)
{
	struct record *record = userdata;
	int n = snprintf(record->text + record->used, sizeof(record->text) - record->used,
		"%u ! %s\n", line, why);

	assert_in_range(n, 1, sizeof(record->text) - record->used - 1);
	record->used += (size_t)n;
}

static const char *parse(const char *text, size_t size_bytes)
{
	static struct record record;
	struct file_sink sink = {on_setting, on_problem, &record};
	/* Exactly as long as it is, for the sanitizer to see one byte more being read. */
	char *copy = malloc(size_bytes ? size_bytes : 1);

	assert_non_null(copy);
	memcpy(copy, text, size_bytes);
	record.used = 0;
	record.text[0] = '\0';
	assert_int_equal(file_parse(copy, size_bytes, &sink), 0);
	free(copy);
	return record.text;
}

#define FORM "this is no [section], no 'key = value' and no '# comment'; it is not used"

static void test_config_file_is_read_as_systemd_reads_its_own(void **state)
{
	static const struct {
		const char *text, *result;
	} cases[] = {
		{"", ""},
		{"\n\n# comment\n; comment\n  # indented\n", ""},
		{"[tank]\npath=/data\n", "2 [tank] path=</data>\n"},
		{"[tank]\npath = /data", "2 [tank] path=</data>\n"},
		{"[tank]\r\npath\t=  /data \t\r\n", "2 [tank] path=</data>\n"},
		{"\xef\xbb\xbf[tank]\npath=/data\n", "2 [tank] path=</data>\n"},
		{"  [tank]\n\tpath=/a\n  owner=b\n", "2 [tank] path=</a>\n3 [tank] owner=<b>\n"},
		{"[a]\nk=v ; no comment\n", "2 [a] k=<v ; no comment>\n"},
		{"[a]\nk=v # no comment\n", "2 [a] k=<v # no comment>\n"},
		{"[a]\nk=a=b:c\n", "2 [a] k=<a=b:c>\n"},
		{"[a]\nk=\n", "2 [a] k=<>\n"},
		{"[a]\nk=\"v\"\n", "2 [a] k=<\"v\">\n"},
		{"[a=b]\nk=v\n", "2 [a=b] k=<v>\n"},
		{"k=v\n", "1 [] k=<v>\n"},
		{"[a] # x\nk=1\n[b]\nk=2\n[a]\nk=3\n", "2 [a] k=<1>\n4 [b] k=<2>\n6 [a] k=<3>\n"},
		{"[a]\n=v\n", "2 [a] =<v>\n"},
		{"[a]\nk=caf\xc3\xa9\n", "2 [a] k=<caf\xc3\xa9>\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(parse(cases[i].text, strlen(cases[i].text)), cases[i].result);
}

static void test_config_file_names_every_bad_line(void **state)
{
	static const struct {
		const char *text, *result;
	} cases[] = {
		{"[a]\nnonsense\nk=v\nmore\n", "2 ! " FORM "\n3 [a] k=<v>\n4 ! " FORM "\n"},
		{"[a]\n[b\nl=w\n[c]\nm=x\n",
			"2 ! this [section] has no ']'; nothing in it is used\n3 [X-] l=<w>\n"
			"5 [c] m=<x>\n"},
		{"[a]\nk: v\n",
			"2 ! this is written 'key = value', with the first '=' behind the key\n"},
		{"[a]\nk:l = v\n",
			"2 ! this is written 'key = value', with the first '=' behind the key\n"},
		{"[a]\nk=\xff\nl=1\n",
			"2 ! this line is not readable UTF-8 text; it is not used\n"
			"3 [a] l=<1>\n"},
		{"[a]\n[\xff]\nk=1\n",
			"2 ! this line is not readable UTF-8 text; it is not used\n3 [X-] k=<1>\n"},
		{"[a]\nk=\x1b[31m\n", "2 ! this line is not readable UTF-8 text; it is not used\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(parse(cases[i].text, strlen(cases[i].text)), cases[i].result);
}

static void test_config_file_does_not_end_at_a_zero_byte(void **state)
{
	static const char text[] = "[a]\nk=a\0b\nl=1\n";

	(void)state;
	assert_string_equal(parse(text, sizeof(text) - 1),
		"2 ! this line is not readable UTF-8 text; it is not used\n3 [a] l=<1>\n");
}

static void test_config_file_never_cuts_a_long_line(void **state)
{
	char text[CONFIG_VALUE_BYTES_MAX + 64], expected[CONFIG_VALUE_BYTES_MAX + 64];

	(void)state;
	(void)snprintf(text, sizeof(text), "[a]\n;%0300d\nk = %0*d\nl=1\n", 0,
		CONFIG_VALUE_BYTES_MAX / 2, 7);
	(void)snprintf(expected, sizeof(expected), "3 [a] k=<%0*d>\n4 [a] l=<1>\n",
		CONFIG_VALUE_BYTES_MAX / 2, 7);
	assert_string_equal(parse(text, strlen(text)), expected);

	(void)snprintf(text, sizeof(text), "[a]\nk = %0*d\nl=1\n", CONFIG_VALUE_BYTES_MAX + 1, 7);
	assert_string_equal(parse(text, strlen(text)),
		"2 ! no value is that long; the line is not used\n3 [a] l=<1>\n");

	(void)snprintf(text, sizeof(text), "[a]\n%0900d = 1\nl=1\n[%0900d]\nm=1\n", 7, 7);
	assert_string_equal(parse(text, strlen(text)),
		"2 ! no section and no key is that long; the line is not used\n3 [a] l=<1>\n"
		"4 ! no section and no key is that long; the line is not used\n5 [X-] m=<1>\n");
}

static void test_config_file_that_is_something_else_is_not_used(void **state)
{
	char text[1024] = "[tank]\npath=/elsewhere\n";

	(void)state;
	for (int i = 0; i <= CONFIG_SYNTAX_ERRORS_MAX; i++)
		strcat(text, "Dear Sir or Madam\n");
	assert_string_equal(parse(text, strlen(text)),
		"3 ! this is no configuration file; nothing of it is used\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_file_is_read_as_systemd_reads_its_own),
		cmocka_unit_test(test_config_file_names_every_bad_line),
		cmocka_unit_test(test_config_file_does_not_end_at_a_zero_byte),
		cmocka_unit_test(test_config_file_never_cuts_a_long_line),
		cmocka_unit_test(test_config_file_that_is_something_else_is_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
