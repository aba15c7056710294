/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <stdlib.h>
#include <string.h>

#include "core/probe/probe.h"
#include "core/probe/probe_check.h"

#define FILE_BYTES 1000

static struct media_facts good_facts(void)
{
	return (struct media_facts){
		.type = "CR2",
		.capture_time = "2024-02-29T23:59:59",
		.local_time = "2024-03-01T00:59:59",
		.utc_offset = "+01:00",
		.subsec = "123456789",
		.make = "Caf\xc3\xa9 \\x1b",
		.model = "A\\\\B",
		.date_source = MEDIA_DATE_EXIF_ORIGINAL,
		.orientation = 8,
		.preview_count = 1,
		.previews = {{.offset = 900, .size_bytes = 100}},
	};
}

static void test_probe_check_takes_what_readers_say(void **state)
{
	struct media_facts facts = good_facts(), empty = {0};

	(void)state;
	assert_true(probe_facts_are_sane(&facts, FILE_BYTES));
	assert_true(probe_facts_are_sane(&empty, 0));
}

static void test_probe_check_refuses_texts_that_are_no_dates(void **state)
{
	static const char *const times[] = {"2023-02-29T00:00:00", "2024-13-01T00:00:00",
		"2024-00-01T00:00:00", "2024-01-00T00:00:00", "2024-01-01T24:00:00",
		"2024-01-01T00:60:00", "2024-01-01T00:00:60", "2024-01-01 00:00:00",
		"2024-01-01T00:00", "202x-01-01T00:00:00", "1900-02-29T00:00:00"};

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct media_facts facts = good_facts();

		(void)strcpy(facts.capture_time, times[i]);
		if (probe_facts_are_sane(&facts, FILE_BYTES))
			fail_msg("%s as capture_time", times[i]);
		facts = good_facts();
		(void)strcpy(facts.local_time, times[i]);
		if (probe_facts_are_sane(&facts, FILE_BYTES))
			fail_msg("%s as local_time", times[i]);
	}
}

#define ASSERT_REFUSED(change)                                                                     \
	do {                                                                                       \
		struct media_facts facts = good_facts();                                           \
		change;                                                                            \
		assert_false(probe_facts_are_sane(&facts, FILE_BYTES));                            \
	} while (0)

static void test_probe_check_refuses_texts_without_end(void **state)
{
	(void)state;
	ASSERT_REFUSED(memset(facts.type, 'A', sizeof(facts.type)));
	ASSERT_REFUSED(memset(facts.make, 'A', sizeof(facts.make)));
	ASSERT_REFUSED(memset(facts.model, 'A', sizeof(facts.model)));
	ASSERT_REFUSED(memset(facts.subsec, '1', sizeof(facts.subsec)));
	ASSERT_REFUSED(memset(facts.capture_time, '1', sizeof(facts.capture_time)));
	ASSERT_REFUSED(memset(facts.local_time, '1', sizeof(facts.local_time)));
	ASSERT_REFUSED(memset(facts.utc_offset, '1', sizeof(facts.utc_offset)));
}

static void test_probe_check_refuses_text_that_acts(void **state)
{
	(void)state;
	ASSERT_REFUSED(strcpy(facts.make, "\033[2J"));
	ASSERT_REFUSED(strcpy(facts.make, "bad \xff utf-8"));
	ASSERT_REFUSED(strcpy(facts.make, "half \\x1"));
	ASSERT_REFUSED(strcpy(facts.make, "needless \\x41"));
	ASSERT_REFUSED(strcpy(facts.model, "\xe2\x80\xae turned"));
	ASSERT_REFUSED(strcpy(facts.type, "jpeg/../"));
	ASSERT_REFUSED(strcpy(facts.subsec, "12a"));
	ASSERT_REFUSED(strcpy(facts.utc_offset, "+24:00"));
	ASSERT_REFUSED(strcpy(facts.utc_offset, "+01:60"));
	ASSERT_REFUSED(strcpy(facts.utc_offset, "01:000"));
	ASSERT_REFUSED(strcpy(facts.utc_offset, "Z"));
}

static void test_probe_check_refuses_numbers_out_of_bounds(void **state)
{
	(void)state;
	ASSERT_REFUSED(facts.orientation = 9);
	ASSERT_REFUSED(facts.is_adobe_rgb = 2);
	ASSERT_REFUSED(facts.date_source = MEDIA_DATE_SOURCES_COUNT);
	ASSERT_REFUSED(facts.preview_count = MEDIA_PREVIEWS_MAX + 1);
	ASSERT_REFUSED(facts.previews[0].size_bytes = 101);
	ASSERT_REFUSED(facts.previews[0].offset = UINT64_MAX);
}

static const struct probe_question question = {
	.serial = 7, .wish = PROBE_WISH_THUMBNAIL, .size_bytes = FILE_BYTES, .side_px = 256};

static struct probe_answer good_answer(void)
{
	return (struct probe_answer){.serial = 7,
		.facts = good_facts(),
		.width_px = 256,
		.height_px = 1,
		.size_bytes = PROBE_THUMBNAIL_BYTES_MAX,
		.source = PROBE_SOURCE_EMBEDDED};
}

#define ASSERT_ANSWER_REFUSED(change)                                                              \
	do {                                                                                       \
		struct probe_answer answer = good_answer();                                        \
		change;                                                                            \
		assert_false(probe_answer_is_sane(&answer, &question));                            \
	} while (0)

static void test_probe_check_refuses_answers_to_other_questions(void **state)
{
	struct probe_question facts_only = question;
	struct probe_answer good = good_answer();

	(void)state;
	assert_true(probe_answer_is_sane(&good, &question));
	facts_only.wish = PROBE_WISH_FACTS;
	assert_false(probe_answer_is_sane(&good, &facts_only));
	ASSERT_ANSWER_REFUSED(answer.serial = 6);
	ASSERT_ANSWER_REFUSED(answer.error = 5);
	ASSERT_ANSWER_REFUSED(answer.error = -5); /* and yet a thumbnail */
	ASSERT_ANSWER_REFUSED(answer.facts.orientation = 9);
}

static void test_probe_check_refuses_impossible_thumbnails(void **state)
{
	struct probe_answer none = {.serial = 7};

	(void)state;
	assert_true(probe_answer_is_sane(&none, &question));
	ASSERT_ANSWER_REFUSED(answer.size_bytes++);
	ASSERT_ANSWER_REFUSED(answer.width_px = 257);
	ASSERT_ANSWER_REFUSED(answer.width_px = 0);
	ASSERT_ANSWER_REFUSED(answer.height_px = 257);
	ASSERT_ANSWER_REFUSED(answer.height_px = 0);
	ASSERT_ANSWER_REFUSED(answer.source = PROBE_SOURCE_NONE);
	ASSERT_ANSWER_REFUSED(answer.source = PROBE_SOURCES_COUNT);
	ASSERT_ANSWER_REFUSED(answer.size_bytes = 0); /* and yet a size in pixels */
}

/* SOI, APP0 of 4 bytes, SOF0 of 2 x 3 pixels, SOS, EOI. */
static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 11, 8, 0, 3, 0, 2,
	1, 1, 0x11, 0, 0xff, 0xda, 0, 2, 0xff, 0xd9};

static void test_probe_check_knows_a_jpeg(void **state)
{
	uint8_t bytes[sizeof(jpeg)];

	(void)state;
	assert_true(probe_jpeg_is_sane(jpeg, sizeof(jpeg), 2, 3));
	assert_false(probe_jpeg_is_sane(jpeg, sizeof(jpeg), 3, 2));
	for (size_t size_bytes = 0; size_bytes < sizeof(jpeg); size_bytes++) {
		/* A copy of its own, so that a read behind the end is found. */
		uint8_t *cut = malloc(size_bytes + 1);

		memcpy(cut, jpeg, size_bytes);
		assert_false(probe_jpeg_is_sane(cut, size_bytes, 2, 3));
		free(cut);
	}
	memcpy(bytes, jpeg, sizeof(jpeg));
	bytes[0] = 0;
	assert_false(probe_jpeg_is_sane(bytes, sizeof(bytes), 2, 3));
	memcpy(bytes, jpeg, sizeof(jpeg));
	bytes[4] = 0xff; /* a segment that is longer than everything */
	assert_false(probe_jpeg_is_sane(bytes, sizeof(bytes), 2, 3));
	memcpy(bytes, jpeg, sizeof(jpeg));
	bytes[9] = 0xc2; /* progressive: no thumbnail of ours */
	assert_false(probe_jpeg_is_sane(bytes, sizeof(bytes), 2, 3));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe_check_takes_what_readers_say),
		cmocka_unit_test(test_probe_check_refuses_texts_that_are_no_dates),
		cmocka_unit_test(test_probe_check_refuses_texts_without_end),
		cmocka_unit_test(test_probe_check_refuses_text_that_acts),
		cmocka_unit_test(test_probe_check_refuses_numbers_out_of_bounds),
		cmocka_unit_test(test_probe_check_refuses_answers_to_other_questions),
		cmocka_unit_test(test_probe_check_refuses_impossible_thumbnails),
		cmocka_unit_test(test_probe_check_knows_a_jpeg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
