/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_peer.c - a whole client of the daemon: bytes in any pieces, reading or not, while the
 * daemon sends it lines of its own. Whatever it does, what comes back is whole lines that
 * the client library can decode, nobody without rights commands, and memory is bounded.
 *
 * Each byte of the input says what happens next; a byte above ACTIONS_MAX is sent as it is.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <systemd/sd-event.h>

#include "core/base/cleanup.h"
#include "core/base/lines.h"
#include "core/base/log.h"
#include "core/daemon/peer.h"
#include "core/protocol/message.h"

#define ACTIONS_MAX 8
#define TURNS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
	sd_event *event;
	struct peer *peer;
	struct line_reader reader;
	int fd; /* the client's end */
	bool may_command;
	size_t sent_lines, replies_count;
};

static enum reply_code on_command(void *userdata, const struct command_request *request,
	const char **sentence, const char **remedy)
{
	struct fuzz *fuzz = userdata;

	assert(fuzz->may_command);
	assert(request->id > 0 && request->command > COMMAND_NONE);
	*sentence = "Nothing was done.";
	*remedy = "Try it with a card.";
	return request->force ? REPLY_OK : REPLY_NOT_NOW;
}

static struct queue_line *on_snapshot(void *userdata)
{
	struct tank_model *model = model_new();
	CLEANUP(freep) char *text = message_encode_snapshot(model, 1);

	(void)userdata;
	model_free(model);
	return queue_line_new(MESSAGE_SNAPSHOT, "", text);
}

static void on_gone(void *userdata, struct peer *peer)
{
	struct fuzz *fuzz = userdata;

	peer_free(peer);
	fuzz->peer = NULL;
}

static struct queue_line *on_access(void *userdata)
{
	(void)userdata;
	return queue_line_new(MESSAGE_ACCESS, "", "{\"event\":\"access\"}\n");
}

static const struct peer_handler handler = {on_command, on_snapshot, on_access, on_gone};

static void check_line(struct fuzz *fuzz, const char *line, size_t length)
{
	struct message message;

	assert(message_decode(line, length, &message) == 0);
	if (message.type == MESSAGE_REPLY) {
		fuzz->replies_count++;
		assert(message.reply.code == REPLY_OK ||
			(*message.reply.sentence && *message.reply.remedy));
	}
	message_finish(&message);
}

/* The client takes what is there. */
static void take(struct fuzz *fuzz)
{
	while (line_reader_fill(&fuzz->reader, fuzz->fd) > 0) {
		size_t length = 0;
		char *line = NULL;
		int r;

		while ((r = line_reader_next(&fuzz->reader, &line, &length)) != 0) {
			assert(r > 0);
			check_line(fuzz, line, length);
		}
	}
	/* One for each line; one that is too long is answered before its end. */
	assert(fuzz->replies_count <= fuzz->sent_lines + 1);
}

static void turn(struct fuzz *fuzz)
{
	for (int i = 0; i < TURNS_MAX && sd_event_run(fuzz->event, 0) > 0; i++)
		;
}

/* The daemon has something to say. */
static void tell(struct fuzz *fuzz, enum message_type type)
{
	CLEANUP(freep) char *text = message_encode_sync(2, 1);
	struct queue_line *line = queue_line_new(type, "c1", text);

	assert(line);
	peer_send(fuzz->peer, line);
	queue_line_unref(line);
	peer_flush(fuzz->peer);
}

static void say(struct fuzz *fuzz, const void *bytes, size_t count)
{
	ssize_t n = send(fuzz->fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);

	for (ssize_t i = 0; i < n; i++)
		fuzz->sent_lines += ((const char *)bytes)[i] == '\n';
}

static void say_a_lot(struct fuzz *fuzz)
{
	static char block[32768];

	memset(block, '[', sizeof(block));
	say(fuzz, block, sizeof(block));
}

static void act(struct fuzz *fuzz, uint8_t action)
{
	static const char ping[] = "{\"id\":1,\"command\":\"ping\"}\n";

	switch (action) {
	case 0:
		turn(fuzz);
		break;
	case 1:
		take(fuzz);
		break;
	case 2:
		tell(fuzz, MESSAGE_SYNC);
		break;
	case 3:
		for (int i = 0; i < 100; i++)
			tell(fuzz, MESSAGE_TANK);
		break;
	case 4:
		say_a_lot(fuzz);
		break;
	case 5:
		for (int i = 0; i < 50; i++)
			say(fuzz, ping, sizeof(ping) - 1);
		break;
	case 6:
		peer_resync(fuzz->peer);
		break;
	default:
		(void)shutdown(fuzz->fd, SHUT_WR);
		break;
	}
}

/* Runs of plain bytes go out in one piece. */
static void play(struct fuzz *fuzz, const uint8_t *data, size_t size)
{
	size_t at = 0;

	while (at < size && fuzz->peer && !peer_is_gone(fuzz->peer)) {
		size_t count = 0;

		while (at + count < size && data[at + count] >= ACTIONS_MAX)
			count++;
		if (count > 0)
			say(fuzz, data + at, count);
		else
			act(fuzz, data[at]);
		at += count > 0 ? count : 1;
	}
}

static void settle(struct fuzz *fuzz)
{
	for (int i = 0; i < TURNS_MAX; i++) {
		turn(fuzz);
		take(fuzz);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz fuzz = {.may_command = size > 0 && (data[0] & 1)};
	int fds[2];

	log_set_level(LOG_LEVEL_ERROR);
	assert(sd_event_new(&fuzz.event) >= 0);
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	fuzz.fd = fds[0];
	line_reader_init(&fuzz.reader, MESSAGE_EVENT_BYTES_MAX);
	assert(peer_new(&fuzz.peer, fuzz.event, fds[1], 1000, fuzz.may_command, &handler, &fuzz) ==
		0);
	peer_flush(fuzz.peer);
	play(&fuzz, data, size);
	settle(&fuzz);
	peer_free(fuzz.peer);
	line_reader_finish(&fuzz.reader);
	fd_close(fuzz.fd);
	(void)sd_event_unref(fuzz.event);
	return 0;
}
