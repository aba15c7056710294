/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/problems.h"

void problems_print(FILE *out, const struct config *config)
{
	for (size_t i = 0; i < config_problem_count(config); i++) {
		const struct config_problem *problem = config_problem(config, i);
		const char *file = *problem->file ? problem->file : "command line";

		(void)fputs(file, out);
		if (problem->line)
			(void)fprintf(out, ":%u", problem->line);
		(void)fprintf(
			out, ": %s: %s\n", problem->is_error ? "error" : "warning", problem->text);
	}
}
