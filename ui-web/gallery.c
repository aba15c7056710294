/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/gallery.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "ui-web/json_writer.h"
#include "ui-web/media.h"
#include "ui-web/mime.h"
#include "ui-web/parse.h"
#include "ui-web/thumbs.h"
#include "ui-web/web.h"

#define ROWS_MAX 64
#define ROWS_MIN 2

/*
 * The thumbnails of a page are asked for one after the other: their rows come in one query. How
 * many are read ahead grows with how many of the last ones were asked for.
 */
struct rows {
	struct browse_file files[ROWS_MAX];
	size_t count, used_count;
	uint64_t read_usec;
};

struct gallery {
	struct web *web; /* borrowed */
	char tank_path[MODEL_PATH_BYTES]; /* raw; "": not known yet */
	bool is_away; /* its disk is */
	struct browse *browse; /* owned; NULL: not open */
	int tank_fd; /* owned; -1: not open */
	uint64_t used_usec;
	struct rows rows;
};

struct gallery *gallery_new(struct web *web)
{
	struct gallery *gallery = calloc(1, sizeof(*gallery));

	if (gallery) {
		gallery->web = web;
		gallery->tank_fd = -1;
	}
	return gallery;
}

static void close_tank(struct gallery *gallery)
{
	fd_close(gallery->tank_fd);
	gallery->tank_fd = -1;
}

static void let_go(struct gallery *gallery)
{
	browse_free(gallery->browse);
	gallery->browse = NULL;
	close_tank(gallery);
	gallery->rows.count = 0;
	if (gallery->web->thumbs)
		thumbs_clear(gallery->web->thumbs);
}

void gallery_free(struct gallery *gallery)
{
	if (gallery)
		let_go(gallery);
	free(gallery);
}

/* Without the daemon the pictures stay where they were last. */
void gallery_changed(struct gallery *gallery)
{
	const struct tank_model *model = frontend_host_model(gallery->web->host);
	char path[MODEL_PATH_BYTES];

	if (model->connection != CONNECTION_UP || !model->tank.is_ready)
		return;
	gallery->is_away = !model->tank.is_mounted;
	if (gallery->is_away)
		let_go(gallery);
	if (text_unescape(model->tank.path, path, sizeof(path)) < 0 ||
		!strcmp(path, gallery->tank_path))
		return;
	let_go(gallery);
	(void)text_format(gallery->tank_path, sizeof(gallery->tank_path), "%s", path);
}

void gallery_tick(struct gallery *gallery, uint64_t now_usec)
{
	if (now_usec >= gallery->used_usec + GALLERY_IDLE_USEC)
		let_go(gallery);
	else
		frontend_host_timer(gallery->web->host, WEB_TIMER_GALLERY,
			gallery->used_usec + GALLERY_IDLE_USEC);
}

int gallery_open_tank(const struct gallery *gallery)
{
	int fd = open(gallery->tank_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int gallery_open_file(struct gallery *gallery, const char *tank_path, struct stat *st)
{
	int fd;

	if (gallery->tank_fd < 0)
		gallery->tank_fd = gallery_open_tank(gallery);
	if (gallery->tank_fd < 0)
		return gallery->tank_fd;
	fd = media_open(gallery->tank_fd, tank_path);
	if (fd >= 0 && fstat(fd, st) < 0) {
		int r = -errno;

		fd_close(fd);
		return r;
	}
	return fd;
}

/* --- errors --- */

void gallery_refuse(struct request *request, int error)
{
	if (error == -EAGAIN)
		request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"The list of pictures is changing.", "Try again.");
	else if (error == -EACCES)
		request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR,
			"The web page may not read the pictures.",
			"Let the user imgtank-ui read the tank's folder.");
	else if (error == -EBADMSG)
		request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR,
			"The list of pictures is damaged. The pictures are not.",
			"Make it again: imgtank rebuild.");
	else
		request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR,
			"The pictures could not be read.", "Look at the tank's disk.");
	if (error != -EAGAIN)
		(void)log_errno(LOG_LEVEL_WARNING, error, "the pictures cannot be read");
}

/* 0, -ENODEV (its disk is not here) or -ENOMEM and such. */
static int open_browse(struct gallery *gallery)
{
	int r = 0;

	if (gallery->is_away || !*gallery->tank_path)
		return -ENODEV;
	if (!gallery->browse)
		r = browse_new(&gallery->browse, gallery->tank_path);
	if (r == 0) {
		gallery->used_usec = frontend_host_now_usec(gallery->web->host);
		gallery_tick(gallery, gallery->used_usec);
	}
	return r;
}

struct browse *gallery_reader(struct gallery *gallery)
{
	return open_browse(gallery) < 0 ? NULL : gallery->browse;
}

struct browse *gallery_browse(struct request *request)
{
	int r = open_browse(request->web->gallery);

	if (r == -ENODEV)
		request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"The tank's disk is not here.", "Plug it in.");
	else if (r < 0)
		gallery_refuse(request, r);
	return r < 0 ? NULL : request->web->gallery->browse;
}

/* --- files --- */

static const struct browse_file *find_row(const struct rows *rows, int64_t id)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->files[i].id == id)
			return &rows->files[i];
	return NULL;
}

/* The folder is opened anew, too: another one may have taken its place. */
static int read_rows(struct gallery *gallery, struct browse *browse, int64_t id, uint64_t now_usec)
{
	struct rows *rows = &gallery->rows;
	size_t wanted = rows->used_count * 2;
	int count;

	close_tank(gallery);
	if (wanted < ROWS_MIN)
		wanted = ROWS_MIN;
	count = browse_files(browse, id, rows->files, wanted < ROWS_MAX ? wanted : ROWS_MAX);
	rows->count = count < 0 ? 0 : (size_t)count;
	rows->used_count = 0;
	rows->read_usec = now_usec;
	return count;
}

int gallery_find(
	struct gallery *gallery, struct browse *browse, int64_t id, struct browse_file *file)
{
	struct rows *rows = &gallery->rows;
	uint64_t now_usec = frontend_host_now_usec(gallery->web->host);
	const struct browse_file *found = NULL;
	int r = 0;

	if (now_usec - rows->read_usec < GALLERY_ROWS_USEC)
		found = find_row(rows, id);
	if (!found || !found->has_thumbnail) { /* it may have one by now */
		r = read_rows(gallery, browse, id, now_usec);
		found = find_row(rows, id);
	}
	if (!found)
		return r < 0 ? r : 0;
	rows->used_count++;
	*file = *found;
	return 1;
}

/* --- writing --- */

void gallery_version(const uint8_t hash[LEDGER_HASH_BYTES], char version[GALLERY_VERSION_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < GALLERY_VERSION_BYTES - 1; i++)
		version[i] = digits[hash[i / 2] >> (i % 2 ? 0 : 4) & 15];
	version[GALLERY_VERSION_BYTES - 1] = '\0';
}

static void write_picture(struct json_writer *writer, const struct browse_picture *picture)
{
	const struct ledger_file *file = &picture->file;
	const struct mime *mime = mime_find(file->tank_path);
	const char *name = strrchr(file->tank_path, '/');
	char version[GALLERY_VERSION_BYTES], camera[sizeof(file->make) + sizeof(file->model) + 1];

	gallery_version(file->hash, version);
	text_camera(file->make, file->model, camera, sizeof(camera));
	json_writer_open(writer, NULL, '{');
	json_writer_number(writer, "id", file->id);
	json_writer_text(writer, "v", version);
	json_writer_text(writer, "name", name ? name + 1 : file->tank_path);
	json_writer_text(writer, "time", file->capture_time);
	json_writer_number(writer, "bytes", (int64_t)file->size_bytes);
	json_writer_text(writer, "camera", camera);
	json_writer_text(writer, "card", picture->card);
	json_writer_text(writer, "from", picture->source_path);
	json_writer_text(writer, "kind", mime->kind);
	json_writer_bool(writer, "shown", mime->is_shown);
	json_writer_bool(writer, "thumb", picture->has_thumbnail);
	json_writer_bool(writer, "verified", file->state == LEDGER_VERIFIED);
	json_writer_bool(writer, "guess", file->is_guess);
	json_writer_close(writer, '}');
}

static void write_pictures(
	struct json_writer *writer, const struct browse_picture *pictures, int count)
{
	json_writer_open(writer, "pictures", '[');
	for (int i = 0; i < count; i++)
		write_picture(writer, &pictures[i]);
	json_writer_close(writer, ']');
}

static void finish(struct request *request, struct json_writer *writer)
{
	json_writer_close(writer, '}');
	request_send_json(request, MHD_HTTP_OK, json_writer_take(writer));
}

static struct browse_picture *pictures_new(struct request *request)
{
	struct browse_picture *pictures = calloc(GALLERY_PAGE, sizeof(*pictures));

	if (!pictures)
		gallery_refuse(request, -ENOMEM);
	return pictures;
}

static void refuse_question(struct request *request)
{
	request_refuse(request, MHD_HTTP_BAD_REQUEST, "This question is not understood.",
		"Days are written like 2024-05-12.");
}

/* False: it was an error, and is answered. */
static bool is_answer(struct request *request, int *count)
{
	if (*count == -ENOENT)
		*count = 0; /* nothing was imported yet */
	if (*count < 0)
		gallery_refuse(request, *count);
	return *count >= 0;
}

/* --- days --- */

void gallery_days(struct request *request)
{
	struct browse *browse = gallery_browse(request);
	const char *before = request_query(request, "before");
	struct browse_day days[BROWSE_DAYS_MAX];
	struct json_writer writer = {0};
	int count;

	if (!browse)
		return;
	if (before && !browse_is_day(before)) {
		refuse_question(request);
		return;
	}
	count = browse_days(browse, before, days, BROWSE_DAYS_MAX);
	if (!is_answer(request, &count))
		return;
	json_writer_open(&writer, NULL, '{');
	json_writer_bool(&writer, "end", count < BROWSE_DAYS_MAX);
	json_writer_open(&writer, "days", '[');
	for (int i = 0; i < count; i++) {
		json_writer_open(&writer, NULL, '{');
		json_writer_text(&writer, "day", days[i].day);
		json_writer_number(&writer, "count", days[i].pictures_count);
		json_writer_number(&writer, "bytes", (int64_t)days[i].bytes);
		json_writer_close(&writer, '}');
	}
	json_writer_close(&writer, ']');
	finish(request, &writer);
}

void gallery_day(struct request *request)
{
	const char *offset_text = request_query(request, "offset");
	CLEANUP(freep) struct browse_picture *pictures = NULL;
	struct browse *browse = gallery_browse(request);
	struct json_writer writer = {0};
	uint64_t offset = 0;
	int count;

	if (!browse)
		return;
	if (!browse_is_day(request->argument) ||
		(offset_text && text_parse_u64(offset_text, UINT32_MAX, &offset) < 0)) {
		refuse_question(request);
		return;
	}
	pictures = pictures_new(request);
	if (!pictures)
		return;
	count = browse_day(browse, request->argument, (uint32_t)offset, pictures, GALLERY_PAGE);
	if (!is_answer(request, &count))
		return;
	json_writer_open(&writer, NULL, '{');
	write_pictures(&writer, pictures, count);
	finish(request, &writer);
}

/* --- search --- */

static const char *word(const struct request *request, const char *name)
{
	const char *text = request_query(request, name);

	return text && *text ? text : NULL;
}

/* False: something in it is not understood. */
static bool read_question(
	const struct request *request, struct browse_filter *filter, struct browse_cursor *cursor)
{
	const char *time = word(request, "after_time"), *id = word(request, "after_id");

	*filter = (struct browse_filter){.from_day = word(request, "from"),
		.to_day = word(request, "to"),
		.camera = word(request, "camera"),
		.name = word(request, "name"),
		.card = word(request, "card")};
	*cursor = (struct browse_cursor){0};
	if ((filter->from_day && !browse_is_day(filter->from_day)) ||
		(filter->to_day && !browse_is_day(filter->to_day)))
		return false;
	if (!time && !id)
		return true;
	return time && id &&
		text_copy_safe(time, cursor->capture_time, sizeof(cursor->capture_time)) &&
		parse_id(id, &cursor->id);
}

void gallery_search(struct request *request)
{
	CLEANUP(freep) struct browse_picture *pictures = NULL;
	struct browse *browse = gallery_browse(request);
	struct json_writer writer = {0};
	struct browse_filter filter;
	struct browse_cursor cursor;
	bool is_end = true;
	int count;

	if (!browse)
		return;
	if (!read_question(request, &filter, &cursor)) {
		refuse_question(request);
		return;
	}
	pictures = pictures_new(request);
	if (!pictures)
		return;
	count = browse_search(browse, &filter, &cursor, pictures, GALLERY_PAGE, &is_end);
	if (!is_answer(request, &count))
		return;
	json_writer_open(&writer, NULL, '{');
	json_writer_bool(&writer, "end", is_end);
	json_writer_text(&writer, "after_time", cursor.capture_time);
	json_writer_number(&writer, "after_id", cursor.id);
	write_pictures(&writer, pictures, count);
	finish(request, &writer);
}

void gallery_picture(struct request *request)
{
	CLEANUP(freep) struct browse_picture *picture = calloc(1, sizeof(*picture));
	struct browse *browse = picture ? gallery_browse(request) : NULL;
	struct json_writer writer = {0};
	int64_t id;
	int found = 0;

	if (!browse)
		return;
	if (parse_id(request->argument, &id))
		found = browse_picture(browse, id, picture);
	if (found == 0 || found == -ENOENT) {
		request_refuse(request, MHD_HTTP_NOT_FOUND, "There is no such picture.",
			"Go back to the days.");
	} else if (found < 0) {
		gallery_refuse(request, found);
	} else {
		json_writer_open(&writer, NULL, '{');
		write_pictures(&writer, picture, 1);
		finish(request, &writer);
	}
}
