/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message.h - the protocol of the daemon's socket: one line of JSON to struct
 * and back. No I/O. The specification with its promises: docs/protocol.md.
 *
 * Daemon to client: hello, snapshot, sync; then groups of changes, each group
 * ended by a sync. Client to daemon: commands with an id, each answered by
 * exactly one reply. Lines are checked for size and depth before they are
 * parsed; unknown fields and unknown events are ignored.
 */
#ifndef IMGTANK_CORE_PROTOCOL_MESSAGE_H
#define IMGTANK_CORE_PROTOCOL_MESSAGE_H

#include "core/model.h"
#include "core/protocol/event_json.h"

#define PROTOCOL_NAME "imgtank"
#define PROTOCOL_MAJOR 1 /* other: the client must not go on */
#define PROTOCOL_MINOR 0 /* more: there are fields and events that it may ignore */

#define SOCKET_PATH_DEFAULT "/run/imgtank/imgtank.sock"
#define SOCKET_PATH_ENV "IMGTANK_SOCKET" /* in the environment: another default */

#define MESSAGE_COMMAND_BYTES_MAX (64 * 1024) /* a client's line with its line end */
#define MESSAGE_EVENT_BYTES_MAX (1024 * 1024) /* a daemon's; holds the fullest snapshot */
#define MESSAGE_DEPTH_MAX 8 /* objects and arrays inside each other */
#define MESSAGE_ID_MAX ((int64_t)1 << 53) /* ids of commands are 1 .. this */
#define MESSAGE_COMMANDS_PER_S 50 /* a client that sends more is told "too-fast" */
#define MESSAGE_COMMANDS_BURST 100

/* X(symbol, word): "event" of the daemon's lines, besides those of events.h */
#define MESSAGES(X)                                                                                \
	X(MESSAGE_HELLO, "hello")                                                                  \
	X(MESSAGE_SNAPSHOT, "snapshot")                                                            \
	X(MESSAGE_TANK, "tank")                                                                    \
	X(MESSAGE_CARD, "card") /* new, or changed: the whole card */                              \
	X(MESSAGE_PROGRESS, "progress") /* of one card and the tank: only what moves */            \
	X(MESSAGE_CARD_GONE, "card-gone")                                                          \
	X(MESSAGE_NOTE, "message") /* a new entry for messages[] */                                \
	X(MESSAGE_HISTORY, "history") /* a new entry for history[] */                              \
	X(MESSAGE_ACCESS, "access") /* only for those who asked for it and may command */          \
	X(MESSAGE_SYNC, "sync")

enum message_type {
	MESSAGE_UNKNOWN, /* of a newer daemon: ignore it */
#define MESSAGES_ENUM(symbol, word) symbol,
	MESSAGES(MESSAGES_ENUM)
#undef MESSAGES_ENUM
		MESSAGE_ENGINE, /* an event of the engine, after COMMAND_FOLLOW */
	MESSAGE_REPLY,
	MESSAGE_TYPES_COUNT
};

/* X(symbol, word, sentence, remedy): why a command was refused */
#define REPLY_CODES(X)                                                                             \
	X(REPLY_OK, "ok", "", "")                                                                  \
	X(REPLY_TOO_LONG, "too-long", "This line is too long.", "Send lines of up to 64 KiB.")     \
	X(REPLY_BAD_JSON, "bad-json", "This line is not a JSON object.",                           \
		"Send one JSON object a line, in UTF-8, nested 8 deep at most.")                   \
	X(REPLY_BAD_MESSAGE, "bad-message", "A field is missing or has the wrong type.",           \
		"Send an id (a whole number from 1) and a command (text).")                        \
	X(REPLY_UNKNOWN_COMMAND, "unknown-command", "There is no such command.",                   \
		"See protocol.md in /usr/share/doc/imgtank, or update imgtank.")                   \
	X(REPLY_TOO_FAST, "too-fast", "Too many commands at once.", "Wait a second.")              \
	X(REPLY_NOT_ALLOWED, "not-allowed", "You may watch, but not give commands.",               \
		"Become a member of the group imgtank, or use sudo.")                              \
	X(REPLY_UNKNOWN_CARD, "unknown-card", "There is no such card.",                            \
		"It may have been taken out.")                                                     \
	X(REPLY_WHICH_CARD, "which-card", "More than one card could be meant.",                    \
		"Say which one is meant.")                                                         \
	X(REPLY_NOT_NOW, "not-now", "This does not make sense at the moment.",                     \
		"It may have changed just now: look once more.")                                   \
	X(REPLY_BUSY, "busy", "A card is being copied.",                                           \
		"Wait until it is finished, cancel it, or insist.")                                \
	X(REPLY_HALTING, "halting", "The machine is shutting down.", "Wait until it is off.")      \
	X(REPLY_FAILED, "failed", "It was tried and did not work.",                                \
		"Try again. If it stays, look into the log.")

#define REPLY_CODES_ENUM(symbol, word, sentence, remedy) symbol,
enum reply_code { REPLY_CODES(REPLY_CODES_ENUM) REPLY_CODES_COUNT };
#undef REPLY_CODES_ENUM

struct message_hello {
	uint32_t protocol_major, protocol_minor;
	char version[32]; /* of the daemon */
	bool may_command;
};

struct message_reply {
	int64_t id; /* of the command; 0 if that could not be read */
	enum reply_code code;
	char sentence[MODEL_TEXT_BYTES]; /* what happened; "" with REPLY_OK */
	char remedy[MODEL_TEXT_BYTES];
};

/* A line of the daemon. What belongs to a type is set; all else is 0 or NULL. */
struct message {
	enum message_type type;
	uint64_t seq; /* grows from line to line in one daemon run; gaps are normal */
	uint64_t time_usec; /* of a sync: CLOCK_MONOTONIC of its oldest change, else 0 */
	struct message_hello hello;
	struct message_reply reply;
	struct tank_model *snapshot; /* owned */
	struct model_tank *tank; /* owned; MESSAGE_TANK and MESSAGE_PROGRESS */
	struct model_card *card; /* owned; MESSAGE_CARD and MESSAGE_PROGRESS */
	struct model_message *note; /* owned */
	struct model_import *import; /* owned; MESSAGE_HISTORY */
	struct model_access access; /* MESSAGE_ACCESS */
	struct event_json *engine; /* owned; MESSAGE_ENGINE */
	char card_id[MODEL_ID_BYTES]; /* MESSAGE_CARD_GONE */
};

/* A line of a client. */
struct command_request {
	int64_t id;
	enum command command;
	char card[MODEL_LABEL_BYTES]; /* id or label, or "": the only one that it can mean */
	bool force; /* poweroff and reboot: even while cards are copied */
	bool files; /* follow: every single file too */
	bool access; /* follow: how people get to the tank, too */
};

/*
 * Reads one line of the daemon, with or without its line end. 0 and a message
 * to finish; -EBADMSG if it is not one, -EMSGSIZE if it is too long or deep,
 * -ENOMEM. An event of an unknown name is MESSAGE_UNKNOWN, not an error.
 */
int message_decode(const char *line, size_t size_bytes, struct message *ret);

/*
 * The same for a state in a file: a snapshot, for which "event" may be missing
 * and which may be spread over several lines. -EBADMSG for anything else.
 */
int message_decode_state(const char *text, size_t size_bytes, struct message *ret);
void message_finish(struct message *message); /* frees what it owns; fine when zeroed or twice */

/*
 * Reads one line of a client. Returns REPLY_OK and fills *ret, or the code of
 * the reply that it deserves; then ret->id is 0 if it could not be read.
 */
enum reply_code command_decode(const char *line, size_t size_bytes, struct command_request *ret);

/*
 * Lines of the daemon, each with its line end, in new memory that the caller
 * frees; NULL without memory. Strings are given escaped.
 */
char *message_encode_hello(const struct message_hello *hello);
char *message_encode_snapshot(const struct tank_model *model, uint64_t seq);
char *message_encode_tank(const struct model_tank *tank, uint64_t seq);
char *message_encode_card(const struct model_card *card, uint64_t seq);
char *message_encode_progress(
	const struct model_card *card, const struct model_tank *tank, uint64_t seq);
char *message_encode_card_gone(const char *card_id, uint64_t seq);
char *message_encode_note(const struct model_message *note, uint64_t seq);
char *message_encode_history(const struct model_import *import, uint64_t seq);
char *message_encode_access(const struct model_access *access, uint64_t seq);
char *message_encode_sync(uint64_t seq, uint64_t time_usec);

/* An event of the engine for those who follow; card_id takes the place of event->card. */
char *message_encode_engine(const struct event *event, const char *card_id, uint64_t seq);

/* sentence and remedy: NULL takes the words of the code. */
char *message_encode_reply(
	int64_t id, enum reply_code code, const char *sentence, const char *remedy);

/* A line of a client. */
char *command_encode(const struct command_request *request);

const char *message_type_name(enum message_type type);
const char *reply_code_name(enum reply_code code);
const char *reply_code_sentence(enum reply_code code);
const char *reply_code_remedy(enum reply_code code);
int reply_code_parse(const char *word, enum reply_code *ret); /* -EINVAL */

#endif
