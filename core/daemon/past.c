/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/past.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "core/daemon/child.h"
#include "core/protocol/import_json.h"

#define LINE_BYTES_MAX (64 * 1024)
#define LIMIT "200" /* more than is shown: a card that was here before is recognised by them */
#define ARGUMENTS_MAX 12

struct past {
	struct child *child; /* owned */
	const struct past_handler *handler; /* borrowed */
	void *userdata;
};

static void on_line(void *userdata, const char *line, size_t length)
{
	struct past *past = userdata;
	struct import_json record;

	if (line && import_json_decode(line, length, &record) == 0)
		past->handler->import(past->userdata, &record.import, record.identity);
}

static void on_ended(void *userdata, const siginfo_t *how)
{
	struct past *past = userdata;

	if (how->si_code != CLD_EXITED || how->si_status != 0)
		log_info("the tank's history could not be read; a new tank has none");
	past->handler->ended(past->userdata);
}

static const struct child_handler child_handler = {on_line, on_ended};

int past_new(struct past **ret, sd_event *event, const char *program, const char *config_path,
	const char *tank_path, const struct past_handler *handler, void *userdata)
{
	const char *argv[ARGUMENTS_MAX] = {program, "history", "--json", "--limit", LIMIT};
	struct past *past = calloc(1, sizeof(*past));
	size_t count = 5;
	int r;

	if (!past)
		return -ENOMEM;
	if (config_path) {
		argv[count++] = "--config";
		argv[count++] = config_path;
	}
	if (tank_path) {
		argv[count++] = "--tank";
		argv[count++] = tank_path;
	}
	past->handler = handler;
	past->userdata = userdata;
	r = child_new(&past->child, event, argv, LINE_BYTES_MAX, &child_handler, past);
	if (r < 0) {
		free(past);
		return r;
	}
	*ret = past;
	return 0;
}

void past_free(struct past *past)
{
	if (!past)
		return;
	child_free(past->child);
	free(past);
}
