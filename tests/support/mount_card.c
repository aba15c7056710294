/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mount_card.c DEVICE TYPE FOLDER - mounts a card as the daemon does, in a namespace of its own,
 * says "mounted" (or "mounted: why not"), and obeys lines: "unmount", "lazy"; at the end of them it
 * just ends.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "core/daemon/mount.h"

struct waiter {
	struct mount_job *job;
	int error;
	bool is_done;
};

static void on_done(void *userdata, int error)
{
	struct waiter *waiter = userdata;

	mount_job_free(waiter->job);
	waiter->job = NULL;
	waiter->error = error;
	waiter->is_done = true;
}

/* r: of the call that began it. */
static void tell(sd_event *event, struct waiter *waiter, int r, const char *what)
{
	while (r >= 0 && !waiter->is_done)
		r = sd_event_run(event, UINT64_MAX);
	if (r >= 0)
		r = waiter->error;
	(void)printf(r < 0 ? "%s: %s\n" : "%s\n", what, strerrorname_np(-r));
	(void)fflush(stdout);
	waiter->is_done = false;
}

static int obey(sd_event *event, const char *folder)
{
	struct waiter waiter = {0};
	char line[32];

	while (fgets(line, sizeof(line), stdin)) {
		bool is_lazy = !strcmp(line, "lazy\n");

		tell(event, &waiter,
			mount_undo(&waiter.job, event, folder, is_lazy, on_done, &waiter),
			"unmounted");
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct waiter waiter = {0};
	sd_event *event = NULL;
	sigset_t children;

	(void)sigemptyset(&children);
	(void)sigaddset(&children, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &children, NULL);
	if (argc != 4 || mount_allow(argv[2]) < 0 || mount_enter_namespace() < 0 ||
		sd_event_new(&event) < 0)
		return 2;
	tell(event, &waiter,
		mount_begin(&waiter.job, event, argv[1], argv[2], argv[3], on_done, &waiter),
		"mounted");
	(void)obey(event, argv[3]);
	sd_event_unref(event);
	return 0;
}
