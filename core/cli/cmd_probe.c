/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_probe.c - `imgtank probe`: what files say of themselves, as an import sees it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/fd.h"
#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/probe/probe.h"
#include "core/protocol/record_json.h"

enum { OPTION_JSON = 256, OPTION_THUMBNAIL, OPTION_SANDBOX };

static const struct option long_options[] = {
	{"json", no_argument, NULL, OPTION_JSON},
	{"thumbnail", required_argument, NULL, OPTION_THUMBNAIL},
	{"sandbox", no_argument, NULL, OPTION_SANDBOX},
	{NULL, 0, NULL, 0},
};

struct probe_view {
	bool wants_json, wants_sandbox;
	const char *thumbnail_dir; /* NULL: they are only made */
	int thumbnail_fd; /* of that folder */
	bool is_first;
	struct probe *probe;
	struct media_facts facts;
	struct probe_thumbnail thumbnail;
};

/* What kept a file from being probed. */
struct problem {
	int error;
	const char *word, *what, *remedy;
};

static const struct problem problems[] = {
	{-ETIMEDOUT, "too-slow", "Reading its details took too long and was stopped.",
		"Nothing. An import copies it like any other and files it by the card's date."},
	{-EBADMSG, "reader-stopped", "It made the reader stop; the file is probably damaged.",
		"Nothing. An import copies it like any other and files it by the card's date."},
	{-ENOMEM, "too-large", "Its details need more memory than a file may take.",
		"Nothing. An import copies it like any other and files it by the card's date."},
	{-EIO, "unreadable", "It could not be read from its disk or card.",
		"Plug the card again, or try another reader. Do not format the card."},
	{-ENOENT, "missing", "There is no such file.", "Check the name."},
	{-EACCES, "denied", "You are not allowed to read it.",
		"Give yourself the right to read it, or ask who has it."},
	{-ELOOP, "not-a-file", "It is a link, not a file.", "Name the file that it points to."},
	{-EINVAL, "not-a-file", "It is not a regular file.", "Name files, not folders or devices."},
};

static const struct problem other_problem = {0, "unreadable", "It could not be opened or read.",
	"Check the disk or card that it is on."};

static const struct problem *find_problem(int error)
{
	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++)
		if (problems[i].error == error)
			return &problems[i];
	return &other_problem;
}

static struct record_field text_field(const char *name, const char *text)
{
	return (struct record_field){.name = name, .text = text, .is_null = !*text};
}

static void print_json(const struct probe_view *view, const char *file, int error)
{
	const struct media_facts *facts = &view->facts;
	const struct probe_thumbnail *thumbnail = &view->thumbnail;
	const struct problem *problem = find_problem(error);
	const char *source = media_date_source_name((enum media_date_source)facts->date_source);
	const struct record_field size_fields[] = {{"width", .number = thumbnail->width_px},
		{"height", .number = thumbnail->height_px}, {"source", .text = thumbnail->source},
		{.name = NULL}};
	const struct record_field problem_fields[] = {{"word", .text = problem->word},
		{"what", .text = problem->what}, {"remedy", .text = problem->remedy},
		{"errno", .number = (uint64_t)-error}, {.name = NULL}};
	struct record_field fields[12] = {
		text_field("file", file),
		text_field("type", facts->type),
		text_field("capture_time", facts->capture_time),
		text_field("subsec", facts->subsec),
		text_field("utc_offset", facts->utc_offset),
		text_field("date_source", *facts->capture_time ? source : ""),
		text_field("make", facts->make),
		text_field("model", facts->model),
		{.name = "orientation",
			.number = facts->orientation,
			.is_null = facts->orientation == 0},
		{.name = "thumbnail", .object = size_fields, .is_null = thumbnail->size_bytes == 0},
	};

	if (error)
		fields[9] = (struct record_field){.name = "error", .object = problem_fields};
	if (*facts->local_time)
		fields[10] = text_field("local_time", facts->local_time);
	record_json_print(stdout, fields);
}

static void print_item(const char *name, const char *text)
{
	(void)printf("  %-12s %s\n", name, *text ? text : "-");
}

/* "2004-05-09 16:00:21.12 +02:00 (exif-original)" */
static void print_taken(const struct media_facts *facts)
{
	bool has_local = *facts->local_time;
	const char *time = has_local ? facts->local_time : facts->capture_time;
	char text[128] = "";

	if (*time)
		(void)text_format(text, sizeof(text), "%.10s %s%s%s%s%s (%s)", time, time + 11,
			*facts->subsec ? "." : "", facts->subsec, *facts->utc_offset ? " " : "",
			facts->utc_offset,
			media_date_source_name((enum media_date_source)facts->date_source));
	print_item("taken", text);
}

static void print_camera(const struct media_facts *facts)
{
	char text[2 * MEDIA_NAME_BYTES];

	text_camera(facts->make, facts->model, text, sizeof(text));
	print_item("camera", text);
}

static void print_thumbnail(const struct probe_thumbnail *thumbnail)
{
	char text[64] = "none";

	if (thumbnail->size_bytes > 0)
		(void)text_format(text, sizeof(text), "%u x %u, %s", thumbnail->width_px,
			thumbnail->height_px, thumbnail->source);
	print_item("thumbnail", text);
}

static void print_block(struct probe_view *view, const char *file, int error)
{
	char turned[16] = "";

	(void)printf("%s%s\n", view->is_first ? "" : "\n", file);
	view->is_first = false;
	if (error) {
		print_item("problem", find_problem(error)->what);
		return;
	}
	if (view->facts.orientation)
		(void)text_format(turned, sizeof(turned), "%u", view->facts.orientation);
	print_item("type", *view->facts.type ? view->facts.type : "not a kind that is known");
	print_taken(&view->facts);
	print_camera(&view->facts);
	print_item("orientation", turned);
	print_thumbnail(&view->thumbnail);
}

static int probe_file(struct probe_view *view, const char *path)
{
	CLEANUP(fd_closep) int fd = fd_open_regular(AT_FDCWD, path);

	view->facts = (struct media_facts){0};
	view->thumbnail.size_bytes = 0;
	if (fd < 0)
		return fd;
	return probe_read_thumbnail(view->probe, fd, &view->facts, &view->thumbnail);
}

static int save_thumbnail(const struct probe_view *view, const char *path)
{
	const char *slash = strrchr(path, '/');
	char name[300];
	int fd, r, closed;

	if (view->thumbnail.size_bytes == 0)
		return 0;
	if (!text_format(name, sizeof(name), "%s.jpg", slash ? slash + 1 : path))
		return -ENAMETOOLONG;
	fd = openat(view->thumbnail_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		0644);
	if (fd < 0)
		return -errno;
	r = fd_write_full(fd, view->thumbnail.jpeg, view->thumbnail.size_bytes);
	closed = fd_close_checked(fd);
	return r < 0 ? r : closed;
}

/* The file, what happened, what to do: on standard error, beside the block or line. */
static void complain(const char *file, int error)
{
	const struct problem *problem = find_problem(error);

	(void)fprintf(stderr, "imgtank probe: %s: %s\n  %s\n  (The system says: %s.)\n", file,
		problem->what, problem->remedy, strerrordesc_np(-error) ?: "?");
}

static int say_missing(int error)
{
	(void)fprintf(stderr,
		"imgtank probe: The program that reads files, imgtank-probe, is missing or cannot "
		"start.\n  No file was read or changed.\n  Install imgtank again.\n"
		"  (The system says: %s.)\n",
		strerrordesc_np(-error) ?: "?");
	return EXIT_TROUBLE;
}

/* Whether all went well. *r: nothing more can be probed. */
static bool show_file(struct probe_view *view, const char *path, int *r)
{
	CLEANUP(freep) char *file = text_escape_new(path);
	const char *shown = file ? file : "?";
	int error = probe_file(view, path), saved = 0;

	if (error == -ECHILD) {
		*r = error;
		return false;
	}
	if (view->wants_json)
		print_json(view, shown, error);
	else
		print_block(view, shown, error);
	if (error)
		complain(shown, error);
	else if (view->thumbnail_dir)
		saved = save_thumbnail(view, path);
	if (saved < 0)
		(void)fprintf(stderr,
			"imgtank probe: %s: The thumbnail could not be saved; nothing was "
			"replaced.\n  (The system says: %s.)\n",
			shown, strerrordesc_np(-saved) ?: "?");
	return error == 0 && saved == 0;
}

static int show_all(struct probe_view *view, char **paths, int count)
{
	int failed = 0, r = 0;

	for (int i = 0; i < count && r == 0; i++)
		failed += !show_file(view, paths[i], &r);
	if (r < 0)
		return say_missing(r);
	if (fflush(stdout) != 0 || ferror(stdout))
		return EXIT_TROUBLE;
	return failed ? EXIT_SOME_FAILED : EXIT_OK;
}

static int show_sandbox(struct probe_view *view)
{
	char text[256];
	int r = probe_describe_sandbox(view->probe, text, sizeof(text));

	if (r < 0) {
		(void)fprintf(stderr, "imgtank probe: %s.\n", text);
		return say_missing(r);
	}
	(void)puts(text);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_TROUBLE;
}

static int parse_options(struct probe_view *view, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		switch (c) {
		case OPTION_JSON:
			view->wants_json = true;
			break;
		case OPTION_THUMBNAIL:
			view->thumbnail_dir = optarg;
			break;
		case OPTION_SANDBOX:
			view->wants_sandbox = true;
			break;
		default:
			return cli_bad_option(&command_probe, argv, c);
		}
	}
	if (optind == argc && !view->wants_sandbox)
		return cli_usage_error(&command_probe, "name at least one file");
	if (optind < argc && view->wants_sandbox)
		return cli_usage_error(&command_probe, "--sandbox takes no files");
	return EXIT_OK;
}

static int open_thumbnail_dir(struct probe_view *view)
{
	if (!view->thumbnail_dir)
		return EXIT_OK;
	view->thumbnail_fd = open(view->thumbnail_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (view->thumbnail_fd < 0)
		return cli_usage_error(&command_probe, "%s is not a folder: %s",
			view->thumbnail_dir, strerrordesc_np(errno));
	return EXIT_OK;
}

static int run_view(struct probe_view *view, int argc, char **argv)
{
	const struct probe_options options = {0};
	int r = parse_options(view, argc, argv);

	if (r == EXIT_OK)
		r = open_thumbnail_dir(view);
	if (r != EXIT_OK)
		return r;
	r = probe_new(&view->probe, &options);
	if (r < 0)
		return say_missing(r);
	return view->wants_sandbox ? show_sandbox(view)
				   : show_all(view, argv + optind, argc - optind);
}

static int run_probe(int argc, char **argv)
{
	struct probe_view *view = calloc(1, sizeof(*view));
	int status;

	if (!view)
		return EXIT_TROUBLE;
	view->thumbnail_fd = -1;
	view->is_first = true;
	status = run_view(view, argc, argv);
	probe_free(view->probe);
	fd_close(view->thumbnail_fd);
	free(view);
	return status;
}

const struct cli_command command_probe = {
	.name = "probe",
	.summary = "say what picture and film files tell of themselves",
	.help = "Says when and with which camera each FILE was taken, as an import sees it.\n\n"
		"Usage: imgtank probe [--json] [--thumbnail DIR] FILE...\n"
		"       imgtank probe --sandbox\n\n"
		"  --json           one JSON object a line, with: file, type, capture_time,\n"
		"                   subsec, utc_offset, date_source, make, model, orientation,\n"
		"                   thumbnail {width, height, source} or error {word, what,\n"
		"                   remedy, errno}, and local_time where a film has it beside\n"
		"                   UTC; null is what is not known\n"
		"  --thumbnail DIR  save the thumbnails in this folder, as NAME.jpg; nothing\n"
		"                   that is there is replaced\n"
		"  --sandbox        say what holds the reading process back on this machine\n"
		"\n"
		"date_source: exif-original, exif-digitized, exif-modified, xmp, container,\n"
		"quicktime-utc. Names are shown with \\xNN for bytes that cannot be shown.\n"
		"Files are read by a process without any rights; one that makes it stop is\n"
		"named and costs nothing but its own answer.\n\n"
		"Exit status: 0 all files could be read; 2 wrong call; 3 some could not (each is\n"
		"named on standard error); 1 the reading process is missing or cannot start.\n",
	.run = run_probe,
};
