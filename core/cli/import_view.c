/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/import_view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/protocol/event_json.h"

#define FAILED_SHOWN 20
#define LEFT_OUT_SHOWN 5
#define PLAIN_EVERY_USEC 10000000u
#define BAR_CELLS_MAX 24
#define BAR_CELLS_MIN 6
/* Beside the bar: "Verifying ", " 100 %  569 MB/s  1 h 05 min left" */
#define LINE_CELLS 46

struct failure {
	char *file;
	enum fault fault;
	int error;
};

struct import_view {
	enum view_kind kind;
	struct output *output;
	const char *tank_path;
	bool has_colour, has_utf8;
	bool is_dry_run;
	unsigned live_lines; /* of the progress block on the screen now */
	uint64_t last_plain_usec;
	struct failure failures[FAILED_SHOWN];
	size_t failures_count;
	char *left_out[LEFT_OUT_SHOWN];
	size_t left_out_count;
	char first_day[11], last_day[11];
};

enum view_kind import_view_kind(bool wants_json)
{
	const char *term = getenv("TERM");

	if (wants_json)
		return VIEW_JSON;
	if (isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0)
		return VIEW_TERMINAL;
	return VIEW_PLAIN;
}

int import_view_new(
	struct import_view **ret, enum view_kind kind, struct output *output, const char *tank_path)
{
	struct import_view *view = calloc(1, sizeof(*view));
	wchar_t wide;

	if (!view)
		return -ENOMEM;
	view->kind = kind;
	view->output = output;
	view->tank_path = tank_path;
	view->has_colour = kind == VIEW_TERMINAL && !getenv("NO_COLOR");
	view->has_utf8 = mbtowc(&wide, "\xe2\x96\x88", 3) == 3;
	*ret = view;
	return 0;
}

void import_view_free(struct import_view *view)
{
	if (!view)
		return;
	for (size_t i = 0; i < view->failures_count && i < FAILED_SHOWN; i++)
		free(view->failures[i].file);
	for (size_t i = 0; i < view->left_out_count && i < LEFT_OUT_SHOWN; i++)
		free(view->left_out[i]);
	free(view);
}

/* ---- words --------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void say(
	struct import_view *view, const char *format, ...)
{
	CLEANUP(freep) char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n >= 0)
		output_text(view->output, text, false);
	else
		text = NULL;
}

static const char *colour(const struct import_view *view, const char *code)
{
	return view->has_colour ? code : "";
}

#define GREEN "\033[1;32m"
#define RED "\033[1;31m"
#define YELLOW "\033[1;33m"
#define PLAIN "\033[0m"

static const char *files_word(uint64_t count)
{
	return count == 1 ? "file" : "files";
}

/* Cells that text takes on the screen; what cannot be told counts one a byte. */
static size_t cells_of(const char *text, size_t *bytes)
{
	wchar_t wide;
	int n = mbtowc(&wide, text, MB_CUR_MAX);
	int width = n > 0 ? wcwidth(wide) : 1;

	*bytes = n > 0 ? (size_t)n : 1;
	return width > 0 ? (size_t)width : 0;
}

/* Cuts text to so many cells, at a whole character. */
static void cut_to_cells(char *text, size_t cells)
{
	size_t used = 0, bytes;

	while (*text) {
		used += cells_of(text, &bytes);
		if (used > cells)
			break;
		text += bytes;
	}
	*text = '\0';
}

/* ---- progress ------------------------------------------------------------------------ */

static void erase_live(struct import_view *view)
{
	if (view->live_lines)
		say(view, "\033[%uF\033[J", view->live_lines);
	view->live_lines = 0;
}

static unsigned permille_done(const struct event *event)
{
	const struct import_counts *c = event->counts;
	uint64_t done, all;

	if (event->state == CARD_VERIFYING) {
		done = c->bytes_verified;
		all = c->bytes_to_verify;
	} else {
		done = c->bytes_known + c->bytes_copied + c->bytes_failed;
		all = c->bytes_selected;
	}
	if (all == 0 || done >= all)
		return 1000;
	return (unsigned)((double)done * 1000.0 / (double)all);
}

static void draw_bar(const struct import_view *view, unsigned permille, size_t cells, char *out,
	size_t out_bytes)
{
	size_t full = permille * cells / 1000;

	out[0] = '\0';
	for (size_t i = 0; i < cells; i++) {
		const char *cell = i < full ? (view->has_utf8 ? "\xe2\x96\x88" : "#")
					    : (view->has_utf8 ? "\xe2\x96\x91" : "-");
		size_t used = strlen(out);

		(void)text_format(out + used, out_bytes - used, "%s", cell);
	}
}

static void format_amounts(const struct event *event, char *out, size_t out_bytes)
{
	const struct import_counts *c = event->counts;
	bool is_verifying = event->state == CARD_VERIFYING;
	char done[32], all[32];

	text_size(is_verifying ? c->bytes_verified : c->bytes_known + c->bytes_copied, done,
		sizeof(done));
	text_size(is_verifying ? c->bytes_to_verify : c->bytes_selected, all, sizeof(all));
	(void)text_format(out, out_bytes, "%u of %u files  %s of %s",
		is_verifying ? c->files_verified : c->files_known + c->files_copied,
		c->files_selected, done, all);
}

static void format_pace(const struct event *event, char *out, size_t out_bytes)
{
	char rate[32], eta[32] = "";

	text_size(event->rate_bytes_per_s, rate, sizeof(rate));
	if (event->eta_s != EVENT_ETA_UNKNOWN)
		text_duration(event->eta_s, eta, sizeof(eta));
	out[0] = '\0';
	if (event->rate_bytes_per_s)
		(void)text_format(out, out_bytes, "%s/s%s%s%s", rate, *eta ? "  " : "", eta,
			*eta ? " left" : "");
}

static size_t terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 10)
		return size.ws_col;
	return 80;
}

static size_t bar_cells(size_t columns)
{
	size_t cells = columns > LINE_CELLS + BAR_CELLS_MIN ? columns - LINE_CELLS : BAR_CELLS_MIN;

	return cells < BAR_CELLS_MAX ? cells : BAR_CELLS_MAX;
}

/* Of a path that is too long for its place the name says more than the start. */
static const char *fitting_path(const char *path, size_t cells)
{
	const char *name = strrchr(path, '/');

	return strlen(path) <= cells || !name ? path : name + 1;
}

/*
 * Copying   ############------------  52 %  84.0 MB/s  1 min 10 s left
 *           312 of 710 files  3.2 GB of 7.3 GB  DCIM/100CANON/IMG_1234.CR2
 */
static void show_live(struct import_view *view, const struct event *event)
{
	bool is_verifying = event->state == CARD_VERIFYING;
	size_t columns = terminal_columns(), used;
	unsigned permille = permille_done(event);
	char bar[BAR_CELLS_MAX * 4 + 1], pace[128], amounts[160], up[24] = "";
	char first[512], second[1400], text[2300];

	draw_bar(view, permille, bar_cells(columns), bar, sizeof(bar));
	format_pace(event, pace, sizeof(pace));
	format_amounts(event, amounts, sizeof(amounts));
	(void)text_format(first, sizeof(first), "%-9s %s %3u %%  %s",
		is_verifying ? "Verifying" : "Copying", bar, permille / 10, pace);
	used = strlen(amounts) + 13;
	(void)text_format(second, sizeof(second), "%10s%s  %s", "", amounts,
		is_verifying ? "read back from the disk"
			     : fitting_path(event->file, columns > used ? columns - used : 0));
	cut_to_cells(first, columns - 1);
	cut_to_cells(second, columns - 1);
	if (view->live_lines)
		(void)text_format(up, sizeof(up), "\033[%uF", view->live_lines);
	(void)text_format(text, sizeof(text), "%s%s\033[K\n%s\033[K\n", up, first, second);
	output_text(view->output, text, view->live_lines > 0);
	view->live_lines = 2;
}

static void show_plain(struct import_view *view, const struct event *event)
{
	uint64_t now_usec = clock_monotonic_usec();
	char pace[128], amounts[160];

	if (view->last_plain_usec && now_usec - view->last_plain_usec < PLAIN_EVERY_USEC)
		return;
	if (view->last_plain_usec) {
		format_pace(event, pace, sizeof(pace));
		format_amounts(event, amounts, sizeof(amounts));
		say(view, "%s: %u %%, %s, %s\n",
			event->state == CARD_VERIFYING ? "Verifying" : "Copying",
			permille_done(event) / 10, amounts, pace);
	}
	view->last_plain_usec = now_usec;
}

/* ---- the end ------------------------------------------------------------------------- */

static void show_scanned(struct import_view *view, const struct event *event)
{
	const struct import_counts *c = event->counts;
	uint32_t files = c->files_selected - c->files_known - c->files_failed;
	char size[32];

	text_size(c->bytes_selected - c->bytes_known, size, sizeof(size));
	if (files)
		say(view, "%u %s to copy (%s)", files, files_word(files), size);
	else
		say(view, "Nothing new to copy");
	if (c->files_known)
		say(view, "; %u already in the tank", c->files_known);
	say(view, ".\n");
}

static void show_days(struct import_view *view)
{
	if (!view->first_day[0])
		return;
	if (!strcmp(view->first_day, view->last_day))
		say(view, "  Taken on %s.\n", view->first_day);
	else
		say(view, "  Taken between %s and %s.\n", view->first_day, view->last_day);
}

static void show_counts(struct import_view *view, const struct event *event)
{
	const struct import_counts *c = event->counts;
	char size[32];

	text_size(c->bytes_selected, size, sizeof(size));
	say(view, "  %u %s on this card, %s.\n", c->files_selected, files_word(c->files_selected),
		size);
	if (c->files_copied)
		say(view, "  %u copied into %s/images.\n", c->files_copied, view->tank_path);
	show_days(view);
	if (c->files_known)
		say(view, "  %u already in the tank.\n", c->files_known);
	if (c->files_verified)
		say(view, "  %u read back from the disk and found equal.\n", c->files_verified);
}

static void show_left_out(struct import_view *view, const struct event *event)
{
	uint32_t count = event->counts->files_left_out;

	if (!count)
		return;
	say(view, "  %u other %s not copied:\n", count, count == 1 ? "file was" : "files were");
	for (size_t i = 0; i < view->left_out_count && i < LEFT_OUT_SHOWN; i++)
		say(view, "    %s\n", view->left_out[i]);
	if (view->left_out_count > LEFT_OUT_SHOWN)
		say(view, "    and %zu more\n", view->left_out_count - LEFT_OUT_SHOWN);
}

static void show_advice(struct import_view *view, enum fault fault)
{
	const struct fault_text *text = fault_text(fault);

	say(view, "      %s\n      %s\n      %s\n", text->what, text->safe, text->remedy);
}

static void show_failures(struct import_view *view)
{
	size_t shown = view->failures_count < FAILED_SHOWN ? view->failures_count : FAILED_SHOWN;

	for (size_t i = 0; i < shown; i++) {
		const struct failure *failure = &view->failures[i];

		say(view, "  %s\n", failure->file);
		/* The same words once, under the last of a row of equal ones. */
		if (i + 1 == shown || view->failures[i + 1].fault != failure->fault)
			show_advice(view, failure->fault);
	}
	if (view->failures_count > shown)
		say(view, "  and %zu more\n", view->failures_count - shown);
}

static void show_fault(struct import_view *view, const struct event *event)
{
	const struct fault_text *text = fault_text(event->fault);
	char size[32];

	if (event->fault == FAULT_NONE)
		return;
	say(view, "  %s", text->what);
	if (event->bytes_missing) {
		text_size(event->bytes_missing, size, sizeof(size));
		say(view, " %s more would be needed.", size);
	}
	say(view, "\n  %s\n  %s%s\n", text->safe, text->remedy, cli_fault_hint(event->fault));
	if (event->error < 0 && cli_errno_helps(event->fault))
		say(view, "  (The system says: %s.)\n", strerrordesc_np(-event->error) ?: "?");
}

static void show_headline(struct import_view *view, const struct event *event)
{
	const struct import_counts *c = event->counts;
	uint32_t there = c->files_known + c->files_copied;
	uint32_t missing = c->files_selected > there ? c->files_selected - there : 0;

	switch (event->verdict) {
	case VERDICT_SAFE_TO_FORMAT:
		say(view,
			"%sSafe to format.%s Everything is in the tank and was read back from the "
			"disk.\n",
			colour(view, GREEN), colour(view, PLAIN));
		break;
	case VERDICT_COPIED:
		say(view, "%sCopied, but not all of it verified.%s Do not format the card yet.\n",
			colour(view, YELLOW), colour(view, PLAIN));
		break;
	case VERDICT_INCOMPLETE:
		say(view, "%sNot complete. Do not format the card.%s", colour(view, RED),
			colour(view, PLAIN));
		if (missing)
			say(view, " %u of %u files are not in the tank.", missing,
				c->files_selected);
		say(view, "\n");
		break;
	case VERDICT_CANCELLED:
		say(view,
			"%sStopped.%s What was finished stays in the tank; the next import goes on "
			"from here.\n",
			colour(view, YELLOW), colour(view, PLAIN));
		break;
	case VERDICT_EMPTY:
		say(view, "No pictures or films were found here. Nothing was copied.\n");
		break;
	case VERDICT_FAILED:
		say(view, "%sNothing was copied.%s\n", colour(view, RED), colour(view, PLAIN));
		break;
	case VERDICT_NONE:
	case VERDICTS_COUNT:
		say(view, "This was a dry run: nothing was copied.\n");
		break;
	}
}

static void show_done(struct import_view *view, const struct event *event)
{
	erase_live(view);
	show_headline(view, event);
	show_fault(view, event);
	show_failures(view);
	if (event->counts->files_selected)
		show_counts(view, event);
	show_left_out(view, event);
	if (event->thumbnails_left > 20)
		say(view,
			"  %u thumbnails are still being made; the card is not needed for that. "
			"Ctrl-C ends it.\n",
			event->thumbnails_left);
}

/* ---- events -------------------------------------------------------------------------- */

static void keep_failure(struct import_view *view, const struct event *event)
{
	if (view->failures_count < FAILED_SHOWN) {
		struct failure *failure = &view->failures[view->failures_count];

		failure->file = strdup(event->file);
		if (!failure->file)
			return;
		failure->fault = event->fault;
		failure->error = event->error;
	}
	view->failures_count++;
}

static void keep_left_out(struct import_view *view, const struct event *event)
{
	if (view->left_out_count < LEFT_OUT_SHOWN) {
		view->left_out[view->left_out_count] = strdup(event->file);
		if (!view->left_out[view->left_out_count])
			return;
	}
	view->left_out_count++;
}

static void keep_day(struct import_view *view, const struct event *event)
{
	char day[11];

	if (event->is_guess || strlen(event->capture_time) < 10)
		return;
	(void)text_format(day, sizeof(day), "%.10s", event->capture_time);
	if (!view->first_day[0] || strcmp(day, view->first_day) < 0)
		memcpy(view->first_day, day, sizeof(day));
	if (strcmp(day, view->last_day) > 0)
		memcpy(view->last_day, day, sizeof(day));
}

static void show_notice(struct import_view *view, const struct event *event)
{
	const struct fault_text *text = fault_text(event->fault);
	char size[32];

	erase_live(view);
	say(view, "%sNote:%s %s", colour(view, YELLOW), colour(view, PLAIN), text->what);
	if (event->bytes_missing) {
		text_size(event->bytes_missing, size, sizeof(size));
		say(view, " %s more would be needed.", size);
	}
	if (event->file && *event->file)
		say(view, " (%s)", event->file);
	say(view, " %s\n", text->safe);
}

static void show_event(struct import_view *view, const struct event *event)
{
	switch (event->type) {
	case EVENT_CARD_STATE:
		if (event->state == CARD_SCANNING)
			say(view, "%s: looking at the card\n", event->label);
		break;
	case EVENT_CARD_SCANNED:
		show_scanned(view, event);
		break;
	case EVENT_CARD_PROGRESS:
		if (view->kind == VIEW_TERMINAL)
			show_live(view, event);
		else
			show_plain(view, event);
		break;
	case EVENT_FILE_PLANNED:
		say(view, "  %s\n", event->file);
		break;
	case EVENT_FILE_COPIED:
		keep_day(view, event);
		break;
	case EVENT_FILE_LEFT_OUT:
		keep_left_out(view, event);
		break;
	case EVENT_FILE_FAILED:
		keep_failure(view, event);
		break;
	case EVENT_NOTICE:
		show_notice(view, event);
		break;
	case EVENT_CARD_DONE:
		show_done(view, event);
		break;
	case EVENT_FILE_KNOWN:
	case EVENT_FILE_VERIFIED:
	case EVENTS_COUNT:
		break;
	}
}

static void print_json(struct import_view *view, const struct event *event)
{
	CLEANUP(freep) char *object = NULL;
	CLEANUP(freep) char *line = NULL;

	if (output_is_broken(view->output))
		return;
	object = event_json_encode(event);
	if (object && asprintf(&line, "%s\n", object) >= 0)
		output_text(view->output, line, event->type == EVENT_CARD_PROGRESS);
}

void import_view_event(const struct event *event, void *userdata)
{
	struct import_view *view = userdata;

	if (view->kind == VIEW_JSON)
		print_json(view, event);
	else
		show_event(view, event);
}
