/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ledger.h - what the tank remembers: cards, imports, files, where each came from.
 *
 * SQLite in TANK/.imgtank/ledger.db (write-ahead log). The pictures never
 * depend on it: a lost ledger is made again from the manifests and the tank
 * (rebuild.h). A struct ledger is one connection and belongs to one thread;
 * several, also in several processes, work on one tank at the same time.
 *
 * A commit here is in order but not yet durable: whoever must be able to rely on it calls
 * tank_barrier() afterwards, which makes files, folders and ledger durable at
 * once. That is how thousands of small files share a few flushes of the disk.
 *
 * Paths and names are in the escaped form of text.h: valid UTF-8, reversible.
 *
 * Expected errors of every function: -EBADMSG (the ledger is damaged), -EBUSY
 * (another program held it for too long), -ENOSPC, -EIO, -EROFS, -ENOMEM.
 */
#ifndef IMGTANK_CORE_LEDGER_LEDGER_H
#define IMGTANK_CORE_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/events.h"

#define LEDGER_HASH_BYTES 16 /* XXH3-128, canonical (big-endian) form */
#define LEDGER_PATH_BYTES_MAX 16384

/* In TANK/.imgtank/. */
#define LEDGER_NAME "ledger.db"
#define LEDGER_NEW_NAME "ledger-new.db" /* one that is being made; nobody reads it */

struct ledger; /* opaque; one connection */

enum ledger_file_state {
	LEDGER_PLACING, /* a name was given; the file may not have it yet */
	LEDGER_DURABLE, /* complete under its name, flushed to the disk */
	LEDGER_VERIFIED, /* and read back from the disk */
	LEDGER_DAMAGED, /* did not match any more: moved out of the way */
};

/* What a file on a card looked like when it was read. All in ns; 0 = not known. */
struct ledger_stamp {
	uint64_t size_bytes;
	int64_t mtime_ns;
	int64_t ctime_ns;
	int64_t btime_ns;
};

/* A file of the tank. Strings are owned by whoever filled the struct. */
struct ledger_file {
	int64_t id;
	uint8_t hash[LEDGER_HASH_BYTES];
	uint64_t size_bytes;
	int64_t mtime_ns; /* as it landed in the tank */
	enum ledger_file_state state;
	char tank_path[1200]; /* "images/20240512/pimg_0001.jpg" */
	char capture_time[20];
	char date_source[20];
	char make[64], model[64];
	char stem[256]; /* lower-case stem on the card, for partners on another card */
	uint64_t sequence; /* 0 = none */
	bool is_guess;
	int64_t import_id;
};

struct ledger_card {
	const char *identity; /* what makes this card this card */
	const char *label; /* "" if none */
	const char *fs_type; /* "vfat", ... or "" */
	uint64_t size_bytes; /* 0 if not known */
};

/*
 * Opens TANK/.imgtank/ledger.db, made new if it is not there. tank_path is the
 * tank's folder. tank_id: 32 hex digits of the tank (tank.h); a ledger of
 * another tank gives -EBADMSG, one of a newer imgtank -EPROTONOSUPPORT.
 */
int ledger_open(struct ledger **ret, const char *tank_path, const char *tank_id);

/*
 * An empty one as TANK/.imgtank/ledger-new.db, beside the one in use; whatever bore that name goes.
 * It has no log, and a power cut leaves nothing of use. The caller, who is alone with the tank,
 * fills it, closes it, makes it durable and renames it; or removes it.
 */
int ledger_make(struct ledger **ret, const char *tank_path, const char *tank_id);

/* Only to look: nothing is made. -ENOENT if there is no ledger. */
int ledger_open_read_only(struct ledger **ret, const char *tank_path, const char *tank_id);

void ledger_close(struct ledger *ledger); /* accepts NULL */

/* Reads through the whole file for damage. -EBADMSG. */
int ledger_check(struct ledger *ledger);

/* One writer at a time, in all processes. Nesting is a mistake. */
int ledger_begin(struct ledger *ledger);
int ledger_commit(struct ledger *ledger);
void ledger_rollback(struct ledger *ledger);

/* Known or new; *card_id is set. first_seen/last_seen follow the wall clock. */
int ledger_card(struct ledger *ledger, const struct ledger_card *card, int64_t *card_id);

/* 1 and *card_id, or 0: never seen. */
int ledger_find_card(struct ledger *ledger, const char *identity, int64_t *card_id);

int ledger_import_begin(struct ledger *ledger, int64_t card_id, int64_t *import_id);
int ledger_import_end(struct ledger *ledger, int64_t import_id, enum verdict verdict,
	const struct import_counts *counts);

/* 1: this card had this path with this stamp, and *file is what became of it. 0: not so. */
int ledger_find_source(struct ledger *ledger, int64_t card_id, const char *path,
	const struct ledger_stamp *stamp, struct ledger_file *file);

/* 1: the tank has (or has been given) this content. Damaged ones do not count. */
int ledger_find_content(struct ledger *ledger, const uint8_t hash[LEDGER_HASH_BYTES],
	uint64_t size_bytes, struct ledger_file *file);

/* 1: a file that is the same shot: same stem, capture time and camera, with a number. */
int ledger_find_partner(struct ledger *ledger, const char *stem, const char *capture_time,
	const char *make, const char *model, struct ledger_file *file);

/* 1: some file of the tank has this path, in whatever state, also one that was deleted since. */
int ledger_has_path(struct ledger *ledger, const char *tank_path);

int ledger_file_by_id(struct ledger *ledger, int64_t id, struct ledger_file *file); /* 1 or 0 */

/* Adds file with state PLACING and sets file->id. -EEXIST if the path is taken. */
int ledger_add_file(struct ledger *ledger, struct ledger_file *file);
int ledger_set_state(struct ledger *ledger, int64_t file_id, enum ledger_file_state state);
int ledger_set_durable(struct ledger *ledger, int64_t file_id, int64_t mtime_ns);
/* From DURABLE only: what somebody else has found damaged meanwhile stays so. */
int ledger_set_verified(struct ledger *ledger, int64_t file_id);
/* Forgets a name that was given but never used. Its number is not used again. */
int ledger_drop_file(struct ledger *ledger, int64_t file_id);
int ledger_set_thumbnail(struct ledger *ledger, int64_t file_id, bool has_thumbnail);

/* This card's path now stands for this file. */
int ledger_add_source(struct ledger *ledger, int64_t card_id, const char *path,
	const struct ledger_stamp *stamp, int64_t file_id);
/* 1 and a path on this card that stands for this file (the first in order), or 0. */
int ledger_source_path(
	struct ledger *ledger, int64_t card_id, int64_t file_id, char *path, size_t path_bytes);
/* No card stands for this file any more: the next import copies it again. */
int ledger_drop_sources(struct ledger *ledger, int64_t file_id);

/* Draws count numbers that were never drawn before; *first is the lowest. */
int ledger_draw_sequence(struct ledger *ledger, uint32_t count, uint64_t *first);
/* Numbers up to here are taken (rebuild). */
int ledger_raise_sequence(struct ledger *ledger, uint64_t highest);

/*
 * The next file in order of id above after_id, in this state, of this import
 * (0: of any). 1, 0 (no more), or an error.
 */
int ledger_next_file(struct ledger *ledger, int64_t after_id, int state, int64_t import_id,
	struct ledger_file *file);
#define LEDGER_ANY_STATE (-1)

struct ledger_import {
	int64_t id;
	char card_identity[512], card_label[256];
	int64_t started_ns, ended_ns; /* wall clock; ended 0: it did not end in order */
	enum verdict verdict;
	struct import_counts counts;
};

/* Newest first: pass the id of the last one, or INT64_MAX. 1, 0 or an error. */
int ledger_next_import(struct ledger *ledger, int64_t before_id, struct ledger_import *import);

struct ledger_totals {
	uint64_t files, bytes, files_verified;
};
int ledger_totals(struct ledger *ledger, struct ledger_totals *totals);

/*
 * "images/20240512/pimg_0001.cr2" -> "thumbnails/20240512/pimg_0001.cr2.jpg"; a JPEG keeps its
 * name. false if it does not fit.
 */
bool ledger_thumbnail_path(const char *tank_path, char *path, size_t path_bytes);

#endif
