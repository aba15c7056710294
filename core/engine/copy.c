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
/* So many files are opened ahead, so that the card is never idle between two of them. */
#define AHEAD_FILES 8
#define AHEAD_BYTES (2u << 20)

struct copier {
	struct run *run;
	struct plan *plan;
	uint8_t *buffer;
	XXH3_state_t *hash;
	struct item *ahead[AHEAD_FILES]; /* a ring: opened, and the card told to read on */
	size_t ahead_first, ahead_count;
	bool plan_is_done;
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

static ssize_t read_chunk(struct copier *copier, int fd, size_t size_bytes, off_t offset)
{
	ssize_t n = fd_pread_full(fd, copier->buffer, size_bytes, offset);

	if (n != -EIO || card_is_gone(&copier->run->card))
		return n;
	(void)posix_fadvise(fd, offset, CHUNK_BYTES, POSIX_FADV_DONTNEED);
	return read_in_pieces(copier, fd, size_bytes, offset);
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

static int copy_chunk(struct copier *copier, int source_fd, int temp_fd, uint64_t offset,
	uint64_t size_bytes, enum copy_side *side)
{
	size_t length =
		size_bytes - offset < CHUNK_BYTES ? (size_t)(size_bytes - offset) : CHUNK_BYTES;
	ssize_t n;
	int r;

	*side = SIDE_CARD;
	if (size_bytes - offset > CHUNK_BYTES)
		(void)posix_fadvise(
			source_fd, (off_t)(offset + CHUNK_BYTES), AHEAD_BYTES, POSIX_FADV_WILLNEED);
	n = read_chunk(copier, source_fd, length, (off_t)offset);
	if (n < 0)
		return (int)n;
	if ((size_t)n < length)
		return -ESTALE; /* shorter than it said */
	(void)XXH3_128bits_update(copier->hash, copier->buffer, length);
	*side = SIDE_TANK;
	r = write_chunk(temp_fd, copier->buffer, length, (off_t)offset);
	return r < 0 ? r : (int)length;
}

static int copy_stream(struct copier *copier, int source_fd, int temp_fd, uint64_t size_bytes,
	uint64_t *copied_bytes, enum copy_side *side)
{
	uint64_t behind = 0;

	(void)XXH3_128bits_reset(copier->hash);
	while (*copied_bytes < size_bytes) {
		int n = copy_chunk(copier, source_fd, temp_fd, *copied_bytes, size_bytes, side);

		if (n < 0)
			return n;
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
	return 0;
}

/* One pass over the source. -ESTALE: it changed under our hands. */
static int copy_once(struct copier *copier, struct item *item, int source_fd, enum copy_side *side)
{
	struct ledger_stamp before, after = {0};
	uint64_t copied_bytes = 0;
	XXH128_canonical_t canonical;
	int r;

	*side = SIDE_CARD;
	r = stamp_of(source_fd, &before);
	if (r < 0)
		return r;
	r = copy_stream(copier, source_fd, item->temp.fd, before.size_bytes, &copied_bytes, side);
	if (r == 0) {
		*side = SIDE_TANK;
		r = ftruncate(item->temp.fd, (off_t)copied_bytes) < 0 ? -errno : 0;
	}
	if (r == 0) {
		*side = SIDE_CARD;
		r = stamp_of(source_fd, &after);
	}
	if (r == 0 && (stamps_differ(&before, &after)))
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

/* Better not begun than cut off in the middle. */
static int fits(struct run *run, const struct item *item)
{
	uint64_t free_bytes;

	if (item->stamp.size_bytes > run->tank.file_bytes_max)
		return -EFBIG;
	if (tank_free_bytes(&run->tank, &free_bytes) < 0)
		return 0; /* what cannot be asked shows when it is written */
	return free_bytes >= item->stamp.size_bytes ? 0 : -ENOSPC;
}

static void copy_item(struct copier *copier, struct item *item)
{
	struct run *run = copier->run;
	enum copy_side side = SIDE_CARD;
	int r = item->source_fd;

	report_current_file(run, item->escaped_path);
	if (r >= 0) {
		side = SIDE_TANK;
		r = fits(run, item);
	}
	if (r >= 0)
		r = copy_into_temp(copier, item, item->source_fd, &side);
	if (r < 0)
		on_copy_error(run, item, side, r);
	fd_close(item->source_fd);
	item->source_fd = -1;
}

static void open_ahead(struct copier *copier, struct item *item)
{
	item->source_fd = fd_open_beneath(copier->run->card.fd, item->path);
	if (item->source_fd < 0)
		return;
	(void)posix_fadvise(item->source_fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	(void)posix_fadvise(item->source_fd, 0, CHUNK_BYTES, POSIX_FADV_WILLNEED);
}

static int fill_ahead(struct copier *copier)
{
	while (!copier->plan_is_done && copier->ahead_count < AHEAD_FILES) {
		size_t slot = (copier->ahead_first + copier->ahead_count) % AHEAD_FILES;
		int r = plan_next(copier->plan, &copier->ahead[slot]);

		if (r < 0)
			return r;
		if (r == 0) {
			copier->plan_is_done = true;
			break;
		}
		copier->ahead_count++;
		if (!copier->ahead[slot]->known_id)
			open_ahead(copier, copier->ahead[slot]);
	}
	return 0;
}

static struct item *take_ahead(struct copier *copier)
{
	struct item *item = copier->ahead[copier->ahead_first];

	copier->ahead_first = (copier->ahead_first + 1) % AHEAD_FILES;
	copier->ahead_count--;
	return item;
}

static int copy_all(struct copier *copier)
{
	int r = 0;

	while (!run_should_stop(copier->run) && (r = fill_ahead(copier)) == 0 &&
		copier->ahead_count) {
		struct item *item = take_ahead(copier);

		if (!item->known_id)
			copy_item(copier, item);
		item_queue_push(&copier->run->copied, item);
	}
	while (copier->ahead_count)
		item_free(take_ahead(copier));
	return r;
}

int copy_planned(struct run *run, struct plan *plan)
{
	struct copier copier = {.run = run, .plan = plan};
	int r = -ENOMEM;

	copier.buffer = aligned_alloc(4096, CHUNK_BYTES);
	copier.hash = XXH3_createState();
	if (copier.buffer && copier.hash)
		r = copy_all(&copier);
	(void)XXH3_freeState(copier.hash);
	free(copier.buffer);
	return r;
}
