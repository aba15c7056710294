/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check.c - reads the whole tank against its ledger, and shows its history.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/engine/open.h"
#include "core/engine/run.h"

struct check {
	const struct engine_verify_options *options;
	struct engine_verify_result *result;
	struct tank *tank;
	struct ledger *ledger;
	uint8_t *buffer;
	struct ledger_totals totals;
	uint64_t files_done;
	uint64_t last_report_usec;
};

static void on_bytes(uint64_t bytes, void *userdata)
{
	struct check *check = userdata;
	uint64_t now_usec = clock_monotonic_usec();

	check->result->bytes_read += bytes;
	if (!check->options->progress || now_usec - check->last_report_usec < 100000)
		return;
	check->last_report_usec = now_usec;
	check->options->progress(check->files_done, check->totals.files, check->result->bytes_read,
		check->totals.bytes, check->options->userdata);
}

static void found(struct check *check, uint64_t *count, enum engine_finding finding,
	const char *path, int error)
{
	(*count)++;
	check->options->finding(finding, path, error, check->options->userdata);
}

static int mark(struct check *check, int64_t file_id, enum ledger_file_state state)
{
	int r = ledger_begin(check->ledger);

	if (r == 0)
		r = ledger_set_state(check->ledger, file_id, state);
	if (r == 0)
		r = ledger_commit(check->ledger);
	if (r < 0)
		ledger_rollback(check->ledger);
	return r;
}

/* A damaged copy whose content is whole elsewhere in the tank is no news any more. */
static int was_replaced(struct check *check, const struct ledger_file *file)
{
	struct ledger_file other;

	return file->state == LEDGER_DAMAGED
		? ledger_find_content(check->ledger, file->hash, file->size_bytes, &other)
		: 0;
}

static int on_good(struct check *check, const struct ledger_file *file, bool from_disk)
{
	check->result->files_good++;
	return file->state != LEDGER_VERIFIED && from_disk ? mark(check, file->id, LEDGER_VERIFIED)
							   : 0;
}

/*
 * What is not as it was does not count any more: the next import of its card copies it again.
 * The file stays where it is: perhaps somebody changed it on purpose. What is missing is seen
 * by the next import itself.
 */
static int on_bad(struct check *check, const struct ledger_file *file, int error)
{
	struct engine_verify_result *result = check->result;

	if (error == -ENOENT || error == -ENOTDIR) {
		found(check, &result->files_missing, ENGINE_MISSING, file->tank_path, error);
		return 0;
	}
	if (error == 0 || error == -ESTALE)
		found(check, &result->files_changed, ENGINE_CHANGED, file->tank_path, error);
	else
		found(check, &result->files_unreadable, ENGINE_UNREADABLE, file->tank_path, error);
	return mark(check, file->id, LEDGER_DAMAGED);
}

static int check_file(struct check *check, const struct ledger_file *file)
{
	uint8_t hash[LEDGER_HASH_BYTES];
	bool from_disk = true;
	int r = was_replaced(check, file);

	if (r != 0)
		return r < 0 ? r : 0;
	r = read_back(check->tank, file->tank_path, file->size_bytes, check->buffer,
		check->options->cancel, on_bytes, check, hash, &from_disk);
	if (r == -ECANCELED || r == -ENOMEM)
		return r;
	check->result->is_from_disk &= from_disk;
	if (r == 0 && !memcmp(hash, file->hash, sizeof(hash)))
		return on_good(check, file, from_disk);
	return on_bad(check, file, r);
}

static int check_files(struct check *check)
{
	struct ledger_file file;
	int64_t after = 0;
	int r;

	while ((r = ledger_next_file(check->ledger, after, LEDGER_ANY_STATE, 0, &file)) == 1) {
		after = file.id;
		if (file.state == LEDGER_PLACING)
			continue; /* of a run at work just now */
		r = check_file(check, &file);
		if (r < 0)
			return r;
		check->files_done++;
	}
	return r;
}

/* nftw(3) has no place for userdata; one check runs in a process at a time. */
static struct check *walking;

static int on_walked(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char escaped[PATH_MAX];
	const char *below = path + strlen(walking->tank->path) + 1;

	(void)ftw;
	(void)st;
	if (type == FTW_D || type == FTW_DP)
		return 0;
	(void)text_escape(below, escaped, sizeof(escaped));
	if (ledger_has_path(walking->ledger, escaped) == 0)
		found(walking, &walking->result->files_unknown, ENGINE_UNKNOWN, escaped, 0);
	return walking->options->cancel && atomic_load(walking->options->cancel) ? 1 : 0;
}

static int find_unknown(struct check *check)
{
	char images[PATH_MAX + 16];

	(void)text_format(images, sizeof(images), "%s/images", check->tank->path);
	walking = check;
	if (nftw(images, on_walked, 16, FTW_PHYS | FTW_MOUNT) < 0)
		return -errno;
	return 0;
}

static int check_tank(struct check *check)
{
	int r = tank_settle_lock(check->tank);

	if (r == 0)
		r = settle_leftovers(check->tank, check->ledger);
	tank_settle_unlock(check->tank);
	if (r == 0)
		r = ledger_totals(check->ledger, &check->totals);
	if (r == 0)
		r = check_files(check);
	if (r == 0)
		r = find_unknown(check);
	return r == 0 ? tank_barrier(check->tank) : r;
}

int engine_verify(const struct engine_verify_options *options, struct engine_verify_result *result)
{
	const struct tank_options tank_options = {.path = options->tank_path,
		.owner = (uid_t)-1,
		.group = (gid_t)-1,
		.cancel = options->cancel};
	struct check check = {.options = options, .result = result};
	struct tank tank;
	bool was_damaged = false;
	int r;

	memset(result, 0, sizeof(*result));
	result->is_from_disk = true;
	r = tank_open(&tank, &tank_options, &result->fault);
	if (r < 0) {
		result->error = r;
		return r;
	}
	check.tank = &tank;
	check.buffer = read_back_buffer_new();
	r = check.buffer ? open_ledger(&check.ledger, &tank, &was_damaged) : -ENOMEM;
	if (r == 0)
		r = check_tank(&check);
	ledger_close(check.ledger);
	free(check.buffer);
	tank_close(&tank);
	if (r < 0 && r != -ECANCELED)
		result->fault = tank_fault_of(r);
	else if (was_damaged)
		result->fault = FAULT_LEDGER_DAMAGED;
	result->error = r;
	return r;
}

/* Before anything was imported: one that is just being made looks like a damaged one. */
static int open_to_look(struct ledger **ret, const struct tank *tank)
{
	int r = ledger_open_read_only(ret, tank->path, tank->id);

	if (r != -EBADMSG)
		return r;
	return has_imported(tank) ? ledger_open_read_only(ret, tank->path, tank->id) : -ENODATA;
}

int engine_history(const char *tank_path,
	bool (*fn)(const struct ledger_import *import, void *userdata), void *userdata,
	enum fault *fault)
{
	CLEANUP(freep) struct ledger_import *import = calloc(1, sizeof(*import));
	struct ledger *ledger = NULL;
	int64_t before = INT64_MAX;
	struct tank tank;
	int r = import ? tank_open_read_only(&tank, tank_path, fault) : -ENOMEM;

	if (r < 0)
		return r;
	r = open_to_look(&ledger, &tank);
	while (r == 0 && (r = ledger_next_import(ledger, before, import)) == 1) {
		before = import->id;
		r = fn(import, userdata) ? 0 : -ECANCELED;
	}
	ledger_close(ledger);
	tank_close(&tank);
	if (r == -ECANCELED || r == -ENODATA)
		r = 0;
	if (r < 0)
		*fault = r == -EBADMSG ? FAULT_LEDGER_DAMAGED : tank_fault_of(r);
	return r;
}
