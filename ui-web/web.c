/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/web.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/client/inherited.h"
#include "ui-web/download.h"
#include "ui-web/gallery.h"
#include "ui-web/hosts.h"
#include "ui-web/http.h"
#include "ui-web/listen.h"
#include "ui-web/live.h"
#include "ui-web/login.h"
#include "ui-web/media.h"
#include "ui-web/misdirected.h"
#include "ui-web/pages.h"
#include "ui-web/parse.h"
#include "ui-web/preview.h"
#include "ui-web/redirect.h"
#include "ui-web/thumbs.h"
#include "ui-web/upload.h"

#define PEM_BYTES_MAX (64 * 1024)
#define WEB_NICE 15 /* an import has 2 */

static const struct frontend_setting settings[] = {
	{"listen", "ADDRESS:PORT", "where browsers come to (default: " LISTEN_DEFAULT ")", false},
	{"password-file", "FILE", "who knows its password may log in; --set-password makes it",
		false},
	{"code-file", "FILE", "without a password: the code for one log-in stands here", false},
	{"guests", "none|read", "may look at everything without logging in (default: none)", false},
	{"names", "NAME ...", "more names that the box has on the network", false},
	{"tls-certificate", "FILE", "PEM; with tls-key: https only", false},
	{"tls-key", "FILE", "PEM", false},
	{"redirect", "ADDRESS:PORT", "with TLS: who comes here without it is led to the page",
		false},
	{"spool", "FOLDER", "where uploads go: imgtankd's virtual-reader (default: no uploads)",
		false},
	{"assets", "FOLDER", "the page's own files (default: " WEB_ASSETS ")", false},
	{0},
};

/* What an import would not take is not to be uploaded. */
static const struct frontend_shared_setting shared_settings[] = {
	{"import", "select"},
	{0},
};

static const struct route routes[] = {
	{METHOD_GET, "/", ACCESS_READ, pages_index},
	{METHOD_GET, "/login", ACCESS_ALL, pages_login},
	{METHOD_GET, "/static/:", ACCESS_ALL, pages_file},
	{METHOD_GET, "/api/session", ACCESS_ALL, login_session_get},
	{METHOD_POST, "/api/login", ACCESS_ALL, login_post},
	{METHOD_POST, "/api/logout", ACCESS_OWNER, login_logout},
	{METHOD_GET, "/api/state", ACCESS_READ, live_state},
	{METHOD_GET, "/api/events", ACCESS_READ, live_events},
	{METHOD_POST, "/api/command", ACCESS_OWNER, live_command},
	{METHOD_GET, "/api/days", ACCESS_READ, gallery_days},
	{METHOD_GET, "/api/day/:", ACCESS_READ, gallery_day},
	{METHOD_GET, "/api/search", ACCESS_READ, gallery_search},
	{METHOD_GET, "/api/picture/:", ACCESS_READ, gallery_picture},
	{METHOD_GET, "/api/zip/:", ACCESS_READ, download_day},
	{METHOD_POST, "/api/zip", ACCESS_READ, download_selection},
	{METHOD_POST, "/api/upload", ACCESS_OWNER, upload_post},
	{METHOD_PUT, "/api/upload/:", ACCESS_OWNER, upload_put},
	{METHOD_GET, "/api/upload/:", ACCESS_OWNER, upload_get},
	{METHOD_POST, "/api/upload/:/done", ACCESS_OWNER, upload_done},
	{METHOD_GET, "/media/:/thumb", ACCESS_READ, media_thumb},
	{METHOD_GET, "/media/:/view", ACCESS_READ, media_view},
	{METHOD_GET, "/media/:/original", ACCESS_READ, media_original},
	{0},
};

/* --- settings --- */

static int set_guests(struct web *web, const char *value)
{
	web->may_guests_read = !strcmp(value, "read");
	return web->may_guests_read || !strcmp(value, "none") ? 0 : -EINVAL;
}

static int set_names(struct web *web, const char *value)
{
	return hosts_are_names(value) && text_format(web->names, sizeof(web->names), "%s", value)
		? 0
		: -EINVAL;
}

static int set_listen(char listen[LISTEN_BYTES], const char *value)
{
	char host[LISTEN_HOST_BYTES], port[6];

	return listen_parse(value, host, port) && text_format(listen, LISTEN_BYTES, "%s", value)
		? 0
		: -EINVAL;
}

static int set_path(char *path, const char *value)
{
	return text_format(path, WEB_PATH_BYTES, "%s", value) ? 0 : -EINVAL;
}

static int set(void *state, const char *key, const char *value)
{
	struct web *web = state;

	if (!strcmp(key, "guests"))
		return set_guests(web, value);
	if (!strcmp(key, "names"))
		return set_names(web, value);
	if (!strcmp(key, "select"))
		return select_mode_parse(value, &web->select);
	if (!strcmp(key, "password-file"))
		return set_path(web->password_file, value);
	if (!strcmp(key, "code-file"))
		return set_path(web->code_file, value);
	if (!strcmp(key, "tls-certificate"))
		return set_path(web->certificate_file, value);
	if (!strcmp(key, "tls-key"))
		return set_path(web->key_file, value);
	if (!strcmp(key, "spool"))
		return set_path(web->spool, value);
	if (!strcmp(key, "assets"))
		return set_path(web->assets, value);
	return set_listen(!strcmp(key, "redirect") ? web->redirect_listen : web->listen, value);
}

static void set_default(char *path, const char *value)
{
	if (!*path)
		(void)set_path(path, value);
}

/* --- who may --- */

static bool is_for_people(const struct request *request)
{
	return !strcmp(request->path, "/");
}

static void refuse_stranger(struct request *request)
{
	if (is_for_people(request))
		request_redirect(request, "/login");
	else
		request_refuse(request, MHD_HTTP_UNAUTHORIZED, "You are not logged in.",
			"Log in, then try again.");
}

static bool may(const struct request *request)
{
	switch (request->route->access) {
	case ACCESS_ALL:
		return true;
	case ACCESS_READ:
		return request->session || request->web->may_guests_read;
	default:
		return request->session;
	}
}

static bool is_forged(const struct request *request)
{
	return request->route->method != METHOD_GET &&
		!parse_is_same_origin(request_header(request, "Sec-Fetch-Site"),
			request_header(request, "Origin"), request_header(request, "Host"));
}

static void begin(struct request *request)
{
	if (misdirected_refuse(request))
		return;
	switch (router_find(
		routes, request->method, request->path, &request->route, request->argument)) {
	case ROUTE_NO_PATH:
		request_refuse(request, MHD_HTTP_NOT_FOUND, "There is nothing here.",
			"Go to the start page.");
		return;
	case ROUTE_NO_METHOD:
		request_refuse(request, MHD_HTTP_METHOD_NOT_ALLOWED, "This cannot be done here.",
			"Reload the page.");
		return;
	default:
		break;
	}
	request->session = login_session(request);
	if (request->session)
		request_is_known(request);
	if (is_forged(request))
		request_refuse(request, MHD_HTTP_FORBIDDEN,
			"Another page has asked for this. Nothing was done.",
			"Do it from the tank's own page.");
	else if (!may(request))
		refuse_stranger(request);
	else if (request->method == METHOD_PUT)
		upload_begin_put(request);
}

/* --- the loop --- */

static void run(struct web *web)
{
	uint64_t now_usec = frontend_host_now_usec(web->host);
	uint64_t next_usec = http_run(web->http, now_usec);
	uint64_t other_usec = web->redirect ? http_run(web->redirect, now_usec) : UINT64_MAX;

	if (other_usec < next_usec)
		next_usec = other_usec;
	frontend_host_timer(web->host, WEB_TIMER_HTTP, next_usec);
}

static void woken(struct web *web)
{
	frontend_host_timer(web->host, WEB_TIMER_HTTP, frontend_host_now_usec(web->host));
}

static void ready(void *state, int fd, uint32_t events)
{
	struct web *web = state;

	(void)events;
	if (fd == previews_fd(web->previews))
		previews_ready(web->previews);
	if (web->uploads && fd == uploads_fd(web->uploads))
		uploads_ready(web->uploads);
	run(web);
}

static void tick(void *state, unsigned int timer, uint64_t now_usec)
{
	struct web *web = state;

	if (timer == WEB_TIMER_LIVE)
		live_tick(web->live, now_usec);
	else if (timer == WEB_TIMER_GALLERY)
		gallery_tick(web->gallery, now_usec);
	else
		run(web);
}

static void show(void *state, const struct tank_model *model, uint32_t changed)
{
	struct web *web = state;

	(void)changed;
	gallery_changed(web->gallery);
	uploads_changed(web->uploads, model);
	live_changed(web->live);
}

static void reply(void *state, const struct message_reply *answer)
{
	struct web *web = state;

	live_reply(web->live, answer);
}

/* --- its life --- */

/* NULL and *error, which is logged. */
static char *read_pem(const char *path, int *error)
{
	char *text = calloc(1, PEM_BYTES_MAX);

	*error = text ? fd_read_text(AT_FDCWD, path, text, PEM_BYTES_MAX) : -ENOMEM;
	if (*error >= 0)
		return text;
	(void)log_errno(LOG_LEVEL_ERROR, *error, "%s cannot be read", path);
	free(text);
	return NULL;
}

static int read_tls(struct web *web)
{
	int r = 0;

	if (!*web->certificate_file && !*web->key_file)
		return 0;
	if (!*web->certificate_file || !*web->key_file) {
		log_error("tls-certificate and tls-key belong together: one of them is missing");
		return -EINVAL;
	}
	web->certificate = read_pem(web->certificate_file, &r);
	if (web->certificate)
		web->key = read_pem(web->key_file, &r);
	return r < 0 ? r : 0;
}

static int open_socket(const struct web *web)
{
	int fd = inherited_socket();

	if (fd == -ENOENT)
		fd = listen_open(web->listen);
	if (fd < 0)
		(void)log_errno(LOG_LEVEL_ERROR, fd, "nobody can connect to %s: %s", web->listen,
			listen_remedy(fd));
	return fd;
}

static int start_redirect(struct web *web)
{
	struct http_options options = {
		.begin = redirect_begin, .woken = woken, .keeps_target = true, .web = web};
	int r;

	options.listen_fd = listen_open(web->redirect_listen);
	if (options.listen_fd < 0)
		return options.listen_fd;
	r = http_new(&web->redirect, &options);
	return r < 0 ? r : frontend_host_watch(web->host, http_fd(web->redirect), EPOLLIN);
}

/* Without it the page is still there for those who type https://, so no error here ends it. */
static void open_redirect(struct web *web)
{
	int r;

	if (!*web->redirect_listen)
		return;
	if (!web->certificate) {
		log_warning("redirect = is of use only with tls-certificate and tls-key");
		return;
	}
	r = start_redirect(web);
	if (r == 0)
		return;
	(void)log_errno(LOG_LEVEL_ERROR, r,
		"who comes to %s without TLS is not led to the page: end what has this port ('ss "
		"-ltnp' shows it), or take redirect = out",
		web->redirect_listen);
	http_free(web->redirect);
	web->redirect = NULL;
}

static int open_http(struct web *web)
{
	struct http_options options = {.certificate = web->certificate,
		.key = web->key,
		.begin = begin,
		.woken = woken,
		.web = web};
	int r;

	options.listen_fd = open_socket(web);
	if (options.listen_fd < 0)
		return options.listen_fd;
	web->port = listen_port(options.listen_fd);
	open_redirect(web);
	listen_give_up_right();
	r = http_new(&web->http, &options);
	if (r < 0) {
		log_error("the web server cannot start%s",
			web->certificate ? ": are tls-certificate and tls-key a pair?" : "");
		return r;
	}
	return frontend_host_watch(web->host, http_fd(web->http), EPOLLIN);
}

/* Who looks at pictures waits for who copies them. The unit says the same to its group. */
static void step_back(void)
{
	(void)setpriority(PRIO_PROCESS, 0, WEB_NICE);
	(void)syscall(SYS_ioprio_set, 1 /* a process */, 0, 2 << 13 | 7 /* ordinary, the last */);
}

static int web_open(void *state, struct frontend_host *host)
{
	struct web *web = state;
	int r;

	web->host = host;
	if (frontend_host_is_still(host))
		return -ENODEV; /* --render: there is nothing to be drawn */
	step_back();
	if (!*web->listen)
		(void)text_format(web->listen, sizeof(web->listen), "%s", LISTEN_DEFAULT);
	set_default(web->assets, WEB_ASSETS);
	set_default(web->code_file, WEB_CODE_FILE);
	web->auth = auth_new();
	web->live = live_new(web);
	web->gallery = gallery_new(web);
	web->thumbs = thumbs_new();
	if (!web->auth || !web->live || !web->gallery || !web->thumbs)
		return -ENOMEM;
	r = pages_new(&web->pages, web->assets);
	if (r == 0)
		r = read_tls(web);
	if (r == 0)
		r = previews_new(&web->previews);
	if (r == 0)
		r = frontend_host_watch(host, previews_fd(web->previews), EPOLLIN);
	if (r == 0 && *web->spool)
		r = uploads_new(&web->uploads, web, web->spool);
	if (r == 0 && web->uploads)
		r = frontend_host_watch(host, uploads_fd(web->uploads), EPOLLIN);
	if (r == 0)
		r = open_http(web);
	return r == 0 ? login_open(web) : r;
}

/* Not by itself with "frontends = auto": a page on the network is switched on by name. */
static int probe(void *state)
{
	(void)state;
	return -ENODEV;
}

static void web_close(void *state)
{
	struct web *web = state;

	http_free(web->redirect);
	http_free(web->http);
	previews_free(web->previews);
	uploads_free(web->uploads);
	live_free(web->live);
	gallery_free(web->gallery);
	thumbs_free(web->thumbs);
	pages_free(web->pages);
	auth_free(web->auth);
	login_close(web);
	free(web->certificate);
	if (web->key)
		explicit_bzero(web->key, strlen(web->key));
	free(web->key);
}

const struct frontend frontend_web = {
	.name = "web",
	.summary = "Shows the tank and its pictures to browsers on the network",
	.state_size = sizeof(struct web),
	.settings = settings,
	.shared_settings = shared_settings,
	.set = set,
	.probe = probe,
	.open = web_open,
	.show = show,
	.reply = reply,
	.ready = ready,
	.tick = tick,
	.close = web_close,
};
