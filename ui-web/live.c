/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/protocol/message.h"
#include "core/tone.h"
#include "ui-web/json_writer.h"
#include "ui-web/web.h"

#define STREAM_BLOCK_BYTES (16 * 1024)
#define STREAM_LIFE_USEC (UINT64_C(3600) * 1000000) /* then it comes again, and is asked again */
#define COMMANDS_MAX 32

/* One state as an event; lives as long as somebody is reading it. */
struct frame {
	unsigned int users_count;
	size_t size_bytes;
	char text[];
};

struct stream {
	struct live *live;
	struct request *request; /* borrowed */
	struct frame *frame; /* being sent, or NULL */
	size_t at_bytes;
	uint64_t shown; /* number of the state that was sent last */
	uint64_t ends_usec;
	bool is_beat_due;
};

/* A command whose answer is awaited. */
struct pending {
	struct request *request; /* NULL: free */
	int64_t id;
	uint64_t deadline_usec;
	struct message_reply reply;
	bool is_answered;
};

struct live {
	struct web *web; /* borrowed */
	struct frame *frame; /* the newest, or NULL: to be made */
	uint64_t number; /* of the newest state */
	bool is_changed;
	uint64_t shown_usec, beat_usec;
	struct stream *streams[LIVE_STREAMS_MAX];
	struct pending commands[COMMANDS_MAX];
};

struct live *live_new(struct web *web)
{
	struct live *live = calloc(1, sizeof(*live));

	if (live) {
		live->web = web;
		live->number = 1;
	}
	return live;
}

/* --- the state --- */

static const char *connection_word(enum connection_state state)
{
	static const char *const words[] = {[CONNECTION_CONNECTING] = "connecting",
		[CONNECTION_UP] = "up",
		[CONNECTION_NONE] = "none"};

	return words[state];
}

static void write_commands(struct json_writer *writer)
{
	json_writer_open(writer, "labels", '{');
	for (int i = COMMAND_NONE + 1; i < COMMANDS_COUNT; i++)
		if (command_about((enum command)i) != COMMAND_ABOUT_NONE)
			json_writer_text(writer, command_name((enum command)i),
				command_label((enum command)i));
	json_writer_close(writer, '}');
}

static void write_tones(struct json_writer *writer, const struct tank_model *model)
{
	json_writer_text(writer, "tone", tone_name(tone_of_tank(model)));
	json_writer_open(writer, "card_tones", '[');
	for (uint32_t i = 0; i < model->cards_count; i++)
		json_writer_text(writer, NULL, tone_name(tone_of_card(&model->cards[i])));
	json_writer_close(writer, ']');
	json_writer_open(writer, "history_tones", '[');
	for (uint32_t i = 0; i < model->history_count; i++)
		json_writer_text(
			writer, NULL, tone_name(tone_of_verdict(model->history[i].verdict)));
	json_writer_close(writer, ']');
}

/* NULL without memory. */
static char *state_new(const struct live *live)
{
	const struct tank_model *model = frontend_host_model(live->web->host);
	CLEANUP(freep) char *snapshot = message_encode_snapshot(model, live->number);
	struct json_writer writer = {0};

	if (!snapshot)
		return NULL;
	json_writer_open(&writer, NULL, '{');
	json_writer_text(&writer, "connection", connection_word(model->connection));
	json_writer_bool(&writer, "may_command", model->may_command);
	write_tones(&writer, model);
	write_commands(&writer);
	json_writer_raw(&writer, "state", snapshot);
	json_writer_close(&writer, '}');
	return json_writer_take(&writer);
}

void live_state(struct request *request)
{
	request_send_json(request, MHD_HTTP_OK, state_new(request->web->live));
}

static void frame_unref(struct frame *frame)
{
	if (frame && --frame->users_count == 0)
		free(frame);
}

static struct frame *frame_new(const struct live *live)
{
	static const char before[] = "data: ", behind[] = "\n\n";
	CLEANUP(freep) char *state = state_new(live);
	size_t bytes = state ? strlen(before) + strlen(state) + strlen(behind) : 0;
	struct frame *frame = state ? malloc(sizeof(*frame) + bytes + 1) : NULL;

	if (!frame)
		return NULL;
	frame->users_count = 1;
	frame->size_bytes = bytes;
	(void)snprintf(frame->text, bytes + 1, "%s%s%s", before, state, behind);
	return frame;
}

/* --- streams --- */

static bool may_go_on(const struct stream *stream, uint64_t now_usec)
{
	const struct web *web = stream->live->web;

	return now_usec < stream->ends_usec &&
		(web->may_guests_read ||
			auth_is_open(web->auth, stream->request->session, now_usec));
}

/* The next thing to send; false: there is nothing new. */
static bool take_frame(struct stream *stream)
{
	struct live *live = stream->live;

	frame_unref(stream->frame);
	stream->frame = NULL;
	stream->at_bytes = 0;
	if (stream->shown == live->number)
		return false;
	if (!live->frame)
		live->frame = frame_new(live);
	if (!live->frame)
		return false; /* the next change tries again */
	stream->frame = live->frame;
	stream->frame->users_count++;
	stream->shown = live->number;
	return true;
}

static ssize_t send_beat(struct stream *stream, char *block)
{
	static const char beat[] = "event: beat\ndata:\n\n";

	stream->is_beat_due = false;
	memcpy(block, beat, strlen(beat));
	return (ssize_t)strlen(beat);
}

static ssize_t read_stream(void *userdata, uint64_t position, char *block, size_t block_bytes)
{
	struct stream *stream = userdata;
	size_t count;

	(void)position;
	if (!stream->frame || stream->at_bytes == stream->frame->size_bytes) {
		if (!may_go_on(stream, frontend_host_now_usec(stream->live->web->host)))
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (!take_frame(stream)) {
			if (stream->is_beat_due)
				return send_beat(stream, block);
			request_wait(stream->request);
			return 0;
		}
	}
	count = stream->frame->size_bytes - stream->at_bytes;
	if (count > block_bytes)
		count = block_bytes;
	memcpy(block, stream->frame->text + stream->at_bytes, count);
	stream->at_bytes += count;
	return (ssize_t)count;
}

static void forget_stream(struct request *request)
{
	struct stream *stream = request->own;
	struct live *live = stream->live;

	for (size_t i = 0; i < LIVE_STREAMS_MAX; i++)
		if (live->streams[i] == stream)
			live->streams[i] = NULL;
	frame_unref(stream->frame);
	free(stream);
}

/* One address does not take all, nor do guests. */
static bool may_watch(const struct live *live, const struct request *request)
{
	unsigned int of_address = 0, of_guests = 0;

	for (size_t i = 0; i < LIVE_STREAMS_MAX; i++)
		if (live->streams[i]) {
			const struct request *other = live->streams[i]->request;

			of_address += !strcmp(other->address, request->address);
			of_guests += !other->session;
		}
	return of_address < LIVE_STREAMS_PER_ADDRESS &&
		(request->session || of_guests < LIVE_STREAMS_MAX / 2);
}

static struct stream *stream_new(struct live *live, struct request *request)
{
	if (!may_watch(live, request))
		return NULL;
	for (size_t i = 0; i < LIVE_STREAMS_MAX; i++) {
		struct stream *stream = live->streams[i] ? NULL : calloc(1, sizeof(*stream));

		if (!stream)
			continue;
		live->streams[i] = stream;
		stream->live = live;
		stream->request = request;
		stream->ends_usec = frontend_host_now_usec(live->web->host) + STREAM_LIFE_USEC;
		request->own = stream;
		request->forget = forget_stream;
		return stream;
	}
	return NULL;
}

void live_events(struct request *request)
{
	struct stream *stream;
	struct MHD_Response *response;

	if (request->method == METHOD_HEAD || !(stream = stream_new(request->web->live, request))) {
		request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
			"Too many are watching at the moment.", "Close a page elsewhere.");
		return;
	}
	response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, read_stream, stream, NULL);
	if (response)
		(void)response_header(response, "Content-Type", "text/event-stream");
	request_send(request, MHD_HTTP_OK, response);
	live_tick(request->web->live, frontend_host_now_usec(request->web->host));
}

static void wake_streams(struct live *live, bool is_beat)
{
	for (size_t i = 0; i < LIVE_STREAMS_MAX; i++)
		if (live->streams[i]) {
			live->streams[i]->is_beat_due |= is_beat;
			request_wake(live->streams[i]->request);
		}
}

static bool is_anybody_watching(const struct live *live)
{
	for (size_t i = 0; i < LIVE_STREAMS_MAX; i++)
		if (live->streams[i])
			return true;
	return false;
}

void live_session_ended(struct live *live)
{
	wake_streams(live, false);
}

void live_changed(struct live *live)
{
	live->is_changed = true;
	live_tick(live, frontend_host_now_usec(live->web->host));
}

static void show_newest(struct live *live, uint64_t now_usec)
{
	live->is_changed = false;
	live->shown_usec = now_usec;
	live->number++;
	frame_unref(live->frame);
	live->frame = NULL; /* made when somebody wants it */
	wake_streams(live, false);
}

/* --- commands --- */

static const char *const no_connection =
	"This could not be sent: there is no connection to imgtank.";

static void send_reply(struct request *request, const struct message_reply *reply)
{
	struct json_writer writer = {0};

	json_writer_open(&writer, NULL, '{');
	json_writer_bool(&writer, "ok", reply->code == REPLY_OK);
	json_writer_text(&writer, "code", reply_code_name(reply->code));
	json_writer_text(&writer, "sentence", reply->sentence);
	json_writer_text(&writer, "remedy", reply->remedy);
	json_writer_close(&writer, '}');
	request_send_json(request, reply->code == REPLY_OK ? MHD_HTTP_OK : MHD_HTTP_CONFLICT,
		json_writer_take(&writer));
}

static void forget_command(struct request *request)
{
	struct pending *pending = request->own;

	*pending = (struct pending){0};
}

/* Called again when the answer is there, or the time is over. */
static void finish_command(struct request *request)
{
	struct pending *pending = request->own;

	if (pending->is_answered)
		send_reply(request, &pending->reply);
	else
		request_refuse(request, MHD_HTTP_GATEWAY_TIMEOUT, "imgtank did not answer.",
			"Look whether it was done, then try again.");
}

static int64_t send_command(struct web *web, const struct command_request *command)
{
	if (command_about(command->command) == COMMAND_ABOUT_NONE)
		return -EINVAL;
	if (command->force)
		return frontend_host_command_force(web->host, command->command);
	return frontend_host_command(
		web->host, command->command, *command->card ? command->card : NULL);
}

static void begin_command(
	struct request *request, struct pending *pending, const struct command_request *command)
{
	int64_t id = send_command(request->web, command);

	if (id == -EINVAL) {
		request_refuse(request, MHD_HTTP_BAD_REQUEST, "There is no such command here.",
			"Reload the page.");
	} else if (id < 0) {
		request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE, no_connection,
			"It is tried again all the time.");
	} else {
		pending->request = request;
		pending->id = id;
		pending->deadline_usec =
			frontend_host_now_usec(request->web->host) + LIVE_REPLY_USEC;
		request->own = pending;
		request->forget = forget_command;
		request_wait(request);
		live_tick(request->web->live, frontend_host_now_usec(request->web->host));
	}
}

static struct pending *free_place(struct live *live)
{
	for (size_t i = 0; i < COMMANDS_MAX; i++)
		if (!live->commands[i].request)
			return &live->commands[i];
	return NULL;
}

void live_command(struct request *request)
{
	struct command_request command;
	struct pending *pending = free_place(request->web->live);
	enum reply_code code;

	if (request->own) {
		finish_command(request);
		return;
	}
	code = command_decode(request->body ? request->body : "", request->body_bytes, &command);
	if (code != REPLY_OK)
		request_refuse(request, MHD_HTTP_BAD_REQUEST, reply_code_sentence(code),
			reply_code_remedy(code));
	else if (!pending)
		request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE, "Too much is asked at once.",
			"Try again.");
	else
		begin_command(request, pending, &command);
}

void live_reply(struct live *live, const struct message_reply *reply)
{
	for (size_t i = 0; i < COMMANDS_MAX; i++) {
		struct pending *pending = &live->commands[i];

		if (pending->request && pending->id == reply->id) {
			pending->reply = *reply;
			pending->is_answered = true;
			request_wake(pending->request);
		}
	}
}

static uint64_t end_late_commands(struct live *live, uint64_t now_usec)
{
	uint64_t next_usec = FRONTEND_NEVER;

	for (size_t i = 0; i < COMMANDS_MAX; i++) {
		struct pending *pending = &live->commands[i];

		if (!pending->request || !pending->request->is_waiting)
			continue;
		if (pending->deadline_usec <= now_usec)
			request_wake(pending->request);
		else if (pending->deadline_usec < next_usec)
			next_usec = pending->deadline_usec;
	}
	return next_usec;
}

/* --- time --- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void live_tick(struct live *live, uint64_t now_usec)
{
	uint64_t next_usec = end_late_commands(live, now_usec);

	if (live->is_changed && now_usec >= live->shown_usec + LIVE_PAUSE_USEC)
		show_newest(live, now_usec);
	if (now_usec >= live->beat_usec + LIVE_HEARTBEAT_USEC) {
		live->beat_usec = now_usec;
		wake_streams(live, true);
	}
	if (live->is_changed)
		next_usec = earlier(next_usec, live->shown_usec + LIVE_PAUSE_USEC);
	if (is_anybody_watching(live))
		next_usec = earlier(next_usec, live->beat_usec + LIVE_HEARTBEAT_USEC);
	frontend_host_timer(live->web->host, WEB_TIMER_LIVE, next_usec);
}

void live_free(struct live *live)
{
	if (live)
		frame_unref(live->frame);
	free(live);
}
