/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/unplug.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/log.h"

#define MS_PER_S 1000
#define USEC_PER_MS UINT64_C(1000)

struct unplug {
	sd_event_source *timer;
	const struct unplug_handler *handler; /* borrowed */
	void *userdata;
	uint32_t grace_ms;
	bool is_counting;
	uint32_t ends_seen; /* cards that went well when it was last announced or called off */
};

bool unplug_may_halt(const struct tank_model *model)
{
	const struct model_tank *tank = &model->tank;

	return tank->is_ready && tank->is_mounted && tank->fault == FAULT_NONE &&
		tank->halting == HALTING_NONE && model->cards_count == 0 &&
		tank->unlisted_count == 0 && tank->errors_count == 0 && tank->good_ends_count > 0 &&
		tank->bad_ends_count == 0;
}

static int on_due(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct unplug *unplug = userdata;

	(void)source;
	(void)usec;
	unplug->is_counting = false;
	unplug->handler->due(unplug->userdata);
	return 0;
}

static void call_off(struct unplug *unplug)
{
	unplug->is_counting = false;
	(void)sd_event_source_set_enabled(unplug->timer, SD_EVENT_OFF);
	unplug->handler->called_off(unplug->userdata);
}

static void announce(struct unplug *unplug)
{
	int r = sd_event_source_set_time_relative(unplug->timer, unplug->grace_ms * USEC_PER_MS);

	if (r >= 0)
		r = sd_event_source_set_enabled(unplug->timer, SD_EVENT_ONESHOT);
	if (r < 0) {
		(void)log_errno(LOG_LEVEL_WARNING, r, "the box will not shut down by itself");
		return;
	}
	unplug->is_counting = true;
	unplug->handler->announced(unplug->userdata, (unplug->grace_ms + MS_PER_S - 1) / MS_PER_S);
}

/* Once for each time that the last card comes out: who said "stay" is not asked again. */
void unplug_look(struct unplug *unplug, const struct tank_model *model)
{
	bool may_halt = unplug_may_halt(model);

	if (unplug->is_counting && !may_halt)
		call_off(unplug);
	if (unplug->is_counting || !may_halt || model->tank.good_ends_count == unplug->ends_seen)
		return;
	unplug->ends_seen = model->tank.good_ends_count;
	announce(unplug);
}

void unplug_stay(struct unplug *unplug, const struct tank_model *model)
{
	unplug->ends_seen = model->tank.good_ends_count;
	if (unplug->is_counting)
		call_off(unplug);
}

int unplug_new(struct unplug **ret, sd_event *event, uint32_t grace_ms,
	const struct unplug_handler *handler, void *userdata)
{
	struct unplug *unplug = calloc(1, sizeof(*unplug));
	int r;

	if (!unplug)
		return -ENOMEM;
	*unplug = (struct unplug){.handler = handler, .userdata = userdata, .grace_ms = grace_ms};
	r = sd_event_add_time_relative(
		event, &unplug->timer, CLOCK_MONOTONIC, 0, 0, on_due, unplug);
	if (r >= 0)
		r = sd_event_source_set_enabled(unplug->timer, SD_EVENT_OFF);
	if (r < 0) {
		unplug_free(unplug);
		return r;
	}
	*ret = unplug;
	return 0;
}

void unplug_free(struct unplug *unplug)
{
	if (!unplug)
		return;
	(void)sd_event_source_disable_unref(unplug->timer);
	free(unplug);
}
