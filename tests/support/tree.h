/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tree.h - a folder of its own for each test, gone afterwards.
 */
#ifndef IMGTANK_TESTS_SUPPORT_TREE_H
#define IMGTANK_TESTS_SUPPORT_TREE_H

#include <stddef.h>

/* Makes a new folder and keeps its path; fails the test if that cannot be done. */
struct tree {
	char path[256];
};

void tree_make(struct tree *tree);
void tree_remove(struct tree *tree);

/* Writes a file below the tree; its folders are made. */
void tree_write(const struct tree *tree, const char *name, const void *bytes, size_t size_bytes);

#endif
