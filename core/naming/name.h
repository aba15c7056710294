/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * name.h - what a file is called in the tank. Pure.
 *
 *   unique    20240512/pimg_0001.jpg      number never reused in the tank's life, tail lower-case
 *   keep      20240512/IMG_1234.JPG       the camera's own name; a clash gets _2, _3 ...
 *   template  %Y/%Y-%m-%d/{camera}_{stem}_{seq:04}.{ext}
 *
 * All are relative to the tank's images/ folder; a file without any date is
 * filed under "undated". A name that is made here is
 * valid UTF-8, has no control character, none of < > : " | ? * \ (Samba, exFAT),
 * no leading '-' or '.', no trailing dot or space, is no device name of
 * Windows, and is at most NAME_PART_BYTES_MAX long per part: bad characters become '_',
 * long stems are cut at a whole character; the tail stays as far as it is sane.
 *
 * The members of a group (group.h) get equal stems (as equal as they are on
 * the card) and different tails for the same date, sequence and attempt: they never clash
 * with each other.
 */
#ifndef IMGTANK_CORE_NAMING_NAME_H
#define IMGTANK_CORE_NAMING_NAME_H

#include <stddef.h>
#include <stdint.h>

#define NAME_PART_BYTES_MAX 200 /* room for "_12" and ".jpg" of a thumbnail within 255 */
#define NAME_STEM_BYTES_MAX 150 /* so that every tail and suffix fits behind it */
#define NAME_TAIL_BYTES_MAX 32
#define NAME_PATH_BYTES_MAX 1024
#define NAME_TEMPLATE_BYTES_MAX 256

enum naming { NAMING_UNIQUE, NAMING_KEEP, NAMING_TEMPLATE };

struct name_template; /* opaque: a parsed template */

/*
 * Placeholders: strftime's %Y %y %m %d %H %M %S %j of the capture time (zeros
 * without one), and {camera} {make} {model} {card} ("unknown" if nobody says;
 * spaces become '-'), {stem}, {seq}, {seq:0N} (at least N digits) and {ext} (the
 * last extension, lower-case). "{{", "}}" and "%%" stand for themselves.
 *
 * Must give a relative path without "." or ".." parts and end in ".{ext}" or
 * "{tail}". Both mean the same there: all that follows the stem, lower-case (".jpg",
 * ".cr2.xmp", "m01.xml"), since nothing less tells the files of a group apart.
 *
 * -EINVAL with a sentence and the position in why (valid UTF-8, no control characters).
 */
int name_template_parse(struct name_template **ret, const char *text, char *why, size_t why_bytes);
void name_template_free(struct name_template *template); /* accepts NULL */
/* True if {seq} is in it: then a number is drawn for each group. */
int name_template_uses_sequence(const struct name_template *template);

struct name_input {
	enum naming naming;
	const struct name_template *template; /* for NAMING_TEMPLATE */
	const char *prefix; /* for NAMING_UNIQUE: "pimg_" */
	const char *name; /* raw file name on the card */
	size_t tail_offset; /* from group_folder() */
	const char *time; /* capture_date.time */
	const char *make, *model; /* escaped, "" if unknown */
	const char *card_label; /* escaped, "" if unknown */
	uint64_t sequence; /* for NAMING_UNIQUE and {seq} */
	uint32_t attempt; /* 0; 1, 2 ... after a clash: suffix _2, _3 ... */
};

/* Path below images/. -ENAMETOOLONG if it does not fit into path_bytes (NAME_PATH_BYTES_MAX is
 * enough for all but deep templates). attempt > 0 with NAMING_UNIQUE: -EINVAL (draw a new number).
 */
int name_build(const struct name_input *input, char *path, size_t path_bytes);

/* "unique", "keep", "template". -EINVAL. */
int naming_parse(const char *text, enum naming *ret);
const char *naming_name(enum naming naming);

#endif
