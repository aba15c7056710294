/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui_apply.h - makes systemd's instances imgtank-ui@NAME.service those that the
 * configuration names: starts what is missing, stops what is too many, starts anew
 * whose settings changed, and leaves all others alone.
 */
#ifndef IMGTANK_CORE_CLI_UI_APPLY_H
#define IMGTANK_CORE_CLI_UI_APPLY_H

#include "core/cli/ui_find.h"

/* What is done with an instance. */
enum ui_step { UI_STEP_NONE, UI_STEP_START, UI_STEP_STOP, UI_STEP_RESTART };

/* Pure: what a front end needs. is_changed: its settings are others than when it was started. */
enum ui_step ui_step_of(bool is_wanted, bool is_running, bool is_changed);

/* Says on standard output what it does; returns an exit status. */
int ui_apply(const struct ui_place *place);

#endif
