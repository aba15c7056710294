/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe.h - asks the probe process about a file (the caller's side).
 *
 * A struct probe is one child process without rights: no file system, no
 * network, bounded memory and time; files reach it as descriptors. If it
 * crashes, hangs or grows, that question fails, and the next one starts a new
 * child. One struct probe belongs to one thread at a time; several probes run
 * side by side.
 */
#ifndef IMGTANK_CORE_PROBE_PROBE_H
#define IMGTANK_CORE_PROBE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/probe/media.h"

#define PROBE_THUMBNAIL_BYTES_MAX (1u << 20)
#define PROBE_THUMBNAIL_SIDE_MAX_PX 2048

struct probe; /* opaque; owns the child and its socket */

struct probe_options {
	const char *program; /* path of imgtank-probe, borrowed for good; NULL = find it */
	uint32_t deadline_ms; /* per question; 0 = 1000. In the background: of CPU time */
	uint32_t memory_bytes; /* of the child; 0 = 64 MiB */
	bool is_background; /* lowest CPU and I/O priority: for thumbnails */
	uint32_t thumbnail_side_px; /* long edge; 0 = 256 */
};

struct probe_thumbnail {
	uint32_t width_px, height_px;
	uint32_t size_bytes; /* 0 = none */
	char source[12]; /* "decoded", "embedded" */
	uint8_t jpeg[PROBE_THUMBNAIL_BYTES_MAX];
};

/* Starts no child yet. -ENOMEM; -ENOENT if the program cannot be found; -EINVAL: side too long. */
int probe_new(struct probe **ret, const struct probe_options *options);
void probe_free(struct probe *probe); /* accepts NULL; ends the child */

/*
 * What does the file behind fd say of itself? fd stays the caller's; it is
 * read by position only, and neither its position nor its flags can be changed
 * by the child. It must be opened O_RDONLY (else -EBADF: the right to write would
 * go to the child with it) and a regular file (else -EINVAL).
 * Expected errors: -ETIMEDOUT (deadline), -EBADMSG (the child crashed, or what it
 * said cannot be), -ENOMEM (it ran into its bound), -EIO (the file could not be
 * read); -ENOENT, -EACCES ...: the program cannot be executed; -ECHILD: it starts,
 * but does not get ready. After a failed start none is tried for a while, and the
 * error comes back at once. facts is empty after an error.
 */
int probe_read_facts(struct probe *probe, int fd, struct media_facts *facts);

/* The same, and a thumbnail with the orientation applied. No thumbnail is not an error. */
int probe_read_thumbnail(
	struct probe *probe, int fd, struct media_facts *facts, struct probe_thumbnail *thumbnail);

/* The same as enum sandbox_part (core/base/sandbox.h), or-ed. */
int probe_sandbox_parts(struct probe *probe, uint32_t *parts);

/* What holds the child back on this kernel: "seccomp landlock rlimits", for `imgtank probe
 * --sandbox`. */
int probe_describe_sandbox(struct probe *probe, char *text, size_t size_bytes);

#endif
