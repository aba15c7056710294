/* SPDX-License-Identifier: GPL-3.0-or-later */
/* daemon_priv.h - between daemon.c (the whole) and cards.c (each card). */
#ifndef IMGTANK_CORE_DAEMON_DAEMON_PRIV_H
#define IMGTANK_CORE_DAEMON_DAEMON_PRIV_H

#include "core/daemon/access.h"
#include "core/daemon/daemon.h"
#include "core/daemon/past.h"
#include "core/daemon/source.h"
#include "core/daemon/tank.h"
#include "core/daemon/unplug.h"
#include "core/daemon/waiting.h"
#include "core/model.h"

#define SOURCES_MAX 3
#define KNOWN_CARDS_MAX 512

struct actor; /* actor.h: what the daemon has to do with a card, beside its model */

struct daemon {
	const struct daemon_options *options; /* borrowed */
	sd_event *event; /* borrowed */
	struct server *server;
	struct tank_watch *tank_watch;
	struct power *power;
	struct access_watch *access_watch;
	struct past *past;
	struct unplug *unplug; /* NULL: this box stays on */
	struct source *sources[SOURCES_MAX];
	unsigned int sources_count, sources_ready_count;
	struct actor *actors; /* owned list, in the order they were put in */
	uint64_t last_card; /* number of the newest id */
	struct waiting waiting; /* cards for which the list has no place */

	struct tank_model *model; /* as it is; published: as everybody was told */
	struct tank_model *published;
	uint64_t seq; /* of the next line */
	uint64_t touched_usec; /* the oldest change that nobody was told of; 0: none */
	sd_event_source *publish_source;
	struct queue_line *snapshot; /* of published; made when somebody needs it */
	uint64_t snapshot_seq; /* good as long as seq is this */
	char status[MODEL_LINE_BYTES]; /* as systemd was told */

	bool has_read_past;
	uint64_t known_cards[KNOWN_CARDS_MAX]; /* hashes of identities that the tank has seen */
	size_t known_cards_count;
	enum halting_reason halting; /* once no worker is left: what comes then */
	bool is_halting_done; /* it was begun */
	sd_event_source *settle_source;
	struct trust_watch *trust_watch;
};

/* daemon.c */

/* Something changed: everybody is told at the end of this turn of the loop. */
void daemon_touch(struct daemon *daemon);

/* An event of the engine, at once to those who follow. */
void daemon_tell_followers(struct daemon *daemon, const struct event *event, const char *card_id);

/* Seconds since 1970, or 0 while the clock is not to be trusted. */
int64_t daemon_time_s(const struct daemon *daemon);

/* A message for everybody. card: label, or "". */
void daemon_note(struct daemon *daemon, enum message_level level, enum fault fault,
	const char *card, const char *format, ...) __attribute__((format(printf, 5, 6)));

bool daemon_knows_card(const struct daemon *daemon, const char *identity);
void daemon_remember_card(struct daemon *daemon, const char *identity);

/* Whatever depends on cards at work is looked at anew at the end of this turn. */
void daemon_settle(struct daemon *daemon);

/* cards.c */

extern const struct source_handler cards_source_handler; /* userdata: the daemon */

/* Begins whatever waits and may begin now. */
void cards_go_on(struct daemon *daemon);

enum reply_code cards_command(struct daemon *daemon, const struct command_request *request,
	const char **sentence, const char **remedy);

/* Asks all workers to stop and lets go of all cards. */
void cards_stop(struct daemon *daemon);

/* Is a worker of ours running, or something being unmounted? */
bool cards_are_busy(const struct daemon *daemon);
void cards_free(struct daemon *daemon);

#endif
