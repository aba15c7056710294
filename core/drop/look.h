/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * look.h - what lies in the drop folder, and of each thing why it may be taken or why not.
 *
 * Others write into that folder while we look: everything in it may be half, hostile, or another
 * thing in the next moment. Nothing is changed here, no link is followed, nothing but a regular
 * file is opened.
 */
#ifndef IMGTANK_CORE_DROP_LOOK_H
#define IMGTANK_CORE_DROP_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/naming/select.h"

#define DROP_FILES_MAX 16384 /* of one look; what is behind waits for the next one */
#define DROP_DEPTH_MAX 8 /* folders in one another */

/* X(symbol, sentence behind "it stays there:") */
#define DROP_REASONS(X)                                                                            \
	X(DROP_RIPE, "it is imported next")                                                        \
	X(DROP_YOUNG, "it has just changed")                                                       \
	X(DROP_OPEN, "it is being written")                                                        \
	X(DROP_FOLDER, "it is a folder")                                                           \
	X(DROP_SYSTEM, "an operating system has made it, no camera")                               \
	X(DROP_UNFINISHED, "its name says that it is not whole")                                   \
	X(DROP_EMPTY, "it is empty")                                                               \
	X(DROP_CUT, "it ends too early")                                                           \
	X(DROP_LINKED, "it has a second name, a hard link")                                        \
	X(DROP_SPECIAL, "it is neither file nor folder")                                           \
	X(DROP_NO_PICTURE, "it is no picture, film or sound")                                      \
	X(DROP_TOO_DEEP, "too many folders lie in one another")                                    \
	X(DROP_CLOSED, "imgtank may not read it, or not see whether it is being written")

#define DROP_REASONS_ENUM(symbol, sentence) symbol,
enum drop_why { DROP_REASONS(DROP_REASONS_ENUM) DROP_REASONS_COUNT };
#undef DROP_REASONS_ENUM

const char *drop_why_text(enum drop_why why);

/* Does it stay there until somebody does something about it? */
bool drop_why_is_lasting(enum drop_why why);

/* What of a file decides, but for its content. */
struct drop_facts {
	const char *path; /* below the folder, raw */
	mode_t mode;
	nlink_t links_count;
	uint64_t size_bytes;
	uint64_t same_usec; /* it has looked the same for so long */
	uint64_t settle_usec; /* and must for so long */
};

/*
 * Pure. DROP_RIPE: as far as can be said without opening it. *must_sniff: whether it is a
 * picture is for its first bytes to say.
 */
enum drop_why drop_judge(const struct drop_facts *facts, enum select_mode select, bool *must_sniff);

struct drop_file {
	char *path; /* owned; below the folder, raw */
	dev_t device;
	ino_t inode;
	uid_t owner;
	uint64_t size_bytes;
	int64_t mtime_ns, ctime_ns;
	uint64_t since_usec; /* it looks like this; CLOCK_MONOTONIC */
	enum drop_why why;
	bool is_checked, is_cut; /* its content was looked at; it ends too early */
	bool is_refused; /* it could not be taken */
	bool is_said; /* that it stays */
	bool has_things; /* of a folder */
};

/*
 * With more than DROP_FILES_MAX things in the folder a list has a part of them, for some looks;
 * then the next part has its turn, so that nobody's heap of things keeps the others' from being
 * seen.
 */
struct drop_list {
	struct drop_file *files; /* owned; sorted by path */
	size_t count;
	bool is_part;
	long start, next; /* of this part and the next one, as telldir(3) says it */
	uint64_t since_usec; /* this part's turn; CLOCK_MONOTONIC */
};

void drop_list_free(struct drop_list *list); /* what is in it; accepts an empty one */

struct drop_file *drop_list_find(const struct drop_list *list, const char *path);

struct drop_options {
	enum select_mode select;
	uint64_t settle_usec;
};

/*
 * Looks at everything in the folder. before: what the last look has found, or NULL; it is
 * emptied. -ENOMEM, or the errno of the folder itself.
 */
int drop_look(int dir_fd, const struct drop_options *options, uint64_t now_usec,
	struct drop_list *before, struct drop_list *ret);

/*
 * Does nobody have the file open for writing? 0; -EAGAIN: somebody has; -EACCES: this process may
 * not ask, for want of CAP_LEASE; -EINVAL: this file system cannot say.
 */
int drop_ask_writers(int fd);

/* Is it still the file of the list, as it was? st: of the file now. */
struct stat;
bool drop_is_same(const struct drop_file *file, const struct stat *st);

#endif
