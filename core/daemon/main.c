/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * main.c - imgtankd: the loop, and the signals that end it.
 */
#include <signal.h>
#include <stdlib.h>

#include <systemd/sd-event.h>

#include "core/base/log.h"
#include "core/daemon/options.h"

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	(void)source;
	(void)info;
	daemon_stop(userdata);
	return 0;
}

/* SIGCHLD, too: workers are watched by the loop. */
static void block_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static int serve(sd_event *event, const struct daemon_options *options)
{
	struct daemon *daemon = NULL;
	int r = daemon_new(&daemon, event, options);

	if (r < 0)
		return r;
	(void)sd_event_set_watchdog(event, 1); /* only if systemd has asked for it */
	r = sd_event_add_signal(event, NULL, SIGTERM, on_stop, daemon);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGINT, on_stop, daemon);
	if (r >= 0)
		r = sd_event_loop(event);
	daemon_free(daemon);
	return r;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	sd_event *event = NULL;
	int r;

	log_set_program("imgtankd");
	block_signals();
	r = options_read(&options, argc, argv);
	if (r >= 0) {
		options_finish(&options);
		return r;
	}
	r = sd_event_new(&event);
	if (r >= 0)
		r = serve(event, &options.daemon);
	if (r < 0)
		(void)log_errno(LOG_LEVEL_ERROR, r, "imgtankd cannot go on");
	(void)sd_event_unref(event);
	options_finish(&options);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
