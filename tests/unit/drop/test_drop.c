/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is taken out of the drop folder, whose, and when: the decisions. */
#include "tests/support/itest.h"

#include <string.h>
#include <sys/stat.h>

#include "core/drop/choose.h"

#define SECOND UINT64_C(1000000)
#define SETTLE (10 * SECOND)

static enum drop_why judge(const char *path, struct drop_facts facts)
{
	bool must_sniff;

	facts.path = path;
	facts.mode = facts.mode ? facts.mode : S_IFREG;
	facts.links_count = facts.links_count ? facts.links_count : 1;
	facts.size_bytes = facts.size_bytes ? facts.size_bytes : 1000;
	facts.same_usec = facts.same_usec ? facts.same_usec : SETTLE;
	facts.settle_usec = SETTLE;
	return drop_judge(&facts, SELECT_IMAGES, &must_sniff);
}

static void test_judge_takes_a_picture_that_has_settled(void **state)
{
	(void)state;
	assert_int_equal(judge("IMG_1.JPG", (struct drop_facts){0}), DROP_RIPE);
	assert_int_equal(judge("a/b/IMG_1.cr2", (struct drop_facts){0}), DROP_RIPE);
	assert_int_equal(
		judge("IMG_1.JPG", (struct drop_facts){.same_usec = SETTLE - 1}), DROP_YOUNG);
}

static void test_judge_leaves_what_is_no_plain_file(void **state)
{
	static const mode_t kinds[] = {S_IFLNK, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		assert_int_equal(
			judge("IMG_1.JPG", (struct drop_facts){.mode = kinds[i]}), DROP_SPECIAL);
	assert_int_equal(judge("x.JPG", (struct drop_facts){.links_count = 2}), DROP_LINKED);
	assert_int_equal(judge("DCIM", (struct drop_facts){.mode = S_IFDIR}), DROP_FOLDER);
}

static void test_judge_knows_names_of_what_is_not_whole(void **state)
{
	static const char *const names[] = {"A.JPG.part", "A.JPG.PART", "A.JPG.filepart",
		"A.JPG.crdownload", "A.JPG.tmp", "A.JPG~", ".A.JPG.Xb12zQ", "x/.A.JPG.Xb12zQ",
		"~$A.JPG", "A.MOV.download"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (judge(names[i], (struct drop_facts){0}) != DROP_UNFINISHED)
			fail_msg("%s is taken", names[i]);
	assert_int_equal(judge("._A.JPG", (struct drop_facts){0}), DROP_SYSTEM);
	assert_int_equal(judge("party.jpg", (struct drop_facts){0}), DROP_RIPE);
}

static void test_judge_asks_for_the_first_bytes_of_the_unknown(void **state)
{
	struct drop_facts facts = {.path = "letter.txt",
		.mode = S_IFREG,
		.links_count = 1,
		.size_bytes = 9,
		.same_usec = SETTLE,
		.settle_usec = SETTLE};
	bool must_sniff;

	(void)state;
	assert_int_equal(drop_judge(&facts, SELECT_IMAGES, &must_sniff), DROP_RIPE);
	assert_true(must_sniff);
	assert_int_equal(drop_judge(&facts, SELECT_EVERYTHING, &must_sniff), DROP_RIPE);
	assert_false(must_sniff);
	facts.size_bytes = 0;
	assert_int_equal(drop_judge(&facts, SELECT_IMAGES, &must_sniff), DROP_EMPTY);
}

/* --- whose turn it is --- */

#define NOW (1000 * SECOND)

static bool choose(const struct drop_file *files, size_t count, uid_t *owner)
{
	struct drop_file copy[8];
	const struct drop_list list = {.files = copy, .count = count};

	memcpy(copy, files, count * sizeof(*files));
	return drop_choose(&list, NOW, SETTLE, owner);
}

static void test_choose_waits_while_somebody_adds(void **state)
{
	struct drop_file files[] = {
		{.owner = 5, .why = DROP_RIPE, .since_usec = NOW - SETTLE},
		{.owner = 5, .why = DROP_OPEN, .since_usec = NOW},
	};
	uid_t owner = 0;

	(void)state;
	assert_false(choose(files, 2, &owner));
	files[1].why = DROP_YOUNG;
	assert_false(choose(files, 2, &owner));
	files[1].why = DROP_CUT;
	assert_true(choose(files, 2, &owner));
	assert_int_equal(owner, 5);
}

static void test_choose_does_not_wait_for_ever(void **state)
{
	struct drop_file files[] = {
		{.owner = 5, .why = DROP_RIPE, .since_usec = NOW - SETTLE * DROP_PATIENCE + 1},
		{.owner = 5, .why = DROP_OPEN, .since_usec = NOW},
	};
	uid_t owner = 0;

	(void)state;
	assert_false(choose(files, 2, &owner));
	files[0].since_usec--;
	assert_true(choose(files, 2, &owner));
}

static void test_choose_keeps_owners_apart(void **state)
{
	const struct drop_file files[] = {
		{.owner = 5, .why = DROP_RIPE, .since_usec = NOW - SETTLE * 3},
		{.owner = 5, .why = DROP_OPEN, .since_usec = NOW},
		{.owner = 6, .why = DROP_RIPE, .since_usec = NOW - SETTLE},
		{.owner = 7, .why = DROP_RIPE, .since_usec = NOW - SETTLE * 2},
		{.owner = 8, .why = DROP_CLOSED, .since_usec = 1},
	};
	uid_t owner = 0;

	(void)state;
	assert_true(choose(files, 5, &owner));
	assert_int_equal(owner, 7);
	assert_false(choose(files + 4, 1, &owner));
	assert_false(choose(files, 0, &owner));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge_takes_a_picture_that_has_settled),
		cmocka_unit_test(test_judge_leaves_what_is_no_plain_file),
		cmocka_unit_test(test_judge_knows_names_of_what_is_not_whole),
		cmocka_unit_test(test_judge_asks_for_the_first_bytes_of_the_unknown),
		cmocka_unit_test(test_choose_waits_while_somebody_adds),
		cmocka_unit_test(test_choose_does_not_wait_for_ever),
		cmocka_unit_test(test_choose_keeps_owners_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
