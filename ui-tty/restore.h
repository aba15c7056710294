/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * restore.h - a terminal given back as it was, also by a signal handler, and also
 * by the guard (guard.h), whose screen was killed.
 */
#ifndef IMGTANK_UI_TTY_RESTORE_H
#define IMGTANK_UI_TTY_RESTORE_H

/* Keeps how standard input's terminal is set, and what it must be sent at the end. */
void restore_remember(void);

/* Async-signal-safe. Does nothing before restore_remember(). */
void restore_now(void);

#endif
