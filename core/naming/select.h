/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * select.h - which files of a card are copied. Pure: decides by path and first bytes alone.
 *
 * "images" takes every picture, RAW, film, sound and sidecar that a camera
 * writes, anywhere on the card; inside camera folders (DCIM, PRIVATE, AVCHD,
 * 100GOPRO ...) also files of a kind nobody knows yet. "everything" takes all
 * but the droppings of operating systems. What is left out has a reason.
 *
 * What a file-system check has rescued (FOUND.000, LOST.DIR, lost+found) is no
 * dropping: there may be pictures in it, and their first bytes tell.
 */
#ifndef IMGTANK_CORE_NAMING_SELECT_H
#define IMGTANK_CORE_NAMING_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum select_mode { SELECT_IMAGES, SELECT_EVERYTHING };

enum file_kind {
	FILE_KIND_OTHER,
	FILE_KIND_PICTURE,
	FILE_KIND_RAW,
	FILE_KIND_FILM,
	FILE_KIND_SOUND,
	FILE_KIND_SIDECAR, /* XMP, AAE, THM, LRV, LRF, SRT, XML ... */
};

enum select_answer {
	SELECT_TAKE,
	SELECT_SNIFF, /* not by its name: read SELECT_SNIFF_BYTES and ask select_by_content() */
	SELECT_OTHER_FILE, /* left out: not a picture, film or sidecar */
	SELECT_DROPPING, /* left out: made by an operating system, not by a camera */
};

#define SELECT_SNIFF_BYTES 64

/*
 * path is relative to the card's root, raw bytes, parts divided by '/'. Never
 * SELECT_OTHER_FILE: that is what the caller makes of a SELECT_SNIFF whose
 * content says no.
 */
enum select_answer select_by_path(enum select_mode mode, const char *path);

/* Does the start of a file look like a picture, RAW, film or sound recording? size_bytes may be
 * less than SELECT_SNIFF_BYTES for a small file. */
bool select_by_content(const uint8_t *head, size_t size_bytes);

/* A folder that holds only droppings ("System Volume Information"): not entered. */
bool select_is_dropping_folder(const char *name);

/* By the extension alone, in any case. */
enum file_kind file_kind_by_name(const char *name);

/* "take", "sniff", "not-a-picture", "system": the last two for the event's reason field. */
const char *select_answer_name(enum select_answer answer);

/* "images", "everything". -EINVAL. */
int select_mode_parse(const char *text, enum select_mode *ret);
const char *select_mode_name(enum select_mode mode);

#endif
