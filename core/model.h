/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * model.h - the whole state of the tank as plain data: the daemon keeps one and
 * publishes it, each front end mirrors it (core/client/model.h) and shows it.
 *
 * Fields below a "computed" line come from summary.h: the daemon fills them
 * before it publishes, and nobody computes them again. All text is escaped
 * (text.h), so it is fit to be shown as it is. "" and 0 mean "not known"
 * unless said otherwise. The structs are large: keep them on the heap.
 */
#ifndef IMGTANK_CORE_MODEL_H
#define IMGTANK_CORE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/commands.h"
#include "core/events.h"
#include "core/faults.h"
#include "core/states.h"

#define MODEL_CARDS_MAX 16
#define MODEL_CARD_ERRORS_MAX 16
#define MODEL_LEFT_OUT_MAX 8
#define MODEL_MESSAGES_MAX 32
#define MODEL_HISTORY_MAX 16
#define MODEL_ACCESS_BYTES 128 /* escaped; a name has 32 bytes, a pass phrase 63 */
#define MODEL_WIFI_BYTES 256
#define MODEL_CODE_BYTES 16

#define MODEL_ID_BYTES 32 /* a-z, 0-9 and '-' only */
#define MODEL_LABEL_BYTES 128 /* a card's or disk's label, a camera, a slot */
#define MODEL_FILE_BYTES 512 /* path on the card, for people; cut at the end if longer */
#define MODEL_PATH_BYTES 1280 /* path in the tank, to be opened; "" if longer */
#define MODEL_LINE_BYTES 128 /* a headline */
#define MODEL_TEXT_BYTES 640 /* a few sentences */

/* X(symbol, word) */
#define WAITING_REASONS(X)                                                                         \
	X(WAITING_NONE, "none")                                                                    \
	X(WAITING_ASK, "ask") /* for a yes */                                                      \
	X(WAITING_NO_TANK, "no-tank") /* for the tank's disk; goes on by itself */                 \
	X(WAITING_UNSUPPORTED, "unsupported") /* nothing can be done with this card here */        \
	X(WAITING_TURN, "turn") /* for other cards; goes on by itself */

#define HALTING_REASONS(X)                                                                         \
	X(HALTING_NONE, "none")                                                                    \
	X(HALTING_POWEROFF, "poweroff")                                                            \
	X(HALTING_REBOOT, "reboot")                                                                \
	X(HALTING_STOP, "stop") /* only the daemon stops */

#define MESSAGE_LEVELS(X)                                                                          \
	X(LEVEL_INFO, "info") /* it went as it should */                                           \
	X(LEVEL_NOTICE, "notice") /* worth knowing */                                              \
	X(LEVEL_WARNING, "warning") /* somebody should look */                                     \
	X(LEVEL_ERROR, "error") /* somebody must act */

/* What a lamp for errors counts out: so many blinks, a pause, and again. */
#define ERROR_CODES(X)                                                                             \
	X(ERROR_CODE_NONE, "none")                                                                 \
	X(ERROR_CODE_FILES, "files") /* 1: some files are not in the tank */                       \
	X(ERROR_CODE_CARD, "card") /* 2: a card could not be used, or was pulled */                \
	X(ERROR_CODE_TANK, "tank") /* 3: the tank's disk is missing or failing */                  \
	X(ERROR_CODE_FULL, "full") /* 4: the tank is full */                                       \
	X(ERROR_CODE_INTERNAL, "internal") /* 5: imgtank itself */

#define MODEL_ENUM(symbol, word) symbol,
enum waiting_reason { WAITING_REASONS(MODEL_ENUM) WAITING_REASONS_COUNT };
enum halting_reason { HALTING_REASONS(MODEL_ENUM) HALTING_REASONS_COUNT };
enum message_level { MESSAGE_LEVELS(MODEL_ENUM) MESSAGE_LEVELS_COUNT };
enum error_code { ERROR_CODES(MODEL_ENUM) ERROR_CODES_COUNT };
#undef MODEL_ENUM

/* One file (or folder) of a card that is not in the tank. */
struct model_error {
	enum fault fault; /* its three sentences: fault_text() */
	char file[MODEL_FILE_BYTES];
};

/* So many files of a kind that the selection does not cover. */
struct model_left_out {
	char reason[24]; /* as in EVENT_FILE_LEFT_OUT */
	uint32_t files_count;
};

struct model_card {
	char id[MODEL_ID_BYTES]; /* names it in commands; never used again in one daemon run */
	char identity[MODEL_LABEL_BYTES]; /* the same again when the same card comes back */
	char label[MODEL_LABEL_BYTES]; /* what a person calls it, never "" */
	char camera[MODEL_LABEL_BYTES];
	char slot[MODEL_LABEL_BYTES]; /* where it is plugged: "sdb1", a folder's name */
	uint64_t size_bytes; /* the card's capacity */
	enum card_state state;
	enum waiting_reason waiting; /* WAITING_NONE but in CARD_WAITING */
	bool is_mounted;
	bool is_acknowledged; /* somebody has seen its problem */
	bool is_seen_before; /* the ledger knows this card */
	bool can_power_down; /* in the daemon only: its disk can be told to stop */
	enum fault fault; /* why it waits, failed or is incomplete; FAULT_NONE */
	uint64_t bytes_missing; /* with FAULT_TANK_FULL: what it would need more */
	struct import_counts counts;
	uint64_t rate_bytes_per_s;
	uint64_t eta_s; /* EVENT_ETA_UNKNOWN */
	char file[MODEL_FILE_BYTES]; /* at work on this one */
	char newest_tank_path[MODEL_PATH_BYTES]; /* the last file that was finished */
	char newest_thumbnail[MODEL_PATH_BYTES]; /* its thumbnail, if one is there yet */
	uint32_t errors_count; /* in errors[]: the first ones */
	uint32_t errors_total; /* all of them */
	struct model_error errors[MODEL_CARD_ERRORS_MAX];
	uint32_t left_out_count; /* in left_out[]; files in all: counts.files_left_out */
	struct model_left_out left_out[MODEL_LEFT_OUT_MAX];
	enum verdict verdict; /* VERDICT_NONE until the import has ended */

	/* computed: summary_card() */
	uint32_t progress_permille; /* of copying and reading back together */
	uint32_t commands; /* COMMAND_BITs that make sense now */
	bool may_remove; /* it may be taken out now */
	bool may_format; /* every selected file is in the tank, read back and equal */
	bool needs_somebody; /* it waits for a person, or has a problem nobody acknowledged */
	char headline[MODEL_LINE_BYTES]; /* "Copying" */
	char removal[MODEL_LINE_BYTES]; /* "Do not take the card out." */
	char detail[MODEL_TEXT_BYTES]; /* what happened, what is safe, what to do now */
};

struct model_tank {
	bool is_ready; /* the daemon has looked at everything that was plugged at its start */
	char path[MODEL_PATH_BYTES]; /* the tank's folder; the cards' tank paths are below it */
	char disk_label[MODEL_LABEL_BYTES];
	char disk_id[MODEL_LABEL_BYTES];
	bool is_mounted; /* the tank can be used; else fault says why not */
	uint64_t free_bytes;
	uint64_t total_bytes; /* 0: not known */
	bool is_clock_trusted; /* else wall-clock times are not to be shown */
	enum halting_reason halting;
	enum fault fault; /* of the tank itself: FAULT_TANK_NOT_MOUNTED, ... or FAULT_NONE */
	uint32_t good_ends_count; /* cards that ended well in this daemon run: play a sound */
	uint32_t bad_ends_count; /* and those that did not */
	uint32_t unlisted_count; /* cards that are here, but wait for a place in the list */

	/* computed: summary_tank() */
	enum tank_state state;
	bool is_done; /* nothing is at work and a finished card waits to be taken out */
	uint32_t busy_count; /* cards at work */
	uint32_t errors_count; /* problems that nobody has acknowledged */
	enum error_code error_code; /* of the gravest of them; its number is the blink count */
	uint32_t progress_permille; /* of all cards at work together */
	uint64_t rate_bytes_per_s;
	uint64_t eta_s; /* EVENT_ETA_UNKNOWN */
	uint32_t commands; /* COMMAND_BITs about the tank that make sense now */
	enum command next_command; /* what one single button does now, or COMMAND_NONE */
	char next_card[MODEL_ID_BYTES]; /* to this card */
	char headline[MODEL_LINE_BYTES];
	char detail[MODEL_TEXT_BYTES];
};

struct model_message {
	int64_t time_s; /* since 1970 UTC; 0 without a trusted clock */
	enum message_level level;
	enum fault fault;
	char card[MODEL_LABEL_BYTES]; /* label of the card that it is about, or "" */
	char text[MODEL_TEXT_BYTES];
};

/* One import that has ended. */
struct model_import {
	int64_t time_s; /* its end; 0 without a trusted clock */
	uint64_t duration_s;
	char card[MODEL_LABEL_BYTES]; /* label */
	char camera[MODEL_LABEL_BYTES];
	enum verdict verdict;
	enum fault fault;
	struct import_counts counts;
};

/*
 * How people get to the tank from their own devices; secrets, so only those get it who ask and may
 * give commands. Each is "" if there is none.
 */
struct model_access {
	char network[MODEL_ACCESS_BYTES]; /* name of the box's own Wi-Fi */
	char password[MODEL_ACCESS_BYTES]; /* its pass phrase */
	char wifi[MODEL_WIFI_BYTES]; /* both as phones read it from a QR code: "WIFI:T:WPA;S:..." */
	char network_url[MODEL_ACCESS_BYTES]; /* the page, for who is in that Wi-Fi */
	char url[MODEL_ACCESS_BYTES]; /* the page, for who is in the same network as the box */
	char code[MODEL_CODE_BYTES]; /* for logging in there once: "1234 5678" */
};

enum connection_state {
	CONNECTION_CONNECTING, /* the first try is under way */
	CONNECTION_UP,
	CONNECTION_NONE, /* lost, refused, or the daemon does not answer */
};

struct tank_model {
	/* The mirror's own; the daemon leaves them alone. */
	enum connection_state connection;
	uint64_t connection_since_usec; /* CLOCK_MONOTONIC */
	uint32_t protocol_major, protocol_minor; /* of the daemon; 0 before its hello */
	char daemon_version[32];
	bool may_command; /* this connection may do more than watch */
	uint64_t sync_time_usec; /* CLOCK_MONOTONIC: when the newest change shown was published */

	int64_t time_s; /* wall clock when the snapshot was taken; 0 without a trusted clock */
	struct model_tank tank;
	uint32_t cards_count;
	struct model_card cards[MODEL_CARDS_MAX]; /* in the order they were put in */
	uint32_t messages_count;
	struct model_message messages[MODEL_MESSAGES_MAX]; /* newest first */
	uint32_t history_count;
	struct model_import history[MODEL_HISTORY_MAX]; /* newest first */
	struct model_access access;
};

/* An empty model for the caller to free with model_free(); NULL without memory. */
struct tank_model *model_new(void);
void model_free(struct tank_model *model); /* accepts NULL */

/* Is there a way to the tank that could be shown? */
bool model_access_is_there(const struct model_access *access);

/* The page's address, for who is in the box's own Wi-Fi if it has one; "" if there is no page. */
const char *model_access_url(const struct model_access *access);

/* The same for a phone's camera: with the code, so that it need not be typed. "" as above. */
void model_access_page(const struct model_access *access, char out[MODEL_WIFI_BYTES]);

/* The card with this id, borrowed from the model, or NULL. */
struct model_card *model_card(struct tank_model *model, const char *id);
const struct model_card *model_card_const(const struct tank_model *model, const char *id);

/*
 * Puts an empty card behind the others; NULL when MODEL_CARDS_MAX are there.
 * Both calls move cards: pointers to others end here.
 */
struct model_card *model_card_add(struct tank_model *model, const char *id);
void model_card_remove(struct tank_model *model, const char *id); /* fine if it is not there */

/* Copies in as the newest; the oldest falls out when the list is full. */
void model_add_message(struct tank_model *model, const struct model_message *message);
void model_add_import(struct tank_model *model, const struct model_import *import);

/* Counts it in errors_total and lists it while there is room. file: escaped, may be NULL. */
void model_card_add_error(struct model_card *card, enum fault fault, const char *file);

/* Counts one left-out file under its reason; the last place collects "other". */
void model_card_add_left_out(struct model_card *card, const char *reason);

/* Copies escaped text into a field, cut at a whole character if it is too long. */
void model_set_text(char *field, size_t field_bytes, const char *text);

const char *waiting_reason_name(enum waiting_reason reason);
const char *halting_reason_name(enum halting_reason reason);
const char *message_level_name(enum message_level level);
const char *error_code_name(enum error_code code);

/* -EINVAL for a word that is none. */
int waiting_reason_parse(const char *word, enum waiting_reason *ret);
int halting_reason_parse(const char *word, enum halting_reason *ret);
int message_level_parse(const char *word, enum message_level *ret);
int error_code_parse(const char *word, enum error_code *ret);

#endif
