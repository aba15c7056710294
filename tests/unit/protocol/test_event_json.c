/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/protocol/event_json.h"

static int decode(const char *line, struct event_json **event)
{
	return event_json_decode(line, strlen(line), event);
}

static const struct import_counts counts = {
	.files_selected = 12,
	.files_known = 3,
	.files_same_content = 1,
	.files_copied = 8,
	.files_verified = 7,
	.files_failed = 1,
	.files_left_out = 5,
	.folders_failed = 2,
	.bytes_selected = 120,
	.bytes_known = 30,
	.bytes_copied = 80,
	.bytes_verified = 70,
	.bytes_to_verify = 90,
	.bytes_failed = 10,
};

static struct event full_event(enum event_type type)
{
	return (struct event){
		.type = type,
		.seq = 4711,
		.time_usec = 1234567890123,
		.card = "uuid-1234",
		.label = "EOS_DIGITAL",
		.state = CARD_VERIFYING,
		.counts = &counts,
		.file = "DCIM/100/\\x1b \"quoted\" \xc3\xa9.JPG",
		.tank_path = "images/20260531/pimg_0001.jpg",
		.reason = "system",
		.size_bytes = 5000000000,
		.hash = "0123456789abcdef0123456789abcdef",
		.capture_time = "2026-05-31T12:00:00",
		.date_source = "exif",
		.is_guess = true,
		.camera = "Canon EOS R6",
		.fault = FAULT_VERIFY_MISMATCH,
		.error = -EIO,
		.bytes_missing = 17,
		.rate_bytes_per_s = 16000000,
		.eta_s = 99,
		.verdict = VERDICT_INCOMPLETE,
	};
}

static void test_event_every_kind_is_read_back_as_written(void **state)
{
	(void)state;
	for (int i = 0; i < EVENTS_COUNT; i++) {
		const struct event event = full_event((enum event_type)i);
		CLEANUP(freep) char *line = event_json_encode(&event);
		CLEANUP(freep) char *again = NULL;
		struct event_json *back;

		assert_non_null(line);
		assert_int_equal(decode(line, &back), 0);
		assert_int_equal(back->event.type, event.type);
		again = event_json_encode(&back->event);
		assert_string_equal(again, line);
		event_json_free(back);
	}
}

static void test_event_fields_arrive_where_they_belong(void **state)
{
	const struct event event = full_event(EVENT_FILE_COPIED);
	CLEANUP(freep) char *line = event_json_encode(&event);
	struct event_json *back;

	(void)state;
	assert_int_equal(decode(line, &back), 0);
	assert_true(back->event.seq == event.seq);
	assert_true(back->event.time_usec == event.time_usec);
	assert_string_equal(back->event.card, event.card);
	assert_string_equal(back->event.label, event.label);
	assert_string_equal(back->event.file, event.file);
	assert_string_equal(back->event.tank_path, event.tank_path);
	assert_true(back->event.size_bytes == event.size_bytes);
	assert_string_equal(back->event.camera, event.camera);
	assert_true(back->event.is_guess);
	assert_int_equal(back->event.fault, FAULT_NONE);
	event_json_free(back);
}

static void test_event_an_unknown_eta_stays_unknown(void **state)
{
	struct event event = full_event(EVENT_CARD_PROGRESS);
	CLEANUP(freep) char *line = NULL;
	struct event_json *back;

	(void)state;
	event.eta_s = EVENT_ETA_UNKNOWN;
	line = event_json_encode(&event);
	assert_int_equal(decode(line, &back), 0);
	assert_true(back->event.eta_s == EVENT_ETA_UNKNOWN);
	assert_memory_equal(&back->counts, &counts, sizeof(counts));
	event_json_free(back);
}

static void test_event_what_a_worker_must_not_send_is_refused(void **state)
{
	static const struct {
		const char *line;
		int result;
	} cases[] = {
		{"", -EBADMSG},
		{"{}", -EBADMSG},
		{"{\"event\":\"hello\"}", -ENOMSG},
		{"{\"event\":\"card-state\"}", -EBADMSG},
		{"{\"event\":\"card-state\",\"state\":\"flying\"}", -EBADMSG},
		{"{\"event\":\"card-done\",\"state\":\"done\"}", -EBADMSG},
		{"{\"event\":\"card-done\",\"verdict\":\"fine\"}", -EBADMSG},
		{"{\"event\":\"card-scanned\",\"files_selected\":-1}", -EBADMSG},
		{"{\"event\":\"card-scanned\",\"files_selected\":4294967296}", -EBADMSG},
		{"{\"event\":\"file-failed\",\"file\":\"a\\u0007\"}", -EBADMSG},
		{"{\"event\":\"file-failed\",\"file\":[]}", -EBADMSG},
		{"{\"event\":\"file-failed\",\"fault\":1}", -EBADMSG},
		{"{\"event\":\"file-copied\",\"date_is_guess\":\"no\"}", -EBADMSG},
		{"{\"event\":\"file-copied\",\"seq\":1.0}", -EBADMSG},
		{"{\"event\":\"notice\",\"x\":[[[[[[[[1]]]]]]]]}", -EMSGSIZE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event_json *event = NULL;
		int r = decode(cases[i].line, &event);

		if (r != cases[i].result)
			fail_msg("%s: %d", cases[i].line, r);
	}
}

static void test_event_a_fault_of_a_newer_worker_is_still_a_fault(void **state)
{
	struct event_json *event;

	(void)state;
	assert_int_equal(
		decode("{\"event\":\"file-failed\",\"file\":\"a\",\"fault\":\"new-one\"}", &event),
		0);
	assert_int_equal(event->event.fault, FAULT_INTERNAL);
	event_json_free(event);
}

static void test_event_a_line_is_bounded(void **state)
{
	CLEANUP(freep) char *line = malloc(EVENT_LINE_BYTES_MAX + 1);
	struct event_json *event;

	(void)state;
	memset(line, ' ', EVENT_LINE_BYTES_MAX + 1);
	memcpy(line, "{\"event\":\"notice\"}", 18);
	assert_int_equal(event_json_decode(line, EVENT_LINE_BYTES_MAX, &event), 0);
	event_json_free(event);
	assert_int_equal(event_json_decode(line, EVENT_LINE_BYTES_MAX + 1, &event), -EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event_every_kind_is_read_back_as_written),
		cmocka_unit_test(test_event_fields_arrive_where_they_belong),
		cmocka_unit_test(test_event_an_unknown_eta_stays_unknown),
		cmocka_unit_test(test_event_what_a_worker_must_not_send_is_refused),
		cmocka_unit_test(test_event_a_fault_of_a_newer_worker_is_still_a_fault),
		cmocka_unit_test(test_event_a_line_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
