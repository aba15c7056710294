/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe_check.h - is what the probe says possible at all? Pure.
 *
 * Whoever took over the probe may answer anything. Whatever passes here is
 * still only a claim, but it is text that can be shown, dates of the calendar,
 * and sizes within their bounds.
 */
#ifndef IMGTANK_CORE_PROBE_PROBE_CHECK_H
#define IMGTANK_CORE_PROBE_PROBE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/probe/probe_wire.h"

/* Of a file with size_bytes. */
bool probe_facts_are_sane(const struct media_facts *facts, uint64_t size_bytes);

/* The whole answer to this question, but for the bytes of the thumbnail. */
bool probe_answer_is_sane(const struct probe_answer *answer, const struct probe_question *question);

/* A JPEG stream from its first marker to its last, of exactly this size. */
bool probe_jpeg_is_sane(
	const uint8_t *jpeg, size_t size_bytes, uint32_t width_px, uint32_t height_px);

#endif
