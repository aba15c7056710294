/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "core/naming/group.h"
#include "core/naming/name.h"

#define TIME "2024-05-12T08:09:10"

static struct name_input input_for(enum naming naming, const char *name, size_t tail_offset)
{
	return (struct name_input){.naming = naming,
		.prefix = "pimg_",
		.name = name,
		.tail_offset = tail_offset,
		.time = TIME,
		.make = "Canon",
		.model = "Canon EOS R5",
		.card_label = "EOS_DIGITAL",
		.sequence = 7};
}

static size_t tail_of(const char *name)
{
	struct group_slot slot;

	assert_int_equal(group_folder(&name, 1, &slot), 0);
	return slot.tail_offset;
}

static struct name_template *parse(const char *text)
{
	struct name_template *template = NULL;
	char why[300];

	if (name_template_parse(&template, text, why, sizeof(why)) < 0)
		fail_msg("%s: %s", text, why);
	return template;
}

static void assert_name(struct name_input input, const char *expected)
{
	char path[NAME_PATH_BYTES_MAX];

	assert_int_equal(name_build(&input, path, sizeof(path)), 0);
	assert_string_equal(path, expected);
}

static void test_name_unique_counts_and_lowers_the_tail(void **state)
{
	static const struct {
		const char *name;
		uint64_t sequence;
		const char *path;
	} cases[] = {
		{"IMG_1234.JPG", 1, "20240512/pimg_0001.jpg"},
		{"IMG_1234.CR2.XMP", 1, "20240512/pimg_0001.cr2.xmp"},
		{"C0001M01.XML", 23, "20240512/pimg_0023m01.xml"},
		{"noext", 12345, "20240512/pimg_12345"},
		{"IMG_1234.", 2, "20240512/pimg_0002"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct name_input input =
			input_for(NAMING_UNIQUE, cases[i].name, tail_of(cases[i].name));

		input.sequence = cases[i].sequence;
		assert_name(input, cases[i].path);
	}
}

static void test_name_unique_has_no_second_attempt(void **state)
{
	struct name_input input = input_for(NAMING_UNIQUE, "a.jpg", 1);
	char path[64];

	(void)state;
	input.attempt = 1;
	assert_int_equal(name_build(&input, path, sizeof(path)), -EINVAL);
}

static void test_name_unique_prefix_never_costs_the_number(void **state)
{
	char prefix[300], path[NAME_PATH_BYTES_MAX];
	struct name_input input = input_for(NAMING_UNIQUE, "a.jpg", 1);

	(void)state;
	memset(prefix, 'p', sizeof(prefix) - 1);
	prefix[sizeof(prefix) - 1] = '\0';
	input.prefix = prefix;
	input.sequence = UINT64_MAX;
	assert_int_equal(name_build(&input, path, sizeof(path)), 0);
	assert_true(text_ends_with_nocase(path, "p18446744073709551615.jpg"));
	input.prefix = "../-";
	assert_name(input, "20240512/_._-18446744073709551615.jpg");
}

static void test_name_keep_stays_what_the_camera_wrote(void **state)
{
	static const struct {
		const char *name;
		uint32_t attempt;
		const char *path;
	} cases[] = {
		{"IMG_1234.JPG", 0, "20240512/IMG_1234.JPG"},
		{"IMG_1234.JPG", 1, "20240512/IMG_1234_2.JPG"},
		{"IMG_1234.CR2.xmp", 2, "20240512/IMG_1234_3.CR2.xmp"},
		{"C0001M01.XML", 1, "20240512/C0001_2M01.XML"},
		{"a.jpg", UINT32_MAX, "20240512/a_4294967296.jpg"},
		{"caf\xc3\xa9 am See.jpg", 0, "20240512/caf\xc3\xa9 am See.jpg"},
		{"-rf.jpg", 0, "20240512/_rf.jpg"},
		{"-rf", 0, "20240512/_rf"},
		{"..", 0, "20240512/__"},
		{".hidden.jpg", 0, "20240512/_hidden.jpg"},
		{"CON", 0, "20240512/_CON"},
		{"con.jpg", 0, "20240512/_con.jpg"},
		{"Lpt1 .jpg", 0, "20240512/Lpt1_.jpg"},
		{"nul.tar.jpg", 0, "20240512/_nul.tar.jpg"},
		{"COM\xc2\xb2.jpg", 0, "20240512/_COM\xc2\xb2.jpg"},
		{"CONSOLE.jpg", 0, "20240512/CONSOLE.jpg"},
		{"COM10.jpg", 0, "20240512/COM10.jpg"},
		{"a\nb\x1b[31m\x7f.jpg", 0, "20240512/a_b_[31m_.jpg"},
		{"a<>:\"|?*\\b.jpg", 0, "20240512/a________b.jpg"},
		{"bad\xff\xfe.jpg", 0, "20240512/bad__.jpg"},
		{"rtl\xe2\x80\xaegpj.exe", 0, "20240512/rtl_gpj.exe"},
		{"end. . ", 0, "20240512/end____"},
		{"photo .jpg", 0, "20240512/photo_.jpg"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct name_input input =
			input_for(NAMING_KEEP, cases[i].name, tail_of(cases[i].name));

		input.attempt = cases[i].attempt;
		assert_name(input, cases[i].path);
	}
}

static void test_name_without_a_date_is_filed_as_undated(void **state)
{
	struct name_input input = input_for(NAMING_KEEP, "a.jpg", 1);

	(void)state;
	input.time = "";
	assert_name(input, "undated/a.jpg");
	input.time = NULL;
	assert_name(input, "undated/a.jpg");
	input.time = "1900-02-29T00:00:00"; /* no leap year */
	assert_name(input, "undated/a.jpg");
	input.time = "2000-02-29T00:00:00";
	assert_name(input, "20000229/a.jpg");
	input.time = "20240512";
	input.naming = NAMING_UNIQUE;
	assert_name(input, "undated/pimg_0007.jpg");
	input.naming = NAMING_TEMPLATE;
	input.template = parse("%Y-%y-%m-%d %H%M%S %j/{stem}.{ext}");
	assert_name(input, "0000-00-00-00 000000 000/a.jpg");
	name_template_free((struct name_template *)(uintptr_t)input.template);
}

static void test_name_from_a_template(void **state)
{
	static const struct {
		const char *template, *name;
		uint32_t attempt;
		const char *path;
	} cases[] = {
		{"%Y/%Y-%m-%d/{camera}_{stem}_{seq:04}.{ext}", "IMG_1234.JPG", 0,
			"2024/2024-05-12/Canon-EOS-R5_IMG_1234_0007.jpg"},
		{"%y%m%d_%H%M%S_%j.{ext}", "a.JPG", 0, "240512_080910_133.jpg"},
		{"%y%m%d_%H%M%S.{ext}", "a.JPG", 2, "240512_080910_3.jpg"},
		{"{make}/{model}/{card}/{seq}{tail}", "a.CR2.xmp", 0,
			"Canon/Canon-EOS-R5/EOS_DIGITAL/7.cr2.xmp"},
		{"{stem}.{ext}", "a.CR2.xmp", 0, "a.cr2.xmp"},
		{"{stem}.{ext}", "C0001M01.XML", 1, "C0001_2m01.xml"},
		{"{stem}.{ext}", "noext", 0, "noext"},
		{"{ext}/{stem}.{ext}", "a.CR2.XMP", 0, "xmp/a.cr2.xmp"},
		{"{ext}/{stem}.{ext}", "noext", 0, "_/noext"},
		{"{{%%}}/{stem}.{ext}", "a.jpg", 0, "{%}/a.jpg"},
		{"x.{stem}/{stem}.{ext}", "con.jpg", 0, "x.con/_con.jpg"},
		{"{stem}/a.{ext}", "...", 0, "___/a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct name_input input =
			input_for(NAMING_TEMPLATE, cases[i].name, tail_of(cases[i].name));
		struct name_template *template = parse(cases[i].template);

		input.template = template;
		input.attempt = cases[i].attempt;
		assert_name(input, cases[i].path);
		name_template_free(template);
	}
}

static void test_name_of_a_camera_says_its_maker_once(void **state)
{
	static const struct {
		const char *make, *model, *path;
	} cases[] = {
		{"Canon", "Canon EOS R5", "Canon-EOS-R5.jpg"},
		{"NIKON CORPORATION", "NIKON D800", "NIKON-D800.jpg"},
		{"SONY", "ILCE-7M3", "SONY-ILCE-7M3.jpg"},
		{"", "DMC-G9", "DMC-G9.jpg"},
		{"Apple", "", "Apple.jpg"},
		{"", "", "unknown.jpg"},
		{NULL, NULL, "unknown.jpg"},
		{"  A  B ", "C/..\\x0a", "A-B-C_.._x0a.jpg"},
		{"Can", "Canon", "Can-Canon.jpg"},
	};
	struct name_template *template = parse("{camera}.{ext}");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct name_input input = input_for(NAMING_TEMPLATE, "a.jpg", 1);

		input.template = template;
		input.make = cases[i].make;
		input.model = cases[i].model;
		assert_name(input, cases[i].path);
	}
	name_template_free(template);
}

static void test_name_too_long_for_the_buffer_is_an_error(void **state)
{
	struct name_input input = input_for(NAMING_KEEP, "IMG_1234.JPG", 8);
	char path[sizeof("20240512/IMG_1234.JPG")];

	(void)state;
	assert_int_equal(name_build(&input, path, sizeof(path)), 0);
	assert_int_equal(name_build(&input, path, sizeof(path) - 1), -ENAMETOOLONG);
	assert_int_equal(name_build(&input, path, 3), -ENAMETOOLONG);
	assert_int_equal(name_build(&input, path, 0), -ENAMETOOLONG);
}

static void test_name_takes_any_place_for_the_tail(void **state)
{
	static const struct {
		const char *name;
		size_t tail_offset;
		const char *path;
	} cases[] = {
		{"\xc3\xa9.jpg", 1, "20240512/__.jpg"}, /* inside a character */
		{"abc.jpg", 0, "20240512/_abc.jpg"},
		{"abc.jpg", 999, "20240512/abc.jpg"},
		{"x0123456789012345678901234567890123456789.jpg", 1, "20240512/x.jpg"},
		{"x.0123456789012345678901234567890123456789", 1, "20240512/x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_name(
			input_for(NAMING_KEEP, cases[i].name, cases[i].tail_offset), cases[i].path);
}

/* The promises of name.h for one part, written down a second time on purpose. */
static const char *find_fault(const char *part)
{
	static const char *const devices[] = {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"};
	size_t length = strlen(part), base = strcspn(part, ".");

	if (length == 0 || length > NAME_PART_BYTES_MAX)
		return "length";
	if (part[0] == '-' || part[0] == '.')
		return "first character";
	if (part[length - 1] == '.' || part[length - 1] == ' ')
		return "last character";
	while (base && part[base - 1] == ' ')
		base--;
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (base == strlen(devices[i]) && !strncasecmp(part, devices[i], base))
			return "device";
	for (const char *s = part; *s;) {
		size_t bytes = text_utf8_length(s);
		unsigned char c = (unsigned char)*s;

		if (bytes == 0)
			return "UTF-8";
		if (c < 0x20 || c == 0x7f ||
			(bytes == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0))
			return "control character";
		if (strchr("<>:\"|?*\\/", c))
			return "forbidden character";
		s += bytes;
	}
	return NULL;
}

static void assert_path_is_sane(const char *path, const char *name)
{
	char copy[NAME_PATH_BYTES_MAX], *rest = copy, *part;
	char escaped[TEXT_ESCAPED_BYTES(255)];

	assert_true(path[0] != '/' && path[strlen(path) - 1] != '/');
	strcpy(copy, path);
	while ((part = strsep(&rest, "/"))) {
		const char *fault = find_fault(part);

		if (fault) {
			(void)text_escape(name, escaped, sizeof(escaped));
			fail_msg("%s of '%s', made of '%s'", fault, part, escaped);
		}
	}
}

static unsigned int seed = 20240512;

static size_t random_below(size_t bound)
{
	return (size_t)rand_r(&seed) % bound;
}

/* Any bytes, but the awkward ones more often than chance would have it. */
static void random_name(char *name, size_t length)
{
	static const char *const pieces[] = {"..", "-rf", "CON", "aux.", "COM1", "\n", "\x1b[", " ",
		".", "\xff", "\xc3\xa9", "\xf0\x9f\x93\xb7", "\xe2\x80\xae", "\xc2\x85", ".jpg",
		".CR2", "M01.XML", ":", "\\", "{stem}", "%Y", "GX010001", "_", "A"};
	size_t used = 0;

	while (used < length) {
		const char *piece = pieces[random_below(sizeof(pieces) / sizeof(pieces[0]))];
		size_t bytes = strlen(piece);

		if (random_below(2)) {
			name[used++] = (char)(1 + random_below(255));
		} else if (used + bytes <= length) {
			memcpy(name + used, piece, bytes);
			used += bytes;
		}
	}
	name[used] = '\0';
	for (char *s = name; *s; s++)
		if (*s == '/')
			*s = '_';
}

static void test_name_of_any_bytes_is_always_sane(void **state)
{
	struct name_template *templates[] = {parse("%Y/{camera}_{stem}_{seq:04}.{ext}"),
		parse("{stem}/{ext}/{card}/{stem}{tail}"), parse("{make}{model}/x{stem}.{ext}")};

	(void)state;
	for (int round = 0; round < 30000; round++) {
		char name[256], make[64], path[NAME_PATH_BYTES_MAX];
		size_t length = 1 + (round % 3 ? random_below(24) : random_below(255));
		struct name_input input = input_for((enum naming)(round % 3), name, 0);

		random_name(name, length);
		random_name(make, random_below(20));
		input.tail_offset = round % 2 ? tail_of(name) : random_below(300);
		input.make = input.card_label = make;
		input.prefix = round % 5 ? "pimg_" : make;
		input.template = templates[random_below(3)];
		input.attempt = input.naming == NAMING_UNIQUE ? 0 : (uint32_t)random_below(3);
		assert_int_equal(name_build(&input, path, sizeof(path)), 0);
		assert_path_is_sane(path, name);
	}
	for (size_t i = 0; i < 3; i++)
		name_template_free(templates[i]);
}

/* How far two paths are the same, ignoring case. */
static size_t common_bytes(const char *a, const char *b)
{
	size_t i = 0;

	while (a[i] && text_lower_char(a[i]) == text_lower_char(b[i]))
		i++;
	return i;
}

static void test_name_keeps_the_members_of_a_group_together_and_apart(void **state)
{
	static const char *const tails[] = {".CR2", ".CR2.xmp", ".JPG", ".WAV", ""};
	struct name_template *template = parse("{stem}.{ext}");

	(void)state;
	for (int round = 0; round < 6000; round++) {
		char stem[248], names[5][256], paths[5][NAME_PATH_BYTES_MAX];
		enum naming naming = (enum naming)(round % 3);

		random_name(stem, 1 + random_below(round % 2 ? 12 : 246));
		for (size_t i = 0; i < 5; i++) {
			struct name_input input = input_for(naming, names[i], strlen(stem));

			(void)snprintf(names[i], sizeof(names[i]), "%s%s", stem, tails[i]);
			input.template = template;
			input.attempt = naming == NAMING_UNIQUE ? 0 : (uint32_t)round % 2;
			assert_int_equal(name_build(&input, paths[i], sizeof(paths[i])), 0);
		}
		for (size_t i = 0; i < 4; i++) {
			size_t stem_bytes = strlen(paths[4]);

			if (common_bytes(paths[i], paths[4]) != stem_bytes)
				fail_msg("%s does not begin as %s", paths[i], paths[4]);
			assert_true(text_ends_with_nocase(paths[i], tails[i]));
			assert_int_equal(strlen(paths[i]), stem_bytes + strlen(tails[i]));
		}
	}
	name_template_free(template);
}

static void test_naming_words_go_both_ways(void **state)
{
	enum naming naming;

	(void)state;
	for (int i = NAMING_UNIQUE; i <= NAMING_TEMPLATE; i++) {
		assert_int_equal(naming_parse(naming_name((enum naming)i), &naming), 0);
		assert_int_equal(naming, i);
	}
	assert_int_equal(naming_parse("Unique", &naming), -EINVAL);
	assert_int_equal(naming_parse("", &naming), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name_unique_counts_and_lowers_the_tail),
		cmocka_unit_test(test_name_unique_has_no_second_attempt),
		cmocka_unit_test(test_name_unique_prefix_never_costs_the_number),
		cmocka_unit_test(test_name_keep_stays_what_the_camera_wrote),
		cmocka_unit_test(test_name_without_a_date_is_filed_as_undated),
		cmocka_unit_test(test_name_from_a_template),
		cmocka_unit_test(test_name_of_a_camera_says_its_maker_once),
		cmocka_unit_test(test_name_too_long_for_the_buffer_is_an_error),
		cmocka_unit_test(test_name_takes_any_place_for_the_tail),
		cmocka_unit_test(test_name_of_any_bytes_is_always_sane),
		cmocka_unit_test(test_name_keeps_the_members_of_a_group_together_and_apart),
		cmocka_unit_test(test_naming_words_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
