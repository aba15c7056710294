/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/access.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/fd.h"
#include "core/base/text.h"
#include "core/protocol/access_json.h"

#define LOOK_USEC UINT64_C(2000000)
#define ACCURACY_USEC UINT64_C(1000000) /* others' wake-ups will do */
#define NOTE_BYTES_MAX 4096

struct access_watch {
	char network_path[PATH_MAX], code_path[PATH_MAX];
	struct model_access found;
	sd_event_source *timer;
	void (*changed)(void *userdata);
	void *userdata;
};

/* --- the notes --- */

/* Its length, or a negative errno. No link is followed: not everybody who writes there is root. */
static ssize_t read_note(const char *path, char note[NOTE_BYTES_MAX])
{
	CLEANUP(fd_closep) int fd = fd_open_regular(AT_FDCWD, path);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = fd_read_full(fd, note, NOTE_BYTES_MAX - 1);
	if (n >= 0)
		note[n] = '\0';
	return n;
}

/* "1234 5678", with its line end. */
static bool is_code(const char *note)
{
	return strspn(note, "0123456789") == 4 && note[4] == ' ' &&
		strspn(note + 5, "0123456789") == 4 && note[9] == '\n';
}

static int read_url(const char *line, const char *address, char *url, size_t url_bytes)
{
	bool is_tls = !strncmp(line, "https ", 6);
	char number[8];
	uint64_t port;
	size_t length;

	if (!is_tls && strncmp(line, "http ", 5) != 0)
		return -EBADMSG;
	line += is_tls ? 6 : 5;
	length = strcspn(line, "\n");
	if (line[length] != '\n' || line[length + 1] ||
		!text_format(number, sizeof(number), "%.*s", (int)length, line) ||
		text_parse_u64(number, 65535, &port) < 0 || port == 0)
		return -EBADMSG;
	if (!*address)
		return 0;
	if (port == (is_tls ? 443 : 80))
		(void)text_format(url, url_bytes, "http%s://%s/", is_tls ? "s" : "", address);
	else
		(void)text_format(url, url_bytes, "http%s://%s:%u/", is_tls ? "s" : "", address,
			(unsigned int)port);
	return 0;
}

int access_read_code(const char *note, const char *address, struct model_access *ret)
{
	bool has_code = is_code(note);
	int r;

	if (!has_code && strncmp(note, "-\n", 2) != 0)
		return -EBADMSG;
	r = read_url(note + (has_code ? 10 : 2), address, ret->url, sizeof(ret->url));
	if (r == 0 && has_code)
		(void)text_format(ret->code, sizeof(ret->code), "%.9s", note);
	return r;
}

/* --- the machine's address --- */

int access_rank_interface(const char *name, bool has_own_network)
{
	if (!strncmp(name, "wl", 2))
		return has_own_network ? 0 : 1;
	return name[0] == 'e' ? 3 : 2;
}

static void find_address(bool has_own_network, char address[INET_ADDRSTRLEN])
{
	struct ifaddrs *all = NULL;
	int best = 0;

	address[0] = '\0';
	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
		int rank;

		if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET ||
			!(one->ifa_flags & IFF_UP) || one->ifa_flags & IFF_LOOPBACK)
			continue;
		rank = access_rank_interface(one->ifa_name, has_own_network);
		if (rank <= best)
			continue;
		best = rank;
		(void)inet_ntop(AF_INET,
			&((const struct sockaddr_in *)(const void *)one->ifa_addr)->sin_addr,
			address, INET_ADDRSTRLEN);
	}
	freeifaddrs(all);
}

/* --- looking --- */

static bool look(struct access_watch *watch)
{
	struct model_access now;
	char note[NOTE_BYTES_MAX], address[INET_ADDRSTRLEN];
	ssize_t n = read_note(watch->network_path, note);
	bool is_same;

	memset(&now, 0, sizeof(now)); /* it is compared byte by byte */
	if (n > 0)
		(void)access_json_read(note, (size_t)n, &now);
	if (read_note(watch->code_path, note) > 0) {
		find_address(*now.network, address);
		(void)access_read_code(note, address, &now);
	} else {
		now.network_url[0] = '\0'; /* there is a network, and no page in it */
	}
	is_same = !memcmp(&now, &watch->found, sizeof(now));
	watch->found = now;
	return !is_same;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct access_watch *watch = userdata;

	(void)usec;
	(void)sd_event_source_set_time_relative(source, LOOK_USEC);
	(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	if (look(watch))
		watch->changed(watch->userdata);
	return 0;
}

int access_watch_new(struct access_watch **ret, sd_event *event, const char *root,
	void (*changed)(void *userdata), void *userdata)
{
	struct access_watch *watch = calloc(1, sizeof(*watch));
	int r = watch ? 0 : -ENOMEM;

	if (r == 0 &&
		(!text_format(watch->network_path, PATH_MAX, "%s" ACCESS_NETWORK_FILE, root) ||
			!text_format(watch->code_path, PATH_MAX, "%s" ACCESS_CODE_FILE, root)))
		r = -ENAMETOOLONG;
	if (r == 0) {
		watch->changed = changed;
		watch->userdata = userdata;
		r = sd_event_add_time_relative(event, &watch->timer, CLOCK_MONOTONIC, LOOK_USEC,
			ACCURACY_USEC, on_time, watch);
	}
	if (r < 0) {
		access_watch_free(watch);
		return r;
	}
	(void)look(watch);
	*ret = watch;
	return 0;
}

void access_watch_free(struct access_watch *watch)
{
	if (!watch)
		return;
	(void)sd_event_source_disable_unref(watch->timer);
	free(watch);
}

const struct model_access *access_watch_found(const struct access_watch *watch)
{
	return &watch->found;
}
