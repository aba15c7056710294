/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ui-lines.c - a whole front end: one line for the tank, one for each card,
 * and Return does the next sensible thing. docs/frontend-howto.md explains it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/client/frontend.h"

struct lines {
	struct frontend_host *host;
	bool is_loud;
};

static const struct frontend_setting settings[] = {
	{"loud", NULL, "ring the bell when a card is finished or has a problem", false},
	{0},
};

static int set(void *state, const char *key, const char *value)
{
	struct lines *lines = state;

	(void)key; /* there is only one */
	return text_parse_bool(value, &lines->is_loud);
}

static int lines_open(void *state, struct frontend_host *host)
{
	struct lines *lines = state;

	lines->host = host;
	return isatty(STDIN_FILENO) ? frontend_host_watch(host, STDIN_FILENO, EPOLLIN) : 0;
}

static void show(void *state, const struct tank_model *model, uint32_t changed)
{
	const struct lines *lines = state;
	const struct model_tank *tank = &model->tank;

	if (!(changed & (CHANGED_CONNECTION | CHANGED_TANK | CHANGED_CARDS)))
		return; /* progress alone is too much for lines */
	(void)printf("[%s] %s. %s\n", tank_state_name(tank->state), tank->headline, tank->detail);
	for (uint32_t i = 0; i < model->cards_count; i++) {
		const struct model_card *card = &model->cards[i];

		(void)printf("  %s: %s, %" PRIu32 " %%. %s\n", card->label, card->headline,
			card->progress_permille / 10, card->removal);
	}
	if (tank->next_command != COMMAND_NONE)
		(void)printf("  Return: %s\n", command_label(tank->next_command));
	if (lines->is_loud && (tank->is_done || tank->state == TANK_ERROR))
		(void)putchar('\a');
	(void)fflush(stdout);
}

static void ready(void *state, int fd, uint32_t events)
{
	struct lines *lines = state;
	const struct model_tank *tank = &frontend_host_model(lines->host)->tank;
	char typed[64];

	(void)events;
	if (read(fd, typed, sizeof(typed)) <= 0)
		frontend_host_quit(lines->host, 0);
	else if (tank->next_command != COMMAND_NONE)
		(void)frontend_host_command(lines->host, tank->next_command, tank->next_card);
}

static void reply(void *state, const struct message_reply *answer)
{
	(void)state;
	if (answer->code != REPLY_OK)
		(void)printf("  %s %s\n", answer->sentence, answer->remedy);
}

static const struct frontend frontend_lines = {
	.name = "lines",
	.summary = "Shows the tank and its cards as plain lines.",
	.state_size = sizeof(struct lines),
	.settings = settings,
	.set = set,
	.open = lines_open,
	.show = show,
	.ready = ready,
	.reply = reply,
};

int main(int argc, char **argv)
{
	return frontend_main(&frontend_lines, argc, argv);
}
