/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * group.c - groups by sorting three times, so that a hostile folder of 50,000
 * names that differ in their case only takes no longer than any other.
 *
 * Names with the same bytes for a stem make a bundle. All bundles of one key
 * (the stem without its case) make one group, as long as no tail would be in it
 * twice; a bundle that does not fit in is a group of its own.
 */
#include "core/naming/group.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/naming/select.h"

struct entry {
	const char *name;
	size_t index;
	uint16_t stem_bytes;
	uint8_t mask_from, mask_to; /* these bytes of the stem do not count in the key */
	uint32_t tail; /* number: the same key and tail give the same one */
	uint32_t rank; /* 0, 1 ... among the entries with the same stem, byte by byte, and tail */
	uint32_t group;
};

/* Does text follow the pattern? '0' any digit, 'x' a letter or digit, else the letter in any case.
 */
static bool matches(const char *text, size_t text_bytes, const char *pattern)
{
	if (text_bytes != strlen(pattern))
		return false;
	for (; *pattern; pattern++, text++) {
		char c = text_lower_char(*text);
		bool is_digit = c >= '0' && c <= '9';

		if (*pattern == '0' || *pattern == 'x') {
			if (!is_digit && (*pattern == '0' || c < 'a' || c > 'z'))
				return false;
		} else if (c != *pattern) {
			return false;
		}
	}
	return true;
}

static bool is_extension(const char *text)
{
	size_t length = strspn(text,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789_-+~");

	return length > 0 && length <= GROUP_EXTENSION_BYTES_MAX && text[length] == '\0';
}

/* The last dot of the first length bytes that has something else than dots before it; or length. */
static size_t find_last_dot(const char *name, size_t length)
{
	size_t lead = strspn(name, ".");

	for (size_t i = length; i > lead; i--)
		if (name[i - 1] == '.' && i - 1 > lead)
			return i - 1;
	return length;
}

/* "IMG_0001.CR2.xmp" hangs on IMG_0001.CR2: the inner extension is part of the tail. */
static size_t skip_inner_extension(const char *name, size_t stem_bytes)
{
	size_t dot = find_last_dot(name, stem_bytes);
	char extension[GROUP_EXTENSION_BYTES_MAX + 2];
	size_t length = stem_bytes - dot;

	if (length == 0 || length >= sizeof(extension))
		return stem_bytes;
	memcpy(extension, name + dot, length);
	extension[length] = '\0';
	switch (file_kind_by_name(extension)) {
	case FILE_KIND_OTHER:
	case FILE_KIND_SIDECAR:
		return stem_bytes;
	default:
		return dot;
	}
}

/* Sony: C0001M01.XML, 853_0001_01R01.BIM, ...I01.PPN. The stem always ends in a digit. */
static size_t skip_sony_suffix(const char *name, size_t stem_bytes)
{
	const char *extension = name + stem_bytes;
	const char *suffix = name + stem_bytes - 3;

	if (stem_bytes < 4 || suffix[-1] < '0' || suffix[-1] > '9')
		return stem_bytes;
	if ((matches(suffix, 3, "m00") && !text_compare_nocase(extension, ".xml")) ||
		(matches(suffix, 3, "r00") && !text_compare_nocase(extension, ".bim")) ||
		(matches(suffix, 3, "i00") && !text_compare_nocase(extension, ".ppn")))
		return stem_bytes - 3;
	return stem_bytes;
}

/* Insta360: VID_date_time_LENS_number; LENS is 00, 10, and 01 or 11 for the small film LRV_... */
static bool match_insta360(struct entry *entry)
{
	const char *extension = entry->name + entry->stem_bytes;

	if (text_compare_nocase(extension, ".insv") && text_compare_nocase(extension, ".lrv"))
		return false;
	if (!matches(entry->name, entry->stem_bytes, "vid_00000000_000000_00_000") &&
		!matches(entry->name, entry->stem_bytes, "lrv_00000000_000000_00_000"))
		return false;
	entry->stem_bytes = sizeof("vid_00000000_000000") - 1;
	entry->mask_from = 0;
	entry->mask_to = 3;
	return true;
}

/* GoPro: GX010123.MP4 (HEVC), GH010123.MP4 (AVC), GS010123.360, GXAA0001.MP4 in a loop. */
static void match_gopro(struct entry *entry)
{
	char c = text_lower_char(entry->name[1]);

	if (!matches(entry->name, entry->stem_bytes, "gxxx0000") || !strchr("xhsl", c))
		return;
	if (c == 'l' && text_compare_nocase(entry->name + entry->stem_bytes, ".lrv"))
		return;
	entry->mask_from = 1;
	entry->mask_to = 2;
}

static void split_name(struct entry *entry)
{
	size_t length = strlen(entry->name);
	size_t dot = find_last_dot(entry->name, length);

	if (dot < length && !is_extension(entry->name + dot + 1))
		dot = length;
	entry->stem_bytes = (uint16_t)dot;
	if (dot == length || match_insta360(entry))
		return;
	dot = skip_inner_extension(entry->name, dot);
	entry->stem_bytes = (uint16_t)skip_sony_suffix(entry->name, dot);
	match_gopro(entry);
}

static int compare_numbers(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static char key_char(const struct entry *entry, size_t i)
{
	if (i >= entry->mask_from && i < entry->mask_to)
		return '/'; /* in no name */
	return text_lower_char(entry->name[i]);
}

static int compare_keys(const struct entry *a, const struct entry *b)
{
	size_t shorter = a->stem_bytes < b->stem_bytes ? a->stem_bytes : b->stem_bytes;

	for (size_t i = 0; i < shorter; i++) {
		int order = (unsigned char)key_char(a, i) - (unsigned char)key_char(b, i);

		if (order)
			return order;
	}
	return compare_numbers(a->stem_bytes, b->stem_bytes);
}

static int compare_tails(const struct entry *a, const struct entry *b)
{
	return text_compare_nocase(a->name + a->stem_bytes, b->name + b->stem_bytes);
}

static int by_tail(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = compare_keys(a, b);

	return order ? order : compare_tails(a, b);
}

/* Same key: the stems have the same length. */
static int compare_stems(const struct entry *a, const struct entry *b)
{
	int order = compare_keys(a, b);

	return order ? order : memcmp(a->name, b->name, a->stem_bytes);
}

static int by_stem(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = compare_stems(a, b);

	if (!order)
		order = compare_numbers(a->tail, b->tail);
	return order ? order : compare_numbers(a->index, b->index);
}

static int by_bundle(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = compare_stems(a, b);

	if (!order)
		order = compare_numbers(a->rank, b->rank);
	return order ? order : compare_numbers(a->index, b->index);
}

static void number_tails(struct entry *entries, size_t count)
{
	qsort(entries, count, sizeof(*entries), by_tail);
	for (size_t i = 1; i < count; i++)
		entries[i].tail =
			entries[i - 1].tail + (by_tail(&entries[i - 1], &entries[i]) != 0 ? 1 : 0);
}

/* "a.JPG" and "a.jpg" in one folder: the second is in the second bundle of stem "a". */
static void rank_in_stems(struct entry *entries, size_t count)
{
	qsort(entries, count, sizeof(*entries), by_stem);
	for (size_t i = 1; i < count; i++)
		if (entries[i].tail == entries[i - 1].tail &&
			!compare_stems(&entries[i - 1], &entries[i]))
			entries[i].rank = entries[i - 1].rank + 1;
}

static size_t bundle_end(const struct entry *entries, size_t count, size_t start)
{
	size_t end = start + 1;

	while (end < count && entries[end].rank == entries[start].rank &&
		!compare_stems(&entries[start], &entries[end]))
		end++;
	return end;
}

static bool fits_in(const struct entry *entries, size_t start, size_t end, const bool *is_taken)
{
	for (size_t i = start; i < end; i++)
		if (is_taken[entries[i].tail])
			return false;
	return true;
}

/* is_taken: by tail number, the tails that the first group of the present key has. */
static void gather_bundles(struct entry *entries, size_t count, bool *is_taken)
{
	uint32_t groups = 0, first_group = 0;

	qsort(entries, count, sizeof(*entries), by_bundle);
	for (size_t start = 0, end; start < count; start = end) {
		bool is_first = start == 0 || compare_keys(&entries[start - 1], &entries[start]);
		bool is_joining;

		end = bundle_end(entries, count, start);
		is_joining = !is_first && fits_in(entries, start, end, is_taken);
		if (!is_joining)
			groups++;
		if (is_first)
			first_group = groups - 1;
		for (size_t i = start; i < end; i++) {
			entries[i].group = is_joining ? first_group : groups - 1;
			is_taken[entries[i].tail] |= is_first || is_joining;
		}
	}
}

static void fill_slots(
	const struct entry *entries, size_t count, uint32_t *renumbered, struct group_slot *slots)
{
	uint32_t next = 0;

	for (size_t i = 0; i < count; i++) {
		slots[entries[i].index].group = entries[i].group;
		slots[entries[i].index].tail_offset = entries[i].stem_bytes;
		renumbered[i] = UINT32_MAX;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t *number = &renumbered[slots[i].group];

		if (*number == UINT32_MAX)
			*number = next++;
		slots[i].group = *number;
	}
}

int group_folder(const char *const *names, size_t count, struct group_slot *slots)
{
	CLEANUP(freep) struct entry *entries = NULL;
	CLEANUP(freep) bool *is_taken = NULL;
	CLEANUP(freep) uint32_t *renumbered = NULL;

	if (count == 0)
		return 0;
	if (count >= UINT32_MAX)
		return -ENOMEM;
	entries = calloc(count, sizeof(*entries));
	is_taken = calloc(count, sizeof(*is_taken));
	renumbered = calloc(count, sizeof(*renumbered));
	if (!entries || !is_taken || !renumbered)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		entries[i].name = names[i];
		entries[i].index = i;
		split_name(&entries[i]);
	}
	number_tails(entries, count);
	rank_in_stems(entries, count);
	gather_bundles(entries, count, is_taken);
	fill_slots(entries, count, renumbered, slots);
	return 0;
}
