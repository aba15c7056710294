/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source_folder.c - a virtual reader: a folder whose sub-folders are cards.
 *
 * inotify says that something happened; what happened is found by looking.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/tree.h"
#include "core/daemon/source.h"

#define CARDS_MAX 64
#define RESCAN_USEC 2000000 /* for what inotify does not see: another machine's changes */
#define SETTLE_LOOK_USEC 300000
#define SETTLE_USEC 900000 /* for so long it must look the same */
#define LOOK_FILES_MAX 4096 /* a look is bounded; beyond that it sees the number only */
#define LOOK_DEPTH_MAX 8
#define FOLDER_MODE 0755
#define IDENTITY_BYTES 128

/* What a folder looks like; changes while it is being filled. */
struct look {
	uint64_t files_count, bytes_count;
	int64_t newest_ns;
};

struct folder_card {
	char name[NAME_MAX + 1];
	char identity[IDENTITY_BYTES]; /* a number alone may be given to the next folder */
	bool is_told; /* inserted() was called */
	bool is_taken; /* and has taken it; else the next scan tells of it again */
	bool is_present; /* found by the present scan */
	struct look look;
	uint64_t same_since_usec; /* it looks like this; CLOCK_MONOTONIC */
};

struct source_folder {
	struct source source;
	char *path; /* owned */
	int inotify_fd; /* owned */
	sd_event_source *io_source, *timer_source;
	struct folder_card cards[CARDS_MAX];
	size_t cards_count;
	bool is_ready;
	bool is_lost; /* the folder itself is gone; said once */
};

static struct source_folder *of(struct source *source)
{
	return (struct source_folder *)source;
}

/* --- how complete a folder is --- */

static void look_at(int parent_fd, const char *name, unsigned int depth, struct look *look)
{
	int fd = fd_open_dir(parent_fd, name);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		fd_close(fd);
		return;
	}
	while (look->files_count < LOOK_FILES_MAX && (entry = readdir(dir))) {
		struct stat st;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
			fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		look->files_count++;
		look->bytes_count += (uint64_t)st.st_size;
		if (clock_timespec_ns(&st.st_mtim) > look->newest_ns)
			look->newest_ns = clock_timespec_ns(&st.st_mtim);
		if (S_ISDIR(st.st_mode) && depth < LOOK_DEPTH_MAX)
			look_at(dirfd(dir), entry->d_name, depth + 1, look);
	}
	(void)closedir(dir);
}

/* True when it has looked the same for long enough. */
static bool has_settled(struct folder_card *card, int dir_fd)
{
	uint64_t now_usec = clock_monotonic_usec();
	struct look look = {0};

	look_at(dir_fd, card->name, 0, &look);
	if (!card->same_since_usec || memcmp(&look, &card->look, sizeof(look)) != 0) {
		card->look = look;
		card->same_since_usec = now_usec;
		return false;
	}
	return now_usec - card->same_since_usec >= SETTLE_USEC;
}

/* --- telling --- */

static void tell_inserted(struct source_folder *folder, struct folder_card *card)
{
	CLEANUP(freep) char *path = NULL;
	struct source_card told = {.key = card->name,
		.label = card->name,
		.slot = card->name,
		.identity = card->identity,
		.is_supported = true};

	if (asprintf(&path, "%s/%s", folder->path, card->name) < 0) {
		path = NULL;
		return; /* the next scan tries again */
	}
	told.folder = path;
	card->is_told = true;
	card->is_taken =
		folder->source.handler->inserted(folder->source.userdata, &folder->source, &told);
}

static void drop_card(struct source_folder *folder, size_t index)
{
	struct folder_card gone = folder->cards[index];

	folder->cards_count--;
	memmove(&folder->cards[index], &folder->cards[index + 1],
		(folder->cards_count - index) * sizeof(folder->cards[0]));
	if (gone.is_told)
		folder->source.handler->removed(
			folder->source.userdata, &folder->source, gone.name);
}

/* --- looking --- */

static struct folder_card *find_card(struct source_folder *folder, const char *name)
{
	for (size_t i = 0; i < folder->cards_count; i++)
		if (!strcmp(folder->cards[i].name, name))
			return &folder->cards[i];
	return NULL;
}

/* is_whole: it came in one piece, so that nothing is to be waited for. */
static void see(struct source_folder *folder, int dir_fd, const char *name, bool is_whole)
{
	struct folder_card *card = find_card(folder, name);
	char identity[IDENTITY_BYTES];
	struct stat st, link;

	if (name[0] == '.' || fstatat(dir_fd, name, &link, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	/* The page may write here, too: its links would lead to what only this process may read. */
	if (S_ISLNK(link.st_mode) && link.st_uid != 0 && link.st_uid != geteuid())
		return;
	if (fstatat(dir_fd, name, &st, 0) < 0 || !S_ISDIR(st.st_mode))
		return;
	tree_identity(dir_fd, name, identity, sizeof(identity));
	if (card && strcmp(card->identity, identity) != 0) {
		drop_card(folder, (size_t)(card - folder->cards)); /* another one of that name */
		card = NULL;
	}
	if (!card) {
		if (folder->cards_count == CARDS_MAX)
			return;
		card = &folder->cards[folder->cards_count++];
		*card = (struct folder_card){0};
		memcpy(card->identity, identity, sizeof(identity));
		(void)snprintf(card->name, sizeof(card->name), "%s", name);
		/* A link to a folder that was filled before. */
		is_whole |= S_ISLNK(link.st_mode);
	}
	card->is_present = true;
	if (!card->is_taken && (card->is_told || is_whole || has_settled(card, dir_fd)))
		tell_inserted(folder, card);
}

static void forget_absent(struct source_folder *folder)
{
	for (size_t i = folder->cards_count; i > 0; i--)
		if (!folder->cards[i - 1].is_present)
			drop_card(folder, i - 1);
}

/* whole: the name of a folder that was moved in, or NULL. */
static void scan(struct source_folder *folder, const char *whole)
{
	DIR *dir = opendir(folder->path);
	const struct dirent *entry;

	for (size_t i = 0; i < folder->cards_count; i++)
		folder->cards[i].is_present = false;
	if (!dir && !folder->is_lost)
		log_warning("the virtual reader's folder is gone; it is looked for again");
	folder->is_lost = !dir;
	while (dir && (entry = readdir(dir)))
		see(folder, dirfd(dir), entry->d_name,
			!folder->is_ready || (whole && !strcmp(whole, entry->d_name)));
	forget_absent(folder);
	if (dir)
		(void)closedir(dir);
}

static bool is_anything_settling(const struct source_folder *folder)
{
	for (size_t i = 0; i < folder->cards_count; i++)
		if (!folder->cards[i].is_told)
			return true;
	return false;
}

static void plan_next_scan(struct source_folder *folder)
{
	uint64_t usec = is_anything_settling(folder) ? SETTLE_LOOK_USEC : RESCAN_USEC;

	(void)sd_event_source_set_time_relative(folder->timer_source, usec);
	(void)sd_event_source_set_enabled(folder->timer_source, SD_EVENT_ONESHOT);
}

static void watch(struct source_folder *folder)
{
	const uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;

	/* The same again does nothing; without it there is still the timer. */
	(void)inotify_add_watch(folder->inotify_fd, folder->path, mask);
}

static int on_inotify(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	_Alignas(struct inotify_event) char buffer[4096];
	struct source_folder *folder = userdata;
	ssize_t size_bytes = read(fd, buffer, sizeof(buffer)), at = 0;

	(void)source;
	(void)revents;
	while (size_bytes > 0 && at < size_bytes) {
		const struct inotify_event *event = (const void *)(buffer + at);

		scan(folder, event->len && (event->mask & IN_MOVED_TO) ? event->name : NULL);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	plan_next_scan(folder);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct source_folder *folder = userdata;

	(void)source;
	(void)usec;
	watch(folder);
	scan(folder, NULL);
	if (!folder->is_ready) {
		folder->is_ready = true;
		folder->source.handler->ready(folder->source.userdata, &folder->source);
	}
	plan_next_scan(folder);
	return 0;
}

/* --- its life --- */

static void free_folder(struct source *source)
{
	struct source_folder *folder = of(source);

	(void)sd_event_source_disable_unref(folder->io_source);
	(void)sd_event_source_disable_unref(folder->timer_source);
	fd_close(folder->inotify_fd);
	free(folder->path);
	free(folder);
}

static const struct source_ops ops = {.name = "virtual reader", .free = free_folder};

static int open_folder(struct source_folder *folder, sd_event *event, const char *path)
{
	int r;

	if (mkdir(path, FOLDER_MODE) < 0 && errno != EEXIST)
		return -errno;
	folder->path = realpath(path, NULL);
	if (!folder->path)
		return -errno;
	folder->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (folder->inotify_fd < 0)
		return -errno;
	r = sd_event_add_io(
		event, &folder->io_source, folder->inotify_fd, EPOLLIN, on_inotify, folder);
	if (r >= 0)
		r = sd_event_add_time_relative(
			event, &folder->timer_source, CLOCK_MONOTONIC, 0, 0, on_timer, folder);
	return r < 0 ? r : 0;
}

int source_folder_new(struct source **ret, sd_event *event, const char *path,
	const struct source_handler *handler, void *userdata)
{
	struct source_folder *folder = calloc(1, sizeof(*folder));
	int r;

	if (!folder)
		return -ENOMEM;
	folder->source = (struct source){&ops, handler, userdata};
	folder->inotify_fd = -1;
	r = open_folder(folder, event, path);
	if (r < 0) {
		free_folder(&folder->source);
		return r;
	}
	*ret = &folder->source;
	return 0;
}
