/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-tty/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ui-tty/restore.h"

#define EXIT_SIGNAL_BASE 128

static volatile sig_atomic_t child_pid;

static void pass_on(int number)
{
	int error = errno;

	if (child_pid > 0)
		(void)kill((pid_t)child_pid, number);
	errno = error;
}

/* Those of the keyboard reach the child by themselves; the others come to one process only. */
static void set_signals(void)
{
	const struct sigaction pass = {.sa_handler = pass_on, .sa_flags = SA_RESTART};

	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGQUIT, SIG_IGN);
	(void)sigaction(SIGTERM, &pass, NULL);
	(void)sigaction(SIGHUP, &pass, NULL);
	(void)sigaction(SIGUSR1, &pass, NULL);
}

static int wait_for_child(void)
{
	int status;

	while (waitpid((pid_t)child_pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	restore_now();
	(void)fprintf(stderr, "\rimgtank-ui-tty was ended by signal %d. Copying goes on.\n",
		WTERMSIG(status));
	return EXIT_SIGNAL_BASE + WTERMSIG(status);
}

int guard_start(void)
{
	pid_t parent = getpid(), pid;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return -1;
	restore_remember();
	pid = fork();
	if (pid < 0)
		return -1; /* it works without a guard */
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(1);
		return -1;
	}
	child_pid = pid;
	set_signals();
	return wait_for_child();
}
