/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calendar_priv.h - the one reader of "YYYY-MM-DDTHH:MM:SS" in this module.
 */
#ifndef IMGTANK_CORE_NAMING_CALENDAR_PRIV_H
#define IMGTANK_CORE_NAMING_CALENDAR_PRIV_H

#include <stdbool.h>
#include <time.h>

/*
 * Fills ret, tm_yday too. False for NULL, for any other form and for days that
 * no calendar has. A 60th second passes: some cameras write it.
 */
bool calendar_parse(const char *time, struct tm *ret);

#endif
