/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * group.h - files of one folder that belong together: RAW+JPEG, sidecars, voice memos.
 *
 * Members share the stem, whatever the case; the tail is what follows it
 * (".JPG", ".CR2.xmp", "M01.XML"). No two members of a group have the same
 * tail (ignoring case): a second one starts a group of its own.
 */
#ifndef IMGTANK_CORE_NAMING_GROUP_H
#define IMGTANK_CORE_NAMING_GROUP_H

#include <stddef.h>
#include <stdint.h>

struct group_slot {
	uint32_t group; /* 0, 1, 2 ... in the order of the first member */
	uint16_t tail_offset; /* names[i] + tail_offset is the tail, starting with '.' as a rule */
};

/*
 * Fills slots[0..count) for the names of one folder, which are sorted with
 * strcmp() and all different. O(n log n). -ENOMEM.
 */
int group_folder(const char *const *names, size_t count, struct group_slot *slots);

#endif
