/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/client/address.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/base/cleanup.h"
#include "core/protocol/message.h"

const char *address_choose(const char *given)
{
	const char *from_environment = secure_getenv(SOCKET_PATH_ENV);

	if (given)
		return given;
	return from_environment && *from_environment ? from_environment : SOCKET_PATH_DEFAULT;
}

int address_connect(const char *path)
{
	CLEANUP(fd_closep) int fd = -1;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}
