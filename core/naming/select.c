/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * select.c - three questions in a row: left by an operating system? known by its
 * extension? in a camera's folder? What is still open is decided by content.
 */
#include "core/naming/select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EXTENSION_BYTES_MAX 8

/* Each table is sorted: they are searched by halves. */
static const char *const picture_extensions[] = {"apng", "avci", "avif", "avifs", "bmp", "dib",
	"dpx", "exr", "gif", "hdp", "hdr", "heic", "heics", "heif", "heifs", "hif", "insp", "j2k",
	"jfif", "jif", "jp2", "jpc", "jpe", "jpeg", "jpf", "jpg", "jps", "jpx", "jxl", "jxr", "mpo",
	"pbm", "pgm", "png", "pnm", "pns", "ppm", "psb", "psd", "qoi", "tga", "tif", "tiff", "wdp",
	"webp"};

static const char *const raw_extensions[] = {"3fr", "ari", "arq", "arw", "bay", "bmq", "cap", "cr2",
	"cr3", "crw", "cs1", "dc2", "dcr", "dcs", "dng", "drf", "dxo", "eip", "erf", "fff", "fit",
	"fits", "fts", "gpr", "ia", "iiq", "k25", "kc2", "kdc", "lfp", "lfr", "mdc", "mef", "mfw",
	"mos", "mrw", "nef", "nefx", "nrw", "orf", "ori", "ory", "pef", "ptx", "pxn", "qtk", "raf",
	"raw", "rdc", "rw1", "rw2", "rwl", "rwz", "sr2", "srf", "srw", "sti", "x3f", "x3i", "xisf"};

static const char *const film_extensions[] = {"264", "265", "360", "3g2", "3gp", "3gp2", "3gpp",
	"amv", "arx", "asf", "avi", "braw", "cine", "crm", "csq", "dav", "dif", "divx", "dv", "f4v",
	"flv", "h264", "h265", "hevc", "insv", "m1v", "m2p", "m2t", "m2ts", "m2v", "m4v", "mjpeg",
	"mjpg", "mkv", "mod", "mov", "mp4", "mpe", "mpeg", "mpg", "mpv", "mts", "mxf", "nev", "ogv",
	"qt", "r3d", "seq", "ser", "tod", "ts", "vob", "webm", "wmv", "y4m", "zraw"};

static const char *const sound_extensions[] = {"3ga", "aac", "aif", "aifc", "aiff", "amr", "awb",
	"bwf", "caf", "ds2", "dsf", "dss", "dvf", "flac", "m4a", "mmf", "mp3", "msv", "oga", "ogg",
	"opus", "qcp", "rf64", "w64", "wav", "wave", "wma"};

static const char *const sidecar_extensions[] = {"aae", "acr", "arp", "bdm", "bim", "cos", "cpf",
	"cpi", "ctg", "dop", "dr4", "gis", "glv", "gpx", "lrf", "lrv", "mgi", "mie", "moi", "mpl",
	"mpls", "mrk", "nks", "nksc", "nmea", "on1", "pgi", "pp3", "ppn", "rmd", "srt", "tdt",
	"thm", "tid", "vrd", "vtt", "xml", "xmp"};

static const struct {
	const char *const *names;
	size_t count;
	enum file_kind kind;
} extensions[] = {
	{picture_extensions, COUNT(picture_extensions), FILE_KIND_PICTURE},
	{raw_extensions, COUNT(raw_extensions), FILE_KIND_RAW},
	{film_extensions, COUNT(film_extensions), FILE_KIND_FILM},
	{sound_extensions, COUNT(sound_extensions), FILE_KIND_SOUND},
	{sidecar_extensions, COUNT(sidecar_extensions), FILE_KIND_SIDECAR},
};

/* Folders of macOS, Windows, Android, Linux desktops and disk stations. */
static const char *const dropping_folders[] = {
	"#recycle",
	"$RECYCLE.BIN",
	".DocumentRevisions-V100",
	".Spotlight-V100",
	".TemporaryItems",
	".Trash",
	".Trashes",
	".fseventsd",
	".thumbnails",
	"@eaDir",
	"Network Trash Folder",
	"System Volume Information",
	"Temporary Items",
};

static const char *const dropping_files[] = {
	".DS_Store",
	".VolumeIcon.icns",
	".apdisk",
	".com.apple.timemachine.donotpresent",
	".directory",
	".hidden",
	".localized",
	".metadata_never_index",
	".nomedia",
	"Icon\r",
	"Thumbs.db",
	"WPSettings.dat",
	"desktop.ini",
	"ehthumbs.db",
	"ehthumbs_vista.db",
};

/* At any depth: a card's tree may have been moved into a folder of its own. */
static const char *const camera_folders[] = {
	"AVCHD", /* Sony, Panasonic, Canon, JVC */
	"AVF_INFO", /* Sony's picture database */
	"BDMV",
	"BPAV", /* Sony XDCAM EX */
	"CANONMSC",
	"DCIM", /* every still camera: DCF */
	"M4ROOT", /* Sony XAVC S */
	"MGR_INFO", /* JVC */
	"MP_ROOT", /* Sony, older films */
	"MSSONY",
	"PANA_EXT",
	"PANA_GRP",
	"PRIVATE",
	"SD_VIDEO", /* JVC, Panasonic MOD */
	"SD_VOICE",
	"SONYCARD",
	"XDROOT", /* Sony XDCAM */
	"XFVC", /* Canon XF */
	"XROOT",
};

/* "Contents" alone is also what every program bundle of macOS has. */
static const char *const contents_folders[] = {"AUDIO", "CLIP", "ICON", "PROXY", "VIDEO", "VOICE"};

static int compare_extension(const void *a, const void *b)
{
	return strcmp((const char *)a, *(const char *const *)b);
}

enum file_kind file_kind_by_name(const char *name)
{
	const char *dot = strrchr(name, '.');
	char extension[EXTENSION_BYTES_MAX];

	if (!dot || strlen(dot + 1) >= sizeof(extension))
		return FILE_KIND_OTHER;
	memcpy(extension, dot + 1, strlen(dot + 1) + 1);
	text_lower_ascii(extension);
	for (size_t i = 0; i < COUNT(extensions); i++)
		if (bsearch(extension, extensions[i].names, extensions[i].count,
			    sizeof(extensions[i].names[0]), compare_extension))
			return extensions[i].kind;
	return FILE_KIND_OTHER;
}

static bool is_in(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!text_compare_nocase(name, list[i]))
			return true;
	return false;
}

bool select_is_dropping_folder(const char *name)
{
	/* ".Trash-1000": freedesktop.org's trash of the user with that number */
	return is_in(name, dropping_folders, COUNT(dropping_folders)) ||
		text_starts_with_nocase(name, ".Trash-");
}

static bool is_dropping_file(const char *name)
{
	/* "._NAME": what macOS keeps beside NAME on foreign file systems (AppleDouble) */
	return is_in(name, dropping_files, COUNT(dropping_files)) || !strncmp(name, "._", 2);
}

/* "100CANON", "101MSDCF", "100_FUJI": DCF's 100 to 999 and five characters of A-Z, 0-9, _. */
static bool is_dcf_folder(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	/* The fourth is a letter or '_', else every 20240512 were a camera's folder. */
	return digits == 3 && name[0] != '0' && strlen(name) == 8 &&
		strspn(name + 3,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
			"abcdefghijklmnopqrstuvwxyz") == 5;
}

static bool is_contents_folder(const char *name)
{
	return is_in(name, contents_folders, COUNT(contents_folders)) || /* Panasonic P2 */
		text_starts_with_nocase(name, "CLIPS"); /* Canon XF: CLIPS001 */
}

/* What is known of the folders on the way from the card's root to the file. */
struct walk {
	size_t depth;
	bool is_camera, is_dropping;
	bool is_behind_contents, is_behind_misc;
};

static void enter_folder(struct walk *walk, const char *name)
{
	if (select_is_dropping_folder(name))
		walk->is_dropping = true;
	if (is_in(name, camera_folders, COUNT(camera_folders)) || is_dcf_folder(name))
		walk->is_camera = true;
	if (walk->is_behind_contents && is_contents_folder(name))
		walk->is_camera = true;
	/*
	 * DJI and GoPro keep thumbnails and logs in folders of /MISC; what lies
	 * in it loose is print orders and version notes of no camera in particular.
	 */
	if (walk->is_behind_misc)
		walk->is_camera = true;
	walk->is_behind_contents = !text_compare_nocase(name, "CONTENTS");
	walk->is_behind_misc = walk->depth == 0 && !text_compare_nocase(name, "MISC");
	walk->depth++;
}

static const char *walk_folders(struct walk *walk, const char *path)
{
	const char *slash;

	while ((slash = strchr(path, '/'))) {
		char name[256]; /* NAME_MAX; a longer one is no name that is known here */
		size_t length = (size_t)(slash - path);

		if (length < sizeof(name)) {
			memcpy(name, path, length);
			name[length] = '\0';
			enter_folder(walk, name);
		}
		path = slash + 1;
	}
	return path;
}

enum select_answer select_by_path(enum select_mode mode, const char *path)
{
	struct walk walk = {0};
	const char *name = walk_folders(&walk, path);

	if (walk.is_dropping || is_dropping_file(name) || select_is_dropping_folder(name))
		return SELECT_DROPPING;
	if (mode == SELECT_EVERYTHING || walk.is_camera ||
		file_kind_by_name(name) != FILE_KIND_OTHER)
		return SELECT_TAKE;
	return SELECT_SNIFF;
}

/* Bytes that all files of a kind have in one place. */
struct magic {
	uint8_t offset, length;
	const char *bytes;
};

#define MAGIC(offset, bytes)                                                                       \
	{                                                                                          \
		offset, sizeof(bytes) - 1, bytes                                                   \
	}

static const struct magic magics[] = {
	MAGIC(0, "\xff\xd8\xff"), /* JPEG, MPO */
	MAGIC(0, "\x89PNG\r\n\x1a\n"), MAGIC(0, "GIF8"),
	MAGIC(0, "II*\0"), /* TIFF: DNG CR2 NEF ARW PEF SRW 3FR IIQ ... */
	MAGIC(0, "MM\0*"), MAGIC(0, "II+\0"), /* BigTIFF */
	MAGIC(0, "MM\0+"), MAGIC(0, "IIRO"), /* ORF */
	MAGIC(0, "IIRS"), MAGIC(0, "MMOR"), MAGIC(0, "IIU\0"), /* RW2 */
	MAGIC(0, "II\xbc\x01"), /* JPEG XR */
	MAGIC(0, "II\x1a\0\0\0HEAP"), /* CRW */
	MAGIC(0, "FUJIFILMCCD-RAW"), MAGIC(0, "FOVb"), /* X3F */
	MAGIC(0, "\0MRM"), /* MRW */
	MAGIC(0, "ARRI"), MAGIC(0, "\x89LFP\r\n\x1a\n"), MAGIC(0, "SIMPLE  ="), /* FITS */
	MAGIC(0, "8BPS"), MAGIC(0, "\x76\x2f\x31\x01"), /* OpenEXR */
	MAGIC(0, "SDPX"), MAGIC(0, "XPDS"), MAGIC(0, "#?RADIANCE"),
	MAGIC(0, "\0\0\0\x0cJXL \r\n\x87\n"), MAGIC(0, "\xff\x0a"), /* JPEG XL without a box */
	MAGIC(0, "\0\0\0\x0cjP  \r\n\x87\n"),
	MAGIC(0, "\xff\x4f\xff\x51"), /* JPEG 2000 without a box */
	MAGIC(4, "ftyp"), /* HEIF AVIF CR3 MP4 MOV 3GP */
	MAGIC(4, "moov"), /* QuickTime before there was ftyp, or after a repair */
	MAGIC(4, "mdat"), MAGIC(4, "wide"), MAGIC(4, "pnot"), MAGIC(4, "RED1"), /* R3D */
	MAGIC(4, "RED2"), MAGIC(8, "AVI "), MAGIC(8, "WEBP"), MAGIC(8, "WAVE"), MAGIC(8, "AIFF"),
	MAGIC(8, "AIFC"), MAGIC(0, "\x1a\x45\xdf\xa3"), /* Matroska, WebM */
	MAGIC(0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"), /* ASF, WMV */
	MAGIC(0, "FLV\x01"), MAGIC(0, "OggS"), MAGIC(0, "fLaC"), MAGIC(0, "caff"),
	MAGIC(0, "#!AMR"),
	MAGIC(0,
		"\x02"
		"dss"),
	MAGIC(0, "\0\0\x01\xba"), /* MPEG program stream: MOD, VOB */
	MAGIC(0, "\0\0\x01\xb3"), /* MPEG video */
	MAGIC(0, "\0\0\0\x01\x67"), /* H.264: sequence parameters first */
	MAGIC(0, "\0\0\0\x01\x27"),
	MAGIC(0, "\0\0\0\x01\x40\x01"), /* H.265: video parameters first */
	MAGIC(0, "\x1f\x07\0"), /* DV */
	MAGIC(0, "\x06\x0e\x2b\x34\x02\x05\x01\x01"), /* MXF */
};

static bool has_magic(const uint8_t *head, size_t size_bytes, const struct magic *magic)
{
	return (size_t)magic->offset + magic->length <= size_bytes &&
		!memcmp(head + magic->offset, magic->bytes, magic->length);
}

/* "BM" alone begins too many texts: the reserved words are zero and the header's size is one of
 * those that exist. */
static bool is_bmp(const uint8_t *head, size_t size_bytes)
{
	static const uint8_t header_sizes[] = {12, 40, 52, 56, 64, 108, 124};

	if (size_bytes < 18 || memcmp(head, "BM", 2) || memcmp(head + 6, "\0\0\0\0", 4))
		return false;
	return memchr(header_sizes, head[14], sizeof(header_sizes)) &&
		!memcmp(head + 15, "\0\0\0", 3);
}

/* A packet that starts the programme table (ISO 13818-1, 2.4.3 and 2.4.4.3): what a TS begins with.
 */
static bool is_transport_stream(const uint8_t *head, size_t size_bytes)
{
	return size_bytes >= 7 && head[0] == 0x47 && (head[1] & 0x5f) == 0x40 && head[2] == 0 &&
		(head[3] & 0xd0) == 0x10 && ((head[3] & 0x20) || (head[4] == 0 && head[5] == 0));
}

bool select_by_content(const uint8_t *head, size_t size_bytes)
{
	for (size_t i = 0; i < COUNT(magics); i++)
		if (has_magic(head, size_bytes, &magics[i]))
			return true;
	if (is_bmp(head, size_bytes) || is_transport_stream(head, size_bytes))
		return true;
	/* MTS, M2TS: four bytes of time before each packet */
	return size_bytes > 4 && is_transport_stream(head + 4, size_bytes - 4);
}

const char *select_answer_name(enum select_answer answer)
{
	static const char *const names[] = {
		[SELECT_TAKE] = "take",
		[SELECT_SNIFF] = "sniff",
		[SELECT_OTHER_FILE] = "not-a-picture",
		[SELECT_DROPPING] = "system",
	};

	return (size_t)answer < COUNT(names) ? names[answer] : "";
}

static const char *const mode_names[] = {
	[SELECT_IMAGES] = "images",
	[SELECT_EVERYTHING] = "everything",
};

int select_mode_parse(const char *text, enum select_mode *ret)
{
	for (size_t i = 0; i < COUNT(mode_names); i++) {
		if (!strcmp(text, mode_names[i])) {
			*ret = (enum select_mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *select_mode_name(enum select_mode mode)
{
	return (size_t)mode < COUNT(mode_names) ? mode_names[mode] : "";
}
