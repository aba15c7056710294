/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * import_view.h - an import as a person at a terminal, a log file or a program sees it.
 */
#ifndef IMGTANK_CORE_CLI_IMPORT_VIEW_H
#define IMGTANK_CORE_CLI_IMPORT_VIEW_H

#include <stdbool.h>

#include "core/cli/output.h"
#include "core/events.h"

enum view_kind { VIEW_TERMINAL, VIEW_PLAIN, VIEW_JSON };

struct import_view; /* opaque; one per card */

/* output and tank_path are borrowed. -ENOMEM. */
int import_view_new(struct import_view **ret, enum view_kind kind, struct output *output,
	const char *tank_path);
void import_view_free(struct import_view *view); /* accepts NULL */

/* An event_sink_fn; userdata is the view. */
void import_view_event(const struct event *event, void *userdata);

/* The kind that fits standard output: a terminal that can move its cursor, or not. */
enum view_kind import_view_kind(bool wants_json);

#endif
