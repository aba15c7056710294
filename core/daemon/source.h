/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source.h - where cards come from: real devices (source_udev.c), a folder
 * that plays a reader (source_folder.c), or one that files are dropped into (source_drop.c).
 *
 * A source says what is there and what is gone, no more. It first tells of all
 * that was there before, then once that it has; later of what changes.
 */
#ifndef IMGTANK_CORE_DAEMON_SOURCE_H
#define IMGTANK_CORE_DAEMON_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-event.h>

#include "core/drop/look.h"
#include "core/model.h"

struct source; /* opaque; the first member of each kind's own struct is one */

/* What a source knows of a card. Borrowed; raw bytes, not escaped; NULL: not known. */
struct source_card {
	const char *key; /* names the card within its source as long as it is there */
	const char *label;
	const char *slot; /* where it is plugged, for people */
	const char *identity; /* the same when the same card comes back */
	const char *folder; /* its root, if it is mounted already; else ... */
	const char *device; /* ... this is to be mounted */
	const char *fs_type;
	uint64_t size_bytes;
	bool is_supported; /* false: there is a card, but nothing that could be read */
	bool must_ask; /* it may be no card at all: never copied without a yes */
	const char *slot_device; /* what can be told to let it go: eject, or stop a disk */
};

/* Handlers may not free the source. */
struct source_handler {
	/*
	 * False: there is no place for it now, and it is to be told of again by and by. removed()
	 * is called for it all the same when it goes.
	 */
	bool (*inserted)(void *userdata, struct source *source, const struct source_card *card);
	void (*removed)(void *userdata, struct source *source, const char *key);
	void (*ready)(void *userdata, struct source *source); /* all that was there was told */
	void (*said)(void *userdata, const char *text); /* for people; fit to be shown */
};

struct source_ops {
	const char *name;
	void (*free)(struct source *source);
	/* An import of this card has ended; it may be called again. May be NULL. */
	void (*ended)(struct source *source, const char *key, const struct model_card *card);
};

struct source {
	const struct source_ops *ops;
	const struct source_handler *handler; /* borrowed */
	void *userdata;
};

static inline void source_free(struct source *source)
{
	if (source)
		source->ops->free(source);
}

/*
 * A folder as a reader: a sub-folder, or a link to one, is a card. It counts as
 * put in when it is moved there, or when nothing in it has changed for a while; and as
 * pulled when it is gone. Names that begin with a dot are none. The folder is made if only its
 * last part is missing. Begins to tell in the next turn of the loop. -ENOENT, -ENOTDIR ...
 */
int source_folder_new(struct source **ret, sd_event *event, const char *path,
	const struct source_handler *handler, void *userdata);

/*
 * The folder that others put files into. Those that are complete are moved into the folder
 * "PATH.importing" beside it, as cards called "Upload by NAME", and are removed there once
 * all of such a card is in the tank and was read back. The folder may be missing; it is looked for
 * again. options are copied.
 */
int source_drop_new(struct source **ret, sd_event *event, const char *path,
	const struct drop_options *options, const struct source_handler *handler, void *userdata);

/* The machine's card readers, by udev. */
int source_udev_new(
	struct source **ret, sd_event *event, const struct source_handler *handler, void *userdata);

#endif
