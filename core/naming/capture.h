/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture.h - which date a picture is filed under, and how sure that is. Pure.
 */
#ifndef IMGTANK_CORE_NAMING_CAPTURE_H
#define IMGTANK_CORE_NAMING_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#define CAPTURE_TIME_BYTES 20 /* "YYYY-MM-DDTHH:MM:SS" */

struct capture_candidate {
	const char *time; /* borrowed; "" or NULL = none */
	const char *source; /* literal: "exif-original" ... (media_date_source_name()) */
};

struct capture_date {
	char time[CAPTURE_TIME_BYTES];
	const char *source; /* a literal: of the candidate, or "partner", "mtime", "none" */
	bool is_guess; /* from mtime, or not plausible */
};

/* What is known of the box's own clock when "the future" is to be judged. */
struct capture_clock {
	int64_t now_ns;
	bool is_trusted; /* synchronised, or a clock chip: else nothing counts as the future */
};

/* Not 1970-01-01, not 1980-01-01 (FAT's zero), not before 1970 or so, not in the future by > 1 day.
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

/* Is the box's clock trusted (kernel says synchronised, or an RTC device exists and the year is
 * sane)? */
bool capture_clock_is_trusted(void);

#endif
