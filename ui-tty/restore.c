/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-tty/restore.h"

#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#define SEQUENCE_BYTES 256
#define MOUSE_OFF "\033[?1000l\033[?1006l"

static struct {
	bool is_remembered;
	struct termios termios;
	char sequence[SEQUENCE_BYTES]; /* what the terminal is sent at the end */
	size_t sequence_bytes;
} self;

static void add(const char *text)
{
	size_t length = text ? strlen(text) : 0;

	if (self.sequence_bytes + length >= sizeof(self.sequence))
		return;
	memcpy(self.sequence + self.sequence_bytes, text ? text : "", length);
	self.sequence_bytes += length;
}

/* terminfo(5) calls an absent capability NULL, and one that makes no sense (char *)-1. */
static void add_capability(const char *name)
{
	char *value = tigetstr(name);

	if (value && value != (char *)-1)
		add(value);
}

void restore_remember(void)
{
	int error;

	if (tcgetattr(STDIN_FILENO, &self.termios) < 0)
		return;
	self.sequence_bytes = 0;
	if (setupterm(NULL, STDOUT_FILENO, &error) == OK) {
		if (tigetstr("kmous") && tigetstr("kmous") != (char *)-1)
			add(MOUSE_OFF);
		add_capability("rmkx"); /* keys as before */
		add_capability("sgr0"); /* no colours */
		add_capability("cnorm"); /* the cursor */
		add_capability("rmcup"); /* what was on the screen before */
		(void)del_curterm(cur_term);
	}
	self.is_remembered = true;
}

void restore_now(void)
{
	if (!self.is_remembered)
		return;
	if (self.sequence_bytes)
		if (write(STDOUT_FILENO, self.sequence, self.sequence_bytes) < 0)
			return; /* there is no terminal any more */
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &self.termios);
}
