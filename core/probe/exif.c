/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exif.c - asks libexif for the few tags that a copy needs.
 *
 * libexif copies every value of the block, and a hostile block may name the
 * same 64 kB a thousand times: so it gets its memory from a purse that runs
 * out. It then stops and keeps what it has.
 */
#include "core/probe/exif.h"

#include <stdlib.h>

#include <libexif/exif-data.h>

#include "core/base/cleanup.h"

#define PURSE_BYTES (8u << 20)
#define EXIF_STEPS 4000 /* the time it may take, in the reader's coin */

/* libexif's allocators know no context; one question at a time per thread. */
static _Thread_local size_t purse_bytes;

struct date_tags {
	enum date_role role;
	enum media_date_source source;
	ExifTag date, subsec, utc_offset;
};

static const struct date_tags date_tags[] = {
	{DATE_ROLE_ORIGINAL, MEDIA_DATE_EXIF_ORIGINAL, EXIF_TAG_DATE_TIME_ORIGINAL,
		EXIF_TAG_SUB_SEC_TIME_ORIGINAL, EXIF_TAG_OFFSET_TIME_ORIGINAL},
	{DATE_ROLE_DIGITIZED, MEDIA_DATE_EXIF_DIGITIZED, EXIF_TAG_DATE_TIME_DIGITIZED,
		EXIF_TAG_SUB_SEC_TIME_DIGITIZED, EXIF_TAG_OFFSET_TIME_DIGITIZED},
	{DATE_ROLE_MODIFIED, MEDIA_DATE_EXIF_MODIFIED, EXIF_TAG_DATE_TIME, EXIF_TAG_SUB_SEC_TIME,
		EXIF_TAG_OFFSET_TIME},
};

static bool pay(size_t size_bytes)
{
	if (size_bytes > purse_bytes)
		return false;
	purse_bytes -= size_bytes;
	return true;
}

static void *on_alloc(ExifLong size_bytes)
{
	return pay(size_bytes) ? calloc(1, size_bytes) : NULL;
}

static void *on_realloc(void *p, ExifLong size_bytes)
{
	return pay(size_bytes) ? realloc(p, size_bytes) : NULL;
}

static void on_free(void *p)
{
	free(p);
}

static void data_unrefp(ExifData **data)
{
	if (*data)
		exif_data_unref(*data);
}

static void mem_unrefp(ExifMem **mem)
{
	if (*mem)
		exif_mem_unref(*mem);
}

static const ExifEntry *find_entry(const ExifData *data, ExifIfd ifd, ExifTag tag)
{
	const ExifEntry *entry = exif_content_get_entry(data->ifd[ifd], tag);

	return entry && entry->data ? entry : NULL;
}

/* Some writers put EXIF's tags beside the picture's own. */
static const ExifEntry *find_anywhere(const ExifData *data, ExifTag tag, ExifIfd *ret)
{
	static const ExifIfd order[] = {EXIF_IFD_EXIF, EXIF_IFD_0, EXIF_IFD_1};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		const ExifEntry *entry = find_entry(data, order[i], tag);

		*ret = order[i];
		if (entry)
			return entry;
	}
	return NULL;
}

static enum date_rank rank_of(ExifIfd ifd, const struct date_tags *tags)
{
	if (ifd == EXIF_IFD_1)
		return DATE_RANK_COPY;
	if (ifd == EXIF_IFD_EXIF || tags->role == DATE_ROLE_MODIFIED)
		return DATE_RANK_EXIF;
	return DATE_RANK_IFD;
}

static void read_date(struct reader *reader, const ExifData *data, const struct date_tags *tags,
	enum date_rank rank_max)
{
	ExifIfd ifd, beside;
	const ExifEntry *entry = find_anywhere(data, tags->date, &ifd);
	enum date_rank rank;
	struct stamp stamp;

	if (!entry || !stamp_parse(entry->data, entry->size, &stamp))
		return;
	rank = rank_of(ifd, tags);
	entry = find_anywhere(data, tags->subsec, &beside);
	if (entry)
		stamp_set_subsec(&stamp, entry->data, entry->size);
	entry = find_anywhere(data, tags->utc_offset, &beside);
	if (entry)
		stamp_set_utc_offset(&stamp, entry->data, entry->size);
	dates_offer(&reader->dates, tags->role, rank < rank_max ? rank : rank_max, tags->source,
		&stamp);
}

static void read_camera(struct reader *reader, ExifData *data)
{
	const ExifEntry *make = find_entry(data, EXIF_IFD_0, EXIF_TAG_MAKE);
	const ExifEntry *model = find_entry(data, EXIF_IFD_0, EXIF_TAG_MODEL);
	const ExifEntry *orientation = find_entry(data, EXIF_IFD_0, EXIF_TAG_ORIENTATION);
	bool is_big_endian = exif_data_get_byte_order(data) == EXIF_BYTE_ORDER_MOTOROLA;

	if (make)
		facts_set_make(reader->facts, make->data, make->size);
	if (model)
		facts_set_model(reader->facts, model->data, model->size);
	if (orientation && orientation->size >= 2)
		facts_set_orientation(reader->facts, bytes_u16(orientation->data, is_big_endian));
}

void exif_read_tags(
	struct reader *reader, const uint8_t *block, size_t block_bytes, enum date_rank rank_max)
{
	CLEANUP(mem_unrefp) ExifMem *mem = NULL;
	CLEANUP(data_unrefp) ExifData *data = NULL;

	if (block_bytes > EXIF_BLOCK_BYTES_MAX || !reader_step(reader, EXIF_STEPS))
		return;
	purse_bytes = PURSE_BYTES;
	mem = exif_mem_new(on_alloc, on_realloc, on_free);
	if (!mem)
		return;
	data = exif_data_new_mem(mem);
	if (!data)
		return;
	/* The tags are wanted as they are, also where they break the specification. */
	exif_data_unset_option(data, EXIF_DATA_OPTION_FOLLOW_SPECIFICATION);
	exif_data_unset_option(data, EXIF_DATA_OPTION_IGNORE_UNKNOWN_TAGS);
	exif_data_load_data(data, block, (unsigned)block_bytes);
	for (size_t i = 0; i < sizeof(date_tags) / sizeof(date_tags[0]); i++)
		read_date(reader, data, &date_tags[i], rank_max);
	if (rank_max > DATE_RANK_COPY)
		read_camera(reader, data);
}
