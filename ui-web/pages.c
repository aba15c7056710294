/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "ui-web/parse.h"
#include "ui-web/sha256.h"
#include "ui-web/web.h"

#define PAGE_BYTES_MAX (512 * 1024)
#define ETAG_BYTES 36

static const struct {
	const char *name, *type;
} files[] = {
	{"index.html", "text/html; charset=utf-8"},
	{"login.html", "text/html; charset=utf-8"},
	{"style.css", "text/css; charset=utf-8"},
	{"words.js", "text/javascript; charset=utf-8"},
	{"app.js", "text/javascript; charset=utf-8"},
	{"now.js", "text/javascript; charset=utf-8"},
	{"gallery.js", "text/javascript; charset=utf-8"},
	{"viewer.js", "text/javascript; charset=utf-8"},
	{"upload.js", "text/javascript; charset=utf-8"},
	{"login.js", "text/javascript; charset=utf-8"},
	{"manifest.webmanifest", "application/manifest+json"},
	{"icon.svg", "image/svg+xml"},
	{"icon.png", "image/png"},
	{"icon-512.png", "image/png"},
};

#define FILES_COUNT (sizeof(files) / sizeof(files[0]))

struct pages {
	struct page {
		char *bytes; /* owned */
		size_t size_bytes;
		char etag[ETAG_BYTES];
	} pages[FILES_COUNT];
};

static int read_page(int folder_fd, const char *name, struct page *page)
{
	CLEANUP(fd_closep) int fd = fd_open_regular(folder_fd, name);
	uint8_t hash[SHA256_BYTES];
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size == 0 || st.st_size > PAGE_BYTES_MAX)
		return -EFBIG;
	page->bytes = malloc((size_t)st.st_size);
	if (!page->bytes)
		return -ENOMEM;
	n = fd_read_full(fd, page->bytes, (size_t)st.st_size);
	if (n < 0)
		return (int)n;
	page->size_bytes = (size_t)n;
	sha256(page->bytes, page->size_bytes, hash);
	page->etag[0] = '"';
	for (size_t i = 0; i < 16; i++)
		(void)snprintf(page->etag + 1 + i * 2, 3, "%02x", hash[i]);
	memcpy(page->etag + 33, "\"", 2);
	return 0;
}

int pages_new(struct pages **ret, const char *folder)
{
	CLEANUP(fd_closep) int folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct pages *pages = calloc(1, sizeof(*pages));
	int r = folder_fd < 0 ? -errno : 0;
	size_t i = 0;

	if (!pages)
		return -ENOMEM;
	for (; r == 0 && i < FILES_COUNT; i++)
		r = read_page(folder_fd, files[i].name, &pages->pages[i]);
	if (r < 0) {
		(void)log_errno(LOG_LEVEL_ERROR, r, "%s/%s cannot be read: is imgtank installed?",
			folder, files[i ? i - 1 : 0].name);
		pages_free(pages);
		return r;
	}
	*ret = pages;
	return 0;
}

void pages_free(struct pages *pages)
{
	for (size_t i = 0; pages && i < FILES_COUNT; i++)
		free(pages->pages[i].bytes);
	free(pages);
}

static void send_page(struct request *request, size_t index)
{
	struct page *page = &request->web->pages->pages[index];
	bool is_same = parse_has_etag(request_header(request, "If-None-Match"), page->etag);
	struct MHD_Response *response = MHD_create_response_from_buffer(
		is_same ? 0 : page->size_bytes, page->bytes, MHD_RESPMEM_PERSISTENT);

	if (response) {
		(void)response_header(response, "Content-Type", files[index].type);
		(void)response_header(response, "ETag", page->etag);
		(void)response_header(response, "Cache-Control", "no-cache");
	}
	request_send(request, is_same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response);
}

void pages_index(struct request *request)
{
	send_page(request, 0);
}

void pages_login(struct request *request)
{
	send_page(request, 1);
}

void pages_file(struct request *request)
{
	for (size_t i = 2; i < FILES_COUNT; i++)
		if (!strcmp(files[i].name, request->argument)) {
			send_page(request, i);
			return;
		}
	request_refuse(
		request, MHD_HTTP_NOT_FOUND, "There is nothing here.", "Go to the start page.");
}
