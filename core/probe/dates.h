/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dates.h - dates as cameras write them, and which of several wins. Pure.
 *
 * Several places of a file may hold a date. Each reader offers what it finds
 * with a role (what the date is said to be) and a rank (how far the place is
 * to be trusted). Within a role the higher rank wins, and among equals the
 * later one; then ORIGINAL goes before DIGITIZED, before the others.
 */
#ifndef IMGTANK_CORE_PROBE_DATES_H
#define IMGTANK_CORE_PROBE_DATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/probe/media.h"

/* A date and time that exists in the calendar. Zeroed = none. */
struct stamp {
	char time[MEDIA_TIME_BYTES];
	char utc_offset[MEDIA_OFFSET_BYTES]; /* "" = not said */
	char subsec[MEDIA_SUBSEC_BYTES]; /* "" = not said */
};

struct stamp_fields {
	unsigned year, month, day, hour, minute, second;
};

enum date_role {
	DATE_ROLE_ORIGINAL,
	DATE_ROLE_DIGITIZED,
	DATE_ROLE_DESCRIBED, /* another date that people or programs gave the picture */
	DATE_ROLE_MODIFIED,
	DATE_ROLES_COUNT
};

enum date_rank {
	DATE_RANK_NONE,
	DATE_RANK_COPY, /* of a thumbnail or of a copy kept aside */
	DATE_RANK_XMP, /* rewritten by programs */
	DATE_RANK_CONTAINER,
	DATE_RANK_IFD, /* an EXIF tag outside of its own directory */
	DATE_RANK_EXIF
};

struct dates {
	struct {
		struct stamp stamp;
		enum date_rank rank;
		enum media_date_source source;
	} slots[DATE_ROLES_COUNT];
	struct stamp local; /* of a film: local time with its zone */
};

static inline bool stamp_is_set(const struct stamp *stamp)
{
	return stamp->time[0] != '\0';
}

/*
 * Reads a date as EXIF, XMP, RIFF or a person writes it: year first, any
 * separators, fraction and zone optional, seconds or the whole time may be
 * missing (they are 0 then). False, and *ret untouched, if it is none.
 */
bool stamp_parse(const void *text, size_t text_bytes, struct stamp *ret);
bool stamp_from_fields(const struct stamp_fields *fields, struct stamp *ret);
/* Seconds since 1970, written as UTC, without zone. False before year 1 or after 9999. */
bool stamp_from_unix(int64_t seconds, struct stamp *ret);
/* "+02:00", "+0200", "-7", "Z". Leaves the field alone if it is none of these. */
void stamp_set_utc_offset(struct stamp *stamp, const void *text, size_t text_bytes);
void stamp_set_utc_offset_minutes(struct stamp *stamp, int minutes);
/* Digits up to the first other character; zeros are kept. */
void stamp_set_subsec(struct stamp *stamp, const void *text, size_t text_bytes);

/* stamp may be empty: then nothing happens. */
void dates_offer(struct dates *dates, enum date_role role, enum date_rank rank,
	enum media_date_source source, const struct stamp *stamp);

bool dates_has_any(const struct dates *dates);

/* Writes the winner, if any, into facts. */
void dates_choose(const struct dates *dates, struct media_facts *facts);

#endif
