/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-pibrella/sound.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "ui-lamp/sysfs.h"

#define SLICE_USEC 5000 /* a tune hears within this time that it is over */

struct sound {
	const struct board_driver *driver;
	struct board *board;
	bool has_pwm;
	char enable_path[PATH_MAX], period_path[PATH_MAX], duty_path[PATH_MAX];
	bool is_playing; /* the thread has to be joined */
	pthread_t thread;
	atomic_bool must_stop;
	enum tune tune;
};

static void sleep_until(uint64_t usec)
{
	const struct timespec at = {(time_t)(usec / 1000000), (long)(usec % 1000000) * 1000};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

static bool is_over(struct sound *sound, uint64_t end_usec)
{
	return atomic_load(&sound->must_stop) || clock_monotonic_usec() >= end_usec;
}

static void wait_quietly(struct sound *sound, uint64_t end_usec)
{
	while (!is_over(sound, end_usec)) {
		uint64_t next_usec = clock_monotonic_usec() + SLICE_USEC;

		sleep_until(next_usec < end_usec ? next_usec : end_usec);
	}
}

/* --- the two ways to make a tone --- */

static void switch_line(struct sound *sound, unsigned int pitch_hz, uint64_t end_usec)
{
	uint64_t half_usec = 500000 / pitch_hz, next_usec = clock_monotonic_usec();
	bool is_on = false;

	while (!is_over(sound, end_usec)) {
		is_on = !is_on;
		if (sound->driver->set(sound->board, BOARD_BUZZER, is_on) < 0)
			break;
		next_usec += half_usec;
		sleep_until(next_usec);
	}
	(void)sound->driver->set(sound->board, BOARD_BUZZER, false);
}

/* The kernel refuses an on-time longer than the period, so that it shrinks first. */
static void use_pwm(struct sound *sound, unsigned int pitch_hz, uint64_t end_usec)
{
	uint64_t period_ns = UINT64_C(1000000000) / pitch_hz;
	int r = sysfs_write_number(sound->duty_path, 0);

	if (r == 0)
		r = sysfs_write_number(sound->period_path, period_ns);
	if (r == 0)
		r = sysfs_write_number(sound->duty_path, period_ns / 2);
	if (r == 0)
		r = sysfs_write(sound->enable_path, "1");
	if (r == 0)
		wait_quietly(sound, end_usec);
	else
		(void)log_errno(LOG_LEVEL_WARNING, r, "the PWM of the buzzer does not play");
	(void)sysfs_write(sound->enable_path, "0");
}

static void *play(void *userdata)
{
	struct sound *sound = userdata;
	size_t count;
	const struct tune_note *notes = tune_notes(sound->tune, &count);
	uint64_t end_usec = clock_monotonic_usec();

	for (size_t i = 0; i < count && !atomic_load(&sound->must_stop); i++) {
		end_usec += notes[i].duration_ms * UINT64_C(1000);
		if (!notes[i].pitch_hz)
			wait_quietly(sound, end_usec);
		else if (sound->has_pwm)
			use_pwm(sound, notes[i].pitch_hz, end_usec);
		else
			switch_line(sound, notes[i].pitch_hz, end_usec);
	}
	return NULL;
}

/* --- from outside --- */

static int find_pwm(struct sound *sound, const char *sysfs, const struct sound_pwm *pwm)
{
	char chip[PATH_MAX - 64], path[PATH_MAX];

	if (!text_format(chip, sizeof(chip), "%s/class/pwm/pwmchip%u", sysfs, pwm->chip))
		return -ENAMETOOLONG;
	(void)text_format(sound->enable_path, PATH_MAX, "%s/pwm%u/enable", chip, pwm->channel);
	(void)text_format(sound->period_path, PATH_MAX, "%s/pwm%u/period", chip, pwm->channel);
	(void)text_format(sound->duty_path, PATH_MAX, "%s/pwm%u/duty_cycle", chip, pwm->channel);
	if (access(sound->enable_path, F_OK) < 0) {
		(void)text_format(path, sizeof(path), "%s/export", chip);
		(void)sysfs_write_number(path, pwm->channel); /* whether it helped is seen below */
	}
	return access(sound->enable_path, W_OK) < 0 ? -errno : 0;
}

int sound_new(struct sound **ret, const struct board_driver *driver, struct board *board,
	const char *sysfs, const struct sound_pwm *pwm)
{
	struct sound *sound = calloc(1, sizeof(*sound));

	if (!sound)
		return -ENOMEM;
	sound->driver = driver;
	sound->board = board;
	if (pwm->is_wanted) {
		int r = find_pwm(sound, sysfs, pwm);

		sound->has_pwm = r == 0;
		if (r < 0)
			(void)log_errno(LOG_LEVEL_WARNING, r,
				"buzzer-pwm = %u:%u cannot be used, the pin is switched instead. "
				"It needs dtoverlay=pwm,pin=18,func=2 in config.txt",
				pwm->chip, pwm->channel);
	}
	*ret = sound;
	return 0;
}

static void stop(struct sound *sound)
{
	if (!sound->is_playing)
		return;
	atomic_store(&sound->must_stop, true);
	(void)pthread_join(sound->thread, NULL);
	sound->is_playing = false;
}

void sound_play(struct sound *sound, enum tune tune)
{
	int r;

	if (!sound)
		return;
	stop(sound);
	atomic_store(&sound->must_stop, false);
	sound->tune = tune;
	r = pthread_create(&sound->thread, NULL, play, sound);
	sound->is_playing = r == 0;
	if (r)
		(void)log_errno(LOG_LEVEL_WARNING, -r, "the buzzer stays silent");
}

void sound_crash(const struct sound *sound)
{
	if (sound && sound->has_pwm)
		(void)sysfs_write(sound->enable_path, "0");
}

void sound_free(struct sound *sound)
{
	if (!sound)
		return;
	stop(sound);
	free(sound);
}
