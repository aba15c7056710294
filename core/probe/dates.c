/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dates.c - the parser of dates and the choice among them.
 */
#include "core/probe/dates.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

#define DAY_SECONDS 86400
#define OFFSET_MINUTES_MAX (15 * 60)

struct cursor {
	const char *at;
	const char *end;
	bool is_compact; /* the date had no separators: the time may follow at once */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool at_digit(const struct cursor *c)
{
	return c->at < c->end && is_digit(*c->at);
}

static void skip_any(struct cursor *c, const char *set)
{
	while (c->at < c->end && *c->at != '\0' && strchr(set, *c->at))
		c->at++;
}

static bool skip_one(struct cursor *c, const char *set)
{
	if (c->at == c->end || *c->at == '\0' || !strchr(set, *c->at))
		return false;
	c->at++;
	return true;
}

/* One to digits_max digits. */
static bool read_number(struct cursor *c, unsigned digits_max, unsigned *ret)
{
	unsigned value = 0, n = 0;

	while (n < digits_max && at_digit(c)) {
		value = value * 10 + (unsigned)(*c->at++ - '0');
		n++;
	}
	*ret = value;
	return n > 0;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

static bool is_real(const struct stamp_fields *f)
{
	return f->year >= 1 && f->year <= 9999 && f->month >= 1 && f->month <= 12 && f->day >= 1 &&
		f->day <= days_in_month(f->year, f->month) && f->hour < 24 && f->minute < 60 &&
		f->second < 60;
}

bool stamp_from_fields(const struct stamp_fields *fields, struct stamp *ret)
{
	if (!is_real(fields))
		return false;
	memset(ret, 0, sizeof(*ret));
	return text_format(ret->time, sizeof(ret->time), "%04u-%02u-%02uT%02u:%02u:%02u",
		fields->year, fields->month, fields->day, fields->hour, fields->minute,
		fields->second);
}

/* "2004:05:09", "2004-5-9", "2004/ 5/ 9", "20040509". */
static bool parse_date(struct cursor *c, struct stamp_fields *f)
{
	const char *start = c->at;

	if (!read_number(c, 4, &f->year) || c->at - start != 4)
		return false;
	c->is_compact = at_digit(c);
	if (!c->is_compact && !skip_one(c, ":-/. "))
		return false;
	skip_any(c, " ");
	if (!read_number(c, 2, &f->month))
		return false;
	if (!c->is_compact && !skip_one(c, ":-/. "))
		return false;
	skip_any(c, " ");
	return read_number(c, 2, &f->day);
}

/* "1:42PM": the half of the day that some clocks write. */
static bool apply_half_day(struct cursor *c, struct stamp_fields *f)
{
	bool is_pm = c->at < c->end && (*c->at == 'P' || *c->at == 'p');
	bool is_am = c->at < c->end && (*c->at == 'A' || *c->at == 'a');

	if ((!is_pm && !is_am) || c->end - c->at < 2 || (c->at[1] != 'M' && c->at[1] != 'm'))
		return true;
	c->at += 2;
	if (f->hour < 1 || f->hour > 12)
		return false;
	f->hour = f->hour % 12 + (is_pm ? 12 : 0);
	return true;
}

/* Minutes or seconds: two digits, or one that a space or a separator stands beside. */
static bool read_sixtieth(struct cursor *c, const char *behind, unsigned *ret)
{
	const char *start;
	bool is_padded = c->at < c->end && *c->at == ' ';

	skip_any(c, " ");
	start = c->at;
	if (!read_number(c, 2, ret))
		return false;
	/* "10:3?:51" is damage, not three minutes past. */
	return c->at - start == 2 || is_padded || c->at == c->end || strchr(behind, *c->at);
}

/* "16:00", "16:00:21", " 9: 4: 1", "160021". */
static bool parse_time(struct cursor *c, struct stamp_fields *f)
{
	bool is_compact;

	if (!read_number(c, 2, &f->hour))
		return false;
	is_compact = at_digit(c);
	if (!is_compact && !skip_one(c, ":.-"))
		return false;
	if (!read_sixtieth(c, ":", &f->minute))
		return false;
	if ((is_compact ? at_digit(c) : skip_one(c, ":-")) && !read_sixtieth(c, " ", &f->second))
		return false;
	return apply_half_day(c, f);
}

void stamp_set_subsec(struct stamp *stamp, const void *text, size_t text_bytes)
{
	const char *digits = text;
	size_t n = 0;

	while (n < text_bytes && n < sizeof(stamp->subsec) - 1 && is_digit(digits[n]))
		n++;
	if (n == 0)
		return;
	memcpy(stamp->subsec, digits, n);
	stamp->subsec[n] = '\0';
}

void stamp_set_utc_offset_minutes(struct stamp *stamp, int minutes)
{
	int size = abs(minutes);

	if (size <= OFFSET_MINUTES_MAX)
		(void)text_format(stamp->utc_offset, sizeof(stamp->utc_offset), "%c%02d:%02d",
			minutes < 0 ? '-' : '+', size / 60, size % 60);
}

void stamp_set_utc_offset(struct stamp *stamp, const void *text, size_t text_bytes)
{
	struct cursor c = {.at = text, .end = (const char *)text + text_bytes};
	unsigned hours, minutes = 0;
	bool is_west;

	skip_any(&c, " ");
	if (c.at < c.end && *c.at == 'Z') {
		stamp_set_utc_offset_minutes(stamp, 0);
		return;
	}
	if (c.at == c.end || (*c.at != '+' && *c.at != '-'))
		return;
	is_west = *c.at++ == '-';
	if (!read_number(&c, 2, &hours))
		return;
	(void)skip_one(&c, ":");
	(void)read_number(&c, 2, &minutes);
	if (minutes >= 60)
		return;
	minutes += hours * 60;
	stamp_set_utc_offset_minutes(stamp, is_west ? -(int)minutes : (int)minutes);
}

static void parse_fraction_and_zone(struct cursor *c, struct stamp *stamp)
{
	if (c->end - c->at >= 2 && (*c->at == '.' || *c->at == ',') && is_digit(c->at[1])) {
		c->at++;
		stamp_set_subsec(stamp, c->at, (size_t)(c->end - c->at));
		while (at_digit(c))
			c->at++;
	}
	stamp_set_utc_offset(stamp, c->at, (size_t)(c->end - c->at));
}

bool stamp_parse(const void *text, size_t text_bytes, struct stamp *ret)
{
	struct cursor c = {.at = text, .end = (const char *)text + strnlen(text, text_bytes)};
	struct stamp_fields f = {0};
	bool is_whole_day;

	skip_any(&c, " \t\r\n");
	if (!parse_date(&c, &f))
		return false;
	if (at_digit(&c) && !c.is_compact)
		return false;
	is_whole_day = is_digit(c.at[-2]) || c.at[-2] == ' ';
	skip_any(&c, "Tt :/-.");
	/* A day alone must not be the first half of one that was cut off. */
	if (c.at < c.end ? !parse_time(&c, &f) : !is_whole_day)
		return false;
	if (!stamp_from_fields(&f, ret))
		return false;
	parse_fraction_and_zone(&c, ret);
	return true;
}

/* The civil calendar repeats every 400 years = 146097 days; here years begin on 1 March. */
bool stamp_from_unix(int64_t seconds, struct stamp *ret)
{
	struct stamp_fields f;
	int64_t days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
	unsigned of_day = (unsigned)(seconds - days * DAY_SECONDS);
	unsigned of_era, of_year, year, march_month;

	days += 719468; /* from 0000-03-01 to 1970-01-01 */
	if (days < 0 || days > 3652424)
		return false;
	of_era = (unsigned)(days % 146097);
	year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * year + year / 4 - year / 100);
	march_month = (5 * of_year + 2) / 153;
	f.day = of_year - (153 * march_month + 2) / 5 + 1;
	f.month = march_month < 10 ? march_month + 3 : march_month - 9;
	f.year = year + 400 * (unsigned)(days / 146097) + (f.month <= 2);
	f.hour = of_day / 3600;
	f.minute = of_day / 60 % 60;
	f.second = of_day % 60;
	return stamp_from_fields(&f, ret);
}

void dates_offer(struct dates *dates, enum date_role role, enum date_rank rank,
	enum media_date_source source, const struct stamp *stamp)
{
	if (!stamp_is_set(stamp) || rank < dates->slots[role].rank)
		return;
	dates->slots[role].stamp = *stamp;
	dates->slots[role].rank = rank;
	dates->slots[role].source = source;
}

bool dates_has_any(const struct dates *dates)
{
	for (int role = 0; role < DATE_ROLES_COUNT; role++)
		if (stamp_is_set(&dates->slots[role].stamp))
			return true;
	return false;
}

void dates_choose(const struct dates *dates, struct media_facts *facts)
{
	for (int role = 0; role < DATE_ROLES_COUNT; role++) {
		const struct stamp *stamp = &dates->slots[role].stamp;
		const struct stamp *zone = stamp;

		if (!stamp_is_set(stamp))
			continue;
		if (dates->slots[role].source == MEDIA_DATE_QUICKTIME_UTC &&
			stamp_is_set(&dates->local)) {
			zone = &dates->local;
			memcpy(facts->local_time, zone->time, sizeof(facts->local_time));
		}
		memcpy(facts->capture_time, stamp->time, sizeof(facts->capture_time));
		memcpy(facts->utc_offset, zone->utc_offset, sizeof(facts->utc_offset));
		memcpy(facts->subsec, stamp->subsec, sizeof(facts->subsec));
		facts->date_source = dates->slots[role].source;
		return;
	}
}
