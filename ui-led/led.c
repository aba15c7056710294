/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-led/led.h"

#include <errno.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "ui-led/device.h"

enum timer { TIMER_LAMP };

struct led {
	struct frontend_host *host; /* borrowed; NULL before open() */
	const char *sysfs, *lamp_name, *restore; /* borrowed; NULL: the usual */
	char names[2][DEVICE_TRIGGER_BYTES]; /* what lamp_name and restore point to */
	bool is_inverted, is_software;
	struct device device;
	bool is_taken; /* the lamp is ours, and has to be given back */
	struct lamp_memory memory;
	struct lamp_view view;
	struct lamp_pattern pattern;
	uint64_t pattern_usec; /* when it began */
};

static const struct frontend_setting settings[] = {
	{"lamp", "NAME", "in /sys/class/leds: ACT, PWR, led0 ... (auto: ACT or led0)", false},
	{"invert", "YES", "yes: it is dark when the kernel says on", false},
	{"software", "YES", "yes: never let the kernel blink by itself", false},
	{"restore", "TRIGGER", "to be set at the end (auto: the one before)", false},
	{"sysfs", "FOLDER", "instead of /sys", true},
	{0},
};

/* A name of a file or a trigger, and never a path. */
static int keep_name(char *name, const char **ret, const char *value)
{
	if (!*value || strchr(value, '/') || *value == '.' ||
		!text_format(name, DEVICE_TRIGGER_BYTES, "%s", value))
		return -EINVAL;
	*ret = name;
	return 0;
}

static int set(void *state, const char *key, const char *value)
{
	struct led *led = state;

	if (!strcmp(key, "lamp"))
		return keep_name(led->names[0], &led->lamp_name, value);
	if (!strcmp(key, "restore"))
		return keep_name(led->names[1], &led->restore, value);
	if (!strcmp(key, "invert"))
		return text_parse_bool(value, &led->is_inverted);
	if (!strcmp(key, "software"))
		return text_parse_bool(value, &led->is_software);
	led->sysfs = value;
	return 0;
}

static int find(struct led *led)
{
	int r = device_find(&led->device, led->sysfs ? led->sysfs : "/sys",
		led->lamp_name ? led->lamp_name : "auto", led->restore ? led->restore : "auto");

	led->device.is_inverted = led->is_inverted;
	if (led->is_software)
		led->device.has_timer = led->device.has_pattern = false;
	return r;
}

static int probe(void *state)
{
	return find(state);
}

static int led_open(void *state, struct frontend_host *host)
{
	struct led *led = state;
	int r;

	led->host = host;
	led->view.state = LAMP_STATES_COUNT; /* none yet */
	r = find(led);
	if (r < 0)
		return r;
	led->is_taken = true;
	lamp_pattern_single(LAMP_STATE_STARTING, ERROR_CODE_NONE, LAMP_GREEN, &led->pattern);
	r = device_play(&led->device, &led->pattern);
	if (r == -EACCES || r == -EROFS)
		log_error("%s cannot be written. It belongs to root: run this as a service, or "
			  "give its group the right with a udev rule (hardware.md in "
			  "/usr/share/doc/imgtank).",
			led->device.trigger_path);
	return r < 0 ? r : 0;
}

/* Only where the kernel cannot blink by itself. */
static void move(struct led *led)
{
	uint64_t at_usec = frontend_host_now_usec(led->host) - led->pattern_usec, left_usec;
	const struct lamp_step *step = lamp_step_at(&led->pattern, at_usec, &left_usec);
	int r = device_set(&led->device, step->level[LAMP_GREEN] > 0);

	if (r < 0)
		(void)log_errno(LOG_LEVEL_ERROR, r, "the lamp cannot be switched");
	else
		frontend_host_timer(led->host, TIMER_LAMP, led->pattern_usec + at_usec + left_usec);
}

static void show(void *state, const struct tank_model *model, uint32_t changed)
{
	struct led *led = state;
	struct lamp_view before = led->view;
	int r;

	if (!(changed & (CHANGED_CONNECTION | CHANGED_TANK)))
		return;
	led->view = lamp_view(&led->memory, model, frontend_host_now_usec(led->host));
	if (led->view.state == before.state && led->view.code == before.code)
		return;
	lamp_pattern_single(led->view.state, led->view.code, LAMP_GREEN, &led->pattern);
	led->pattern_usec = frontend_host_now_usec(led->host);
	frontend_host_timer(led->host, TIMER_LAMP, FRONTEND_NEVER);
	r = device_play(&led->device, &led->pattern);
	if (r < 0)
		(void)log_errno(LOG_LEVEL_ERROR, r, "the lamp cannot be switched");
	else if (r == 0)
		move(led);
}

static void tick(void *state, unsigned int timer, uint64_t now_usec)
{
	(void)timer;
	(void)now_usec;
	move(state);
}

static void crash(void *state)
{
	const struct led *led = state;

	if (led->is_taken)
		(void)device_restore(&led->device);
}

/* While the power is going the kernel's blinking goes on without us, to the end. */
static void led_close(void *state)
{
	struct led *led = state;
	int r;

	if (!led->is_taken || led->memory.is_power_going)
		return;
	r = device_restore(&led->device);
	if (r < 0)
		(void)log_errno(
			LOG_LEVEL_WARNING, r, "%s cannot be put back", led->device.trigger_path);
	led->is_taken = false;
}

const struct frontend frontend_led = {
	.name = "led",
	.summary = "The activity lamp on the board of a Raspberry Pi: no other hardware needed.",
	.state_size = sizeof(struct led),
	.settings = settings,
	.set = set,
	.probe = probe,
	.open = led_open,
	.show = show,
	.tick = tick,
	.crash = crash,
	.close = led_close,
};
