/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/download.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <zlib.h>

#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "ui-web/gallery.h"
#include "ui-web/media.h"
#include "ui-web/parse.h"
#include "ui-web/web.h"
#include "ui-web/zip.h"

#define BLOCK_BYTES (64 * 1024)
#define MISSING_NAME "NOT-IN-THIS-ARCHIVE.txt"
#define MISSING_BYTES_MAX (256 * 1024)
#define MISSING_AT_ONCE 64 /* each is a look into the ledger */

enum step { STEP_FILES, STEP_MISSING, STEP_DIRECTORY, STEP_END };

struct download {
	struct web *web; /* borrowed */
	char address[AUTH_ADDRESS_BYTES]; /* of who gets it */
	bool is_guest;
	struct browse_picture *picture; /* owned; the one at work */
	int64_t *ids; /* owned */
	size_t ids_count, at_id;
	int tank_fd; /* owned */
	int fd; /* owned: the file at work, or -1 */
	uint64_t left_bytes; /* of it */
	struct zip_entry *entries; /* owned, with their names */
	size_t entries_count, at_entry;
	char *missing; /* owned: one line each, or NULL */
	size_t missing_bytes;
	enum step step;
	uint64_t offset_bytes, directory_offset;
	uint8_t record[ZIP_RECORD_BYTES_MAX]; /* waits to be sent */
	size_t record_bytes, record_at;
};

static struct download *downloads[DOWNLOADS_MAX]; /* under way; there is one thread */

static void download_free(void *userdata)
{
	struct download *download = userdata;

	for (size_t i = 0; i < DOWNLOADS_MAX; i++)
		if (downloads[i] == download)
			downloads[i] = NULL;
	for (size_t i = 0; i < download->entries_count; i++)
		free(download->entries[i].name);
	free(download->entries);
	free(download->picture);
	free(download->ids);
	free(download->missing);
	fd_close(download->fd);
	fd_close(download->tank_fd);
	free(download);
}

/* --- what is missing --- */

static bool add_line(struct download *download, const char *line)
{
	size_t bytes = strlen(line);
	char *missing = realloc(download->missing, download->missing_bytes + bytes);

	if (!missing)
		return false;
	memcpy(missing + download->missing_bytes, line, bytes);
	download->missing = missing;
	download->missing_bytes += bytes;
	return download->missing_bytes <= MISSING_BYTES_MAX;
}

/* So many that their list would be too long break the download off. */
static int add_missing(struct download *download, const char *tank_path, int64_t id)
{
	char line[sizeof(download->picture->file.tank_path) + 32];
	bool is_added = download->missing ||
		add_line(download,
			"These files could not be read and are not in this archive.\n"
			"Check the tank (imgtank verify), then download them again.\n\n");

	if (*tank_path)
		(void)text_format(line, sizeof(line), "%s\n", tank_path);
	else
		(void)text_format(line, sizeof(line), "picture %" PRId64 "\n", id);
	return is_added && add_line(download, line) ? 0 : -ENOMEM;
}

/* --- records --- */

static void set_record(struct download *download, size_t bytes)
{
	download->record_bytes = bytes;
	download->record_at = 0;
}

static struct zip_entry *add_entry(struct download *download, const char *name, uint64_t size_bytes)
{
	struct zip_entry *entry = &download->entries[download->entries_count];

	*entry = (struct zip_entry){.name = strdup(name),
		.size_bytes = size_bytes,
		.offset_bytes = download->offset_bytes,
		.crc = (uint32_t)crc32(0, NULL, 0)};
	if (!entry->name)
		return NULL;
	download->entries_count++;
	return entry;
}

/* Opens the file if it is what was imported. */
static int open_picture(struct download *download)
{
	const struct ledger_file *file = &download->picture->file;
	int fd = media_open(download->tank_fd, file->tank_path);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || (uint64_t)st.st_size != file->size_bytes)) {
		fd_close(fd);
		return -ESTALE;
	}
	return fd;
}

static int begin_file(struct download *download, int64_t id)
{
	struct browse *browse = gallery_reader(download->web->gallery);
	const struct ledger_file *file = &download->picture->file;
	char name[ZIP_NAME_BYTES];
	struct zip_entry *entry;

	if (!browse || browse_picture(browse, id, download->picture) <= 0)
		return add_missing(download, "", id);
	if (!zip_name(file->tank_path, id, name) || (download->fd = open_picture(download)) < 0) {
		download->fd = -1;
		return add_missing(download, file->tank_path, id);
	}
	entry = add_entry(download, name, file->size_bytes);
	if (!entry)
		return -ENOMEM;
	zip_set_time(entry, file->capture_time);
	download->left_bytes = entry->size_bytes;
	set_record(download, zip_local_header(entry, download->record));
	return 0;
}

static int begin_missing(struct download *download)
{
	struct zip_entry *entry;

	download->step = STEP_MISSING;
	if (!download->missing)
		return 0;
	entry = add_entry(download, MISSING_NAME, download->missing_bytes);
	if (!entry)
		return -ENOMEM;
	zip_set_time(entry, "");
	entry->crc = (uint32_t)crc32(
		entry->crc, (const Bytef *)download->missing, (uInt)download->missing_bytes);
	download->left_bytes = entry->size_bytes;
	set_record(download, zip_local_header(entry, download->record));
	return 0;
}

static void begin_directory(struct download *download)
{
	download->step = STEP_DIRECTORY;
	download->directory_offset = download->offset_bytes;
}

/* The next record; 0 at the end of all; -EAGAIN: others have their turn first. */
static int next_record(struct download *download)
{
	int r = 0;

	set_record(download, 0);
	for (int i = 0; r == 0 && download->record_bytes == 0; i++) {
		if (i == MISSING_AT_ONCE)
			r = -EAGAIN;
		else if (download->step == STEP_FILES && download->at_id < download->ids_count)
			r = begin_file(download, download->ids[download->at_id++]);
		else if (download->step == STEP_FILES)
			r = begin_missing(download);
		else if (download->step == STEP_MISSING)
			begin_directory(download);
		else if (download->step == STEP_DIRECTORY &&
			download->at_entry < download->entries_count)
			set_record(download,
				zip_central(&download->entries[download->at_entry++],
					download->record));
		else if (download->step == STEP_DIRECTORY) {
			download->step = STEP_END;
			set_record(download,
				zip_end(download->entries_count,
					download->offset_bytes - download->directory_offset,
					download->directory_offset, download->record));
		} else
			return 0;
	}
	return r < 0 ? r : 1;
}

/* --- sending --- */

static ssize_t give_record(struct download *download, char *block, size_t block_bytes)
{
	size_t count = download->record_bytes - download->record_at;

	if (count > block_bytes)
		count = block_bytes;
	memcpy(block, download->record + download->record_at, count);
	download->record_at += count;
	return (ssize_t)count;
}

/* Of the file, or of the text about those that are missing. */
static ssize_t give_data(struct download *download, char *block, size_t block_bytes)
{
	struct zip_entry *entry = &download->entries[download->entries_count - 1];
	size_t count =
		download->left_bytes < block_bytes ? (size_t)download->left_bytes : block_bytes;
	ssize_t n;

	if (download->fd < 0) {
		memcpy(block, download->missing + download->missing_bytes - download->left_bytes,
			count);
		n = (ssize_t)count;
	} else {
		n = fd_read_full(download->fd, block, count);
		if (n != (ssize_t)count) {
			log_warning("%s could not be read to its end: a download was broken off",
				download->picture->file.tank_path);
			return MHD_CONTENT_READER_END_WITH_ERROR;
		}
		entry->crc = (uint32_t)crc32(entry->crc, (const Bytef *)block, (uInt)count);
	}
	download->left_bytes -= (uint64_t)n;
	return n;
}

static bool is_data_due(const struct download *download)
{
	return download->left_bytes > 0;
}

/* Behind the data of a file comes its descriptor. */
static void end_data(struct download *download)
{
	fd_close(download->fd);
	download->fd = -1;
	set_record(download,
		zip_descriptor(&download->entries[download->entries_count - 1], download->record));
}

static ssize_t give(struct download *download, char *block, size_t block_bytes)
{
	ssize_t n;
	int r;

	if (download->record_at < download->record_bytes)
		return give_record(download, block, block_bytes);
	if (is_data_due(download)) {
		n = give_data(download, block, block_bytes);
		if (n > 0 && !is_data_due(download))
			end_data(download);
		return n;
	}
	r = next_record(download);
	if (r == -EAGAIN)
		return 0;
	if (r < 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (r == 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (!is_data_due(download) && download->fd >= 0) { /* an empty file: both at once */
		uint8_t *behind = download->record + download->record_bytes;

		download->record_bytes +=
			zip_descriptor(&download->entries[download->entries_count - 1], behind);
		fd_close(download->fd);
		download->fd = -1;
	}
	return give_record(download, block, block_bytes);
}

static ssize_t read_download(void *userdata, uint64_t position, char *block, size_t block_bytes)
{
	struct download *download = userdata;
	ssize_t n = give(download, block, block_bytes);

	(void)position;
	if (n > 0)
		download->offset_bytes += (uint64_t)n;
	return n;
}

/* --- beginning --- */

static struct download **free_place(void)
{
	for (size_t i = 0; i < DOWNLOADS_MAX; i++)
		if (!downloads[i])
			return &downloads[i];
	return NULL;
}

/* Takes ids over. There is a place: may_begin() was asked. */
static struct download *download_new(struct request *request, int64_t *ids, size_t ids_count)
{
	struct web *web = request->web;
	struct download *download = calloc(1, sizeof(*download));

	if (!download) {
		free(ids);
		return NULL;
	}
	*free_place() = download;
	download->web = web;
	download->is_guest = !request->session;
	(void)text_format(download->address, sizeof(download->address), "%s", request->address);
	download->ids = ids;
	download->ids_count = ids_count;
	download->fd = -1;
	download->picture = calloc(1, sizeof(*download->picture));
	download->entries = calloc(ids_count + 1, sizeof(*download->entries));
	download->tank_fd = gallery_open_tank(web->gallery);
	if (!download->picture || !download->entries || download->tank_fd < 0) {
		download_free(download);
		return NULL;
	}
	return download;
}

static void send_zip(struct request *request, const char *name, int64_t *ids, size_t ids_count)
{
	struct download *download = download_new(request, ids, ids_count);
	struct MHD_Response *response = NULL;
	char disposition[256];

	if (download)
		response = MHD_create_response_from_callback(
			MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_download, download, download_free);
	if (!response) {
		if (download)
			download_free(download);
		gallery_refuse(request, -EIO);
		return;
	}
	parse_disposition(name, disposition, sizeof(disposition));
	(void)response_header(response, "Content-Type", "application/zip");
	(void)response_header(response, "Content-Disposition", disposition);
	request_send(request, MHD_HTTP_OK, response);
}

static bool may_begin(struct request *request)
{
	unsigned int of_address = 0, of_guests = 0;

	for (size_t i = 0; i < DOWNLOADS_MAX; i++)
		if (downloads[i]) {
			of_address += !strcmp(downloads[i]->address, request->address);
			of_guests += downloads[i]->is_guest;
		}
	if (free_place() && of_address < DOWNLOADS_PER_ADDRESS &&
		(request->session || of_guests < DOWNLOADS_MAX / 2))
		return true;
	request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE, "Too many downloads are under way.",
		"Try again when one has ended.");
	return false;
}

/* All ids of a day; how many, or a negative errno. *ids is for the caller to free. */
static int list_day(struct browse *browse, const char *day, int64_t **ids)
{
	int count;

	*ids = calloc(DOWNLOAD_FILES_MAX + 1, sizeof(**ids));
	if (!*ids)
		return -ENOMEM;
	count = browse_day_ids(browse, day, *ids, DOWNLOAD_FILES_MAX + 1);
	return count > DOWNLOAD_FILES_MAX ? -E2BIG : count;
}

void download_day(struct request *request)
{
	struct browse *browse = gallery_browse(request);
	CLEANUP(freep) int64_t *ids = NULL;
	char name[40];
	int count;

	if (!browse || !may_begin(request))
		return;
	count = browse_is_day(request->argument) ? list_day(browse, request->argument, &ids) : 0;
	if (count == -E2BIG) {
		request_refuse(request, MHD_HTTP_CONTENT_TOO_LARGE,
			"These are too many pictures for one download.", "Select some of them.");
	} else if (count == 0 || count == -ENOENT) {
		request_refuse(request, MHD_HTTP_NOT_FOUND, "There are no pictures of this day.",
			"Go back to the days.");
	} else if (count < 0) {
		gallery_refuse(request, count);
	} else {
		(void)text_format(name, sizeof(name), "%s.zip", request->argument);
		send_zip(request, name, TAKE_PTR(ids), (size_t)count);
	}
}

void download_selection(struct request *request)
{
	struct browse *browse = gallery_browse(request);
	CLEANUP(freep) char *text = malloc(HTTP_BODY_MAX + 1);
	CLEANUP(freep) int64_t *ids = calloc(HTTP_BODY_MAX / 2, sizeof(*ids));
	int count = -EINVAL;

	if (!browse || !may_begin(request))
		return;
	if (text && ids && request_form(request, "ids", text, HTTP_BODY_MAX + 1))
		count = parse_ids(text, ids, HTTP_BODY_MAX / 2);
	if (count <= 0)
		request_refuse(request, MHD_HTTP_BAD_REQUEST, "Nothing is selected.",
			"Select pictures, then download them.");
	else
		send_zip(request, "pictures.zip", TAKE_PTR(ids), (size_t)count);
}
