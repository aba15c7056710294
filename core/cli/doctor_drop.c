/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/drop/whole.h"

#define MINUTE_S 60
#define HOUR_S 3600
#define CHECKED_MAX 100 /* files whose content is looked at */
#define ROOM_PERCENT 5

/* --- what lies in it --- */

static int64_t age_s(const struct drop_file *file, int64_t now_ns)
{
	int64_t newest_ns = file->mtime_ns > file->ctime_ns ? file->mtime_ns : file->ctime_ns;

	return newest_ns < now_ns ? (now_ns - newest_ns) / 1000000000 : 0;
}

/* What will come to its end by itself is none of our business before that. */
static int64_t patience_s(enum drop_why why)
{
	switch (why) {
	case DROP_RIPE:
	case DROP_YOUNG:
		return 10 * MINUTE_S;
	case DROP_OPEN:
	case DROP_UNFINISHED:
	case DROP_EMPTY:
		return HOUR_S;
	case DROP_FOLDER:
	case DROP_SYSTEM:
		return INT64_MAX;
	default:
		return 0;
	}
}

static const char *remedy_of(enum drop_why why)
{
	switch (why) {
	case DROP_RIPE:
	case DROP_YOUNG:
		return "See whether imgtankd runs, and what it waits for: imgtank status";
	case DROP_OPEN:
		return "End the program that has it open; 'fuser -v' on the file shows it";
	case DROP_UNFINISHED:
	case DROP_EMPTY:
	case DROP_CUT:
		return "Send it again, then delete this one; if it is all there is, 'imgtank "
		       "import' with this folder copies it";
	case DROP_LINKED:
	case DROP_SPECIAL:
		return "Put a copy there in its place";
	case DROP_CLOSED:
		return "Run 'imgtank doctor' as root; the folder must be on a disk of this "
		       "machine, and imgtankd must run as root";
	case DROP_TOO_DEEP:
		return "Move what is in it further up";
	default:
		return "Delete it or put it elsewhere, or set select = everything in [import]";
	}
}

/* Those of one kind: how many, and the first of them. */
static unsigned int find_first(const struct drop_list *list, enum drop_why why, int64_t now_ns,
	const struct drop_file **first)
{
	unsigned int count = 0;

	for (size_t i = list->count; i > 0; i--) {
		const struct drop_file *file = &list->files[i - 1];

		if (file->why != why || age_s(file, now_ns) < patience_s(why))
			continue;
		*first = file;
		count++;
	}
	return count;
}

static void find_staying(
	const char *about, enum drop_why why, unsigned int count, struct doctor_report *report)
{
	char what[256];

	if (count > 1)
		(void)text_format(what, sizeof(what),
			"%u files stay in the drop folder. Of the first one: %s.", count,
			drop_why_text(why));
	else
		(void)text_format(what, sizeof(what), "A file stays in the drop folder: %s.",
			drop_why_text(why));
	doctor_find(report, DOCTOR_WARNING, "drop-stays", about, what,
		"It is as it was dropped; it is not in the tank.", "%s.", remedy_of(why));
}

static void find_waiting(
	const char *about, enum drop_why why, unsigned int count, struct doctor_report *report)
{
	char what[256];

	(void)text_format(what, sizeof(what), "%u %s waited in the drop folder for long%s.", count,
		count > 1 ? "files have" : "file has",
		why == DROP_OPEN ? ": a program has it open for writing" : "");
	doctor_find(report, DOCTOR_WARNING, "drop-waiting", about, what,
		"It is as it was dropped; it is not in the tank.", "%s.", remedy_of(why));
}

void doctor_judge_drop(const char *path, const struct drop_list *list, int64_t now_ns,
	struct doctor_report *report)
{
	for (int i = 0; i < DROP_REASONS_COUNT; i++) {
		enum drop_why why = (enum drop_why)i;
		const struct drop_file *first = NULL;
		unsigned int count = find_first(list, why, now_ns, &first);
		char about[512];

		if (!first)
			continue;
		(void)text_format(about, sizeof(about), "%s/%s", path, first->path);
		if (drop_why_is_lasting(why))
			find_staying(about, why, count, report);
		else
			find_waiting(about, why, count, report);
	}
}

/* The daemon has looked at those that have been there for a while. */
static void find_cut(int dir_fd, struct drop_list *list)
{
	unsigned int checked_count = 0;

	for (size_t i = 0; i < list->count && checked_count < CHECKED_MAX; i++) {
		struct drop_file *file = &list->files[i];
		CLEANUP(fd_closep) int fd = -1;

		if (file->why != DROP_RIPE)
			continue;
		fd = fd_open_beneath(dir_fd, file->path);
		checked_count++;
		if (fd >= 0 && whole_is_cut(fd, file->size_bytes))
			file->why = DROP_CUT;
	}
}

static void check_files(const struct doctor_scope *scope, int dir_fd, struct doctor_report *report)
{
	const struct drop_options options = {.select = scope->config->import.select};
	struct drop_list list = {0};

	if (drop_look(dir_fd, &options, clock_monotonic_usec(), NULL, &list) < 0)
		return;
	find_cut(dir_fd, &list);
	doctor_judge_drop(scope->config->drop.path, &list, clock_wall_ns(), report);
	drop_list_free(&list);
}

/* --- the folders --- */

static void check_rights(const char *path, const struct stat *st, struct doctor_report *report)
{
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) && !(st->st_mode & S_ISVTX))
		doctor_find(report, DOCTOR_WARNING, "drop-rights", path,
			"Everybody who may drop something may also delete or exchange what others "
			"have dropped.",
			"What was imported is safe.", "Run: chmod +t '%s'", path);
}

static void check_second(const char *path, const struct stat *drop, struct doctor_report *report)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return;
	if (!S_ISDIR(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) ||
		(st.st_mode & (S_IWGRP | S_IWOTH)))
		doctor_find(report, DOCTOR_ERROR, "drop-rights", path,
			"Others than imgtankd may write where dropped files are kept during the "
			"import: nothing is taken.",
			"What was dropped is where it was put.",
			"Move away what is in it, and remove it; imgtankd makes it anew.");
	else if (st.st_dev != drop->st_dev)
		doctor_find(report, DOCTOR_ERROR, "drop-two-disks", path,
			"The drop folder is a disk of its own; files cannot be taken out of it.",
			"What was dropped is where it was put.",
			"Use a folder on that disk: path = in the section [drop].");
}

/* Cards that did not end well, or were not read back. */
void doctor_judge_kept(
	const char *path, unsigned int count, int64_t oldest_s, struct doctor_report *report)
{
	if (count && oldest_s >= HOUR_S)
		doctor_find(report, DOCTOR_WARNING, "drop-kept", path,
			"What was dropped over an hour ago is not safe in the tank yet.",
			"It is kept there until it is.",
			"See 'imgtank cards' for the reason; when it is mended: imgtank retry");
}

static void check_kept(const char *path, struct doctor_report *report)
{
	int64_t oldest_s = 0, now_s = clock_wall_ns() / 1000000000;
	unsigned int count = 0;
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		struct stat st;

		if (entry->d_name[0] == '.' ||
			fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		count++;
		if (now_s - st.st_ctime > oldest_s)
			oldest_s = now_s - st.st_ctime;
	}
	if (dir)
		(void)closedir(dir);
	doctor_judge_kept(path, count, oldest_s, report);
}

static void check_room(const char *path, int dir_fd, struct doctor_report *report)
{
	struct statvfs st;
	char room[32];

	if (fstatvfs(dir_fd, &st) < 0 || st.f_bavail > st.f_blocks / 100 * ROOM_PERCENT)
		return;
	text_size((uint64_t)st.f_bavail * st.f_frsize, room, sizeof(room));
	doctor_find(report, st.f_bavail ? DOCTOR_WARNING : DOCTOR_ERROR, "drop-disk-full", path,
		st.f_bavail ? "The disk of the drop folder is nearly full."
			    : "The disk of the drop folder is full: nothing can be dropped.",
		"Cards are copied to the tank all the same, if it is another disk.",
		"Make room on it: %s are left.", room);
}

static void say_missing(const char *path, struct doctor_report *report)
{
	doctor_find(report, DOCTOR_ERROR, "drop-missing", path, "The drop folder is not there.",
		"Nothing can be dropped. What is in the tank is unchanged.",
		"Make it, as access.md in /usr/share/doc/imgtank says, or with 'imgtank setup "
		"samba'; or take it out of "
		"the section [drop].");
}

void doctor_check_drop(const struct doctor_scope *scope, struct doctor_report *report)
{
	const char *path = scope->config->drop.path;
	CLEANUP(fd_closep) int fd = -1;
	char second[PATH_MAX];
	struct stat st;

	if (!*path)
		return;
	doctor_looked(report, "the drop folder %s", path);
	fd = fd_open_dir(AT_FDCWD, path);
	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
		say_missing(path, report);
	if (fd < 0 || fstat(fd, &st) < 0 ||
		!text_format(second, sizeof(second), "%s.importing", path))
		return;
	check_rights(path, &st, report);
	check_second(second, &st, report);
	check_kept(second, report);
	check_files(scope, fd, report);
	check_room(path, fd, report);
}
