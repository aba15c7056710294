/* SPDX-License-Identifier: GPL-3.0-or-later */
/* listen.h - the socket that browsers come to: "[::]:80", "192.168.4.1:8080", "8080". */
#ifndef IMGTANK_UI_WEB_LISTEN_H
#define IMGTANK_UI_WEB_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#define LISTEN_DEFAULT "[::]:80"
#define LISTEN_HOST_BYTES 64
#define LISTEN_BYTES 80 /* of a whole one */

/* Takes it apart; host is "" for a port alone. False if it is none. Numbers only: no name is asked
 * for. */
bool listen_parse(const char *text, char host[LISTEN_HOST_BYTES], char port[6]);

/*
 * A listening, non-blocking socket for the caller to close. "[::]" means IPv4 too, also on a
 * machine without IPv6. -EINVAL, -EADDRINUSE, -EACCES, ...
 */
int listen_open(const char *text);

/* The port of a socket that listens; 0: it has none. */
unsigned int listen_port(int fd);

/* What to do about an error of listen_open(); a literal. */
const char *listen_remedy(int error);

/* The right to take a port below 1024, if there is one, is needed no more and given up. */
void listen_give_up_right(void);

#endif
