/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/config/section.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/config/config_priv.h"

struct section_reader {
	const char *section, *file; /* file: escaped */
	config_section_fn section_fn;
	void *userdata;
};

static void on_setting(
	unsigned int line, const char *section, const char *key, const char *value, void *userdata)
{
	const struct section_reader *reader = userdata;

	if (!strcmp(section, reader->section))
		reader->section_fn(reader->file, line, key, value, reader->userdata);
}

static void on_problem(unsigned int line, const char *why, void *userdata)
{
	(void)line, (void)why, (void)userdata;
}

static int read_file(struct section_reader *reader, const char *path)
{
	const struct file_sink sink = {on_setting, on_problem, reader};
	CLEANUP(freep) char *text = NULL;
	CLEANUP(freep) char *escaped = NULL;
	size_t size_bytes;
	int r = sources_read(path, &text, &size_bytes);

	if (r < 0)
		return r;
	escaped = text_escape_new(path);
	if (!escaped)
		return -ENOMEM;
	reader->file = escaped;
	return file_parse(text, size_bytes, &sink);
}

/* A drop-in that cannot be read leaves the others in force. */
static int read_dropins(struct section_reader *reader, const char *const *folders)
{
	char **paths = NULL;
	int r = sources_find_dropins(folders, &paths);

	for (char **path = paths; r == 0 && *path; path++)
		if (read_file(reader, *path) == -ENOMEM)
			r = -ENOMEM;
	sources_free(paths);
	return r;
}

static int read_usual(struct section_reader *reader)
{
	int r = read_file(reader, SOURCES_USUAL_FILE);

	return r == -ENOMEM ? r : read_dropins(reader, sources_usual_folders);
}

int config_read_section(
	const char *file, const char *section, config_section_fn section_fn, void *userdata)
{
	struct section_reader reader = {
		.section = section, .section_fn = section_fn, .userdata = userdata};
	CLEANUP(freep) char *folder = NULL;
	size_t size_bytes;
	int r;

	if (!file)
		return read_usual(&reader);
	r = read_file(&reader, file);
	if (r < 0)
		return r;
	size_bytes = strlen(file) + sizeof(".d");
	folder = malloc(size_bytes);
	if (!folder)
		return -ENOMEM;
	(void)text_format(folder, size_bytes, "%s.d", file);
	return read_dropins(&reader, (const char *const[]){folder, NULL});
}
