/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen.h - the terminal itself. The only file that knows ncurses.
 *
 * One screen a process, one thread. Between open and close the terminal is ours; close gives it
 * back as it was, and so does screen_restore_now() from a signal handler.
 */
#ifndef IMGTANK_UI_TTY_SCREEN_H
#define IMGTANK_UI_TTY_SCREEN_H

#include "ui-tty/grid.h"

struct screen_options {
	bool has_mouse;
	bool has_colours; /* false: none, whatever the terminal has (no-color.org) */
};

struct screen_input {
	int key; /* a character, or a KEY_CODE_ of keys.h; KEY_CODE_NONE: nothing more */
	int row, column; /* with KEY_CODE_POINT */
};

/* -ENOTTY: there is no terminal; -ENODEV: one that is not known (TERM). */
int screen_open(const struct screen_options *options);
void screen_close(void); /* fine if it is not open */

/* True if the terminal shows nothing but ASCII. */
bool screen_is_ascii(void);

void screen_size(int *rows, int *columns);
void screen_resized(void); /* after SIGWINCH */

/* Puts the grid on the terminal; only what changed is sent. */
void screen_show(const struct grid *grid);
void screen_redraw(void); /* all of it, with the next show */

/* What was typed; KEY_CODE_NONE when there is nothing more. -EIO: the terminal is gone. */
int screen_read(struct screen_input *input);

/* Async-signal-safe: the terminal as it was. */
void screen_restore_now(void);

#endif
