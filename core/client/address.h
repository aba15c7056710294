/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * address.h - where the daemon's socket is.
 */
#ifndef IMGTANK_CORE_CLIENT_ADDRESS_H
#define IMGTANK_CORE_CLIENT_ADDRESS_H

/* given if it is not NULL, else $IMGTANK_SOCKET, else the usual place. Borrowed. */
const char *address_choose(const char *given);

/* A connected, non-blocking descriptor for the caller to close; -ENOENT, -ECONNREFUSED, ... */
int address_connect(const char *path);

#endif
