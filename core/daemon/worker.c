/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/daemon/child.h"
#include "core/protocol/event_json.h"

#define ARGUMENTS_MAX 16
#define SHOWN_BYTES 120

struct worker {
	const struct worker_handler *handler; /* borrowed */
	void *userdata;
	struct child *child; /* owned */
	bool is_garbled; /* it said something that is no event: nothing of it counts any more */
};

static void give_up_on(struct worker *worker, const char *line)
{
	char shown[SHOWN_BYTES] = "(too long)";

	if (line)
		(void)text_escape(line, shown, sizeof(shown));
	log_error("a worker said something that is no event, and is stopped: %s", shown);
	worker->is_garbled = true;
	worker_stop(worker);
}

static void on_line(void *userdata, const char *line, size_t length)
{
	struct worker *worker = userdata;
	struct event_json *decoded = NULL;
	int r;

	if (worker->is_garbled)
		return;
	r = line ? event_json_decode(line, length, &decoded) : -EMSGSIZE;
	if (r == 0)
		worker->handler->event(worker->userdata, &decoded->event);
	else if (r != -ENOMSG)
		give_up_on(worker, line);
	event_json_free(decoded);
}

static void log_end(const siginfo_t *how)
{
	if (how->si_code == CLD_EXITED)
		log_info("a worker ended with status %d", how->si_status);
	else
		log_error("a worker was ended by signal %d (%s)", how->si_status,
			sigabbrev_np(how->si_status) ?: "?");
}

static void on_ended(void *userdata, const siginfo_t *how)
{
	struct worker *worker = userdata;

	log_end(how);
	worker->handler->ended(worker->userdata, how->si_code == CLD_EXITED && !worker->is_garbled);
}

static const struct child_handler child_handler = {.line = on_line, .ended = on_ended};

static void add(const char **argv, size_t *count, const char *name, const char *value)
{
	if (!value)
		return;
	argv[(*count)++] = name;
	argv[(*count)++] = value;
}

static void fill_arguments(const char **argv, const struct worker_options *options)
{
	size_t count = 0;

	argv[count++] = options->program;
	argv[count++] = "import";
	argv[count++] = "--json";
	add(argv, &count, "--config", options->config_path);
	add(argv, &count, "--tank", options->tank_path);
	/* The disk may go away between our look and the worker's: it must not make a folder. */
	if (options->tank_path)
		argv[count++] = "--tank-must-exist";
	add(argv, &count, "--card-id", options->card_id);
	add(argv, &count, "--card-label", options->card_label);
	add(argv, &count, "--", options->source_path);
	argv[count] = NULL;
}

int worker_new(struct worker **ret, sd_event *event, const struct worker_options *options,
	const struct worker_handler *handler, void *userdata)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	const char *argv[ARGUMENTS_MAX];
	int r;

	if (!worker)
		return -ENOMEM;
	worker->handler = handler;
	worker->userdata = userdata;
	fill_arguments(argv, options);
	r = child_new(&worker->child, event, argv, EVENT_LINE_BYTES_MAX, &child_handler, worker);
	if (r < 0) {
		free(worker);
		return r;
	}
	*ret = worker;
	return 0;
}

void worker_stop(struct worker *worker)
{
	child_stop(worker->child, WORKER_GRACE_USEC);
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	child_free(worker->child);
	free(worker);
}
