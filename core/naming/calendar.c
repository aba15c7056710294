/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/naming/calendar_priv.h"

#include <stddef.h>

static bool has_form(const char *time)
{
	static const char form[] = "0000-00-00T00:00:00";

	for (size_t i = 0; i < sizeof(form); i++) {
		bool is_digit = time[i] >= '0' && time[i] <= '9';

		if (form[i] == '0' ? !is_digit : time[i] != form[i])
			return false;
	}
	return true;
}

static int two_digits(const char *s)
{
	return (s[0] - '0') * 10 + (s[1] - '0');
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

bool calendar_parse(const char *time, struct tm *ret)
{
	int year, month, day;

	if (!time || !has_form(time))
		return false;
	year = two_digits(time) * 100 + two_digits(time + 2);
	month = two_digits(time + 5);
	day = two_digits(time + 8);
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;
	*ret = (struct tm){.tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = two_digits(time + 11),
		.tm_min = two_digits(time + 14),
		.tm_sec = two_digits(time + 17)};
	if (ret->tm_hour > 23 || ret->tm_min > 59 || ret->tm_sec > 60)
		return false;
	for (int m = 1; m < month; m++)
		ret->tm_yday += days_in_month(year, m);
	ret->tm_yday += day - 1;
	return true;
}
