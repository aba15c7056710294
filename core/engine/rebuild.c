/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rebuild.c - makes a lost or damaged ledger again, and completes one that has forgotten something.
 *
 * From the manifests, as far as the files they name are there with the same
 * size and mtime; whatever else lies in images/ is read and added (unasked only a little: an
 * automatic rebuild must not keep a card waiting for hours). No file is called verified by it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/engine/open.h"
#include "core/engine/run.h"

#define FILES_PER_COMMIT 1000
#define FOLDER_DEPTH_MAX 16
#define ASIDE_BYTES 96
/* A power cut leaves at most a batch of pictures without their lines in a manifest. */
#define UNASKED_BYTES_MAX (UINT64_C(1) << 30)

struct rebuild {
	struct tank *tank;
	struct ledger *ledger;
	struct engine_rebuild_result *result;
	uint8_t *buffer;
	uint64_t may_read_bytes; /* of pictures that no manifest tells of */
	bool only_looks; /* -EBADMSG at the first picture that the ledger does not know */
	bool is_shared; /* others write to the ledger meanwhile: it is held for moments only */
	uint32_t uncommitted;
};

/* Around what belongs together; alone with the ledger there is one long change. */
static int begin_change(struct rebuild *rebuild)
{
	return rebuild->is_shared ? ledger_begin(rebuild->ledger) : 0;
}

static int end_change(struct rebuild *rebuild, int r)
{
	if (!rebuild->is_shared)
		return r;
	if (r == 0)
		r = ledger_commit(rebuild->ledger);
	if (r < 0)
		ledger_rollback(rebuild->ledger);
	return r;
}

static int commit_sometimes(struct rebuild *rebuild)
{
	int r;

	if (rebuild->is_shared || ++rebuild->uncommitted < FILES_PER_COMMIT)
		return 0;
	rebuild->uncommitted = 0;
	r = ledger_commit(rebuild->ledger);
	return r < 0 ? r : ledger_begin(rebuild->ledger);
}

static int add_durable(struct rebuild *rebuild, struct ledger_file *file)
{
	int r = ledger_add_file(rebuild->ledger, file);

	if (r == 0)
		r = ledger_set_durable(rebuild->ledger, file->id, file->mtime_ns);
	return r < 0 ? r : commit_sometimes(rebuild);
}

static int remember_source(struct rebuild *rebuild, const struct manifest_entry *entry, int64_t id)
{
	const struct ledger_card card = {.identity = entry->card, .label = "", .fs_type = ""};
	int64_t card_id;
	int r = ledger_card(rebuild->ledger, &card, &card_id);

	if (r < 0)
		return r;
	return ledger_add_source(rebuild->ledger, card_id, entry->source_path, &entry->stamp, id);
}

/* 1: nothing of it was forgotten. */
static int is_remembered(struct rebuild *rebuild, const struct manifest_entry *entry)
{
	struct ledger_file file;
	int64_t card_id;
	int r = ledger_find_card(rebuild->ledger, entry->card, &card_id);

	return r <= 0 ? r
		      : ledger_find_source(
				rebuild->ledger, card_id, entry->source_path, &entry->stamp, &file);
}

static int take_entry(struct rebuild *rebuild, const struct manifest_entry *entry, bool is_there)
{
	struct ledger_file file = entry->file, known;
	int r = 0;

	if (file.sequence)
		r = ledger_raise_sequence(rebuild->ledger, file.sequence);
	if (r < 0 || !is_there)
		return r;
	r = ledger_find_content(rebuild->ledger, file.hash, file.size_bytes, &known);
	if (r < 0)
		return r;
	if (r == 1) {
		file.id = known.id; /* the same content from another card, or twice on this one */
	} else {
		file.import_id = 0;
		r = add_durable(rebuild, &file);
		if (r == -EEXIST)
			return 0; /* two manifests disagree about this name: reading it decides */
		if (r < 0)
			return r;
		rebuild->result->files_from_manifests++;
	}
	return remember_source(rebuild, entry, file.id);
}

static int on_entry(const struct manifest_entry *entry, void *userdata)
{
	const struct ledger_file *file = &entry->file;
	struct rebuild *rebuild = userdata;
	bool is_there;
	int r;

	if (tank_is_cancelled(rebuild->tank))
		return -ECANCELED;
	r = rebuild->is_shared ? is_remembered(rebuild, entry) : 0;
	if (r != 0)
		return r < 0 ? r : 0;
	is_there = tank_has_file(
			   rebuild->tank, file->tank_path, file->size_bytes, file->mtime_ns) == 1;
	rebuild->result->files_missing += !is_there;
	r = begin_change(rebuild);
	if (r == 0)
		r = take_entry(rebuild, entry, is_there);
	return end_change(rebuild, r);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted names of a folder's entries; the caller frees all of it. */
static int list_folder(int folder_fd, char ***ret, size_t *count)
{
	int fd = fcntl(folder_fd, F_DUPFD_CLOEXEC, 3);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	char **names = NULL;
	size_t room = 0;
	int r = 0;

	*count = 0;
	if (!dir) {
		r = -errno;
		fd_close(fd);
		return r;
	}
	while (r == 0 && (errno = 0, entry = readdir(dir))) {
		char **more = names;

		if (entry->d_name[0] == '.')
			continue;
		if (*count == room) {
			room = room ? room * 2 : 64;
			more = reallocarray(names, room, sizeof(*names));
		}
		if (more)
			names = more;
		if (!more || !(names[*count] = strdup(entry->d_name)))
			r = -ENOMEM;
		else
			(*count)++;
	}
	if (r == 0 && errno)
		r = -errno;
	(void)closedir(dir);
	if (*count)
		qsort(names, *count, sizeof(*names), compare_names);
	*ret = names;
	return r;
}

static void free_names(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static int read_manifests(struct rebuild *rebuild)
{
	CLEANUP(fd_closep) int folder_fd = fd_open_dir(rebuild->tank->meta_fd, "manifests");
	char **names = NULL;
	size_t count = 0;
	int r;

	if (folder_fd == -ENOENT)
		return 0;
	if (folder_fd < 0)
		return folder_fd;
	r = list_folder(folder_fd, &names, &count);
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = manifest_read(
			folder_fd, names[i], on_entry, rebuild, &rebuild->result->bad_lines);
		if (r == -EBADMSG || r == -EIO || r == -EINVAL || r == -ELOOP) {
			rebuild->result->bad_lines++; /* not one of ours, or unreadable: the others
							 count */
			r = 0;
		}
	}
	free_names(names, count);
	return r;
}

/* The number in "pimg_0042.jpg": the last run of digits before the first dot. */
static uint64_t number_in(const char *name)
{
	const char *end = name + strcspn(name, ".");
	const char *start = end;
	uint64_t number = 0;
	char digits[20];

	while (start > name && start[-1] >= '0' && start[-1] <= '9')
		start--;
	if (end == start ||
		!text_format(digits, sizeof(digits), "%.*s", (int)(end - start), start) ||
		text_parse_u64(digits, 999999999, &number) < 0)
		return 0;
	return number;
}

/* 1: read, and hash is set. 0: it is too much to be read, or cannot be; `imgtank verify` names it.
 */
static int read_unknown(struct rebuild *rebuild, struct ledger_file *file, const char *path)
{
	bool from_disk;
	int r;

	/* No name of ours is longer than there is room for. */
	if (file->size_bytes > rebuild->may_read_bytes ||
		!text_format(file->tank_path, sizeof(file->tank_path), "%s", path))
		return 0;
	rebuild->may_read_bytes -= file->size_bytes;
	r = read_back(rebuild->tank, path, file->size_bytes, rebuild->buffer, rebuild->tank->cancel,
		NULL, NULL, file->hash, &from_disk);
	if (r == -ENOMEM || r == -ECANCELED)
		return r;
	return r == 0;
}

static int take_unknown(struct rebuild *rebuild, struct ledger_file *file, bool is_read)
{
	struct ledger_file known;
	int r = 0;

	if (is_read)
		r = ledger_find_content(rebuild->ledger, file->hash, file->size_bytes, &known);
	if (r != 0 || !is_read)
		return r < 0 ? r : 0;
	r = add_durable(rebuild, file);
	if (r == 0)
		rebuild->result->files_hashed++;
	return r;
}

static int hash_file(struct rebuild *rebuild, const char *path, const struct stat *st)
{
	struct ledger_file file = {.size_bytes = (uint64_t)st->st_size,
		.mtime_ns = clock_timespec_ns(&st->st_mtim),
		.date_source = "none",
		.is_guess = true};
	int is_read, r = ledger_has_path(rebuild->ledger, path);

	if (r != 0)
		return r < 0 ? r : 0;
	if (rebuild->only_looks)
		return -EBADMSG;
	is_read = read_unknown(rebuild, &file, path);
	if (is_read < 0)
		return is_read;
	r = begin_change(rebuild);
	/* Even without reading: a number that a name bears is never given again. */
	if (r == 0)
		r = ledger_raise_sequence(rebuild->ledger, number_in(strrchr(path, '/') + 1));
	if (r == 0)
		r = take_unknown(rebuild, &file, is_read);
	return end_change(rebuild, r);
}

static int walk(struct rebuild *rebuild, const char *folder, unsigned depth);

static int walk_entry(struct rebuild *rebuild, int folder_fd, const char *folder, const char *name,
	unsigned depth)
{
	char path[PATH_MAX];
	struct stat st;

	if (tank_is_cancelled(rebuild->tank))
		return -ECANCELED;
	if (!text_format(path, sizeof(path), "%s/%s", folder, name) ||
		fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISDIR(st.st_mode) && depth < FOLDER_DEPTH_MAX)
		return walk(rebuild, path, depth + 1);
	return S_ISREG(st.st_mode) ? hash_file(rebuild, path, &st) : 0;
}

static int walk(struct rebuild *rebuild, const char *folder, unsigned depth)
{
	CLEANUP(fd_closep) int folder_fd = tank_open_folder(rebuild->tank, folder, false);
	char **names = NULL;
	size_t count = 0;
	int r;

	if (folder_fd < 0)
		return folder_fd == -ENOENT ? 0 : folder_fd;
	r = list_folder(folder_fd, &names, &count);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = walk_entry(rebuild, folder_fd, folder, names[i], depth);
	free_names(names, count);
	return r;
}

static void name_aside(char name[ASIDE_BYTES], int64_t second, const char *part)
{
	(void)snprintf(name, ASIDE_BYTES, "damaged-%" PRId64 "-%s", second, part);
}

/* A second that no other ledger bears; we are alone here. */
static int64_t free_second(const struct tank *tank, const char *part)
{
	int64_t second = clock_wall_ns() / 1000000000;
	struct stat st;
	char name[ASIDE_BYTES];

	name_aside(name, second, part);
	while (fstatat(tank->meta_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		name_aside(name, ++second, part);
	return second;
}

/* Keeps the damaged one for whoever wants to look at it. */
static int set_ledger_aside(struct tank *tank)
{
	static const char *const parts[] = {LEDGER_NAME, LEDGER_NAME "-wal", LEDGER_NAME "-shm"};
	int64_t second = free_second(tank, parts[0]);
	char name[ASIDE_BYTES];

	for (size_t i = 0; i < 3; i++) {
		name_aside(name, second, parts[i]);
		if (renameat(tank->meta_fd, parts[i], tank->meta_fd, name) < 0 && errno != ENOENT)
			return -errno;
	}
	return 0;
}

static int fill(struct rebuild *rebuild, bool full)
{
	int r = rebuild->is_shared ? 0 : ledger_begin(rebuild->ledger);

	if (r == 0 && !full)
		r = read_manifests(rebuild);
	if (r == 0)
		r = walk(rebuild, "images", 0);
	if (r == 0 && !rebuild->is_shared)
		r = ledger_commit(rebuild->ledger);
	if (r < 0)
		ledger_rollback(rebuild->ledger);
	return r;
}

/* In the end the new one is whole and on the disk, under a name that nobody reads. */
static int make_new(struct rebuild *rebuild, bool full)
{
	struct tank *tank = rebuild->tank;
	int r = ledger_make(&rebuild->ledger, tank->path, tank->id);

	rebuild->buffer = read_back_buffer_new();
	if (r == 0 && !rebuild->buffer)
		r = -ENOMEM;
	if (r == 0)
		r = fill(rebuild, full);
	ledger_close(rebuild->ledger);
	free(rebuild->buffer);
	return r == 0 ? tank_barrier(tank) : r;
}

/* A cut in between leaves no ledger at all: it is lost, and made again. */
static int replace_ledger(struct tank *tank)
{
	int r = set_ledger_aside(tank);

	if (r < 0)
		return r;
	if (renameat(tank->meta_fd, LEDGER_NEW_NAME, tank->meta_fd, LEDGER_NAME) < 0)
		return -errno;
	return tank_barrier(tank);
}

/* One that was cut off, cancelled or could not be read to its end must never pass for the ledger:
 * it would have forgotten pictures, and the numbers that they bear. */
static int make_again(
	struct tank *tank, bool full, uint64_t may_read_bytes, struct engine_rebuild_result *result)
{
	struct rebuild rebuild = {.tank = tank, .result = result, .may_read_bytes = may_read_bytes};
	int r = make_new(&rebuild, full);

	if (r == 0)
		r = replace_ledger(tank);
	if (r < 0)
		(void)unlinkat(tank->meta_fd, LEDGER_NEW_NAME, 0);
	return r;
}

static bool is_empty_folder(int dir_fd, const char *name)
{
	CLEANUP(fd_closep) int folder_fd = fd_open_dir(dir_fd, name);
	char **names = NULL;
	size_t count = 0;

	if (folder_fd < 0)
		return true;
	(void)list_folder(folder_fd, &names, &count); /* what it found before an error counts */
	free_names(names, count);
	return count == 0;
}

static bool has_ledger(const struct tank *tank)
{
	struct stat st;

	return fstatat(tank->meta_fd, LEDGER_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > 0;
}

bool has_imported(const struct tank *tank)
{
	return !is_empty_folder(tank->meta_fd, "manifests") || !is_empty_folder(tank->fd, "images");
}

/*
 * No ledger, or one without a byte, beside pictures or manifests: it was lost. Unless another
 * import has just made all of that: then the ledger was there before the others.
 */
static bool is_lost(const struct tank *tank)
{
	return !has_ledger(tank) && has_imported(tank) && !has_ledger(tank);
}

/* 0 and an open ledger, or why it cannot be used; -EBADMSG if it must be made again. */
static int try_ledger(struct ledger **ret, struct tank *tank)
{
	int r = is_lost(tank) ? -EBADMSG : ledger_open(ret, tank->path, tank->id);

	if (r == 0)
		r = ledger_check(*ret);
	if (r < 0) {
		ledger_close(*ret);
		*ret = NULL;
	}
	return r;
}

/* Somebody else may have healed it while we waited for the lock: look once more first. */
static int heal(struct ledger **ret, struct tank *tank)
{
	struct engine_rebuild_result result = {0};
	int r = tank_lock_exclusively(tank);

	if (r < 0)
		return r;
	r = try_ledger(ret, tank);
	if (r == -EBADMSG) {
		r = make_again(tank, false, UNASKED_BYTES_MAX, &result);
		if (r == 0)
			r = ledger_open(ret, tank->path, tank->id);
	}
	tank_lock_shared(tank);
	return r;
}

/* Under the settle lock. */
static int add_forgotten(struct ledger *ledger, struct tank *tank)
{
	struct engine_rebuild_result result = {0};
	struct rebuild rebuild = {.tank = tank,
		.ledger = ledger,
		.result = &result,
		.may_read_bytes = UNASKED_BYTES_MAX,
		.only_looks = true,
		.is_shared = true};
	int r = walk(&rebuild, "images", 0);

	if (r != -EBADMSG)
		return r;
	rebuild.only_looks = false;
	rebuild.buffer = read_back_buffer_new();
	if (!rebuild.buffer)
		return -ENOMEM;
	r = fill(&rebuild, false);
	free(rebuild.buffer);
	return r;
}

/*
 * A ledger can be whole and still be one of yesterday: exFAT loses the end of a log that was
 * growing, a disk what it had promised to keep. The pictures would be copied once more, and their
 * numbers given to others.
 */
static int recall(struct ledger *ledger, struct tank *tank)
{
	int r = tank_settle_lock(tank);

	if (r < 0)
		return r;
	r = add_forgotten(ledger, tank);
	tank_settle_unlock(tank);
	return r;
}

int open_ledger(struct ledger **ret, struct tank *tank, bool *was_damaged)
{
	int r;

	*ret = NULL;
	r = try_ledger(ret, tank);
	*was_damaged = r == -EBADMSG;
	if (*was_damaged)
		return heal(ret, tank);
	if (r == 0 && tank->had_dead_run)
		r = recall(*ret, tank);
	return r;
}

int engine_rebuild(const char *tank_path, bool full, const atomic_bool *cancel,
	struct engine_rebuild_result *result)
{
	const struct tank_options options = {
		.path = tank_path, .owner = (uid_t)-1, .group = (gid_t)-1, .cancel = cancel};
	struct tank tank;
	int r;

	memset(result, 0, sizeof(*result));
	r = tank_open(&tank, &options, &result->fault);
	if (r < 0) {
		result->error = r;
		return r;
	}
	r = tank_lock_exclusively(&tank);
	if (r == 0)
		r = make_again(&tank, full, UINT64_MAX, result);
	tank_close(&tank);
	if (r < 0 && r != -ECANCELED)
		result->fault = tank_fault_of(r);
	result->error = r;
	return r;
}
