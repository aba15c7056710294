/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parse.h - what a browser sends, taken apart. Pure functions; everything they read is
 * hostile. RFC 9110 (ranges, conditions), RFC 6265 (cookies), RFC 3986 (escapes).
 */
#ifndef IMGTANK_UI_WEB_PARSE_H
#define IMGTANK_UI_WEB_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The value of one cookie of a Cookie: header. False if it is not there, there twice (then
 * somebody plays tricks), empty, or longer than out.
 */
bool parse_cookie(const char *header, const char *name, char *out, size_t out_bytes);

/*
 * The value of one field of a form (a=1&b=2), unescaped. False if it is not there, is badly
 * escaped, has a NUL in it or does not fit.
 */
bool parse_form(const char *form, const char *name, char *out, size_t out_bytes);

enum range {
	RANGE_NONE, /* send all of it */
	RANGE_ONE,
	RANGE_REFUSED, /* 416: behind the end, more than one, or nonsense in bytes */
};

/* What a Range: header means for this size. header: may be NULL. [*first, *last], both included. */
enum range parse_range(const char *header, uint64_t size_bytes, uint64_t *first, uint64_t *last);

/* Does an If-None-Match: or If-Range: header name this entity tag ("\"abc\"")? */
bool parse_has_etag(const char *header, const char *etag);

/* "1,2,3": ids of the ledger into ids. How many, or -EINVAL, -E2BIG. */
int parse_ids(const char *text, int64_t *ids, size_t ids_max);

/* One positive number in decimal, no sign, no zero in front. False for anything else. */
bool parse_id(const char *text, int64_t *id);

/*
 * May this request change something? Only one that this very page has sent may. site:
 * Sec-Fetch-Site, origin: Origin, host: Host; each may be NULL. Without any proof: no.
 */
bool parse_is_same_origin(const char *site, const char *origin, const char *host);

/*
 * Content-Disposition for a download: the name in ASCII with '_' for what is not safe, and
 * in full (RFC 8187). name: raw bytes, no '/'.
 */
void parse_disposition(const char *name, char *out, size_t out_bytes);

#endif
