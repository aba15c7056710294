/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdlib.h>

#include "ui-web/json_writer.h"
#include "ui-web/listen.h"
#include "ui-web/mime.h"
#include "ui-web/parse.h"

static void test_one_cookie_of_that_name_counts(void **state)
{
	char value[8];

	(void)state;
	assert_true(parse_cookie("a=1; imgtank=abc;b=2", "imgtank", value, sizeof(value)));
	assert_string_equal(value, "abc");
	assert_true(parse_cookie("imgtank=abcdefg", "imgtank", value, sizeof(value)));
	assert_false(parse_cookie("imgtank=abcdefgh", "imgtank", value, sizeof(value)));
	assert_false(parse_cookie("imgtank=", "imgtank", value, sizeof(value)));
	assert_false(parse_cookie("imgtank=a; imgtank=b", "imgtank", value, sizeof(value)));
	assert_false(parse_cookie("ximgtank=a", "imgtank", value, sizeof(value)));
	assert_false(parse_cookie("imgtank", "imgtank", value, sizeof(value)));
	assert_false(parse_cookie(NULL, "imgtank", value, sizeof(value)));
}

static void test_form_fields_are_unescaped(void **state)
{
	char value[12];

	(void)state;
	assert_true(parse_form("a=1&secret=a+b%2Bc%C3%A4&c=", "secret", value, sizeof(value)));
	assert_string_equal(value, "a b+cä");
	assert_false(parse_form("secret=%0", "secret", value, sizeof(value)));
	assert_false(parse_form("secret=%", "secret", value, sizeof(value)));
	assert_false(parse_form("secret=%zz", "secret", value, sizeof(value)));
	assert_false(parse_form("secret=a%00b", "secret", value, sizeof(value)));
	assert_false(parse_form("secret=123456789012", "secret", value, sizeof(value)));
	assert_true(parse_form("secret=12345678901", "secret", value, sizeof(value)));
	assert_false(parse_form("xsecret=1", "secret", value, sizeof(value)));
	assert_false(parse_form(NULL, "secret", value, sizeof(value)));
}

static void test_ranges(void **state)
{
	static const struct {
		const char *header;
		uint64_t size_bytes;
		enum range range;
		uint64_t first, last;
	} tests[] = {
		{NULL, 10, RANGE_NONE, 0, 0},
		{"lines=1-2", 10, RANGE_NONE, 0, 0},
		{"bytes=0-9", 10, RANGE_ONE, 0, 9},
		{"BYTES= 2-", 10, RANGE_ONE, 2, 9},
		{"bytes=9-100", 10, RANGE_ONE, 9, 9},
		{"bytes=-3", 10, RANGE_ONE, 7, 9},
		{"bytes=-30", 10, RANGE_ONE, 0, 9},
		{"bytes=10-", 10, RANGE_REFUSED, 0, 0},
		{"bytes=5-4", 10, RANGE_REFUSED, 0, 0},
		{"bytes=-0", 10, RANGE_REFUSED, 0, 0},
		{"bytes=0-1,3-4", 10, RANGE_REFUSED, 0, 0},
		{"bytes=", 10, RANGE_REFUSED, 0, 0},
		{"bytes=--1", 10, RANGE_REFUSED, 0, 0},
		{"bytes=0-0", 0, RANGE_REFUSED, 0, 0},
		{"bytes=-1", 0, RANGE_REFUSED, 0, 0},
		{"bytes=99999999999999999999-", 10, RANGE_REFUSED, 0, 0},
		{"bytes=4294967296-4294967297", UINT64_C(5000000000), RANGE_ONE,
			UINT64_C(4294967296), UINT64_C(4294967297)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		uint64_t first = 0, last = 0;

		assert_int_equal(parse_range(tests[i].header, tests[i].size_bytes, &first, &last),
			tests[i].range);
		if (tests[i].range == RANGE_ONE) {
			assert_int_equal(first, tests[i].first);
			assert_int_equal(last, tests[i].last);
		}
	}
}

static void test_entity_tags(void **state)
{
	(void)state;
	assert_true(parse_has_etag("\"a\"", "\"a\""));
	assert_true(parse_has_etag("\"b\", W/\"a\" ", "\"a\""));
	assert_true(parse_has_etag("*", "\"a\""));
	assert_false(parse_has_etag("\"ab\"", "\"a\""));
	assert_false(parse_has_etag("a", "\"a\""));
	assert_false(parse_has_etag("", "\"a\""));
	assert_false(parse_has_etag(NULL, "\"a\""));
}

static void test_ids(void **state)
{
	int64_t ids[3];

	(void)state;
	assert_int_equal(parse_ids("1,22,9223372036854775807", ids, 3), 3);
	assert_int_equal(ids[1], 22);
	assert_true(ids[2] == INT64_MAX);
	assert_int_equal(parse_ids("1,2,3,4", ids, 3), -E2BIG);
	assert_int_equal(parse_ids("", ids, 3), -EINVAL);
	assert_int_equal(parse_ids("1,", ids, 3), -EINVAL);
	assert_int_equal(parse_ids("0", ids, 3), -EINVAL);
	assert_int_equal(parse_ids("-1", ids, 3), -EINVAL);
	assert_int_equal(parse_ids("1 2", ids, 3), -EINVAL);
	assert_int_equal(parse_ids("9223372036854775808", ids, 3), -EINVAL);
}

static void test_only_our_own_page_may_change_things(void **state)
{
	(void)state;
	assert_true(parse_is_same_origin("same-origin", NULL, NULL));
	assert_true(parse_is_same_origin(NULL, "http://tank:8080", "tank:8080"));
	assert_true(parse_is_same_origin(NULL, "https://Tank", "tank"));
	assert_false(parse_is_same_origin("same-site", "http://tank", "tank"));
	assert_false(parse_is_same_origin("none", "http://tank", "tank"));
	assert_false(parse_is_same_origin(NULL, "http://tank.evil", "tank"));
	assert_false(parse_is_same_origin(NULL, "http://evil", "tank"));
	assert_false(parse_is_same_origin(NULL, "null", "tank"));
	assert_false(parse_is_same_origin(NULL, "null", "null"));
	assert_false(parse_is_same_origin(NULL, NULL, "tank"));
	assert_false(parse_is_same_origin(NULL, "http://", ""));
}

static void test_names_of_downloads_stay_in_their_quotes(void **state)
{
	char text[1100];

	(void)state;
	parse_disposition("IMG_1.JPG", text, sizeof(text));
	assert_string_equal(text, "attachment; filename=\"IMG_1.JPG\"; filename*=UTF-8''IMG_1.JPG");
	parse_disposition("a\"\r\nX: ä", text, sizeof(text));
	assert_string_equal(text,
		"attachment; filename=\"a___X____\"; filename*=UTF-8''a%22%0D%0AX%3A%20%C3%A4");
}

static void test_types_come_from_the_table(void **state)
{
	(void)state;
	assert_string_equal(mime_find("images/a/IMG.JPG")->type, "image/jpeg");
	assert_string_equal(mime_find("a.CR3")->kind, "raw");
	assert_false(mime_find("a.heic")->is_shown);
	assert_string_equal(mime_find("a.mov")->kind, "video");
	assert_string_equal(mime_find("a.html")->type, "application/octet-stream");
	assert_string_equal(mime_find("a.svg")->type, "application/octet-stream");
	assert_string_equal(mime_find("a.jpg.js")->type, "application/octet-stream");
	assert_string_equal(mime_find("")->kind, "other");
}

static void test_addresses_to_listen_on(void **state)
{
	char host[LISTEN_HOST_BYTES], port[6];

	(void)state;
	assert_true(listen_parse("[::]:8080", host, port));
	assert_string_equal(host, "::");
	assert_string_equal(port, "8080");
	assert_true(listen_parse("192.168.4.1:80", host, port));
	assert_string_equal(host, "192.168.4.1");
	assert_true(listen_parse("8080", host, port));
	assert_string_equal(host, "");
	assert_false(listen_parse("::1:80", host, port));
	assert_false(listen_parse(":80", host, port));
	assert_false(listen_parse("[::]:65536", host, port));
	assert_false(listen_parse("[::]", host, port));
	assert_false(listen_parse("", host, port));
}

static void test_json_is_written_whole(void **state)
{
	struct json_writer writer = {0};
	char *text;

	(void)state;
	json_writer_open(&writer, NULL, '{');
	json_writer_text(&writer, "a\"", "x\\y\"z");
	json_writer_open(&writer, "list", '[');
	json_writer_number(&writer, NULL, -5);
	json_writer_bool(&writer, NULL, true);
	json_writer_open(&writer, NULL, '{');
	json_writer_close(&writer, '}');
	json_writer_close(&writer, ']');
	json_writer_raw(&writer, "raw", "{\"b\":1}\n");
	json_writer_close(&writer, '}');
	text = json_writer_take(&writer);
	assert_string_equal(
		text, "{\"a\\\"\":\"x\\\\y\\\"z\",\"list\":[-5,true,{}],\"raw\":{\"b\":1}}");
	free(text);
	json_writer_finish(&writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_cookie_of_that_name_counts),
		cmocka_unit_test(test_form_fields_are_unescaped),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_entity_tags),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_only_our_own_page_may_change_things),
		cmocka_unit_test(test_names_of_downloads_stay_in_their_quotes),
		cmocka_unit_test(test_types_come_from_the_table),
		cmocka_unit_test(test_addresses_to_listen_on),
		cmocka_unit_test(test_json_is_written_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
