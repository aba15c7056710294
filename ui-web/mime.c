/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/mime.h"

#include <stddef.h>

#include "core/base/text.h"

#define RAW(ending)                                                                                \
	{                                                                                          \
		ending, "application/octet-stream", "raw", false                                   \
	}

/* SVG and HTML are not here: they could carry scripts. */
static const struct mime table[] = {
	{".jpg", "image/jpeg", "image", true},
	{".jpeg", "image/jpeg", "image", true},
	{".png", "image/png", "image", true},
	{".gif", "image/gif", "image", true},
	{".webp", "image/webp", "image", true},
	{".avif", "image/avif", "image", true},
	{".bmp", "image/bmp", "image", true},
	{".heic", "image/heic", "image", false},
	{".heif", "image/heif", "image", false},
	{".hif", "image/heif", "image", false},
	{".jxl", "image/jxl", "image", false},
	{".tif", "image/tiff", "image", false},
	{".tiff", "image/tiff", "image", false},
	{".mp4", "video/mp4", "video", true},
	{".m4v", "video/mp4", "video", true},
	{".mov", "video/quicktime", "video", true},
	{".webm", "video/webm", "video", true},
	{".mkv", "video/x-matroska", "video", false},
	{".avi", "video/x-msvideo", "video", false},
	{".mts", "video/mp2t", "video", false},
	{".m2ts", "video/mp2t", "video", false},
	{".mxf", "application/mxf", "video", false},
	{".wav", "audio/wav", "audio", true},
	{".mp3", "audio/mpeg", "audio", true},
	{".m4a", "audio/mp4", "audio", true},
	{".aac", "audio/aac", "audio", true},
	RAW(".3fr"),
	RAW(".arw"),
	RAW(".cr2"),
	RAW(".cr3"),
	RAW(".crw"),
	RAW(".dcr"),
	RAW(".dng"),
	RAW(".erf"),
	RAW(".fff"),
	RAW(".gpr"),
	RAW(".iiq"),
	RAW(".k25"),
	RAW(".kdc"),
	RAW(".mef"),
	RAW(".mos"),
	RAW(".mrw"),
	RAW(".nef"),
	RAW(".nrw"),
	RAW(".orf"),
	RAW(".ori"),
	RAW(".pef"),
	RAW(".raf"),
	RAW(".raw"),
	RAW(".rw2"),
	RAW(".rwl"),
	RAW(".sr2"),
	RAW(".srf"),
	RAW(".srw"),
	RAW(".x3f"),
};

static const struct mime other = {"", "application/octet-stream", "other", false};

const struct mime *mime_find(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (text_ends_with_nocase(name, table[i].ending))
			return &table[i];
	return &other;
}
