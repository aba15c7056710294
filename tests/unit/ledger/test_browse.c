/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/ledger/browse.h"
#include "tests/support/tree.h"

#define TANK_ID "0123456789abcdef0123456789abcdef"
#define NOBODY 65534

struct fixture {
	struct tree tree;
	struct ledger *ledger; /* NULL: nobody writes */
	int64_t card_id, import_id;
	struct browse *browse;
	struct browse_picture pictures[10];
};

static void open_ledger(struct fixture *fixture)
{
	const struct ledger_card card = {
		.identity = "volume:CAFE-1234", .label = "EOS", .fs_type = "vfat"};

	assert_int_equal(ledger_open(&fixture->ledger, fixture->tree.path, TANK_ID), 0);
	assert_int_equal(ledger_begin(fixture->ledger), 0);
	assert_int_equal(ledger_card(fixture->ledger, &card, &fixture->card_id), 0);
	assert_int_equal(
		ledger_import_begin(fixture->ledger, fixture->card_id, &fixture->import_id), 0);
	assert_int_equal(ledger_commit(fixture->ledger), 0);
}

static void close_ledger(struct fixture *fixture)
{
	ledger_close(fixture->ledger);
	fixture->ledger = NULL;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	tree_make(&fixture->tree);
	assert_int_equal(chmod(fixture->tree.path, 0755), 0);
	tree_write(&fixture->tree, ".imgtank/id", TANK_ID "\n", 33);
	assert_int_equal(browse_new(&fixture->browse, fixture->tree.path), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	browse_free(fixture->browse);
	ledger_close(fixture->ledger);
	tree_remove(&fixture->tree);
	free(fixture);
	return 0;
}

/* One picture, with a time, a camera and a name on its card made of number. */
static int64_t add(struct fixture *fixture, unsigned number, const char *time)
{
	const struct ledger_stamp stamp = {.size_bytes = number, .mtime_ns = 7};
	struct ledger_file file = {.size_bytes = number,
		.date_source = "exif-original",
		.make = "Canon",
		.sequence = number,
		.import_id = fixture->import_id};
	char source[64];

	memcpy(file.hash, &number, sizeof(number));
	(void)snprintf(file.capture_time, sizeof(file.capture_time), "%s", time);
	(void)snprintf(file.model, sizeof(file.model), "EOS R%u", number % 3);
	(void)snprintf(file.tank_path, sizeof(file.tank_path), "images/pimg_%06u.jpg", number);
	(void)snprintf(source, sizeof(source), "DCIM/IMG_%04u.JPG", number);
	assert_int_equal(ledger_add_file(fixture->ledger, &file), 0);
	assert_int_equal(ledger_set_durable(fixture->ledger, file.id, 1), 0);
	assert_int_equal(
		ledger_add_source(fixture->ledger, fixture->card_id, source, &stamp, file.id), 0);
	return file.id;
}

/* Three days: 2, 1 and 3 pictures. */
static void add_three_days(struct fixture *fixture)
{
	static const char *const times[] = {"2024-05-12T10:00:00", "2024-05-12T09:00:00",
		"2024-05-13T00:00:00", "2025-01-01T23:59:59", "2025-01-01T00:00:00",
		"2025-01-01T12:00:00"};

	open_ledger(fixture);
	assert_int_equal(ledger_begin(fixture->ledger), 0);
	for (unsigned i = 0; i < 6; i++)
		(void)add(fixture, i + 1, times[i]);
	assert_int_equal(ledger_commit(fixture->ledger), 0);
}

static void check_three_days(struct fixture *fixture)
{
	struct browse_day days[8];

	assert_int_equal(browse_days(fixture->browse, NULL, days, 8), 3);
	assert_string_equal(days[0].day, "2025-01-01");
	assert_int_equal(days[0].pictures_count, 3);
	assert_int_equal(days[0].bytes, 4 + 5 + 6);
	assert_string_equal(days[1].day, "2024-05-13");
	assert_string_equal(days[2].day, "2024-05-12");
	assert_int_equal(days[2].pictures_count, 2);
}

static void test_browse_lists_days_newest_first(void **state)
{
	struct fixture *fixture = *state;
	struct browse_day days[2];

	add_three_days(fixture);
	check_three_days(fixture);
	assert_int_equal(browse_days(fixture->browse, "2024-05-13", days, 2), 1);
	assert_string_equal(days[0].day, "2024-05-12");
	assert_int_equal(browse_days(fixture->browse, "2024-05-12", days, 2), 0);
	assert_int_equal(browse_days(fixture->browse, "", days, 2), 2);
}

static void test_browse_pages_through_a_day(void **state)
{
	struct fixture *fixture = *state;
	int64_t ids[4];
	struct browse_picture *pictures = fixture->pictures;

	add_three_days(fixture);
	assert_int_equal(browse_day(fixture->browse, "2025-01-01", 0, pictures, 2), 2);
	assert_string_equal(pictures[0].file.capture_time, "2025-01-01T00:00:00");
	assert_string_equal(pictures[1].file.capture_time, "2025-01-01T12:00:00");
	assert_string_equal(pictures[0].card, "EOS");
	assert_string_equal(pictures[0].source_path, "DCIM/IMG_0005.JPG");
	assert_int_equal(browse_day(fixture->browse, "2025-01-01", 2, pictures, 2), 1);
	assert_string_equal(pictures[0].file.capture_time, "2025-01-01T23:59:59");
	assert_int_equal(browse_day(fixture->browse, "2025-01-02", 0, pictures, 2), 0);
	assert_int_equal(browse_day_ids(fixture->browse, "2025-01-01", ids, 4), 3);
	assert_int_equal(ids[2], pictures[0].file.id);
	assert_int_equal(browse_day_ids(fixture->browse, "2025-01-01", ids, 2), 2);
	assert_int_equal(browse_day(fixture->browse, "' OR 1=1", 0, pictures, 2), 0);
}

static void test_browse_shows_only_what_is_complete(void **state)
{
	struct fixture *fixture = *state;
	struct browse_picture picture;
	struct browse_file file;
	struct browse_day days[8];
	int64_t id;

	add_three_days(fixture);
	id = add(fixture, 7, "2026-02-02T10:00:00");
	assert_int_equal(browse_picture(fixture->browse, id, &picture), 1);
	assert_int_equal(ledger_set_thumbnail(fixture->ledger, id, true), 0);
	assert_int_equal(browse_picture(fixture->browse, id, &picture), 1);
	assert_true(picture.has_thumbnail);
	assert_int_equal(browse_files(fixture->browse, id, &file, 1), 1);
	assert_true(file.has_thumbnail);
	assert_int_equal(file.id, id);
	assert_int_equal(file.size_bytes, 7);
	assert_memory_equal(file.hash, picture.file.hash, sizeof(file.hash));
	assert_string_equal(file.tank_path, picture.file.tank_path);
	assert_int_equal(ledger_set_state(fixture->ledger, id, LEDGER_DAMAGED), 0);
	assert_int_equal(browse_picture(fixture->browse, id, &picture), 0);
	if (browse_files(fixture->browse, id, &file, 1) > 0)
		assert_int_not_equal(file.id, id);
	assert_int_equal(browse_days(fixture->browse, NULL, days, 8), 3);
	assert_int_equal(ledger_set_state(fixture->ledger, id, LEDGER_PLACING), 0);
	assert_int_equal(browse_picture(fixture->browse, id, &picture), 0);
}

static void test_browse_reads_files_ahead(void **state)
{
	struct fixture *fixture = *state;
	struct browse_file files[4];
	int64_t id;

	add_three_days(fixture);
	id = add(fixture, 7, "2026-02-02T10:00:00");
	assert_int_equal(add(fixture, 8, "2026-02-02T10:00:02"), id + 1);
	assert_int_equal(add(fixture, 9, "2026-02-02T10:00:01"), id + 2);
	assert_int_equal(add(fixture, 10, "2026-02-01T10:00:01"), id + 3);
	assert_int_equal(browse_files(fixture->browse, id, files, 4), 3);
	assert_int_equal(files[0].id, id);
	assert_int_equal(files[1].id, id + 2);
	assert_int_equal(files[2].id, id + 1);
	assert_int_equal(browse_files(fixture->browse, id, files, 2), 2);
	assert_int_equal(ledger_set_state(fixture->ledger, id + 2, LEDGER_DAMAGED), 0);
	assert_int_equal(browse_files(fixture->browse, id, files, 4), 2);
	assert_int_equal(files[1].size_bytes, 8);
	assert_int_equal(browse_files(fixture->browse, id + 2, files, 4), 1);
	assert_int_equal(files[0].id, id + 1);
	assert_int_equal(browse_files(fixture->browse, id + 4, files, 4), 0);
	assert_int_equal(browse_files(fixture->browse, INT64_MAX, files, 4), 0);
}

static void test_browse_searches_by_all_that_is_known(void **state)
{
	struct fixture *fixture = *state;
	struct browse_picture *pictures = fixture->pictures;
	const struct {
		struct browse_filter filter;
		int count;
	} cases[] = {
		{{0}, 6},
		{{.from_day = "2024-05-13"}, 4},
		{{.to_day = "2024-05-13"}, 3},
		{{.from_day = "2024-05-13", .to_day = "2024-05-13"}, 1},
		{{.camera = "eos r1"}, 2},
		{{.camera = "canon"}, 6},
		{{.name = "img_0003"}, 1},
		{{.name = "000004.jpg"}, 1},
		{{.card = "eos"}, 6},
		{{.card = "nikon"}, 0},
		{{.name = "%"}, 0},
	};

	add_three_days(fixture);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct browse_cursor cursor = {0};
		bool is_end = false;

		assert_int_equal(browse_search(fixture->browse, &cases[i].filter, &cursor, pictures,
					 10, &is_end),
			cases[i].count);
		assert_true(is_end);
	}
}

static void test_browse_search_goes_on_where_it_ended(void **state)
{
	struct fixture *fixture = *state;
	const struct browse_filter all = {0};
	struct browse_cursor cursor = {0};
	struct browse_picture *pictures = fixture->pictures;
	bool is_end = true;

	add_three_days(fixture);
	assert_int_equal(browse_search(fixture->browse, &all, &cursor, pictures, 4, &is_end), 4);
	assert_false(is_end);
	assert_string_equal(pictures[0].file.capture_time, "2025-01-01T23:59:59");
	assert_string_equal(pictures[3].file.capture_time, "2024-05-13T00:00:00");
	assert_int_equal(browse_search(fixture->browse, &all, &cursor, pictures, 4, &is_end), 2);
	assert_true(is_end);
	assert_string_equal(pictures[1].file.capture_time, "2024-05-12T09:00:00");
}

/* One call looks at so many entries and no more. */
static void test_browse_search_is_bounded(void **state)
{
	struct fixture *fixture = *state;
	const struct browse_filter none = {.name = "nowhere"};
	struct browse_cursor cursor = {0};
	struct browse_picture *pictures = fixture->pictures;
	bool is_end = true;

	open_ledger(fixture);
	assert_int_equal(ledger_begin(fixture->ledger), 0);
	for (unsigned i = 0; i < BROWSE_SCAN_MAX + 5; i++)
		(void)add(fixture, i + 1, "2024-05-12T10:00:00");
	assert_int_equal(ledger_commit(fixture->ledger), 0);
	assert_int_equal(browse_search(fixture->browse, &none, &cursor, pictures, 4, &is_end), 0);
	assert_false(is_end);
	assert_int_equal(cursor.id, 6);
	assert_int_equal(browse_search(fixture->browse, &none, &cursor, pictures, 4, &is_end), 0);
	assert_true(is_end);
}

/* Of a tank of 200,000 it looks at no more than it must: by an index, and in the index's order. */
static void test_browse_never_goes_through_all(void **state)
{
	struct fixture *fixture = *state;
	const char *sql;
	char explain[2048], path[PATH_MAX];
	sqlite3 *db = NULL;
	size_t count = 0;

	add_three_days(fixture);
	(void)snprintf(path, sizeof(path), "%s/.imgtank/ledger.db", fixture->tree.path);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	for (; (sql = browse_query(count)) != NULL; count++) {
		sqlite3_stmt *stmt = NULL;

		(void)snprintf(explain, sizeof(explain), "EXPLAIN QUERY PLAN %s", sql);
		assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &stmt, NULL), SQLITE_OK);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			const char *plan = (const char *)sqlite3_column_text(stmt, 3);

			if (strstr(plan, "SCAN") || strstr(plan, "TEMP B-TREE"))
				fail_msg("%s: %s", sql, plan);
		}
		(void)sqlite3_finalize(stmt);
	}
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_true(count > 5);
}

static void test_browse_sees_what_is_written_meanwhile(void **state)
{
	struct fixture *fixture = *state;
	struct browse_day days[8];

	assert_int_equal(browse_days(fixture->browse, NULL, days, 8), -ENOENT);
	add_three_days(fixture);
	check_three_days(fixture);
	close_ledger(fixture);
	check_three_days(fixture);
	open_ledger(fixture);
	(void)add(fixture, 7, "2026-02-02T10:00:00");
	assert_int_equal(browse_days(fixture->browse, NULL, days, 8), 4);
	close_ledger(fixture);
	assert_int_equal(browse_days(fixture->browse, NULL, days, 8), 4);
}

/* As the web page does it: a user who may write nothing here, with and without a writer. */
static void test_browse_needs_no_right_to_write(void **state)
{
	struct fixture *fixture = *state;

	if (geteuid() != 0)
		skip();
	add_three_days(fixture);
	for (int round = 0; round < 2; round++) {
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (pid == 0) {
			struct browse_day days[8];

			if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
				_exit(2);
			_exit(browse_days(fixture->browse, NULL, days, 8) == 3 ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		close_ledger(fixture);
	}
}

/* Many write while it reads: whatever comes back is whole. */
static void test_browse_is_right_while_imports_come_and_go(void **state)
{
	struct fixture *fixture = *state;
	pid_t pid;
	int status, looks = 0;

	add_three_days(fixture);
	close_ledger(fixture);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		for (unsigned i = 0; i < 60; i++) {
			open_ledger(fixture);
			(void)add(fixture, 100 + i, "2024-05-13T00:00:00");
			close_ledger(fixture);
		}
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		struct browse_day days[8];
		int r = browse_days(fixture->browse, NULL, days, 8);

		if (r == -EAGAIN)
			continue;
		assert_int_equal(r, 3);
		assert_int_equal(days[0].pictures_count, 3);
		assert_int_equal(days[2].pictures_count, 2);
		looks++;
	}
	assert_int_equal(status, 0);
	assert_true(looks > 0);
}

static void test_browse_says_when_it_is_damaged(void **state)
{
	struct fixture *fixture = *state;
	struct browse_day days[8];

	tree_write(
		&fixture->tree, ".imgtank/ledger.db", "this is no database at all .........", 36);
	assert_int_equal(browse_days(fixture->browse, NULL, days, 8), -EBADMSG);
}

static void test_browse_knows_days(void **state)
{
	(void)state;
	assert_true(browse_is_day("2024-02-29"));
	assert_false(browse_is_day("2024-13-01"));
	assert_false(browse_is_day("2024-1-01"));
	assert_false(browse_is_day("2024-01-00"));
	assert_false(browse_is_day("../../../x"));
	assert_false(browse_is_day(""));
	assert_false(browse_is_day(NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_browse_lists_days_newest_first),
		TEST(test_browse_pages_through_a_day),
		TEST(test_browse_shows_only_what_is_complete),
		TEST(test_browse_reads_files_ahead),
		TEST(test_browse_searches_by_all_that_is_known),
		TEST(test_browse_search_goes_on_where_it_ended),
		TEST(test_browse_search_is_bounded),
		TEST(test_browse_never_goes_through_all),
		TEST(test_browse_sees_what_is_written_meanwhile),
		TEST(test_browse_needs_no_right_to_write),
		TEST(test_browse_is_right_while_imports_come_and_go),
		TEST(test_browse_says_when_it_is_damaged),
		cmocka_unit_test(test_browse_knows_days),
	};

	return cmocka_run_group_tests_name("browse", tests, NULL, NULL);
}
