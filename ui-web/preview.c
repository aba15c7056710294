/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/preview.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/probe/probe.h"

#define FAILED_USEC (UINT64_C(30) * 1000000) /* then it is tried again for who asks */
#define END_S 1 /* so long the end waits for the one in the making */
#define NICENESS 10 /* of the process that makes them: cards come first */

enum slot_state { SLOT_FREE, SLOT_WISHED, SLOT_WORKING, SLOT_READY, SLOT_NONE };

struct slot {
	enum slot_state state;
	char key[PREVIEW_KEY_BYTES];
	int fd; /* owned while wished for and in the making */
	uint8_t *jpeg; /* owned, when ready */
	size_t size_bytes;
	uint64_t turn; /* of its last use: the highest is the newest */
	uint64_t failed_usec; /* SLOT_NONE since then */
};

struct previews {
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t wished, ended;
	struct slot slots[PREVIEWS_MAX];
	uint64_t turn;
	bool is_ending, has_ended;
	int made_fd; /* owned; counts up for each that was made */

	/* The loop's own: */
	bool is_impossible; /* there is no program, so there is no thread either */
	struct {
		struct request *request; /* borrowed; NULL: free */
		const struct slot *slot;
	} waiting[HTTP_CONNECTIONS_MAX];

	/* The thread's own: */
	struct probe *probe; /* owned; NULL: none runs */
	struct probe_thumbnail thumbnail;
};

/* --- slots; with the lock --- */

static void empty(struct slot *slot)
{
	if (slot->state == SLOT_WISHED || slot->state == SLOT_WORKING)
		fd_close(slot->fd);
	free(slot->jpeg);
	*slot = (struct slot){.fd = -1};
}

static struct slot *find_slot(struct previews *previews, const char *key)
{
	for (size_t i = 0; i < PREVIEWS_MAX; i++) {
		struct slot *slot = &previews->slots[i];

		if (slot->state != SLOT_FREE && !strcmp(slot->key, key))
			return slot;
	}
	return NULL;
}

static struct slot *newest_wish(struct previews *previews)
{
	struct slot *newest = NULL;

	for (size_t i = 0; i < PREVIEWS_MAX; i++) {
		struct slot *slot = &previews->slots[i];

		if (slot->state == SLOT_WISHED && (!newest || slot->turn > newest->turn))
			newest = slot;
	}
	return newest;
}

/* A free one, or that of what was asked for longest ago. NULL: too much is wished for. */
static struct slot *place_for_wish(struct previews *previews)
{
	struct slot *oldest = NULL;
	size_t wishes = 0;

	for (size_t i = 0; i < PREVIEWS_MAX; i++) {
		struct slot *slot = &previews->slots[i];

		if (slot->state == SLOT_WISHED || slot->state == SLOT_WORKING)
			wishes++;
		else if (!oldest || slot->turn < oldest->turn)
			oldest = slot;
	}
	return wishes < PREVIEW_WISHES_MAX ? oldest : NULL;
}

static void forget_made(struct previews *previews)
{
	for (size_t i = 0; i < PREVIEWS_MAX; i++)
		if (previews->slots[i].state != SLOT_WISHED)
			empty(&previews->slots[i]);
}

/* --- making them; the thread --- */

/* False: the idle time is over. Returns with the lock. */
static bool wait_for_wish(struct previews *previews)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PREVIEW_IDLE_S;
	while (!previews->is_ending && !newest_wish(previews)) {
		if (!previews->probe) {
			(void)pthread_cond_wait(&previews->wished, &previews->lock);
			continue;
		}
		if (pthread_cond_timedwait(&previews->wished, &previews->lock, &until) != 0)
			return newest_wish(previews) != NULL;
	}
	return true;
}

uint32_t preview_memory_bytes(uint64_t machine_bytes)
{
	uint64_t quarter_bytes = machine_bytes / 4;

	if (quarter_bytes < PREVIEW_MEMORY_MIN_BYTES)
		return PREVIEW_MEMORY_MIN_BYTES;
	return quarter_bytes < PREVIEW_MEMORY_MAX_BYTES ? (uint32_t)quarter_bytes
							: PREVIEW_MEMORY_MAX_BYTES;
}

static uint64_t machine_bytes(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);

	return pages > 0 && page_bytes > 0 ? (uint64_t)pages * (uint64_t)page_bytes : 0;
}

/* Starts no process yet. */
static int open_probe(struct previews *previews)
{
	const struct probe_options options = {.deadline_ms = PREVIEW_DEADLINE_MS,
		.memory_bytes = preview_memory_bytes(machine_bytes()),
		.thumbnail_side_px = PREVIEW_SIDE_PX};

	return previews->probe ? 0 : probe_new(&previews->probe, &options);
}

/* Without the lock. The JPEG in memory of its own, or NULL. */
static uint8_t *make(struct previews *previews, int fd)
{
	struct probe_thumbnail *thumbnail = &previews->thumbnail;
	struct media_facts facts;
	uint8_t *jpeg;
	int r = open_probe(previews);

	if (r == 0)
		r = probe_read_thumbnail(previews->probe, fd, &facts, thumbnail);
	if (r < 0 || !thumbnail->size_bytes) {
		log_debug("no preview (%d)", r);
		return NULL;
	}
	jpeg = malloc(thumbnail->size_bytes);
	if (jpeg)
		memcpy(jpeg, thumbnail->jpeg, thumbnail->size_bytes);
	return jpeg;
}

static void work(struct previews *previews, struct slot *slot)
{
	static const uint64_t one = 1;
	uint8_t *jpeg;

	slot->state = SLOT_WORKING;
	(void)pthread_mutex_unlock(&previews->lock);
	jpeg = make(previews, slot->fd); /* nobody else touches it now */
	(void)pthread_mutex_lock(&previews->lock);
	fd_close(slot->fd);
	slot->fd = -1;
	slot->jpeg = jpeg;
	slot->size_bytes = jpeg ? previews->thumbnail.size_bytes : 0;
	slot->state = jpeg ? SLOT_READY : SLOT_NONE;
	slot->failed_usec = clock_monotonic_usec();
	(void)fd_write_full(previews->made_fd, &one, sizeof(one));
}

static void *run(void *userdata)
{
	struct previews *previews = userdata;

	/* On Linux this is about the thread, and its children get it from it. */
	(void)setpriority(PRIO_PROCESS, 0, NICENESS);
	(void)pthread_mutex_lock(&previews->lock);
	while (!previews->is_ending) {
		if (wait_for_wish(previews)) {
			if (!previews->is_ending)
				work(previews, newest_wish(previews));
			continue;
		}
		forget_made(previews);
		(void)pthread_mutex_unlock(&previews->lock);
		probe_free(previews->probe); /* which may take a moment */
		previews->probe = NULL;
		(void)pthread_mutex_lock(&previews->lock);
	}
	probe_free(previews->probe); /* by the thread that has started it */
	previews->has_ended = true;
	(void)pthread_cond_signal(&previews->ended);
	(void)pthread_mutex_unlock(&previews->lock);
	return NULL;
}

/* --- the loop's side --- */

static enum preview_state state_of(const struct slot *slot)
{
	switch (slot->state) {
	case SLOT_READY:
		return PREVIEW_READY;
	case SLOT_NONE:
		return clock_monotonic_usec() < slot->failed_usec + FAILED_USEC ? PREVIEW_NONE
										: PREVIEW_UNKNOWN;
	default:
		return PREVIEW_UNDER_WAY;
	}
}

enum preview_state previews_find(struct previews *previews, const char *key)
{
	enum preview_state state = PREVIEW_UNKNOWN;
	struct slot *slot;

	if (previews->is_impossible)
		return PREVIEW_NONE;
	(void)pthread_mutex_lock(&previews->lock);
	slot = find_slot(previews, key);
	if (slot) {
		slot->turn = ++previews->turn;
		state = state_of(slot);
		if (state == PREVIEW_UNKNOWN)
			empty(slot);
	}
	(void)pthread_mutex_unlock(&previews->lock);
	return state;
}

bool previews_wish(struct previews *previews, const char *key, int fd)
{
	struct slot *slot;

	(void)pthread_mutex_lock(&previews->lock);
	slot = place_for_wish(previews);
	if (slot) {
		empty(slot);
		slot->state = SLOT_WISHED;
		slot->fd = fd;
		slot->turn = ++previews->turn;
		(void)text_format(slot->key, sizeof(slot->key), "%s", key);
		(void)pthread_cond_signal(&previews->wished);
	}
	(void)pthread_mutex_unlock(&previews->lock);
	if (!slot)
		fd_close(fd);
	return slot != NULL;
}

static void forget_waiting(struct request *request)
{
	struct previews *previews = request->own;

	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		if (previews->waiting[i].request == request)
			previews->waiting[i].request = NULL;
}

void previews_wait(struct previews *previews, struct request *request, const char *key)
{
	size_t i = 0;

	while (i < HTTP_CONNECTIONS_MAX - 1 && previews->waiting[i].request)
		i++; /* there is one for each connection */
	(void)pthread_mutex_lock(&previews->lock);
	previews->waiting[i].slot = find_slot(previews, key);
	(void)pthread_mutex_unlock(&previews->lock);
	previews->waiting[i].request = request;
	request->own = previews;
	request->forget = forget_waiting;
	request_wait(request);
}

static bool is_made(struct previews *previews, const struct slot *slot)
{
	bool is_under_way;

	(void)pthread_mutex_lock(&previews->lock);
	is_under_way = slot && (slot->state == SLOT_WISHED || slot->state == SLOT_WORKING);
	(void)pthread_mutex_unlock(&previews->lock);
	return !is_under_way;
}

void previews_ready(struct previews *previews)
{
	uint64_t count;

	(void)!read(previews->made_fd, &count, sizeof(count));
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
		struct request *request = previews->waiting[i].request;

		if (request && is_made(previews, previews->waiting[i].slot)) {
			previews->waiting[i].request = NULL;
			request_wake(request);
		}
	}
}

struct MHD_Response *previews_response(struct previews *previews, const char *key)
{
	struct MHD_Response *response = NULL;
	const struct slot *slot;

	(void)pthread_mutex_lock(&previews->lock);
	slot = find_slot(previews, key);
	if (slot && slot->state == SLOT_READY)
		response = MHD_create_response_from_buffer(
			slot->size_bytes, slot->jpeg, MHD_RESPMEM_MUST_COPY);
	(void)pthread_mutex_unlock(&previews->lock);
	return response;
}

/* --- its life --- */

int previews_fd(const struct previews *previews)
{
	return previews->made_fd;
}

/* Signals are for the loop's thread. */
static int start_thread(struct previews *previews)
{
	sigset_t all, before;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&previews->thread, NULL, run, previews);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

static void init_lock(struct previews *previews)
{
	pthread_condattr_t attributes;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&previews->wished, &attributes);
	(void)pthread_cond_init(&previews->ended, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	(void)pthread_mutex_init(&previews->lock, NULL);
}

static void release(struct previews *previews)
{
	for (size_t i = 0; i < PREVIEWS_MAX; i++)
		empty(&previews->slots[i]);
	fd_close(previews->made_fd);
	(void)pthread_cond_destroy(&previews->wished);
	(void)pthread_cond_destroy(&previews->ended);
	(void)pthread_mutex_destroy(&previews->lock);
	free(previews);
}

int previews_new(struct previews **ret)
{
	struct previews *previews = calloc(1, sizeof(*previews));
	int r = 0;

	if (!previews)
		return -ENOMEM;
	init_lock(previews);
	previews->made_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (previews->made_fd < 0)
		r = -errno;
	if (r == 0 && open_probe(previews) < 0) {
		log_warning("imgtank-probe is missing: RAW and HEIC are shown as small pictures");
		previews->is_impossible = true;
	} else if (r == 0) {
		r = start_thread(previews);
	}
	if (r < 0) {
		probe_free(previews->probe);
		release(previews);
		return r;
	}
	*ret = previews;
	return 0;
}

/* One that is being made may take long: the end of the process ends the thread and its child. */
static bool end_thread(struct previews *previews)
{
	struct timespec until;
	bool has_ended;
	int error = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += END_S;
	(void)pthread_mutex_lock(&previews->lock);
	previews->is_ending = true;
	(void)pthread_cond_signal(&previews->wished);
	while (!previews->has_ended && error == 0)
		error = pthread_cond_timedwait(&previews->ended, &previews->lock, &until);
	has_ended = previews->has_ended;
	(void)pthread_mutex_unlock(&previews->lock);
	if (has_ended)
		(void)pthread_join(previews->thread, NULL);
	return has_ended;
}

void previews_free(struct previews *previews)
{
	if (previews && (previews->is_impossible || end_thread(previews)))
		release(previews);
}
