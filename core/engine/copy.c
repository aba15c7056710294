/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * copy.c - reads each planned file of the card once, hashes it on the way, and
 * writes it into a temporary on the tank.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "core/base/cleanup.h"
#include "core/base/fd.h"
#include "core/engine/run.h"

#define CHUNK_BYTES (1u << 20)
#define PIECE_BYTES                                                                                \
	4096u /* a card's bad block costs no more than this, if it can be read at all              \
	       */
#define READ_TRIES 3
#define WRITE_BEHIND_BYTES (8u << 20)

struct copier {
	struct run *run;
	uint8_t *buffer;
	XXH3_state_t *hash;
};

static int stamp_of(int fd, struct ledger_stamp *stamp)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
		return -errno;
	stamp->size_bytes = st.stx_size;
	stamp->mtime_ns = st.stx_mtime.tv_sec * 1000000000 + (int64_t)st.stx_mtime.tv_nsec;
	stamp->ctime_ns = st.stx_ctime.tv_sec * 1000000000 + (int64_t)st.stx_ctime.tv_nsec;
	stamp->btime_ns = st.stx_mask & STATX_BTIME
		? st.stx_btime.tv_sec * 1000000000 + (int64_t)st.stx_btime.tv_nsec
		: 0;
	return 0;
}

static bool stamps_differ(const struct ledger_stamp *a, const struct ledger_stamp *b)
{
	return a->size_bytes != b->size_bytes || a->mtime_ns != b->mtime_ns ||
		a->ctime_ns != b->ctime_ns || a->btime_ns != b->btime_ns;
}

/* A block that failed once may be read by a smaller request: the others around it are saved. */
static ssize_t read_in_pieces(struct copier *copier, int fd, size_t size_bytes, off_t offset)
{
	size_t done = 0;

	while (done < size_bytes) {
		size_t piece = size_bytes - done < PIECE_BYTES ? size_bytes - done : PIECE_BYTES;
		ssize_t n = -EIO;

		for (int tries = 0; tries < READ_TRIES && n < 0; tries++) {
			if (run_should_stop(copier->run) || card_is_gone(&copier->run->card))
				return -EIO;
			n = fd_pread_full(fd, copier->buffer + done, piece, offset + (off_t)done);
			if (n < 0 && n != -EIO)
				return n;
		}
		if (n < 0)
			return n;
		done += (size_t)n;
		if ((size_t)n < piece)
			break;
	}
	return (ssize_t)done;
}

static ssize_t read_chunk(struct copier *copier, int fd, off_t offset)
{
	ssize_t n = fd_pread_full(fd, copier->buffer, CHUNK_BYTES, offset);

	if (n != -EIO || card_is_gone(&copier->run->card))
		return n;
	(void)posix_fadvise(fd, offset, CHUNK_BYTES, POSIX_FADV_DONTNEED);
	return read_in_pieces(copier, fd, CHUNK_BYTES, offset);
}

static bool is_all_zero(const uint8_t *bytes, size_t size_bytes)
{
	return bytes[0] == 0 && !memcmp(bytes, bytes + 1, size_bytes - 1);
}

/* Zeros need no blocks on the disk: the end of the file is set afterwards. */
static int write_chunk(int fd, const uint8_t *bytes, size_t size_bytes, off_t offset)
{
	size_t done = 0;

	if (size_bytes == CHUNK_BYTES && is_all_zero(bytes, size_bytes))
		return 0;
	while (done < size_bytes) {
		ssize_t n = pwrite(fd, bytes + done, size_bytes - done, offset + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		done += (size_t)n;
	}
	return 0;
}

/* Who failed: the card (read) or the tank (write)? They end differently. */
enum copy_side { SIDE_NONE, SIDE_CARD, SIDE_TANK };

static int copy_stream(struct copier *copier, int source_fd, int temp_fd, uint64_t *copied_bytes,
	enum copy_side *side)
{
	uint64_t behind = 0;

	*copied_bytes = 0;
	(void)XXH3_128bits_reset(copier->hash);
	for (;;) {
		ssize_t n = read_chunk(copier, source_fd, (off_t)*copied_bytes);
		int r;

		*side = SIDE_CARD;
		if (n <= 0)
			return (int)n;
		(void)XXH3_128bits_update(copier->hash, copier->buffer, (size_t)n);
		*side = SIDE_TANK;
		r = write_chunk(temp_fd, copier->buffer, (size_t)n, (off_t)*copied_bytes);
		if (r < 0)
			return r;
		*copied_bytes += (uint64_t)n;
		report_add(copier->run, NULL, 0, &copier->run->counts.bytes_copied, (uint64_t)n);
		if (*copied_bytes - behind >= WRITE_BEHIND_BYTES) {
			/* Start the disk early, so that the barrier later is short. Only a hint. */
			(void)sync_file_range(temp_fd, (off_t)behind,
				(off_t)(*copied_bytes - behind), SYNC_FILE_RANGE_WRITE);
			behind = *copied_bytes;
		}
		if (run_should_stop(copier->run))
			return -ECANCELED;
	}
}

/* One pass over the source. -ESTALE: it changed under our hands. */
static int copy_once(struct copier *copier, struct item *item, int source_fd, enum copy_side *side)
{
	struct ledger_stamp before, after;
	uint64_t copied_bytes = 0;
	XXH128_canonical_t canonical;
	int r;

	*side = SIDE_CARD;
	r = stamp_of(source_fd, &before);
	if (r < 0)
		return r;
	r = copy_stream(copier, source_fd, item->temp.fd, &copied_bytes, side);
	if (r == 0) {
		*side = SIDE_TANK;
		r = ftruncate(item->temp.fd, (off_t)copied_bytes) < 0 ? -errno : 0;
	}
	if (r == 0) {
		*side = SIDE_CARD;
		r = stamp_of(source_fd, &after);
	}
	if (r == 0 && (stamps_differ(&before, &after) || copied_bytes != after.size_bytes))
		r = -ESTALE;
	if (r < 0) {
		report_add(
			copier->run, NULL, 0, &copier->run->counts.bytes_copied, 0 - copied_bytes);
		return r;
	}
	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(copier->hash));
	memcpy(item->hash, canonical.digest, sizeof(item->hash));
	/* It may have grown since the scan. */
	report_add(copier->run, NULL, 0, &copier->run->counts.bytes_selected,
		after.size_bytes - item->stamp.size_bytes);
	item->stamp = after;
	return 0;
}

static int copy_into_temp(
	struct copier *copier, struct item *item, int source_fd, enum copy_side *side)
{
	int r;

	*side = SIDE_TANK;
	r = tank_temp_create(&copier->run->tank, &item->temp);
	if (r < 0)
		return r;
	r = copy_once(copier, item, source_fd, side);
	if (r == -ESTALE) {
		/* Perhaps something had just finished writing it: once more, from the start. */
		*side = SIDE_TANK;
		if (ftruncate(item->temp.fd, 0) < 0)
			return -errno;
		r = copy_once(copier, item, source_fd, side);
	}
	if (r == 0) {
		*side = SIDE_TANK;
		r = tank_temp_finish(&copier->run->tank, &item->temp, item->stamp.mtime_ns);
	}
	return r;
}

static enum fault source_fault(int error)
{
	switch (error) {
	case -ESTALE:
		return FAULT_FILE_CHANGED;
	case -ENOENT:
	case -ENOTDIR:
		return FAULT_FILE_VANISHED;
	case -EACCES:
	case -EPERM:
		return FAULT_FILE_DENIED;
	default:
		return FAULT_FILE_UNREADABLE;
	}
}

/* What is still to come, less what is free: what a person must make room for. */
static void stop_because_full(struct run *run, int error)
{
	struct import_counts counts = report_counts(run);
	uint64_t done = counts.bytes_known + counts.bytes_copied + counts.bytes_failed;
	uint64_t left = counts.bytes_selected > done ? counts.bytes_selected - done : 0;
	uint64_t free_bytes = 0;

	(void)tank_free_bytes(&run->tank, &free_bytes); /* then nothing counts as free */
	atomic_store(&run->bytes_missing, left > free_bytes ? left - free_bytes : 1);
	run_stop(run, FAULT_TANK_FULL, error);
}

static void on_tank_error(struct run *run, struct item *item, int error)
{
	if (error == -EFBIG) {
		report_file_failed(
			run, item->escaped_path, FAULT_FILE_TOO_BIG, error, item->stamp.size_bytes);
		return;
	}
	if (tank_fault_of(error) == FAULT_TANK_FULL)
		stop_because_full(run, error);
	else
		run_stop(run, tank_fault_of(error), error);
}

static void on_copy_error(struct run *run, struct item *item, enum copy_side side, int error)
{
	item->error = error;
	tank_temp_drop(&run->tank, &item->temp);
	if (run_should_stop(run))
		return; /* the reason is known; this file just was not reached */
	if (side == SIDE_TANK) {
		on_tank_error(run, item, error);
		return;
	}
	if (card_is_gone(&run->card)) {
		run_stop(run, FAULT_CARD_PULLED, error);
		return;
	}
	report_file_failed(
		run, item->escaped_path, source_fault(error), error, item->stamp.size_bytes);
}

static bool has_room(struct run *run, const struct item *item)
{
	uint64_t free_bytes;

	/* What cannot be asked shows when it is written. */
	return tank_free_bytes(&run->tank, &free_bytes) < 0 || free_bytes >= item->stamp.size_bytes;
}

static void copy_item(struct copier *copier, struct item *item)
{
	struct run *run = copier->run;
	CLEANUP(fd_closep) int source_fd = -1;
	enum copy_side side = SIDE_CARD;
	int r;

	report_current_file(run, item->escaped_path);
	source_fd = fd_open_beneath(run->card.fd, item->path);
	if (source_fd < 0) {
		on_copy_error(run, item, SIDE_CARD, source_fd);
		return;
	}
	if (!has_room(run, item)) {
		on_copy_error(run, item, SIDE_TANK, -ENOSPC);
		return;
	}
	(void)posix_fadvise(source_fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	r = copy_into_temp(copier, item, source_fd, &side);
	if (r < 0)
		on_copy_error(run, item, side, r);
}

static int copy_all(struct copier *copier, struct plan *plan)
{
	struct item *item;
	int r;

	while (!run_should_stop(copier->run) && (r = plan_next(plan, &item)) != 0) {
		if (r < 0)
			return r;
		if (!item->known_id)
			copy_item(copier, item);
		item_queue_push(&copier->run->copied, item);
	}
	return 0;
}

int copy_planned(struct run *run, struct plan *plan)
{
	struct copier copier = {.run = run};
	int r = -ENOMEM;

	copier.buffer = aligned_alloc(4096, CHUNK_BYTES);
	copier.hash = XXH3_createState();
	if (copier.buffer && copier.hash)
		r = copy_all(&copier, plan);
	(void)XXH3_freeState(copier.hash);
	free(copier.buffer);
	return r;
}
