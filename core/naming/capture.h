/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture.h - which date a picture is filed under, and how sure that is.
 *
 * Pure. A time is the camera's local wall
 * clock, "YYYY-MM-DDTHH:MM:SS"; nothing here converts between time zones, but
 * for an mtime that is a true instant.
 */
#ifndef IMGTANK_CORE_NAMING_CAPTURE_H
#define IMGTANK_CORE_NAMING_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#define CAPTURE_TIME_BYTES 20 /* "YYYY-MM-DDTHH:MM:SS" */
#define CAPTURE_MTIME_NONE INT64_MIN /* for mtime_ns: the file has none that counts */

struct capture_candidate {
	const char *time; /* borrowed; "" or NULL = none, and so is what is no date at all */
	const char *source; /* literal: "exif-original" ... (media_date_source_name()) */
};

struct capture_date {
	char time[CAPTURE_TIME_BYTES]; /* "" only with source "none" */
	const char *source; /* a literal: of the candidate, or "partner", "mtime", "none" */
	bool is_guess; /* from mtime, or not plausible */
};

/* What is known of the box's own clock when "the future" is to be judged. */
struct capture_clock {
	int64_t now_ns;
	bool is_trusted; /* synchronised, or a clock chip: else nothing counts as the future */
};

/*
 * A date that a working clock in a camera can show: well-formed, in the
 * calendar, and none of the values that stand for "never set": 1970 and
 * before, 1980-01-01 (FAT's zero; the day before too, for zones), 2100 and
 * later. With a trusted clock also not more than a day in the future.
 */
bool capture_is_plausible(const char *time, const struct capture_clock *clock);

/*
 * own: what the file says of itself; partner: what its group says (may be
 * empty); mtime_ns: of the file on the card. The first plausible one of own,
 * partner, mtime wins; if none is plausible, the first that exists, as a guess.
 * A date from mtime is always a guess. mtime_is_wall_clock: the file system
 * stored local time and it was mounted as if that were UTC (FAT, tz=UTC).
 */
void capture_decide(const struct capture_candidate *own, const struct capture_candidate *partner,
	int64_t mtime_ns, bool mtime_is_wall_clock, const struct capture_clock *clock,
	struct capture_date *ret);

#endif
