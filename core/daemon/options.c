/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/base/text.h"

enum {
	OPTION_TANK = 256,
	OPTION_CONFIG,
	OPTION_SOCKET,
	OPTION_READER,
	OPTION_START,
	OPTION_VERBOSE,
	OPTION_QUIET,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{"tank", required_argument, NULL, OPTION_TANK},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"reader", required_argument, NULL, OPTION_READER},
	{"start", required_argument, NULL, OPTION_START},
	{"verbose", no_argument, NULL, OPTION_VERBOSE},
	{"quiet", no_argument, NULL, OPTION_QUIET},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
};

static const char help[] =
	"Usage: imgtankd [OPTION...]\n"
	"\n"
	"Copies cards into the tank as they are put in, and tells front ends where everything\n"
	"stands. It stays in the foreground; systemd starts it, or you do to try it.\n"
	"\n"
	"  --tank DIR       the tank's folder (default: from the configuration)\n"
	"  --config FILE    read this configuration instead of the usual one\n"
	"  --socket PATH    where front ends connect (default: " SOCKET_PATH_DEFAULT ")\n"
	"  --reader DIR     a folder plays a reader: each folder put into it is a card\n"
	"  --start WHEN     auto: copy at once; ask: wait for a yes; off: only when asked to\n"
	"  --verbose        say more; twice: everything\n"
	"  --quiet          say only what is wrong\n"
	"  --help, --version\n"
	"\n"
	"With --reader the machine's own readers are left alone unless the configuration says\n"
	"devices = yes. SIGTERM or Ctrl-C ends it in order: finished files stay, the rest is\n"
	"copied when the card is put in again.\n"
	"\n"
	"Exit status: 0 ended in order, 1 it could not begin or go on, 2 wrong usage or\n"
	"a mistake in the configuration.\n";

/* What the command line says; NULL: nothing. Borrowed. */
struct given {
	const char *tank, *config, *socket, *reader, *start;
	int verbosity;
	bool wants_help, wants_version;
};

static int usage_error(const char *what, const char *word)
{
	char safe[256];

	(void)text_escape(word, safe, sizeof(safe));
	(void)fprintf(stderr, "imgtankd: %s '%s'.\nTry 'imgtankd --help'.\n", what, safe);
	return OPTIONS_EXIT_USAGE;
}

static void take(struct given *given, int option)
{
	switch (option) {
	case OPTION_TANK:
		given->tank = optarg;
		break;
	case OPTION_CONFIG:
		given->config = optarg;
		break;
	case OPTION_SOCKET:
		given->socket = optarg;
		break;
	case OPTION_READER:
		given->reader = optarg;
		break;
	case OPTION_START:
		given->start = optarg;
		break;
	case OPTION_VERBOSE:
		given->verbosity++;
		break;
	case OPTION_QUIET:
		given->verbosity--;
		break;
	case OPTION_HELP:
		given->wants_help = true;
		break;
	default:
		given->wants_version = true;
		break;
	}
}

static int read_line(struct given *given, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (option == ':')
			return usage_error("a value is missing behind", argv[optind - 1]);
		if (option == '?')
			return usage_error("this option is not known:", argv[optind - 1]);
		take(given, option);
	}
	if (optind < argc)
		return usage_error("this is one word too many:", argv[optind]);
	return -1;
}

/* A relative path is meant from where the user stands; the worker stands elsewhere. */
static int set_absolute(char **to, const char *path)
{
	CLEANUP(freep) char *here = NULL;

	if (!path)
		return 0;
	here = *path == '/' ? strdup("") : getcwd(NULL, 0);
	if (here && asprintf(to, "%s%s%s", here, *here ? "/" : "", path) >= 0)
		return 0;
	*to = NULL;
	return -ENOMEM;
}

/* imgtank lies where imgtankd does; in a build tree, too. */
static int find_engine(char **ret)
{
	CLEANUP(freep) char *here = realpath("/proc/self/exe", NULL);
	char *slash = here ? strrchr(here, '/') : NULL;

	if (!slash)
		return -ENOENT;
	if (asprintf(ret, "%.*s/imgtank", (int)(slash - here), here) < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return access(*ret, X_OK) < 0 ? -errno : 0;
}

static int apply(struct options *options, const struct given *given)
{
	struct config *config = options->config;
	int r = 0;

	if (options->tank_path)
		r = config_set(config, "tank", "path", options->tank_path);
	if (r == 0 && options->socket_path)
		r = config_set(config, "daemon", "socket", options->socket_path);
	if (r == 0 && options->reader)
		r = config_set(config, "daemon", "virtual-reader", options->reader);
	if (r == 0 && given->start)
		r = config_set(config, "daemon", "start", given->start);
	return r;
}

static void print_problems(const struct config *config)
{
	for (size_t i = 0; i < config_problem_count(config); i++) {
		const struct config_problem *problem = config_problem(config, i);

		if (*problem->file)
			log_line(problem->is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, 0,
				"%s:%u: %s", problem->file, problem->line, problem->text);
		else
			log_line(problem->is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, 0, "%s",
				problem->text);
	}
}

/* Real cards want root, for mounting; who tries a virtual reader does not mean them. */
static bool uses_devices(const struct config_daemon *config)
{
	if (config->devices != REQUIRE_MOUNT_AUTO)
		return config->devices == REQUIRE_MOUNT_YES;
	return geteuid() == 0 && !*config->virtual_reader;
}

static void fill(struct options *options)
{
	const struct config *config = options->config;
	const struct config_daemon *from = &config->daemon;

	options->daemon = (struct daemon_options){
		.engine_program = options->engine_program,
		.config_path = options->config_path,
		.tank_path = config->tank.path,
		.is_tank_given = options->tank_path != NULL,
		.requires_mount = config_requires_mount(config, config->tank.path),
		.start = from->start,
		.workers_max = from->workers,
		.virtual_reader = from->virtual_reader,
		.use_devices = uses_devices(from),
		.file_systems = from->file_systems,
		.drop_path = config->drop.path,
		.drop = {.select = config->import.select,
			.settle_usec = (uint64_t)config->drop.settle_ms * 1000},
		.may_halt = from->may_halt,
		.halts_on_unplug = config->power.halt_on_unplug,
		.unplug_grace_ms = config->power.grace_ms,
		.access_root = secure_getenv("IMGTANK_ACCESS_ROOT") ?: "", /* for tests */
		.server = {.path = from->socket,
			.group = from->group,
			.only_group_watches = from->watchers == CONFIG_WATCHERS_GROUP,
			.stall_usec = (uint64_t)from->client_timeout_ms * 1000},
		.power = {.use_logind = from->use_logind,
			.poweroff_command = from->poweroff_command,
			.reboot_command = from->reboot_command},
	};
}

static void set_verbosity(int verbosity)
{
	int level = LOG_LEVEL_NOTICE + verbosity;

	if (level < LOG_LEVEL_ERROR)
		level = LOG_LEVEL_ERROR;
	log_set_level(level > LOG_LEVEL_DEBUG ? LOG_LEVEL_DEBUG : (enum log_level)level);
}

static int load(struct options *options, const struct given *given)
{
	int r = set_absolute(&options->tank_path, given->tank);

	if (r == 0)
		r = set_absolute(&options->config_path, given->config);
	if (r == 0)
		r = set_absolute(&options->socket_path, given->socket);
	if (r == 0)
		r = set_absolute(&options->reader, given->reader);
	if (r == 0)
		r = config_load(&options->config, options->config_path);
	return r == 0 ? apply(options, given) : r;
}

int options_read(struct options *options, int argc, char **argv)
{
	struct given given = {0};
	int r = read_line(&given, argc, argv);

	if (r >= 0)
		return r;
	if (given.wants_help || given.wants_version) {
		(void)fputs(given.wants_help ? help : "imgtankd " IMGTANK_VERSION "\n", stdout);
		return EXIT_SUCCESS;
	}
	set_verbosity(given.verbosity);
	r = load(options, &given);
	if (options->config)
		print_problems(options->config);
	if (r < 0 || config_has_errors(options->config))
		return r == -ENOMEM ? EXIT_FAILURE : OPTIONS_EXIT_USAGE;
	r = find_engine(&options->engine_program);
	if (r < 0) {
		(void)log_errno(LOG_LEVEL_ERROR, r, "'imgtank' is not beside this program");
		return EXIT_FAILURE;
	}
	fill(options);
	return -1;
}

void options_finish(struct options *options)
{
	config_free(options->config);
	free(options->engine_program);
	free(options->tank_path);
	free(options->config_path);
	free(options->socket_path);
	free(options->reader);
	memset(options, 0, sizeof(*options));
}
