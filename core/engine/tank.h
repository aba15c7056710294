/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tank.h - the folder on the tank's disk: its layout, locks, temporaries, and
 * the only ways in which a file gets its final name and becomes durable.
 *
 *   images/       the pictures, under their final names, complete and read-only
 *   thumbnails/   small JPEGs at the same relative paths
 *   .imgtank/     id, ledger.db, manifests/, damaged/ (copies that did not match,
 *                 set aside), tmp/RUN/ (temporaries of one run), locks
 *
 * Locks (flock): .imgtank/lock is held shared by every run and exclusively by
 * whoever replaces the ledger; .imgtank/settle.lock by whoever gives names;
 * tmp/RUN/lock for the life of a run, so that what a dead run left is known (one that ends in order
 * calls its folder tmp/over-RUN while it removes it).
 */
#ifndef IMGTANK_CORE_ENGINE_TANK_H
#define IMGTANK_CORE_ENGINE_TANK_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/faults.h"

#define TANK_ID_BYTES 33

struct tank_options {
	const char *path;
	bool may_create; /* make the folder itself if only its last part is missing */
	bool require_mount; /* refuse if it lies on the system's own disk */
	uint64_t keep_free_bytes;
	uid_t owner; /* (uid_t)-1: as it is */
	gid_t group;
	const atomic_bool *cancel; /* ends a wait for others; outlives the tank; may be NULL */
};

/* How far "read back from the disk" can be believed on this file system. */
enum tank_read_back {
	TANK_READ_BACK_DIRECT, /* O_DIRECT goes past the page cache */
	TANK_READ_BACK_DROP, /* the cache must be dropped, and seen to be dropped, first */
	TANK_READ_BACK_NEVER, /* there is no disk behind it (tmpfs) */
};

/* Caller's memory; all descriptors belong to it. Only tank.c writes the fields. */
struct tank {
	char path[PATH_MAX]; /* real path */
	char id[TANK_ID_BYTES];
	char fs_name[24];
	enum tank_read_back read_back;
	uint64_t file_bytes_max; /* of one file, where the file system has a low limit */
	bool sync_flushes_disk; /* syncfs() alone flushes the disk's own cache too */
	/*
	 * 0, or by how much a file grows where a power cut in that moment may cost what it has
	 * already: exFAT marks a file as chained before the chain need be on the disk, and fsck
	 * then cuts the file off behind its first cluster.
	 */
	uint64_t unsafe_growth_bytes;
	bool had_dead_run; /* somebody was killed, or the power went: found by the sweep */
	uint64_t keep_free_bytes;
	uid_t owner;
	gid_t group;
	const atomic_bool *cancel; /* borrowed; may be NULL */
	int fd, meta_fd, tmp_fd, run_fd;
	int lock_fd, settle_fd, run_lock_fd;
	char run_name[48];
	int folder_fd; /* the folder that a file was last published in; settle thread only */
	char folder_path[PATH_MAX];
	_Atomic bool has_no_tmpfile;
	_Atomic uint32_t next_temp;
};

/*
 * Opens or sets up the tank, takes the shared lock and sweeps what dead runs
 * left. On an error *fault says which, and the errno is returned: -ECANCELED, without a fault, if
 * it was cancelled while it waited for somebody who has the tank for himself (a rebuild).
 */
int tank_open(struct tank *tank, const struct tank_options *options, enum fault *fault);

/* Only to look: nothing is made, locked or swept. -ENOENT if it is no tank yet. */
int tank_open_read_only(struct tank *tank, const char *path, enum fault *fault);
void tank_close(struct tank *tank); /* removes this run's temporaries; fine after a failed open */

bool tank_is_cancelled(const struct tank *tank); /* by the flag of its options */

/* Free for pictures: keep_free_bytes is already taken off. */
int tank_free_bytes(const struct tank *tank, uint64_t *ret);

/* Which fault a failed write to the tank is: full, read-only, denied or failing. */
enum fault tank_fault_of(int error);

/* A file on its way into the tank. fd is open for reading and writing, or -1. */
struct tank_temp {
	int fd;
	char name[16]; /* below tmp/RUN/; "" if it has no name (O_TMPFILE) */
};

int tank_temp_create(struct tank *tank, struct tank_temp *temp);
/* Mode, owner and mtime as they shall land. */
int tank_temp_finish(const struct tank *tank, const struct tank_temp *temp, int64_t mtime_ns);
/* To the configured owner, if there is one and the file system knows owners. */
int tank_give_to_owner(const struct tank *tank, int fd);
/* Takes fd from temp and removes its name. Fine for one that is gone. */
void tank_temp_drop(struct tank *tank, struct tank_temp *temp);

/*
 * Gives temp its final name, below the tank's folder, whose parts are made.
 * Never replaces: -EEXIST. The data must be durable before (tank_barrier()).
 */
int tank_publish(struct tank *tank, struct tank_temp *temp, const char *path);

/* The next tank_publish() looks for its folder anew: somebody may have moved it. */
void tank_forget_folder(struct tank *tank);

/* Everything written to the tank's disk up to now, by anybody, is durable after it. */
int tank_barrier(struct tank *tank);

int tank_settle_lock(struct tank *tank);
void tank_settle_unlock(struct tank *tank);

/* Shared -> exclusive and back, for replacing the ledger. -EBUSY after 60 s. */
int tank_lock_exclusively(struct tank *tank);
void tank_lock_shared(struct tank *tank);

/* Removes the thumbnail of a file that is not there any more; none is fine. */
void tank_drop_thumbnail(const struct tank *tank, const char *tank_path);

/* Sets a file that did not match aside into .imgtank/damaged/; never deletes. */
int tank_set_aside(struct tank *tank, const char *path);

/* Is the file at path as the ledger says? 1 yes, 0 gone, -ESTALE other size or mtime. */
int tank_has_file(const struct tank *tank, const char *path, uint64_t size_bytes, int64_t mtime_ns);

/* Opens a folder below the tank; missing parts are made if wanted. No part may be a link. */
int tank_open_folder(const struct tank *tank, const char *path, bool create);

#endif
