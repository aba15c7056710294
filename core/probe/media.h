/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media.h - what a picture or film says of itself.
 *
 * Everything behind this header parses hostile bytes and runs in the probe
 * process (probe_main.c), which has no rights. The readers find the EXIF, TIFF,
 * XMP or moov block in a container; libexif reads EXIF tags. A reader only sees a media_input:
 * it never opens, never seeks, never allocates by a number from the file
 * without a bound from this header.
 */
#ifndef IMGTANK_CORE_PROBE_MEDIA_H
#define IMGTANK_CORE_PROBE_MEDIA_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bounds that hold for every reader. */
#define MEDIA_BLOCK_BYTES_MAX (16u << 20) /* one metadata block held in memory */
#define MEDIA_PREVIEWS_MAX 8
#define MEDIA_TIME_BYTES 20 /* "YYYY-MM-DDTHH:MM:SS" */
#define MEDIA_OFFSET_BYTES 7 /* "+HH:MM" */
#define MEDIA_SUBSEC_BYTES 10 /* digits only */
#define MEDIA_TYPE_BYTES 12 /* "JPEG", "CR2", "HEIC" */
#define MEDIA_NAME_BYTES 64 /* make and model, escaped as in text.h */

/* The file, by position. Returns the bytes read (0 at or behind the end) or a negative errno. */
struct media_input {
	ssize_t (*read_at)(void *userdata, void *buffer, size_t size_bytes, uint64_t offset);
	void *userdata;
	uint64_t size_bytes;
};

/* Where the capture time was found, best first. Names: media_date_source_name(). */
enum media_date_source {
	MEDIA_DATE_NONE,
	MEDIA_DATE_EXIF_ORIGINAL, /* DateTimeOriginal */
	MEDIA_DATE_EXIF_DIGITIZED, /* CreateDate / DateTimeDigitized */
	MEDIA_DATE_EXIF_MODIFIED, /* IFD0 DateTime, when there is nothing better */
	MEDIA_DATE_XMP,
	MEDIA_DATE_CONTAINER, /* local time by a container: RIFF, H.264 MDPM, CIFF, ... */
	MEDIA_DATE_QUICKTIME_UTC, /* mvhd creation time: UTC by the standard */
	MEDIA_DATE_SOURCES_COUNT
};

struct media_preview {
	uint64_t offset; /* of a JPEG stream inside the file */
	uint32_t size_bytes;
	uint32_t width_px, height_px; /* 0: not known before decoding */
};

/* Plain data, no pointers: it crosses the probe's socket as it is. */
struct media_facts {
	char type[MEDIA_TYPE_BYTES]; /* "" = not a kind we know */
	char capture_time[MEDIA_TIME_BYTES]; /* "" = none; the camera's local time, or see
						date_source */
	char local_time[MEDIA_TIME_BYTES]; /* local time beside a UTC capture_time, or "" */
	char utc_offset[MEDIA_OFFSET_BYTES]; /* of local_time if that is set, else of capture_time
					      */
	char subsec[MEDIA_SUBSEC_BYTES];
	char make[MEDIA_NAME_BYTES];
	char model[MEDIA_NAME_BYTES];
	uint32_t date_source; /* enum media_date_source */
	uint32_t orientation; /* EXIF 1 to 8; 0 = not said */
	uint32_t is_adobe_rgb; /* 1: EXIF says what pixels without a profile mean; 0: sRGB */
	uint32_t width_px, height_px;
	uint32_t preview_count;
	struct media_preview previews[MEDIA_PREVIEWS_MAX]; /* embedded JPEGs, smallest first */
};

/*
 * Fills facts as far as the file allows; what is not found stays empty.
 * 0 also for a file of no known kind. A negative errno only if reading failed
 * (-EIO ...) or memory ran out: facts then holds what was found until there.
 */
int media_read(const struct media_input *input, struct media_facts *facts);

/* "exif-original", "exif-digitized", "exif-modified", "xmp", "container", "quicktime-utc", "none".
 */
const char *media_date_source_name(enum media_date_source source);

#endif
