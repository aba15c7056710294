/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe_wire.h - the messages between the caller and imgtank-probe.
 *
 * Both are of one build and on one machine, so a message is the struct itself,
 * one message a packet (SOCK_SEQPACKET). In order:
 *
 *   caller: setup            probe: hello, once it is in its sandbox
 *   caller: question + file  probe: answer [+ the first bytes of the thumbnail]
 *                                   [more bytes of the thumbnail ...]
 *
 * The probe trusts the caller. The caller trusts nothing: from the first file on
 * the probe may be in the hands of whoever wrote that file.
 */
#ifndef IMGTANK_CORE_PROBE_PROBE_WIRE_H
#define IMGTANK_CORE_PROBE_PROBE_WIRE_H

#include <stdint.h>

#include "core/probe/media.h"

#define PROBE_SOCKET_FD 3 /* of the child */
#define PROBE_VERSION 2u /* of what stands in this header */
#define PROBE_CHUNK_BYTES (64u << 10) /* of a thumbnail in one packet: fits any socket buffer */

/* The child's last word when malloc() failed inside a library that could not go on. */
#define PROBE_EXIT_NO_MEMORY 75

struct probe_setup {
	uint32_t version;
	uint32_t is_background;
	uint64_t memory_bytes;
	uint32_t cpu_seconds;
	uint32_t reserved;
};

struct probe_hello {
	uint32_t version;
	uint32_t sandbox_parts; /* enum sandbox_part, in force */
	uint32_t sandbox_failed; /* the part that failed, or 0 */
	int32_t error; /* 0 = ready, else a negative errno and the child ends */
};

enum probe_wish {
	PROBE_WISH_FACTS,
	PROBE_WISH_THUMBNAIL, /* facts as well */
};

/* The descriptor of the file comes along with it. */
struct probe_question {
	uint32_t serial; /* the answer bears the same */
	uint32_t wish; /* enum probe_wish */
	uint64_t size_bytes; /* of the file */
	uint32_t side_px;
	uint32_t deadline_ms; /* a thumbnail that would take longer is given up */
};

enum probe_source {
	PROBE_SOURCE_NONE,
	PROBE_SOURCE_DECODED,
	PROBE_SOURCE_EMBEDDED,
	PROBE_SOURCES_COUNT
};

struct probe_answer {
	uint32_t serial;
	int32_t error; /* 0 or a negative errno: facts are then all zero */
	struct media_facts facts;
	uint32_t width_px, height_px;
	uint32_t size_bytes; /* of the thumbnail, behind this struct; 0 = none */
	uint32_t source; /* enum probe_source */
};

#endif
