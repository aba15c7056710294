/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/ledger/ledger.h"
#include "tests/support/tree.h"

#define TANK_ID "0123456789abcdef0123456789abcdef"
#define OTHER_ID "fedcba9876543210fedcba9876543210"

struct fixture {
	struct tree tree;
	struct ledger *ledger;
	int64_t card_id, import_id;
};

static int set_up(void **state)
{
	static const struct ledger_card card = {
		.identity = "volume:CAFE-1234", .label = "EOS", .fs_type = "vfat"};
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	tree_make(&fixture->tree);
	tree_write(&fixture->tree, ".imgtank/id", TANK_ID "\n", 33);
	assert_int_equal(ledger_open(&fixture->ledger, fixture->tree.path, TANK_ID), 0);
	assert_int_equal(ledger_begin(fixture->ledger), 0);
	assert_int_equal(ledger_card(fixture->ledger, &card, &fixture->card_id), 0);
	assert_int_equal(
		ledger_import_begin(fixture->ledger, fixture->card_id, &fixture->import_id), 0);
	assert_int_equal(ledger_commit(fixture->ledger), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	ledger_close(fixture->ledger);
	tree_remove(&fixture->tree);
	free(fixture);
	return 0;
}

static struct ledger_file sample_file(const struct fixture *fixture, unsigned number)
{
	struct ledger_file file = {.size_bytes = 1000 + number,
		.mtime_ns = -5,
		.capture_time = "2024-05-12T10:00:00",
		.date_source = "exif-original",
		.make = "Canon",
		.model = "EOS R5",
		.stem = "img_0001",
		.sequence = number,
		.import_id = fixture->import_id};

	memset(file.hash, (int)number, sizeof(file.hash));
	(void)snprintf(
		file.tank_path, sizeof(file.tank_path), "images/20240512/pimg_%04u.jpg", number);
	return file;
}

static void test_ledger_finds_what_it_was_given(void **state)
{
	struct fixture *fixture = *state;
	struct ledger_stamp stamp = {
		.size_bytes = 1001, .mtime_ns = 7, .ctime_ns = 8, .btime_ns = 9};
	struct ledger_file file = sample_file(fixture, 1), found;

	assert_int_equal(ledger_add_file(fixture->ledger, &file), 0);
	assert_int_equal(ledger_set_durable(fixture->ledger, file.id, 77), 0);
	assert_int_equal(ledger_add_source(fixture->ledger, fixture->card_id, "DCIM/a\\x0a.jpg",
				 &stamp, file.id),
		0);

	assert_int_equal(ledger_find_source(fixture->ledger, fixture->card_id, "DCIM/a\\x0a.jpg",
				 &stamp, &found),
		1);
	assert_int_equal(found.id, file.id);
	assert_int_equal(found.state, LEDGER_DURABLE);
	assert_int_equal(found.mtime_ns, 77);
	assert_string_equal(found.tank_path, file.tank_path);
	assert_string_equal(found.model, "EOS R5");
	assert_memory_equal(found.hash, file.hash, sizeof(file.hash));
	assert_int_equal(
		ledger_find_content(fixture->ledger, file.hash, file.size_bytes, &found), 1);
	assert_int_equal(ledger_find_partner(fixture->ledger, "img_0001", "2024-05-12T10:00:00",
				 "Canon", "EOS R5", &found),
		1);
	assert_int_equal(ledger_has_path(fixture->ledger, file.tank_path), 1);
}

static void test_ledger_any_other_stamp_is_another_file(void **state)
{
	struct fixture *fixture = *state;
	const struct ledger_stamp stamp = {
		.size_bytes = 1001, .mtime_ns = 7, .ctime_ns = 8, .btime_ns = 9};
	struct ledger_file file = sample_file(fixture, 1), found;

	assert_int_equal(ledger_add_file(fixture->ledger, &file), 0);
	assert_int_equal(
		ledger_add_source(fixture->ledger, fixture->card_id, "a.jpg", &stamp, file.id), 0);
	for (int field = 0; field < 4; field++) {
		struct ledger_stamp other = stamp;

		other.size_bytes += field == 0;
		other.mtime_ns += field == 1;
		other.ctime_ns += field == 2;
		other.btime_ns += field == 3;
		assert_int_equal(ledger_find_source(fixture->ledger, fixture->card_id, "a.jpg",
					 &other, &found),
			0);
	}
	assert_int_equal(
		ledger_find_source(fixture->ledger, fixture->card_id + 1, "a.jpg", &stamp, &found),
		0);
}

static void test_ledger_damaged_files_do_not_count_but_keep_their_names(void **state)
{
	struct fixture *fixture = *state;
	struct ledger_file file = sample_file(fixture, 1), again = file, found;

	assert_int_equal(ledger_add_file(fixture->ledger, &file), 0);
	assert_int_equal(ledger_set_state(fixture->ledger, file.id, LEDGER_DAMAGED), 0);

	assert_int_equal(
		ledger_find_content(fixture->ledger, file.hash, file.size_bytes, &found), 0);
	assert_int_equal(ledger_has_path(fixture->ledger, file.tank_path), 1);
	assert_int_equal(ledger_add_file(fixture->ledger, &again), -EEXIST);
}

static void test_ledger_sequence_is_never_reused(void **state)
{
	struct fixture *fixture = *state;
	uint64_t first, second, third;

	assert_int_equal(ledger_draw_sequence(fixture->ledger, 3, &first), 0);
	assert_int_equal(ledger_draw_sequence(fixture->ledger, 1, &second), 0);
	assert_int_equal(first, 1);
	assert_int_equal(second, 4);
	assert_int_equal(ledger_raise_sequence(fixture->ledger, 100), 0);
	assert_int_equal(ledger_raise_sequence(fixture->ledger, 50), 0);
	ledger_close(fixture->ledger);
	assert_int_equal(ledger_open(&fixture->ledger, fixture->tree.path, TANK_ID), 0);
	assert_int_equal(ledger_draw_sequence(fixture->ledger, 1, &third), 0);
	assert_int_equal(third, 101);
}

static void draw_in_child(const char *path, int out_fd)
{
	struct ledger *ledger = NULL;
	uint64_t number;

	if (ledger_open(&ledger, path, TANK_ID) < 0)
		_exit(1);
	for (int i = 0; i < 100; i++)
		if (ledger_draw_sequence(ledger, 1, &number) < 0 ||
			write(out_fd, &number, sizeof(number)) != (ssize_t)sizeof(number))
			_exit(2);
	ledger_close(ledger);
	_exit(0);
}

static void test_ledger_two_processes_never_draw_the_same_number(void **state)
{
	struct fixture *fixture = *state;
	bool is_seen[202] = {false};
	uint64_t number;
	int pipe_fds[2], status;

	assert_int_equal(pipe(pipe_fds), 0);
	for (int i = 0; i < 2; i++)
		if (fork() == 0)
			draw_in_child(fixture->tree.path, pipe_fds[1]);
	(void)close(pipe_fds[1]);
	while (read(pipe_fds[0], &number, sizeof(number)) == (ssize_t)sizeof(number)) {
		assert_in_range(number, 1, 200);
		assert_false(is_seen[number]);
		is_seen[number] = true;
	}
	(void)close(pipe_fds[0]);
	for (int i = 0; i < 2; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (int i = 1; i <= 200; i++)
		assert_true(is_seen[i]);
}

#define OPENERS 6
#define OPEN_ROUNDS 25

/* Waits for the start that is common to all, so that they meet in the making of the file. */
static void open_in_child(const char *path, int start_fd)
{
	struct ledger *ledger = NULL;
	char byte;

	if (read(start_fd, &byte, 1) != 0)
		_exit(1);
	if (ledger_open(&ledger, path, TANK_ID) < 0)
		_exit(2);
	ledger_close(ledger);
	_exit(0);
}

static void open_new_one_at_once(const char *path)
{
	int pipe_fds[2], status, failed = 0;

	assert_int_equal(pipe(pipe_fds), 0);
	for (int i = 0; i < OPENERS; i++) {
		if (fork() == 0) {
			(void)close(pipe_fds[1]);
			open_in_child(path, pipe_fds[0]);
		}
	}
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]); /* the end of the pipe is the start */
	for (int i = 0; i < OPENERS; i++) {
		assert_true(wait(&status) > 0);
		failed += status != 0;
	}
	assert_int_equal(failed, 0);
}

static void test_ledger_many_may_open_a_new_one_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < OPEN_ROUNDS; i++) {
		struct tree tree;

		tree_make(&tree);
		tree_write(&tree, ".imgtank/id", TANK_ID "\n", 33);
		open_new_one_at_once(tree.path);
		tree_remove(&tree);
	}
}

static void test_ledger_rollback_forgets(void **state)
{
	struct fixture *fixture = *state;
	struct ledger_file file = sample_file(fixture, 1);

	assert_int_equal(ledger_begin(fixture->ledger), 0);
	assert_int_equal(ledger_add_file(fixture->ledger, &file), 0);
	ledger_rollback(fixture->ledger);
	assert_int_equal(ledger_has_path(fixture->ledger, file.tank_path), 0);
}

static void test_ledger_next_file_walks_one_state_of_one_import(void **state)
{
	struct fixture *fixture = *state;
	struct ledger_file found;
	int64_t after = 0;
	int count = 0;

	for (unsigned i = 1; i <= 10; i++) {
		struct ledger_file file = sample_file(fixture, i);

		file.import_id = i % 2 ? fixture->import_id : 99;
		assert_int_equal(ledger_add_file(fixture->ledger, &file), 0);
		if (i > 4)
			assert_int_equal(ledger_set_durable(fixture->ledger, file.id, 1), 0);
	}
	while (ledger_next_file(
		       fixture->ledger, after, LEDGER_DURABLE, fixture->import_id, &found) == 1) {
		assert_true(found.id > after);
		after = found.id;
		count++;
	}
	assert_int_equal(count, 3); /* 5, 7, 9 */
}

static void test_ledger_history_has_verdict_and_counts(void **state)
{
	struct fixture *fixture = *state;
	const struct import_counts counts = {
		.files_selected = 5, .files_copied = 4, .files_failed = 1};
	struct ledger_import import;

	assert_int_equal(
		ledger_import_end(fixture->ledger, fixture->import_id, VERDICT_INCOMPLETE, &counts),
		0);
	assert_int_equal(ledger_next_import(fixture->ledger, INT64_MAX, &import), 1);
	assert_int_equal(import.verdict, VERDICT_INCOMPLETE);
	assert_int_equal(import.counts.files_failed, 1);
	assert_string_equal(import.card_label, "EOS");
	assert_true(import.ended_ns >= import.started_ns);
	assert_int_equal(ledger_next_import(fixture->ledger, import.id, &import), 0);
}

static void test_ledger_of_another_tank_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct ledger *other = NULL;

	assert_int_equal(ledger_open(&other, fixture->tree.path, OTHER_ID), -EBADMSG);
	assert_null(other);
}

/* Damage at every page and of every kind must be found or harmless, never a crash or a lie. */
static void test_ledger_damage_is_found(void **state)
{
	struct fixture *fixture = *state;
	static const char garbage[] = "this is no database at all, not even nearly one";
	struct ledger *ledger = NULL;
	char path[300];

	ledger_close(fixture->ledger);
	fixture->ledger = NULL;
	(void)snprintf(path, sizeof(path), "%s/.imgtank/ledger.db", fixture->tree.path);
	tree_write(&fixture->tree, ".imgtank/ledger.db", garbage, sizeof(garbage));
	assert_int_equal(ledger_open(&ledger, fixture->tree.path, TANK_ID), -EBADMSG);
	/* A whole SQLite file of somebody else. */
	assert_int_equal(unlink(path), 0);
	tree_write(&fixture->tree, ".imgtank/id", OTHER_ID "\n", 33);
	assert_int_equal(ledger_open(&ledger, fixture->tree.path, OTHER_ID), 0);
	ledger_close(ledger);
	ledger = NULL;
	assert_int_equal(ledger_open(&ledger, fixture->tree.path, TANK_ID), -EBADMSG);
}

static void test_ledger_cut_off_file_is_found(void **state)
{
	struct fixture *fixture = *state;
	struct ledger *ledger = NULL;
	char path[300];
	struct stat st;
	int r;

	for (unsigned i = 1; i <= 500; i++) {
		struct ledger_file file = sample_file(fixture, i);

		assert_int_equal(ledger_add_file(fixture->ledger, &file), 0);
	}
	ledger_close(fixture->ledger);
	fixture->ledger = NULL;
	(void)snprintf(path, sizeof(path), "%s/.imgtank/ledger.db", fixture->tree.path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size / 2 / 4096 * 4096), 0);
	r = ledger_open(&ledger, fixture->tree.path, TANK_ID);
	if (r == 0)
		r = ledger_check(ledger);
	assert_int_equal(r, -EBADMSG);
	ledger_close(ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_ledger_finds_what_it_was_given),
		TEST(test_ledger_any_other_stamp_is_another_file),
		TEST(test_ledger_damaged_files_do_not_count_but_keep_their_names),
		TEST(test_ledger_sequence_is_never_reused),
		TEST(test_ledger_two_processes_never_draw_the_same_number),
		cmocka_unit_test(test_ledger_many_may_open_a_new_one_at_once),
		TEST(test_ledger_rollback_forgets),
		TEST(test_ledger_next_file_walks_one_state_of_one_import),
		TEST(test_ledger_history_has_verdict_and_counts),
		TEST(test_ledger_of_another_tank_is_refused),
		TEST(test_ledger_damage_is_found),
		TEST(test_ledger_cut_off_file_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
