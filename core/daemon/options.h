/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.h - from the command line and the configuration to the daemon's options.
 */
#ifndef IMGTANK_CORE_DAEMON_OPTIONS_H
#define IMGTANK_CORE_DAEMON_OPTIONS_H

#include "core/config/config.h"
#include "core/daemon/daemon.h"

#define OPTIONS_EXIT_USAGE 2

/* Owns everything that daemon borrows. */
struct options {
	struct daemon_options daemon;
	struct config *config;
	char *engine_program, *tank_path, *config_path, *socket_path, *reader; /* owned */
};

/*
 * -1 to go on, or the status to exit with: 0 after --help and --version, else
 * after having said on standard error what is wrong.
 */
int options_read(struct options *options, int argc, char **argv);
void options_finish(struct options *options);

#endif
