/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/login.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "ui-web/json_writer.h"
#include "ui-web/live.h"
#include "ui-web/parse.h"
#include "ui-web/web.h"

#define COOKIE "imgtank"
#define COOKIE_AGE_S (30 * 24 * 3600)
#define CODE_MISSES_MAX 10 /* then it is another one */
#define CODE_FILE_MODE 0640
#define PASSWORD_LOOK_USEC UINT64_C(2000000)

/* --- the code --- */

/* For those who stand at the box; how the daemon reads it: core/daemon/access.h. */
static int write_code(const struct web *web)
{
	const char *path = web->code_file, *code = web->code;
	char temp[WEB_PATH_BYTES + 8];
	int fd, r = 0;

	(void)text_format(temp, sizeof(temp), "%s.new", path);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, CODE_FILE_MODE);
	if (fd < 0)
		return -errno;
	r = *code ? dprintf(fd, "%.4s %s\n", code, code + 4) : dprintf(fd, "-\n");
	if (r >= 0)
		r = dprintf(fd, "%s %u\n", web->certificate ? "https" : "http", web->port);
	if (r < 0 || rename(temp, path) < 0)
		r = -errno;
	else
		r = 0;
	fd_close(fd);
	return r;
}

static int renew_code(struct web *web)
{
	int r = auth_make_code(web->code);

	web->code_misses = 0;
	if (r == 0)
		r = write_code(web);
	if (r < 0)
		(void)log_errno(LOG_LEVEL_ERROR, r,
			"the code for logging in cannot be shown in %s: set a password instead",
			web->code_file);
	return r;
}

/* --- a new password ends what the old one has opened --- */

static void look_at_password(struct web *web, struct timespec *mtime, ino_t *inode)
{
	struct stat st;
	bool is_there = stat(web->password_file, &st) == 0;

	*mtime = is_there ? st.st_mtim : (struct timespec){0};
	*inode = is_there ? st.st_ino : 0;
}

static void end_sessions_of_old_password(struct web *web)
{
	struct timespec mtime;
	ino_t inode;

	look_at_password(web, &mtime, &inode);
	if (inode == web->password_inode && mtime.tv_sec == web->password_mtime.tv_sec &&
		mtime.tv_nsec == web->password_mtime.tv_nsec)
		return;
	web->password_mtime = mtime;
	web->password_inode = inode;
	log_info("the password has changed: everybody has to log in again");
	auth_close_all(web->auth);
	live_session_ended(web->live);
}

/* Anew for each log-in, so that a new password counts at once. */
static int load_password(const struct web *web, char hash[PASSWORD_HASH_BYTES])
{
	int r = password_load(web->password_file, hash);

	if (r == -EPERM)
		log_error("%s can be read by others: chmod 0640 it", web->password_file);
	else if (r < 0)
		(void)log_errno(LOG_LEVEL_ERROR, r,
			"the password file %s cannot be used; imgtank-ui-web --set-password "
			"makes one",
			web->password_file);
	return r;
}

static int check_password(const struct web *web)
{
	char hash[PASSWORD_HASH_BYTES];
	int r = load_password(web, hash);

	explicit_bzero(hash, sizeof(hash));
	return r;
}

int login_open(struct web *web)
{
	int r;

	if (!*web->password_file)
		return renew_code(web);
	look_at_password(web, &web->password_mtime, &web->password_inode);
	r = check_password(web);
	if (r == 0 && write_code(web) < 0)
		log_info("%s cannot be written: the box's screen does not show the page's address",
			web->code_file);
	return r;
}

void login_close(struct web *web)
{
	if (*web->code_file)
		(void)unlink(web->code_file);
	explicit_bzero(web->code, sizeof(web->code));
}

/* --- logging in --- */

static bool is_password(struct web *web, const char *secret)
{
	char hash[PASSWORD_HASH_BYTES];
	bool is_right;

	end_sessions_of_old_password(web); /* before this one is opened, not with it */
	is_right = load_password(web, hash) == 0 && password_is(hash, secret);

	explicit_bzero(hash, sizeof(hash));
	return is_right;
}

/* A code is good for one log-in. */
static bool is_code(struct web *web, const char *secret)
{
	bool is_right = auth_is_code(web->code, secret);

	if (!is_right && ++web->code_misses < CODE_MISSES_MAX)
		return false;
	return renew_code(web) == 0 && is_right;
}

static bool is_secret(struct web *web, const char *secret)
{
	return *web->password_file ? is_password(web, secret) : is_code(web, secret);
}

static void set_cookie(
	const struct request *request, struct MHD_Response *response, const char *token)
{
	char cookie[256];

	(void)text_format(cookie, sizeof(cookie),
		COOKIE "=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s", token,
		*token ? COOKIE_AGE_S : 0, request_is_tls(request) ? "; Secure" : "");
	(void)response_header(response, "Set-Cookie", cookie);
}

static void send_with_cookie(struct request *request, const char *token)
{
	static const char body[] = "{\"ok\":true}";
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(body), (void *)(uintptr_t)body, MHD_RESPMEM_PERSISTENT);

	if (response) {
		(void)response_header(response, "Content-Type", "application/json");
		set_cookie(request, response, token);
	}
	request_send(request, MHD_HTTP_OK, response);
}

static void refuse_for_a_while(struct request *request, unsigned int wait_s)
{
	char remedy[80];

	(void)text_format(remedy, sizeof(remedy), "Wait %u seconds, then try again.", wait_s);
	request_refuse(request, MHD_HTTP_TOO_MANY_REQUESTS, "Too many tries.", remedy);
}

static void log_in(struct request *request, uint64_t now_usec)
{
	struct web *web = request->web;
	char token[AUTH_TOKEN_BYTES];

	auth_succeeded(web->auth, request->address);
	if (auth_open(web->auth, now_usec, token) < 0) {
		request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "Logging in did not work.",
			"Try again.");
		return;
	}
	log_info("%s has logged in", request->address);
	send_with_cookie(request, token);
	explicit_bzero(token, sizeof(token));
}

void login_post(struct request *request)
{
	struct web *web = request->web;
	uint64_t now_usec = frontend_host_now_usec(web->host);
	char secret[PASSWORD_LENGTH_MAX + 1];
	unsigned int wait_s = auth_may_try(web->auth, request->address, now_usec);

	if (wait_s > 0) {
		refuse_for_a_while(request, wait_s);
		return;
	}
	if (request_form(request, "secret", secret, sizeof(secret)) && is_secret(web, secret)) {
		log_in(request, now_usec);
	} else {
		log_warning("a log-in from %s was refused", request->address);
		request_refuse(request, MHD_HTTP_FORBIDDEN,
			*web->password_file ? "That is not the password." : "That is not the code.",
			*web->password_file
				? "Try again."
				: "Look at the box again: a code is good for one log-in.");
	}
	explicit_bzero(secret, sizeof(secret));
}

void login_logout(struct request *request)
{
	auth_close(request->web->auth, request->session);
	live_session_ended(request->web->live);
	send_with_cookie(request, "");
}

/* --- who is it? --- */

int64_t login_session(const struct request *request)
{
	struct web *web = request->web;
	uint64_t now_usec = frontend_host_now_usec(web->host);
	char token[AUTH_TOKEN_BYTES];

	if (!parse_cookie(request_header(request, "Cookie"), COOKIE, token, sizeof(token)))
		return 0;
	if (*web->password_file && now_usec >= web->password_looked_usec + PASSWORD_LOOK_USEC) {
		web->password_looked_usec = now_usec;
		end_sessions_of_old_password(web);
	}
	return auth_find(web->auth, token, now_usec);
}

void login_session_get(struct request *request)
{
	const struct web *web = request->web;
	struct json_writer writer = {0};
	const char *role = web->may_guests_read ? "guest" : "none";

	json_writer_open(&writer, NULL, '{');
	json_writer_text(&writer, "role", request->session ? "owner" : role);
	json_writer_bool(&writer, "upload", request->session && web->uploads);
	json_writer_text(&writer, "secret", *web->password_file ? "password" : "code");
	json_writer_close(&writer, '}');
	request_send_json(request, MHD_HTTP_OK, json_writer_take(&writer));
}
