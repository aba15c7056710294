/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/zip.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

#define LOCAL_SIGNATURE 0x04034b50
#define DESCRIPTOR_SIGNATURE 0x08074b50
#define CENTRAL_SIGNATURE 0x02014b50
#define END_SIGNATURE 0x06054b50
#define END64_SIGNATURE 0x06064b50
#define LOCATOR64_SIGNATURE 0x07064b50
#define VERSION_PLAIN 20
#define VERSION_ZIP64 45
#define MADE_BY_UNIX (3 << 8)
#define FLAGS (1 << 3 | 1 << 11) /* a descriptor follows; names are UTF-8 */
#define MODE (UINT32_C(0100644) << 16)
#define EXTRA_ZIP64 1
#define MAX16 UINT64_C(0xffff)
#define MAX32 UINT64_C(0xffffffff)

/* Little-endian, whatever machine this is. */
struct pen {
	uint8_t *out;
	size_t length;
};

static void put(struct pen *pen, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		pen->out[pen->length++] = (uint8_t)(value >> (8 * i));
}

static void put_name(struct pen *pen, const char *name)
{
	size_t length = strlen(name);

	memcpy(pen->out + pen->length, name, length);
	pen->length += length;
}

static uint64_t at_most(uint64_t value, uint64_t max)
{
	return value < max ? value : max;
}

static bool is_large(const struct zip_entry *entry)
{
	return entry->size_bytes >= MAX32;
}

static unsigned int number(const char *digits, size_t count)
{
	unsigned int value = 0;

	for (size_t i = 0; i < count; i++)
		value = value * 10 + (unsigned int)(digits[i] - '0');
	return value;
}

void zip_set_time(struct zip_entry *entry, const char *time)
{
	static const char shape[] = "dddd-dd-dd.dd:dd:dd";
	size_t i = 0;

	entry->dos_date = 1 << 5 | 1;
	entry->dos_time = 0;
	for (; shape[i]; i++)
		if (shape[i] == 'd' ? time[i] < '0' || time[i] > '9'
				    : !time[i] || (shape[i] != '.' && time[i] != shape[i]))
			return;
	if (number(time, 4) < 1980 || number(time, 4) > 2107)
		return;
	entry->dos_date = (uint16_t)((number(time, 4) - 1980) << 9 | number(time + 5, 2) << 5 |
		number(time + 8, 2));
	entry->dos_time = (uint16_t)(number(time + 11, 2) << 11 | number(time + 14, 2) << 5 |
		number(time + 17, 2) / 2);
}

static void put_common(struct pen *pen, const struct zip_entry *entry, bool has_crc)
{
	put(pen, FLAGS, 2);
	put(pen, 0, 2); /* stored */
	put(pen, entry->dos_time, 2);
	put(pen, entry->dos_date, 2);
	put(pen, has_crc ? entry->crc : 0, 4);
}

size_t zip_local_header(const struct zip_entry *entry, uint8_t *out)
{
	struct pen pen = {out, 0};
	bool is_64 = is_large(entry);

	put(&pen, LOCAL_SIGNATURE, 4);
	put(&pen, is_64 ? VERSION_ZIP64 : VERSION_PLAIN, 2);
	put_common(&pen, entry, false);
	/* The sizes are known: who reads it as a stream finds the end of the data. */
	put(&pen, at_most(entry->size_bytes, MAX32), 4);
	put(&pen, at_most(entry->size_bytes, MAX32), 4);
	put(&pen, strlen(entry->name), 2);
	put(&pen, is_64 ? 20 : 0, 2);
	put_name(&pen, entry->name);
	if (is_64) {
		put(&pen, EXTRA_ZIP64, 2);
		put(&pen, 16, 2);
		put(&pen, entry->size_bytes, 8);
		put(&pen, entry->size_bytes, 8);
	}
	return pen.length;
}

size_t zip_descriptor(const struct zip_entry *entry, uint8_t *out)
{
	struct pen pen = {out, 0};
	unsigned int bytes = is_large(entry) ? 8 : 4;

	put(&pen, DESCRIPTOR_SIGNATURE, 4);
	put(&pen, entry->crc, 4);
	put(&pen, entry->size_bytes, bytes);
	put(&pen, entry->size_bytes, bytes);
	return pen.length;
}

size_t zip_central(const struct zip_entry *entry, uint8_t *out)
{
	struct pen pen = {out, 0};
	bool is_size_64 = is_large(entry), is_far = entry->offset_bytes >= MAX32;
	unsigned int extra = (is_size_64 ? 16U : 0) + (is_far ? 8U : 0);

	put(&pen, CENTRAL_SIGNATURE, 4);
	put(&pen, MADE_BY_UNIX | VERSION_ZIP64, 2);
	put(&pen, extra ? VERSION_ZIP64 : VERSION_PLAIN, 2);
	put_common(&pen, entry, true);
	put(&pen, at_most(entry->size_bytes, MAX32), 4);
	put(&pen, at_most(entry->size_bytes, MAX32), 4);
	put(&pen, strlen(entry->name), 2);
	put(&pen, extra ? extra + 4 : 0, 2);
	put(&pen, 0, 2); /* comment */
	put(&pen, 0, 2); /* disk */
	put(&pen, 0, 2); /* internal attributes */
	put(&pen, MODE, 4);
	put(&pen, at_most(entry->offset_bytes, MAX32), 4);
	put_name(&pen, entry->name);
	if (extra) {
		put(&pen, EXTRA_ZIP64, 2);
		put(&pen, extra, 2);
	}
	if (is_size_64) {
		put(&pen, entry->size_bytes, 8);
		put(&pen, entry->size_bytes, 8);
	}
	if (is_far)
		put(&pen, entry->offset_bytes, 8);
	return pen.length;
}

static void put_end64(struct pen *pen, uint64_t count, uint64_t bytes, uint64_t offset)
{
	put(pen, END64_SIGNATURE, 4);
	put(pen, 44, 8); /* what follows of this record */
	put(pen, MADE_BY_UNIX | VERSION_ZIP64, 2);
	put(pen, VERSION_ZIP64, 2);
	put(pen, 0, 8); /* this disk, and that of the directory */
	put(pen, count, 8);
	put(pen, count, 8);
	put(pen, bytes, 8);
	put(pen, offset, 8);
	put(pen, LOCATOR64_SIGNATURE, 4);
	put(pen, 0, 4);
	put(pen, offset + bytes, 8);
	put(pen, 1, 4);
}

size_t zip_end(
	uint64_t entries_count, uint64_t directory_bytes, uint64_t directory_offset, uint8_t *out)
{
	struct pen pen = {out, 0};

	if (entries_count >= MAX16 || directory_bytes >= MAX32 || directory_offset >= MAX32)
		put_end64(&pen, entries_count, directory_bytes, directory_offset);
	put(&pen, END_SIGNATURE, 4);
	put(&pen, 0, 4);
	put(&pen, at_most(entries_count, MAX16), 2);
	put(&pen, at_most(entries_count, MAX16), 2);
	put(&pen, at_most(directory_bytes, MAX32), 4);
	put(&pen, at_most(directory_offset, MAX32), 4);
	put(&pen, 0, 2);
	return pen.length;
}

/* --- names --- */

static bool is_utf8(const char *text)
{
	while (*text) {
		size_t length = text_utf8_length(text);

		if (length == 0)
			return false;
		text += length;
	}
	return true;
}

static bool has_bad_part(const char *name)
{
	for (const char *part = name;; part++) {
		size_t length = strcspn(part, "/");

		if (length == 0 || (length == 1 && part[0] == '.') ||
			(length == 2 && part[0] == '.' && part[1] == '.'))
			return true;
		part += length;
		if (!*part)
			return false;
	}
}

bool zip_name(const char *tank_path, int64_t id, char name[ZIP_NAME_BYTES])
{
	const char *below = strchr(tank_path, '/');

	if (!below || text_unescape(below + 1, name, ZIP_NAME_BYTES) < 0)
		return false;
	if (!is_utf8(name) || strpbrk(name, "\\:")) {
		if (!text_format(
			    name, ZIP_NAME_BYTES, "%" PRId64 "_%s", id, strrchr(below, '/') + 1))
			return false;
		for (char *c = name; *c; c++)
			if (*c == '\\' || *c == ':')
				*c = '_'; /* to some systems these divide parts, or name disks */
	}
	return !has_bad_part(name);
}
