/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-tty/screen.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <curses.h>

#include "ui-tty/keys.h"
#include "ui-tty/restore.h"

#define ESCAPE_DELAY_MS 25
#define PAIRS_BASE 1

static struct {
	SCREEN *screen; /* NULL: not open */
	int colours;
	bool is_ascii;
} self;

bool screen_is_ascii(void)
{
	return self.is_ascii;
}

/* --- colours --- */

static int attributes_of(enum theme_role role)
{
	struct theme_colours colours = theme_colours(role, self.colours);
	int attributes = self.colours ? COLOR_PAIR(PAIRS_BASE + (int)role) : A_NORMAL;

	if (colours.is_bold)
		attributes |= (int)A_BOLD;
	if (colours.is_reversed)
		attributes |= (int)A_REVERSE;
	return attributes;
}

static void set_up_colours(bool is_wanted)
{
	self.colours = 0;
	if (!is_wanted || !has_colors() || start_color() == ERR || COLOR_PAIRS <= ROLES_COUNT)
		return;
	(void)use_default_colors();
	self.colours = COLORS >= 256 ? 256 : COLORS >= 8 ? 8 : 0;
	for (int role = 0; role < ROLES_COUNT; role++) {
		struct theme_colours colours = theme_colours((enum theme_role)role, self.colours);

		if (self.colours)
			(void)init_pair(
				(short)(PAIRS_BASE + role), colours.foreground, colours.background);
	}
}

/* --- its life --- */

static bool has_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

int screen_open(const struct screen_options *options)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return -ENOTTY;
	restore_remember();
	self.screen = newterm(NULL, stdout, stdin);
	if (!self.screen)
		return -ENODEV;
	self.is_ascii = !has_utf8();
	(void)set_escdelay(ESCAPE_DELAY_MS);
	(void)cbreak();
	(void)noecho();
	(void)nonl();
	(void)curs_set(0);
	(void)keypad(stdscr, TRUE);
	(void)nodelay(stdscr, TRUE);
	(void)leaveok(stdscr, TRUE);
	set_up_colours(options->has_colours);
	if (options->has_mouse) {
		(void)mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
		(void)mouseinterval(0);
	}
	return 0;
}

void screen_close(void)
{
	if (!self.screen)
		return;
	(void)mousemask(0, NULL);
	(void)endwin();
	delscreen(self.screen);
	self.screen = NULL;
}

void screen_restore_now(void)
{
	if (self.screen)
		restore_now();
}

void screen_size(int *rows, int *columns)
{
	getmaxyx(stdscr, *rows, *columns);
}

void screen_resized(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		(void)resizeterm(size.ws_row, size.ws_col);
	screen_redraw();
}

void screen_redraw(void)
{
	(void)clearok(curscr, TRUE);
}

/* --- showing --- */

void screen_show(const struct grid *grid)
{
	int rows, columns;

	screen_size(&rows, &columns);
	for (int row = 0; row < grid->rows && row < rows; row++) {
		int role = -1;

		(void)wmove(stdscr, row, 0);
		for (int column = 0; column < grid->columns && column < columns; column++) {
			const struct grid_cell *cell = grid_at(grid, row, column);

			if (cell->width == 0)
				continue;
			if (cell->role != role) {
				role = cell->role;
				(void)attrset(attributes_of((enum theme_role)role));
			}
			/* The very last cell cannot be written without an error, but it is. */
			(void)mvwaddstr(stdscr, row, column, cell->text);
		}
	}
	(void)attrset(A_NORMAL);
	(void)refresh();
}

/* --- typing --- */

static int read_mouse(struct screen_input *input)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return KEY_CODE_NONE;
	input->row = event.y;
	input->column = event.x;
	if (event.bstate & BUTTON4_PRESSED)
		return KEY_CODE_UP;
	if (event.bstate & BUTTON5_PRESSED)
		return KEY_CODE_DOWN;
	return event.bstate & BUTTON1_PRESSED ? KEY_CODE_POINT : KEY_CODE_NONE;
}

static int code_of(wint_t key, struct screen_input *input)
{
	switch (key) {
	case KEY_UP:
		return KEY_CODE_UP;
	case KEY_DOWN:
		return KEY_CODE_DOWN;
	case KEY_PPAGE:
		return KEY_CODE_PAGE_UP;
	case KEY_NPAGE:
		return KEY_CODE_PAGE_DOWN;
	case KEY_ENTER:
		return KEY_CODE_ENTER;
	case KEY_MOUSE:
		return read_mouse(input);
	default:
		return KEY_CODE_NONE;
	}
}

int screen_read(struct screen_input *input)
{
	for (;;) {
		wint_t key = 0;
		int r = get_wch(&key);

		*input = (struct screen_input){0};
		if (r == ERR) {
			int waiting = 0;

			/* Readable, and yet nothing in it: the other end has hung up. */
			return ioctl(STDIN_FILENO, FIONREAD, &waiting) < 0 ? -EIO : 0;
		}
		if (r == KEY_CODE_YES)
			input->key = code_of(key, input);
		else if (key == L'\r' || key == L'\n')
			input->key = KEY_CODE_ENTER;
		else if (key == 27)
			input->key = KEY_CODE_ESCAPE;
		else
			input->key = (int)key;
		if (input->key != KEY_CODE_NONE)
			return 0;
	}
}
