/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sources.c - which files make up the configuration, as systemd.unit(5) has it for drop-ins.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "build.h"
#include "core/base/cleanup.h"
#include "core/base/fd.h"
#include "core/base/text.h"
#include "core/config/config_priv.h"

const char *const sources_usual_folders[] = {
	IMGTANK_LIB_DIR "/imgtank.conf.d",
	"/run/imgtank/imgtank.conf.d",
	IMGTANK_SYSCONF_DIR "/imgtank.conf.d",
	NULL,
};

struct path_list {
	char **paths;
	size_t count;
};

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(name_of(*(const char *const *)a), name_of(*(const char *const *)b));
}

static char *join(const char *folder, const char *name)
{
	size_t size_bytes = strlen(folder) + 1 + strlen(name) + 1;
	char *path = malloc(size_bytes);

	if (path)
		(void)text_format(path, size_bytes, "%s/%s", folder, name);
	return path;
}

/* The same name in a stronger folder takes the place of the one that is there. */
static int add_path(struct path_list *list, const char *folder, const char *name)
{
	char *path = join(folder, name);
	char **grown;

	if (!path)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		if (!strcmp(name_of(list->paths[i]), name)) {
			free(list->paths[i]);
			list->paths[i] = path;
			return 0;
		}
	}
	grown = realloc(list->paths, (list->count + 2) * sizeof(*grown));
	if (!grown) {
		free(path);
		return -ENOMEM;
	}
	list->paths = grown;
	list->paths[list->count++] = path;
	list->paths[list->count] = NULL;
	return 0;
}

static bool is_dropin(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > 5 && !strcmp(name + length - 5, ".conf");
}

static int add_folder(struct path_list *list, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int r = 0;

	while (dir && r == 0 && (entry = readdir(dir)))
		if (is_dropin(entry->d_name))
			r = add_path(list, folder, entry->d_name);
	if (dir)
		(void)closedir(dir);
	return r;
}

int sources_find_dropins(const char *const *folders, char ***ret)
{
	struct path_list list = {0};
	int r = 0;

	list.paths = calloc(1, sizeof(*list.paths));
	if (!list.paths)
		return -ENOMEM;
	for (; *folders && r == 0; folders++)
		r = add_folder(&list, *folders);
	if (r < 0) {
		sources_free(list.paths);
		return r;
	}
	qsort(list.paths, list.count, sizeof(*list.paths), by_name);
	*ret = list.paths;
	return 0;
}

void sources_free(char **paths)
{
	for (char **path = paths; path && *path; path++)
		free(*path);
	free(paths);
}

/* A FIFO must not hang the start, and /dev/null is the usual way to blank out a file. */
int sources_read(const char *path, char **text_ret, size_t *size_ret)
{
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	CLEANUP(freep) char *text = NULL;
	struct stat info;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &info) < 0)
		return -errno;
	if (S_ISDIR(info.st_mode))
		return -EISDIR;
	if (!S_ISREG(info.st_mode) && !S_ISCHR(info.st_mode))
		return -EINVAL;
	text = malloc(CONFIG_FILE_BYTES_MAX + 1);
	if (!text)
		return -ENOMEM;
	n = fd_read_full(fd, text, CONFIG_FILE_BYTES_MAX + 1);
	if (n < 0)
		return (int)n;
	if ((size_t)n > CONFIG_FILE_BYTES_MAX)
		return -EFBIG;
	*text_ret = TAKE_PTR(text);
	*size_ret = (size_t)n;
	return 0;
}
