/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * verify.c - reads what was copied back from the disk, not from the page cache,
 * and compares it with what was read from the card; beside the copying of later files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/text.h"
#include "core/engine/run.h"

#define MARKS_MAX 64
#define MARKS_USEC 500000u
#define ALIGNMENT 4096u /* enough for O_DIRECT on every disk of today */

uint8_t *read_back_buffer_new(void)
{
	return aligned_alloc(ALIGNMENT, READ_BACK_BUFFER_BYTES);
}

/* Is any page of this part of the file in memory? If the kernel will not say: yes. */
static bool is_cached(int fd, off_t offset, size_t size_bytes)
{
	size_t pages = (size_bytes + ALIGNMENT - 1) / ALIGNMENT;
	uint8_t resident[READ_BACK_BUFFER_BYTES / ALIGNMENT];
	bool is_any = true;
	void *map = mmap(NULL, size_bytes, PROT_READ, MAP_SHARED, fd, offset);

	if (map == MAP_FAILED)
		return true;
	if (mincore(map, size_bytes, resident) == 0) {
		is_any = false;
		for (size_t i = 0; i < pages; i++)
			is_any |= resident[i] & 1;
	}
	(void)munmap(map, size_bytes);
	return is_any;
}

struct reading {
	int fd;
	uint64_t size_bytes;
	bool is_direct, must_drop;
	bool from_disk;
};

static void prepare_reading(const struct tank *tank, struct reading *reading)
{
	int flags = fcntl(reading->fd, F_GETFL);

	reading->is_direct = flags >= 0 && fcntl(reading->fd, F_SETFL, flags | O_DIRECT) == 0;
	reading->from_disk = tank->read_back != TANK_READ_BACK_NEVER;
	reading->must_drop = tank->read_back == TANK_READ_BACK_DROP || !reading->is_direct;
	if (reading->must_drop)
		(void)posix_fadvise(reading->fd, 0, 0, POSIX_FADV_DONTNEED); /* is_cached() tells */
}

static ssize_t read_some(struct reading *reading, uint8_t *buffer, uint64_t offset)
{
	uint64_t left = reading->size_bytes - offset;
	size_t length = left < READ_BACK_BUFFER_BYTES ? (size_t)left : READ_BACK_BUFFER_BYTES;
	ssize_t n;

	if (reading->must_drop && is_cached(reading->fd, (off_t)offset, length))
		reading->from_disk = false;
	do {
		/* A direct read asks for whole blocks; the end of the file makes it short. */
		n = pread(reading->fd, buffer, READ_BACK_BUFFER_BYTES, (off_t)offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EINVAL && reading->is_direct) {
		int flags = fcntl(reading->fd, F_GETFL);

		/* This file system takes the flag but cannot do it: through the cache, emptied. */
		reading->is_direct = false;
		reading->must_drop = true;
		if (flags < 0 || fcntl(reading->fd, F_SETFL, flags & ~O_DIRECT) < 0)
			return -EIO;
		(void)posix_fadvise(reading->fd, 0, 0, POSIX_FADV_DONTNEED);
		return read_some(reading, buffer, offset);
	}
	return n < 0 ? -errno : n;
}

static int hash_all(struct reading *reading, XXH3_state_t *state, uint8_t *buffer,
	const atomic_bool *cancel, void (*progress)(uint64_t bytes, void *userdata), void *userdata)
{
	uint64_t done = 0;

	(void)XXH3_128bits_reset(state);
	while (done < reading->size_bytes) {
		ssize_t n;

		if (cancel && atomic_load(cancel))
			return -ECANCELED;
		n = read_some(reading, buffer, done);
		if (n < 0)
			return (int)n;
		if (n == 0 || (uint64_t)n > reading->size_bytes - done)
			return -ESTALE; /* shorter or longer than it was */
		(void)XXH3_128bits_update(state, buffer, (size_t)n);
		done += (uint64_t)n;
		if (progress)
			progress((uint64_t)n, userdata);
	}
	return 0;
}

int read_back(const struct tank *tank, const char *path, uint64_t size_bytes, uint8_t *buffer,
	const atomic_bool *cancel, void (*progress)(uint64_t bytes, void *userdata), void *userdata,
	uint8_t hash[LEDGER_HASH_BYTES], bool *from_disk)
{
	CLEANUP(fd_closep) int fd = fd_open_beneath(tank->fd, path);
	struct reading reading = {.fd = fd, .size_bytes = size_bytes};
	XXH128_canonical_t canonical;
	XXH3_state_t *state;
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size != size_bytes)
		return -ESTALE;
	state = XXH3_createState();
	if (!state)
		return -ENOMEM;
	prepare_reading(tank, &reading);
	r = hash_all(&reading, state, buffer, cancel, progress, userdata);
	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state));
	(void)XXH3_freeState(state);
	memcpy(hash, canonical.digest, LEDGER_HASH_BYTES);
	*from_disk = reading.from_disk;
	return r;
}

struct verifier {
	struct run *run;
	struct ledger *ledger;
	uint8_t *buffer;
	int64_t marks[MARKS_MAX]; /* verified, to be written down */
	size_t marks_count;
	uint64_t first_mark_usec;
};

static int write_marks(struct verifier *verifier)
{
	int r;

	if (verifier->marks_count == 0)
		return 0;
	r = ledger_begin(verifier->ledger);
	for (size_t i = 0; r == 0 && i < verifier->marks_count; i++)
		r = ledger_set_verified(verifier->ledger, verifier->marks[i]);
	if (r == 0)
		r = ledger_commit(verifier->ledger);
	if (r < 0)
		ledger_rollback(verifier->ledger);
	verifier->marks_count = 0;
	return r;
}

static int mark(struct verifier *verifier, int64_t file_id)
{
	if (verifier->marks_count == 0)
		verifier->first_mark_usec = clock_monotonic_usec();
	verifier->marks[verifier->marks_count++] = file_id;
	return verifier->marks_count == MARKS_MAX ? write_marks(verifier) : 0;
}

static void on_bytes(uint64_t bytes, void *userdata)
{
	struct run *run = userdata;

	report_add(run, NULL, 0, &run->counts.bytes_verified, bytes);
}

static void tell_verified(struct run *run, const struct ledger_file *file)
{
	struct event event = {.type = EVENT_FILE_VERIFIED,
		.tank_path = file->tank_path,
		.size_bytes = file->size_bytes};

	report_add(run, &run->counts.files_verified, 1, NULL, 0);
	report_event(run, &event);
}

/* Is it the copy that is bad? Too few descriptors or rights say nothing about it. */
static bool shows_damage(int error)
{
	return error == -EILSEQ || error == -ESTALE || error == -EIO || error == -ENOENT;
}

/*
 * Out of the way first, so that nobody takes it for the picture; then the ledger lets go of it,
 * and the next import copies it again. What could not be moved stays as it is, unverified.
 */
static int put_aside(struct verifier *verifier, const struct ledger_file *file)
{
	int r = tank_set_aside(&verifier->run->tank, file->tank_path);

	if (r < 0 && r != -ENOENT)
		return 0;
	tank_drop_thumbnail(&verifier->run->tank, file->tank_path);
	r = ledger_begin(verifier->ledger);
	if (r == 0)
		r = ledger_set_state(verifier->ledger, file->id, LEDGER_DAMAGED);
	if (r == 0)
		r = ledger_drop_sources(verifier->ledger, file->id);
	if (r == 0)
		r = ledger_commit(verifier->ledger);
	if (r < 0)
		ledger_rollback(verifier->ledger);
	return r;
}

static int compare(struct verifier *verifier, const struct ledger_file *file, bool *from_disk)
{
	struct run *run = verifier->run;
	uint8_t hash[LEDGER_HASH_BYTES];
	int r = read_back(&run->tank, file->tank_path, file->size_bytes, verifier->buffer,
		run->options->cancel, on_bytes, run, hash, from_disk);

	if (r < 0)
		return r;
	return memcmp(hash, file->hash, sizeof(hash)) ? -EILSEQ : 0;
}

/* In the words of the card, where that is known: that is where the user looks for it. */
static void tell_failed(struct verifier *verifier, const struct ledger_file *file, int error)
{
	struct run *run = verifier->run;
	enum fault fault = error == -EILSEQ || error == -ESTALE ? FAULT_VERIFY_MISMATCH
								: FAULT_VERIFY_UNREADABLE;
	char path[4096];

	if (ledger_source_path(verifier->ledger, run->card_id, file->id, path, sizeof(path)) != 1)
		(void)text_format(path, sizeof(path), "%s", file->tank_path);
	report_file_failed(run, path, fault, error, file->size_bytes);
}

static int verify_file(struct verifier *verifier, const struct ledger_file *file)
{
	struct run *run = verifier->run;
	bool from_disk = false;
	int r = compare(verifier, file, &from_disk);

	if (r == -EILSEQ || r == -EIO)
		r = compare(verifier, file, &from_disk); /* the cable's fault or the disk's? */
	if (r == -ECANCELED || r == -ENOMEM)
		return r;
	if (r == 0 && !from_disk) {
		/* Equal, but perhaps only in memory: that is not called verified. */
		if (!atomic_exchange(&run->read_back_failed, true))
			report_notice(run, FAULT_VERIFY_NOT_FROM_DISK, 0, NULL, 0);
		return 0;
	}
	if (r == 0) {
		tell_verified(run, file);
		return mark(verifier, file->id);
	}
	tell_failed(verifier, file, r);
	return shows_damage(r) ? put_aside(verifier, file) : 0;
}

static int verify_id(struct verifier *verifier, int64_t file_id, bool must_read)
{
	struct run *run = verifier->run;
	struct ledger_file file;
	int r = ledger_file_by_id(verifier->ledger, file_id, &file);

	if (r < 0)
		return r;
	if (r == 0)
		return -EBADMSG;
	for (size_t i = 0; i < verifier->marks_count; i++)
		if (verifier->marks[i] == file_id) {
			file.state = LEDGER_VERIFIED;
			must_read = false;
		}
	if (file.state == LEDGER_DAMAGED) {
		tell_failed(verifier, &file, -EILSEQ); /* the same content twice on this card */
		return 0;
	}
	if (file.state == LEDGER_VERIFIED && !must_read) {
		on_bytes(file.size_bytes, run);
		tell_verified(run, &file);
		return 0;
	}
	return verify_file(verifier, &file);
}

static void verify_all(struct verifier *verifier)
{
	struct run *run = verifier->run;
	struct id_pair pair;
	int r = 0;

	while (r == 0) {
		uint64_t deadline_usec =
			verifier->marks_count ? verifier->first_mark_usec + MARKS_USEC : 0;

		if (id_queue_pop(&run->to_verify, deadline_usec, &pair)) {
			if (run_is_cancelled(run))
				break;
			r = verify_id(verifier, pair.file_id, pair.must_read);
		} else if (verifier->marks_count) {
			r = write_marks(verifier);
		} else {
			break;
		}
	}
	if (r == 0)
		r = write_marks(verifier);
	if (r < 0 && r != -ECANCELED)
		run_stop(run, tank_fault_of(r), r);
}

void *verify_thread(void *userdata)
{
	struct run *run = userdata;
	struct verifier verifier = {.run = run, .buffer = read_back_buffer_new()};
	int r = verifier.buffer ? ledger_open(&verifier.ledger, run->tank.path, run->tank.id)
				: -ENOMEM;

	if (r == 0)
		verify_all(&verifier);
	else
		run_stop(run, tank_fault_of(r), r);
	ledger_close(verifier.ledger);
	free(verifier.buffer);
	return NULL;
}
