/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * group.h - files of one folder that belong together: RAW+JPEG, sidecars, voice memos. Pure.
 *
 * Members share the stem, whatever the case; the tail is what follows it
 * (".JPG", ".CR2.xmp", "M01.XML"). No two members of a group have the same
 * tail (ignoring case): a second one starts a group of its own.
 *
 * Three makers do not keep to one stem, and are understood:
 *   Sony      C0001M01.XML, C0001R01.BIM belong to C0001.MP4
 *   GoPro     GL010123.LRV belongs to GX010123.MP4 or GH010123.MP4
 *   Insta360  VID_20240512_120000_00_001.insv, _10_001 and LRV_..._11_001 are one shot
 */
#ifndef IMGTANK_CORE_NAMING_GROUP_H
#define IMGTANK_CORE_NAMING_GROUP_H

#include <stddef.h>
#include <stdint.h>

/* A longer extension is none: "Dr. Smith's birthday" has no tail. */
#define GROUP_EXTENSION_BYTES_MAX 16

struct group_slot {
	uint32_t group; /* 0, 1, 2 ... in the order of the first member */
	uint16_t tail_offset; /* names[i] + tail_offset is the tail: starts with '.', or "M01.XML";
				 the end of the name if it has none */
};

/*
 * Fills slots[0..count) for the names of one folder, which are sorted with
 * strcmp(), all different and at most 255 bytes long. Stable: the same names give the same groups.
 * O(n log n). -ENOMEM.
 */
int group_folder(const char *const *names, size_t count, struct group_slot *slots);

#endif
