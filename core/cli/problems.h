/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * problems.h - what is wrong with the configuration, in front of the user.
 */
#ifndef IMGTANK_CORE_CLI_PROBLEMS_H
#define IMGTANK_CORE_CLI_PROBLEMS_H

#include <stdio.h>

#include "core/config/config.h"

/* "FILE:LINE: error: what is wrong", one line each, as compilers do. */
void problems_print(FILE *out, const struct config *config);

#endif
