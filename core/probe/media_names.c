/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media_names.c - the words of media.h, apart from the readers: the caller's
 * side must not be linked with anything that parses.
 */
#include "core/probe/media.h"

static const char *const source_names[MEDIA_DATE_SOURCES_COUNT] = {
	[MEDIA_DATE_NONE] = "none",
	[MEDIA_DATE_EXIF_ORIGINAL] = "exif-original",
	[MEDIA_DATE_EXIF_DIGITIZED] = "exif-digitized",
	[MEDIA_DATE_EXIF_MODIFIED] = "exif-modified",
	[MEDIA_DATE_XMP] = "xmp",
	[MEDIA_DATE_CONTAINER] = "container",
	[MEDIA_DATE_QUICKTIME_UTC] = "quicktime-utc",
};

const char *media_date_source_name(enum media_date_source source)
{
	if ((unsigned)source >= MEDIA_DATE_SOURCES_COUNT)
		source = MEDIA_DATE_NONE;
	return source_names[source];
}
