/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/base/lines.h"
#include "core/base/text.h"

#define INPUT_BYTES_MAX 4096

struct record {
	struct frontend_host *host; /* borrowed; NULL before open() */
	FILE *out;
	const char *path; /* borrowed from the command line; NULL: standard output */
	bool has_input, has_latency, has_stamp, must_fail, is_missing;
	struct line_reader input;
};

static const struct frontend_setting settings[] = {
	{"output", "FILE", "write there instead of to standard output", true},
	{"input", NULL, "read commands from standard input", true},
	{"latency", NULL, "say how long each change took to come here", false},
	{"stamp", NULL, "say when each file in progress was shown, in microseconds", false},
	{"pretend", "WHAT", "missing or broken: how open() ends", false},
	{0},
};

static int set(void *state, const char *key, const char *value)
{
	struct record *record = state;

	if (!strcmp(key, "output"))
		record->path = value;
	else if (!strcmp(key, "input"))
		return text_parse_bool(value, &record->has_input);
	else if (!strcmp(key, "latency"))
		return text_parse_bool(value, &record->has_latency);
	else if (!strcmp(key, "stamp"))
		return text_parse_bool(value, &record->has_stamp);
	else if (!strcmp(value, "missing"))
		record->is_missing = true;
	else if (!strcmp(value, "broken"))
		record->must_fail = true;
	else
		return -EINVAL;
	return 0;
}

static int open_input(struct record *record)
{
	int flags = fcntl(STDIN_FILENO, F_GETFL);

	if (flags < 0 || fcntl(STDIN_FILENO, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return frontend_host_watch(record->host, STDIN_FILENO, EPOLLIN);
}

static int record_open(void *state, struct frontend_host *host)
{
	struct record *record = state;

	record->host = host;
	line_reader_init(&record->input, INPUT_BYTES_MAX);
	record->out = record->path ? fopen(record->path, "we") : stdout;
	if (!record->out)
		return -errno;
	(void)setvbuf(record->out, NULL, _IOLBF, 0);
	(void)fprintf(record->out, "open\n");
	if (record->is_missing)
		return -ENODEV;
	if (record->must_fail)
		return -EIO;
	return record->has_input ? open_input(record) : 0;
}

static void print_changed(FILE *out, uint32_t changed)
{
	static const char *const words[] = {
		"connection", "tank", "cards", "progress", "messages", "history"};
	const char *gap = " changed=";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!(changed & (1U << i)))
			continue;
		(void)fprintf(out, "%s%s", gap, words[i]);
		gap = ",";
	}
}

static void print_card(FILE *out, const struct model_card *card)
{
	(void)fprintf(out,
		"  card %s %s %s%s%s%s %" PRIu32 "/%" PRIu32 " files %" PRIu32 "‰ \"%s\" \"%s\" "
		"\"%s\"\n",
		card->id, card->label, card_state_name(card->state),
		card->may_remove ? " may-remove" : "", card->may_format ? " may-format" : "",
		card->needs_somebody ? " needs-somebody" : "",
		card->counts.files_known + card->counts.files_copied, card->counts.files_selected,
		card->progress_permille, card->headline, card->removal, card->detail);
}

static void print_latency(struct record *record, const struct tank_model *model)
{
	uint64_t now_usec = frontend_host_now_usec(record->host);

	if (record->has_latency && model->sync_time_usec && now_usec >= model->sync_time_usec)
		(void)fprintf(record->out, "latency_usec %" PRIu64 "\n",
			now_usec - model->sync_time_usec);
}

/* The file is written as it came: a test's engine may have put its own time there. */
static void print_stamps(struct record *record, const struct tank_model *model)
{
	uint64_t now_usec = frontend_host_now_usec(record->host);

	for (uint32_t i = 0; record->has_stamp && i < model->cards_count; i++)
		if (*model->cards[i].file)
			(void)fprintf(record->out, "stamp %" PRIu64 " %s\n", now_usec,
				model->cards[i].file);
}

static void show(void *state, const struct tank_model *model, uint32_t changed)
{
	static const char *const connections[] = {"connecting", "up", "none"};
	struct record *record = state;
	const struct model_tank *tank = &model->tank;

	print_stamps(record, model);
	print_latency(record, model);
	(void)fprintf(record->out, "show connection=%s tank=%s", connections[model->connection],
		tank_state_name(tank->state));
	print_changed(record->out, changed);
	if (tank->next_command != COMMAND_NONE)
		(void)fprintf(record->out, " next=%s:%s", command_name(tank->next_command),
			tank->next_card);
	(void)fprintf(record->out, " errors=%" PRIu32 ":%s \"%s\" \"%s\"\n", tank->errors_count,
		error_code_name(tank->error_code), tank->headline, tank->detail);
	for (uint32_t i = 0; i < model->cards_count; i++)
		print_card(record->out, &model->cards[i]);
}

static void event(void *state, const struct event *engine_event)
{
	struct record *record = state;

	(void)fprintf(record->out, "event %s %s %s\n", event_type_name(engine_event->type),
		engine_event->card, engine_event->file);
}

static void reply(void *state, const struct message_reply *answer)
{
	struct record *record = state;

	(void)fprintf(record->out, "reply %" PRId64 " %s \"%s\" \"%s\"\n", answer->id,
		reply_code_name(answer->code), answer->sentence, answer->remedy);
}

static void tick(void *state, unsigned int timer, uint64_t now_usec)
{
	struct record *record = state;

	(void)now_usec;
	(void)fprintf(record->out, "tick %u\n", timer);
}

static void on_signal(void *state, int number)
{
	struct record *record = state;

	(void)fprintf(record->out, "signal %s\n", sigabbrev_np(number));
}

static void send_command(struct record *record, const char *word, const char *card)
{
	enum command command;
	int64_t id;

	if (command_parse(word, &command) < 0) {
		(void)fprintf(record->out, "unknown %s\n", word);
		return;
	}
	if (card && !strcmp(card, "force"))
		id = frontend_host_command_force(record->host, command);
	else
		id = frontend_host_command(record->host, command, card);
	(void)fprintf(record->out, "command %s %" PRId64 "\n", word, id);
}

/* A line of the test that drives this: "eject c1", "timer 2 50", "watch-signal", "abort". */
static void obey(struct record *record, char *line)
{
	char *rest = line, *word = strsep(&rest, " ");

	if (!strcmp(word, "timer") && rest) {
		unsigned int timer = (unsigned int)strtoul(rest, &rest, 10);

		frontend_host_timer(record->host, timer,
			frontend_host_now_usec(record->host) + strtoul(rest, NULL, 10) * 1000);
	} else if (!strcmp(word, "watch-signal")) {
		(void)frontend_host_watch_signal(record->host, SIGWINCH);
	} else if (!strcmp(word, "abort")) {
		abort();
	} else if (!strcmp(word, "quit")) {
		frontend_host_quit(record->host, rest ? atoi(rest) : 0);
	} else {
		send_command(record, word, rest);
	}
}

static void ready(void *state, int fd, uint32_t events)
{
	struct record *record = state;
	ssize_t n = line_reader_fill(&record->input, fd);
	size_t length;
	char *line;

	(void)events;
	if (n <= 0 && n != -EAGAIN)
		(void)frontend_host_watch(record->host, fd, 0);
	while (line_reader_next(&record->input, &line, &length) > 0)
		obey(record, line);
}

/* What a crash handler may do: one write. */
static void crash(void *state)
{
	const struct record *record = state;
	ssize_t n = record->out ? write(fileno_unlocked(record->out), "crash\n", 6) : 0;

	(void)n;
}

static void record_close(void *state)
{
	struct record *record = state;

	line_reader_finish(&record->input);
	if (!record->out)
		return;
	(void)fprintf(record->out, "close\n");
	if (record->out != stdout)
		(void)fclose(record->out);
	record->out = NULL;
}

const struct frontend frontend_record = {
	.name = "record",
	.summary = "Writes down each call of the host: for tests, and for looking.",
	.flags = FRONTEND_FOLLOWS_FILES,
	.state_size = sizeof(struct record),
	.settings = settings,
	.set = set,
	.open = record_open,
	.show = show,
	.event = event,
	.reply = reply,
	.ready = ready,
	.tick = tick,
	.signal = on_signal,
	.crash = crash,
	.close = record_close,
};
