/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * thumbnail.c - which of the pictures in a file to decode, and what becomes of it.
 *
 * Candidates are the previews and the picture itself, in the order of what they
 * cost; the first one that can be decoded wins.
 */
#include "core/probe/thumbnail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/probe/thumbnail_codec.h"

#define HEAD_BYTES 64
#define CANDIDATES_MAX (2 * MEDIA_PREVIEWS_MAX + 1)
/* So small a picture is decoded itself: a preview may be from before it was edited. */
#define SMALL_PIXELS 2000000u
/* Of the shape: sensors have a few rows and columns that are not shown. */
#define SHAPE_TOLERANCE_PERCENT 3

/* What a candidate is good for, best first. */
enum rank {
	RANK_SMALL_PICTURE,
	RANK_PREVIEW, /* large enough, of the picture's shape */
	RANK_BARRED_PREVIEW, /* of another shape: only if black bars make up for it */
	RANK_PICTURE,
	RANK_ODD_PREVIEW, /* of another shape, as it is */
	RANK_TINY_PREVIEW,
};

struct candidate {
	enum rank rank;
	int (*decode)(const struct codec_wish *wish, struct picture *ret);
	uint64_t offset, size_bytes;
	uint32_t width_px, height_px; /* 0: not known */
	bool is_preview;
};

struct plan {
	const struct thumbnail_request *request;
	struct candidate picture; /* decode NULL: only previews can be decoded */
	uint32_t width_px, height_px; /* of the picture as it is stored; 0: not known */
	uint32_t side_px; /* of the thumbnail: never larger than the picture */
	size_t count;
	struct candidate candidates[CANDIDATES_MAX];
};

ssize_t wish_read(const struct codec_wish *wish, uint64_t at, void *buffer, size_t size_bytes)
{
	const struct media_input *input = wish->request->input;

	if (at >= wish->size_bytes)
		return 0;
	if (size_bytes > wish->size_bytes - at)
		size_bytes = (size_t)(wish->size_bytes - at);
	return input->read_at(input->userdata, buffer, size_bytes, wish->offset + at);
}

void picture_finish(struct picture *picture)
{
	pixmap_finish(&picture->pixmap);
	free(picture->icc);
	*picture = (struct picture){0};
}

void thumbnail_prepare(void)
{
	colour_prepare();
	heif_prepare();
}

bool thumbnail_has_threads(void)
{
	return heif_has_threads();
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint64_t pixels_of(const struct candidate *candidate)
{
	return (uint64_t)candidate->width_px * candidate->height_px;
}

static struct codec_wish wish_for(const struct plan *plan, const struct candidate *candidate)
{
	return (struct codec_wish){.request = plan->request,
		.offset = candidate->offset,
		.size_bytes = candidate->size_bytes,
		.side_px = plan->side_px};
}

/* A reason to look at the next candidate, and no fault of the file's medium. */
static bool is_refusal(int r)
{
	return r == -EBADMSG || r == -EFBIG || r == -ENOMEM || r == -ENOSPC;
}

/* The picture itself: which codec it needs, by its first bytes. */
static int look_at_picture(struct plan *plan)
{
	const struct media_input *input = plan->request->input;
	struct candidate *picture = &plan->picture;
	struct codec_wish wish;
	uint8_t head[HEAD_BYTES] = {0};
	ssize_t n = input->read_at(input->userdata, head, sizeof(head), 0);
	int r;

	if (n < 0)
		return (int)n;
	picture->size_bytes = input->size_bytes;
	picture->rank = RANK_PICTURE;
	plan->width_px = plan->request->facts->width_px;
	plan->height_px = plan->request->facts->height_px;
	if (n >= 3 && memcmp(head, "\xff\xd8\xff", 3) == 0) {
		wish = wish_for(plan, picture);
		r = jpeg_measure(&wish, &plan->width_px, &plan->height_px);
		if (r < 0 && !is_refusal(r))
			return r;
		picture->decode = r == 0 ? jpeg_decode : NULL;
	} else if (png_is_header(head, (size_t)n)) {
		picture->decode = png_decode;
	} else if (heif_is_header(head, (size_t)n)) {
		picture->decode = heif_decode;
	}
	picture->width_px = plan->width_px;
	picture->height_px = plan->height_px;
	if (picture->decode == jpeg_decode && pixels_of(picture) <= SMALL_PIXELS)
		picture->rank = RANK_SMALL_PICTURE;
	return 0;
}

/* Where the picture lies in a preview of another shape; false: nowhere in particular. */
static bool find_content(
	const struct plan *plan, uint32_t width_px, uint32_t height_px, struct area *ret)
{
	uint64_t across = (uint64_t)width_px * plan->height_px;
	uint64_t down = (uint64_t)height_px * plan->width_px;

	*ret = (struct area){.width_px = width_px, .height_px = height_px};
	if (across == 0 || down == 0)
		return false;
	if (across < down) { /* too high: bars above and below */
		ret->height_px = (uint32_t)(across / plan->width_px);
		ret->y = (height_px - ret->height_px) / 2;
	} else {
		ret->width_px = (uint32_t)(down / plan->height_px);
		ret->x = (width_px - ret->width_px) / 2;
	}
	return ret->width_px > 0 && ret->height_px > 0;
}

static bool has_shape(const struct plan *plan, uint32_t width_px, uint32_t height_px)
{
	uint64_t across = (uint64_t)width_px * plan->height_px;
	uint64_t down = (uint64_t)height_px * plan->width_px;
	uint64_t off = across > down ? across - down : down - across;
	/* A pixel more or less is much for a preview of 160 x 107. */
	uint64_t pixel = larger(plan->width_px, plan->height_px) * UINT64_C(3) / 2;

	if (across == 0 || down == 0)
		return true;
	return off <= pixel ||
		off * 100 <= (across > down ? across : down) * SHAPE_TOLERANCE_PERCENT;
}

/* Some cameras turn their previews upright, but not the picture. */
static bool is_turned(const struct plan *plan, uint32_t width_px, uint32_t height_px)
{
	return plan->request->facts->orientation >= 5 && !has_shape(plan, width_px, height_px) &&
		has_shape(plan, height_px, width_px);
}

static bool is_known(const struct plan *plan)
{
	return plan->width_px > 0 && plan->height_px > 0;
}

static void add(struct plan *plan, struct candidate candidate, enum rank rank)
{
	candidate.rank = rank;
	plan->candidates[plan->count++] = candidate;
}

static void add_preview(struct plan *plan, const struct media_preview *preview)
{
	struct candidate candidate = {.decode = jpeg_decode,
		.offset = preview->offset,
		.size_bytes = preview->size_bytes,
		.width_px = preview->width_px,
		.height_px = preview->height_px,
		.is_preview = true};
	uint32_t width_px = preview->width_px, height_px = preview->height_px;

	if (larger(width_px, height_px) < plan->side_px) {
		add(plan, candidate, RANK_TINY_PREVIEW);
	} else if (!is_known(plan) || has_shape(plan, width_px, height_px) ||
		is_turned(plan, width_px, height_px)) {
		add(plan, candidate, RANK_PREVIEW);
	} else {
		add(plan, candidate, RANK_BARRED_PREVIEW);
		add(plan, candidate, RANK_ODD_PREVIEW);
	}
}

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *p = a, *q = b;
	uint64_t pp = pixels_of(p), qp = pixels_of(q);

	if (p->rank != q->rank)
		return p->rank < q->rank ? -1 : 1;
	if (pp == qp)
		return p->offset < q->offset ? -1 : p->offset > q->offset;
	return (pp < qp) == (p->rank != RANK_TINY_PREVIEW) ? -1 : 1;
}

static int make_plan(const struct thumbnail_request *request, struct plan *plan)
{
	const struct media_facts *facts = request->facts;
	int r;

	*plan = (struct plan){.request = request, .side_px = request->side_px};
	r = look_at_picture(plan);
	if (r < 0)
		return r;
	if (is_known(plan) && larger(plan->width_px, plan->height_px) < plan->side_px)
		plan->side_px = larger(plan->width_px, plan->height_px);
	if (plan->picture.decode)
		add(plan, plan->picture, plan->picture.rank);
	for (uint32_t i = 0; i < facts->preview_count && i < MEDIA_PREVIEWS_MAX; i++)
		add_preview(plan, &facts->previews[i]);
	qsort(plan->candidates, plan->count, sizeof(plan->candidates[0]), compare_candidates);
	return 0;
}

/* Bars go; what was to be decoded only because of its bars must have some. */
static int crop_bars(const struct plan *plan, enum rank rank, struct pixmap *pixmap)
{
	struct area content;

	if (!is_known(plan) || has_shape(plan, pixmap->width_px, pixmap->height_px))
		return 0;
	if (find_content(plan, pixmap->width_px, pixmap->height_px, &content) &&
		pixmap_is_dark_outside(pixmap, &content))
		pixmap_crop(pixmap, &content);
	else if (rank == RANK_BARRED_PREVIEW)
		return -EBADMSG;
	return 0;
}

/* So large that what is left between the bars still has the wanted size. */
static uint32_t side_with_bars(const struct plan *plan, const struct candidate *candidate)
{
	uint32_t frame_px = larger(candidate->width_px, candidate->height_px);
	struct area content;
	uint32_t content_px;

	if (candidate->rank != RANK_BARRED_PREVIEW ||
		!find_content(plan, candidate->width_px, candidate->height_px, &content))
		return plan->side_px;
	content_px = larger(content.width_px, content.height_px);
	return (uint32_t)(((uint64_t)plan->side_px * frame_px + content_px - 1) / content_px);
}

static int finish_picture(
	const struct plan *plan, const struct candidate *candidate, struct picture *picture)
{
	uint32_t orientation = plan->request->facts->orientation;
	struct pixmap *pixmap = &picture->pixmap;
	int r = 0;

	if (candidate->is_preview && is_turned(plan, pixmap->width_px, pixmap->height_px))
		picture->is_upright = true;
	else if (candidate->is_preview)
		r = crop_bars(plan, candidate->rank, pixmap);
	if (r == 0)
		r = pixmap_shrink(pixmap, plan->side_px);
	if (r == 0)
		r = colour_to_srgb(picture, plan->request->facts->is_adobe_rgb);
	if (r == 0 && !picture->is_upright)
		r = pixmap_orient(pixmap, orientation);
	return r;
}

static int encode(const struct pixmap *pixmap, struct thumbnail *thumbnail)
{
	static const int qualities[] = {85, 70, 50, 25};
	int r = -ENOSPC;

	for (size_t i = 0; r == -ENOSPC && i < sizeof(qualities) / sizeof(qualities[0]); i++)
		r = jpeg_encode(pixmap, qualities[i], thumbnail->jpeg, thumbnail->capacity_bytes,
			&thumbnail->size_bytes);
	if (r < 0)
		return r;
	thumbnail->width_px = pixmap->width_px;
	thumbnail->height_px = pixmap->height_px;
	return 0;
}

static int try_candidate(
	const struct plan *plan, const struct candidate *candidate, struct thumbnail *thumbnail)
{
	struct codec_wish wish = wish_for(plan, candidate);
	struct picture picture;
	int r;

	wish.side_px = side_with_bars(plan, candidate);
	r = candidate->decode(&wish, &picture);
	if (r == 0)
		r = finish_picture(plan, candidate, &picture);
	if (r == 0)
		r = encode(&picture.pixmap, thumbnail);
	thumbnail->is_embedded = candidate->is_preview || picture.is_embedded;
	picture_finish(&picture);
	return r;
}

int thumbnail_make(const struct thumbnail_request *request, struct thumbnail *thumbnail)
{
	struct plan plan;
	int r;

	thumbnail->size_bytes = 0;
	thumbnail->width_px = 0;
	thumbnail->height_px = 0;
	r = make_plan(request, &plan);
	for (size_t i = 0; r == 0 && i < plan.count; i++) {
		r = try_candidate(&plan, &plan.candidates[i], thumbnail);
		if (r == 0)
			return 0;
		if (is_refusal(r))
			r = 0;
	}
	thumbnail->size_bytes = 0;
	return r == -ETIME ? 0 : r;
}
