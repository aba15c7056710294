/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_import.c - `imgtank import`: the engine on a folder or a mounted card, without a daemon.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/cli/import_view.h"
#include "core/cli/settings.h"
#include "core/engine/engine.h"

enum option {
	OPTION_TANK = 256,
	OPTION_CONFIG,
	OPTION_NAMING,
	OPTION_TEMPLATE,
	OPTION_SELECT,
	OPTION_NO_VERIFY,
	OPTION_NO_THUMBNAILS,
	OPTION_PARANOID,
	OPTION_DRY_RUN,
	OPTION_JSON,
	OPTION_CARD_ID,
	OPTION_CARD_LABEL,
};

static const struct option options[] = {
	{"tank", required_argument, NULL, OPTION_TANK},
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"naming", required_argument, NULL, OPTION_NAMING},
	{"template", required_argument, NULL, OPTION_TEMPLATE},
	{"select", required_argument, NULL, OPTION_SELECT},
	{"no-verify", no_argument, NULL, OPTION_NO_VERIFY},
	{"no-thumbnails", no_argument, NULL, OPTION_NO_THUMBNAILS},
	{"paranoid", no_argument, NULL, OPTION_PARANOID},
	{"dry-run", no_argument, NULL, OPTION_DRY_RUN},
	{"json", no_argument, NULL, OPTION_JSON},
	{"card-id", required_argument, NULL, OPTION_CARD_ID},
	{"card-label", required_argument, NULL, OPTION_CARD_LABEL},
	{NULL, 0, NULL, 0},
};

