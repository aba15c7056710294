/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui_run.h - several front ends at once, each a process: one that crashes is
 * started again, and none of them harms another.
 */
#ifndef IMGTANK_CORE_CLI_UI_RUN_H
#define IMGTANK_CORE_CLI_UI_RUN_H

#include "core/cli/ui_find.h"

#define UI_RETRY_FIRST_MS 500
#define UI_RETRY_MAX_MS 30000
#define UI_STEADY_MS 10000 /* who ran for so long starts again without waiting for long */
#define UI_GRACE_MS 5000 /* to end in order */

/*
 * Runs them until all have ended, or until a signal ends them in order; returns an exit status.
 * Who says that its hardware is not here, or that it was called wrongly, is not started again.
 *
 * With follows_configuration, SIGHUP reads the configuration again: what is new there is started,
 * what is gone is ended, whose settings changed is started anew, and the others are left alone;
 * then it goes on also when there are none.
 */
int ui_run(const struct ui_place *place, const struct ui_names *names, bool follows_configuration);

#endif
