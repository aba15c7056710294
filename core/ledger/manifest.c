/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/ledger/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"

#define FIRST_LINE "imgtank-manifest 1\n"
#define FIELDS_COUNT 17
#define LINE_BYTES_MAX (LEDGER_PATH_BYTES_MAX + 8192)

struct manifest {
	int dir_fd; /* borrowed */
	int fd;
	unsigned number; /* of the file, from 1 on */
	uint64_t block_bytes, size_bytes;
	uint64_t room_bytes; /* up to where the file may grow; 0: on and on */
	char name[112];
};

void ledger_hash_to_text(const uint8_t hash[LEDGER_HASH_BYTES], char text[33])
{
	for (int i = 0; i < LEDGER_HASH_BYTES; i++)
		(void)snprintf(text + i * 2, 3, "%02x", hash[i]);
}

int ledger_hash_from_text(const char *text, uint8_t hash[LEDGER_HASH_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(text) != 32)
		return -EINVAL;
	for (int i = 0; i < LEDGER_HASH_BYTES; i++) {
		const char *high = strchr(digits, text[i * 2]);
		const char *low = strchr(digits, text[i * 2 + 1]);

		if (!high || !low)
			return -EINVAL;
		hash[i] = (uint8_t)((high - digits) * 16 + (low - digits));
	}
	return 0;
}

int manifest_new(struct manifest **ret, int dir_fd, const char *name, uint64_t block_bytes)
{
	struct manifest *manifest = calloc(1, sizeof(*manifest));

	if (!manifest)
		return -ENOMEM;
	manifest->dir_fd = dir_fd;
	manifest->fd = -1;
	manifest->block_bytes = block_bytes;
	(void)text_format(manifest->name, sizeof(manifest->name), "%s", name);
	*ret = manifest;
	return 0;
}

void manifest_free(struct manifest *manifest)
{
	if (!manifest)
		return;
	fd_close(manifest->fd);
	free(manifest);
}

static int write_text(struct manifest *manifest, const char *text, size_t length)
{
	manifest->size_bytes += length;
	return fd_write_full(manifest->fd, text, length);
}

static int start_file(struct manifest *manifest)
{
	char name[128];

	if (++manifest->number == 1)
		(void)text_format(name, sizeof(name), "%s.txt", manifest->name);
	else
		(void)text_format(
			name, sizeof(name), "%s-%u.txt", manifest->name, manifest->number);
	manifest->size_bytes = manifest->room_bytes = 0;
	manifest->fd = openat(manifest->dir_fd, name,
		O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (manifest->fd < 0)
		return -errno;
	return write_text(manifest, FIRST_LINE, strlen(FIRST_LINE));
}

static int add_line(struct manifest *manifest, const char *line, size_t length)
{
	int r = 0;

	if (manifest->room_bytes && manifest->size_bytes + length > manifest->room_bytes) {
		fd_close(manifest->fd);
		manifest->fd = -1;
	}
	if (manifest->fd < 0)
		r = start_file(manifest);
	return r < 0 ? r : write_text(manifest, line, length);
}

void manifest_settled(struct manifest *manifest)
{
	uint64_t block = manifest->block_bytes;

	if (block && manifest->fd >= 0)
		manifest->room_bytes = (manifest->size_bytes + block - 1) / block * block;
}

int manifest_append(struct manifest *manifest, const struct manifest_entry *entry)
{
	const struct ledger_file *file = &entry->file;
	const struct ledger_stamp *stamp = &entry->stamp;
	CLEANUP(freep) char *line = malloc(LINE_BYTES_MAX);
	char hash[33];
	size_t length;

	if (!line)
		return -ENOMEM;
	ledger_hash_to_text(file->hash, hash);
	if (!text_format(line, LINE_BYTES_MAX - 32,
		    "%s\t%" PRIu64 "\t%" PRId64 "\t%s\t%" PRIu64 "\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s"
		    "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t",
		    hash, file->size_bytes, file->mtime_ns, file->tank_path, file->sequence,
		    file->capture_time, file->date_source, file->is_guess, file->make, file->model,
		    file->stem, entry->card, entry->source_path, stamp->mtime_ns, stamp->ctime_ns,
		    stamp->btime_ns))
		return -ENAMETOOLONG;
	length = strlen(line);
	(void)snprintf(line + length, 32, "%016" PRIx64 "\n", (uint64_t)XXH3_64bits(line, length));
	return add_line(manifest, line, length + 17);
}

static int parse_number(const char *text, int64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(text, &end, 10);
	return errno || end == text || *end ? -EINVAL : 0;
}

static bool copy_field(char *out, size_t out_bytes, const char *field)
{
	return text_format(out, out_bytes, "%s", field);
}

static bool parse_file_fields(char **f, struct ledger_file *file)
{
	int64_t size, mtime, sequence;

	if (ledger_hash_from_text(f[0], file->hash) < 0 || parse_number(f[1], &size) < 0 ||
		parse_number(f[2], &mtime) < 0 || parse_number(f[4], &sequence) < 0 || size < 0 ||
		sequence < 0)
		return false;
	file->size_bytes = (uint64_t)size;
	file->mtime_ns = mtime;
	file->sequence = (uint64_t)sequence;
	file->is_guess = !strcmp(f[7], "1");
	return copy_field(file->tank_path, sizeof(file->tank_path), f[3]) &&
		copy_field(file->capture_time, sizeof(file->capture_time), f[5]) &&
		copy_field(file->date_source, sizeof(file->date_source), f[6]) &&
		copy_field(file->make, sizeof(file->make), f[8]) &&
		copy_field(file->model, sizeof(file->model), f[9]) &&
		copy_field(file->stem, sizeof(file->stem), f[10]);
}

static bool parse_source_fields(char **f, struct manifest_entry *entry)
{
	entry->stamp.size_bytes = entry->file.size_bytes;
	return copy_field(entry->card, sizeof(entry->card), f[11]) &&
		copy_field(entry->source_path, sizeof(entry->source_path), f[12]) &&
		parse_number(f[13], &entry->stamp.mtime_ns) == 0 &&
		parse_number(f[14], &entry->stamp.ctime_ns) == 0 &&
		parse_number(f[15], &entry->stamp.btime_ns) == 0;
}

static bool check_is_right(const char *line, const char *check)
{
	char expected[17];

	(void)snprintf(expected, sizeof(expected), "%016" PRIx64,
		(uint64_t)XXH3_64bits(line, (size_t)(check - line)));
	return !strcmp(expected, check);
}

static bool parse_line(char *line, struct manifest_entry *entry)
{
	char *fields[FIELDS_COUNT];
	char *check = strrchr(line, '\t');
	int count = 0;

	if (!check || !check_is_right(line, check + 1))
		return false;
	for (char *field = line; field && count < FIELDS_COUNT; count++) {
		fields[count] = field;
		field = strchr(field, '\t');
		if (field)
			*field++ = '\0';
	}
	memset(&entry->file, 0, sizeof(entry->file));
	return count == FIELDS_COUNT && parse_file_fields(fields, &entry->file) &&
		parse_source_fields(fields, entry);
}

static int read_lines(FILE *in, manifest_entry_fn fn, void *userdata, uint32_t *bad_lines)
{
	CLEANUP(freep) struct manifest_entry *entry = calloc(1, sizeof(*entry));
	CLEANUP(freep) char *line = malloc(LINE_BYTES_MAX);
	int r = 0;

	if (!entry || !line)
		return -ENOMEM;
	if (!fgets(line, LINE_BYTES_MAX, in) || strcmp(line, FIRST_LINE) != 0)
		return ferror(in) ? -EIO : -EBADMSG;
	while (r >= 0 && fgets(line, LINE_BYTES_MAX, in)) {
		size_t length = strcspn(line, "\n");

		line[length] = '\0';
		if (parse_line(line, entry))
			r = fn(entry, userdata);
		else
			(*bad_lines)++;
	}
	if (r >= 0 && ferror(in))
		r = -EIO;
	return r < 0 ? r : 0;
}

int manifest_read(
	int dir_fd, const char *name, manifest_entry_fn fn, void *userdata, uint32_t *bad_lines)
{
	int fd = fd_open_regular(dir_fd, name);
	FILE *in;
	int r;

	if (fd < 0)
		return fd;
	in = fdopen(fd, "r");
	if (!in) {
		fd_close(fd);
		return -ENOMEM;
	}
	r = read_lines(in, fn, userdata, bad_lines);
	(void)fclose(in); /* only read */
	return r;
}
