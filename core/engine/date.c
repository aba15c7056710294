/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * date.c - asks the probe what each copied file says of itself.
 *
 * It reads the temporary, which is still in memory, not the card: that one is read once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/fd.h"
#include "core/engine/run.h"

/* The probe gets no right to write: a second, read-only descriptor of the same file. */
static int reopen_read_only(const struct run *run, const struct tank_temp *temp)
{
	char proc[40];
	int fd;

	if (temp->name[0])
		return fd_open_regular(run->tank.run_fd, temp->name);
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", temp->fd);
	fd = open(proc, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void ask(struct run *run, struct probe *probe, struct item *item)
{
	CLEANUP(fd_closep) int fd = reopen_read_only(run, &item->temp);
	int r;

	if (fd < 0)
		return; /* no facts: the file's own time serves */
	r = probe_read_facts(probe, fd, &item->facts);
	item->has_facts = r == 0;
	if (r == -ENOENT || r == -EACCES || r == -ECHILD) {
		if (!atomic_exchange(&run->probe_is_missing, true))
			report_notice(run, FAULT_PROBE_MISSING, r, NULL, 0);
	} else if (r < 0) {
		report_notice(run, FAULT_PROBE_CRASHED, r, item->escaped_path, 0);
	}
}

static struct probe *start_probe(struct run *run)
{
	struct probe_options options = {.program = run->options->probe_program,
		.deadline_ms = run->options->probe_deadline_ms,
		.memory_bytes = run->options->probe_memory_bytes};
	struct probe *probe = NULL;
	int r = probe_new(&probe, &options);

	if (r < 0 && !atomic_exchange(&run->probe_is_missing, true))
		report_notice(run, FAULT_PROBE_MISSING, r, NULL, 0);
	return probe;
}

void *date_thread(void *userdata)
{
	struct run *run = userdata;
	struct probe *probe = start_probe(run);
	struct item *item;

	while ((item = item_queue_pop(&run->copied, 0))) {
		if (probe && !item->known_id && !item->error)
			ask(run, probe, item);
		item_queue_push(&run->dated, item);
	}
	item_queue_end(&run->dated);
	probe_free(probe);
	return NULL;
}
