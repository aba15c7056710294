/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scan.c - walks the card once, folder after folder, in the order of names;
 * decides what is selected and what the ledger knows already; writes the plan.
 *
 * No link is followed, no other disk is entered, no special file is opened.
 * Memory: the names of one folder, and the paths of folders still to come.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/text.h"
#include "core/engine/run.h"
#include "core/naming/group.h"

/* Cameras need four levels; more than this is a damaged file system or a trap. */
#define DEPTH_MAX 40

struct folder {
	struct folder *next;
	unsigned depth;
	char path[]; /* raw, below the card's root; "" is the root */
};

/* One selected file of the folder at hand. */
struct entry {
	char *name; /* owned */
	struct ledger_stamp stamp;
	enum file_kind kind;
	int64_t known_id;
};

struct scan {
	struct run *run;
	struct ledger *ledger;
	struct plan *plan; /* NULL: dry run */
	struct folder *folders; /* still to come, the next one first */
	struct {
		uint64_t device_major, device_minor, inode;
	} ancestors[DEPTH_MAX + 1];
	char **names; /* of the folder at hand, sorted; owned */
	size_t names_count, names_room;
	struct entry *entries;
	size_t entries_count, entries_room;
	uint8_t *buffer; /* for reading tank files back, made when needed */
};

static int push_folder(struct scan *scan, const char *parent, const char *name, unsigned depth)
{
	size_t size = strlen(parent) + strlen(name) + 2;
	struct folder *folder = malloc(sizeof(*folder) + size);

	if (!folder)
		return -ENOMEM;
	folder->depth = depth;
	(void)text_format(folder->path, size, "%s%s%s", parent, *parent ? "/" : "", name);
	folder->next = scan->folders;
	scan->folders = folder;
	return 0;
}

static char *join(const char *folder, const char *name)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	char *path = malloc(size);

	if (path)
		(void)text_format(path, size, "%s%s%s", folder, *folder ? "/" : "", name);
	return path;
}

static void forget_names(struct scan *scan)
{
	for (size_t i = 0; i < scan->names_count; i++)
		free(scan->names[i]);
	scan->names_count = 0;
	for (size_t i = 0; i < scan->entries_count; i++)
		free(scan->entries[i].name);
	scan->entries_count = 0;
}

static int add_name(struct scan *scan, const char *name)
{
	if (scan->names_count == scan->names_room) {
		size_t room = scan->names_room ? scan->names_room * 2 : 256;
		char **names = reallocarray(scan->names, room, sizeof(*names));

		if (!names)
			return -ENOMEM;
		scan->names = names;
		scan->names_room = room;
	}
	scan->names[scan->names_count] = strdup(name);
	return scan->names[scan->names_count++] ? 0 : -ENOMEM;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(struct scan *scan, int dir_fd)
{
	int fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 3);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir) {
		r = -errno;
		fd_close(fd);
		return r;
	}
	while (r == 0 && !run_should_stop(scan->run) && (errno = 0, entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = add_name(scan, entry->d_name);
	if (r == 0 && errno && !run_should_stop(scan->run))
		r = -errno;
	(void)closedir(dir);
	/* Bytes, not a language: the same order everywhere. An empty folder has no array yet. */
	if (scan->names_count)
		qsort(scan->names, scan->names_count, sizeof(*scan->names), compare_names);
	return r;
}

static int64_t statx_ns(const struct statx_timestamp *t)
{
	return t->tv_sec * 1000000000 + (int64_t)t->tv_nsec;
}

static void fill_stamp(struct ledger_stamp *stamp, const struct statx *st)
{
	stamp->size_bytes = st->stx_size;
	stamp->mtime_ns = statx_ns(&st->stx_mtime);
	stamp->ctime_ns = statx_ns(&st->stx_ctime);
	stamp->btime_ns = st->stx_mask & STATX_BTIME ? statx_ns(&st->stx_btime) : 0;
}

/* Looks into a file whose name says nothing. A file that cannot be read is taken, to be named as
 * failed. */
static bool looks_like_picture(int dir_fd, const char *name)
{
	CLEANUP(fd_closep) int fd = fd_open_regular(dir_fd, name);
	uint8_t head[SELECT_SNIFF_BYTES];
	ssize_t n;

	if (fd < 0)
		return true;
	n = fd_pread_full(fd, head, sizeof(head), 0);
	return n < 0 || select_by_content(head, (size_t)n);
}

static bool is_selected(
	struct scan *scan, int dir_fd, const char *path, const char *name, const char *escaped)
{
	enum select_answer answer = select_by_path(scan->run->options->select, path);

	if (answer == SELECT_SNIFF)
		answer = looks_like_picture(dir_fd, name) ? SELECT_TAKE : SELECT_OTHER_FILE;
	if (answer == SELECT_TAKE)
		return true;
	report_left_out(scan->run, escaped, select_answer_name(answer));
	return false;
}

static int mark_gone(struct scan *scan, const struct ledger_file *file)
{
	int r = ledger_begin(scan->ledger);

	if (r == 0)
		r = ledger_set_state(scan->ledger, file->id, LEDGER_DAMAGED);
	if (r == 0)
		r = ledger_commit(scan->ledger);
	if (r < 0)
		ledger_rollback(scan->ledger);
	else
		tank_drop_thumbnail(&scan->run->tank, file->tank_path);
	return r;
}

static int refresh_mtime(struct scan *scan, struct ledger_file *file)
{
	struct stat st;
	int r;

	if (fstatat(scan->run->tank.fd, file->tank_path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	r = ledger_begin(scan->ledger);
	if (r == 0)
		r = ledger_set_durable(scan->ledger, file->id, clock_timespec_ns(&st.st_mtim));
	if (r == 0)
		r = ledger_commit(scan->ledger);
	if (r < 0)
		ledger_rollback(scan->ledger);
	file->state = LEDGER_DURABLE; /* to be verified again */
	return r;
}

/* Same size, other mtime: somebody touched it. Only its content can tell. 1 same, 0 not. */
static int has_same_content(struct scan *scan, struct ledger_file *file)
{
	uint8_t hash[LEDGER_HASH_BYTES];
	bool from_disk;
	int r;

	if (!scan->buffer)
		scan->buffer = read_back_buffer_new();
	if (!scan->buffer)
		return -ENOMEM;
	r = read_back(&scan->run->tank, file->tank_path, file->size_bytes, scan->buffer,
		scan->run->options->cancel, NULL, NULL, hash, &from_disk);
	if (r == -ENOMEM || r == -ECANCELED)
		return r;
	return r == 0 && !memcmp(hash, file->hash, sizeof(hash));
}

/* 1: what the ledger says of this file still holds. 0: it must be copied again. */
static int still_holds(struct scan *scan, struct ledger_file *file)
{
	int r;

	if (scan->run->options->is_dry_run)
		return tank_has_file(&scan->run->tank, file->tank_path, file->size_bytes,
			       file->mtime_ns) == 1;
	r = tank_has_file(&scan->run->tank, file->tank_path, file->size_bytes, file->mtime_ns);
	if (r == -ESTALE) {
		r = has_same_content(scan, file);
		if (r == 1) {
			int saved = refresh_mtime(scan, file);

			return saved < 0 ? saved : 1;
		}
	}
	if (r == 0) {
		r = mark_gone(scan, file);
		return r < 0 ? r : 0;
	}
	return r;
}

static void count_known(struct run *run, const struct ledger_file *file)
{
	struct id_pair pair = {.file_id = file->id};

	report_add(run, &run->counts.files_known, 1, &run->counts.bytes_known, file->size_bytes);
	if (file->state == LEDGER_VERIFIED) {
		report_add(run, &run->counts.files_verified, 1, NULL, 0);
	} else if (run->options->verify && !run->options->is_dry_run) {
		report_add(run, NULL, 0, &run->counts.bytes_to_verify, file->size_bytes);
		if (id_queue_push(&run->to_verify, pair) < 0)
			run_stop(run, FAULT_INTERNAL, -ENOMEM);
	}
}

/* Sets entry->known_id if this very file of this very card is in the tank. */
static int look_up(struct scan *scan, struct entry *entry, const char *escaped)
{
	struct run *run = scan->run;
	struct ledger_file file;
	int r;

	if (!scan->ledger || run->options->is_paranoid || !run->card.has_stable_identity)
		return 0;
	r = ledger_find_source(scan->ledger, run->card_id, escaped, &entry->stamp, &file);
	if (r == 1)
		r = still_holds(scan, &file);
	if (r <= 0)
		return r;
	entry->known_id = file.id;
	count_known(run, &file);
	return 0;
}

static int add_entry(struct scan *scan, char **name, const struct statx *st, const char *escaped)
{
	struct run *run = scan->run;
	struct entry *entry;

	if (scan->entries_count == scan->entries_room) {
		size_t room = scan->entries_room ? scan->entries_room * 2 : 256;
		struct entry *entries = reallocarray(scan->entries, room, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		scan->entries = entries;
		scan->entries_room = room;
	}
	entry = &scan->entries[scan->entries_count++];
	memset(entry, 0, sizeof(*entry));
	entry->name = TAKE_PTR(*name);
	entry->kind = file_kind_by_name(entry->name);
	fill_stamp(&entry->stamp, st);
	report_add(run, &run->counts.files_selected, 1, &run->counts.bytes_selected, st->stx_size);
	return look_up(scan, entry, escaped);
}

static int enter_later(struct scan *scan, const struct folder *folder, const char *name,
	const char *escaped, const struct statx *st)
{
	if (select_is_dropping_folder(name)) {
		report_left_out(scan->run, escaped, select_answer_name(SELECT_DROPPING));
		return 0;
	}
	if (makedev(st->stx_dev_major, st->stx_dev_minor) != scan->run->card.device) {
		report_notice(scan->run, FAULT_FOREIGN_MOUNT, 0, escaped, 0);
		report_left_out(scan->run, escaped, "other-disk");
		return 0;
	}
	if (folder->depth >= DEPTH_MAX) {
		report_folder_failed(scan->run, escaped, FAULT_FOLDER_TOO_DEEP, -ELOOP);
		return 0;
	}
	return push_folder(scan, folder->path, name, folder->depth + 1);
}

static int look_at_name(struct scan *scan, const struct folder *folder, int dir_fd, char **name)
{
	CLEANUP(freep) char *path = join(folder->path, *name);
	CLEANUP(freep) char *escaped = path ? text_escape_new(path) : NULL;
	struct statx st;

	if (!escaped)
		return -ENOMEM;
	if (statx(dir_fd, *name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &st) < 0) {
		enum fault fault = errno == ENOENT ? FAULT_FILE_VANISHED : FAULT_FILE_UNREADABLE;

		/* Selected or not: it cannot be said any more, so it counts as one that is missing.
		 */
		report_add(scan->run, &scan->run->counts.files_selected, 1, NULL, 0);
		report_file_failed(scan->run, escaped, fault, -errno, 0);
		return 0;
	}
	if (S_ISDIR(st.stx_mode))
		return enter_later(scan, folder, *name, escaped, &st);
	if (!S_ISREG(st.stx_mode)) {
		report_left_out(scan->run, escaped, S_ISLNK(st.stx_mode) ? "link" : "special");
		return 0;
	}
	if (!is_selected(scan, dir_fd, path, *name, escaped))
		return 0;
	return add_entry(scan, name, &st, escaped);
}

static int plan_entry(struct scan *scan, const struct folder *folder, const struct entry *entry,
	const struct group_slot *slot, bool is_last)
{
	struct item item = {.name_offset = *folder->path ? strlen(folder->path) + 1 : 0,
		.tail_offset = slot->tail_offset,
		.is_last_of_group = is_last,
		.kind = entry->kind,
		.stamp = entry->stamp,
		.known_id = entry->known_id};
	int r;

	item.path = join(folder->path, entry->name);
	if (!item.path)
		return -ENOMEM;
	r = scan->plan ? plan_add(scan->plan, &item) : 0;
	if (r == 0 && !scan->plan && !item.known_id) {
		CLEANUP(freep) char *escaped = text_escape_new(item.path);
		struct event event = {.type = EVENT_FILE_PLANNED,
			.file = escaped,
			.size_bytes = entry->stamp.size_bytes};

		if (escaped)
			report_event(scan->run, &event);
	}
	free(item.path);
	return r;
}

/* By group, and within it by name: indices of entries, which are sorted by name. */
static int compare_by_group(const void *a, const void *b, void *userdata)
{
	const struct group_slot *slots = userdata;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (slots[x].group != slots[y].group)
		return slots[x].group < slots[y].group ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int plan_group(struct scan *scan, const struct folder *folder, const size_t *order,
	size_t count, const struct group_slot *slots)
{
	bool has_new = false;

	for (size_t i = 0; i < count; i++)
		has_new |= !scan->entries[order[i]].known_id;
	for (size_t i = 0; has_new && i < count; i++) {
		int r = plan_entry(
			scan, folder, &scan->entries[order[i]], &slots[order[i]], i + 1 == count);

		if (r < 0)
			return r;
	}
	return 0;
}

static int plan_groups(struct scan *scan, const struct folder *folder)
{
	size_t count = scan->entries_count;
	CLEANUP(freep) const char **names = calloc(count + 1, sizeof(*names));
	CLEANUP(freep) struct group_slot *slots = calloc(count + 1, sizeof(*slots));
	CLEANUP(freep) size_t *order = calloc(count + 1, sizeof(*order));
	int r = names && slots && order ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < count; i++) {
		names[i] = scan->entries[i].name;
		order[i] = i;
	}
	if (r == 0)
		r = group_folder(names, count, slots);
	if (r < 0)
		return r;
	qsort_r(order, count, sizeof(*order), compare_by_group, slots);
	for (size_t start = 0, end; r == 0 && start < count; start = end) {
		for (end = start + 1;
			end < count && slots[order[end]].group == slots[order[start]].group; end++)
			;
		r = plan_group(scan, folder, order + start, end - start, slots);
	}
	return r;
}

static int enter(struct scan *scan, const struct folder *folder, int *dir_fd)
{
	struct statx st;

	*dir_fd = fd_open_dir_beneath(scan->run->card.fd, folder->path);
	if (*dir_fd < 0)
		return *dir_fd;
	if (statx(*dir_fd, "", AT_EMPTY_PATH, STATX_INO, &st) < 0)
		return -errno;
	scan->ancestors[folder->depth].inode = st.stx_ino;
	scan->ancestors[folder->depth].device_major = st.stx_dev_major;
	scan->ancestors[folder->depth].device_minor = st.stx_dev_minor;
	/* A damaged FAT can have a folder that is its own parent. */
	for (unsigned i = 0; i < folder->depth; i++)
		if (scan->ancestors[i].inode == st.stx_ino &&
			scan->ancestors[i].device_major == st.stx_dev_major &&
			scan->ancestors[i].device_minor == st.stx_dev_minor)
			return -ELOOP;
	return read_names(scan, *dir_fd);
}

/* A folder that cannot be read is named, and the rest goes on; unless the card is gone. */
static int on_unreadable(struct scan *scan, const struct folder *folder, int error)
{
	char escaped[4096];

	if (error == -ENOMEM)
		return error;
	if (card_is_gone(&scan->run->card)) {
		run_stop(scan->run, FAULT_CARD_PULLED, error);
		return 0;
	}
	if (folder->depth == 0) {
		run_stop(scan->run, FAULT_CARD_UNREADABLE, error);
		return 0;
	}
	(void)text_escape(folder->path, escaped, sizeof(escaped));
	if (error == -EACCES && !strcmp(folder->path, "lost+found")) {
		/* ext4's own folder, closed to all but root: not the camera's. */
		report_left_out(scan->run, escaped, select_answer_name(SELECT_DROPPING));
		return 0;
	}
	report_folder_failed(scan->run, escaped,
		error == -ELOOP ? FAULT_FOLDER_TOO_DEEP : FAULT_FOLDER_UNREADABLE, error);
	return 0;
}

static int scan_folder(struct scan *scan, const struct folder *folder)
{
	struct folder *waiting = TAKE_PTR(scan->folders);
	CLEANUP(fd_closep) int dir_fd = -1;
	struct folder **last;
	int failed, r = 0;

	failed = enter(scan, folder, &dir_fd);
	/* What could be listed before an error is still taken. Folders are pushed from the last. */
	for (size_t i = scan->names_count; r == 0 && i-- > 0 && !run_should_stop(scan->run);)
		r = look_at_name(scan, folder, dir_fd, &scan->names[i]);
	/* From the last to the first: turn the files around again. */
	for (size_t i = 0, j = scan->entries_count; i + 1 < j; i++) {
		struct entry swap = scan->entries[i];

		scan->entries[i] = scan->entries[--j];
		scan->entries[j] = swap;
	}
	if (r == 0 && !run_should_stop(scan->run))
		r = plan_groups(scan, folder);
	if (r == 0 && failed < 0)
		r = on_unreadable(scan, folder, failed);
	for (last = &scan->folders; *last; last = &(*last)->next)
		;
	*last = waiting;
	forget_names(scan);
	return r;
}

static int scan_all(struct scan *scan)
{
	int r = push_folder(scan, "", "", 0);

	while (r == 0 && scan->folders && !run_should_stop(scan->run)) {
		CLEANUP(freep) struct folder *folder = scan->folders;

		scan->folders = folder->next;
		r = scan_folder(scan, folder);
	}
	while (scan->folders) {
		struct folder *folder = scan->folders;

		scan->folders = folder->next;
		free(folder);
	}
	forget_names(scan);
	free(scan->names);
	free(scan->entries);
	free(scan->buffer);
	return r;
}

int scan_card(struct run *run, struct ledger *ledger, struct plan **ret)
{
	struct scan scan = {.run = run, .ledger = ledger};
	int r = 0;

	if (ret)
		r = plan_new(&scan.plan, &run->tank);
	if (r == 0)
		r = scan_all(&scan);
	if (r == 0 && scan.plan)
		r = plan_rewind(scan.plan);
	if (r < 0) {
		plan_free(scan.plan);
		return r;
	}
	if (ret)
		*ret = scan.plan;
	return 0;
}
