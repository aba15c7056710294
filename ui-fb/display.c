/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/display.h"

#include "core/base/cleanup.h"
#include "core/base/fd.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "ui-fb/display_priv.h"
#include "ui-fb/display_uevent.h"
#include "ui-fb/vt.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* While lost: another program may let go without a word, a node may get its rights late. */
#define RETRY_MSEC 2000
#define RETRY_BUSY_MSEC 250
#define BACKENDS_MAX 2

/* Between the loop and the thread: only with the lock held. */
struct shared {
	uint8_t *image; /* in the panel's format; NULL before the first screen */
	struct pixel_geometry geometry; /* of image */
	struct display_info info;
	uint32_t generation; /* goes up when info changes */
	struct pixel_damage damage; /* of image, not yet on the device */
	uint32_t events; /* not yet told to the loop */
	bool is_busy; /* an update is on its way */
	bool is_held; /* there is a screen to show on */
	bool is_blank;
	bool is_stopping;
};

struct display {
	/* Set before the thread starts, then constant. */
	const struct display_backend *backends[BACKENDS_MAX];
	struct display_settings settings;
	uint32_t rotation_deg;
	bool is_dithered;
	int event_fd; /* thread to loop */
	int wake_fd; /* loop to thread */
	int uevent_fd; /* -1: none */
	int vt_fd; /* of vt.h; -1: none */
	pthread_t thread;
	bool has_thread;

	/* The loop's. */
	struct display_info info;
	uint32_t generation;

	/* The thread's (before it starts: display_open()'s). */
	const struct display_backend *backend;
	void *device; /* NULL: no screen */
	bool is_away; /* another terminal is in front */
	bool is_device_blank;

	pthread_mutex_t lock;
	struct shared shared;
};

static void notify(int fd)
{
	uint64_t one = 1;

	/* Full means that it is readable, which is all that is wanted. */
	if (write(fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_errno(LOG_LEVEL_ERROR, -errno, "The display cannot be woken");
}

static void notify_clear(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log_errno(LOG_LEVEL_ERROR, -errno, "The display cannot read its wake-up");
}

/* --- the thread --- */

static void damage_all(struct shared *shared)
{
	struct pixel_rect all = {
		0, 0, (int32_t)shared->geometry.width_px, (int32_t)shared->geometry.height_px};

	shared->damage = (struct pixel_damage){.rects = {all}, .n_rects = 1};
}

static void info_fill(
	struct display_info *info, const struct display_screen *screen, uint32_t rotation_deg)
{
	bool is_turned = rotation_deg == 90 || rotation_deg == 270;

	*info = (struct display_info){
		.width_px = is_turned ? screen->panel.height_px : screen->panel.width_px,
		.height_px = is_turned ? screen->panel.width_px : screen->panel.height_px,
		.width_mm = is_turned ? screen->height_mm : screen->width_mm,
		.height_mm = is_turned ? screen->width_mm : screen->height_mm,
		.rotation_deg = rotation_deg,
		.is_mono = screen->panel.format == PIXEL_MONO,
	};
	memcpy(info->name, screen->name, sizeof(info->name));
}

static bool is_same_panel(const struct pixel_geometry *a, const struct pixel_geometry *b)
{
	return a->width_px == b->width_px && a->height_px == b->height_px && a->format == b->format;
}

/* The image in between fits the screen from now on. */
static int shared_fit(struct display *display, const struct display_screen *screen)
{
	struct shared *shared = &display->shared;
	struct pixel_geometry geometry = screen->panel;
	uint8_t *image;

	if (shared->image && is_same_panel(&shared->geometry, &geometry))
		return 0;
	geometry.stride_bytes = pixel_line_bytes(geometry.format, geometry.width_px);
	image = calloc(geometry.height_px, geometry.stride_bytes);
	if (!image)
		return -ENOMEM;
	free(shared->image);
	shared->image = image;
	shared->geometry = geometry;
	shared->damage = (struct pixel_damage){0};
	shared->generation++;
	shared->events |= DISPLAY_RESIZED;
	return 0;
}

static int screen_taken(struct display *display, const struct display_screen *screen)
{
	struct shared *shared = &display->shared;

	pthread_mutex_lock(&display->lock);
	int result = shared_fit(display, screen);

	if (result == 0) {
		info_fill(&shared->info, screen, display->rotation_deg);
		shared->is_held = true;
		shared->events |= DISPLAY_REGAINED;
		damage_all(shared);
	}
	pthread_mutex_unlock(&display->lock);
	return result;
}

/* The first back end that has a screen; the errno of the one that came furthest. */
static int backend_open(struct display *display, struct display_screen *screen)
{
	int result = -ENODEV;

	display->settings.is_kms_busy = false;
	for (size_t i = 0; i < BACKENDS_MAX && display->backends[i]; i++) {
		int tried =
			display->backends[i]->open(&display->device, &display->settings, screen);

		if (tried == 0) {
			display->backend = display->backends[i];
			return 0;
		}
		display->settings.is_kms_busy |= tried == -EBUSY;
		if (result == -ENODEV)
			result = tried;
	}
	return result;
}

static int screen_take(struct display *display)
{
	struct display_screen screen = {0};
	int result = backend_open(display, &screen);

	if (result < 0)
		return result;
	result = screen_taken(display, &screen);
	if (result < 0) {
		display->backend->close(display->device);
		display->device = NULL;
		return result;
	}
	display->is_device_blank = false;
	log_info("Showing on %s, %u x %u, turned by %u degrees", screen.name, screen.panel.width_px,
		screen.panel.height_px, display->rotation_deg);
	notify(display->event_fd);
	return 0;
}

static void device_close(struct display *display)
{
	if (display->device)
		display->backend->close(display->device);
	display->device = NULL;
}

static void screen_lose(struct display *display)
{
	device_close(display);
	pthread_mutex_lock(&display->lock);
	display->shared.is_held = false;
	display->shared.is_busy = false;
	display->shared.events =
		(display->shared.events & ~(uint32_t)DISPLAY_REGAINED) | DISPLAY_LOST;
	pthread_mutex_unlock(&display->lock);
	notify(display->event_fd);
}

static void blank_apply(struct display *display, bool is_blank)
{
	int result = display->backend->blank(display->device, is_blank);

	if (result < 0)
		log_errno(LOG_LEVEL_DEBUG, result, "The screen cannot be blanked");
	display->is_device_blank = is_blank;
}

/* Takes what is to be shown into the device; false: nothing, or not now. */
static bool frame_begin(struct display *display, struct pixel_damage *damage)
{
	struct shared *shared = &display->shared;

	pthread_mutex_lock(&display->lock);
	bool is_blank = shared->is_blank;

	*damage = (struct pixel_damage){0};
	if (!is_blank) {
		*damage = shared->damage;
		shared->damage = (struct pixel_damage){0};
	}
	if (damage->n_rects > 0) {
		display->backend->copy(
			display->device, shared->image, shared->geometry.stride_bytes, damage);
	}
	pthread_mutex_unlock(&display->lock);
	if (is_blank != display->is_device_blank)
		blank_apply(display, is_blank);
	return damage->n_rects > 0;
}

static void frame_end(struct display *display)
{
	pthread_mutex_lock(&display->lock);
	if (display->shared.damage.n_rects == 0) {
		display->shared.is_busy = false;
		display->shared.events |= DISPLAY_READY;
	}
	pthread_mutex_unlock(&display->lock);
	notify(display->event_fd);
}

static void frames_show(struct display *display)
{
	struct pixel_damage damage;

	while (display->device && frame_begin(display, &damage)) {
		int result = display->backend->flush(display->device, &damage);

		if (result < 0) {
			log_errno(LOG_LEVEL_NOTICE, result, "The screen was lost");
			screen_lose(display);
			return;
		}
		frame_end(display);
	}
}

static void terminal_follow(struct display *display)
{
	enum vt_news event;

	while ((event = vt_read()) != VT_NEWS_NONE) {
		display->is_away = event == VT_NEWS_LEAVE;
		if (display->is_away) {
			screen_lose(display);
			vt_left();
		} else {
			vt_entered();
			screen_take(display);
		}
	}
}

static void plugged(struct display *display)
{
	if (display->device && display->backend->check(display->device) == 0)
		return;
	device_close(display);
	if (!display->is_away && screen_take(display) < 0)
		screen_lose(display);
}

static bool is_stopping(struct display *display)
{
	pthread_mutex_lock(&display->lock);
	bool stopping = display->shared.is_stopping;
	pthread_mutex_unlock(&display->lock);
	return stopping;
}

/* Who is busy may only be looking. */
static int retry_msec(const struct display *display)
{
	return display->settings.is_kms_busy ? RETRY_BUSY_MSEC : RETRY_MSEC;
}

static void *thread_main(void *data)
{
	struct display *display = data;
	struct pollfd fds[] = {
		{.fd = display->wake_fd, .events = POLLIN},
		{.fd = display->uevent_fd, .events = POLLIN},
		{.fd = display->vt_fd, .events = POLLIN},
	};

	while (!is_stopping(display)) {
		frames_show(display);
		bool is_waiting = !display->device && !display->is_away;
		int n = poll(
			fds, sizeof(fds) / sizeof(fds[0]), is_waiting ? retry_msec(display) : -1);

		if (n == 0)
			screen_take(display);
		if (n <= 0)
			continue;
		if (fds[0].revents)
			notify_clear(display->wake_fd);
		if (fds[1].revents && uevent_drain(display->uevent_fd))
			plugged(display);
		if (fds[2].revents)
			terminal_follow(display);
	}
	device_close(display);
	return NULL;
}

static int thread_start(struct display *display)
{
	sigset_t all;
	sigset_t before;

	/* Signals are for the loop's thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&display->thread, NULL, thread_main, display);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	display->has_thread = error == 0;
	return -error;
}

/* --- opening --- */

static int backends_choose(struct display *display, const char *driver)
{
	if (!driver || strcmp(driver, "auto") == 0) {
		display->backends[0] = &display_drm_backend;
		display->backends[1] = &display_fbdev_backend;
		return 0;
	}
	const struct display_backend *all[] = {
		&display_drm_backend, &display_fbdev_backend, &display_file_backend};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(driver, all[i]->name) == 0) {
			display->backends[0] = all[i];
			return 0;
		}
	}
	log_error("driver = %s: there is auto, drm, fbdev, file", driver);
	return -EINVAL;
}

static int string_copy(const char *text, char **copy)
{
	*copy = text ? strdup(text) : NULL;
	return text && !*copy ? -ENOMEM : 0;
}

static int settings_take(struct display *display, const struct display_options *options)
{
	int result = backends_choose(display, options->driver);

	if (result < 0)
		return result;
	if (options->rotation_deg % 90 != 0 || options->rotation_deg > 270) {
		log_error("rotate = %u: there is 0, 90, 180, 270", options->rotation_deg);
		return -EINVAL;
	}
	if (options->geometry &&
		pixel_geometry_parse(options->geometry, &display->settings.file) < 0) {
		log_error("geometry = %s: should be like 480x320 or 480x320,rgb565",
			options->geometry);
		return -EINVAL;
	}
	display->rotation_deg = options->rotation_deg;
	display->is_dithered = options->is_dithered;
	result = string_copy(options->device, &display->settings.device);
	if (result == 0)
		result = string_copy(options->connector, &display->settings.connector);
	return result;
}

static int descriptors_open(struct display *display)
{
	display->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	display->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (display->event_fd < 0 || display->wake_fd < 0)
		return -errno;
	if (!display->backends[0]->needs_terminal)
		return 0;
	display->uevent_fd = uevent_open();
	if (display->uevent_fd < 0)
		log_errno(
			LOG_LEVEL_DEBUG, display->uevent_fd, "No word from the kernel on screens");
	display->vt_fd = vt_open();
	return 0;
}

static int first_take(struct display *display, bool is_patient)
{
	int result = screen_take(display);

	if (result == 0) {
		display->info = display->shared.info;
		display->generation = display->shared.generation;
		display->shared.events = 0;
		return 0;
	}
	if (is_patient && result != -EINVAL && result != -ENOMEM) {
		log_errno(LOG_LEVEL_NOTICE, result, "Waiting for a screen");
		return 0;
	}
	return log_errno(LOG_LEVEL_ERROR, result,
		result == -EBUSY ? "Another program shows on the screen" : "No screen to show on");
}

static void display_free(struct display *display)
{
	device_close(display);
	vt_close();
	fd_close(display->event_fd);
	fd_close(display->wake_fd);
	fd_close(display->uevent_fd);
	pthread_mutex_destroy(&display->lock);
	free(display->shared.image);
	free(display->settings.device);
	free(display->settings.connector);
	free(display);
}

static int backend_probe(const struct display_backend *backend, struct display_settings *settings)
{
	struct display_screen screen = {0};
	void *device = NULL;

	if (backend->probe)
		return backend->probe(settings);
	int result = backend->open(&device, settings, &screen);

	if (result == 0)
		backend->close(device);
	return result;
}

int display_probe(const struct display_options *options)
{
	struct display display = {0};
	int result = settings_take(&display, options);
	bool is_valid = result == 0;

	for (size_t i = 0; is_valid && i < BACKENDS_MAX && display.backends[i]; i++) {
		int tried = backend_probe(display.backends[i], &display.settings);

		if (i == 0 || tried == 0 || result == -ENODEV)
			result = tried;
		if (tried == 0)
			break;
	}
	if (is_valid && result < 0)
		log_errno(LOG_LEVEL_ERROR, result, "No screen to show on");
	free(display.settings.device);
	free(display.settings.connector);
	return result;
}

int display_open(struct display **ret, const struct display_options *options)
{
	struct display *display = calloc(1, sizeof(*display));

	if (!display)
		return -ENOMEM;
	display->event_fd = display->wake_fd = display->uevent_fd = display->vt_fd = -1;
	pthread_mutex_init(&display->lock, NULL);
	int result = settings_take(display, options);

	if (result == 0)
		result = descriptors_open(display);
	if (result == 0)
		result = first_take(display, options->is_patient);
	if (result == 0)
		result = thread_start(display);
	if (result < 0) {
		display_free(display);
		return result;
	}
	*ret = display;
	return 0;
}

void display_close(struct display *display)
{
	if (!display)
		return;
	pthread_mutex_lock(&display->lock);
	display->shared.is_stopping = true;
	pthread_mutex_unlock(&display->lock);
	notify(display->wake_fd);
	if (display->has_thread)
		pthread_join(display->thread, NULL);
	display_free(display);
}

/* --- the loop --- */

int display_fd(const struct display *display)
{
	return display->event_fd;
}

uint32_t display_dispatch(struct display *display)
{
	notify_clear(display->event_fd);
	pthread_mutex_lock(&display->lock);
	uint32_t events = display->shared.events;

	display->shared.events = 0;
	display->info = display->shared.info;
	display->generation = display->shared.generation;
	pthread_mutex_unlock(&display->lock);
	return events;
}

const struct display_info *display_info(const struct display *display)
{
	return &display->info;
}

bool display_is_ready(struct display *display)
{
	pthread_mutex_lock(&display->lock);
	bool is_ready = display->shared.is_held && !display->shared.is_busy;
	pthread_mutex_unlock(&display->lock);
	return is_ready;
}

static void update_rect(
	struct shared *shared, const struct pixel_copy *copy, const struct pixel_rect *rect)
{
	struct pixel_rect to = pixel_copy_rect(copy, rect);

	pixel_damage_add(&shared->damage, &to);
}

void display_update(struct display *display, const void *pixels, size_t stride_bytes,
	const struct pixel_rect *rects, size_t n_rects)
{
	struct shared *shared = &display->shared;
	struct pixel_rect all = {
		0, 0, (int32_t)display->info.width_px, (int32_t)display->info.height_px};

	pthread_mutex_lock(&display->lock);
	/* Another generation: the caller will hear of it and update everything. */
	if (shared->image && shared->is_held && shared->generation == display->generation) {
		struct pixel_copy copy = {
			.source = pixels,
			.source_stride_bytes = stride_bytes,
			.width_px = display->info.width_px,
			.height_px = display->info.height_px,
			.target = shared->image,
			.panel = shared->geometry,
			.rotation_deg = display->rotation_deg,
			.is_dithered = display->is_dithered,
		};

		if (n_rects == 0)
			update_rect(shared, &copy, &all);
		for (size_t i = 0; i < n_rects; i++)
			update_rect(shared, &copy, &rects[i]);
		shared->is_busy = shared->damage.n_rects > 0 && !shared->is_blank;
	}
	pthread_mutex_unlock(&display->lock);
	notify(display->wake_fd);
}

void display_blank(struct display *display, bool is_blank)
{
	pthread_mutex_lock(&display->lock);
	display->shared.is_blank = is_blank;
	if (is_blank)
		display->shared.is_busy = false;
	pthread_mutex_unlock(&display->lock);
	notify(display->wake_fd);
}

void display_restore_now(void)
{
	vt_restore_now();
}
