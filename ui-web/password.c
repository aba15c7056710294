/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-web/password.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"

#define METHOD "$y$" /* yescrypt */
#define FILE_MODE 0640

/* --- checking --- */

static int check_rights(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return st.st_mode & (S_IRWXO | S_IWGRP) ? -EPERM : 0;
}

int password_load(const char *path, char hash[PASSWORD_HASH_BYTES])
{
	CLEANUP(fd_closep) int fd = fd_open_regular(AT_FDCWD, path);
	ssize_t n;
	int r;

	if (fd < 0)
		return fd;
	r = check_rights(fd);
	if (r < 0)
		return r;
	n = fd_read_full(fd, hash, PASSWORD_HASH_BYTES - 1);
	if (n < 0)
		return (int)n;
	hash[n] = '\0';
	hash[strcspn(hash, "\r\n")] = '\0';
	return hash[0] == '$' && strlen(hash) > 20 ? 0 : -EBADMSG;
}

/* NULL without memory, or for a hash of a kind that is not known here. */
static char *hash_new(const char *setting, const char *password)
{
	struct crypt_data *data = calloc(1, sizeof(*data)); /* too large for a stack */
	const char *hash;
	char *copy = NULL;

	if (!data)
		return NULL;
	hash = crypt_r(password, setting, data);
	if (hash && hash[0] != '*')
		copy = strdup(hash);
	explicit_bzero(data, sizeof(*data));
	free(data);
	return copy;
}

bool password_is(const char *hash, const char *given)
{
	CLEANUP(freep) char *found = hash_new(hash, given);
	unsigned int difference = 0;

	if (!found || strlen(found) != strlen(hash))
		return false;
	for (size_t i = 0; hash[i]; i++)
		difference |= (unsigned int)(hash[i] ^ found[i]);
	return difference == 0;
}

/* --- a new one --- */

static int write_file(const char *path, const char *hash)
{
	CLEANUP(freep) char *temp = NULL;
	int fd, r;

	if (asprintf(&temp, "%s.new", path) < 0) {
		temp = NULL;
		return -ENOMEM;
	}
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return -errno;
	r = fchmod(fd, FILE_MODE) < 0 ? -errno : 0;
	if (r == 0 && (dprintf(fd, "%s\n", hash) < 0 || fsync(fd) < 0))
		r = -errno;
	if (fd_close_checked(fd) < 0 && r == 0)
		r = -EIO;
	if (r == 0 && rename(temp, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(temp);
	return r;
}

int password_store(const char *path, const char *password)
{
	CLEANUP(freep) char *hash = NULL;
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];

	if (strlen(password) < PASSWORD_LENGTH_MIN || strlen(password) > PASSWORD_LENGTH_MAX)
		return -EINVAL;
	if (!crypt_gensalt_rn(METHOD, 0, NULL, 0, setting, sizeof(setting)))
		return -errno;
	hash = hash_new(setting, password);
	return hash ? write_file(path, hash) : -ENOMEM;
}

static bool read_line(char *line, int line_bytes)
{
	struct termios shown, hidden;
	bool is_terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
	bool is_read;

	if (is_terminal) {
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		(void)fputs("Password for the web page: ", stderr);
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	is_read = fgets(line, line_bytes, stdin) != NULL;
	if (is_terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
		(void)fputc('\n', stderr);
	}
	line[is_read ? strcspn(line, "\r\n") : 0] = '\0';
	return is_read;
}

int password_ask(const char *path)
{
	char password[PASSWORD_LENGTH_MAX + 3];
	int r = read_line(password, sizeof(password)) ? password_store(path, password) : -EINVAL;

	explicit_bzero(password, sizeof(password));
	if (r == -EINVAL)
		(void)fprintf(stderr, "Nothing was changed: a password has %d to %d characters.\n",
			PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX);
	else if (r < 0)
		(void)fprintf(stderr, "%s could not be written: %s. The old password stays.\n",
			path, strerror(-r));
	else
		(void)fprintf(stderr,
			"The password is set. Let the front end read it: chgrp imgtank-ui %s\n",
			path);
	return r < 0 ? 1 : 0;
}
