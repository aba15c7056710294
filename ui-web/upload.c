/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "ui-web/flush.h"
#include "ui-web/json_writer.h"
#include "ui-web/spool.h"
#include "ui-web/web.h"

#define FILE_MODE 0644
#define FOLDER_MODE 0755
#define TIME_MS_MAX UINT64_C(4102444800000) /* 2100-01-01 */
#define BY_BYTES 64
#define PATH_BYTES (SPOOL_NAME_BYTES + 16)
#define NAMED_MAX 16 /* of those that were left out */

struct upload_file {
	char *path; /* owned; below the upload's folder; NULL: not begun */
	uint64_t size_bytes, here_bytes;
	struct put *put; /* borrowed: who is writing to it, or NULL */
	bool is_left_out; /* no import would take it; removed */
};

struct upload {
	char id[SPOOL_ID_BYTES]; /* "": free */
	char by[BY_BYTES];
	int folder_fd; /* owned */
	struct upload_file *files; /* owned */
	uint32_t files_count;
	uint64_t used_usec;
	struct flush *flush; /* owned: it is whole and goes to the disk; or NULL */
};

/* An upload that has come to its end, for whom the answer to that was lost. */
struct ended {
	char id[SPOOL_ID_BYTES];
	char *answer; /* owned */
};

/* A request for the end of an upload, while that goes to the disk. */
struct waiter {
	struct waiter *next;
	struct uploads *uploads; /* borrowed */
	struct request *request; /* borrowed */
	char id[SPOOL_ID_BYTES];
	int error;
};

/* A request that writes. */
struct put {
	struct upload_file *file; /* borrowed; NULL: another request has taken over */
	int fd; /* owned */
	int error;
};

struct uploads {
	struct web *web; /* borrowed */
	int spool_fd, done_fd; /* owned */
	struct waiter *waiters; /* each owned by its request */
	struct upload uploads[UPLOADS_MAX];
	struct ended ended[UPLOADS_MAX]; /* the last ones */
	uint64_t ended_count;
	char kept[MODEL_ID_BYTES]; /* the card whose folder was not removed last: said once */
};

/* --- their lives --- */

static void forget(struct upload *upload)
{
	for (uint32_t i = 0; i < upload->files_count; i++)
		free(upload->files[i].path);
	free(upload->files);
	flush_free(upload->flush);
	fd_close(upload->folder_fd);
	*upload = (struct upload){.folder_fd = -1};
}

static void drop(struct uploads *uploads, struct upload *upload)
{
	spool_drop(uploads->spool_fd, upload->id);
	forget(upload);
}

int uploads_new(struct uploads **ret, struct web *web, const char *spool_path)
{
	struct uploads *uploads = calloc(1, sizeof(*uploads));

	if (!uploads)
		return -ENOMEM;
	uploads->web = web;
	for (size_t i = 0; i < UPLOADS_MAX; i++)
		uploads->uploads[i].folder_fd = -1;
	uploads->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (uploads->done_fd < 0) {
		int r = -errno;

		free(uploads);
		return r;
	}
	uploads->spool_fd = spool_open(spool_path);
	if (uploads->spool_fd < 0) {
		int r = log_errno(LOG_LEVEL_ERROR, uploads->spool_fd,
			"the spool folder %s cannot be used: make it, and let this user write "
			"there",
			spool_path);

		fd_close(uploads->done_fd);
		free(uploads);
		return r;
	}
	*ret = uploads;
	return 0;
}

/* One that is whole is kept: somebody waits for it. */
static void end_life(struct uploads *uploads, struct upload *upload)
{
	if (upload->flush && flush_wait(upload->flush) == 0 &&
		spool_finish(uploads->spool_fd, upload->id, upload->by) == 0)
		forget(upload);
	else
		drop(uploads, upload);
}

void uploads_free(struct uploads *uploads)
{
	if (!uploads)
		return;
	for (size_t i = 0; i < UPLOADS_MAX; i++)
		if (*uploads->uploads[i].id)
			end_life(uploads, &uploads->uploads[i]);
	for (size_t i = 0; i < UPLOADS_MAX; i++)
		free(uploads->ended[i].answer);
	fd_close(uploads->spool_fd);
	fd_close(uploads->done_fd);
	free(uploads);
}

static bool is_busy(const struct upload *upload)
{
	if (upload->flush)
		return true;
	for (uint32_t i = 0; i < upload->files_count; i++)
		if (upload->files[i].put)
			return true;
	return false;
}

static bool is_idle(const struct upload *upload, uint64_t now_usec, uint64_t idle_usec)
{
	return *upload->id && !is_busy(upload) && now_usec - upload->used_usec >= idle_usec;
}

/* The one that nobody has gone on with for longest, but for this one; NULL: all are under way. */
static struct upload *longest_idle(
	struct uploads *uploads, const struct upload *but, uint64_t now_usec)
{
	struct upload *longest = NULL;

	for (size_t i = 0; i < UPLOADS_MAX; i++) {
		struct upload *upload = &uploads->uploads[i];

		if (upload != but && is_idle(upload, now_usec, UPLOAD_YIELD_USEC) &&
			(!longest || upload->used_usec < longest->used_usec))
			longest = upload;
	}
	return longest;
}

/* A free place, if need be that of one whose page was closed in the midst of it. */
static struct upload *place(struct uploads *uploads, uint64_t now_usec)
{
	struct upload *found;

	for (size_t i = 0; i < UPLOADS_MAX; i++)
		if (is_idle(&uploads->uploads[i], now_usec, UPLOAD_IDLE_USEC))
			drop(uploads, &uploads->uploads[i]);
	for (size_t i = 0; i < UPLOADS_MAX; i++)
		if (!*uploads->uploads[i].id)
			return &uploads->uploads[i];
	found = longest_idle(uploads, NULL, now_usec);
	if (found)
		drop(uploads, found);
	return found;
}

/* What those that are being sent will still take. */
static uint64_t promised_bytes(const struct uploads *uploads)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < UPLOADS_MAX; i++)
		for (uint32_t j = 0; j < uploads->uploads[i].files_count; j++) {
			const struct upload_file *file = &uploads->uploads[i].files[j];

			if (file->put)
				bytes += file->size_bytes - file->here_bytes;
		}
	return bytes;
}

/* Those that nobody goes on with make room for one that is here. */
static bool make_room(struct uploads *uploads, const struct upload *upload, uint64_t size_bytes)
{
	uint64_t now_usec = frontend_host_now_usec(uploads->web->host);
	struct upload *idle;

	while (!spool_has_room(uploads->spool_fd, promised_bytes(uploads) + size_bytes)) {
		idle = longest_idle(uploads, upload, now_usec);
		if (!idle)
			return false;
		drop(uploads, idle);
	}
	return true;
}

static struct upload *find(struct request *request)
{
	struct uploads *uploads = request->web->uploads;

	for (size_t i = 0; uploads && i < UPLOADS_MAX; i++) {
		struct upload *upload = &uploads->uploads[i];

		if (*upload->id && !strcmp(upload->id, request->argument)) {
			upload->used_usec = frontend_host_now_usec(request->web->host);
			return upload;
		}
	}
	request_refuse(request, MHD_HTTP_NOT_FOUND, "This upload is not known any more.",
		"Begin it again: what is in the tank already is not copied twice.");
	return NULL;
}

/* --- beginning --- */

static void refuse_question(struct request *request)
{
	request_refuse(request, MHD_HTTP_BAD_REQUEST, "This upload cannot be understood.",
		"Reload the page and begin again.");
}

static void refuse_disk(struct request *request, int error)
{
	if (error == -ENOSPC || error == -EDQUOT)
		request_refuse(request, MHD_HTTP_INSUFFICIENT_STORAGE,
			"There is not enough room for this at once.",
			"Send fewer at a time, or make room on the box.");
	else
		request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR,
			"This could not be written. What is on your device is untouched.",
			"Look at the box's disk, then try again.");
	(void)log_errno(LOG_LEVEL_WARNING, error, "an upload cannot be written");
}

/* Who says so: a short line that can be a name. */
static bool read_by(const struct request *request, char by[BY_BYTES])
{
	char given[BY_BYTES];

	return request_form(request, "by", given, sizeof(given)) && *given &&
		!strpbrk(given, "/\\") && text_copy_safe(given, by, BY_BYTES);
}

static int begin_upload(
	struct uploads *uploads, struct upload *upload, const char *by, uint64_t files_count)
{
	char token[AUTH_TOKEN_BYTES];
	int r = auth_make_token(token);

	if (r < 0)
		return r;
	upload->files = calloc(files_count, sizeof(*upload->files));
	if (!upload->files)
		return -ENOMEM;
	upload->files_count = (uint32_t)files_count;
	(void)text_format(upload->id, sizeof(upload->id), "%.32s", token);
	(void)text_format(upload->by, sizeof(upload->by), "%s", by);
	upload->used_usec = frontend_host_now_usec(uploads->web->host);
	upload->folder_fd = spool_begin(uploads->spool_fd, upload->id);
	if (upload->folder_fd >= 0)
		return 0;
	r = upload->folder_fd;
	forget(upload);
	return r;
}

void upload_post(struct request *request)
{
	struct uploads *uploads = request->web->uploads;
	struct json_writer writer = {0};
	char by[BY_BYTES], count[12], bytes[24];
	uint64_t files_count, bytes_count = 0;
	struct upload *upload;
	int r;

	if (!uploads) {
		request_refuse(request, MHD_HTTP_NOT_FOUND, "Uploads are switched off.",
			"Name a spool folder in the configuration.");
		return;
	}
	if (!read_by(request, by) || !request_form(request, "files", count, sizeof(count)) ||
		text_parse_u64(count, UPLOAD_FILES_MAX, &files_count) < 0 || files_count == 0 ||
		(request_form(request, "bytes", bytes, sizeof(bytes)) &&
			text_parse_u64(bytes, INT64_MAX, &bytes_count) < 0)) {
		refuse_question(request);
		return;
	}
	if (!make_room(uploads, NULL, bytes_count)) {
		refuse_disk(request, -ENOSPC);
		return;
	}
	upload = place(uploads, frontend_host_now_usec(request->web->host));
	if (!upload) {
		request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"Too many uploads are under way.", "Try again when one has ended.");
		return;
	}
	r = begin_upload(uploads, upload, by, files_count);
	if (r < 0) {
		refuse_disk(request, r);
		return;
	}
	json_writer_open(&writer, NULL, '{');
	json_writer_text(&writer, "upload", upload->id);
	json_writer_close(&writer, '}');
	request_send_json(request, MHD_HTTP_OK, json_writer_take(&writer));
}

/* --- one file --- */

static bool query_number(
	const struct request *request, const char *name, uint64_t max, uint64_t *number)
{
	const char *text = request_query(request, name);

	return text && text_parse_u64(text, max, number) == 0;
}

static struct upload_file *find_file(struct request *request, struct upload *upload)
{
	uint64_t index;

	if (query_number(request, "file", upload->files_count - 1, &index))
		return &upload->files[index];
	refuse_question(request);
	return NULL;
}

static void send_offset(
	struct request *request, unsigned int status, const struct upload_file *file)
{
	struct json_writer writer = {0};

	json_writer_open(&writer, NULL, '{');
	json_writer_number(&writer, "offset", (int64_t)file->here_bytes);
	json_writer_close(&writer, '}');
	request_send_json(request, status, json_writer_take(&writer));
}

static int create_at(const struct upload *upload, const char *path)
{
	int fd =
		openat(upload->folder_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

	return fd < 0 ? -errno : fd;
}

/*
 * Files of one name are kept apart by folders: "2" has the second ones, and so on. So the second
 * film stays beside the second picture, as whoever names them together wants it.
 */
static int create_beside(const struct upload *upload, const char *name, char path[PATH_BYTES])
{
	int fd;

	(void)text_format(path, PATH_BYTES, "%s", name);
	fd = create_at(upload, path);
	/* There may be a file of a folder's name, too. */
	for (unsigned int i = 2; (fd == -EEXIST || fd == -ENOTDIR) && i < UINT16_MAX; i++) {
		(void)text_format(path, PATH_BYTES, "%u/%s", i, name);
		fd = create_at(upload, path);
		if (fd != -ENOENT)
			continue;
		(void)text_format(path, PATH_BYTES, "%u", i);
		if (mkdirat(upload->folder_fd, path, FOLDER_MODE) < 0)
			return -errno;
		(void)text_format(path, PATH_BYTES, "%u/%s", i, name);
		fd = create_at(upload, path);
	}
	return fd;
}

static int create_file(struct upload *upload, struct upload_file *file, const char *name)
{
	char path[PATH_BYTES];
	int fd = create_beside(upload, name, path);

	if (fd < 0)
		return fd;
	file->path = strdup(path);
	if (!file->path) {
		(void)unlinkat(upload->folder_fd, path, 0);
		fd_close(fd);
		return -ENOMEM;
	}
	return fd;
}

static int open_file(struct upload *upload, struct upload_file *file, const char *name)
{
	int fd;

	if (!file->path)
		return create_file(upload, file, name);
	fd = openat(upload->folder_fd, file->path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (lseek(fd, (off_t)file->here_bytes, SEEK_SET) < 0) {
		int r = -errno;

		fd_close(fd);
		return r;
	}
	return fd;
}

static void forget_put(struct request *request)
{
	struct put *put = request->own;

	if (put->file)
		put->file->put = NULL;
	fd_close(put->fd);
	free(put);
}

/* What was written counts, also of a request that does not come to its end. */
static void take(struct request *request, const char *data, size_t size_bytes)
{
	struct put *put = request->own;

	if (!put->file)
		put->error = -ECANCELED;
	if (put->error == 0 && size_bytes > put->file->size_bytes - put->file->here_bytes)
		put->error = -EFBIG;
	if (put->error == 0 && !spool_has_room(request->web->uploads->spool_fd, size_bytes))
		put->error = -ENOSPC; /* somebody else has filled the disk meanwhile */
	if (put->error == 0)
		put->error = fd_write_full(put->fd, data, size_bytes);
	if (put->error == 0)
		put->file->here_bytes += size_bytes;
}

static void start_put(
	struct request *request, struct upload *upload, struct upload_file *file, const char *name)
{
	struct put *put = calloc(1, sizeof(*put));
	int fd = put ? open_file(upload, file, name) : -ENOMEM;

	if (fd < 0) {
		free(put);
		refuse_disk(request, fd);
		return;
	}
	if (file->put)
		file->put->file = NULL; /* its connection is dead, and nobody has noticed yet */
	*put = (struct put){.file = file, .fd = fd};
	file->put = put;
	request->own = put;
	request->forget = forget_put;
	request->take = take;
}

void upload_begin_put(struct request *request)
{
	struct upload *upload = find(request);
	struct upload_file *file = upload ? find_file(request, upload) : NULL;
	const char *given = request_query(request, "name");
	char name[SPOOL_NAME_BYTES];
	uint64_t size_bytes, offset;

	if (!file)
		return;
	if (!given || !spool_file_name(given, name) ||
		!query_number(request, "size", UPLOAD_FILE_BYTES_MAX, &size_bytes) ||
		!query_number(request, "offset", size_bytes, &offset) ||
		(file->path && size_bytes != file->size_bytes)) {
		refuse_question(request);
	} else if (offset != file->here_bytes || upload->flush) {
		send_offset(request, MHD_HTTP_CONFLICT, file);
	} else if (!make_room(request->web->uploads, upload, size_bytes - offset)) {
		refuse_disk(request, -ENOSPC);
	} else {
		file->size_bytes = size_bytes;
		start_put(request, upload, file, name);
	}
}

/* A picture without a date of its own is filed by the time that the device has for it. */
static void set_time(const struct request *request, const struct put *put)
{
	uint64_t time_ms;
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};

	if (!query_number(request, "time", TIME_MS_MAX, &time_ms))
		return;
	times[1] = (struct timespec){(time_t)(time_ms / 1000), (long)(time_ms % 1000) * 1000000};
	(void)futimens(put->fd, times); /* then it has the time of its upload */
}

void upload_put(struct request *request)
{
	struct put *put = request->own;

	if (put->error == -EFBIG) {
		refuse_question(request);
	} else if (!put->file || put->error == -ECANCELED) {
		request_refuse(request, MHD_HTTP_GONE, "Another request goes on with this file.",
			"Ask how much is here.");
	} else if (put->error < 0) {
		refuse_disk(request, put->error);
	} else {
		if (put->file->here_bytes == put->file->size_bytes)
			set_time(request, put);
		send_offset(request, MHD_HTTP_OK, put->file);
	}
}

void upload_get(struct request *request)
{
	struct upload *upload = find(request);
	const struct upload_file *file = upload ? find_file(request, upload) : NULL;

	if (file)
		send_offset(request, MHD_HTTP_OK, file);
}

/* --- the end --- */

static bool is_whole(const struct upload *upload)
{
	for (uint32_t i = 0; i < upload->files_count; i++) {
		const struct upload_file *file = &upload->files[i];

		if (!file->path || file->put || file->here_bytes != file->size_bytes)
			return false;
	}
	return true;
}

/* As the import will ask: by name, else by the first bytes. */
static bool is_wanted(
	const struct upload *upload, const struct upload_file *file, enum select_mode mode)
{
	enum select_answer answer = select_by_path(mode, file->path);
	uint8_t head[SELECT_SNIFF_BYTES];
	ssize_t head_bytes;
	int fd;

	if (answer != SELECT_SNIFF)
		return answer == SELECT_TAKE;
	fd = fd_open_beneath(upload->folder_fd, file->path);
	head_bytes = fd < 0 ? fd : fd_pread_full(fd, head, sizeof(head), 0);
	fd_close(fd);
	/* What cannot be read is for the import to say. */
	return head_bytes < 0 || select_by_content(head, (size_t)head_bytes);
}

/*
 * What no import would take is removed: with it the card would never be done, and keep its place
 * for good. How many are left, or a negative errno.
 */
static int leave_out(struct upload *upload, enum select_mode mode)
{
	int count = 0;

	for (uint32_t i = 0; i < upload->files_count; i++) {
		struct upload_file *file = &upload->files[i];

		if (!file->is_left_out && !is_wanted(upload, file, mode)) {
			if (unlinkat(upload->folder_fd, file->path, 0) < 0)
				return -errno;
			file->is_left_out = true;
		}
		count += !file->is_left_out;
	}
	return count;
}

/* NULL without memory. */
static char *end_new(const struct upload *upload)
{
	struct json_writer writer = {0};
	int64_t count = 0;

	json_writer_open(&writer, NULL, '{');
	json_writer_bool(&writer, "ok", true);
	json_writer_open(&writer, "left_out", '[');
	for (uint32_t i = 0; i < upload->files_count; i++) {
		const char *path = upload->files[i].path, *slash = strrchr(path, '/');

		if (upload->files[i].is_left_out && count++ < NAMED_MAX)
			json_writer_text(&writer, NULL, slash ? slash + 1 : path);
	}
	json_writer_close(&writer, ']');
	json_writer_number(&writer, "left_out_count", count);
	json_writer_close(&writer, '}');
	return json_writer_take(&writer);
}

static void send_end(struct request *request, const struct ended *ended)
{
	request_send_json(request, MHD_HTTP_OK, ended->answer ? strdup(ended->answer) : NULL);
}

static const struct ended *find_ended(const struct request *request)
{
	const struct uploads *uploads = request->web->uploads;

	for (size_t i = 0; uploads && i < UPLOADS_MAX; i++)
		if (!strcmp(uploads->ended[i].id, request->argument))
			return &uploads->ended[i];
	return NULL;
}

static const struct ended *note_end(struct uploads *uploads, const struct upload *upload)
{
	struct ended *ended = &uploads->ended[uploads->ended_count++ % UPLOADS_MAX];

	free(ended->answer);
	ended->answer = end_new(upload);
	(void)text_format(ended->id, sizeof(ended->id), "%s", upload->id);
	return ended;
}

static void forget_waiter(struct request *request)
{
	struct waiter *waiter = request->own, **place = &waiter->uploads->waiters;

	while (*place && *place != waiter)
		place = &(*place)->next;
	if (*place)
		*place = waiter->next;
	free(waiter);
}

static void wait_for_end(struct request *request, const struct upload *upload)
{
	struct uploads *uploads = request->web->uploads;
	struct waiter *waiter = calloc(1, sizeof(*waiter));

	if (!waiter) {
		refuse_disk(request, -ENOMEM);
		return;
	}
	*waiter = (struct waiter){uploads->waiters, uploads, request, "", 0};
	(void)text_format(waiter->id, sizeof(waiter->id), "%s", upload->id);
	uploads->waiters = waiter;
	request->own = waiter;
	request->forget = forget_waiter;
	request_wait(request);
}

/* Its files are on the disk, or are not. */
static void end_upload(struct uploads *uploads, struct upload *upload, int error)
{
	char id[SPOOL_ID_BYTES];

	(void)text_format(id, sizeof(id), "%s", upload->id);
	flush_free(TAKE_PTR(upload->flush));
	if (error == 0)
		error = spool_finish(uploads->spool_fd, upload->id, upload->by);
	if (error == 0) {
		(void)note_end(uploads, upload);
		forget(upload);
	}
	for (struct waiter *waiter = uploads->waiters; waiter; waiter = waiter->next)
		if (!strcmp(waiter->id, id)) {
			waiter->error = error;
			request_wake(waiter->request);
		}
}

int uploads_fd(const struct uploads *uploads)
{
	return uploads->done_fd;
}

void uploads_ready(struct uploads *uploads)
{
	eventfd_t count;
	int error;

	(void)eventfd_read(uploads->done_fd, &count);
	for (size_t i = 0; i < UPLOADS_MAX; i++) {
		struct upload *upload = &uploads->uploads[i];

		if (upload->flush && flush_has_ended(upload->flush, &error))
			end_upload(uploads, upload, error);
	}
}

/* False: it was answered. */
static bool begin_end(struct request *request, struct upload *upload)
{
	struct uploads *uploads = request->web->uploads;
	int r;

	if (upload->flush)
		return true; /* somebody has asked for it before */
	if (!is_whole(upload)) {
		request_refuse(request, MHD_HTTP_CONFLICT, "Some files are not here yet.",
			"Send what is missing first.");
		return false;
	}
	r = leave_out(upload, request->web->select);
	if (r == 0) {
		drop(uploads, upload);
		request_refuse(request, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
			"There is no picture, film or sound among these files.",
			"Nothing was kept on the box. Choose others.");
		return false;
	}
	if (r > 0)
		r = flush_new(&upload->flush, upload->folder_fd, uploads->done_fd);
	if (r < 0)
		refuse_disk(request, r);
	return r == 0;
}

/* Called again when it is over. */
void upload_done(struct request *request)
{
	const struct waiter *waiter = request->own;
	const struct ended *ended = find_ended(request);
	struct upload *upload;

	if (ended) {
		send_end(request, ended);
	} else if (waiter && waiter->error < 0) {
		refuse_disk(request, waiter->error);
	} else {
		upload = find(request);
		if (upload && begin_end(request, upload))
			wait_for_end(request, upload);
	}
}

/* --- behind the import --- */

static bool is_finished(const struct model_card *card)
{
	return card->may_format && card->may_remove && card->verdict == VERDICT_SAFE_TO_FORMAT &&
		card->counts.files_left_out == 0 &&
		!strncmp(card->slot, SPOOL_CARD, strlen(SPOOL_CARD));
}

static void remove_finished(struct uploads *uploads, const struct model_card *card)
{
	char name[MODEL_LABEL_BYTES];
	int r = text_unescape(card->slot, name, sizeof(name));

	if (r == 0)
		r = spool_remove(uploads->spool_fd, name, card->identity,
			card->counts.files_selected, card->counts.bytes_selected);
	if (r == 0 || r == -ENOENT || !strcmp(uploads->kept, card->id))
		return;
	model_set_text(uploads->kept, sizeof(uploads->kept), card->id);
	(void)log_errno(
		LOG_LEVEL_WARNING, r, "'%s' is in the tank but stays in the spool", card->slot);
}

void uploads_changed(struct uploads *uploads, const struct tank_model *model)
{
	if (!uploads || model->connection != CONNECTION_UP)
		return;
	for (uint32_t i = 0; i < model->cards_count; i++)
		if (is_finished(&model->cards[i]))
			remove_finished(uploads, &model->cards[i]);
}
