/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source_drop.c - the drop folder: what others put there becomes cards called "Upload by NAME".
 *
 *   drop/FILE  complete, and on the disk ->  drop.importing/Upload by NAME/FILE  a card
 *   -> imported and read back -> removed
 *
 * Everything that is known is in these two folders: after a crash what lies in the second one is a
 * card again, and what is in the tank already is not copied twice. inotify says that something
 * happened; what happened is found by looking.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
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
#include "core/base/text.h"
#include "core/base/tree.h"
#include "core/daemon/prepare.h"
#include "core/daemon/source.h"
#include "core/drop/choose.h"
#include "core/drop/take.h"

#define BATCHES_MAX 4 /* cards at the same time; what comes then waits in the drop folder */
#define BATCH_FILES_MAX 5000
#define BATCH_NAMES_MAX 1000
#define FOLDER_MODE 0700
#define LOOK_BUSY_USEC 500000 /* while something is being written */
#define LOOK_MISSING_USEC 1000000
#define LOOK_IDLE_USEC 5000000 /* for what inotify does not see, and folders in the folder */
#define SAY_USEC 60000000 /* what stays there is said this often at most */
#define AGAIN_USEC 30000000 /* after an error of the disk */
#define SAID_NAME_BYTES 100
#define EMPTY_TIMES 20 /* an empty folder is removed after so many times to settle */
#define SHARE_GROUP "imgtank-share" /* its folder gives what comes to its own owner */
#define CARD_NAME "Upload by "

struct batch {
	char name[NAME_MAX + 1]; /* of its folder; "": free */
	bool is_told; /* inserted() was called */
	bool is_taken; /* and has taken it; else the next look tells of it again */
	bool is_finished; /* all of it is in the tank: to be removed */
	struct tree_count count; /* of what was imported */
};

struct source_drop {
	struct source source;
	struct drop_options options;
	char *path, *batches_path; /* owned */
	sd_event *event; /* borrowed */
	int inotify_fd, drop_fd, batches_fd; /* owned; -1: not there */
	sd_event_source *io_source, *timer_source;
	struct drop_list list;
	struct prepare *prepare; /* owned: under way, or NULL */
	uid_t preparing_owner;
	struct batch batches[BATCHES_MAX];
	uint64_t said_usec, again_usec; /* nothing is taken before that */
	bool is_ready;
	int error; /* of the last try to open the folders; each is logged once */
};

static struct source_drop *of(struct source *source)
{
	return (struct source_drop *)source;
}

static void look_soon(struct source_drop *drop, uint64_t usec)
{
	(void)sd_event_source_set_time_relative(drop->timer_source, usec);
	(void)sd_event_source_set_enabled(drop->timer_source, SD_EVENT_ONESHOT);
}

/* --- the two folders --- */

static void close_folders(struct source_drop *drop)
{
	fd_close(TAKE_FD(drop->drop_fd));
	fd_close(TAKE_FD(drop->batches_fd));
	drop_list_free(&drop->list);
}

static bool is_still_there(const struct source_drop *drop)
{
	struct stat here, open;

	return stat(drop->path, &here) == 0 && fstat(drop->drop_fd, &open) == 0 &&
		here.st_dev == open.st_dev && here.st_ino == open.st_ino;
}

/* Nobody else may reach what lies there: that is what it is for. */
static int open_batches(struct source_drop *drop)
{
	struct stat st;

	if (mkdir(drop->batches_path, FOLDER_MODE) < 0 && errno != EEXIST)
		return -errno;
	drop->batches_fd = fd_open_dir(AT_FDCWD, drop->batches_path);
	if (drop->batches_fd < 0)
		return drop->batches_fd;
	if (fstat(drop->batches_fd, &st) < 0)
		return -errno;
	return tree_is_ours(&st) ? 0 : -EPERM;
}

static int open_folders(struct source_drop *drop)
{
	int r;

	if (drop->drop_fd >= 0 && is_still_there(drop))
		return 0;
	close_folders(drop);
	drop->drop_fd = fd_open_dir(AT_FDCWD, drop->path);
	r = drop->drop_fd < 0 ? drop->drop_fd : open_batches(drop);
	if (r < 0) {
		close_folders(drop);
		if (r != drop->error)
			(void)log_errno(LOG_LEVEL_WARNING, r,
				r == -EPERM
					? "others may write into %s.importing: what is dropped "
					  "is not imported"
					: "the drop folder %s cannot be used; it is tried again",
				drop->path);
	} else {
		log_info("the drop folder is %s", drop->path);
	}
	drop->error = r;
	return r;
}

/* --- batches: cards --- */

static struct batch *find_batch(struct source_drop *drop, const char *name)
{
	for (size_t i = 0; i < BATCHES_MAX; i++)
		if (!strcmp(drop->batches[i].name, name))
			return &drop->batches[i];
	return NULL;
}

static struct batch *free_batch(struct source_drop *drop)
{
	return find_batch(drop, "");
}

static void forget_batch(struct source_drop *drop, struct batch *batch)
{
	struct batch gone = *batch;

	*batch = (struct batch){0};
	if (gone.is_told)
		drop->source.handler->removed(drop->source.userdata, &drop->source, gone.name);
}

/* "Upload by ann (2)" is a folder's name; a person calls it "Upload by ann". */
static void format_label(const char *name, char *label, size_t label_bytes)
{
	const char *number = strrchr(name, '(');
	int length = (int)strlen(name);

	if (number && number > name + 1 && number[-1] == ' ')
		length = (int)(number - name) - 1;
	(void)text_format(label, label_bytes, "%.*s", length, name);
}

static void tell(struct source_drop *drop, struct batch *batch)
{
	CLEANUP(freep) char *path = NULL;
	char label[NAME_MAX + 1], identity[128];
	struct source_card told = {.key = batch->name,
		.label = label,
		.slot = batch->name,
		.identity = identity,
		.is_supported = true};

	if (asprintf(&path, "%s/%s", drop->batches_path, batch->name) < 0) {
		path = NULL;
		return; /* the next look tries again */
	}
	format_label(batch->name, label, sizeof(label));
	tree_identity(AT_FDCWD, path, identity, sizeof(identity));
	told.folder = path;
	batch->is_told = true;
	batch->is_taken =
		drop->source.handler->inserted(drop->source.userdata, &drop->source, &told);
}

/* What was there when the daemon began, and what had to wait for others. */
static void find_batches(struct source_drop *drop)
{
	int fd = openat(drop->batches_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	struct batch *batch;

	if (!dir) {
		fd_close(fd);
		return;
	}
	while ((batch = free_batch(drop)) && (entry = readdir(dir))) {
		struct stat st;

		if (entry->d_name[0] == '.' || find_batch(drop, entry->d_name) ||
			fstatat(drop->batches_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISDIR(st.st_mode) ||
			unlinkat(drop->batches_fd, entry->d_name, AT_REMOVEDIR) == 0)
			continue;
		(void)text_format(batch->name, sizeof(batch->name), "%s", entry->d_name);
		tell(drop, batch);
	}
	(void)closedir(dir);
}

/* Only what was counted by the import, and as much as that, may go. */
static void remove_finished(struct source_drop *drop, struct batch *batch)
{
	int r = tree_remove_counted(drop->batches_fd, batch->name, DROP_DEPTH_MAX, &batch->count);

	batch->is_finished = false;
	if (r == 0 || r == -ENOENT) {
		log_info("what was dropped is in the tank, and is removed from %s.importing",
			drop->path);
		forget_batch(drop, batch);
		return;
	}
	(void)log_errno(LOG_LEVEL_WARNING, r, "'%s' is in the tank, but stays in %s.importing",
		batch->name, drop->path);
}

static void look_at_batches(struct source_drop *drop)
{
	struct stat st;

	for (size_t i = 0; i < BATCHES_MAX; i++) {
		struct batch *batch = &drop->batches[i];

		if (*batch->name && batch->is_finished)
			remove_finished(drop, batch);
		else if (*batch->name &&
			fstatat(drop->batches_fd, batch->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			forget_batch(drop, batch); /* somebody has removed it by hand */
		else if (*batch->name && !batch->is_taken)
			tell(drop, batch);
	}
	find_batches(drop);
}

/* --- taking --- */

/* What a person is called whose file this is, as part of a folder's name. */
static void format_owner(const struct source_drop *drop, uid_t owner, char *out, size_t out_bytes)
{
	const struct passwd *user = getpwuid(owner);
	const struct group *group;
	struct stat st;

	if (fstat(drop->drop_fd, &st) == 0 && st.st_uid == owner && (group = getgrgid(st.st_gid)) &&
		!strcmp(group->gr_name, SHARE_GROUP))
		(void)text_format(out, out_bytes, "Samba");
	else if (user && (!strcmp(user->pw_name, "nobody") || !strcmp(user->pw_name, "guest")))
		(void)text_format(out, out_bytes, "guest");
	else if (!user || strchr(user->pw_name, '/') ||
		!text_copy_safe(user->pw_name, out, out_bytes))
		(void)text_format(out, out_bytes, "user %u", (unsigned int)owner);
}

/* Makes the folder of a batch; its descriptor is for the caller to close. */
static int make_batch(struct source_drop *drop, uid_t owner, struct batch *batch)
{
	char by[64];
	int r = -EEXIST;

	format_owner(drop, owner, by, sizeof(by));
	for (int i = 1; r == -EEXIST && i < BATCH_NAMES_MAX; i++) {
		if (i == 1)
			(void)text_format(batch->name, sizeof(batch->name), CARD_NAME "%s", by);
		else
			(void)text_format(
				batch->name, sizeof(batch->name), CARD_NAME "%s (%d)", by, i);
		r = mkdirat(drop->batches_fd, batch->name, FOLDER_MODE) < 0 ? -errno : 0;
	}
	if (r == 0)
		r = fd_open_dir(drop->batches_fd, batch->name);
	if (r < 0)
		batch->name[0] = '\0';
	return r;
}

/* Takes what is whole; notes what is not. How many were taken. */
static size_t take_files(
	struct source_drop *drop, int batch_fd, const struct drop_file *files, size_t files_count)
{
	size_t taken_count = 0;

	for (size_t i = 0; i < files_count; i++) {
		struct drop_file *known = drop_list_find(&drop->list, files[i].path);
		int r = -EAGAIN;

		if (known && files[i].is_cut) {
			known->is_checked = known->is_cut = true;
			continue;
		}
		if (files[i].is_checked)
			r = drop_take(drop->drop_fd, &files[i], batch_fd);
		if (r == 0)
			taken_count++;
		if (r == 0 || r == -EAGAIN || r == -ENOENT)
			continue;
		(void)log_errno(LOG_LEVEL_WARNING, r,
			"a dropped file could not be taken and stays where it is");
		if (known)
			known->is_refused = true;
	}
	return taken_count;
}

static void on_prepared(
	void *userdata, int error, const struct drop_file *files, size_t files_count)
{
	struct source_drop *drop = userdata;
	struct batch *batch = free_batch(drop);
	int fd = -1;

	if (error == 0 && batch && drop->drop_fd >= 0)
		error = fd = make_batch(drop, drop->preparing_owner, batch);
	if (fd >= 0 && take_files(drop, fd, files, files_count) > 0) {
		tell(drop, batch);
	} else if (fd >= 0) {
		(void)tree_remove(drop->batches_fd, batch->name, DROP_DEPTH_MAX); /* folders */
		batch->name[0] = '\0';
	}
	if (error < 0) {
		(void)log_errno(LOG_LEVEL_WARNING, error,
			"what was dropped could not be moved into %s.importing, and stays",
			drop->path);
		drop->again_usec = clock_monotonic_usec() + AGAIN_USEC;
	}
	fd_close(fd);
	prepare_free(TAKE_PTR(drop->prepare));
	look_soon(drop, 0);
}

static void take_next(struct source_drop *drop, uint64_t now_usec)
{
	int r;

	if (drop->prepare || now_usec < drop->again_usec || !free_batch(drop) ||
		!drop_choose(
			&drop->list, now_usec, drop->options.settle_usec, &drop->preparing_owner))
		return;
	r = prepare_new(&drop->prepare, drop->event, drop->drop_fd, &drop->list,
		drop->preparing_owner, BATCH_FILES_MAX, on_prepared, drop);
	if (r < 0)
		(void)log_errno(LOG_LEVEL_WARNING, r, "what was dropped could not be looked at");
}

/* --- what stays --- */

static bool is_empty_folder(const struct drop_file *file)
{
	return file->why == DROP_FOLDER && !file->has_things;
}

static void remove_empty_folders(struct source_drop *drop, uint64_t now_usec)
{
	for (size_t i = 0; i < drop->list.count; i++) {
		const struct drop_file *folder = &drop->list.files[i];

		if (is_empty_folder(folder) &&
			now_usec - folder->since_usec >= drop->options.settle_usec * EMPTY_TIMES)
			(void)unlinkat(drop->drop_fd, folder->path, AT_REMOVEDIR);
	}
}

static bool may_say_something(const struct source_drop *drop, uint64_t now_usec)
{
	return !drop->said_usec || now_usec - drop->said_usec >= SAY_USEC;
}

/* Two sentences for all that was not said yet: the first one by its name. */
static void say_what_stays(struct source_drop *drop, uint64_t now_usec)
{
	const struct drop_file *first = NULL;
	char name[SAID_NAME_BYTES], text[SAID_NAME_BYTES + 300], more[64] = "";
	unsigned int count = 0;

	if (!may_say_something(drop, now_usec))
		return;
	for (size_t i = 0; i < drop->list.count; i++) {
		struct drop_file *file = &drop->list.files[i];

		if (file->is_said || !drop_why_is_lasting(file->why) ||
			now_usec - file->since_usec < drop->options.settle_usec * 2)
			continue;
		file->is_said = true;
		first = first ? first : file;
		count++;
	}
	if (!first)
		return;
	drop->said_usec = now_usec;
	(void)text_escape(first->path, name, sizeof(name));
	if (count > 1)
		(void)text_format(more, sizeof(more), " So do %u others.", count - 1);
	(void)text_format(text, sizeof(text),
		"'%s' stays in the drop folder: %s.%s 'imgtank doctor' says what to do.", name,
		drop_why_text(first->why), more);
	log_notice("%s", text);
	drop->source.handler->said(drop->source.userdata, text);
}

/* --- looking --- */

static bool is_any_folder_empty(const struct source_drop *drop)
{
	for (size_t i = 0; i < drop->list.count; i++)
		if (is_empty_folder(&drop->list.files[i]))
			return true;
	return false;
}

/* What stays is said soon, if anything may be said at all for now. */
static bool is_to_be_said(const struct drop_file *file, bool may_say)
{
	return may_say && !file->is_said && drop_why_is_lasting(file->why);
}

static bool is_anything_going_on(const struct source_drop *drop)
{
	bool may_say = may_say_something(drop, clock_monotonic_usec());

	for (size_t i = 0; i < drop->list.count; i++)
		if (drop->list.files[i].why <= DROP_OPEN ||
			is_to_be_said(&drop->list.files[i], may_say))
			return true;
	return false;
}

static void look(struct source_drop *drop)
{
	uint64_t now_usec = clock_monotonic_usec();
	int r;

	if (open_folders(drop) < 0)
		return;
	look_at_batches(drop);
	r = drop_look(drop->drop_fd, &drop->options, now_usec, &drop->list, &drop->list);
	if (r < 0) {
		(void)log_errno(LOG_LEVEL_WARNING, r, "the drop folder cannot be read");
		return;
	}
	take_next(drop, now_usec);
	remove_empty_folders(drop, now_usec);
	say_what_stays(drop, now_usec);
}

static void watch(struct source_drop *drop)
{
	const uint32_t mask = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVE_SELF | IN_ONLYDIR;

	/* The same again does nothing; without it there is still the timer. */
	(void)inotify_add_watch(drop->inotify_fd, drop->path, mask);
}

static uint64_t at_most(uint64_t usec, uint64_t most_usec)
{
	return usec < most_usec ? usec : most_usec;
}

static uint64_t next_look_usec(const struct source_drop *drop)
{
	uint64_t usec = LOOK_IDLE_USEC;

	if (drop->drop_fd < 0)
		usec = LOOK_MISSING_USEC;
	if (is_any_folder_empty(drop))
		usec = at_most(drop->options.settle_usec * EMPTY_TIMES / 4, usec);
	if (is_anything_going_on(drop))
		usec = at_most(drop->options.settle_usec / 2, LOOK_BUSY_USEC);
	return usec;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct source_drop *drop = userdata;

	(void)source;
	(void)usec;
	watch(drop);
	look(drop);
	if (!drop->is_ready) {
		drop->is_ready = true;
		drop->source.handler->ready(drop->source.userdata, &drop->source);
	}
	look_soon(drop, next_look_usec(drop));
	return 0;
}

/* Much may happen at once: one look, a little later, sees it all. */
static int on_inotify(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	_Alignas(struct inotify_event) char buffer[4096];
	struct source_drop *drop = userdata;
	uint64_t usec = next_look_usec(drop);

	(void)source;
	(void)revents;
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	if (!is_anything_going_on(drop))
		look_soon(drop, at_most(usec, LOOK_BUSY_USEC / 4));
	return 0;
}

static void on_ended(struct source *source, const char *key, const struct model_card *card)
{
	struct source_drop *drop = of(source);
	struct batch *batch = find_batch(drop, key);

	if (!batch || card->verdict != VERDICT_SAFE_TO_FORMAT || card->counts.files_left_out != 0)
		return;
	batch->is_finished = true;
	batch->count =
		(struct tree_count){card->counts.files_selected, card->counts.bytes_selected};
	look_soon(drop, 0);
}

/* --- its life --- */

static void free_drop(struct source *source)
{
	struct source_drop *drop = of(source);

	prepare_free(drop->prepare);
	(void)sd_event_source_disable_unref(drop->io_source);
	(void)sd_event_source_disable_unref(drop->timer_source);
	fd_close(drop->inotify_fd);
	close_folders(drop);
	free(drop->path);
	free(drop->batches_path);
	free(drop);
}

static const struct source_ops ops = {.name = "drop folder", .free = free_drop, .ended = on_ended};

static int begin(struct source_drop *drop, const char *path)
{
	size_t length = strlen(path);
	int r;

	while (length > 1 && path[length - 1] == '/')
		length--;
	drop->path = strndup(path, length);
	if (!drop->path || asprintf(&drop->batches_path, "%s.importing", drop->path) < 0) {
		drop->batches_path = NULL;
		return -ENOMEM;
	}
	drop->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (drop->inotify_fd < 0)
		return -errno;
	r = sd_event_add_io(
		drop->event, &drop->io_source, drop->inotify_fd, EPOLLIN, on_inotify, drop);
	if (r >= 0)
		r = sd_event_add_time_relative(
			drop->event, &drop->timer_source, CLOCK_MONOTONIC, 0, 0, on_timer, drop);
	return r < 0 ? r : 0;
}

int source_drop_new(struct source **ret, sd_event *event, const char *path,
	const struct drop_options *options, const struct source_handler *handler, void *userdata)
{
	struct source_drop *drop = calloc(1, sizeof(*drop));
	int r;

	if (!drop)
		return -ENOMEM;
	drop->source = (struct source){&ops, handler, userdata};
	drop->options = *options;
	drop->event = event;
	drop->inotify_fd = drop->drop_fd = drop->batches_fd = -1;
	r = begin(drop, path);
	if (r < 0) {
		free_drop(&drop->source);
		return r;
	}
	*ret = &drop->source;
	return 0;
}
