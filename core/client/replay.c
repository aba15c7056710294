/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay.c - recorded lines of a daemon, with the pauses that they had: the
 * times of their syncs say when.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/client/host_priv.h"

struct replay {
	struct frontend_host *host; /* borrowed */
	FILE *file;
	double speed;
	sd_event_source *timer;
	uint64_t recorded_usec; /* of the last sync with a time; 0 before the first */
	char *line; /* owned, for getline() */
	size_t line_bytes;
	uint32_t line_number;
};

static uint64_t delay_until(struct replay *replay, uint64_t time_usec)
{
	uint64_t before_usec = replay->recorded_usec;

	if (time_usec)
		replay->recorded_usec = time_usec;
	if (!before_usec || time_usec <= before_usec || replay->speed <= 0)
		return 0;
	return (uint64_t)((double)(time_usec - before_usec) / replay->speed);
}

/* Waits, then shows the group that has just been read. */
static int show_after(struct replay *replay, uint64_t delay_usec)
{
	int r = sd_event_source_set_time_relative(replay->timer, delay_usec);

	return r < 0 ? r : sd_event_source_set_enabled(replay->timer, SD_EVENT_ONESHOT);
}

/* Applies lines up to the next sync. 1 if there was one, 0 at the end, or a negative errno. */
static int read_group(struct replay *replay, uint64_t *time_usec)
{
	ssize_t length;

	while ((length = getline(&replay->line, &replay->line_bytes, replay->file)) >= 0) {
		struct message message;
		int r = message_decode(replay->line, (size_t)length, &message);
		bool is_sync = r == 0 && message.type == MESSAGE_SYNC;

		replay->line_number++;
		if (r < 0)
			return log_errno(LOG_LEVEL_ERROR, r, "line %u is not one of the protocol",
				replay->line_number);
		*time_usec = message.time_usec;
		host_apply(replay->host, &message);
		message_finish(&message);
		if (is_sync)
			return 1;
	}
	return ferror(replay->file) ? -EIO : 0;
}

static int on_turn(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct replay *replay = userdata;
	uint64_t time_usec = 0;
	int r;

	(void)source;
	(void)usec;
	host_show(replay->host);
	r = read_group(replay, &time_usec);
	if (r > 0)
		r = show_after(replay, delay_until(replay, time_usec));
	else
		frontend_host_quit(replay->host, r < 0 ? FRONTEND_EXIT_TROUBLE : FRONTEND_EXIT_OK);
	return r < 0 ? r : 0;
}

int replay_open(struct replay **ret, struct frontend_host *host, const char *path, double speed)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	int r;

	if (!replay)
		return -ENOMEM;
	*replay = (struct replay){.host = host, .speed = speed};
	replay->file = !strcmp(path, "-") ? stdin : fopen(path, "re");
	r = replay->file ? 0 : -errno;
	if (r == 0)
		r = sd_event_add_time_relative(
			host->event, &replay->timer, CLOCK_MONOTONIC, 0, 1, on_turn, replay);
	if (r < 0)
		replay_close(replay);
	else
		*ret = replay;
	return r < 0 ? r : 0;
}

void replay_close(struct replay *replay)
{
	if (!replay)
		return;
	(void)sd_event_source_disable_unref(replay->timer);
	if (replay->file && replay->file != stdin)
		(void)fclose(replay->file);
	free(replay->line);
	free(replay);
}
