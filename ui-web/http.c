/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "ui-web/json_writer.h"
#include "ui-web/parse.h"

#define SWEEP_USEC (UINT64_C(2) * 1000000)

/* For GnuTLS: no CBC, and no key with which what was recorded could be read later. */
#define TLS_PRIORITIES                                                                             \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:"        \
	"+CHACHA20-POLY1305:-RSA"

/* What the library calls idle is one who sends nothing; this is about one who sends slowly. */
struct link {
	struct link *next, *previous;
	struct MHD_Connection *connection;
	uint64_t deadline_usec; /* the request must be there by then; UINT64_MAX: it is */
	char address[AUTH_ADDRESS_BYTES];
	bool is_counted;
	char *target; /* owned; NULL: not kept */
};

struct http {
	struct http_options options;
	struct MHD_Daemon *daemon;
	struct link links; /* the head of a ring */
	struct crowd crowd;
	uint64_t sweep_usec;
	bool is_woken; /* since the last http_run() began */
	struct request *waiting[HTTP_CONNECTIONS_MAX];
};

/* Nothing is loaded but from here, nothing runs but files of ours, nobody frames us. */
static const char *const headers[][2] = {
	{"Content-Security-Policy",
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
		"media-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
		"base-uri 'none'; frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	/* "no-referrer" would make a form's Origin "null": without TLS nothing else tells ours. */
	{"Referrer-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
};

/* --- connections --- */

static struct link *link_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void describe_address(const struct sockaddr *from, char address[AUTH_ADDRESS_BYTES])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct in6_addr six;

	(void)text_format(address, AUTH_ADDRESS_BYTES, "?");
	if (from && from->sa_family == AF_INET) {
		(void)inet_ntop(AF_INET,
			&((const struct sockaddr_in *)(const void *)from)->sin_addr, address,
			AUTH_ADDRESS_BYTES);
	} else if (from && from->sa_family == AF_INET6) {
		six = ((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
		if (!memcmp(&six, mapped, sizeof(mapped))) {
			(void)inet_ntop(AF_INET, &six.s6_addr[12], address, AUTH_ADDRESS_BYTES);
			return;
		}
		if (!IN6_IS_ADDR_LINKLOCAL(&six)) /* there everybody is of one network */
			memset(&six.s6_addr[8], 0, 8); /* who has one of it has them all */
		(void)inet_ntop(AF_INET6, &six, address, AUTH_ADDRESS_BYTES);
	}
}

static void set_deadline(struct MHD_Connection *connection, uint64_t usec)
{
	struct link *link = link_of(connection);

	if (link)
		link->deadline_usec = usec;
}

static void add_link(struct http *http, struct MHD_Connection *connection, void **context)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct link *link = calloc(1, sizeof(*link));

	*context = link;
	if (!link)
		return; /* it only lacks a deadline of ours */
	link->connection = connection;
	describe_address(info ? info->client_addr : NULL, link->address);
	link->is_counted = crowd_enter(&http->crowd, link->address);
	link->deadline_usec = clock_monotonic_usec() + HTTP_REQUEST_USEC;
	link->next = &http->links;
	link->previous = http->links.previous;
	link->previous->next = link;
	http->links.previous = link;
}

static void on_connection(void *userdata, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode code)
{
	struct http *http = userdata;
	struct link *link = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		add_link(http, connection, context);
	} else if (link) {
		if (link->is_counted)
			crowd_leave(&http->crowd, link->address);
		link->next->previous = link->previous;
		link->previous->next = link->next;
		free(link->target);
		free(link);
		*context = NULL;
	}
}

static enum MHD_Result may_connect(
	void *userdata, const struct sockaddr *from, socklen_t from_bytes)
{
	const struct http *http = userdata;
	char address[AUTH_ADDRESS_BYTES];

	(void)from_bytes;
	describe_address(from, address);
	return crowd_may_enter(&http->crowd, address) ? MHD_YES : MHD_NO;
}

/* The library then sees its end, and closes it. */
static void hang_up(const struct link *link)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(link->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (info)
		(void)shutdown(info->connect_fd, SHUT_RDWR);
}

static void sweep(struct http *http, uint64_t now_usec)
{
	for (struct link *link = http->links.next; link != &http->links; link = link->next)
		if (link->deadline_usec <= now_usec) {
			link->deadline_usec = UINT64_MAX;
			hang_up(link);
		}
}

/* --- requests --- */

static struct request *request_new(
	struct http *http, struct MHD_Connection *connection, const char *path, const char *method)
{
	struct request *request = calloc(1, sizeof(*request));
	const struct link *link = link_of(connection);

	if (!request)
		return NULL;
	request->web = http->options.web;
	request->http = http;
	request->connection = connection;
	request->method = router_method(method);
	request->path = path;
	request->result = MHD_YES;
	(void)text_format(
		request->address, sizeof(request->address), "%s", link ? link->address : "?");
	return request;
}

/* The library calls again at the end of the body; the size is only promised by the browser. */
static void add_body(struct request *request, const char *data, size_t size_bytes)
{
	char *body;

	if (request->body_bytes + size_bytes > HTTP_BODY_MAX)
		request->is_too_long = true;
	if (request->is_too_long)
		return;
	body = realloc(request->body, request->body_bytes + size_bytes + 1);
	if (!body) {
		request->is_too_long = true;
		return;
	}
	memcpy(body + request->body_bytes, data, size_bytes);
	request->body = body;
	request->body_bytes += size_bytes;
	body[request->body_bytes] = '\0';
}

static void handle(struct request *request)
{
	set_deadline(request->connection, UINT64_MAX);
	if (request->is_too_long)
		request_refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, "This is too much at once.",
			"Send less.");
	else
		request->route->handle(request);
}

/* The library takes it apart in place. Returns no context: the request is not known yet. */
static void *on_target(void *userdata, const char *target, struct MHD_Connection *connection)
{
	struct link *link = link_of(connection);

	(void)userdata;
	if (link) {
		free(link->target);
		link->target = strdup(target);
	}
	return NULL;
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection,
	const char *path, const char *method, const char *version, const char *data,
	size_t *size_bytes, void **context)
{
	struct http *http = userdata;
	struct request *request = *context;

	(void)version;
	if (!request) {
		request = request_new(http, connection, path, method);
		*context = request;
		if (!request)
			return MHD_NO;
		http->options.begin(request);
		return request->result;
	}
	if (*size_bytes > 0) {
		if (request->take && !request->is_answered) {
			set_deadline(connection, clock_monotonic_usec() + HTTP_REQUEST_USEC);
			request->take(request, data, *size_bytes);
		} else {
			add_body(request, data, *size_bytes);
		}
		*size_bytes = 0;
	} else if (!request->is_answered && !request->is_waiting) {
		handle(request);
	}
	return request->result;
}

static void forget_waiting(struct request *request)
{
	struct http *http = request->http;

	if (!request->is_waiting)
		return;
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		if (http->waiting[i] == request)
			http->waiting[i] = NULL;
	request->is_waiting = false;
}

static void on_completed(void *userdata, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code)
{
	struct request *request = *context;

	(void)userdata;
	(void)code;
	set_deadline(connection, clock_monotonic_usec() + HTTP_REQUEST_USEC);
	if (!request)
		return;
	forget_waiting(request);
	if (request->forget)
		request->forget(request);
	if (request->body)
		explicit_bzero(request->body, request->body_bytes); /* it may be a password */
	free(request->body);
	free(request);
	*context = NULL;
}

const char *request_header(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *request_target(const struct request *request)
{
	const struct link *link = link_of(request->connection);

	return link ? link->target : NULL;
}

const char *request_query(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

bool request_form(const struct request *request, const char *name, char *out, size_t out_bytes)
{
	return parse_form(request->body, name, out, out_bytes);
}

bool request_is_tls(const struct request *request)
{
	return request->http->options.certificate != NULL;
}

/* --- responses --- */

bool response_header(struct MHD_Response *response, const char *name, const char *value)
{
	if (MHD_add_response_header(response, name, value) == MHD_YES)
		return true;
	log_error("the header %s could not be added", name);
	return false;
}

bool response_finish(struct MHD_Response *response)
{
	bool is_whole = true;

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		is_whole = response_header(response, headers[i][0], headers[i][1]) && is_whole;
	if (!MHD_get_response_header(response, "Cache-Control"))
		is_whole = response_header(response, "Cache-Control", "no-store") && is_whole;
	return is_whole;
}

void request_send_kept(struct request *request, unsigned int status, struct MHD_Response *response)
{
	request->is_answered = true;
	request->result = MHD_queue_response(request->connection, status, response);
}

void request_send(struct request *request, unsigned int status, struct MHD_Response *response)
{
	request->is_answered = true;
	request->result = MHD_NO; /* without memory there is nothing to say */
	if (!response)
		return;
	if (response_finish(response))
		request_send_kept(request, status, response);
	MHD_destroy_response(response);
}

void request_send_json(struct request *request, unsigned int status, char *text)
{
	struct MHD_Response *response = NULL;

	if (text)
		response =
			MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	if (text && !response)
		free(text);
	if (response)
		(void)response_header(response, "Content-Type", "application/json");
	request_send(request, status, response);
}

void request_refuse(
	struct request *request, unsigned int status, const char *sentence, const char *remedy)
{
	struct json_writer writer = {0};

	json_writer_open(&writer, NULL, '{');
	json_writer_text(&writer, "sentence", sentence);
	json_writer_text(&writer, "remedy", remedy);
	json_writer_close(&writer, '}');
	request_send_json(request, status, json_writer_take(&writer));
}

void request_redirect(struct request *request, const char *path)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);

	if (response)
		(void)response_header(response, "Location", path);
	request_send(request, MHD_HTTP_SEE_OTHER, response);
}

void request_is_known(struct request *request)
{
	crowd_know(&request->http->crowd, request->address, clock_monotonic_usec());
}

/* --- waiting --- */

void request_wait(struct request *request)
{
	struct http *http = request->http;

	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		if (!http->waiting[i]) {
			http->waiting[i] = request;
			request->is_waiting = true;
			MHD_suspend_connection(request->connection);
			return;
		}
}

void request_wake(struct request *request)
{
	if (!request->is_waiting)
		return;
	forget_waiting(request);
	MHD_resume_connection(request->connection);
	request->http->is_woken = true;
	request->http->options.woken(request->web); /* its descriptor does not tell of this */
}

/* --- its life --- */

static void on_log(void *userdata, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* What the library says is about single browsers: of use only when one looks for it. */
static void on_log(void *userdata, const char *format, va_list arguments)
{
	char line[512], safe[512];

	(void)userdata;
	(void)vsnprintf(line, sizeof(line), format, arguments);
	line[strcspn(line, "\n")] = '\0';
	(void)text_escape(line, safe, sizeof(safe));
	log_debug("%s", safe);
}

static int start(struct http *http)
{
	const struct http_options *options = &http->options;
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)options->certificate},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->key},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
		{MHD_OPTION_END, 0, NULL},
	};

	if (options->certificate)
		flags |= MHD_USE_TLS;
	else
		tls[0] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	if (options->certificate && MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		return -ENOTSUP;
	http->daemon = MHD_start_daemon(flags, 0, may_connect, http, on_request, http,
		MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET,
		options->listen_fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)HTTP_CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)HTTP_IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEADER_BYTES_MAX,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_URI_LOG_CALLBACK,
		options->keeps_target ? on_target : NULL, NULL, MHD_OPTION_ARRAY, tls,
		MHD_OPTION_END);
	return http->daemon ? 0 : -EINVAL;
}

int http_new(struct http **ret, const struct http_options *options)
{
	struct http *http = calloc(1, sizeof(*http));
	int r;

	if (!http) {
		fd_close(options->listen_fd);
		return -ENOMEM;
	}
	http->options = *options;
	http->links.next = http->links.previous = &http->links;
	*ret = http; /* the first request may come before this returns */
	r = start(http);
	if (r < 0) {
		fd_close(options->listen_fd);
		free(http);
		*ret = NULL;
	}
	return r;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		if (http->waiting[i])
			request_wake(http->waiting[i]);
	MHD_stop_daemon(http->daemon);
	free(http);
}

int http_fd(const struct http *http)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	return info ? info->epoll_fd : -1;
}

uint64_t http_run(struct http *http, uint64_t now_usec)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;
	uint64_t next_usec = UINT64_MAX;

	http->is_woken = false;
	(void)MHD_run(http->daemon);
	if (now_usec >= http->sweep_usec) {
		sweep(http, now_usec);
		http->sweep_usec = now_usec + SWEEP_USEC;
	}
	if (http->links.next != &http->links)
		next_usec = http->sweep_usec;
	if (MHD_get_timeout(http->daemon, &wait_ms) == MHD_YES &&
		now_usec + wait_ms * 1000 < next_usec)
		next_usec = now_usec + wait_ms * 1000;
	return http->is_woken ? now_usec : next_usec;
}
