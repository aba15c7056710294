/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <string.h>

#include "core/probe/dates.h"

struct parse_case {
	const char *text;
	const char *time; /* NULL: is no date */
	const char *subsec;
	const char *utc_offset;
};

static void test_stamp_parse_reads_every_form(void **state)
{
	static const struct parse_case cases[] = {
		{"2008:05:30 15:56:01", "2008-05-30T15:56:01", "", ""},
		{"2008-05-30T15:56:01", "2008-05-30T15:56:01", "", ""},
		{"2008:05:30 15:56:01.25", "2008-05-30T15:56:01", "25", ""},
		{"2008-05-30T15:56:01.007+02:00", "2008-05-30T15:56:01", "007", "+02:00"},
		{"2008-05-30T15:56:01Z", "2008-05-30T15:56:01", "", "+00:00"},
		{"2008:05:30 15:56:01-0730", "2008-05-30T15:56:01", "", "-07:30"},
		{"2008-05-30T15:56Z", "2008-05-30T15:56:00", "", "+00:00"},
		{"2008:02:15 16:00", "2008-02-15T16:00:00", "", ""},
		{"2004/05/09 16:00:21", "2004-05-09T16:00:21", "", ""},
		{"2004: 5: 9  6: 0: 1", "2004-05-09T06:00:01", "", ""},
		{"2001/ 1/27  1:42PM", "2001-01-27T13:42:00", "", ""},
		{"2001/ 1/27 12:42AM", "2001-01-27T00:42:00", "", ""},
		{"2005/11/28/ 09:19", "2005-11-28T09:19:00", "", ""},
		{"2002-12-16  15:35:01", "2002-12-16T15:35:01", "", ""},
		{"1998:10:24:12:08:57", "1998-10-24T12:08:57", "", ""},
		{"20190424T222400", "2019-04-24T22:24:00", "", ""},
		{"20190424222400", "2019-04-24T22:24:00", "", ""},
		{"20190424", "2019-04-24T00:00:00", "", ""},
		{"2019-04-24", "2019-04-24T00:00:00", "", ""},
		{"2000:02:29 00:00:00", "2000-02-29T00:00:00", "", ""},
		{"2009:01:01   :  :  ", "2009-01-01T00:00:00", "", ""},
		{"0000:00:00 00:00:00", NULL, NULL, NULL},
		{"    :  :     :  :  ", NULL, NULL, NULL},
		{"1900:02:29 00:00:00", NULL, NULL, NULL},
		{"2021:02:29 10:00:00", NULL, NULL, NULL},
		{"2021:13:01 10:00:00", NULL, NULL, NULL},
		{"2021:04:31 10:00:00", NULL, NULL, NULL},
		{"2021:04:30 24:00:00", NULL, NULL, NULL},
		{"2021:04:30 10:60:00", NULL, NULL, NULL},
		{"2021:04:30 10:00:60", NULL, NULL, NULL},
		{"2004:5:9 6:0:1", "2004-05-09T06:00:01", "", ""},
		{"2008:05:2", NULL, NULL, NULL},
		{"2020:02:05 10:3?:51", NULL, NULL, NULL},
		{"2011:10:02 12:01:3:", NULL, NULL, NULL},
		{"2005:09:07415:07:40:07:00", NULL, NULL, NULL},
		{"05.10.2009 11:16", NULL, NULL, NULL},
		{"00000000Nikon", NULL, NULL, NULL},
		{"2021:04", NULL, NULL, NULL},
		{"", NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct parse_case *c = &cases[i];
		struct stamp stamp = {0};
		bool is_date = stamp_parse(c->text, strlen(c->text), &stamp);

		if (is_date != (c->time != NULL))
			fail_msg("\"%s\" %s", c->text, is_date ? "was read" : "was not read");
		if (!is_date)
			continue;
		assert_string_equal(stamp.time, c->time);
		assert_string_equal(stamp.subsec, c->subsec);
		assert_string_equal(stamp.utc_offset, c->utc_offset);
	}
}

static void test_stamp_parse_stops_at_the_end_of_its_bytes(void **state)
{
	struct stamp stamp = {0};

	(void)state;

	assert_true(stamp_parse("2008:05:30 15:56:0199", 19, &stamp));
	assert_string_equal(stamp.time, "2008-05-30T15:56:01");
	assert_true(stamp_parse("2008:05:30\0 15:56:01", 20, &stamp));
	assert_string_equal(stamp.time, "2008-05-30T00:00:00");
}

static void test_stamp_from_unix_knows_the_calendar(void **state)
{
	static const struct {
		int64_t seconds;
		const char *time;
	} cases[] = {
		{0, "1970-01-01T00:00:00"},
		{-1, "1969-12-31T23:59:59"},
		{951782399, "2000-02-28T23:59:59"},
		{951782400, "2000-02-29T00:00:00"},
		{4107542400, "2100-03-01T00:00:00"},
		{1068485966, "2003-11-10T17:39:26"},
		{253402300799, "9999-12-31T23:59:59"},
		{-62135596800, "0001-01-01T00:00:00"},
	};
	struct stamp stamp;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(stamp_from_unix(cases[i].seconds, &stamp));
		assert_string_equal(stamp.time, cases[i].time);
	}
	assert_false(stamp_from_unix(253402300800, &stamp));
	assert_false(stamp_from_unix(-62135596801, &stamp));
	assert_false(stamp_from_unix(INT64_MAX, &stamp));
	assert_false(stamp_from_unix(INT64_MIN, &stamp));
}

static void offer(struct dates *dates, enum date_role role, enum date_rank rank, const char *text)
{
	struct stamp stamp = {0};

	assert_true(stamp_parse(text, strlen(text), &stamp));
	dates_offer(dates, role, rank, MEDIA_DATE_CONTAINER, &stamp);
}

static void test_dates_original_wins_over_better_ranked_roles(void **state)
{
	struct media_facts facts = {0};
	struct dates dates = {0};

	(void)state;

	offer(&dates, DATE_ROLE_DIGITIZED, DATE_RANK_EXIF, "2002:02:02 02:02:02");
	offer(&dates, DATE_ROLE_ORIGINAL, DATE_RANK_XMP, "2001:01:01 01:01:01");
	dates_choose(&dates, &facts);

	assert_string_equal(facts.capture_time, "2001-01-01T01:01:01");
}

static void test_dates_rank_then_order_decides_within_a_role(void **state)
{
	struct media_facts facts = {0};
	struct dates dates = {0};

	(void)state;

	offer(&dates, DATE_ROLE_ORIGINAL, DATE_RANK_EXIF, "2001:01:01 01:01:01");
	offer(&dates, DATE_ROLE_ORIGINAL, DATE_RANK_EXIF, "2002:02:02 02:02:02");
	offer(&dates, DATE_ROLE_ORIGINAL, DATE_RANK_XMP, "2003:03:03 03:03:03");
	dates_choose(&dates, &facts);

	assert_string_equal(facts.capture_time, "2002-02-02T02:02:02");
}

static void test_dates_local_time_goes_beside_utc_only(void **state)
{
	struct media_facts facts = {0};
	struct dates dates = {0};
	struct stamp utc = {0};

	(void)state;

	assert_true(stamp_parse("2019-02-12T15:27:12+08:00", 25, &dates.local));
	assert_true(stamp_parse("2019-02-12T07:27:12Z", 20, &utc));
	dates_offer(
		&dates, DATE_ROLE_DIGITIZED, DATE_RANK_CONTAINER, MEDIA_DATE_QUICKTIME_UTC, &utc);
	dates_choose(&dates, &facts);
	assert_string_equal(facts.capture_time, "2019-02-12T07:27:12");
	assert_string_equal(facts.local_time, "2019-02-12T15:27:12");
	assert_string_equal(facts.utc_offset, "+08:00");

	memset(&facts, 0, sizeof(facts));
	offer(&dates, DATE_ROLE_ORIGINAL, DATE_RANK_EXIF, "2019:02:12 15:27:11");
	dates_choose(&dates, &facts);
	assert_string_equal(facts.capture_time, "2019-02-12T15:27:11");
	assert_string_equal(facts.local_time, "");
	assert_string_equal(facts.utc_offset, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stamp_parse_reads_every_form),
		cmocka_unit_test(test_stamp_parse_stops_at_the_end_of_its_bytes),
		cmocka_unit_test(test_stamp_from_unix_knows_the_calendar),
		cmocka_unit_test(test_dates_original_wins_over_better_ranked_roles),
		cmocka_unit_test(test_dates_rank_then_order_decides_within_a_role),
		cmocka_unit_test(test_dates_local_time_goes_beside_utc_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
