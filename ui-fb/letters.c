/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/letters.h"

#include <stdlib.h>

struct letters {
	PangoContext *context;
	PangoFontDescription *plain, *bold;
};

/* The same everywhere: no hints of a desktop's settings, whole positions on 1-bit screens. */
static void set_options(PangoContext *context, bool is_mono)
{
	cairo_font_options_t *options = cairo_font_options_create();

	cairo_font_options_set_antialias(
		options, is_mono ? CAIRO_ANTIALIAS_NONE : CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(
		options, is_mono ? CAIRO_HINT_STYLE_FULL : CAIRO_HINT_STYLE_SLIGHT);
	cairo_font_options_set_hint_metrics(
		options, is_mono ? CAIRO_HINT_METRICS_ON : CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(context, options);
	pango_context_set_round_glyph_positions(context, is_mono);
	cairo_font_options_destroy(options);
}

struct letters *letters_new(const char *family, bool is_mono)
{
	struct letters *letters = calloc(1, sizeof(*letters));

	if (!letters)
		return NULL;
	letters->context = pango_font_map_create_context(pango_cairo_font_map_get_default());
	set_options(letters->context, is_mono);
	letters->plain = pango_font_description_new();
	pango_font_description_set_family(letters->plain, family);
	letters->bold = pango_font_description_copy(letters->plain);
	pango_font_description_set_weight(letters->bold, PANGO_WEIGHT_BOLD);
	return letters;
}

void letters_free(struct letters *letters)
{
	if (!letters)
		return;
	pango_font_description_free(letters->plain);
	pango_font_description_free(letters->bold);
	g_object_unref(letters->context);
	free(letters);
}

static void set_size(struct letters *letters, PangoLayout *layout, int font_px, bool is_bold)
{
	PangoFontDescription *font = is_bold ? letters->bold : letters->plain;

	pango_font_description_set_absolute_size(font, (double)font_px * PANGO_SCALE);
	pango_layout_set_font_description(layout, font);
}

static PangoAlignment alignment(enum align align)
{
	if (align == ALIGN_CENTRE)
		return PANGO_ALIGN_CENTER;
	return align == ALIGN_RIGHT ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT;
}

static PangoLayout *new_layout(struct letters *letters, const struct widget *widget, int width_px)
{
	PangoLayout *layout = pango_layout_new(letters->context);

	pango_layout_set_text(layout, widget->text, -1);
	pango_layout_set_width(layout, width_px * PANGO_SCALE);
	pango_layout_set_alignment(layout, alignment(widget->align));
	/* a name in Arabic is read from the right, but stands where names stand here */
	pango_layout_set_auto_dir(layout, FALSE);
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	return layout;
}

/* Words that are broken in the middle do not count as fitting, but for names. */
static bool breaks_words(PangoLayout *layout, const struct widget *widget)
{
	const PangoLogAttr *attributes;
	int count;

	attributes = pango_layout_get_log_attrs_readonly(layout, &count);
	for (GSList *line = pango_layout_get_lines_readonly(layout); line; line = line->next) {
		const PangoLayoutLine *one = line->data;
		long at = g_utf8_pointer_to_offset(widget->text, widget->text + one->start_index);

		if (at > 0 && at < count && !attributes[at].is_line_break)
			return true;
	}
	return false;
}

static bool fits(PangoLayout *layout, const struct widget *widget, struct box area)
{
	int width, height;

	pango_layout_get_pixel_size(layout, &width, &height);
	return width <= area.w && height <= area.h &&
		pango_layout_get_line_count(layout) <= widget->lines &&
		(widget->is_name || !breaks_words(layout, widget));
}

static void shorten(PangoLayout *layout, const struct widget *widget, struct box area)
{
	int lines = widget->lines, width, height;

	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	do {
		pango_layout_set_height(layout, -lines);
		pango_layout_get_pixel_size(layout, &width, &height);
	} while (height > area.h && --lines > 0);
}

/* One sign of some font may be wider than a narrow area: what is beside it is not drawn. */
static struct box common_part(struct box a, struct box b)
{
	int left = MAX(a.x, b.x), right = MIN(a.x + a.w, b.x + b.w);
	int top = MAX(a.y, b.y), bottom = MIN(a.y + a.h, b.y + b.h);

	return (struct box){left, top, MAX(0, right - left), MAX(0, bottom - top)};
}

static struct box place(PangoLayout *layout, const struct widget *widget, struct box area)
{
	PangoRectangle logical;
	struct box box;

	pango_layout_get_pixel_extents(layout, NULL, &logical);
	box = (struct box){area.x + logical.x, area.y, logical.width, logical.height};
	if (widget->is_middle)
		box.y += (area.h - logical.height) / 2;
	return common_part(box, area);
}

struct letters_set letters_fit(
	struct letters *letters, const struct widget *widget, struct box area)
{
	int font_px = widget->font_px;
	int min_px = widget->font_min_px ? widget->font_min_px : font_px;
	struct letters_set set = {.layout = new_layout(letters, widget, area.w)};

	for (;; font_px--) {
		set_size(letters, set.layout, font_px, widget->is_bold);
		if (fits(set.layout, widget, area))
			break;
		if (font_px <= min_px) {
			shorten(set.layout, widget, area);
			break;
		}
	}
	set.is_shortened = pango_layout_is_ellipsized(set.layout);
	set.is_broken = breaks_words(set.layout, widget);
	set.box = place(set.layout, widget, area);
	return set;
}
