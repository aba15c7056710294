/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/cli/cli.h"

/*
 * Only somebody who presses Ctrl-C once more insists. The other signals come several times by
 * themselves: of a terminal that is closed the kernel tells, and the shell once more; a daemon that
 * dies is told of by each of its threads, prctl(2). So does SIGINT from timeout(1), at once.
 */
#define TOGETHER_USEC 500000

static atomic_bool is_interrupted;
static _Atomic uint64_t interrupted_usec;

static void on_signal(int number)
{
	uint64_t now_usec = clock_monotonic_usec();
	int saved = errno;

	if (!atomic_exchange(&is_interrupted, true))
		atomic_store(&interrupted_usec, now_usec);
	else if (number == SIGINT && atomic_load(&interrupted_usec) &&
		now_usec - atomic_load(&interrupted_usec) > TOGETHER_USEC)
		_exit(EXIT_INTERRUPTED);
	errno = saved;
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
