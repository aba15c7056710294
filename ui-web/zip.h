/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * zip.h - the records of a ZIP archive as bytes, for files that are stored as they are and
 * whose checksum is known only behind them. No I/O. PKWARE APPNOTE.TXT 6.3.10, with ZIP64 (4.5.3)
 * wherever a number does not fit into 32 (or 16) bits.
 */
#ifndef IMGTANK_UI_WEB_ZIP_H
#define IMGTANK_UI_WEB_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZIP_NAME_BYTES 1024
#define ZIP_RECORD_BYTES_MAX (ZIP_NAME_BYTES + 128) /* of any one record here */

struct zip_entry {
	char *name; /* UTF-8, parts divided by '/'; owned by whoever made the entry */
	uint64_t size_bytes;
	uint64_t offset_bytes; /* of its local header */
	uint32_t crc;
	uint16_t dos_date, dos_time;
};

/*
 * "2024-05-12 10:20:30" (any sign between), to two seconds; 1980-01-01 if it is none or earlier.
 */
void zip_set_time(struct zip_entry *entry, const char *time);

/* Each returns the bytes that it has written to out, which has ZIP_RECORD_BYTES_MAX. */
size_t zip_local_header(const struct zip_entry *entry, uint8_t *out);
size_t zip_descriptor(const struct zip_entry *entry, uint8_t *out); /* behind the data */
size_t zip_central(const struct zip_entry *entry, uint8_t *out);
size_t zip_end(
	uint64_t entries_count, uint64_t directory_bytes, uint64_t directory_offset, uint8_t *out);

/*
 * A name for a file of the tank: its escaped path below the tank's first folder, as UTF-8 where it
 * is that, else as it is shown, with the id so that it is the only one. Never one that
 * leads out of the folder into which somebody unpacks. False: there is none.
 */
bool zip_name(const char *tank_path, int64_t id, char name[ZIP_NAME_BYTES]);

#endif
