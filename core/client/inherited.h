/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inherited.h - a listening socket that systemd has opened for a front end.
 */
#ifndef IMGTANK_CORE_CLIENT_INHERITED_H
#define IMGTANK_CORE_CLIENT_INHERITED_H

/* The only one, for the caller to close; -ENOENT if none was given, -E2BIG if more than one. */
int inherited_socket(void);

#endif
