/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/media.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "ui-web/gallery.h"
#include "ui-web/mime.h"
#include "ui-web/parse.h"
#include "ui-web/preview.h"
#include "ui-web/thumbs.h"
#include "ui-web/web.h"

#define CACHE_FOR_GOOD "private, max-age=31536000, immutable"
#define ETAG_BYTES 64
#define SMALL_BYTES (64 * 1024)

/* What is to be sent. */
struct media {
	int fd; /* owned until the response has it */
	uint64_t size_bytes;
	const char *type; /* a literal */
	char etag[ETAG_BYTES];
	bool is_for_good; /* the address names the content, too */
	const char *disposition; /* borrowed, or NULL */
};

int media_open(int tank_fd, const char *tank_path)
{
	char path[PATH_MAX];
	int r = text_unescape(tank_path, path, sizeof(path));

	return r < 0 ? r : fd_open_beneath(tank_fd, path);
}

bool media_name(const char *tank_path, char *name, size_t name_bytes)
{
	const char *slash = strrchr(tank_path, '/');

	return text_unescape(slash ? slash + 1 : tank_path, name, name_bytes) == 0;
}

/* --- finding --- */

static void refuse_missing(struct request *request)
{
	request_refuse(request, MHD_HTTP_NOT_FOUND, "There is no such picture.",
		"Go back to the days and reload the page.");
}

static void refuse_file(struct request *request, int error)
{
	if (error == -ENOENT)
		request_refuse(request, MHD_HTTP_NOT_FOUND,
			"This file is not in the tank any more.",
			"Somebody has moved or deleted it.");
	else
		gallery_refuse(request, error);
}

/* False: it was answered. */
static bool find(struct request *request, struct browse_file *file)
{
	struct browse *browse = gallery_browse(request);
	const char *wanted = request_query(request, "v");
	char version[GALLERY_VERSION_BYTES];
	int64_t id;
	int found = 0;

	if (!browse)
		return false;
	if (parse_id(request->argument, &id))
		found = gallery_find(request->web->gallery, browse, id, file);
	if (found < 0 && found != -ENOENT) {
		gallery_refuse(request, found);
		return false;
	}
	if (found > 0) {
		gallery_version(file->hash, version);
		if (!wanted || !strcmp(wanted, version))
			return true;
	}
	refuse_missing(request);
	return false;
}

/* --- sending --- */

static void add_headers(struct MHD_Response *response, const struct media *media)
{
	(void)response_header(response, "Content-Type", media->type);
	(void)response_header(response, "ETag", media->etag);
	(void)response_header(response, "Accept-Ranges", "bytes");
	(void)response_header(response, "Cache-Control",
		media->is_for_good ? CACHE_FOR_GOOD : "private, no-cache");
	if (media->disposition)
		(void)response_header(response, "Content-Disposition", media->disposition);
}

/* A thumbnail goes out in one packet with its headers. NULL: it could not be read, or no memory. */
static struct MHD_Response *small_part(const struct media *media, uint64_t first, size_t size_bytes)
{
	char *bytes = malloc(size_bytes + 1);
	struct MHD_Response *response = NULL;

	if (bytes &&
		fd_pread_full(media->fd, bytes, size_bytes, (off_t)first) == (ssize_t)size_bytes)
		response =
			MHD_create_response_from_buffer(size_bytes, bytes, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(bytes);
	return response;
}

static struct MHD_Response *part_of_file(struct media *media, uint64_t first, uint64_t size_bytes)
{
	struct MHD_Response *response;

	if (size_bytes <= SMALL_BYTES)
		return small_part(media, first, (size_t)size_bytes);
	response = MHD_create_response_from_fd_at_offset64(size_bytes, media->fd, first);
	if (response)
		media->fd = -1; /* it has it now */
	return response;
}

static void send_range(struct request *request, struct media *media, uint64_t first, uint64_t last)
{
	struct MHD_Response *response = part_of_file(media, first, last - first + 1);
	char text[80];

	if (response) {
		add_headers(response, media);
		(void)text_format(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
			first, last, media->size_bytes);
		(void)response_header(response, "Content-Range", text);
	}
	request_send(request, MHD_HTTP_PARTIAL_CONTENT, response);
}

static void refuse_range(struct request *request, const struct media *media)
{
	static const char words[] = "Ask for one range inside the file at a time.\n";
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(words), (void *)(uintptr_t)words, MHD_RESPMEM_PERSISTENT);
	char text[40];

	if (response) {
		(void)text_format(text, sizeof(text), "bytes */%" PRIu64, media->size_bytes);
		(void)response_header(response, "Content-Range", text);
		(void)response_header(response, "Content-Type", "text/plain");
	}
	request_send(request, MHD_HTTP_RANGE_NOT_SATISFIABLE, response);
}

static void send_unchanged(struct request *request, const struct media *media)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);

	if (response)
		add_headers(response, media);
	request_send(request, MHD_HTTP_NOT_MODIFIED, response);
}

static void send_media(struct request *request, struct media *media)
{
	const char *range = request_header(request, "Range");
	const char *if_range = request_header(request, "If-Range");
	struct MHD_Response *response;
	uint64_t first, last;

	if (parse_has_etag(request_header(request, "If-None-Match"), media->etag)) {
		send_unchanged(request, media);
		return;
	}
	if (if_range && strcmp(if_range, media->etag) != 0)
		range = NULL; /* it has changed: all of it */
	switch (parse_range(range, media->size_bytes, &first, &last)) {
	case RANGE_ONE:
		send_range(request, media, first, last);
		break;
	case RANGE_REFUSED:
		refuse_range(request, media);
		break;
	default:
		response = part_of_file(media, 0, media->size_bytes);
		if (response)
			add_headers(response, media);
		request_send(request, MHD_HTTP_OK, response);
	}
}

/* --- what is sent --- */

/* All of it, whatever the browser has already: only such answers are kept. */
static bool is_plain(const struct request *request)
{
	return request_query(request, "v") && !request_header(request, "Range") &&
		!request_header(request, "If-None-Match");
}

static bool send_kept(struct request *request)
{
	struct MHD_Response *response = NULL;
	int64_t id;

	if (is_plain(request) && parse_id(request->argument, &id))
		response = thumbs_find(request->web->thumbs, id, request_query(request, "v"),
			frontend_host_now_usec(request->web->host));
	if (response)
		request_send_kept(request, MHD_HTTP_OK, response);
	return response != NULL;
}

static void send_and_keep(
	struct request *request, const struct media *media, const struct browse_file *file)
{
	struct MHD_Response *response = small_part(media, 0, (size_t)media->size_bytes);
	char version[GALLERY_VERSION_BYTES];

	if (response)
		add_headers(response, media);
	if (!response || !response_finish(response)) {
		if (response)
			MHD_destroy_response(response);
		request_send(request, MHD_HTTP_OK, NULL);
		return;
	}
	gallery_version(file->hash, version);
	thumbs_keep(request->web->thumbs, file->id, version, response, (size_t)media->size_bytes,
		frontend_host_now_usec(request->web->host));
	request_send_kept(request, MHD_HTTP_OK, response);
}

static void send_thumbnail(
	struct request *request, const struct browse_file *file, bool is_for_good)
{
	struct media media = {.fd = -1, .type = "image/jpeg", .is_for_good = is_for_good};
	char path[sizeof(file->tank_path) + 32];
	struct stat st;

	if (!file->has_thumbnail || !ledger_thumbnail_path(file->tank_path, path, sizeof(path))) {
		request_refuse(request, MHD_HTTP_NOT_FOUND, "There is no small picture of this.",
			"Download the original.");
		return;
	}
	media.fd = gallery_open_file(request->web->gallery, path, &st);
	if (media.fd < 0) {
		refuse_file(request, media.fd);
		return;
	}
	media.size_bytes = (uint64_t)st.st_size;
	(void)text_format(media.etag, sizeof(media.etag), "\"t%" PRIx64 "-%" PRIx64 "\"",
		(uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec,
		media.size_bytes);
	if (is_for_good && is_plain(request) && media.size_bytes <= SMALL_BYTES)
		send_and_keep(request, &media, file);
	else
		send_media(request, &media);
	fd_close(media.fd);
}

static void send_original(
	struct request *request, const struct browse_file *file, const char *disposition)
{
	struct media media = {.type = mime_find(file->tank_path)->type,
		.is_for_good = request_query(request, "v") != NULL,
		.disposition = disposition};
	char version[GALLERY_VERSION_BYTES];
	struct stat st;

	media.fd = gallery_open_file(request->web->gallery, file->tank_path, &st);
	if (media.fd < 0) {
		refuse_file(request, media.fd);
		return;
	}
	media.size_bytes = (uint64_t)st.st_size;
	gallery_version(file->hash, version);
	(void)text_format(media.etag, sizeof(media.etag), "\"%s\"", version);
	if (media.size_bytes != file->size_bytes)
		request_refuse(request, MHD_HTTP_CONFLICT,
			"This file is not what was imported: its size is another one.",
			"Check the tank: imgtank verify.");
	else
		send_media(request, &media);
	fd_close(media.fd);
}

void media_thumb(struct request *request)
{
	struct browse_file file;

	if (!send_kept(request) && find(request, &file))
		send_thumbnail(request, &file, request_query(request, "v") != NULL);
}

/* --- large views of what a browser cannot show --- */

/* False: there is no file, it is not what was imported, or too much is wished for. */
static bool wish_for_preview(
	struct request *request, const struct browse_file *file, const char *key)
{
	struct web *web = request->web;
	struct stat st;
	int fd = gallery_open_file(web->gallery, file->tank_path, &st);

	if (fd < 0 || (uint64_t)st.st_size != file->size_bytes) {
		fd_close(fd);
		return false;
	}
	return previews_wish(web->previews, key, fd);
}

static void send_preview(struct request *request, const char *key)
{
	struct MHD_Response *response = previews_response(request->web->previews, key);

	if (response) {
		(void)response_header(response, "Content-Type", "image/jpeg");
		(void)response_header(response, "Cache-Control",
			request_query(request, "v") ? CACHE_FOR_GOOD : "private, no-cache");
	}
	request_send(request, MHD_HTTP_OK, response);
}

/* The thumbnail in its place is for now: the next time it may work. */
static void show_preview(struct request *request, const struct browse_file *file)
{
	struct previews *previews = request->web->previews;
	char version[GALLERY_VERSION_BYTES], key[PREVIEW_KEY_BYTES];
	enum preview_state state;

	gallery_version(file->hash, version);
	(void)text_format(key, sizeof(key), "%" PRId64 "-%s", file->id, version);
	state = previews_find(previews, key);
	if (state == PREVIEW_UNKNOWN && wish_for_preview(request, file, key))
		state = PREVIEW_UNDER_WAY;
	if (state == PREVIEW_UNDER_WAY)
		previews_wait(previews, request, key);
	else if (state == PREVIEW_READY)
		send_preview(request, key);
	else
		send_thumbnail(request, file, false);
}

static bool is_picture(const struct mime *mime)
{
	return !strcmp(mime->kind, "raw") || !strcmp(mime->kind, "image");
}

void media_view(struct request *request)
{
	const struct mime *mime;
	struct browse_file file;

	if (!find(request, &file))
		return;
	mime = mime_find(file.tank_path);
	if (mime->is_shown)
		send_original(request, &file, NULL);
	else if (is_picture(mime))
		show_preview(request, &file);
	else
		send_thumbnail(request, &file, request_query(request, "v") != NULL);
}

void media_original(struct request *request)
{
	struct browse_file file;
	char name[256], disposition[1200];

	if (!find(request, &file))
		return;
	if (!media_name(file.tank_path, name, sizeof(name)))
		(void)text_format(name, sizeof(name), "picture-%" PRId64, file.id);
	parse_disposition(name, disposition, sizeof(disposition));
	send_original(request, &file, disposition);
}
