/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-pibrella/settings.h"

#include <errno.h>
#include <string.h>

#include "core/base/text.h"

#define OFFSET_MAX 255

/* Chips of the pin header: Pi 1 to 3 and Zero, Pi 4, Pi 5. */
#define USUAL_LABELS "pinctrl-bcm2835 pinctrl-bcm2711 pinctrl-rp1"

const struct frontend_setting settings_list[] = {
	{"fitted", "YES", "yes: the board is plugged on, 'auto' may use it", false},
	{"chip", "LABELS", "labels of the GPIO chip: the first that is here", false},
	{"green", "PIN", "BCM number, or none (4)", false},
	{"amber", "PIN", "the same (17)", false},
	{"red", "PIN", "the same (27; 21 on the very first Pi)", false},
	{"buzzer", "PIN", "the same (18)", false},
	{"button", "PIN", "the same (11)", false},
	{"active-low", "NAMES", "of those above that are on when their pin is low, or none", false},
	{"pull", "HOW", "of the button's pin: down, up or none", false},
	{"sound", "YES", "no: the buzzer stays silent", false},
	{"buzzer-pwm", "CHIP:CHANNEL", "PWM of the buzzer in /sys/class/pwm, or none", false},
	{"fake", "FILE", "no hardware: write changes of lines there (-: standard output)", true},
	{"sysfs", "FOLDER", "instead of /sys", true},
	{0},
};

void settings_prepare(struct settings *settings)
{
	if (settings->is_changed)
		return;
	*settings = (struct settings){
		.is_changed = true,
		.has_sound = true,
		.sysfs = "/sys",
		.board = {.labels = USUAL_LABELS,
			.offsets = {[BOARD_GREEN] = 4,
				[BOARD_AMBER] = 17,
				[BOARD_RED] = 27,
				[BOARD_BUZZER] = 18,
				[BOARD_BUTTON] = 11}},
	};
}

static int set_pin(int *offset, const char *value)
{
	uint64_t number = 0;

	if (!strcmp(value, "none")) {
		*offset = BOARD_NO_LINE;
		return 0;
	}
	if (text_parse_u64(value, OFFSET_MAX, &number) < 0)
		return -EINVAL;
	*offset = (int)number;
	return 0;
}

static int set_active_low(struct board_config *board, const char *value)
{
	size_t known = 0, words = 0;

	for (const char *at = value; *(at += strspn(at, " ,")); at += strcspn(at, " ,"))
		words++;
	for (int line = 0; line < BOARD_LINES_COUNT; line++)
		known += board_has_label(value, board_line_name((enum board_line)line));
	if (strcmp(value, "none") != 0 && known != words)
		return -EINVAL;
	for (int line = 0; line < BOARD_LINES_COUNT; line++)
		board->is_active_low[line] =
			board_has_label(value, board_line_name((enum board_line)line));
	return 0;
}

static int set_pull(enum board_pull *pull, const char *value)
{
	if (!strcmp(value, "down"))
		*pull = BOARD_PULL_DOWN;
	else if (!strcmp(value, "up"))
		*pull = BOARD_PULL_UP;
	else if (!strcmp(value, "none"))
		*pull = BOARD_PULL_NONE;
	else
		return -EINVAL;
	return 0;
}

static int set_pwm(struct sound_pwm *pwm, const char *value)
{
	const char *colon = strchr(value, ':');
	uint64_t chip, channel;
	char text[16];

	if (!strcmp(value, "none")) {
		pwm->is_wanted = false;
		return 0;
	}
	if (!colon || !text_format(text, sizeof(text), "%.*s", (int)(colon - value), value) ||
		text_parse_u64(text, OFFSET_MAX, &chip) < 0 ||
		text_parse_u64(colon + 1, OFFSET_MAX, &channel) < 0)
		return -EINVAL;
	*pwm = (struct sound_pwm){true, (unsigned int)chip, (unsigned int)channel};
	return 0;
}

int settings_set(struct settings *settings, const char *key, const char *value)
{
	struct board_config *board = &settings->board;

	settings_prepare(settings);
	for (int line = 0; line < BOARD_LINES_COUNT; line++)
		if (!strcmp(key, board_line_name((enum board_line)line)))
			return set_pin(&board->offsets[line], value);
	if (!strcmp(key, "fitted"))
		return text_parse_bool(value, &settings->is_fitted);
	if (!strcmp(key, "sound"))
		return text_parse_bool(value, &settings->has_sound);
	if (!strcmp(key, "active-low"))
		return set_active_low(board, value);
	if (!strcmp(key, "pull"))
		return set_pull(&board->pull, value);
	if (!strcmp(key, "buzzer-pwm"))
		return set_pwm(&settings->pwm, value);
	if (!strcmp(key, "chip"))
		return *value && text_format(board->labels, sizeof(board->labels), "%s", value)
			? 0
			: -EINVAL;
	if (!strcmp(key, "fake"))
		board->fake_path = value;
	else if (!strcmp(key, "sysfs"))
		settings->sysfs = value;
	else
		return -EINVAL;
	return 0;
}
