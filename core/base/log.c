/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Atomic int max_level = LOG_LEVEL_WARNING;
static const char *program = "imgtank";

void log_set_level(enum log_level level)
{
	max_level = (int)level;
}

void log_set_program(const char *name)
{
	program = name;
}

void log_line(enum log_level level, int error, const char *format, ...)
{
	char message[1024], line[1200], reason[128] = "";
	int saved = errno;
	va_list args;
	int n;

	if ((int)level > max_level)
		return;
	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (error < 0)
		(void)snprintf(reason, sizeof(reason), ": %s", strerrordesc_np(-error) ?: "?");
	if (getenv("JOURNAL_STREAM"))
		n = snprintf(line, sizeof(line), "<%d>%s%s\n", (int)level, message, reason);
	else
		n = snprintf(line, sizeof(line), "%s: %s%s\n", program, message, reason);
	/* One write, so that lines of several processes do not mix. */
	if (n > 0 && write(STDERR_FILENO, line, strnlen(line, sizeof(line))) < 0)
		errno = saved; /* and nobody to tell */
	errno = saved;
}
