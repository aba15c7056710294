/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <string.h>

#include "core/base/text.h"
#include "core/naming/name.h"

static void test_template_accepts_what_makes_valid_names(void **state)
{
	static const char *const good[] = {
		"%Y/%Y-%m-%d/{camera}_{stem}_{seq:04}.{ext}",
		"{stem}.{ext}",
		"{stem}{tail}",
		"%y%m%d-%H%M%S_%j.{ext}",
		"{card}/{make}/{model}/{seq}.{ext}",
		"{{{stem}}}.{ext}",
		"100%%_{stem}.{ext}",
		"{ext}/{stem}.{ext}",
		"caf\xc3\xa9/{stem}.{ext}",
		"{stem}.orig.{ext}",
		"a/b/c/d/e/f/{seq:09}{tail}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct name_template *template = NULL;
		char why[300] = "";

		if (name_template_parse(&template, good[i], why, sizeof(why)) < 0)
			fail_msg("%s: %s", good[i], why);
		assert_int_equal(
			name_template_uses_sequence(template), strstr(good[i], "{seq") ? 1 : 0);
		name_template_free(template);
	}
}

static void test_template_errors_say_what_and_where(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"", "at character 1: a template must end in .{ext} or {tail}"},
		{"{stem}", "at character 7: a template must end in .{ext} or {tail}"},
		{"{stem}{ext}", "at character 12: a template must end in .{ext} or {tail}"},
		{"{ext}", "at character 6: a template must end in .{ext} or {tail}"},
		{"{stem}.{ext}x", "at character 14: a template must end in .{ext} or {tail}"},
		{"{stem}{tail}x", "at character 13: nothing can follow {tail}"},
		{"{tail}/{stem}.{ext}", "at character 7: nothing can follow {tail}"},
		{"{stem}.{tail}", "at character 7: a name cannot end with '.'"},
		{"{stem}..{ext}", "at character 7: a name cannot end with '.'"},
		{"%Y/{tail}", "at character 4: a name is missing here"},
		{"%Y/.{ext}", "at character 4: a name is missing here"},
		{"/{stem}.{ext}", "at character 1: a name is missing here"},
		{"a//{stem}.{ext}", "at character 3: a name is missing here"},
		{"../{stem}.{ext}", "at character 1: a name cannot begin with '.'"},
		{"a/../{stem}.{ext}", "at character 3: a name cannot begin with '.'"},
		{"a/./{stem}.{ext}", "at character 3: a name cannot begin with '.'"},
		{".a/{stem}.{ext}", "at character 1: a name cannot begin with '.'"},
		{"-{stem}.{ext}", "at character 1: a name cannot begin with '-'"},
		{"a./{stem}.{ext}", "at character 2: a name cannot end with '.'"},
		{"a /{stem}.{ext}", "at character 2: a name cannot end with ' '"},
		{"{stem} .{ext}", "at character 7: a name cannot end with ' '"},
		{"caf\xc3\xa9 {stem",
			"at character 6: this '{' is never closed; write '{{' for the sign"},
		{"{stem{ext}", "at character 1: this '{' is never closed; write '{{' for the sign"},
		{"a}.{ext}", "at character 2: this '}' closes nothing; write '}}' for the sign"},
		{"a:{ext}", "at character 2: ':' cannot be part of a file's name"},
		{"a\\b.{ext}", "at character 2: '\\\\' cannot be part of a file's name"},
		{"a\n.{ext}", "at character 2: '\\x0a' cannot be part of a file's name"},
		{"a\xff.{ext}", "at character 2: '\\xff' cannot be part of a file's name"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct name_template *template = NULL;
		char why[300] = "";

		assert_int_equal(
			name_template_parse(&template, bad[i].text, why, sizeof(why)), -EINVAL);
		assert_null(template);
		assert_string_equal(why, bad[i].why);
	}
}

static void test_template_errors_name_what_is_known(void **state)
{
	static const char *const bad[] = {"{stam}.{ext}", "{seq:4}.{ext}", "{seq:00}.{ext}",
		"{seq:010}.{ext}", "{}.{ext}", "%q.{ext}", "a%", "%\xff"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct name_template *template = NULL;
		char why[300] = "";

		assert_int_equal(name_template_parse(&template, bad[i], why, sizeof(why)), -EINVAL);
		if (!strstr(why, "there is no '") || !strstr(why, "known are"))
			fail_msg("%s: %s", bad[i], why);
	}
}

static void test_template_length_has_a_bound(void **state)
{
	struct name_template *template = NULL;
	char text[NAME_TEMPLATE_BYTES_MAX + 2], why[100];

	(void)state;
	memset(text, 'a', sizeof(text));
	strcpy(text + NAME_TEMPLATE_BYTES_MAX - 5, ".{ext}");
	assert_int_equal(name_template_parse(&template, text, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "at character 257: a template has at most 256 bytes");
	strcpy(text + NAME_TEMPLATE_BYTES_MAX - 6, ".{ext}");
	assert_int_equal(name_template_parse(&template, text, why, sizeof(why)), 0);
	name_template_free(template);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_template_accepts_what_makes_valid_names),
		cmocka_unit_test(test_template_errors_say_what_and_where),
		cmocka_unit_test(test_template_errors_name_what_is_known),
		cmocka_unit_test(test_template_length_has_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
