/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/drop/look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"

#define ROOM_FIRST 64
#define TURN_TIMES 4 /* a part is looked at for so many times the time to settle */

struct look {
	const struct drop_options *options;
	const struct drop_list *before;
	struct drop_list *list;
	size_t room;
	uint64_t now_usec;
	dev_t device; /* of the folder: others are not entered */
};

/* --- the list --- */

void drop_list_free(struct drop_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->files[i].path);
	free(list->files);
	*list = (struct drop_list){0};
}

static int compare_paths(const void *a, const void *b)
{
	const struct drop_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int compare_key(const void *path, const void *file)
{
	return strcmp(path, ((const struct drop_file *)file)->path);
}

struct drop_file *drop_list_find(const struct drop_list *list, const char *path)
{
	return list->count
		? bsearch(path, list->files, list->count, sizeof(*list->files), compare_key)
		: NULL;
}

/* A place at the end of the list; path is taken over. NULL: no memory, and path is freed. */
static struct drop_file *add(struct look *look, char *path)
{
	struct drop_list *list = look->list;

	if (path && list->count == look->room) {
		size_t room = look->room ? look->room * 2 : ROOM_FIRST;
		struct drop_file *grown = reallocarray(list->files, room, sizeof(*grown));

		if (!grown) {
			free(path);
			return NULL;
		}
		list->files = grown;
		look->room = room;
	}
	if (!path)
		return NULL;
	list->files[list->count] = (struct drop_file){.path = path};
	return &list->files[list->count++];
}

/* --- one thing --- */

bool drop_is_same(const struct drop_file *file, const struct stat *st)
{
	return file->device == st->st_dev && file->inode == st->st_ino &&
		file->size_bytes == (uint64_t)st->st_size &&
		file->mtime_ns == clock_timespec_ns(&st->st_mtim);
}

int drop_ask_writers(int fd)
{
	/* Should somebody open it in this very moment: a signal that nobody minds. */
	if (fcntl(fd, F_SETSIG, SIGURG) < 0 || fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return -errno;
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	return 0;
}

/* What only an open file can tell. */
static enum drop_why look_inside(int dir_fd, const char *name, bool must_sniff)
{
	CLEANUP(fd_closep) int fd = fd_open_regular(dir_fd, name);
	uint8_t head[SELECT_SNIFF_BYTES];
	ssize_t head_bytes;
	int r;

	if (fd < 0)
		return DROP_CLOSED;
	r = drop_ask_writers(fd);
	if (r < 0)
		return r == -EAGAIN ? DROP_OPEN : DROP_CLOSED;
	if (!must_sniff)
		return DROP_RIPE;
	head_bytes = fd_pread_full(fd, head, sizeof(head), 0);
	if (head_bytes < 0)
		return DROP_CLOSED;
	return select_by_content(head, (size_t)head_bytes) ? DROP_RIPE : DROP_NO_PICTURE;
}

/* What the last look has found out about it still holds if it has not changed. */
static void inherit(struct drop_file *file, const struct drop_list *before)
{
	const struct drop_file *old = before ? drop_list_find(before, file->path) : NULL;

	if (!old || old->device != file->device || old->inode != file->inode ||
		old->size_bytes != file->size_bytes || old->mtime_ns != file->mtime_ns ||
		old->ctime_ns != file->ctime_ns)
		return;
	file->since_usec = old->since_usec;
	file->is_checked = old->is_checked;
	file->is_cut = old->is_cut;
	file->is_refused = old->is_refused;
	file->is_said = old->is_said;
}

static void judge(struct look *look, int dir_fd, const char *name, const struct stat *st,
	struct drop_file *file)
{
	const struct drop_facts facts = {.path = file->path,
		.mode = st->st_mode,
		.links_count = st->st_nlink,
		.size_bytes = file->size_bytes,
		.same_usec = look->now_usec - file->since_usec,
		.settle_usec = look->options->settle_usec};
	bool must_sniff;

	file->why = drop_judge(&facts, look->options->select, &must_sniff);
	if (file->why == DROP_RIPE)
		file->why = look_inside(dir_fd, name, must_sniff);
	if (file->why == DROP_RIPE && file->is_cut)
		file->why = DROP_CUT;
	if (file->why == DROP_RIPE && file->is_refused)
		file->why = DROP_CLOSED;
}

static void fill(struct look *look, const struct stat *st, struct drop_file *file)
{
	file->device = st->st_dev;
	file->inode = st->st_ino;
	file->owner = st->st_uid;
	file->size_bytes = (uint64_t)st->st_size;
	file->mtime_ns = clock_timespec_ns(&st->st_mtim);
	file->ctime_ns = clock_timespec_ns(&st->st_ctim);
	file->since_usec = look->now_usec;
	inherit(file, look->before);
}

/* --- a folder --- */

static int look_into(struct look *look, int dir_fd, const char *path, unsigned int depth);

/* index: of the folder in the list, which may move meanwhile. */
static int enter(struct look *look, int dir_fd, const char *name, size_t index, unsigned int depth)
{
	CLEANUP(freep) char *path = strdup(look->list->files[index].path);
	CLEANUP(fd_closep) int fd = -1;
	size_t count = look->list->count;
	enum drop_why why = DROP_FOLDER;
	int r = 0;

	if (!path)
		return -ENOMEM;
	if (select_is_dropping_folder(name))
		why = DROP_SYSTEM;
	else if (name[0] == '.') /* rsync's --partial-dir, desktops' trash */
		why = DROP_UNFINISHED;
	else if (look->list->files[index].device != look->device)
		why = DROP_SPECIAL;
	else if (depth == DROP_DEPTH_MAX)
		why = DROP_TOO_DEEP;
	if (why == DROP_FOLDER) {
		fd = fd_open_dir(dir_fd, name);
		if (fd < 0)
			why = DROP_CLOSED;
		else
			r = look_into(look, fd, path, depth + 1);
	}
	look->list->files[index].why = why;
	look->list->files[index].has_things = look->list->count != count;
	return r == -ENOMEM ? r : 0;
}

static int look_at(
	struct look *look, int dir_fd, const char *path, const char *name, unsigned int depth)
{
	struct drop_file *file;
	struct stat st;
	char *whole;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0; /* gone meanwhile */
	if (asprintf(&whole, "%s%s%s", path, *path ? "/" : "", name) < 0)
		return -ENOMEM;
	file = add(look, whole);
	if (!file)
		return -ENOMEM;
	fill(look, &st, file);
	if (S_ISDIR(st.st_mode))
		return enter(look, dir_fd, name, look->list->count - 1, depth);
	judge(look, dir_fd, name, &st, file);
	return 0;
}

static int look_into(struct look *look, int dir_fd, const char *path, unsigned int depth)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		fd_close(fd);
		return -errno;
	}
	if (depth == 0 && look->list->start)
		seekdir(dir, look->list->start);
	while (r == 0 && look->list->count < DROP_FILES_MAX && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = look_at(look, dir_fd, path, entry->d_name, depth);
	if (depth == 0)
		look->list->next = look->list->count < DROP_FILES_MAX ? 0 : telldir(dir);
	(void)closedir(dir);
	return r;
}

/* The same part as before until its turn is over. */
static void take_turn(struct look *look)
{
	const struct drop_list *before = look->before;
	struct drop_list *list = look->list;

	list->since_usec = look->now_usec;
	if (!before || !before->is_part)
		return;
	list->start = before->next;
	if (look->now_usec - before->since_usec < look->options->settle_usec * TURN_TIMES) {
		list->start = before->start;
		list->since_usec = before->since_usec;
	}
}

int drop_look(int dir_fd, const struct drop_options *options, uint64_t now_usec,
	struct drop_list *before, struct drop_list *ret)
{
	struct drop_list list = {0};
	struct look look = {
		.options = options, .before = before, .list = &list, .now_usec = now_usec};
	struct stat st;
	int r;

	if (fstat(dir_fd, &st) < 0)
		return -errno;
	look.device = st.st_dev;
	take_turn(&look);
	r = look_into(&look, dir_fd, "", 0);
	if (r < 0) {
		drop_list_free(&list);
		return r;
	}
	list.is_part = list.start || list.next;
	if (list.count)
		qsort(list.files, list.count, sizeof(*list.files), compare_paths);
	if (before)
		drop_list_free(before);
	*ret = list;
	return 0;
}
