/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tty.c - the front end: what was typed or pointed at changes the state of the
 * view or becomes a command, and then everything is drawn anew.
 */
#include "ui-tty/tty.h"

#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/base/text.h"
#include "ui-tty/screen.h"
#include "ui-tty/svg.h"
#include "ui-tty/view.h"

#define FLASH_USEC (UINT64_C(8) * 1000 * 1000)
#define RENDER_ROWS 24
#define RENDER_COLUMNS 80

enum timer { TIMER_FLASH };

struct tty {
	struct frontend_host *host; /* borrowed */
	struct view_state state;
	struct grid grid;
	struct view view; /* as it was drawn last: for the mouse */
	int render_rows, render_columns; /* 0: the usual */
	bool is_svg, has_no_mouse, is_ascii, has_no_colours;
	bool is_lost; /* --page no-connection: as if the daemon was gone */
};

static const struct frontend_setting settings[] = {
	{"mouse", "YES|NO", "the mouse can be used (default: yes)", false},
	{"colours", "AUTO|NO", "auto: as the terminal has them, and NO_COLOR allows", false},
	{"ascii", NULL, "only ASCII, whatever the locale says", false},
	{"size", "COLSxROWS", "of --render", true},
	{"page", "PAGE",
		"of --render: main, card, history, help, connect, page, power or no-connection",
		true},
	{"svg", NULL, "--render writes a picture", true},
	{0},
};

/* --- settings --- */

static int set_size(struct tty *tty, const char *value)
{
	int columns, rows, end = 0;

	if (sscanf(value, "%4dx%4d%n", &columns, &rows, &end) != 2 || value[end] || columns < 1 ||
		rows < 1 || columns > GRID_COLUMNS_MAX || rows > GRID_ROWS_MAX)
		return -EINVAL;
	tty->render_columns = columns;
	tty->render_rows = rows;
	return 0;
}

static int set_page(struct tty *tty, const char *value)
{
	static const char *const names[] = {"main", "card", "history", "help", "connect", "page"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(value, names[i])) {
			tty->state.is_at_page = i > PAGE_CONNECT;
			tty->state.page = tty->state.is_at_page ? PAGE_CONNECT : (enum view_page)i;
			return 0;
		}
	if (!strcmp(value, "no-connection")) {
		tty->is_lost = true;
		return 0;
	}
	if (strcmp(value, "power") != 0)
		return -EINVAL;
	tty->state.box = BOX_POWER;
	return 0;
}

static int set(void *state, const char *key, const char *value)
{
	struct tty *tty = state;
	bool is_yes = false;
	int r;

	if (!strcmp(key, "size"))
		return set_size(tty, value);
	if (!strcmp(key, "page"))
		return set_page(tty, value);
	if (!strcmp(key, "colours")) {
		if (text_compare_nocase(value, "auto") == 0) {
			tty->has_no_colours = false;
			return 0;
		}
		r = text_parse_bool(value, &is_yes);
		if (r < 0 || is_yes)
			return -EINVAL;
		tty->has_no_colours = true;
		return 0;
	}
	r = text_parse_bool(value, &is_yes);
	if (r < 0)
		return r;
	if (!strcmp(key, "mouse"))
		tty->has_no_mouse = !is_yes;
	else if (!strcmp(key, "ascii"))
		tty->is_ascii = is_yes;
	else
		tty->is_svg = is_yes;
	return 0;
}

/* --- drawing --- */

/* A state without its daemon, which no file can say. */
static void draw_lost(struct tty *tty)
{
	struct tank_model *model = model_new();
	uint32_t changed = 0;

	if (!model)
		return;
	*model = *tty->view.model;
	model_disconnect(model, 0, &changed);
	tty->view.model = model;
	view_draw(&tty->view);
	tty->view.model = NULL;
	model_free(model);
}

static void draw(struct tty *tty)
{
	tty->view.grid = &tty->grid;
	tty->view.model = frontend_host_model(tty->host);
	tty->view.state = &tty->state;
	if (tty->is_lost)
		draw_lost(tty);
	else
		view_draw(&tty->view);
	if (!frontend_host_is_still(tty->host))
		screen_show(&tty->grid);
	else if (tty->is_svg)
		svg_print(&tty->grid, stdout);
	else
		grid_print(&tty->grid, stdout);
}

static void show(void *state, const struct tank_model *model, uint32_t changed)
{
	(void)model;
	(void)changed; /* the terminal is only sent what is different */
	draw(state);
}

static int fit_grid(struct tty *tty)
{
	int rows, columns;

	screen_size(&rows, &columns);
	return grid_resize(&tty->grid, rows, columns);
}

/* --- answers --- */

static void flash(struct tty *tty, bool is_bad, const char *sentence, const char *remedy)
{
	(void)text_format(tty->state.flash, sizeof(tty->state.flash), "%s%s%s", sentence,
		*remedy ? " " : "", remedy);
	tty->state.is_flash_bad = is_bad;
	frontend_host_timer(tty->host, TIMER_FLASH, frontend_host_now_usec(tty->host) + FLASH_USEC);
}

static void reply(void *state, const struct message_reply *answer)
{
	struct tty *tty = state;

	if (answer->code == REPLY_OK)
		return;
	flash(tty, true, answer->sentence, answer->remedy);
	draw(tty);
}

static void tick(void *state, unsigned int timer, uint64_t now_usec)
{
	struct tty *tty = state;

	(void)timer;
	(void)now_usec;
	*tty->state.flash = '\0';
	draw(tty);
}

/* --- doing --- */

static void sent(struct tty *tty, int64_t id)
{
	if (id < 0)
		flash(tty, true, "This could not be sent: there is no connection to imgtank.",
			"It is tried again all the time.");
}

static void send(struct tty *tty, enum command command)
{
	sent(tty, frontend_host_command(tty->host, command, tty->state.selected));
}

/* What the question told is insisted on; a copy that began since then makes the daemon refuse. */
static void send_power(struct tty *tty, enum command command)
{
	if (tty->state.is_busy_told)
		sent(tty, frontend_host_command_force(tty->host, command));
	else
		sent(tty, frontend_host_command(tty->host, command, NULL));
}

static void answer_yes(struct tty *tty)
{
	enum view_box box = tty->state.box;

	tty->state.box = BOX_NONE;
	if (box == BOX_CANCEL)
		send(tty, COMMAND_CANCEL);
	else if (box == BOX_SHUTDOWN)
		send_power(tty, COMMAND_POWEROFF);
	else if (box == BOX_RESTART)
		send_power(tty, COMMAND_REBOOT);
}

static void ask_power(struct tty *tty, enum view_box box)
{
	tty->state.box = box;
	tty->state.is_busy_told = frontend_host_model(tty->host)->tank.busy_count > 0;
}

static void select_card(struct tty *tty, const char *id)
{
	(void)text_format(tty->state.selected, sizeof(tty->state.selected), "%s", id);
}

static void move(struct tty *tty, int by)
{
	const struct tank_model *model = frontend_host_model(tty->host);
	const struct model_card *selected = model_card_const(model, tty->state.selected);
	long index = selected ? selected - model->cards : 0;

	if (tty->state.page != PAGE_MAIN) {
		tty->state.scroll += by;
		return;
	}
	index += by;
	if (index >= (long)model->cards_count)
		index = (long)model->cards_count - 1;
	if (index >= 0 && model->cards_count)
		select_card(tty, model->cards[index].id);
}

static void open_page(struct tty *tty, enum view_page page)
{
	tty->state.page = page;
	tty->state.scroll = 0;
}

static void refuse(struct tty *tty)
{
	flash(tty, false, "This makes no sense at the moment.", "The keys below do.");
}

static void act(struct tty *tty, const struct key *key)
{
	if (!keys_is_offered(key, frontend_host_model(tty->host), view_selected(&tty->view))) {
		refuse(tty);
		return;
	}
	switch (key->action) {
	case ACTION_COMMAND:
		send(tty, key->command);
		break;
	case ACTION_CANCEL:
		tty->state.box = BOX_CANCEL;
		break;
	case ACTION_POWER:
		tty->state.box = BOX_POWER;
		break;
	case ACTION_SHUTDOWN:
		ask_power(tty, BOX_SHUTDOWN);
		break;
	case ACTION_RESTART:
		ask_power(tty, BOX_RESTART);
		break;
	case ACTION_YES:
		answer_yes(tty);
		break;
	case ACTION_NO:
		tty->state.box = BOX_NONE;
		break;
	case ACTION_DETAILS:
		open_page(tty, PAGE_CARD);
		break;
	case ACTION_CONNECT:
		tty->state.is_at_page = tty->state.page == PAGE_CONNECT && !tty->state.is_at_page;
		open_page(tty, PAGE_CONNECT);
		break;
	case ACTION_HISTORY:
		open_page(tty, PAGE_HISTORY);
		break;
	case ACTION_HELP:
		open_page(tty, PAGE_HELP);
		break;
	case ACTION_BACK:
		open_page(tty, PAGE_MAIN);
		break;
	case ACTION_UP:
		move(tty, -1);
		break;
	case ACTION_DOWN:
		move(tty, 1);
		break;
	case ACTION_PAGE_UP:
		move(tty, -tty->grid.rows / 2);
		break;
	case ACTION_PAGE_DOWN:
		move(tty, tty->grid.rows / 2);
		break;
	case ACTION_QUIT:
		frontend_host_quit(tty->host, 0);
		break;
	default:
		break;
	}
}

static void press(struct tty *tty, int code)
{
	const struct key *key = keys_find(code, view_place(&tty->state));

	if (key)
		act(tty, key);
}

/* A card that is selected already opens. */
static void point(struct tty *tty, const struct screen_input *input)
{
	const struct view_spot *spot = view_spot_at(&tty->view, input->row, input->column);

	if (!spot)
		return;
	if (spot->action != ACTION_CARD)
		press(tty, spot->key);
	else if (tty->state.box == BOX_NONE && !strcmp(spot->card, tty->state.selected))
		open_page(tty, PAGE_CARD);
	else if (tty->state.box == BOX_NONE)
		select_card(tty, spot->card);
}

static void ready(void *state, int fd, uint32_t events)
{
	struct tty *tty = state;
	struct screen_input input;
	int r;

	(void)fd;
	while ((r = screen_read(&input)) == 0 && input.key != KEY_CODE_NONE) {
		*tty->state.flash = '\0';
		if (input.key == KEY_CODE_POINT)
			point(tty, &input);
		else if (input.key == 12) /* Ctrl-L: something else wrote over it */
			screen_redraw();
		else
			press(tty, input.key);
	}
	if (r < 0 || events & (EPOLLHUP | EPOLLERR))
		frontend_host_quit(tty->host, 0);
	else
		draw(tty);
}

static void on_signal(void *state, int number)
{
	struct tty *tty = state;

	(void)number;
	screen_resized();
	if (fit_grid(tty) == 0)
		draw(tty);
}

/* --- its life --- */

static int probe(void *state)
{
	(void)state;
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) ? 0 : -ENODEV;
}

static int open_still(struct tty *tty)
{
	tty->grid.is_ascii = tty->is_ascii;
	return grid_resize(&tty->grid, tty->render_rows ? tty->render_rows : RENDER_ROWS,
		tty->render_columns ? tty->render_columns : RENDER_COLUMNS);
}

static int say_no_terminal(int error)
{
	const char *term = getenv("TERM");
	char name[64] = "";

	(void)text_escape(term ? term : "", name, sizeof(name));
	if (error == -ENOTTY)
		(void)fprintf(stderr,
			"imgtank-ui-tty needs a terminal.\n"
			"  Over ssh: ssh -t HOST imgtank. Without one: imgtank status, or imgtank "
			"watch.\n");
	else
		(void)fprintf(stderr,
			"imgtank-ui-tty does not know this terminal (TERM=%s).\n"
			"  Try: TERM=xterm imgtank; or imgtank watch.\n",
			name);
	return -ENODEV;
}

static int tty_open(void *state, struct frontend_host *host)
{
	struct tty *tty = state;
	const char *no_colours = getenv("NO_COLOR");
	struct screen_options options = {.has_mouse = !tty->has_no_mouse,
		.has_colours = !tty->has_no_colours && !(no_colours && *no_colours)};
	int r;

	tty->host = host;
	if (frontend_host_is_still(host))
		return open_still(tty);
	r = screen_open(&options);
	if (r < 0)
		return say_no_terminal(r);
	tty->grid.is_ascii = tty->is_ascii || screen_is_ascii();
	r = fit_grid(tty);
	if (r == 0)
		r = frontend_host_watch(host, STDIN_FILENO, EPOLLIN);
	if (r == 0)
		r = frontend_host_watch_signal(host, SIGWINCH);
	return r;
}

static void tty_crash(void *state)
{
	(void)state;
	screen_restore_now();
}

static void tty_close(void *state)
{
	struct tty *tty = state;

	screen_close();
	grid_finish(&tty->grid);
}

const struct frontend frontend_tty = {
	.name = "tty",
	.summary = "Shows the tank in a terminal: may the card be taken out?",
	.flags = FRONTEND_OWNS_TERMINAL | FRONTEND_SHOWS_ACCESS,
	.state_size = sizeof(struct tty),
	.settings = settings,
	.set = set,
	.probe = probe,
	.open = tty_open,
	.show = show,
	.reply = reply,
	.ready = ready,
	.tick = tick,
	.signal = on_signal,
	.crash = tty_crash,
	.close = tty_close,
};
