/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/server.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/daemon/peer.h"

#define BACKLOG 64
#define LOCK_END ".lock" /* behind the socket's name: the file that is locked stays */
#define ACCEPTS_PER_TURN 8
#define GROUPS_MAX 256
#define STALL_LOOKS 4 /* so often within the time a client has */

struct server {
	const struct server_options *options; /* borrowed */
	const struct server_handler *handler; /* borrowed */
	void *userdata;
	sd_event *event; /* borrowed */
	int fd; /* owned; listens */
	int spare_fd; /* owned: given up for a moment when no other descriptor is left */
	int lock_fd; /* owned; locked as long as the socket's file is ours */
	bool is_ours; /* the socket's file is removed in the end */
	sd_event_source *accept_source, *stall_source;
	struct peer *peers[SERVER_PEERS_MAX]; /* owned */
	size_t peers_count;
	struct peer_handler peer_handler;
};

/* --- who is it --- */

struct rights {
	uid_t user;
	bool may_watch, may_command;
};

/* The groups that the client's process has, and not what a list of members says by now. */
static bool is_in_group(int fd, const struct ucred *who, const char *name)
{
	const struct group *group = *name ? getgrnam(name) : NULL;
	gid_t groups[GROUPS_MAX];
	socklen_t size_bytes = sizeof(groups);

	if (!group)
		return false;
	if (who->gid == group->gr_gid)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size_bytes) < 0)
		return false;
	for (size_t i = 0; i < size_bytes / sizeof(groups[0]); i++)
		if (groups[i] == group->gr_gid)
			return true;
	return false;
}

static struct rights rights_of(const struct server *server, int fd)
{
	struct rights rights = {.user = (uid_t)-1};
	struct ucred who;
	socklen_t size_bytes = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size_bytes) < 0)
		return rights;
	rights.user = who.uid;
	rights.may_command = who.uid == 0 || who.uid == geteuid() ||
		is_in_group(fd, &who, server->options->group);
	rights.may_watch = rights.may_command || !server->options->only_group_watches;
	return rights;
}

static bool has_room_for(const struct server *server, uid_t user)
{
	size_t count = 0;

	if (server->peers_count == SERVER_PEERS_MAX)
		return false;
	if (user == 0 || user == geteuid())
		return true;
	for (size_t i = 0; i < server->peers_count; i++)
		count += peer_user(server->peers[i]) == user;
	return count < SERVER_PEERS_PER_USER_MAX;
}

/* --- clients --- */

static void remove_peer(struct server *server, size_t index)
{
	struct peer *peer = server->peers[index];

	server->peers[index] = server->peers[--server->peers_count];
	peer_free(peer);
}

static void remove_gone(struct server *server)
{
	for (size_t i = server->peers_count; i > 0; i--)
		if (peer_is_gone(server->peers[i - 1]))
			remove_peer(server, i - 1);
}

static enum reply_code on_command(void *userdata, const struct command_request *request,
	const char **sentence, const char **remedy)
{
	struct server *server = userdata;

	return server->handler->command(server->userdata, request, sentence, remedy);
}

static struct queue_line *on_snapshot(void *userdata)
{
	struct server *server = userdata;

	return server->handler->snapshot(server->userdata);
}

static struct queue_line *on_access(void *userdata)
{
	struct server *server = userdata;

	return server->handler->access(server->userdata);
}

static void on_gone(void *userdata, struct peer *peer)
{
	struct server *server = userdata;

	for (size_t i = 0; i < server->peers_count; i++) {
		if (server->peers[i] == peer) {
			remove_peer(server, i);
			return;
		}
	}
}

/* One line says why; then it is over. Takes fd over. */
static void refuse(int fd, enum reply_code code, const char *sentence, const char *remedy)
{
	CLEANUP(freep) char *text = message_encode_reply(0, code, sentence, remedy);

	if (text)
		(void)send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
	fd_close(fd);
}

static void admit(struct server *server, int fd)
{
	struct rights rights = rights_of(server, fd);
	struct peer *peer = NULL;
	int r;

	if (!rights.may_watch) {
		refuse(fd, REPLY_NOT_ALLOWED, "You may not watch this tank.", NULL);
		return;
	}
	if (!has_room_for(server, rights.user)) {
		log_warning("user %u has too many connections: one was refused",
			(unsigned int)rights.user);
		refuse(fd, REPLY_TOO_FAST, "There are too many connections.",
			"Close some of them and try again.");
		return;
	}
	r = peer_new(&peer, server->event, fd, rights.user, rights.may_command,
		&server->peer_handler, server);
	if (r < 0) {
		(void)log_errno(LOG_LEVEL_WARNING, r, "a client could not be served");
		return;
	}
	server->peers[server->peers_count++] = peer;
	peer_flush(peer);
	remove_gone(server);
}

/* Without a free descriptor the connection would wait for ever: it is taken and hung up. */
static void use_spare(struct server *server)
{
	log_warning("no descriptors are left: a client was refused");
	fd_close(TAKE_FD(server->spare_fd));
	fd_close(accept4(server->fd, NULL, NULL, SOCK_CLOEXEC));
	server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int on_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct server *server = userdata;

	(void)source;
	(void)revents;
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		int client_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (client_fd < 0 && (errno == EMFILE || errno == ENFILE))
			use_spare(server);
		if (client_fd < 0)
			return 0;
		admit(server, client_fd);
	}
	return 0;
}

static int on_stall_look(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct server *server = userdata;
	uint64_t now_usec = clock_monotonic_usec();

	(void)usec;
	for (size_t i = 0; i < server->peers_count; i++)
		if (peer_stalled_usec(server->peers[i], now_usec) > server->options->stall_usec)
			peer_drop(server->peers[i], "it takes nothing any more");
	remove_gone(server);
	(void)sd_event_source_set_time_relative(source, server->options->stall_usec / STALL_LOOKS);
	(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static bool is_for(const struct peer *peer, const struct queue_line *line)
{
	if (line->type == MESSAGE_ENGINE)
		return peer_follows(peer);
	return line->type != MESSAGE_ACCESS || peer_sees_access(peer);
}

void server_send(struct server *server, struct queue_line *line)
{
	for (size_t i = 0; i < server->peers_count; i++)
		if (is_for(server->peers[i], line))
			peer_send(server->peers[i], line);
}

void server_flush(struct server *server)
{
	for (size_t i = 0; i < server->peers_count; i++)
		peer_flush(server->peers[i]);
	remove_gone(server);
}

void server_resync(struct server *server)
{
	for (size_t i = 0; i < server->peers_count; i++)
		peer_resync(server->peers[i]);
}

bool server_has_followers(const struct server *server)
{
	for (size_t i = 0; i < server->peers_count; i++)
		if (peer_follows(server->peers[i]))
			return true;
	return false;
}

/* --- the socket --- */

static int bind_at(int fd, const struct sockaddr_un *address)
{
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return -errno;
	/* Everybody may connect; what they may do is decided by who they are. */
	if (chmod(address->sun_path, 0666) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return 0;
}

/* Does a daemon answer there? A file that nobody listens at is left over from one that died. */
static bool is_answered(const struct sockaddr_un *address)
{
	CLEANUP(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 &&
		(connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
			errno == EAGAIN);
}

static void make_parent(const char *path)
{
	char parent[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	char *slash;

	(void)memccpy(parent, path, '\0', sizeof(parent));
	slash = strrchr(parent, '/');
	if (slash && slash != parent) {
		*slash = '\0';
		(void)mkdir(parent, 0755); /* bind() says what is wrong */
	}
}

/*
 * Who finds the file of a dead daemon removes it, and must not remove that of another one that
 * starts at the same time. No flock(2): a child that hangs would keep it beyond our end.
 */
static int lock_place(struct server *server, const char *path)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char lock_path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + sizeof(LOCK_END)];

	(void)text_format(lock_path, sizeof(lock_path), "%s" LOCK_END, path);
	server->lock_fd =
		open(lock_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (server->lock_fd < 0)
		return -errno;
	if (fcntl(server->lock_fd, F_SETLK, &whole) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EADDRINUSE : -errno;
}

static int open_socket(struct server *server)
{
	const char *path = server->options->path;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat st;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	make_parent(path);
	r = lock_place(server, path);
	if (r < 0)
		return r;
	if (is_answered(&address))
		return -EADDRINUSE;
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(path);
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->fd < 0)
		return -errno;
	server->is_ours = true;
	return bind_at(server->fd, &address);
}

/* systemd may have opened it already; then it also stays when the daemon goes. */
static int find_socket(struct server *server)
{
	if (sd_listen_fds(1) < 1 ||
		sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_STREAM, 1, NULL, 0) <= 0)
		return open_socket(server);
	server->fd = SD_LISTEN_FDS_START;
	return fcntl(server->fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static int add_sources(struct server *server)
{
	int r = sd_event_add_io(
		server->event, &server->accept_source, server->fd, EPOLLIN, on_connection, server);

	if (r >= 0)
		r = sd_event_add_time_relative(server->event, &server->stall_source,
			CLOCK_MONOTONIC, server->options->stall_usec / STALL_LOOKS, 0,
			on_stall_look, server);
	return r < 0 ? r : 0;
}

int server_new(struct server **ret, sd_event *event, const struct server_options *options,
	const struct server_handler *handler, void *userdata)
{
	struct server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return -ENOMEM;
	server->options = options;
	server->handler = handler;
	server->userdata = userdata;
	server->event = event;
	server->fd = server->lock_fd = -1;
	server->peer_handler = (struct peer_handler){on_command, on_snapshot, on_access, on_gone};
	server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	r = find_socket(server);
	if (r < 0)
		server->is_ours = server->is_ours && r != -EADDRINUSE;
	else
		r = add_sources(server);
	if (r < 0) {
		server_free(server);
		return r;
	}
	*ret = server;
	return 0;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	(void)sd_event_source_disable_unref(server->accept_source);
	(void)sd_event_source_disable_unref(server->stall_source);
	if (server->is_ours)
		(void)unlink(server->options->path);
	fd_close(server->fd);
	fd_close(server->lock_fd);
	fd_close(server->spare_fd);
	while (server->peers_count > 0)
		remove_peer(server, server->peers_count - 1);
	free(server);
}
