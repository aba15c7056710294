/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/ledger/manifest.h"
#include "tests/support/tree.h"

static struct manifest_entry *sample_entry(unsigned number)
{
	struct manifest_entry *entry = calloc(1, sizeof(*entry));

	assert_non_null(entry);
	memset(entry->file.hash, (int)number, sizeof(entry->file.hash));
	entry->file.size_bytes = number;
	entry->file.mtime_ns = -1000000000;
	entry->file.sequence = number;
	entry->file.is_guess = number % 2;
	(void)strcpy(entry->file.tank_path, "images/20240512/pimg_0001.jpg");
	(void)strcpy(entry->file.capture_time, "2024-05-12T10:00:00");
	(void)strcpy(entry->file.date_source, "mtime");
	(void)strcpy(entry->file.stem, "img_0001");
	(void)strcpy(entry->card, "volume:CAFE-1234");
	(void)strcpy(entry->source_path, "DCIM/with\\x0anewline and \\x09tab.jpg");
	entry->stamp.mtime_ns = 4354819200000000000; /* 2107 */
	entry->stamp.btime_ns = 3;
	return entry;
}

struct seen {
	unsigned count;
	uint64_t sizes[8];
};

static int on_entry(const struct manifest_entry *entry, void *userdata)
{
	struct seen *seen = userdata;

	assert_string_equal(entry->source_path, "DCIM/with\\x0anewline and \\x09tab.jpg");
	assert_string_equal(entry->card, "volume:CAFE-1234");
	assert_int_equal(entry->stamp.mtime_ns, 4354819200000000000);
	assert_int_equal(entry->file.mtime_ns, -1000000000);
	assert_string_equal(entry->file.make, "");
	assert_int_equal(entry->file.is_guess, entry->file.size_bytes % 2);
	seen->sizes[seen->count++] = entry->file.size_bytes;
	return 0;
}

static int write_three(const struct tree *tree)
{
	int dir_fd = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct manifest *manifest = NULL;

	assert_int_equal(manifest_new(&manifest, dir_fd, "m", 0), 0);
	for (unsigned i = 1; i <= 3; i++) {
		struct manifest_entry *entry = sample_entry(i);

		assert_int_equal(manifest_append(manifest, entry), 0);
		free(entry);
	}
	manifest_free(manifest);
	return dir_fd;
}

static void test_manifest_gives_back_what_was_written(void **state)
{
	struct seen seen = {0};
	uint32_t bad = 0;
	struct tree tree;
	int dir_fd;

	(void)state;
	tree_make(&tree);
	dir_fd = write_three(&tree);
	assert_int_equal(manifest_read(dir_fd, "m.txt", on_entry, &seen, &bad), 0);
	assert_int_equal(seen.count, 3);
	assert_int_equal(bad, 0);
	(void)close(dir_fd);
	tree_remove(&tree);
}

static void test_manifest_is_not_made_for_nothing(void **state)
{
	struct manifest *manifest = NULL;
	struct tree tree;
	int dir_fd;

	(void)state;
	tree_make(&tree);
	dir_fd = open(tree.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(manifest_new(&manifest, dir_fd, "m", 0), 0);
	manifest_free(manifest);
	assert_int_equal(faccessat(dir_fd, "m.txt", F_OK, 0), -1);
	(void)close(dir_fd);
	tree_remove(&tree);
}

/* What a barrier made durable never gets another block; until then a file may grow as it likes. */
static void test_manifest_does_not_grow_where_that_is_unsafe(void **state)
{
	static const unsigned in_file[] = {3, 1};
	struct manifest_entry *entry = sample_entry(1);
	struct manifest *manifest = NULL;
	struct tree tree;
	int dir_fd;

	(void)state;
	tree_make(&tree);
	dir_fd = open(tree.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(manifest_new(&manifest, dir_fd, "m", 128), 0);
	manifest_settled(manifest); /* of nothing */
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(manifest_append(manifest, entry), 0);
	manifest_settled(manifest);
	assert_int_equal(manifest_append(manifest, entry), 0);
	manifest_free(manifest);
	for (unsigned i = 0; i < 2; i++) {
		struct seen seen = {0};
		uint32_t bad = 0;

		assert_int_equal(
			manifest_read(dir_fd, i ? "m-2.txt" : "m.txt", on_entry, &seen, &bad), 0);
		assert_int_equal(seen.count, in_file[i]);
	}
	free(entry);
	(void)close(dir_fd);
	tree_remove(&tree);
}

/* A power cut can end the file at any byte: whole lines count, and nothing else does. */
static void test_manifest_cut_anywhere_gives_whole_lines_only(void **state)
{
	static char text[8192];
	struct tree tree;
	ssize_t size;
	int dir_fd, fd;

	(void)state;
	tree_make(&tree);
	dir_fd = write_three(&tree);
	fd = openat(dir_fd, "m.txt", O_RDONLY | O_CLOEXEC);
	size = read(fd, text, sizeof(text));
	assert_in_range(size, 100, sizeof(text) - 1);
	(void)close(fd);
	for (ssize_t cut = 20; cut <= size; cut++) {
		struct seen seen = {0};
		uint32_t bad = 0;
		unsigned whole = 0;

		for (ssize_t i = 19; i < cut; i++)
			whole += text[i] == '\n';
		/* The last line may lack only its line end. */
		tree_write(&tree, "cut.txt", text, (size_t)cut);
		assert_int_equal(manifest_read(dir_fd, "cut.txt", on_entry, &seen, &bad), 0);
		assert_in_range(seen.count, whole, whole + (text[cut] == '\n'));
	}
	(void)close(dir_fd);
	tree_remove(&tree);
}

static void test_manifest_changed_byte_spoils_its_line_only(void **state)
{
	static char text[8192];
	struct seen seen = {0};
	uint32_t bad = 0;
	struct tree tree;
	char *second;
	ssize_t size;
	int dir_fd, fd;

	(void)state;
	tree_make(&tree);
	dir_fd = write_three(&tree);
	fd = openat(dir_fd, "m.txt", O_RDONLY | O_CLOEXEC);
	size = read(fd, text, sizeof(text));
	(void)close(fd);
	second = strchr(strchr(text, '\n') + 1, '\n') + 1;
	second[40] ^= 1;
	tree_write(&tree, "bad.txt", text, (size_t)size);
	assert_int_equal(manifest_read(dir_fd, "bad.txt", on_entry, &seen, &bad), 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(bad, 1);
	assert_int_equal(seen.sizes[0], 1);
	assert_int_equal(seen.sizes[1], 3);
	(void)close(dir_fd);
	tree_remove(&tree);
}

static void test_manifest_of_something_else_is_refused(void **state)
{
	struct seen seen = {0};
	uint32_t bad = 0;
	struct tree tree;
	int dir_fd;

	(void)state;
	tree_make(&tree);
	tree_write(&tree, "m.txt", "hello\n", 6);
	dir_fd = open(tree.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(manifest_read(dir_fd, "m.txt", on_entry, &seen, &bad), -EBADMSG);
	(void)close(dir_fd);
	tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifest_gives_back_what_was_written),
		cmocka_unit_test(test_manifest_is_not_made_for_nothing),
		cmocka_unit_test(test_manifest_does_not_grow_where_that_is_unsafe),
		cmocka_unit_test(test_manifest_cut_anywhere_gives_whole_lines_only),
		cmocka_unit_test(test_manifest_changed_byte_spoils_its_line_only),
		cmocka_unit_test(test_manifest_of_something_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
