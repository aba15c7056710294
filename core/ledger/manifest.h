/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * manifest.h - a plain list of what each import put into the tank.
 *
 * One text file an import below TANK/.imgtank/manifests/ (several on exFAT), only
 * ever appended to. It is what a lost ledger is made from again, and can be read with any
 * editor. First line: "imgtank-manifest 1". Then a line a file, fields divided
 * by tabs, text in the escaped form of text.h:
 *
 *   hash  size  tank-mtime-ns  tank-path  sequence  capture-time  date-source  guess
 *   make  model  stem  card  source-path  source-mtime-ns  source-ctime-ns  source-btime-ns
 *   check
 *
 * check is XXH3-64 over the line before it: a line that the power cut short is
 * recognised and passed over.
 */
#ifndef IMGTANK_CORE_LEDGER_MANIFEST_H
#define IMGTANK_CORE_LEDGER_MANIFEST_H

#include "core/ledger/ledger.h"

struct manifest; /* opaque; owns its descriptor */

struct manifest_entry {
	struct ledger_file file; /* id, state and import_id are not kept */
	struct ledger_stamp stamp; /* of the source */
	char card[512];
	char source_path[LEDGER_PATH_BYTES_MAX];
};

/*
 * Makes NAME.txt below dir_fd with the first entry, not before. name is copied. -ENOMEM.
 *
 * block_bytes: 0, or what a file grows by where growing is a danger to what is in it already
 * (tank.h). Then what is on the disk never gets another block: NAME-2.txt is begun, and so on.
 */
int manifest_new(struct manifest **ret, int dir_fd, const char *name, uint64_t block_bytes);

/* Hands one line to the kernel; durable with the next barrier. */
int manifest_append(struct manifest *manifest, const struct manifest_entry *entry);
/* There was a barrier: what was appended before is on the disk. */
void manifest_settled(struct manifest *manifest);
void manifest_free(struct manifest *manifest); /* accepts NULL */

typedef int (*manifest_entry_fn)(const struct manifest_entry *entry, void *userdata);

/*
 * Calls fn for each whole line of one manifest; a negative result ends it and
 * is returned. *bad_lines counts what was passed over. -EBADMSG if it is none.
 */
int manifest_read(
	int dir_fd, const char *name, manifest_entry_fn fn, void *userdata, uint32_t *bad_lines);

/* "d41d8cd98f00b204e9800998ecf8427e" and back. -EINVAL. */
void ledger_hash_to_text(const uint8_t hash[LEDGER_HASH_BYTES], char text[33]);
int ledger_hash_from_text(const char *text, uint8_t hash[LEDGER_HASH_BYTES]);

#endif
