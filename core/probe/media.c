/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media.c - finds out what a file is and calls its reader.
 *
 * Names say nothing here: a card's RAW may be called anything, and the caller
 * has only a descriptor. The first bytes decide.
 */
#include "core/probe/media.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/cleanup.h"
#include "core/probe/readers.h"

#define HEAD_BYTES 1024

struct head {
	uint8_t bytes[HEAD_BYTES];
	size_t size_bytes;
};

static bool is_jpeg(const struct head *head)
{
	return head->size_bytes >= 3 && memcmp(head->bytes, "\xff\xd8\xff", 3) == 0;
}

static bool is_tiff(const struct head *head)
{
	return tiff_is_header(head->bytes, head->size_bytes);
}

static bool is_boxes(const struct head *head)
{
	return bmff_is_header(head->bytes, head->size_bytes);
}

/* A packet, or an XML file that may turn out to hold one. */
static bool is_xml(const struct head *head)
{
	size_t at = 0;

	while (at < head->size_bytes && memchr("\xef\xbb\xbf\xff\xfe \t\r\n", head->bytes[at], 10))
		at++;
	return at < head->size_bytes && head->bytes[at] == '<';
}

static const struct {
	bool (*is_own)(const struct head *head);
	void (*read)(const struct source *source);
	const char *type; /* NULL: the reader says it */
} kinds[] = {
	{is_jpeg, jpeg_read, "JPEG"},
	{is_tiff, tiff_read, NULL},
	{is_boxes, bmff_read, NULL},
	{is_xml, xmp_read, NULL},
};

static int compare_previews(const void *a, const void *b)
{
	const struct media_preview *p = a, *q = b;
	uint64_t pp = (uint64_t)p->width_px * p->height_px;
	uint64_t qp = (uint64_t)q->width_px * q->height_px;

	if (pp != qp)
		return pp < qp ? -1 : 1;
	return p->size_bytes < q->size_bytes ? -1 : p->size_bytes > q->size_bytes;
}

static void read_kind(struct reader *reader)
{
	struct source source = source_of_file(reader);
	struct head head;

	head.size_bytes = source_read_some(&source, 0, head.bytes, sizeof(head.bytes));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!kinds[i].is_own(&head))
			continue;
		kinds[i].read(&source);
		if (kinds[i].type)
			facts_set_type(reader->facts, kinds[i].type);
		return;
	}
}

int media_read(const struct media_input *input, struct media_facts *facts)
{
	CLEANUP(freep) struct reader *reader = malloc(sizeof(*reader));

	memset(facts, 0, sizeof(*facts));
	if (!reader)
		return -ENOMEM;
	reader_init(reader, input, facts);
	read_kind(reader);
	dates_choose(&reader->dates, facts);
	qsort(facts->previews, facts->preview_count, sizeof(facts->previews[0]), compare_previews);
	return reader->error;
}
