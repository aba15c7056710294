/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/trust.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/base/fd.h"

/* Never reached: only the setting of the clock is waited for. 2200-01-01. */
#define FAR_AWAY_S INT64_C(7258118400)

struct trust_watch {
	sd_event_source *source;
	void (*handler)(void *userdata);
	void *userdata;
	int fd; /* owned */
};

static int arm(int fd)
{
	const struct itimerspec far_away = {.it_value.tv_sec = FAR_AWAY_S};

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far_away, NULL) ==
			0
		? 0
		: -errno;
}

static int on_clock_set(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct trust_watch *watch = userdata;
	uint64_t count;

	(void)revents;
	/* ECANCELED is the news itself; anything else would come again at once. */
	if (read(fd, &count, sizeof(count)) >= 0 || errno != ECANCELED || arm(fd) < 0)
		(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	watch->handler(watch->userdata);
	return 0;
}

int trust_watch_new(
	struct trust_watch **ret, sd_event *event, void (*handler)(void *userdata), void *userdata)
{
	struct trust_watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	watch->handler = handler;
	watch->userdata = userdata;
	watch->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	r = watch->fd < 0 ? -errno : arm(watch->fd);
	if (r == 0)
		r = sd_event_add_io(event, &watch->source, watch->fd, EPOLLIN, on_clock_set, watch);
	if (r < 0) {
		trust_watch_free(watch);
		return r;
	}
	*ret = watch;
	return 0;
}

void trust_watch_free(struct trust_watch *watch)
{
	if (!watch)
		return;
	(void)sd_event_source_disable_unref(watch->source);
	if (watch->fd >= 0)
		(void)close(watch->fd);
	free(watch);
}
