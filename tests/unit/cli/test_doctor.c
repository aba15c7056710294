/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the doctor says about facts that no test machine has.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/sandbox.h"
#include "core/cli/doctor.h"

static struct doctor_report report;

/* A tank in which all is well. */
static struct doctor_tank good(void)
{
	memset(&report, 0, sizeof(report));
	return (struct doctor_tank){.path = "/data",
		.available_bytes = UINT64_C(500000000000),
		.total_bytes = UINT64_C(1000000000000),
		.file_bytes_max = INT64_MAX,
		.mode = 040755,
		.wanted_owner = (uid_t)-1,
		.wanted_group = (gid_t)-1};
}

static void assert_only(const struct doctor_tank *tank, const char *word)
{
	doctor_judge_tank(tank, &report);
	assert_int_equal(report.count, 1);
	assert_string_equal(report.findings[0].word, word);
	assert_true(strlen(report.findings[0].remedy) > 0);
}

static void test_good_tank(void **state)
{
	struct doctor_tank tank = good();

	(void)state;
	doctor_judge_tank(&tank, &report);
	assert_int_equal(report.count, 0);
}

static void test_room(void **state)
{
	struct doctor_tank tank = good();

	(void)state;
	tank.available_bytes = UINT64_C(49000000000);
	assert_only(&tank, "tank-nearly-full");
	assert_non_null(strstr(report.findings[0].remedy, "49.0 GB"));
	tank = good();
	tank.available_bytes = UINT64_C(50000000000);
	doctor_judge_tank(&tank, &report);
	assert_int_equal(report.count, 0);
	tank.available_bytes = 0;
	assert_only(&tank, "tank-full");
}

static void test_disk(void **state)
{
	struct doctor_tank tank = good();

	(void)state;
	tank.is_read_only = true;
	assert_only(&tank, "tank-read-only");
	tank = good();
	tank.file_bytes_max = UINT32_MAX;
	assert_only(&tank, "tank-limited");
	tank = good();
	tank.read_back = TANK_READ_BACK_NEVER;
	assert_only(&tank, "tank-in-memory");
}

/* What is under an empty mount point says nothing about the tank. */
static void test_not_mounted_hides_the_rest(void **state)
{
	struct doctor_tank tank = good();

	(void)state;
	tank.is_not_mounted = true;
	tank.available_bytes = 0;
	tank.mode = 0;
	assert_only(&tank, "tank-not-mounted");
}

static void test_ledger(void **state)
{
	static const struct {
		int error;
		const char *word;
	} cases[] = {{-EBADMSG, "ledger-damaged"}, {-ENOENT, "ledger-lost"},
		{-EPROTONOSUPPORT, "tank-newer"}, {-EIO, "tank-failing"},
		{-EBUSY, "ledger-not-read"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct doctor_tank tank = good();

		tank.ledger_error = cases[i].error;
		assert_only(&tank, cases[i].word);
	}
}

/* Before the first import there is no ledger, and none is missed. */
static void test_new_tank(void **state)
{
	struct doctor_tank tank = good();

	(void)state;
	tank.error = -ENOENT;
	tank.fault = FAULT_TANK_MISSING;
	tank.is_new = true;
	doctor_judge_tank(&tank, &report);
	assert_int_equal(report.count, 0);
}

static void test_sandbox(void **state)
{
	(void)state;
	(void)good();
	doctor_judge_sandbox(SANDBOX_PARTS_ALL, &report);
	assert_int_equal(report.count, 0);
	doctor_judge_sandbox(SANDBOX_PARTS_ALL & ~(uint32_t)SANDBOX_LANDLOCK, &report);
	assert_int_equal(report.count, 1);
	assert_int_equal(report.findings[0].severity, DOCTOR_NOTE);
	doctor_judge_sandbox(SANDBOX_PARTS_ALL & ~(uint32_t)SANDBOX_SECCOMP, &report);
	assert_int_equal(report.count, 2);
	assert_int_equal(report.findings[1].severity, DOCTOR_WARNING);
}

static void test_report_is_bounded(void **state)
{
	(void)state;
	(void)good();
	for (int i = 0; i < DOCTOR_FINDINGS_MAX + 5; i++) {
		doctor_find(&report, DOCTOR_NOTE, "x", "a\nb", "What.", "Safe.", "Do %d.", i);
		doctor_looked(&report, "%d", i);
	}
	assert_int_equal(report.count, DOCTOR_FINDINGS_MAX);
	assert_string_equal(report.findings[0].about, "a\\x0ab");
	assert_string_equal(report.findings[3].remedy, "Do 3.");
}

static int blocked_fds[2];

static void never_ends(void *userdata)
{
	char byte;

	(void)userdata;
	while (read(blocked_fds[0], &byte, 1) < 0)
		continue;
}

static void counts(void *userdata)
{
	(*(int *)userdata)++;
}

/* A disk that hangs must not hang the doctor. */
static void test_patience_ends(void **state)
{
	int count = 0;

	(void)state;
	assert_true(doctor_run_within(10000, counts, &count));
	assert_int_equal(count, 1);
	assert_int_equal(pipe(blocked_fds), 0);
	assert_false(doctor_run_within(20, never_ends, NULL));
	(void)close(blocked_fds[1]);
}

static void test_reports_are_joined(void **state)
{
	static struct doctor_report more;

	(void)state;
	(void)good();
	doctor_find(&report, DOCTOR_NOTE, "one", "", "", "", "%s", "");
	doctor_find(&more, DOCTOR_NOTE, "two", "", "", "", "%s", "");
	doctor_looked(&more, "there");
	doctor_append(&report, &more);
	assert_int_equal(report.count, 2);
	assert_string_equal(report.findings[1].word, "two");
	assert_string_equal(report.looked[0], "there");
}

#define NOW_NS (INT64_C(1700000000) * 1000000000)

static void judge_drop(enum drop_why why, int64_t age_s)
{
	char path[] = "a\nb.jpg";
	struct drop_file file = {.path = path,
		.why = why,
		.mtime_ns = NOW_NS - 10 * age_s * 1000000000,
		.ctime_ns = NOW_NS - age_s * 1000000000};
	const struct drop_list list = {.files = &file, .count = 1};

	memset(&report, 0, sizeof(report));
	doctor_judge_drop("/drop", &list, NOW_NS, &report);
}

static void assert_drop(enum drop_why why, int64_t age_s, const char *word)
{
	judge_drop(why, age_s);
	assert_int_equal(report.count, 1);
	assert_string_equal(report.findings[0].word, word);
	assert_string_equal(report.findings[0].about, "/drop/a\\x0ab.jpg");
}

static void assert_no_drop(enum drop_why why, int64_t age_s)
{
	judge_drop(why, age_s);
	assert_int_equal(report.count, 0);
}

static void test_drop_that_waits_for_long(void **state)
{
	(void)state;
	assert_no_drop(DROP_RIPE, 599);
	assert_drop(DROP_RIPE, 600, "drop-waiting");
	assert_no_drop(DROP_OPEN, 3599);
	assert_drop(DROP_OPEN, 3600, "drop-waiting");
	assert_no_drop(DROP_UNFINISHED, 3599);
	assert_drop(DROP_UNFINISHED, 3600, "drop-stays");
	assert_drop(DROP_CUT, 0, "drop-stays");
	assert_no_drop(DROP_SYSTEM, 1000000);
	assert_no_drop(DROP_FOLDER, 1000000);
	assert_no_drop(DROP_RIPE, -1000000); /* from the future: the clock was wrong */
}

static void test_dropped_things_that_are_kept(void **state)
{
	(void)state;
	memset(&report, 0, sizeof(report));
	doctor_judge_kept("/drop.importing", 1, 3599, &report);
	doctor_judge_kept("/drop.importing", 0, 0, &report);
	assert_int_equal(report.count, 0);
	doctor_judge_kept("/drop.importing", 1, 3600, &report);
	assert_int_equal(report.count, 1);
	assert_string_equal(report.findings[0].word, "drop-kept");
}

#define NOW_S INT64_C(1700000000)
#define DAY_S INT64_C(86400)

/* One in which all is well. */
static struct doctor_certificate good_certificate(void)
{
	memset(&report, 0, sizeof(report));
	return (struct doctor_certificate){.certificate = "/a\nb.pem",
		.key = "/key.pem",
		.is_as_page = true,
		.is_pair = true,
		.begin_s = NOW_S,
		.end_s = NOW_S + 30 * DAY_S};
}

static void assert_certificate(
	const struct doctor_certificate *facts, enum doctor_severity severity, const char *word)
{
	doctor_judge_certificate(facts, NOW_S, &report);
	assert_int_equal(report.count, 1);
	assert_string_equal(report.findings[0].word, word);
	assert_int_equal(report.findings[0].severity, severity);
}

static void test_certificate_and_time(void **state)
{
	struct doctor_certificate facts = good_certificate();

	(void)state;
	doctor_judge_certificate(&facts, NOW_S, &report);
	assert_int_equal(report.count, 0);
	facts.end_s--;
	assert_certificate(&facts, DOCTOR_WARNING, "web-certificate-expires");
	facts = good_certificate();
	facts.end_s = NOW_S + 1;
	assert_certificate(&facts, DOCTOR_WARNING, "web-certificate-expires");
	facts = good_certificate();
	facts.end_s = NOW_S;
	assert_certificate(&facts, DOCTOR_ERROR, "web-certificate-expired");
	facts = good_certificate();
	facts.begin_s = NOW_S + 1;
	assert_certificate(&facts, DOCTOR_ERROR, "web-certificate-early");
	assert_non_null(strstr(report.findings[0].remedy, "'date'"));
}

static void test_remedy_is_of_who_made_the_certificate(void **state)
{
	struct doctor_certificate facts = good_certificate();

	(void)state;
	facts.end_s = NOW_S;
	assert_certificate(&facts, DOCTOR_ERROR, "web-certificate-expired");
	assert_non_null(strstr(report.findings[0].remedy, "restart imgtank-ui@web"));
	facts = good_certificate();
	facts.end_s = NOW_S;
	facts.command = "sudo imgtank setup web";
	assert_certificate(&facts, DOCTOR_ERROR, "web-certificate-expired");
	assert_string_equal(report.findings[0].remedy, "Run: sudo imgtank setup web");
}

static void test_certificate_that_cannot_be_read(void **state)
{
	struct doctor_certificate facts = good_certificate();

	(void)state;
	facts.certificate_error = -EACCES;
	assert_certificate(&facts, DOCTOR_ERROR, "web-certificate-unreadable");
	assert_string_equal(report.findings[0].about, "/a\\x0ab.pem");
	assert_non_null(
		strstr(report.findings[0].remedy, "chgrp imgtank-ui /a\\x0ab.pem; chmod 0640"));
	facts = good_certificate();
	facts.key_error = -ENOENT;
	assert_certificate(&facts, DOCTOR_ERROR, "web-certificate-unreadable");
	assert_string_equal(report.findings[0].about, "/key.pem");
	facts = good_certificate();
	facts.certificate_error = -EBADMSG;
	assert_certificate(&facts, DOCTOR_ERROR, "web-certificate-damaged");
	facts = good_certificate();
	facts.key_error = -EBADMSG;
	assert_certificate(&facts, DOCTOR_ERROR, "web-certificate-damaged");
	assert_string_equal(report.findings[0].about, "/key.pem");
	facts = good_certificate();
	facts.is_pair = false;
	assert_certificate(&facts, DOCTOR_ERROR, "web-certificate-no-pair");
}

/* That this user may not read the key is as it should be; that nobody can be asked says nothing. */
static void test_certificate_that_the_doctor_cannot_read(void **state)
{
	struct doctor_certificate facts = good_certificate();

	(void)state;
	facts.is_as_page = facts.is_pair = false;
	facts.key_error = -EACCES;
	doctor_judge_certificate(&facts, NOW_S, &report);
	assert_int_equal(report.count, 0);
	facts.end_s = NOW_S;
	assert_certificate(&facts, DOCTOR_ERROR, "web-certificate-expired");
	facts = good_certificate();
	facts.is_as_page = false;
	facts.certificate_error = -EACCES;
	assert_certificate(&facts, DOCTOR_NOTE, "web-certificate-not-checked");
	facts = good_certificate();
	facts.certificate_error = facts.key_error = -ENOEXEC;
	facts.end_s = 0;
	assert_certificate(&facts, DOCTOR_NOTE, "web-certificate-not-checked");
	assert_non_null(strstr(report.findings[0].remedy, "apt-get install openssl"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_tank),
		cmocka_unit_test(test_drop_that_waits_for_long),
		cmocka_unit_test(test_dropped_things_that_are_kept),
		cmocka_unit_test(test_certificate_and_time),
		cmocka_unit_test(test_remedy_is_of_who_made_the_certificate),
		cmocka_unit_test(test_certificate_that_cannot_be_read),
		cmocka_unit_test(test_certificate_that_the_doctor_cannot_read),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_disk),
		cmocka_unit_test(test_not_mounted_hides_the_rest),
		cmocka_unit_test(test_ledger),
		cmocka_unit_test(test_new_tank),
		cmocka_unit_test(test_sandbox),
		cmocka_unit_test(test_report_is_bounded),
		cmocka_unit_test(test_patience_ends),
		cmocka_unit_test(test_reports_are_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
