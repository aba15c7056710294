/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_stream.c - films without a table of contents: AVCHD's transport
 * streams, DV, and the MOI files beside MPEG.
 *
 * AVCHD cameras put date and time into the picture stream, as user data of the
 * first frames (MDPM). Sources: ISO/IEC 13818-1, ITU-T H.264 annex D, IEC 61834
 * (DV packs); MDPM and MOI as ExifTool documents them.
 */
#include "core/probe/readers.h"

#define TS_PACKET_BYTES 188
#define TS_SCAN_BYTES (3u << 20)
#define TS_VIDEO_BYTES (1u << 20) /* of the picture's stream: a few frames */
#define MDPM_BYTES_MAX 512
#define MPEG_SCAN_BYTES (64u << 10)
#define DV_BLOCK_BYTES 80
#define DV_HEAD_BLOCKS 6 /* header, two of subcode, three of video data */

struct transport {
	struct reader *reader;
	const uint8_t *bytes;
	size_t size_bytes;
	size_t stride_bytes; /* of packets: 188, or 192 with a time stamp in front */
	uint8_t *video;
	size_t video_bytes;
	int pid; /* of the picture's stream; -1: not seen yet */
};

/* Binary coded decimal; more than 99 if it is none. */
static unsigned bcd(unsigned byte)
{
	if ((byte & 15) > 9 || byte >> 4 > 9)
		return 100;
	return (byte >> 4) * 10 + (byte & 15);
}

static void offer_container_date(struct reader *reader, const struct stamp *stamp)
{
	dates_offer(&reader->dates, DATE_ROLE_ORIGINAL, DATE_RANK_CONTAINER, MEDIA_DATE_CONTAINER,
		stamp);
}

/* Where the payload begins in a packet; 0 if it has none. */
static size_t payload_start(const uint8_t *packet)
{
	size_t start = 4;

	if (packet[0] != 0x47 || (packet[3] & 0x10) == 0)
		return 0;
	if (packet[3] & 0x20)
		start += 1u + packet[4]; /* adaptation field */
	return start < TS_PACKET_BYTES ? start : 0;
}

static bool starts_video(const uint8_t *payload, size_t size_bytes)
{
	return size_bytes >= 4 && payload[0] == 0 && payload[1] == 0 && payload[2] == 1 &&
		(payload[3] & 0xf0) == 0xe0;
}

static void collect_packet(struct transport *ts, const uint8_t *packet)
{
	size_t start = payload_start(packet);
	size_t size_bytes = TS_PACKET_BYTES - start;
	int pid = (packet[1] & 0x1f) << 8 | packet[2];

	if (start == 0)
		return;
	if (ts->pid < 0 && (packet[1] & 0x40) && starts_video(packet + start, size_bytes))
		ts->pid = pid;
	if (pid != ts->pid || size_bytes > TS_VIDEO_BYTES - ts->video_bytes)
		return;
	memcpy(ts->video + ts->video_bytes, packet + start, size_bytes);
	ts->video_bytes += size_bytes;
}

/* The maker's number in an MDPM entry. */
static void set_make(struct reader *reader, unsigned number)
{
	static const struct {
		unsigned number;
		const char *name;
	} makers[] = {{0x103, "Panasonic"}, {0x108, "Sony"}, {0x1011, "Canon"}, {0x1104, "JVC"}};

	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (makers[i].number == number)
			facts_set_make(reader->facts, makers[i].name, strlen(makers[i].name));
}

/* Zone: bit 5 = west, bits 4 to 1 = hours, bit 0 = half an hour more. */
static void set_zone(struct stamp *stamp, unsigned zone)
{
	int minutes = (int)(zone >> 1 & 15) * 60 + (int)(zone & 1) * 30;

	if ((zone & 0x80) == 0)
		stamp_set_utc_offset_minutes(stamp, zone & 0x20 ? -minutes : minutes);
}

/* Entries of a tag and four bytes: 0x18 = zone, century, year, month; 0x19 = day to second. */
static void read_mdpm(struct reader *reader, const uint8_t *entries, size_t size_bytes)
{
	struct stamp_fields f = {0};
	struct stamp stamp;
	char model[13] = {0};
	unsigned zone = 0x80;

	for (size_t i = 1; i + 5 <= size_bytes && i < 1 + 5u * entries[0]; i += 5) {
		const uint8_t *e = entries + i;

		if (e[0] == 0x18) {
			zone = e[1];
			f.year = bcd(e[2]) * 100 + bcd(e[3]);
			f.month = bcd(e[4]);
		} else if (e[0] == 0x19) {
			f.day = bcd(e[1]);
			f.hour = bcd(e[2]);
			f.minute = bcd(e[3]);
			f.second = bcd(e[4]);
		} else if (e[0] == 0xe0) {
			set_make(reader, (unsigned)bytes_be16(e + 1));
		} else if (e[0] >= 0xe4 && e[0] <= 0xe6) { /* four letters each */
			memcpy(model + 4 * (size_t)(e[0] - 0xe4), e + 1, 4);
		}
	}
	if (strcmp(reader->facts->make, "Sony") == 0)
		facts_set_model(reader->facts, model, sizeof(model));
	if (!stamp_from_fields(&f, &stamp))
		return;
	set_zone(&stamp, zone);
	offer_container_date(reader, &stamp);
}

/* In the picture's stream a 3 stands behind every two zeros: it goes. */
static size_t unescape(const uint8_t *bytes, size_t size_bytes, uint8_t out[MDPM_BYTES_MAX])
{
	size_t n = 0, zeros = 0;

	for (size_t i = 0; i < size_bytes && n < MDPM_BYTES_MAX; i++) {
		if (zeros >= 2 && bytes[i] == 3) {
			zeros = 0;
			continue;
		}
		zeros = bytes[i] == 0 ? zeros + 1 : 0;
		out[n++] = bytes[i];
	}
	return n;
}

static void find_mdpm(struct transport *ts)
{
	static const uint8_t mark[20] = {0x17, 0xee, 0x8c, 0x60, 0xf8, 0x4d, 0x11, 0xd9, 0x8c, 0xd6,
		0x08, 0x00, 0x20, 0x0c, 0x9a, 0x66, 'M', 'D', 'P', 'M'};
	const uint8_t *at = memmem(ts->video, ts->video_bytes, mark, sizeof(mark));
	uint8_t entries[MDPM_BYTES_MAX];
	size_t n;

	if (!at)
		return;
	at += sizeof(mark);
	n = unescape(at, ts->video_bytes - (size_t)(at - ts->video), entries);
	if (n > 0)
		read_mdpm(ts->reader, entries, n);
}

static void read_packets(struct transport *ts)
{
	size_t lead_bytes = ts->stride_bytes - TS_PACKET_BYTES;

	for (size_t at = lead_bytes; at + TS_PACKET_BYTES <= ts->size_bytes; at += ts->stride_bytes)
		collect_packet(ts, ts->bytes + at);
	find_mdpm(ts);
}

size_t mpegts_stride(const uint8_t *bytes, size_t size_bytes)
{
	static const size_t strides[] = {192, 188};

	for (size_t i = 0; i < sizeof(strides) / sizeof(strides[0]); i++) {
		size_t at = strides[i] - TS_PACKET_BYTES;

		while (at < size_bytes && bytes[at] == 0x47)
			at += strides[i];
		if (at >= size_bytes && size_bytes > 2 * strides[i])
			return strides[i];
	}
	return 0;
}

void mpegts_read(const struct source *source)
{
	struct source head = source_slice(source, 0, TS_SCAN_BYTES);
	struct transport ts = {.reader = source->reader, .pid = -1};
	struct block scan = {0}, video = {0};

	if (source_load(&head, 0, &scan) && block_new(source->reader, TS_VIDEO_BYTES, &video)) {
		ts.bytes = scan.bytes;
		ts.size_bytes = scan.size_bytes;
		ts.video = video.bytes;
		ts.stride_bytes =
			mpegts_stride(scan.bytes, scan.size_bytes < 1024 ? scan.size_bytes : 1024);
		if (ts.stride_bytes != 0)
			read_packets(&ts);
	}
	block_free(&video);
	block_free(&scan);
}

/* The first sequence header: 12 bits each of width and height. */
void mpeg_read(const struct source *source)
{
	struct source head = source_slice(source, 0, MPEG_SCAN_BYTES);
	struct block block = {0};
	const uint8_t *at;

	if (!source_load(&head, 0, &block))
		return;
	at = memmem(block.bytes, block.size_bytes, "\0\0\1\xb3", 4);
	if (at && (size_t)(at - block.bytes) + 7 <= block.size_bytes)
		facts_set_size(source->reader->facts, (uint32_t)at[4] << 4 | at[5] >> 4,
			(uint32_t)(at[5] & 15) << 8 | at[6]);
	block_free(&block);
}

/* A pack of five bytes: 0x62 = day, month, year; 0x63 right behind it = second, minute, hour. */
static bool parse_dv_packs(const uint8_t *date, const uint8_t *time, struct stamp *ret)
{
	struct stamp_fields f = {
		.day = bcd(date[2] & 0x3f),
		.month = bcd(date[3] & 0x1f),
		.year = bcd(date[4]),
		.second = bcd(time[2] & 0x7f),
		.minute = bcd(time[3] & 0x7f),
		.hour = bcd(time[4] & 0x3f),
	};

	f.year += f.year < 90 ? 2000 : 1900;
	return date[0] == 0x62 && time[0] == 0x63 && stamp_from_fields(&f, ret);
}

/* The first DIF block; the second form begins inside one. */
static size_t find_dv_start(const uint8_t *bytes, size_t size_bytes)
{
	for (size_t i = 0; i + 4 <= size_bytes; i++)
		if (bytes[i] == 0x1f && bytes[i + 1] == 7 && bytes[i + 2] == 0 &&
			(bytes[i + 3] | 0x80) == 0xbf)
			return i;
	return size_bytes;
}

bool dv_is_header(const uint8_t *bytes, size_t size_bytes)
{
	return size_bytes >= 4 && find_dv_start(bytes, 4) == 0;
}

void dv_read(const struct source *source)
{
	uint8_t bytes[DV_BLOCK_BYTES];
	struct stamp stamp;

	if (source_read(source, 0, bytes, 4)) /* 625 or 525 lines */
		facts_set_size(source->reader->facts, 720, bytes[3] & 0x80 ? 576 : 480);
	for (unsigned block = 1; block < DV_HEAD_BLOCKS; block++) {
		if (!source_read(source, (uint64_t)block * DV_BLOCK_BYTES, bytes, sizeof(bytes)))
			return;
		if ((bytes[0] & 0xf0) != 0x50) /* video data only */
			continue;
		for (size_t at = 3; at + 10 <= sizeof(bytes); at += 5)
			if (parse_dv_packs(bytes + at, bytes + at + 5, &stamp))
				offer_container_date(source->reader, &stamp);
	}
}

/* JVC, Panasonic, Canon: date, time and milliseconds at a fixed place. */
void moi_read(const struct source *source)
{
	struct stamp_fields f;
	struct stamp stamp;
	uint8_t bytes[14];

	if (!source_read(source, 0, bytes, sizeof(bytes)))
		return;
	f = (struct stamp_fields){bytes_be16(bytes + 6), bytes[8], bytes[9], bytes[10], bytes[11],
		bytes_be16(bytes + 12) / 1000u};
	if (stamp_from_fields(&f, &stamp))
		offer_container_date(source->reader, &stamp);
}
