/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settle.c - gives copied files their names, in batches that share the disk's flushes.
 *
 * In this order, so that a power cut at any instant leaves whole files or none:
 *   1. barrier: the data of the batch's temporaries is on the disk
 *   2. ledger: names are given, state "placing"
 *   3. publish: each temporary gets its name, never in place of another file
 *   4. manifest lines; barrier: names, manifest and ledger are on the disk
 *   5. ledger: state "durable", and which card's file this is
 * A run that dies between 2 and 5 leaves "placing" entries; whoever holds the settle lock
 * next looks at each: a whole file under the name is kept, a name without a file is dropped.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/engine/run.h"

#define BATCH_FILES_MAX 1000
#define BATCH_BYTES_MAX (256u << 20)
#define BATCH_USEC 2000000u
#define CLASHES_MAX 10000
#define LEFTOVERS_MAX 64

struct batch {
	struct item *first, **last;
	size_t files;
	uint64_t bytes;
};

struct settler {
	struct run *run;
	struct ledger *ledger;
};

/* ---- leftovers of dead runs ---------------------------------------------------------- */

struct leftover {
	int64_t file_id, mtime_ns;
	enum { LEFTOVER_DROP, LEFTOVER_KEEP, LEFTOVER_UNREADABLE } what;
};

static int keep_or_set_aside(struct tank *tank, const struct ledger_file *file, uint8_t *buffer,
	struct leftover *leftover)
{
	uint8_t hash[LEDGER_HASH_BYTES];
	struct stat st;
	bool from_disk;
	int r;

	*leftover = (struct leftover){.file_id = file->id, .what = LEFTOVER_DROP};
	if (fstatat(tank->fd, file->tank_path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	leftover->mtime_ns = clock_timespec_ns(&st.st_mtim);
	r = read_back(tank, file->tank_path, file->size_bytes, buffer, NULL, NULL, NULL, hash,
		&from_disk);
	if (r == 0 && !memcmp(hash, file->hash, sizeof(hash))) {
		leftover->what = LEFTOVER_KEEP;
		return 0;
	}
	/* A disk that forgot what it had promised: out of the way, and copied again. */
	if (r == 0 || r == -ESTALE)
		return tank_set_aside(tank, file->tank_path);
	/* One unreadable file must not keep the rest of the tank from working. */
	leftover->what = LEFTOVER_UNREADABLE;
	return r == -EIO ? 0 : r;
}

static int write_leftover(struct ledger *ledger, const struct leftover *leftover)
{
	switch (leftover->what) {
	case LEFTOVER_KEEP:
		return ledger_set_durable(ledger, leftover->file_id, leftover->mtime_ns);
	case LEFTOVER_UNREADABLE:
		return ledger_set_state(ledger, leftover->file_id, LEDGER_DAMAGED);
	case LEFTOVER_DROP:
		break;
	}
	return ledger_drop_file(ledger, leftover->file_id);
}

static int write_leftovers(
	struct ledger *ledger, const struct leftover *leftovers, size_t leftovers_count)
{
	int r = ledger_begin(ledger);

	for (size_t i = 0; r == 0 && i < leftovers_count; i++)
		r = write_leftover(ledger, &leftovers[i]);
	if (r == 0)
		r = ledger_commit(ledger);
	if (r < 0)
		ledger_rollback(ledger);
	return r;
}

/* Some at a time: the ledger is not held while they are read, for others write to it meanwhile. */
static int settle_each_leftover(struct tank *tank, struct ledger *ledger, uint8_t *buffer)
{
	struct leftover leftovers[LEFTOVERS_MAX];
	struct ledger_file file;
	int64_t after = 0;
	size_t count = 0;
	int r;

	while ((r = ledger_next_file(ledger, after, LEDGER_PLACING, 0, &file)) == 1) {
		after = file.id;
		r = keep_or_set_aside(tank, &file, buffer, &leftovers[count++]);
		if (r == 0 && count == LEFTOVERS_MAX) {
			r = write_leftovers(ledger, leftovers, count);
			count = 0;
		}
		if (r < 0)
			return r;
	}
	return r == 0 && count ? write_leftovers(ledger, leftovers, count) : r;
}

int settle_leftovers(struct tank *tank, struct ledger *ledger)
{
	struct ledger_file file;
	CLEANUP(freep) uint8_t *buffer = NULL;
	int r = ledger_next_file(ledger, 0, LEDGER_PLACING, 0, &file);

	if (r <= 0)
		return r;
	buffer = read_back_buffer_new();
	if (!buffer)
		return -ENOMEM;
	r = tank_barrier(tank);
	return r == 0 ? settle_each_leftover(tank, ledger, buffer) : r;
}

/* ---- what a file is and is called ---------------------------------------------------- */

static bool brings_date(const struct item *item)
{
	return item->has_facts && item->facts.capture_time[0];
}

/* Local time where the file knows it, else what it has; QuickTime's may be in UTC, and says so. */
static struct capture_candidate candidate_of(const struct item *item)
{
	struct capture_candidate candidate = {0};

	if (!brings_date(item))
		return candidate;
	candidate.time =
		item->facts.local_time[0] ? item->facts.local_time : item->facts.capture_time;
	candidate.source = media_date_source_name((enum media_date_source)item->facts.date_source);
	return candidate;
}

/* Whose date the group takes: a picture's before a film's before the rest. */
static int date_rank(const struct item *item)
{
	switch (item->kind) {
	case FILE_KIND_PICTURE:
		return 4;
	case FILE_KIND_RAW:
		return 3;
	case FILE_KIND_FILM:
		return 2;
	case FILE_KIND_SOUND:
	case FILE_KIND_OTHER:
		return 1;
	case FILE_KIND_SIDECAR:
		return 0;
	}
	return 0;
}

struct group {
	struct item *first; /* count items of the batch's list, in a row */
	size_t count;
	const struct item *dater; /* whose own date serves the others; or NULL */
	struct ledger_file known; /* a member that is in the tank already */
	bool has_known;
	uint64_t sequence; /* 0: not drawn yet */
	char folder_and_stem[1024]; /* of a partner whose name is taken up; or "" */
};

static void find_dater(const struct run *run, struct group *group)
{
	struct item *item = group->first;

	for (size_t i = 0; i < group->count; i++, item = item->next) {
		struct capture_candidate candidate = candidate_of(item);

		if (item->error || item->known_id || !candidate.time ||
			!capture_is_plausible(candidate.time, &run->clock))
			continue;
		if (!group->dater || date_rank(item) > date_rank(group->dater))
			group->dater = item;
	}
}

static void decide_date(const struct run *run, const struct group *group, struct item *item)
{
	struct capture_candidate own = candidate_of(item), partner = {0};

	if (group->dater && group->dater != item) {
		partner = candidate_of(group->dater);
		/* One shot, one date: the group's best member speaks for all of them. */
		if (date_rank(group->dater) > date_rank(item))
			own = (struct capture_candidate){0};
	} else if (!group->dater && group->has_known && !group->known.is_guess) {
		partner.time = group->known.capture_time;
	}
	capture_decide(&own, &partner, item->stamp.mtime_ns, run->card.mtime_is_wall_clock,
		&run->clock, &item->date);
}

/* Lower-case stem of the name on the card: what partners on two cards have in common. */
static void stem_of(const struct item *item, char *stem, size_t stem_bytes)
{
	const char *name = item->path + item->name_offset;
	char raw[256];
	size_t length = item->tail_offset < sizeof(raw) ? item->tail_offset : sizeof(raw) - 1;

	memcpy(raw, name, length);
	raw[length] = '\0';
	text_lower_ascii(raw);
	(void)text_escape(raw, stem, stem_bytes);
}

static void describe(struct run *run, struct item *item)
{
	struct ledger_file *file = &item->file;

	memcpy(file->hash, item->hash, sizeof(file->hash));
	file->size_bytes = item->stamp.size_bytes;
	file->import_id = run->import_id;
	(void)text_format(file->capture_time, sizeof(file->capture_time), "%s", item->date.time);
	(void)text_format(file->date_source, sizeof(file->date_source), "%s", item->date.source);
	file->is_guess = item->date.is_guess;
	if (item->has_facts) {
		(void)text_format(file->make, sizeof(file->make), "%s", item->facts.make);
		(void)text_format(file->model, sizeof(file->model), "%s", item->facts.model);
	}
	stem_of(item, file->stem, sizeof(file->stem));
}

/* ---- is it there already? ------------------------------------------------------------ */

/* 1: file is whole in the tank. 0: it is not, and the ledger now knows that. */
static int is_still_there(struct settler *settler, const struct ledger_file *file)
{
	int r = tank_has_file(
		&settler->run->tank, file->tank_path, file->size_bytes, file->mtime_ns);

	if (r == 0 || r == -ESTALE) {
		tank_drop_thumbnail(&settler->run->tank, file->tank_path);
		r = ledger_set_state(settler->ledger, file->id, LEDGER_DAMAGED);
		return r < 0 ? r : 0;
	}
	return r;
}

static struct item *find_in_batch(struct batch *batch, const struct item *until)
{
	for (struct item *item = batch->first; item && item != until; item = item->next)
		if (item->is_new && item->stamp.size_bytes == until->stamp.size_bytes &&
			!memcmp(item->hash, until->hash, sizeof(item->hash)))
			return item;
	return NULL;
}

/* Fills item->file if the tank has this content: 1. 0: it is new. */
static int find_content(struct settler *settler, struct batch *batch, struct item *item)
{
	struct ledger_file found;
	int r;

	while ((r = ledger_find_content(
			settler->ledger, item->hash, item->stamp.size_bytes, &found)) == 1) {
		if (found.state == LEDGER_PLACING) {
			item->same_as = find_in_batch(batch, item);
			if (item->same_as)
				return 1;
			return -EBADMSG; /* leftovers were settled before: this cannot be */
		}
		r = is_still_there(settler, &found);
		if (r < 0)
			return r;
		if (r == 1) {
			item->file = found;
			return 1;
		}
	}
	return r;
}

/* ---- names --------------------------------------------------------------------------- */

static bool needs_sequence(const struct engine_options *options)
{
	return options->naming == NAMING_UNIQUE ||
		(options->naming == NAMING_TEMPLATE &&
			name_template_uses_sequence(options->template));
}

/* A shot that came on another card, or whose other half came before: its number serves. */
static int find_partner(struct settler *settler, struct group *group)
{
	struct item *item = group->first;
	struct ledger_file partner;
	int r = 0;

	if (group->has_known && group->known.sequence) {
		group->sequence = group->known.sequence;
		return 0;
	}
	for (size_t i = 0; i < group->count; i++, item = item->next) {
		if (!item->is_new || item->date.is_guess || !item->file.model[0])
			continue;
		r = ledger_find_partner(settler->ledger, item->file.stem, item->file.capture_time,
			item->file.make, item->file.model, &partner);
		if (r < 0)
			return r;
		if (r == 1) {
			group->sequence = partner.sequence;
			return 0;
		}
	}
	return 0;
}

static int build_path(struct settler *settler, const struct group *group, const struct item *item,
	uint32_t attempt, char *path, size_t path_bytes)
{
	const struct run *run = settler->run;
	const struct engine_options *options = run->options;
	char below_images[NAME_PATH_BYTES_MAX];
	struct name_input input = {.naming = options->naming,
		.template = options->template,
		.prefix = options->prefix ? options->prefix : "pimg_",
		.name = item->path + item->name_offset,
		.tail_offset = item->tail_offset,
		.time = item->date.time,
		.make = item->file.make,
		.model = item->file.model,
		.card_label = run->card.label,
		.sequence = group->sequence,
		.attempt = options->naming == NAMING_UNIQUE ? 0 : attempt};
	int r = name_build(&input, below_images, sizeof(below_images));

	if (r < 0)
		return r;
	return text_format(path, path_bytes, "images/%s", below_images) ? 0 : -ENAMETOOLONG;
}

/* 1: free, in the ledger's whole memory and on the disk. 0: taken. */
static int is_free(struct settler *settler, const char *path)
{
	struct stat st;
	int r = ledger_has_path(settler->ledger, path);

	if (r != 0)
		return r < 0 ? r : 0;
	if (fstatat(settler->run->tank.fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (errno == ENAMETOOLONG)
		return -ENAMETOOLONG;
	return errno == ENOENT || errno == ENOTDIR ? 1 : -errno;
}

/* Do all new members have a free name with this number or suffix? 1, 0 or an error. */
static int try_names(struct settler *settler, struct group *group, uint32_t attempt)
{
	struct item *item = group->first;

	for (size_t i = 0; i < group->count; i++, item = item->next) {
		int r;

		if (!item->is_new)
			continue;
		r = build_path(settler, group, item, attempt, item->file.tank_path,
			sizeof(item->file.tank_path));
		if (r == 0)
			r = is_free(settler, item->file.tank_path);
		if (r <= 0)
			return r;
		item->file.sequence = group->sequence;
	}
	return 1;
}

static int draw_number(struct settler *settler, struct group *group)
{
	return needs_sequence(settler->run->options)
		? ledger_draw_sequence(settler->ledger, 1, &group->sequence)
		: 0;
}

static int choose_names(struct settler *settler, struct group *group)
{
	int r = needs_sequence(settler->run->options) ? find_partner(settler, group) : 0;

	if (r == 0 && !group->sequence)
		r = draw_number(settler, group);
	for (uint32_t attempt = 0; r == 0 && attempt < CLASHES_MAX; attempt++) {
		if (attempt > 0)
			r = draw_number(settler, group);
		if (r == 0)
			r = try_names(settler, group, attempt);
	}
	if (r == 1)
		return 0;
	return r < 0 ? r : -EEXIST;
}

static void fail_item(struct settler *settler, struct item *item, enum fault fault, int error)
{
	struct run *run = settler->run;

	/* It was counted as copied when it was read. */
	report_add(run, NULL, 0, &run->counts.bytes_copied, 0 - item->stamp.size_bytes);
	report_file_failed(run, item->escaped_path, fault, error, item->stamp.size_bytes);
	item->error = error;
	item->is_new = false;
}

/* Two groups of one batch must not get the same name: each is added before the next is asked. */
static int add_group(struct settler *settler, struct group *group)
{
	struct item *item = group->first;
	int r = choose_names(settler, group);

	if (r == -ENAMETOOLONG || r == -EEXIST) {
		for (size_t i = 0; i < group->count; i++, item = item->next)
			if (item->is_new)
				fail_item(settler, item, FAULT_FILE_NAME, r);
		return 0;
	}
	for (size_t i = 0; r == 0 && i < group->count; i++, item = item->next)
		if (item->is_new)
			r = ledger_add_file(settler->ledger, &item->file);
	return r;
}

static int name_group(struct settler *settler, struct batch *batch, struct group *group)
{
	struct item *item = group->first;
	bool has_new = false;

	find_dater(settler->run, group);
	for (size_t i = 0; i < group->count; i++, item = item->next) {
		int r = 0;

		if (item->known_id) {
			r = ledger_file_by_id(settler->ledger, item->known_id, &group->known);
			group->has_known |= r == 1;
		} else if (!item->error) {
			r = find_content(settler, batch, item);
			if (r == 1 && !item->same_as) {
				group->known = item->file;
				group->has_known = true;
			}
			item->is_new = r == 0;
			has_new |= item->is_new;
		}
		if (r < 0)
			return r;
	}
	item = group->first;
	for (size_t i = 0; i < group->count; i++, item = item->next) {
		if (!item->is_new)
			continue;
		decide_date(settler->run, group, item);
		describe(settler->run, item);
	}
	return has_new ? add_group(settler, group) : 0;
}

static int name_batch(struct settler *settler, struct batch *batch)
{
	struct item *item = batch->first;
	int r = ledger_begin(settler->ledger);

	while (r == 0 && item) {
		struct group group = {.first = item};

		for (bool is_last = false; item && !is_last; item = item->next) {
			is_last = item->is_last_of_group;
			group.count++;
		}
		r = name_group(settler, batch, &group);
	}
	if (r == 0)
		r = ledger_commit(settler->ledger);
	if (r < 0)
		ledger_rollback(settler->ledger);
	return r;
}

/* ---- publishing ---------------------------------------------------------------------- */

/* Somebody who is not imgtank took the name in this very moment: this file gets another. */
static int rename_item(struct settler *settler, struct item *item)
{
	struct group group = {.first = item, .count = 1};
	struct item *next = TAKE_PTR(item->next);
	int r = ledger_begin(settler->ledger);

	if (r == 0)
		r = ledger_drop_file(settler->ledger, item->file.id);
	if (r == 0)
		r = add_group(settler, &group);
	if (r == 0)
		r = ledger_commit(settler->ledger);
	if (r < 0)
		ledger_rollback(settler->ledger);
	item->next = next;
	return r;
}

static int publish_item(struct settler *settler, struct item *item)
{
	struct run *run = settler->run;
	struct stat st;
	int r;

	while (item->is_new) {
		if (fstat(item->temp.fd, &st) < 0)
			return -errno;
		item->file.mtime_ns = clock_timespec_ns(&st.st_mtim);
		r = tank_publish(&run->tank, &item->temp, item->file.tank_path);
		if (r != -EEXIST)
			break;
		r = rename_item(settler, item);
		if (r < 0)
			return r;
	}
	if (!item->is_new)
		return 0;
	/* The name is one that this file system cannot have; another file's may be fine. */
	if (r == -EINVAL || r == -EILSEQ || r == -ENAMETOOLONG) {
		(void)ledger_drop_file(settler->ledger, item->file.id);
		fail_item(settler, item, FAULT_FILE_NAME, r);
		return 0;
	}
	return r;
}

static void resolve_same(struct settler *settler, struct item *item)
{
	if (!item->same_as)
		return;
	if (item->same_as->is_new)
		item->file = item->same_as->file;
	else
		fail_item(settler, item, FAULT_FILE_NOT_STORED, item->same_as->error);
}

static bool stands_for_file(const struct item *item)
{
	return !item->known_id && !item->error;
}

static int keep_in_manifest(struct settler *settler, const struct item *item)
{
	CLEANUP(freep) struct manifest_entry *entry = calloc(1, sizeof(*entry));
	struct run *run = settler->run;

	if (!entry)
		return -ENOMEM;
	entry->file = item->file;
	entry->stamp = item->stamp;
	(void)text_format(entry->card, sizeof(entry->card), "%s", run->card.identity);
	if (!text_format(entry->source_path, sizeof(entry->source_path), "%s", item->escaped_path))
		return 0; /* too long a path to find again: its content still tells */
	return manifest_append(run->manifest, entry);
}

static int publish_batch(struct settler *settler, struct batch *batch)
{
	int r = 0;

	for (struct item *item = batch->first; r == 0 && item; item = item->next)
		if (item->is_new)
			r = publish_item(settler, item);
	for (struct item *item = batch->first; r == 0 && item; item = item->next) {
		if (!stands_for_file(item))
			continue;
		resolve_same(settler, item);
		if (!item->error)
			r = keep_in_manifest(settler, item);
	}
	return r;
}

static int record_batch(struct settler *settler, struct batch *batch)
{
	struct run *run = settler->run;
	int r = ledger_begin(settler->ledger);

	for (struct item *item = batch->first; r == 0 && item; item = item->next) {
		if (!stands_for_file(item))
			continue;
		if (item->is_new)
			r = ledger_set_durable(settler->ledger, item->file.id, item->file.mtime_ns);
		if (r == 0)
			r = ledger_add_source(settler->ledger, run->card_id, item->escaped_path,
				&item->stamp, item->file.id);
	}
	if (r == 0)
		r = ledger_commit(settler->ledger);
	if (r < 0)
		ledger_rollback(settler->ledger);
	return r;
}

/* ---- telling ------------------------------------------------------------------------- */

static void tell_stored(struct run *run, const struct item *item)
{
	char hash[33], camera[160];
	struct event event = {.type = item->is_new ? EVENT_FILE_COPIED : EVENT_FILE_KNOWN,
		.file = item->escaped_path,
		.tank_path = item->file.tank_path,
		.size_bytes = item->stamp.size_bytes,
		.hash = hash,
		.capture_time = item->file.capture_time,
		.date_source = item->file.date_source,
		.is_guess = item->file.is_guess,
		.camera = camera};

	ledger_hash_to_text(item->file.hash, hash);
	text_camera(item->file.make, item->file.model, camera, sizeof(camera));
	report_event(run, &event);
}

/* A film's still: the THM that the camera made, or the picture that it belongs to. */
static const struct item *still_of(const struct item *first, const struct item *film)
{
	const struct item *still = NULL;

	for (const struct item *item = first; item; item = item->next) {
		const char *tail = item->path + item->name_offset + item->tail_offset;

		if (item->is_new && item != film &&
			(item->kind == FILE_KIND_PICTURE || !strcasecmp(tail, ".thm")))
			still = item;
		if (item->is_last_of_group)
			break;
	}
	return still;
}

static int ask_for_thumbnail(struct run *run, const struct item *first, const struct item *item)
{
	struct id_pair pair = {.file_id = item->file.id};
	const struct item *still;

	if (!item->is_new || !run->options->thumbnails)
		return 0;
	if (item->kind == FILE_KIND_FILM) {
		still = still_of(first, item);
		if (!still)
			return 0;
		pair.of_id = still->file.id;
	}
	return id_queue_push(&run->to_thumb, pair);
}

static void hand_on(struct run *run, const struct item *first, const struct item *item)
{
	struct id_pair pair = {.file_id = item->file.id};
	bool is_verified = !item->is_new && item->file.state == LEDGER_VERIFIED;
	int r = 0;

	if (run->options->verify) {
		/* What comes again may have come to mend it: it is read once more. */
		pair.must_read = is_verified;
		report_add(run, NULL, 0, &run->counts.bytes_to_verify, item->stamp.size_bytes);
		r = id_queue_push(&run->to_verify, pair);
	} else if (is_verified) {
		report_add(run, &run->counts.files_verified, 1, NULL, 0);
	}
	if (r == 0)
		r = ask_for_thumbnail(run, first, item);
	if (r < 0)
		run_stop(run, FAULT_INTERNAL, r);
}

static void tell_batch(struct run *run, const struct batch *batch)
{
	struct import_counts *counts = &run->counts;
	const struct item *group = batch->first, *next_group = group;

	for (const struct item *item = batch->first; item; item = item->next) {
		uint64_t size = item->stamp.size_bytes;

		group = next_group;
		if (item->is_last_of_group)
			next_group = item->next;
		if (!stands_for_file(item))
			continue;
		tell_stored(run, item);
		if (item->is_new) {
			report_add(run, &counts->files_copied, 1, NULL, 0);
		} else {
			report_add(run, &counts->files_known, 1, &counts->bytes_known, size);
			report_add(run, &counts->files_same_content, 1, &counts->bytes_copied,
				0 - size);
		}
		hand_on(run, group, item);
	}
}

/* ---- batches ------------------------------------------------------------------------- */

static int settle_under_lock(struct settler *settler, struct batch *batch)
{
	struct run *run = settler->run;
	int r = settle_leftovers(&run->tank, settler->ledger);

	if (r == 0)
		r = name_batch(settler, batch);
	if (r == 0)
		r = publish_batch(settler, batch);
	if (r == 0)
		r = tank_barrier(&run->tank);
	if (r == 0) {
		manifest_settled(run->manifest);
		r = record_batch(settler, batch);
	}
	return r;
}

static int settle_batch(struct settler *settler, struct batch *batch)
{
	struct run *run = settler->run;
	int r = tank_barrier(&run->tank); /* data first, before any of it has a name */

	if (r == 0)
		r = tank_settle_lock(&run->tank);
	if (r < 0)
		return r;
	r = settle_under_lock(settler, batch);
	tank_forget_folder(&run->tank);
	tank_settle_unlock(&run->tank);
	if (r == 0)
		tell_batch(run, batch);
	return r;
}

static void drop_batch(struct run *run, struct batch *batch)
{
	while (batch->first) {
		struct item *item = batch->first;

		batch->first = item->next;
		tank_temp_drop(&run->tank, &item->temp);
		item_free(item);
	}
}

static void add_to_batch(struct batch *batch, struct item *item)
{
	*batch->last = item;
	batch->last = &item->next;
	batch->files++;
	batch->bytes += item->known_id ? 0 : item->stamp.size_bytes;
}

/* Whole groups, until the batch is worth its flushes or its first file has waited long enough. */
static bool gather_batch(struct run *run, struct batch *batch)
{
	uint64_t deadline_usec = 0;
	struct item *item;

	*batch = (struct batch){.last = &batch->first};
	for (;;) {
		item = item_queue_pop(&run->dated, deadline_usec);
		if (!item)
			return batch->first != NULL;
		if (!deadline_usec)
			deadline_usec = clock_monotonic_usec() + BATCH_USEC;
		add_to_batch(batch, item);
		while (!item->is_last_of_group) {
			/* A group's last member always comes, or the end does. */
			item = item_queue_pop(&run->dated, 0);
			if (!item)
				return true;
			add_to_batch(batch, item);
		}
		if (batch->files >= BATCH_FILES_MAX || batch->bytes >= BATCH_BYTES_MAX ||
			clock_monotonic_usec() >= deadline_usec)
			return true;
	}
}

/* After an error of the disk nothing on its way can be trusted; a full disk spoils only what did
 * not fit. */
static bool may_settle(const struct run *run)
{
	int fault = atomic_load(&run->stop_fault);

	return fault == FAULT_NONE || fault == FAULT_TANK_FULL || fault == FAULT_CARD_PULLED ||
		fault == FAULT_CARD_UNREADABLE;
}

static void settle_all(struct settler *settler)
{
	struct run *run = settler->run;
	struct batch batch;

	while (gather_batch(run, &batch)) {
		int r = may_settle(run) ? settle_batch(settler, &batch) : 0;

		if (r < 0) {
			atomic_store(&run->bytes_missing, batch.bytes);
			run_stop(run, tank_fault_of(r), r);
		}
		drop_batch(run, &batch);
	}
}

/* Without a ledger nothing is settled, but the queue must still run empty. */
static void drain(struct run *run)
{
	struct batch batch;

	while (gather_batch(run, &batch))
		drop_batch(run, &batch);
}

void *settle_thread(void *userdata)
{
	struct run *run = userdata;
	struct settler settler = {.run = run};
	int r = ledger_open(&settler.ledger, run->tank.path, run->tank.id);

	if (r == 0) {
		settle_all(&settler);
	} else {
		run_stop(run, tank_fault_of(r), r);
		drain(run);
	}
	ledger_close(settler.ledger);
	return NULL;
}
