/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fb.c - joins the parts: model and fingers in, scenes out, at most ten a second.
 */
#include "ui-fb/fb.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "core/base/log.h"
#include "ui-fb/backlight.h"
#include "ui-fb/draw.h"
#include "ui-fb/render.h"
#include "ui-fb/screen.h"
#include "ui-fb/settings.h"

#define FRAME_USEC 100000U
#define PHASE_USEC 200000U /* what moves, moves calmly */
#define FONT_DEFAULT "DejaVu Sans"
#define MM_PER_INCH 25.4

enum timer { TIMER_FRAME, TIMER_PHASE, TIMER_INTERACT, TIMER_MINUTE };

struct fb {
	struct settings settings;
	bool has_settings;
	struct frontend_host *host;
	struct display *display;
	struct touch *touch;
	struct backlight *backlight;
	struct painter *painter;
	cairo_surface_t *surface;
	struct layout layout;
	struct interact ui;
	struct scene *shown, *next;
	bool is_whole; /* everything is to be drawn */
	bool is_waiting_for_frame, is_lost;
	uint64_t frame_usec; /* of the last one */
	uint32_t phase;
	enum tank_state tank_state;
	int64_t sent_id;
	enum command sent_command;
};

static int set(void *state, const char *key, const char *value)
{
	struct fb *fb = state;

	if (!fb->has_settings)
		settings_init(&fb->settings);
	fb->has_settings = true;
	return settings_set(&fb->settings, key, value);
}

/* --- the surface --- */

static void forget_surface(struct fb *fb)
{
	if (fb->surface)
		cairo_surface_destroy(fb->surface);
	painter_free(fb->painter);
	fb->surface = NULL;
	fb->painter = NULL;
}

/* What the user measured wins over what the screen says. */
static void set_millimetres(struct layout_options *options, double diagonal_inch)
{
	double diagonal_px = hypot(options->width_px, options->height_px);

	if (diagonal_inch <= 0 || diagonal_px <= 0)
		return;
	options->width_mm = (int)(diagonal_inch * MM_PER_INCH * options->width_px / diagonal_px);
	options->height_mm = (int)(diagonal_inch * MM_PER_INCH * options->height_px / diagonal_px);
}

static int make_surface(struct fb *fb, struct layout_options options)
{
	const char *font = fb->settings.font ? fb->settings.font : FONT_DEFAULT;

	forget_surface(fb);
	if (options.width_px <= 0 || options.height_px <= 0)
		return 0; /* no screen yet */
	set_millimetres(&options, fb->settings.diagonal_inch);
	options.has_touch = fb->settings.has_touch;
	fb->layout = layout_choose(&options);
	fb->painter = painter_new(fb->settings.theme, font, options.is_mono);
	fb->surface =
		cairo_image_surface_create(CAIRO_FORMAT_RGB24, options.width_px, options.height_px);
	fb->is_whole = true;
	if (!fb->painter || cairo_surface_status(fb->surface) != CAIRO_STATUS_SUCCESS) {
		forget_surface(fb);
		return -ENOMEM;
	}
	return 0;
}

static int follow_display(struct fb *fb)
{
	const struct display_info *info = display_info(fb->display);
	struct layout_options options = {
		.width_px = (int)info->width_px,
		.height_px = (int)info->height_px,
		.width_mm = (int)info->width_mm,
		.height_mm = (int)info->height_mm,
		.is_mono = info->is_mono,
	};

	if (fb->touch)
		touch_set_screen(fb->touch, info->width_px, info->height_px, info->rotation_deg);
	return make_surface(fb, options);
}

/* --- frames --- */

static void make_scene(struct fb *fb)
{
	struct screen_input in = {
		.model = frontend_host_model(fb->host),
		.ui = &fb->ui,
		.layout = &fb->layout,
		.letters = painter_letters(fb->painter),
		.wall_s = frontend_host_wall_s(fb->host),
		.phase = fb->phase,
	};

	screen_make(&in, fb->next);
}

static void set_timers(struct fb *fb, uint64_t now_usec)
{
	int64_t wall_s = frontend_host_wall_s(fb->host);
	bool is_moving = !fb->ui.is_asleep && !fb->is_lost && scene_is_moving(fb->shown);

	frontend_host_timer(fb->host, TIMER_INTERACT, interact_next_usec(&fb->ui));
	frontend_host_timer(
		fb->host, TIMER_PHASE, is_moving ? now_usec + PHASE_USEC : FRONTEND_NEVER);
	/* a clock that cannot be seen need not be set */
	frontend_host_timer(fb->host, TIMER_MINUTE,
		wall_s && !fb->ui.is_asleep ? now_usec + (uint64_t)(60 - wall_s % 60) * 1000000
					    : FRONTEND_NEVER);
}

static void draw_frame(struct fb *fb, uint64_t now_usec)
{
	struct pixel_damage damage = {0};
	struct scene *before = fb->shown;

	fb->is_waiting_for_frame = false;
	fb->frame_usec = now_usec;
	make_scene(fb);
	if (!fb->is_whole)
		scene_difference(fb->shown, fb->next, &damage);
	fb->shown = fb->next;
	fb->next = before;
	interact_shown(&fb->ui, fb->shown, now_usec);
	set_timers(fb, now_usec);
	if (!fb->is_whole && damage.n_rects == 0)
		return;
	paint_scene(fb->painter, fb->surface, fb->shown, damage.rects, damage.n_rects);
	display_update(fb->display, cairo_image_surface_get_data(fb->surface),
		(size_t)cairo_image_surface_get_stride(fb->surface), damage.rects, damage.n_rects);
	fb->is_whole = false;
}

static bool can_draw(const struct fb *fb)
{
	return fb->surface && fb->display && !fb->ui.is_asleep && !fb->is_lost;
}

/* Draws now, or when the panel is ready and a tenth of a second has passed. */
static void want_frame(struct fb *fb)
{
	uint64_t now_usec = frontend_host_now_usec(fb->host);

	if (!can_draw(fb)) {
		frontend_host_timer(fb->host, TIMER_INTERACT, interact_next_usec(&fb->ui));
		return;
	}
	fb->is_waiting_for_frame = true;
	if (!display_is_ready(fb->display))
		return; /* DISPLAY_READY comes back here */
	if (now_usec >= fb->frame_usec + FRAME_USEC)
		draw_frame(fb, now_usec);
	else
		frontend_host_timer(fb->host, TIMER_FRAME, fb->frame_usec + FRAME_USEC);
}

static void follow_light(struct fb *fb)
{
	if (backlight_is_on(fb->backlight) == !fb->ui.is_asleep)
		return;
	if (!fb->ui.is_asleep && can_draw(fb))
		draw_frame(fb,
			frontend_host_now_usec(fb->host)); /* first the picture, then the light */
	backlight_set(fb->backlight, !fb->ui.is_asleep);
}

/* --- fingers --- */

static void send_action(struct fb *fb, const struct action *action)
{
	int64_t id;

	if (action->kind == ACTION_FORCE)
		id = frontend_host_command_force(fb->host, action->command);
	else
		id = frontend_host_command(
			fb->host, action->command, *action->card ? action->card : NULL);
	fb->sent_id = id;
	fb->sent_command = action->kind == ACTION_FORCE ? COMMAND_NONE : action->command;
	if (id < 0)
		interact_refused(&fb->ui, "imgtank does not answer.",
			"What is being copied goes on. Try again in a moment.", COMMAND_NONE,
			frontend_host_now_usec(fb->host));
}

static void on_touch(void *data, const struct touch_event *event)
{
	struct fb *fb = data;
	uint64_t now_usec = frontend_host_now_usec(fb->host);
	struct action send = {.kind = ACTION_NONE};
	bool has_changed = false;

	switch (event->kind) {
	case TOUCH_DOWN:
		has_changed = interact_down(&fb->ui, fb->shown, event->x_px, event->y_px, now_usec);
		break;
	case TOUCH_MOVE:
		has_changed = interact_move(&fb->ui, fb->shown, event->x_px, event->y_px, now_usec);
		break;
	case TOUCH_UP:
		has_changed =
			interact_up(&fb->ui, fb->shown, event->x_px, event->y_px, now_usec, &send);
		break;
	case TOUCH_CANCEL:
		has_changed = interact_cancel(&fb->ui);
		break;
	}
	if (send.kind != ACTION_NONE)
		send_action(fb, &send);
	follow_light(fb);
	if (has_changed)
		fb->frame_usec = 0; /* a finger is answered at once */
	if (has_changed)
		want_frame(fb);
	else
		frontend_host_timer(fb->host, TIMER_INTERACT, interact_next_usec(&fb->ui));
}

static void reply(void *state, const struct message_reply *answer)
{
	struct fb *fb = state;
	bool may_insist = answer->code == REPLY_BUSY && answer->id == fb->sent_id &&
		command_about(fb->sent_command) == COMMAND_ABOUT_TANK;

	if (answer->code == REPLY_OK)
		return;
	interact_refused(&fb->ui, answer->sentence, answer->remedy,
		may_insist ? fb->sent_command : COMMAND_NONE, frontend_host_now_usec(fb->host));
	follow_light(fb);
	want_frame(fb);
}

/* --- the display --- */

static void follow_events(struct fb *fb, uint32_t events)
{
	if (events & DISPLAY_LOST)
		fb->is_lost = true;
	if (events & DISPLAY_REGAINED)
		fb->is_lost = false;
	if (events & DISPLAY_RESIZED && follow_display(fb) < 0)
		log_error("no memory for a picture of the new screen's size");
	if (events & (DISPLAY_REGAINED | DISPLAY_RESIZED))
		fb->is_whole = true;
	if (events & (DISPLAY_REGAINED | DISPLAY_RESIZED) || fb->is_waiting_for_frame)
		want_frame(fb);
}

static void ready(void *state, int fd, uint32_t events)
{
	struct fb *fb = state;

	(void)events;
	if (fb->touch && fd == touch_fd(fb->touch))
		touch_dispatch(fb->touch);
	else
		follow_events(fb, display_dispatch(fb->display));
}

static struct display_options display_options_of(const struct settings *settings, bool is_patient)
{
	return (struct display_options){
		.driver = settings->driver,
		.device = settings->device,
		.connector = settings->connector,
		.geometry = settings->geometry,
		.rotation_deg = settings->rotation_deg,
		.is_dithered = settings->is_dithered,
		.is_patient = is_patient,
	};
}

static int open_touch(struct fb *fb)
{
	struct touch_options options = {
		.driver = fb->settings.touch_driver,
		.device = fb->settings.touch_device,
		.calibration = fb->settings.has_calibration ? fb->settings.calibration : NULL,
		.ignores_pointers = fb->settings.ignores_pointers,
	};
	int r;

	if (!fb->settings.has_touch)
		return 0;
	r = touch_open(&fb->touch, &options, on_touch, fb);
	if (r < 0)
		return r;
	return frontend_host_watch(fb->host, touch_fd(fb->touch), EPOLLIN);
}

static int open_devices(struct fb *fb)
{
	struct display_options options = display_options_of(&fb->settings, true);
	int r = display_open(&fb->display, &options);

	if (r < 0)
		return r;
	r = frontend_host_watch(fb->host, display_fd(fb->display), EPOLLIN);
	if (r < 0)
		return r;
	r = backlight_open(&fb->backlight, "/sys", fb->settings.backlight, fb->display);
	if (r < 0)
		return r;
	r = open_touch(fb);
	return r < 0 ? r : follow_display(fb);
}

/* --- the front end --- */

static int probe(void *state)
{
	struct fb *fb = state;
	struct display_options options = display_options_of(&fb->settings, false);
	int r = display_probe(&options);

	settings_free(&fb->settings);
	return r;
}

/* --render: --size is the panel's, so the picture in front of the user is turned. */
static int open_still(struct fb *fb)
{
	const struct settings *settings = &fb->settings;
	bool is_upright = settings->rotation_deg % 180 == 0;
	struct layout_options options = {
		.width_px = is_upright ? settings->render_width_px : settings->render_height_px,
		.height_px = is_upright ? settings->render_height_px : settings->render_width_px,
	};

	if (!settings->out) {
		log_error("--render needs --out FILE for its picture");
		return -EINVAL;
	}
	options.is_mono = layout_choose(&options).class == LAYOUT_WORDS;
	return make_surface(fb, options);
}

static int fb_open(void *state, struct frontend_host *host)
{
	struct fb *fb = state;

	fb->host = host;
	if (!fb->has_settings)
		settings_init(&fb->settings);
	fb->shown = calloc(1, sizeof(*fb->shown));
	fb->next = calloc(1, sizeof(*fb->next));
	if (!fb->shown || !fb->next)
		return -ENOMEM;
	interact_init(&fb->ui, fb->settings.sleep_usec, frontend_host_now_usec(host));
	return frontend_host_is_still(host) ? open_still(fb) : open_devices(fb);
}

static void show_still(struct fb *fb, const struct tank_model *model)
{
	struct tank_model *copy = model_new();
	uint32_t changed = 0;
	int r;

	if (!copy)
		return;
	*copy = *model;
	if (fb->settings.render_has_no_connection)
		model_disconnect(copy, 0, &changed);
	fb->ui.dialog = fb->settings.render_dialog;
	if (fb->ui.dialog != DIALOG_POWER && copy->cards_count)
		model_set_text(fb->ui.dialog_card, sizeof(fb->ui.dialog_card), copy->cards[0].id);
	screen_make(&(struct screen_input){copy, &fb->ui, &fb->layout, painter_letters(fb->painter),
			    frontend_host_wall_s(fb->host), 0},
		fb->shown);
	paint_scene(fb->painter, fb->surface, fb->shown, NULL, 0);
	r = render_png(fb->surface, fb->settings.rotation_deg, fb->settings.out);
	if (r < 0)
		(void)log_errno(LOG_LEVEL_ERROR, r, "%s cannot be written", fb->settings.out);
	model_free(copy);
}

static void show(void *state, const struct tank_model *model, uint32_t changed)
{
	struct fb *fb = state;
	bool is_news = changed & (CHANGED_CONNECTION | CHANGED_CARDS) ||
		model->tank.state != fb->tank_state;

	if (frontend_host_is_still(fb->host)) {
		show_still(fb, model);
		return;
	}
	fb->tank_state = model->tank.state;
	(void)interact_model(&fb->ui, model, is_news, frontend_host_now_usec(fb->host));
	follow_light(fb);
	want_frame(fb);
}

static void tick(void *state, unsigned int timer, uint64_t now_usec)
{
	struct fb *fb = state;

	if (timer == TIMER_PHASE)
		fb->phase++;
	if (timer == TIMER_INTERACT && !interact_time(&fb->ui, now_usec)) {
		frontend_host_timer(fb->host, TIMER_INTERACT, interact_next_usec(&fb->ui));
		return;
	}
	follow_light(fb);
	want_frame(fb);
}

static void crash(void *state)
{
	(void)state;
	backlight_restore_now();
	display_restore_now();
}

static void fb_close(void *state)
{
	struct fb *fb = state;

	touch_close(fb->touch);
	backlight_close(fb->backlight);
	display_close(fb->display);
	forget_surface(fb);
	free(fb->shown);
	free(fb->next);
	settings_free(&fb->settings);
}

const struct frontend frontend_fb = {
	.name = "fb",
	.summary = "Shows the tank on a screen of the box, with or without touch.",
	.flags = FRONTEND_SHOWS_ACCESS,
	.state_size = sizeof(struct fb),
	.settings = settings_table,
	.set = set,
	.probe = probe,
	.open = fb_open,
	.show = show,
	.reply = reply,
	.ready = ready,
	.tick = tick,
	.crash = crash,
	.close = fb_close,
};
