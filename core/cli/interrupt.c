/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/interrupt.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "core/cli/cli.h"

static atomic_bool is_interrupted;

static void on_signal(int number)
{
	(void)number;
	if (atomic_exchange(&is_interrupted, true))
		_exit(EXIT_INTERRUPTED);
}

void interrupt_catch(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction old;

		/* nohup and shells' background jobs ignore some of them on purpose. */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &action, NULL);
	}
	/* A reader that goes away must not end an import: write() says it, too. */
	(void)signal(SIGPIPE, SIG_IGN);
}

const atomic_bool *interrupt_flag(void)
{
	return &is_interrupted;
}
