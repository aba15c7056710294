/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/listen.h"

#include <errno.h>
#include <linux/capability.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/base/log.h"
#include "core/base/text.h"

#define BACKLOG 128

bool listen_parse(const char *text, char host[LISTEN_HOST_BYTES], char port[6])
{
	const char *colon = strrchr(text, ':');
	const char *digits = colon ? colon + 1 : text;
	size_t length = colon ? (size_t)(colon - text) : 0;
	uint64_t number;

	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	} else if (length > 0 && memchr(text, ':', length)) {
		return false; /* IPv6 wants brackets */
	} else if (colon && length == 0) {
		return false;
	}
	if (length >= LISTEN_HOST_BYTES || text_parse_u64(digits, 65535, &number) < 0)
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	return text_format(port, 6, "%u", (unsigned int)number);
}

static int open_address(const struct addrinfo *address)
{
	static const int on = 1, off = 0;
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		(address->ai_family == AF_INET6 &&
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0) ||
		bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		r = -errno;
	if (r < 0) {
		fd_close(fd);
		return r;
	}
	return fd;
}

static int open_host(const char *host, const char *port)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	int fd;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		return -EINVAL;
	fd = open_address(found);
	freeaddrinfo(found);
	return fd;
}

const char *listen_remedy(int error)
{
	switch (error) {
	case -EADDRINUSE:
		return "another program has this port ('ss -ltnp' shows which): end it, or choose "
		       "another port, as in listen = [::]:8080";
	case -EACCES:
		return "ports below 1024 are for the service or for root: choose another one, as "
		       "in "
		       "listen = [::]:8080";
	case -EADDRNOTAVAIL:
		return "this machine does not have this address";
	default:
		return "choose another address and port with listen =";
	}
}

/* The ambient one goes with it (capabilities(7)). */
void listen_give_up_right(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	struct __user_cap_data_struct *word = &data[CAP_TO_INDEX(CAP_NET_BIND_SERVICE)];

	if (syscall(SYS_capget, &header, data) < 0)
		return;
	word->effective &= ~CAP_TO_MASK(CAP_NET_BIND_SERVICE);
	word->permitted &= ~CAP_TO_MASK(CAP_NET_BIND_SERVICE);
	word->inheritable &= ~CAP_TO_MASK(CAP_NET_BIND_SERVICE);
	if (syscall(SYS_capset, &header, data) < 0)
		log_warning("the right to take low ports could not be given up");
}

int listen_open(const char *text)
{
	char host[LISTEN_HOST_BYTES], port[6];
	int fd;

	if (!listen_parse(text, host, port))
		return -EINVAL;
	fd = open_host(*host ? host : "::", port);
	if (fd == -EAFNOSUPPORT && (!*host || !strcmp(host, "::")))
		fd = open_host("0.0.0.0", port);
	return fd;
}

unsigned int listen_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = {0};
	socklen_t size_bytes = sizeof(address);

	if (getsockname(fd, &address.any, &size_bytes) < 0)
		return 0;
	if (address.any.sa_family == AF_INET6)
		return ntohs(address.v6.sin6_port);
	return address.any.sa_family == AF_INET ? ntohs(address.v4.sin_port) : 0;
}
