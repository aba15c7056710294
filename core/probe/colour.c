/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * colour.c - Little CMS: from the picture's colour space to sRGB, so that every
 * front end, with colour management or without, shows the same colours.
 */
#include <errno.h>
#include <stdlib.h>

#include <lcms2.h>

#include "core/probe/thumbnail_codec.h"

/* Adobe RGB (1998) Color Image Encoding, 4.3.1: D65, primaries, gamma 2 + 51/256. */
static const cmsCIExyY adobe_white = {0.3127, 0.3290, 1.0};
static const cmsCIExyYTRIPLE adobe_primaries = {
	{0.6400, 0.3300, 1.0}, {0.2100, 0.7100, 1.0}, {0.1500, 0.0600, 1.0}};
#define ADOBE_GAMMA 2.19921875

static cmsHPROFILE srgb, adobe_rgb; /* for the life of the process */

static cmsHPROFILE make_adobe_rgb(void)
{
	cmsToneCurve *gamma = cmsBuildGamma(NULL, ADOBE_GAMMA);
	cmsToneCurve *gammas[3] = {gamma, gamma, gamma};
	cmsHPROFILE profile;

	if (!gamma)
		return NULL;
	profile = cmsCreateRGBProfile(&adobe_white, &adobe_primaries, gammas);
	cmsFreeToneCurve(gamma);
	return profile;
}

void colour_prepare(void)
{
	if (!srgb)
		srgb = cmsCreate_sRGBProfile();
	if (!adobe_rgb)
		adobe_rgb = make_adobe_rgb();
}

/* How Little CMS calls the picture's pixels; 0: a profile of other colours. */
static cmsUInt32Number format_of(const struct picture *picture, cmsHPROFILE profile)
{
	cmsColorSpaceSignature space = cmsGetColorSpace(profile);

	if (picture->pixmap.channels == 1 && space == cmsSigGrayData)
		return TYPE_GRAY_8;
	if (picture->pixmap.channels == 3 && space == cmsSigRgbData)
		return TYPE_RGB_8;
	if (picture->pixmap.channels == 4 && space == cmsSigCmykData)
		return picture->is_inverted ? TYPE_CMYK_8_REV : TYPE_CMYK_8;
	return 0;
}

/* 1 if the profile cannot be used. */
static int transform(struct picture *picture, cmsHPROFILE profile)
{
	struct pixmap *from = &picture->pixmap;
	cmsUInt32Number format = format_of(picture, profile);
	cmsHTRANSFORM change;
	struct pixmap to;
	int r;

	if (!format)
		return 1;
	/* Tables that speed up millions of pixels take ten times as long as so few need. */
	change = cmsCreateTransform(profile, format, srgb, TYPE_RGB_8, INTENT_RELATIVE_COLORIMETRIC,
		cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOOPTIMIZE);
	if (!change)
		return 1;
	r = pixmap_new(from->width_px, from->height_px, 3, &to);
	if (r == 0) {
		cmsDoTransform(change, from->pixels, to.pixels, from->width_px * from->height_px);
		pixmap_finish(from);
		*from = to;
	}
	cmsDeleteTransform(change);
	return r;
}

static int use_icc(struct picture *picture)
{
	cmsHPROFILE profile;
	int r;

	if (!picture->icc || picture->icc_bytes > CODEC_ICC_BYTES_MAX)
		return 1;
	profile = cmsOpenProfileFromMem(picture->icc, (cmsUInt32Number)picture->icc_bytes);
	if (!profile)
		return 1;
	r = transform(picture, profile);
	(void)cmsCloseProfile(profile);
	return r;
}

/* Four inks without a profile: near enough for a thumbnail. */
static void mix_inks(struct picture *picture)
{
	struct pixmap *pixmap = &picture->pixmap;
	size_t count = (size_t)pixmap->width_px * pixmap->height_px;
	const uint8_t *from = pixmap->pixels;
	uint8_t *to = pixmap->pixels;

	for (size_t i = 0; i < count; i++, from += 4) {
		unsigned flip = picture->is_inverted ? 0 : 255;
		unsigned paper = from[3] ^ flip; /* what black lets through */

		for (size_t c = 0; c < 3; c++)
			*to++ = (uint8_t)(((from[c] ^ flip) * paper + 127) / 255);
	}
	pixmap->channels = 3;
}

int colour_to_srgb(struct picture *picture, bool is_adobe_rgb)
{
	int r;

	colour_prepare();
	if (!srgb)
		return -ENOMEM;
	r = use_icc(picture);
	if (r == 1 && is_adobe_rgb && adobe_rgb && picture->pixmap.channels == 3)
		r = transform(picture, adobe_rgb);
	if (r < 0)
		return r;
	if (picture->pixmap.channels == 4)
		mix_inks(picture);
	return 0;
}
