/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guard.h - somebody who puts the terminal right when the screen was killed.
 *
 * SIGKILL can be caught by nobody; so the screen runs in a child, and its parent does nothing but
 * wait. It dies with its parent, too, in order.
 */
#ifndef IMGTANK_UI_TTY_GUARD_H
#define IMGTANK_UI_TTY_GUARD_H

/*
 * Comes back in the child: -1, go on. In the parent: only after the child's end, with the exit
 * status. Without a terminal there is no child: -1.
 */
int guard_start(void);

#endif
