/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tree.h - a folder of ours with all that is in it: counted, and removed.
 *
 * No link is followed. depth_max: so many folders may lie in one another, 0: only files.
 */
#ifndef IMGTANK_CORE_BASE_TREE_H
#define IMGTANK_CORE_BASE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* Called for each thing in a folder but "." and ".."; 0 goes on, else it ends with that. */
typedef int (*tree_each_fn)(int dir_fd, const char *name, const struct stat *st, void *userdata);

int tree_for_each(int dir_fd, tree_each_fn each, void *userdata);

struct tree_count {
	uint64_t files_count, bytes_count;
};

/*
 * What makes this folder this folder: it keeps it wherever it is moved on this disk, and a new one
 * of the same name gets another. "": none. A link is followed.
 */
void tree_identity(int dir_fd, const char *name, char *out, size_t out_bytes);

/* Does it belong to this user, and is it writable for nobody else? */
bool tree_is_ours(const struct stat *st);

/* -ESTALE: something in there is neither file nor folder, not ours, or too deep. */
int tree_count(int dir_fd, const char *name, unsigned int depth_max, struct tree_count *ret);

/* Removes name with all that is in it. -ESTALE: too deep; then a part may be gone. */
int tree_remove(int dir_fd, const char *name, unsigned int depth_max);

/*
 * Removes it if there are exactly so many files and bytes in it, all ours. -ESTALE: something else
 * is in there, or could be; then nothing is removed.
 */
int tree_remove_counted(
	int dir_fd, const char *name, unsigned int depth_max, const struct tree_count *expected);

#endif
