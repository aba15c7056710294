/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan.c - what is to be copied, group after group, in a file without a name
 * on the tank: a card of any size costs the same memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/engine/run.h"

struct plan {
	FILE *file;
};

/* One record; the path follows. Only this process reads it again. */
struct record {
	uint32_t path_bytes;
	uint32_t name_offset;
	uint16_t tail_offset;
	uint8_t is_last_of_group;
	uint8_t kind;
	int64_t known_id;
	struct ledger_stamp stamp;
};

int plan_new(struct plan **ret, struct tank *tank)
{
	struct tank_temp temp;
	struct plan *plan;
	int r = tank_temp_create(tank, &temp);

	if (r < 0)
		return r;
	plan = calloc(1, sizeof(*plan));
	if (plan)
		plan->file = fdopen(temp.fd, "w+");
	if (!plan || !plan->file) {
		free(plan);
		tank_temp_drop(tank, &temp);
		return -ENOMEM;
	}
	/* Open, but without a name from here on. */
	if (temp.name[0])
		(void)unlinkat(tank->run_fd, temp.name, 0);
	*ret = plan;
	return 0;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	(void)fclose(plan->file); /* goes away with it */
	free(plan);
}

static int stream_error(void)
{
	return errno ? -errno : -EIO;
}

int plan_add(struct plan *plan, const struct item *item)
{
	struct record record = {.path_bytes = (uint32_t)strlen(item->path),
		.name_offset = (uint32_t)item->name_offset,
		.tail_offset = item->tail_offset,
		.is_last_of_group = item->is_last_of_group,
		.kind = (uint8_t)item->kind,
		.known_id = item->known_id,
		.stamp = item->stamp};

	errno = 0;
	if (fwrite(&record, sizeof(record), 1, plan->file) != 1 ||
		fwrite(item->path, 1, record.path_bytes, plan->file) != record.path_bytes)
		return stream_error();
	return 0;
}

int plan_rewind(struct plan *plan)
{
	errno = 0;
	if (fflush(plan->file) != 0 || fseeko(plan->file, 0, SEEK_SET) < 0)
		return stream_error();
	return 0;
}

static struct item *item_from(const struct record *record)
{
	struct item *item = calloc(1, sizeof(*item));

	if (!item)
		return NULL;
	item->temp.fd = -1;
	item->source_fd = -1;
	item->name_offset = record->name_offset;
	item->tail_offset = record->tail_offset;
	item->is_last_of_group = record->is_last_of_group;
	item->kind = (enum file_kind)record->kind;
	item->known_id = record->known_id;
	item->stamp = record->stamp;
	item->path = malloc(record->path_bytes + 1);
	return item;
}

int plan_next(struct plan *plan, struct item **ret)
{
	struct record record;
	struct item *item;

	errno = 0;
	if (fread(&record, sizeof(record), 1, plan->file) != 1)
		return ferror(plan->file) ? stream_error() : 0;
	item = item_from(&record);
	if (!item || !item->path) {
		item_free(item);
		return -ENOMEM;
	}
	if (fread(item->path, 1, record.path_bytes, plan->file) != record.path_bytes) {
		item_free(item);
		return stream_error();
	}
	item->path[record.path_bytes] = '\0';
	item->escaped_path = text_escape_new(item->path);
	if (!item->escaped_path) {
		item_free(item);
		return -ENOMEM;
	}
	*ret = item;
	return 1;
}
