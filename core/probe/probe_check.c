/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/probe/probe_check.h"

#include <string.h>

#include "core/base/text.h"
#include "core/probe/probe.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* In pattern, 0 stands for any digit. */
static bool looks_like(const char *text, const char *pattern)
{
	for (; *pattern; text++, pattern++)
		if (*pattern == '0' ? !is_digit(*text) : *text != *pattern)
			return false;
	return *text == '\0';
}

static unsigned two_digits(const char *text)
{
	return (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
}

static bool is_ended(const char *text, size_t size_bytes)
{
	return memchr(text, '\0', size_bytes) != NULL;
}

static bool is_day(unsigned year, unsigned month, unsigned day)
{
	static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month >= 1 && month <= 12 && day >= 1 &&
		day <= days[month - 1] + (is_leap && month == 2 ? 1u : 0u);
}

static bool is_time(const char time[MEDIA_TIME_BYTES])
{
	if (!is_ended(time, MEDIA_TIME_BYTES))
		return false;
	if (!*time)
		return true;
	return looks_like(time, "0000-00-00T00:00:00") &&
		is_day(two_digits(time) * 100 + two_digits(time + 2), two_digits(time + 5),
			two_digits(time + 8)) &&
		two_digits(time + 11) < 24 && two_digits(time + 14) < 60 &&
		two_digits(time + 17) < 60;
}

static bool is_utc_offset(const char offset[MEDIA_OFFSET_BYTES])
{
	if (!is_ended(offset, MEDIA_OFFSET_BYTES))
		return false;
	if (!*offset)
		return true;
	return (*offset == '+' || *offset == '-') && looks_like(offset + 1, "00:00") &&
		two_digits(offset + 1) < 24 && two_digits(offset + 4) < 60;
}

static bool is_number(const char digits[MEDIA_SUBSEC_BYTES])
{
	return is_ended(digits, MEDIA_SUBSEC_BYTES) &&
		strspn(digits, "0123456789") == strlen(digits);
}

static bool is_type(const char type[MEDIA_TYPE_BYTES])
{
	return is_ended(type, MEDIA_TYPE_BYTES) &&
		strspn(type, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == strlen(type);
}

/* Exactly what text_escape() makes of some bytes. */
static bool is_escaped(const char name[MEDIA_NAME_BYTES])
{
	char raw[MEDIA_NAME_BYTES], again[TEXT_ESCAPED_BYTES(MEDIA_NAME_BYTES)];

	return is_ended(name, MEDIA_NAME_BYTES) && text_unescape(name, raw, sizeof(raw)) == 0 &&
		text_escape(raw, again, sizeof(again)) && strcmp(again, name) == 0;
}

static bool are_previews_inside(const struct media_facts *facts, uint64_t size_bytes)
{
	if (facts->preview_count > MEDIA_PREVIEWS_MAX)
		return false;
	for (uint32_t i = 0; i < facts->preview_count; i++) {
		const struct media_preview *preview = &facts->previews[i];

		if (preview->offset > size_bytes ||
			preview->size_bytes > size_bytes - preview->offset)
			return false;
	}
	return true;
}

bool probe_facts_are_sane(const struct media_facts *facts, uint64_t size_bytes)
{
	return is_type(facts->type) && is_time(facts->capture_time) && is_time(facts->local_time) &&
		is_utc_offset(facts->utc_offset) && is_number(facts->subsec) &&
		is_escaped(facts->make) && is_escaped(facts->model) &&
		facts->date_source < MEDIA_DATE_SOURCES_COUNT && facts->orientation <= 8 &&
		facts->is_adobe_rgb <= 1 && are_previews_inside(facts, size_bytes);
}

static bool is_thumbnail_sane(
	const struct probe_answer *answer, const struct probe_question *question)
{
	if (answer->size_bytes == 0)
		return answer->width_px == 0 && answer->height_px == 0 &&
			answer->source == PROBE_SOURCE_NONE;
	return question->wish == PROBE_WISH_THUMBNAIL && answer->error == 0 &&
		answer->size_bytes <= PROBE_THUMBNAIL_BYTES_MAX && answer->width_px >= 1 &&
		answer->width_px <= question->side_px && answer->height_px >= 1 &&
		answer->height_px <= question->side_px && answer->source > PROBE_SOURCE_NONE &&
		answer->source < PROBE_SOURCES_COUNT;
}

bool probe_answer_is_sane(const struct probe_answer *answer, const struct probe_question *question)
{
	return answer->serial == question->serial && answer->error <= 0 &&
		probe_facts_are_sane(&answer->facts, question->size_bytes) &&
		is_thumbnail_sane(answer, question);
}

/* JPEG as thumbnails have it: ITU T.81, B.1. Sizes stand in the frame header (SOF0). */
bool probe_jpeg_is_sane(
	const uint8_t *jpeg, size_t size_bytes, uint32_t width_px, uint32_t height_px)
{
	size_t at = 2;

	if (size_bytes < 4 || memcmp(jpeg, "\xff\xd8", 2) != 0 ||
		memcmp(jpeg + size_bytes - 2, "\xff\xd9", 2) != 0)
		return false;
	while (size_bytes - at >= 11 && jpeg[at] == 0xff && jpeg[at + 1] != 0xda) {
		const uint8_t *segment = jpeg + at;
		size_t segment_bytes = (size_t)(segment[2] << 8 | segment[3]) + 2;

		if (segment[1] == 0xc0)
			return (uint32_t)(segment[5] << 8 | segment[6]) == height_px &&
				(uint32_t)(segment[7] << 8 | segment[8]) == width_px;
		if (segment_bytes > size_bytes - at)
			return false;
		at += segment_bytes;
	}
	return false;
}
