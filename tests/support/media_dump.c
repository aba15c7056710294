/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * media_dump FILE... - what media_read() finds, one JSON object a line.
 *
 * Runs the readers in this very process, without the probe's cage: for the
 * corpus test, for measuring, and for looking at what a fuzzer found. Adds
 * "usec", the time of the call. Names that come on standard input, one a line,
 * do as well (-).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/probe/media.h"

static ssize_t read_fd(void *userdata, void *buffer, size_t size_bytes, uint64_t offset)
{
	return fd_pread_full(*(int *)userdata, buffer, size_bytes, (off_t)offset);
}

static json_t *describe_previews(const struct media_facts *facts)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < facts->preview_count; i++) {
		const struct media_preview *p = &facts->previews[i];

		json_array_append_new(list,
			json_pack("{s:I,s:I,s:I,s:I}", "offset", (json_int_t)p->offset,
				"size_bytes", (json_int_t)p->size_bytes, "width_px",
				(json_int_t)p->width_px, "height_px", (json_int_t)p->height_px));
	}
	return list;
}

static json_t *describe(const char *name, const struct media_facts *f)
{
	CLEANUP(freep) char *escaped = text_escape_new(name);

	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:o}", "file",
		escaped ? escaped : "", "type", f->type, "capture_time", f->capture_time,
		"local_time", f->local_time, "utc_offset", f->utc_offset, "subsec", f->subsec,
		"date_source", media_date_source_name((enum media_date_source)f->date_source),
		"make", f->make, "model", f->model, "orientation", (json_int_t)f->orientation,
		"width_px", (json_int_t)f->width_px, "height_px", (json_int_t)f->height_px,
		"previews", describe_previews(f));
}

static int read_facts(const char *name, struct media_facts *facts)
{
	CLEANUP(fd_closep) int fd = fd_open_regular(AT_FDCWD, name);
	struct media_input input = {.read_at = read_fd, .userdata = &fd};
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	input.size_bytes = (uint64_t)st.st_size;
	return media_read(&input, facts);
}

static int dump(const char *name)
{
	struct media_facts facts = {0};
	uint64_t start = clock_monotonic_usec();
	int r = read_facts(name, &facts);
	uint64_t usec = clock_monotonic_usec() - start;
	json_t *line = describe(name, &facts);

	if (!line)
		return -ENOMEM;
	json_object_set_new(line, "usec", json_integer((json_int_t)usec));
	if (r < 0)
		json_object_set_new(line, "error", json_string(strerror(-r)));
	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(line);
	return r;
}

static int dump_list(FILE *names)
{
	CLEANUP(freep) char *line = NULL;
	size_t line_bytes = 0;
	ssize_t n;
	int worst = 0;

	while ((n = getline(&line, &line_bytes, names)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (dump(line) < 0)
			worst = 1;
	}
	return worst;
}

int main(int argc, char **argv)
{
	int worst = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-") == 0)
			worst |= dump_list(stdin);
		else if (dump(argv[i]) < 0)
			worst = 1;
	}
	return worst;
}
