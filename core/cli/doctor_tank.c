/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/cli/settings.h"
#include "core/ledger/ledger.h"

#define NEARLY_FULL_PERCENT 5
#define PATIENCE_MS 15000 /* reading through the ledger of a large tank takes some seconds */

/* --- judging --- */

static void judge_disk(const struct doctor_tank *tank, struct doctor_report *report)
{
	if (tank->is_not_mounted)
		doctor_find_fault(report, DOCTOR_ERROR, FAULT_TANK_NOT_MOUNTED, tank->path);
	if (tank->is_read_only)
		doctor_find_fault(report, DOCTOR_ERROR, FAULT_TANK_READ_ONLY, tank->path);
	if (tank->fs_errors)
		doctor_find(report, DOCTOR_ERROR, "tank-errors", tank->path,
			"The file system of the tank's disk has noted errors.",
			"What was verified was right when it was read back; no card was changed.",
			"Do not format cards for now. Unmount the disk, run 'e2fsck -f' on it, and "
			"then 'imgtank verify'. If errors come back, replace the disk.");
	if (tank->file_bytes_max <= UINT32_MAX)
		doctor_find(report, DOCTOR_WARNING, "tank-limited", tank->path,
			"The tank's file system (FAT) cannot hold files over 4 GB, as long films "
			"are.",
			"Such a file is named and stays on the card; all others are copied.",
			"When the tank is set up anew, format its disk with ext4 or exFAT.");
	if (tank->read_back == TANK_READ_BACK_NEVER)
		doctor_find(report, DOCTOR_ERROR, "tank-in-memory", tank->path,
			"The tank lies in memory, not on a disk: its pictures are gone with the "
			"power.",
			"No card is called safe to format.",
			"Set path = in the section [tank] to a folder on a disk.");
}

static void judge_room(const struct doctor_tank *tank, struct doctor_report *report)
{
	char text[32];

	if (tank->available_bytes == 0) {
		doctor_find_fault(report, DOCTOR_ERROR, FAULT_TANK_FULL, tank->path);
		return;
	}
	if (tank->available_bytes / NEARLY_FULL_PERCENT >= tank->total_bytes / 100)
		return;
	text_size(tank->available_bytes, text, sizeof(text));
	doctor_find(report, DOCTOR_WARNING, "tank-nearly-full", tank->path,
		"The tank is nearly full.",
		"A card that does not fit is copied as far as it does, and never called safe to "
		"format.",
		"Make room or use a larger disk: %s are left for pictures.", text);
}

static void judge_rights(const struct doctor_tank *tank, struct doctor_report *report)
{
	bool is_wrong_owner = tank->wanted_owner != (uid_t)-1 && tank->owner != tank->wanted_owner;
	bool is_wrong_group = tank->wanted_group != (gid_t)-1 && tank->group != tank->wanted_group;

	if ((tank->mode & S_IRWXU) != S_IRWXU)
		doctor_find(report, DOCTOR_ERROR, "tank-rights", tank->path,
			"Not even its owner may write to the tank's folder.",
			"What is in the tank is unchanged.",
			"Give the right back: chmod u+rwx on its folder images, or on itself.");
	if (is_wrong_owner || is_wrong_group)
		doctor_find(report, DOCTOR_WARNING, "tank-owner", tank->path,
			"The tank's pictures belong to another user or group than the "
			"configuration "
			"says.",
			"They are complete, but those who should use them perhaps cannot.",
			"Change owner = and group = in the section [tank], or run chown -R on the "
			"folder.");
}

static void judge_ledger(const struct doctor_tank *tank, struct doctor_report *report)
{
	int error = tank->ledger_error;

	if (error == -EBADMSG)
		doctor_find(report, DOCTOR_ERROR, "ledger-damaged", tank->path,
			"The tank's ledger is damaged.", "The pictures are not touched by it.",
			"Run 'imgtank rebuild': it makes a new one from them. Have the disk "
			"checked when there is time.");
	else if (error == -ENOENT)
		doctor_find(report, DOCTOR_ERROR, "ledger-lost", tank->path,
			"The tank's ledger is gone.", "The pictures are not touched by it.",
			"Run 'imgtank rebuild': it makes a new one from them.");
	else if (error == -EPROTONOSUPPORT)
		doctor_find_fault(report, DOCTOR_ERROR, FAULT_TANK_NEWER, tank->path);
	else if (error == -EIO)
		doctor_find_fault(report, DOCTOR_ERROR, FAULT_TANK_FAILING, tank->path);
	else if (error < 0)
		doctor_find(report, DOCTOR_NOTE, "ledger-not-read", tank->path,
			"The tank's ledger could not be looked at.", "Nothing was changed.",
			"Ask again as root, or when no card is copied. (The system says: %s.)",
			strerrordesc_np(-error) ?: "?");
	if (tank->has_damaged)
		doctor_find(report, DOCTOR_WARNING, "damaged-copies", tank->path,
			"Copies that did not match their cards were set aside in "
			".imgtank/damaged.",
			"None of them counts as copied; their cards were not called safe to "
			"format.",
			"Check the disk and its cable. Delete that folder when it is of no use any "
			"more.");
}

void doctor_judge_tank(const struct doctor_tank *tank, struct doctor_report *report)
{
	if (tank->fault == FAULT_TANK_MISSING && !tank->is_new) {
		doctor_find(report, DOCTOR_ERROR, "tank-missing", tank->path,
			"The tank's folder is not there.", "Nothing was changed.",
			"Plug in the tank's disk and mount it, or set path = in the section "
			"[tank] to "
			"a folder that exists.");
		return;
	}
	if (tank->error < 0 && !tank->is_new) {
		doctor_find_fault(report, DOCTOR_ERROR, tank->fault, tank->path);
		return;
	}
	judge_disk(tank, report);
	if (tank->is_not_mounted)
		return; /* the rest would be about the wrong disk */
	judge_room(tank, report);
	judge_rights(tank, report);
	if (!tank->is_new)
		judge_ledger(tank, report);
}

/* --- looking --- */

static bool is_on_disk_of(const char *path, const char *folder)
{
	struct stat here, there;

	return stat(path, &here) == 0 && stat(*folder ? folder : "/", &there) == 0 &&
		here.st_dev == there.st_dev;
}

/* What ext4 counts for the disk that path is on. */
static uint64_t read_fs_errors(const char *root, const char *path)
{
	char link[PATH_MAX], target[PATH_MAX], text[32];
	struct stat here;
	uint64_t errors = 0;
	ssize_t length;

	if (stat(path, &here) < 0 ||
		!text_format(link, sizeof(link), "%s/sys/dev/block/%u:%u", root, major(here.st_dev),
			minor(here.st_dev)))
		return 0;
	length = readlink(link, target, sizeof(target) - 1);
	if (length <= 0)
		return 0;
	target[length] = '\0';
	if (!text_format(link, sizeof(link), "%s/sys/fs/ext4/%s/errors_count", root,
		    strrchr(target, '/') ? strrchr(target, '/') + 1 : target) ||
		fd_read_text(AT_FDCWD, link, text, sizeof(text)) < 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	(void)text_parse_u64(text, UINT64_MAX, &errors);
	return errors;
}

static bool has_entries(const char *tank_path, const char *folder)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	bool has_some = false;
	DIR *dir;

	if (!text_format(path, sizeof(path), "%s/%s", tank_path, folder))
		return false;
	dir = opendir(path);
	while (dir && !has_some && (entry = readdir(dir)))
		has_some = entry->d_name[0] != '.';
	if (dir)
		(void)closedir(dir);
	return has_some;
}

static int check_ledger(const struct tank *tank)
{
	struct ledger *ledger = NULL;
	int r = ledger_open_read_only(&ledger, tank->path, tank->id);

	if (r == 0)
		r = ledger_check(ledger);
	ledger_close(ledger);
	return r;
}

static void look_at_room(const char *path, uint64_t keep_free_bytes, struct doctor_tank *facts)
{
	struct statvfs fs;
	uint64_t free_bytes;

	if (statvfs(path, &fs) < 0)
		return;
	free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	facts->total_bytes = (uint64_t)fs.f_blocks * fs.f_frsize;
	facts->available_bytes = free_bytes > keep_free_bytes ? free_bytes - keep_free_bytes : 0;
	facts->is_read_only = (fs.f_flag & ST_RDONLY) != 0;
}

static void look_at_rights(
	const char *path, const struct config_tank *config, struct doctor_tank *facts)
{
	char images[PATH_MAX];
	struct stat here = {.st_mode = S_IRWXU};

	if (!text_format(images, sizeof(images), "%s/images", path) || stat(images, &here) < 0) {
		(void)stat(path, &here);
		facts->wanted_owner = (uid_t)-1; /* the first import gives it away */
		facts->wanted_group = (gid_t)-1;
	} else {
		(void)settings_find_user(config->owner, &facts->wanted_owner);
		(void)settings_find_group(config->group, &facts->wanted_group);
	}
	facts->mode = here.st_mode;
	facts->owner = here.st_uid;
	facts->group = here.st_gid;
}

static void look(const struct doctor_scope *scope, struct doctor_report *report)
{
	CLEANUP(freep) struct tank *tank = calloc(1, sizeof(*tank));
	const struct config *config = scope->config;
	struct doctor_tank facts = {.path = config->tank.path};

	if (!tank)
		return;
	facts.error = tank_open_read_only(tank, facts.path, &facts.fault);
	facts.is_new = facts.error == -ENOENT && access(facts.path, F_OK) == 0;
	facts.is_not_mounted =
		config_requires_mount(config, facts.path) && is_on_disk_of(facts.path, scope->root);
	facts.read_back = tank->read_back; /* known also of a folder that is no tank yet */
	facts.file_bytes_max = tank->file_bytes_max;
	(void)text_format(facts.fs_name, sizeof(facts.fs_name), "%s", tank->fs_name);
	look_at_room(facts.path, config->tank.keep_free_bytes, &facts);
	look_at_rights(facts.path, &config->tank, &facts);
	facts.fs_errors = read_fs_errors(scope->root, facts.path);
	facts.has_damaged = has_entries(facts.path, ".imgtank/damaged");
	if (facts.error == 0) {
		facts.ledger_error = check_ledger(tank);
		tank_close(tank);
	}
	doctor_looked(report, "the tank %s: its disk, room, rights and ledger", facts.path);
	doctor_judge_tank(&facts, report);
}

struct tank_job {
	const struct doctor_scope *scope;
	struct doctor_report report;
};

static void run_job(void *userdata)
{
	struct tank_job *job = userdata;

	look(job->scope, &job->report);
}

bool doctor_check_tank(const struct doctor_scope *scope, struct doctor_report *report)
{
	struct tank_job *job = calloc(1, sizeof(*job));

	if (!job)
		return true;
	job->scope = scope;
	if (!doctor_run_within(PATIENCE_MS, run_job, job)) {
		doctor_find_fault(
			report, DOCTOR_ERROR, FAULT_TANK_FAILING, scope->config->tank.path);
		return false;
	}
	doctor_append(report, &job->report);
	free(job);
	return true;
}
