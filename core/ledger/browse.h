/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * browse.h - looks through a tank's pictures in the order in which they were
 * taken, for whoever shows them.
 *
 * Reads only, and needs no right to write anything in the tank: neither the
 * ledger nor SQLite's files beside it. It works while imports write, and while none runs.
 * Only files that are complete are found (durable or verified). A call looks at a bounded
 * number of entries, however large the tank is, and never at the folders.
 *
 * A struct browse belongs to one thread. Text is escaped (text.h). Expected errors of every
 * function: -ENOENT (no ledger yet), -EACCES, -EBADMSG (damaged), -EAGAIN (it changed
 * all the time: ask again), -EIO, -ENOMEM.
 */
#ifndef IMGTANK_CORE_LEDGER_BROWSE_H
#define IMGTANK_CORE_LEDGER_BROWSE_H

#include "core/ledger/ledger.h"

#define BROWSE_DAY_BYTES 11 /* "2024-05-12" */
#define BROWSE_DAYS_MAX 40 /* days of one browse_days() */
#define BROWSE_PAGE_MAX 500 /* pictures of one call */
#define BROWSE_SCAN_MAX 5000 /* entries that one browse_search() looks at */

struct browse; /* opaque; owns its connection */

struct browse_day {
	char day[BROWSE_DAY_BYTES];
	uint32_t pictures_count;
	uint64_t bytes;
};

struct browse_picture {
	struct ledger_file file;
	bool has_thumbnail;
	char card[256]; /* label of the card that brought it, or "" */
	char source_path[1024]; /* where it was on that card; "" if not known or longer */
};

/* What it takes to send it: one row of one table. */
struct browse_file {
	int64_t id;
	uint8_t hash[LEDGER_HASH_BYTES];
	uint64_t size_bytes;
	char tank_path[sizeof(((struct ledger_file *)0)->tank_path)];
	bool has_thumbnail;
};

/* Where a search goes on: behind this picture. Zeroed: from the newest on. */
struct browse_cursor {
	char capture_time[20];
	int64_t id;
};

/* What must be true of a picture. Empty or NULL: anything. Borrowed. ASCII case does not count. */
struct browse_filter {
	const char *from_day, *to_day; /* "2024-05-12", both included */
	const char *camera; /* part of make or model */
	const char *name; /* part of the path in the tank or on the card */
	const char *card; /* part of the card's label */
};

/* tank_path is copied. Opens nothing yet. -ENOMEM, -ENAMETOOLONG. */
int browse_new(struct browse **ret, const char *tank_path);
void browse_free(struct browse *browse); /* accepts NULL */

/*
 * The days that have pictures before before_day ("" or NULL: from the newest), newest first, at
 * most days_max. Returns how many were written.
 */
int browse_days(
	struct browse *browse, const char *before_day, struct browse_day *days, size_t days_max);

/* One day's pictures, the earliest first, from the offset-th on. Returns how many were written. */
int browse_day(struct browse *browse, const char *day, uint32_t offset,
	struct browse_picture *pictures, size_t pictures_max);

/* The ids of all of them, in the same order, at most ids_max. */
int browse_day_ids(struct browse *browse, const char *day, int64_t *ids, size_t ids_max);

/* 1 and the picture, or 0: there is none with this id (any more). */
int browse_picture(struct browse *browse, int64_t id, struct browse_picture *picture);

/*
 * Less of each: that file, if there is one, and those that were taken next. Returns how many were
 * written; the first is another one if there is none with this id.
 */
int browse_files(struct browse *browse, int64_t id, struct browse_file *files, size_t files_max);

/*
 * Looks for pictures, newest first, from behind *cursor on, which then stands where to go on.
 * Returns how many were found; *is_end: there is nothing behind. Without it, and with less than
 * pictures_max, only as much was looked at as is fit for one call: ask again.
 */
int browse_search(struct browse *browse, const struct browse_filter *filter,
	struct browse_cursor *cursor, struct browse_picture *pictures, size_t pictures_max,
	bool *is_end);

/* The SQL of what is asked, for whoever checks how it is found; NULL behind the last. */
const char *browse_query(size_t number);

/* Is it a day of the calendar, written like one? */
bool browse_is_day(const char *day);

#endif
