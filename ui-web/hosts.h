/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hosts.h - by which names this box may be asked.
 *
 * A name server that lies can make somebody's browser believe that this box is "evil.example"
 * (DNS rebinding); then a page of theirs may read what it answers. So a request is answered only
 * if its Host: header is an address, which no name server can lie about, or a name of the box.
 * Pure. RFC 9110, 7.2 and 15.5.20.
 */
#ifndef IMGTANK_UI_WEB_HOSTS_H
#define IMGTANK_UI_WEB_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#define HOSTS_NAME_BYTES 254 /* of a name in DNS: 253 */
#define HOSTS_NAMES_BYTES 1024 /* of all that were set */

/*
 * Is it one of ours? header: Host:, with or without a port; NULL: no. machine: the machine's own
 * name, which stands for itself, for its first part, and for that in ".local", also as Avahi
 * changes it when two boxes have one name ("tank-2.local"). names: those of the settings.
 */
bool hosts_is_ours(const char *header, const char *machine, const char *names);

/* Are these names, with blanks between them, that a Host: header can have? */
bool hosts_are_names(const char *names);

/* The header's name without its port, if it is fit to be shown; else false. */
bool hosts_name(const char *header, char name[HOSTS_NAME_BYTES]);

/* The same for a URL: a name or an address, in brackets if it is of IPv6; false: it is neither. */
bool hosts_of_url(const char *header, char host[HOSTS_NAME_BYTES]);

#endif
