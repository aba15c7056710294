/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * actor.h - one card from the daemon's side: what is done with it, beside what everybody sees.
 *
 * An actor is born when a source tells of a card and lives until the card is
 * gone and nothing of ours uses it any more; its model card may be gone earlier
 * (safely taken out), or stay longer (taken out too early, until somebody has seen it).
 */
#ifndef IMGTANK_CORE_DAEMON_ACTOR_H
#define IMGTANK_CORE_DAEMON_ACTOR_H

#include "core/daemon/card.h"
#include "core/daemon/daemon_priv.h"
#include "core/daemon/mount.h"
#include "core/daemon/worker.h"

struct actor {
	struct actor *next;
	struct daemon *daemon; /* borrowed */
	char id[MODEL_ID_BYTES]; /* of its model card */
	struct source *source; /* borrowed; with key: which card of which source */
	char *key, *label, *identity, *device, *fs_type; /* owned, raw; may be NULL */
	char *slot_device; /* the same: told to let go when somebody says "eject" */
	char *folder; /* owned, raw: its root; NULL until it is mounted */
	bool is_mounted_by_us;

	bool is_wanted; /* to be imported as soon as that can be */
	bool is_gone; /* the source says so */
	bool is_stopping; /* its worker was asked to stop */
	bool is_to_eject; /* somebody said so: once nothing uses it, its slot is told */
	bool is_detaching; /* it is being unmounted whoever uses it: the card is gone */
	bool has_ended; /* the worker has said how it went; it may still make thumbnails */
	uint64_t began_usec, progress_usec;
	struct worker *worker; /* owned */
	struct mount_job *job; /* owned */
	sd_event_source *retry_source; /* of an unmount that has to wait */
	int unmount_error; /* of the last try; each is logged once */

	char newest_tank_path[MODEL_PATH_BYTES]; /* shown with the next progress */
	char thumbnail[MODEL_PATH_BYTES]; /* may be there soon */
	uint64_t thumbnail_usec; /* waited for since then */
};

/* Its card in the model; NULL once nobody sees it any more. */
struct model_card *actor_card(const struct actor *actor);

/* False if the input does not belong there; then nothing happens. */
bool actor_step(struct model_card *card, enum card_input input);

/* Something about it changed: everybody is told, and what waits is looked at again. */
void actor_touch(const struct actor *actor);

/* Begins an import, if its state allows it: mounts it if need be, and starts a worker. */
void actor_begin(struct actor *actor, struct model_card *card);

/* The import ends here, whether the engine said so or somebody else. Once; then it is let go. */
void actor_end(struct actor *actor, enum card_input input, enum verdict verdict, enum fault fault);

/* Makes the card safe to take out, now or soon. Nothing of it is being read. */
void actor_release(struct actor *actor);

/* The same, and then its slot lets it go, if it can. */
void actor_eject(struct actor *actor);

/* Is anything of ours still at it? */
bool actor_is_in_use(const struct actor *actor);

/* Frees the actor of a card that is gone, unless something of ours is still at it. */
void actor_forget_if_over(struct actor *actor);

void actor_unlink(struct actor *actor); /* out of the daemon's list */
void actor_free(struct actor *actor);

/* actor_events.c; userdata: the actor */
extern const struct worker_handler actor_worker_handler;

#endif
