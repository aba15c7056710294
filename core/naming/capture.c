/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/naming/capture.h"

#include <string.h>
#include <time.h>

#include "core/base/text.h"
#include "core/naming/calendar_priv.h"

#define SECOND_NS INT64_C(1000000000)
#define DAY_S INT64_C(86400)

/* The local time of any zone is at most 14 hours ahead of UTC: a day covers that too. */
static bool is_future(const struct tm *date, const struct capture_clock *clock)
{
	struct tm copy = *date;

	return clock->is_trusted && timegm(&copy) > clock->now_ns / SECOND_NS + DAY_S;
}

static bool is_day(const struct tm *date, int year, int month, int day)
{
	return date->tm_year + 1900 == year && date->tm_mon + 1 == month && date->tm_mday == day;
}

bool capture_is_plausible(const char *time, const struct capture_clock *clock)
{
	struct tm date;

	if (!calendar_parse(time, &date))
		return false;
	if (date.tm_year + 1900 <= 1970 || date.tm_year + 1900 >= 2100)
		return false;
	if (is_day(&date, 1980, 1, 1) || is_day(&date, 1979, 12, 31))
		return false;
	return !is_future(&date, clock);
}

static void set_from_candidate(
	const struct capture_candidate *candidate, const char *source, struct capture_date *ret)
{
	memcpy(ret->time, candidate->time, CAPTURE_TIME_BYTES - 1);
	ret->time[CAPTURE_TIME_BYTES - 1] = '\0';
	ret->source = source;
}

/* Whole seconds, downwards also before 1970. */
static time_t seconds_of(int64_t ns)
{
	return (time_t)(ns / SECOND_NS - (ns % SECOND_NS < 0 ? 1 : 0));
}

static bool set_from_mtime(int64_t mtime_ns, bool is_wall_clock, struct capture_date *ret)
{
	time_t seconds = seconds_of(mtime_ns);
	struct tm date;

	if (mtime_ns == CAPTURE_MTIME_NONE)
		return false;
	if (!(is_wall_clock ? gmtime_r(&seconds, &date) : localtime_r(&seconds, &date)))
		return false;
	ret->source = "mtime";
	return text_format(ret->time, sizeof(ret->time), "%04d-%02d-%02dT%02d:%02d:%02d",
		date.tm_year + 1900, date.tm_mon + 1, date.tm_mday, date.tm_hour, date.tm_min,
		date.tm_sec);
}

static bool exists(const struct capture_candidate *candidate)
{
	struct tm date;

	return candidate && calendar_parse(candidate->time, &date);
}

void capture_decide(const struct capture_candidate *own, const struct capture_candidate *partner,
	int64_t mtime_ns, bool mtime_is_wall_clock, const struct capture_clock *clock,
	struct capture_date *ret)
{
	struct capture_date mtime = {.source = "none"};
	bool has_mtime = set_from_mtime(mtime_ns, mtime_is_wall_clock, &mtime);

	*ret = mtime;
	ret->is_guess = true;
	if (exists(own) && capture_is_plausible(own->time, clock)) {
		set_from_candidate(own, own->source, ret);
		ret->is_guess = false;
	} else if (exists(partner) && capture_is_plausible(partner->time, clock)) {
		set_from_candidate(partner, "partner", ret);
		ret->is_guess = false;
	} else if (has_mtime && capture_is_plausible(mtime.time, clock)) {
		return;
	} else if (exists(own)) {
		set_from_candidate(own, own->source, ret);
	} else if (exists(partner)) {
		set_from_candidate(partner, "partner", ret);
	}
}
