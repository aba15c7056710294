/* SPDX-License-Identifier: GPL-3.0-or-later */
/* choose.h - whose files are taken next, and when. */
#ifndef IMGTANK_CORE_DROP_CHOOSE_H
#define IMGTANK_CORE_DROP_CHOOSE_H

#include "core/drop/look.h"

/* Files that came together are to be imported together, but not later than this many times
 * the time to settle. */
#define DROP_PATIENCE 6

/*
 * Pure. Whose files are to be taken now: those of somebody who adds no more, or whose oldest ripe
 * file has waited long enough. Of several, the one who has waited longest. False: nobody's.
 */
bool drop_choose(const struct drop_list *list, uint64_t now_usec, uint64_t settle_usec, uid_t *ret);

#endif
