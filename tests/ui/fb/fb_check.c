/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fb_check.c - what test_screens.py asks about scenes and pictures:
 *
 *   fb_check scenes STATE.json...       every size, dialog and kind of screen: nothing
 *                                       is cut off, too small, or on top of another
 *   fb_check compare A.png B.png        alike, but for how fonts are rendered
 *   fb_check turned A.png B.png DEG     B is A turned clockwise, to the pixel
 */
#include <cairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/client/model.h"
#include "ui-fb/draw.h"
#include "ui-fb/screen.h"

#define BLOCK_PX 8
#define MEAN_MOST 1.5 /* of 255, over the picture */
#define BLOCK_MOST 72.0 /* in the worst block */

static unsigned int problems;

static const struct layout_options sizes[] = {
	{.width_px = 128, .height_px = 64, .is_mono = true},
	{.width_px = 240, .height_px = 240},
	{.width_px = 240, .height_px = 240, .has_touch = true, .width_mm = 28, .height_mm = 28},
	{.width_px = 320, .height_px = 240, .has_touch = true, .width_mm = 57, .height_mm = 43},
	{.width_px = 240, .height_px = 320, .has_touch = true, .width_mm = 43, .height_mm = 57},
	{.width_px = 480, .height_px = 320, .has_touch = true, .width_mm = 73, .height_mm = 49},
	{.width_px = 320, .height_px = 480, .has_touch = true, .width_mm = 49, .height_mm = 73},
	{.width_px = 800, .height_px = 480, .has_touch = true, .width_mm = 154, .height_mm = 86},
	{.width_px = 480, .height_px = 800, .has_touch = true, .width_mm = 86, .height_mm = 154},
	{.width_px = 800, .height_px = 480},
	{.width_px = 1280, .height_px = 720, .has_touch = true, .width_mm = 155, .height_mm = 87},
	{.width_px = 720, .height_px = 1280, .has_touch = true, .width_mm = 87, .height_mm = 155},
	{.width_px = 1280, .height_px = 720, .has_touch = true},
};

#define SIZES_COUNT (sizeof(sizes) / sizeof(sizes[0]))

struct looked {
	const char *state;
	const struct layout_options *options;
	enum dialog dialog;
	struct letters *letters;
};

static void say(const struct looked *at, const char *what, const struct widget *widget)
{
	problems++;
	(void)printf("%s %dx%d dialog %d: %s: \"%s\" (%d, %d, %d x %d)\n", at->state,
		at->options->width_px, at->options->height_px, (int)at->dialog, what, widget->text,
		widget->box.x, widget->box.y, widget->box.w, widget->box.h);
}

static bool is_inside(const struct box *inner, const struct box *outer)
{
	return inner->x >= outer->x && inner->y >= outer->y &&
		inner->x + inner->w <= outer->x + outer->w &&
		inner->y + inner->h <= outer->y + outer->h;
}

static bool overlap(const struct box *a, const struct box *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static void check_words(const struct looked *at, const struct widget *widget)
{
	struct box area = widget->kind == WIDGET_BUTTON ? button_words(widget) : widget->box;
	struct letters_set set;

	if (!*widget->text)
		return;
	set = letters_fit(at->letters, widget, area);
	if (set.is_shortened && !widget->is_name)
		say(at, "our own words are shortened", widget);
	if (set.is_broken && !widget->is_name)
		say(at, "our own words are broken", widget);
	if (!is_inside(&set.box, &area))
		say(at, "letters stand out of their box", widget);
	g_object_unref(set.layout);
}

static void check_touch(const struct looked *at, const struct widget *widget)
{
	const struct layout_options *options = at->options;
	double width_mm, height_mm;

	if (widget->action.kind == ACTION_NONE || !options->width_mm)
		return;
	width_mm = (double)widget->touch.w * options->width_mm / options->width_px;
	height_mm = (double)widget->touch.h * options->height_mm / options->height_px;
	/* words that lead to more words are as high as they are: missing them does no harm */
	if (widget->action.kind == ACTION_OPEN_DETAIL)
		return;
	if (width_mm < LAYOUT_TOUCH_MM - 0.05 || height_mm < LAYOUT_TOUCH_MM - 0.05)
		say(at, "too small for a finger", widget);
}

static bool holds_words(const struct widget *widget)
{
	return (widget->kind == WIDGET_TEXT && *widget->text) || widget->kind == WIDGET_BUTTON ||
		widget->kind == WIDGET_BAR;
}

/* Words, buttons and bars of one layer have their places to themselves. */
static void check_overlap(const struct looked *at, const struct scene *scene, size_t i)
{
	const struct widget *a = &scene->widgets[i];

	for (size_t j = i + 1; j < scene->widgets_count; j++) {
		const struct widget *b = &scene->widgets[j];

		if (b->kind == WIDGET_VEIL)
			return;
		if (holds_words(a) && holds_words(b) && overlap(&a->box, &b->box))
			say(at, "lies over another", a);
	}
}

/* What happened, what is safe, what to do: all of it there, or a touch away. */
static void check_detail(
	const struct looked *at, const struct scene *scene, const struct tank_model *model)
{
	const char *detail = model->cards_count ? model->cards[0].detail : model->tank.detail;
	bool is_shown = false;

	if (!at->options->has_touch || at->dialog != DIALOG_NONE || model->cards_count > 1)
		return;
	for (size_t i = 0; i < scene->widgets_count; i++)
		is_shown = is_shown || !strcmp(scene->widgets[i].text, detail) ||
			scene->widgets[i].action.kind == ACTION_OPEN_DETAIL;
	/* waiting for a card, the clock and free space say more than "Put in a card." */
	if (!is_shown && (model->cards_count || model->tank.state != TANK_IDLE))
		say(at, "the detail is missing", &scene->widgets[0]);
}

static void check_scene(const struct looked *at, const struct scene *scene)
{
	struct box all = {0, 0, scene->width_px, scene->height_px};
	bool is_above = false; /* the veil */

	if (scene->widgets_count == SCENE_WIDGETS_MAX)
		say(at, "the scene is full", &scene->widgets[0]);
	for (size_t i = 0; i < scene->widgets_count; i++) {
		const struct widget *widget = &scene->widgets[i];

		is_above = is_above || widget->kind == WIDGET_VEIL;
		if (is_above && widget->action.kind == ACTION_OPEN_DETAIL)
			say(at, "the way to all words leads to a part of them", widget);
		if (!is_inside(&widget->box, &all))
			say(at, "out of the screen", widget);
		check_words(at, widget);
		check_touch(at, widget);
		check_overlap(at, scene, i);
	}
}

/* How to connect is shown only once there is something to connect to. */
static bool may_open(const struct tank_model *model, enum dialog dialog)
{
	if (dialog == DIALOG_NETWORK)
		return *model->access.network;
	return dialog != DIALOG_PAGE || *model_access_url(&model->access);
}

static void check_state(
	struct looked *at, const struct tank_model *model, struct scene *scene, struct interact *ui)
{
	struct layout layout = layout_choose(at->options);
	struct screen_input in = {.model = model,
		.ui = ui,
		.layout = &layout,
		.letters = at->letters,
		.wall_s = model->time_s};

	for (int dialog = DIALOG_NONE; dialog <= DIALOG_NOTICE; dialog++) {
		if (!may_open(model, (enum dialog)dialog))
			continue;
		memset(scene, 0, sizeof(*scene));
		memset(ui, 0, sizeof(*ui));
		at->dialog = ui->dialog = (enum dialog)dialog;
		model_set_text(ui->notice_what, sizeof(ui->notice_what), "A card is being copied.");
		model_set_text(ui->notice_remedy, sizeof(ui->notice_remedy),
			"Wait until it is finished, or cancel it first.");
		ui->notice_command = COMMAND_POWEROFF;
		if (model->cards_count)
			model_set_text(
				ui->dialog_card, sizeof(ui->dialog_card), model->cards[0].id);
		if (model->cards_count > 1 && dialog == DIALOG_CANCEL) /* one of several */
			model_set_text(
				ui->opened_card, sizeof(ui->opened_card), model->cards[0].id);
		screen_make(&in, scene);
		check_scene(at, scene);
		check_detail(at, scene, model);
	}
}

static int check_scenes(const char *path)
{
	struct tank_model *model = model_new();
	struct scene *scene = calloc(1, sizeof(*scene));
	struct interact *ui = calloc(1, sizeof(*ui));
	const char *slash = strrchr(path, '/');
	int r = model_from_file(model, path);

	for (size_t i = 0; r == 0 && i < SIZES_COUNT; i++) {
		struct looked at = {.state = slash ? slash + 1 : path, .options = &sizes[i]};

		at.letters = letters_new("DejaVu Sans", sizes[i].is_mono);
		check_state(&at, model, scene, ui);
		letters_free(at.letters);
	}
	free(scene);
	free(ui);
	model_free(model);
	if (r < 0)
		(void)printf("%s cannot be read: %s\n", path, strerror(-r));
	return r < 0 || problems;
}

/* --- pictures --- */

struct picture {
	cairo_surface_t *surface;
	int width, height;
};

static bool load(const char *path, struct picture *picture)
{
	cairo_surface_t *file = cairo_image_surface_create_from_png(path);
	cairo_t *cr;

	if (cairo_surface_status(file) != CAIRO_STATUS_SUCCESS) {
		(void)printf("%s is no picture\n", path);
		cairo_surface_destroy(file);
		return false;
	}
	picture->width = cairo_image_surface_get_width(file);
	picture->height = cairo_image_surface_get_height(file);
	picture->surface =
		cairo_image_surface_create(CAIRO_FORMAT_RGB24, picture->width, picture->height);
	cr = cairo_create(picture->surface);
	cairo_set_source_surface(cr, file, 0, 0);
	cairo_paint(cr);
	cairo_destroy(cr);
	cairo_surface_destroy(file);
	cairo_surface_flush(picture->surface);
	return true;
}

static uint32_t pixel(const struct picture *picture, int x, int y)
{
	const unsigned char *line = cairo_image_surface_get_data(picture->surface) +
		(size_t)y * (size_t)cairo_image_surface_get_stride(picture->surface);
	uint32_t value;

	memcpy(&value, line + (size_t)x * 4, sizeof(value));
	return value & 0xffffff;
}

/* Mean colours of a block: rendering moves edges about, and blocks even that out. */
static double block_difference(const struct picture *a, const struct picture *b, int x0, int y0)
{
	double sum[3] = {0};
	int count = 0;

	for (int y = y0; y < y0 + BLOCK_PX && y < a->height; y++) {
		for (int x = x0; x < x0 + BLOCK_PX && x < a->width; x++) {
			uint32_t p = pixel(a, x, y), q = pixel(b, x, y);

			for (int c = 0; c < 3; c++)
				sum[c] += (double)(p >> 8 * c & 255) - (double)(q >> 8 * c & 255);
			count++;
		}
	}
	for (int c = 0; c < 3; c++)
		sum[c] = sum[c] < 0 ? -sum[c] : sum[c];
	return (sum[0] + sum[1] + sum[2]) / 3 / count;
}

static int compare(const char *path_a, const char *path_b)
{
	struct picture a, b;
	double sum = 0, worst = 0;
	int blocks = 0;

	if (!load(path_a, &a) || !load(path_b, &b))
		return 1;
	if (a.width != b.width || a.height != b.height) {
		(void)printf("%d x %d is not %d x %d\n", a.width, a.height, b.width, b.height);
		return 1;
	}
	for (int y = 0; y < a.height; y += BLOCK_PX) {
		for (int x = 0; x < a.width; x += BLOCK_PX) {
			double difference = block_difference(&a, &b, x, y);

			sum += difference;
			worst = difference > worst ? difference : worst;
			blocks++;
		}
	}
	cairo_surface_destroy(a.surface);
	cairo_surface_destroy(b.surface);
	if (sum / blocks <= MEAN_MOST && worst <= BLOCK_MOST)
		return 0;
	(void)printf("mean %.2f (at most %.2f), worst block %.1f (at most %.1f)\n", sum / blocks,
		MEAN_MOST, worst, BLOCK_MOST);
	return 1;
}

static uint32_t turned_pixel(const struct picture *upright, int x, int y, int degrees)
{
	if (degrees == 90) /* clockwise: the left edge comes to the top */
		return pixel(upright, y, upright->height - 1 - x);
	if (degrees == 180)
		return pixel(upright, upright->width - 1 - x, upright->height - 1 - y);
	if (degrees == 270)
		return pixel(upright, upright->width - 1 - y, x);
	return pixel(upright, x, y);
}

static int compare_turned(const char *path_a, const char *path_b, int degrees)
{
	struct picture a, b;
	bool is_upright = degrees % 180 == 0;
	unsigned long wrong = 0;

	if (!load(path_a, &a) || !load(path_b, &b))
		return 1;
	if (b.width != (is_upright ? a.width : a.height) ||
		b.height != (is_upright ? a.height : a.width)) {
		(void)printf("sizes do not match\n");
		return 1;
	}
	for (int y = 0; y < b.height; y++)
		for (int x = 0; x < b.width; x++)
			wrong += pixel(&b, x, y) != turned_pixel(&a, x, y, degrees);
	cairo_surface_destroy(a.surface);
	cairo_surface_destroy(b.surface);
	if (wrong)
		(void)printf("%lu pixels are elsewhere\n", wrong);
	return wrong != 0;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && !strcmp(argv[1], "scenes")) {
		int status = 0;

		for (int i = 2; i < argc; i++)
			status |= check_scenes(argv[i]);
		return status;
	}
	if (argc == 4 && !strcmp(argv[1], "compare"))
		return compare(argv[2], argv[3]);
	if (argc == 5 && !strcmp(argv[1], "turned"))
		return compare_turned(argv[2], argv[3], atoi(argv[4]));
	(void)fprintf(stderr, "usage: fb_check scenes|compare|turned FILE...\n");
	return 2;
}
