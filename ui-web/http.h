/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http.h - the one place that knows the HTTP library: connections and their limits, requests
 * and their bodies, and what every response carries.
 *
 * One thread. A request is answered exactly once, at once or later: request_wait() puts it
 * aside, request_wake() has its handler called again.
 */
#ifndef IMGTANK_UI_WEB_HTTP_H
#define IMGTANK_UI_WEB_HTTP_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ui-web/auth.h"
#include "ui-web/crowd.h"
#include "ui-web/router.h"

#define HTTP_BODY_MAX (64 * 1024) /* of a request whose handler takes it in one piece */
#define HTTP_CONNECTIONS_MAX CROWD_MAX
#define HTTP_HEADER_BYTES_MAX (16 * 1024)
#define HTTP_IDLE_S 30 /* nothing moves */
#define HTTP_REQUEST_USEC (UINT64_C(20) * 1000000) /* a whole request must be there */

struct http; /* opaque */
struct web;

struct request {
	struct web *web; /* borrowed */
	struct http *http; /* borrowed */
	struct MHD_Connection *connection;
	enum method method;
	const char *path;
	const struct route *route;
	char argument[ROUTE_ARGUMENT_BYTES];
	char address[AUTH_ADDRESS_BYTES]; /* of the browser; of IPv6 only the network, unless it is
					     this link's own */
	int64_t session; /* 0: not logged in */
	char *body; /* owned; a string */
	size_t body_bytes;
	bool is_too_long; /* the body was, and is not kept */
	bool is_answered, is_waiting;
	/* For a body that is not kept: gets its pieces. Set while the head is looked at. */
	void (*take)(struct request *request, const char *data, size_t size_bytes);
	void *own; /* the handler's; forget() is called at the end */
	void (*forget)(struct request *request);
	enum MHD_Result result; /* of the library's last call */
};

struct http_options {
	int listen_fd; /* taken over */
	const char *certificate, *key; /* PEM texts, borrowed for good; NULL: no TLS */
	/* The head is there: finds the route; may answer, and then the body is not read. */
	void (*begin)(struct request *request);
	void (*woken)(struct web *web); /* call http_run() soon */
	bool keeps_target; /* for request_target() */
	struct web *web;
};

/* -ENOTSUP: the library has no TLS. -EINVAL: certificate and key are not good. */
int http_new(struct http **ret, const struct http_options *options);
void http_free(struct http *http); /* accepts NULL; waiting requests end */

int http_fd(const struct http *http); /* to be watched for EPOLLIN */

/* Does what is to be done; CLOCK_MONOTONIC of when it must be called again, or UINT64_MAX. */
uint64_t http_run(struct http *http, uint64_t now_usec);

const char *request_header(const struct request *request, const char *name); /* or NULL */

/* What was asked for as it was sent, with its query; not NULL only with keeps_target. */
const char *request_target(const struct request *request);
const char *request_query(const struct request *request, const char *name); /* unescaped, or NULL */
bool request_form(const struct request *request, const char *name, char *out, size_t out_bytes);
bool request_is_tls(const struct request *request);

/* Its sender is logged in: there is always a place for more from that address. */
void request_is_known(struct request *request);

void request_wait(struct request *request);
void request_wake(struct request *request);

/* Answers, with the headers that every response has. Takes the response over. NULL: 503. */
void request_send(struct request *request, unsigned int status, struct MHD_Response *response);

/* The same in two steps, for a response that is sent more than once and stays the caller's. */
bool response_finish(struct MHD_Response *response); /* once; false, and an error is logged */
void request_send_kept(struct request *request, unsigned int status, struct MHD_Response *response);

/* text is taken over; NULL: there was no memory. */
void request_send_json(struct request *request, unsigned int status, char *text);

/* What happened and what to do, as {"sentence": ..., "remedy": ...}. */
void request_refuse(
	struct request *request, unsigned int status, const char *sentence, const char *remedy);

/* 303. path: a literal of ours. */
void request_redirect(struct request *request, const char *path);

/* Adds a header to a response that has not been sent; false, and an error is logged. */
bool response_header(struct MHD_Response *response, const char *name, const char *value);

#endif
