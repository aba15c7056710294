/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_remote.c - the commands that talk to the daemon: what it is doing, and what
 * it should do. Each is one line in a table and shares everything else.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/cli/cli.h"
#include "core/client/address.h"
#include "core/client/session.h"

#define SETTLE_MS 2000 /* how long the effect of a command is waited for */

enum { OPTION_SOCKET = 256, OPTION_JSON, OPTION_FORCE, OPTION_FILES };

/* What was asked for on the command line. Borrowed from it. */
struct call {
	const struct remote *remote;
	const char *socket_path, *card;
	bool wants_json, is_forced, wants_files;
};

struct remote {
	const struct cli_command *cli;
	enum command command; /* what to send; COMMAND_NONE: only look */
	int (*run)(const struct call *call, struct session *session);
};

/* --- words --- */

static void say_no_session(const char *path, int error)
{
	char safe[256];

	(void)text_escape(path, safe, sizeof(safe));
	if (error == -EACCES || error == -EPERM)
		(void)fprintf(stderr,
			"imgtank: You may not talk to the daemon at %s.\n"
			"  Nothing was changed.\n"
			"  Become a member of the group imgtank, or use sudo.\n",
			safe);
	else if (error == -EPROTONOSUPPORT)
		(void)fprintf(stderr,
			"imgtank: The daemon at %s is of another version and speaks another "
			"protocol.\n"
			"  Nothing was changed.\n"
			"  Update the older of the two.\n",
			safe);
	else
		(void)fprintf(stderr,
			"imgtank: There is no connection to the daemon at %s.\n"
			"  Nothing was changed.\n"
			"  'systemctl status imgtankd' says whether it runs. "
			"(The system says: %s.)\n",
			safe, strerrordesc_np(-error) ?: "?");
}

/* The daemon has gone in the middle of it. */
static int say_lost(int error)
{
	(void)fprintf(stderr,
		"imgtank: The connection to the daemon was lost.\n"
		"  A copy that is running goes on without it or stops in order.\n"
		"  Ask again. (The system says: %s.)\n",
		strerrordesc_np(-error) ?: "?");
	return EXIT_TROUBLE;
}

/* Prints one line of the protocol and frees it. */
static int print_line(char *line)
{
	CLEANUP(freep) char *owned = line;

	if (!owned)
		return EXIT_TROUBLE;
	(void)fputs(owned, stdout);
	return EXIT_OK;
}

static void print_card_line(const struct model_card *card)
{
	bool has_percent = card->progress_permille && card->progress_permille < 1000;
	size_t length = strlen(card->headline);
	bool is_ended = !has_percent && length > 0 && strchr("?!.", card->headline[length - 1]);

	(void)printf("%-4s %s%s%s%s: %s", card->id, card->label, *card->camera ? " (" : "",
		card->camera, *card->camera ? ")" : "", card->headline);
	if (has_percent)
		(void)printf(", %" PRIu32 " %%", card->progress_permille / 10);
	/* "Copy this card?" ends a sentence by itself. */
	(void)printf("%s%s%s\n", is_ended ? "" : ".", *card->removal ? " " : "", card->removal);
}

static void print_card(const struct model_card *card)
{
	char rate[32];

	print_card_line(card);
	(void)printf("     %s\n", card->detail);
	if (card->rate_bytes_per_s) {
		text_size(card->rate_bytes_per_s, rate, sizeof(rate));
		(void)printf("     %s/s, now %s\n", rate, card->file);
	}
	for (uint32_t i = 0; i < card->errors_count; i++)
		(void)printf("     %s: %s\n", card->errors[i].file,
			fault_text(card->errors[i].fault)->what);
	if (card->errors_total > card->errors_count)
		(void)printf(
			"     and %" PRIu32 " more\n", card->errors_total - card->errors_count);
	for (int i = COMMAND_NONE + 1; i < COMMANDS_COUNT; i++)
		if (card->commands & COMMAND_BIT(i))
			(void)printf(
				"     imgtank %s %s\n", command_name((enum command)i), card->id);
}

static void print_disk(const struct model_tank *tank)
{
	char free_text[32], total_text[32];

	if (!tank->is_mounted || !tank->total_bytes)
		return;
	text_size(tank->free_bytes, free_text, sizeof(free_text));
	text_size(tank->total_bytes, total_text, sizeof(total_text));
	(void)printf("Tank: %s%s%s, %s of %s free.\n", tank->path, *tank->disk_label ? " on " : "",
		tank->disk_label, free_text, total_text);
}

/* --- looking --- */

static int run_status(const struct call *call, struct session *session)
{
	const struct tank_model *model = session_model(session);
	const struct model_tank *tank = &model->tank;

	if (call->wants_json)
		return print_line(message_encode_tank(tank, 0));
	(void)printf("%s\n  %s\n", tank->headline, tank->detail);
	print_disk(tank);
	for (uint32_t i = 0; i < model->cards_count; i++)
		print_card_line(&model->cards[i]);
	return EXIT_OK;
}

static int run_cards(const struct call *call, struct session *session)
{
	const struct tank_model *model = session_model(session);
	int status = EXIT_OK;

	for (uint32_t i = 0; i < model->cards_count && status == EXIT_OK; i++) {
		if (call->wants_json)
			status = print_line(message_encode_card(&model->cards[i], 0));
		else
			print_card(&model->cards[i]);
	}
	if (!model->cards_count && !call->wants_json)
		(void)printf("No card is in.\n");
	return status;
}

/* What watch said last, so that it only speaks when there is something new. */
struct watch {
	char tank[MODEL_LINE_BYTES * 2];
	struct {
		char id[MODEL_ID_BYTES];
		char said[MODEL_LINE_BYTES * 2];
	} cards[MODEL_CARDS_MAX];
};

/* Every tenth of the way is news. */
static bool is_news(char *said, size_t said_bytes, const char *headline, uint32_t progress_permille)
{
	char now[MODEL_LINE_BYTES * 2];

	(void)text_format(now, sizeof(now), "%s %" PRIu32, headline, progress_permille / 100);
	if (!strcmp(said, now))
		return false;
	(void)text_format(said, said_bytes, "%s", now);
	return true;
}

static void watch_cards(struct watch *watch, const struct tank_model *model)
{
	for (uint32_t i = 0; i < model->cards_count; i++) {
		const struct model_card *card = &model->cards[i];

		if (strcmp(watch->cards[i].id, card->id) != 0) {
			memcpy(watch->cards[i].id, card->id, sizeof(card->id));
			watch->cards[i].said[0] = '\0';
		}
		if (is_news(watch->cards[i].said, sizeof(watch->cards[i].said), card->headline,
			    card->progress_permille))
			print_card_line(card);
	}
}

static void watch_tank(struct watch *watch, const struct model_tank *tank)
{
	if (is_news(watch->tank, sizeof(watch->tank), tank->headline, 0))
		(void)printf("[%s] %s. %s\n", tank_state_name(tank->state), tank->headline,
			tank->detail);
}

static void print_news(
	struct watch *watch, const struct tank_model *model, const struct message *message)
{
	if (message->type == MESSAGE_NOTE)
		(void)printf(
			"%s: %s\n", message_level_name(message->note->level), message->note->text);
	if (message->type == MESSAGE_ENGINE)
		(void)printf("%s: %s\n", event_type_name(message->engine->event.type),
			message->engine->event.file);
	if (message->type != MESSAGE_SYNC)
		return;
	watch_tank(watch, &model->tank);
	watch_cards(watch, model);
}

static int follow_files(struct session *session)
{
	const struct command_request follow = {.command = COMMAND_FOLLOW, .files = true};
	struct message_reply reply;

	return session_command(session, &follow, &reply);
}

/* What was read to get here, as the protocol has it: so that the output can be replayed. */
static int print_greeting(const struct tank_model *model)
{
	struct message_hello hello = {
		.protocol_major = model->protocol_major,
		.protocol_minor = model->protocol_minor,
		.may_command = model->may_command,
	};

	model_set_text(hello.version, sizeof(hello.version), model->daemon_version);
	if (print_line(message_encode_hello(&hello)) != EXIT_OK ||
		print_line(message_encode_snapshot(model, 0)) != EXIT_OK ||
		print_line(message_encode_sync(0, model->sync_time_usec)) != EXIT_OK)
		return -ENOMEM;
	return 0;
}

static int begin_watch(const struct call *call, struct session *session, struct watch *watch)
{
	const struct tank_model *model = session_model(session);
	int r = 0;

	if (call->wants_json) {
		r = print_greeting(model);
	} else {
		watch_tank(watch, &model->tank);
		watch_cards(watch, model);
	}
	return r == 0 && call->wants_files ? follow_files(session) : r;
}

static int run_watch(const struct call *call, struct session *session)
{
	CLEANUP(freep) struct watch *watch = calloc(1, sizeof(*watch));
	int r = watch ? begin_watch(call, session, watch) : -ENOMEM;

	while (r == 0) {
		const struct message *message;
		const char *line;

		(void)fflush(stdout);
		r = session_next(session, SESSION_NO_TIMEOUT, &line, &message);
		if (r == 0 && call->wants_json)
			(void)printf("%s\n", line);
		else if (r == 0)
			print_news(watch, session_model(session), message);
	}
	return say_lost(r);
}

/* --- asking for something --- */

static const struct model_card *find_card(const struct tank_model *model, const char *name)
{
	for (uint32_t i = 0; name && i < model->cards_count; i++)
		if (!strcmp(model->cards[i].id, name) || !strcmp(model->cards[i].label, name))
			return &model->cards[i];
	return NULL;
}

/* What has become of it, as soon as the daemon says so. */
static int print_effect(const struct call *call, struct session *session)
{
	const struct message *message;
	const struct model_card *card;
	int r;

	do
		r = session_next(session, SETTLE_MS, NULL, &message);
	while (r == 0 && message->type != MESSAGE_SYNC);
	if (r < 0 && r != -ETIMEDOUT && r != -ECONNRESET)
		return say_lost(r);
	card = find_card(session_model(session), call->card);
	if (card)
		print_card_line(card);
	else
		(void)printf("%s. %s\n", session_model(session)->tank.headline,
			session_model(session)->tank.detail);
	return EXIT_OK;
}

/* What to type; other front ends have buttons. */
static const char *hint(enum reply_code code)
{
	switch (code) {
	case REPLY_UNKNOWN_CARD:
	case REPLY_WHICH_CARD:
		return " 'imgtank cards' lists them.";
	case REPLY_NOT_NOW:
		return " 'imgtank cards' says what can be done with each.";
	case REPLY_BUSY:
		return " To insist: --force.";
	default:
		return "";
	}
}

static int print_refusal(const struct message_reply *reply)
{
	(void)fprintf(stderr, "imgtank: %s\n  Nothing was changed.\n  %s%s\n", reply->sentence,
		reply->remedy, hint(reply->code));
	return EXIT_TROUBLE;
}

static int run_command(const struct call *call, struct session *session)
{
	struct command_request request = {
		.command = call->remote->command, .force = call->is_forced};
	struct message_reply reply;
	int r;

	if (call->card)
		model_set_text(request.card, sizeof(request.card), call->card);
	r = session_command(session, &request, &reply);
	if (r < 0)
		return say_lost(r);
	if (call->wants_json) {
		r = print_line(
			message_encode_reply(reply.id, reply.code, reply.sentence, reply.remedy));
		return r == EXIT_OK && reply.code != REPLY_OK ? EXIT_TROUBLE : r;
	}
	return reply.code == REPLY_OK ? print_effect(call, session) : print_refusal(&reply);
}

/* --- the table --- */

#define HELP_SOCKET                                                                                \
	"  --socket PATH  the daemon's socket (default: $IMGTANK_SOCKET, else\n"                   \
	"                 /run/imgtank/imgtank.sock)\n"
#define HELP_CARD                                                                                  \
	"CARD is its id or label, as 'imgtank cards' shows them; it may be left out\n"             \
	"when only one can be meant.\n\n" HELP_SOCKET                                              \
	"  --json         print the daemon's reply as one JSON object\n"
#define HELP_POWER                                                                                 \
	"  --force        also while a card is copied; the copy stops in order and goes\n"         \
	"                 on when the card is imported again\n" HELP_SOCKET                        \
	"  --json         print the daemon's reply as one JSON object\n"

static int run_remote(int argc, char **argv);

#define REMOTE(name_, summary_, help_)                                                             \
	const struct cli_command command_##name_ = {                                               \
		.name = #name_, .summary = (summary_), .help = (help_), .run = run_remote}

REMOTE(status, "say what the box is doing",
	"Usage: imgtank status [--socket PATH] [--json]\n"
	"Says what the box is doing, and which cards may be taken out.\n\n" HELP_SOCKET
	"  --json         print the tank's state as one JSON object\n");
REMOTE(cards, "list the cards that are in, and what can be done with each",
	"Usage: imgtank cards [--socket PATH] [--json]\n"
	"Lists the cards that are in: how far each is, what went wrong with it, and\n"
	"what can be done with it now.\n\n" HELP_SOCKET
	"  --json         print each card as one JSON object a line\n");
REMOTE(watch, "tell what happens, as it happens",
	"Usage: imgtank watch [--files] [--socket PATH] [--json]\n"
	"Tells what the box does until Ctrl-C; the box does not mind.\n\n"
	"  --files        tell of every single file too\n" HELP_SOCKET
	"  --json         print the daemon's lines as they come\n");
REMOTE(confirm, "begin to copy a card that waits for a yes",
	"Usage: imgtank confirm [--socket PATH] [--json] [CARD]\n"
	"Begins to copy a card that waits for a yes.\n" HELP_CARD);
REMOTE(eject, "make a card safe to take out",
	"Usage: imgtank eject [--socket PATH] [--json] [CARD]\n"
	"Makes a card safe to take out.\n" HELP_CARD);
REMOTE(cancel, "stop copying a card; finished files stay",
	"Usage: imgtank cancel [--socket PATH] [--json] [CARD]\n"
	"Stops copying a card. Files that are finished stay in the tank.\n" HELP_CARD);
REMOTE(retry, "import a card once more",
	"Usage: imgtank retry [--socket PATH] [--json] [CARD]\n"
	"Imports a card once more. What is in the tank already is not copied again.\n" HELP_CARD);
REMOTE(ack, "say that somebody has seen a problem",
	"Usage: imgtank ack [--socket PATH] [--json] [CARD]\n"
	"Says that somebody has seen the problem with a card: lamps and screens calm down.\n"
	"What is wrong stays wrong, and the card is still not safe to format.\n" HELP_CARD);
REMOTE(poweroff, "shut the machine down",
	"Usage: imgtank poweroff [--force] [--socket PATH] [--json]\n"
	"Shuts the machine down; refused while a card is copied.\n\n" HELP_POWER);
REMOTE(reboot, "start the machine anew",
	"Usage: imgtank reboot [--force] [--socket PATH] [--json]\n"
	"Starts the machine anew; refused while a card is copied.\n\n" HELP_POWER);

static const struct remote remotes[] = {
	{&command_status, COMMAND_NONE, run_status},
	{&command_cards, COMMAND_NONE, run_cards},
	{&command_watch, COMMAND_NONE, run_watch},
	{&command_confirm, COMMAND_CONFIRM, run_command},
	{&command_eject, COMMAND_EJECT, run_command},
	{&command_cancel, COMMAND_CANCEL, run_command},
	{&command_retry, COMMAND_RETRY, run_command},
	{&command_ack, COMMAND_ACK, run_command},
	{&command_poweroff, COMMAND_POWEROFF, run_command},
	{&command_reboot, COMMAND_REBOOT, run_command},
};

static const struct option long_options[] = {
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"json", no_argument, NULL, OPTION_JSON},
	{"force", no_argument, NULL, OPTION_FORCE},
	{"files", no_argument, NULL, OPTION_FILES},
	{NULL, 0, NULL, 0},
};

/* An option of another command of this table is none of this one's. */
static bool fits(const struct remote *remote, int option)
{
	if (option == OPTION_FORCE)
		return command_about(remote->command) == COMMAND_ABOUT_TANK;
	return option != OPTION_FILES || remote->run == run_watch;
}

static int read_options(struct call *call, int argc, char **argv)
{
	const struct cli_command *cli = call->remote->cli;
	int option;

	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (option == '?' || option == ':')
			return cli_bad_option(cli, argv, option);
		if (!fits(call->remote, option))
			return cli_usage_error(cli, "there is no option %s", argv[optind - 1]);
		if (option == OPTION_SOCKET)
			call->socket_path = optarg;
		call->wants_json |= option == OPTION_JSON;
		call->is_forced |= option == OPTION_FORCE;
		call->wants_files |= option == OPTION_FILES;
	}
	if (optind < argc && command_about(call->remote->command) == COMMAND_ABOUT_CARD)
		call->card = argv[optind++];
	if (optind < argc)
		return cli_usage_error(cli, "'%s' is one word too many", argv[optind]);
	return EXIT_OK;
}

static const struct remote *find_remote(const char *name)
{
	size_t i = 0;

	while (strcmp(remotes[i].cli->name, name) != 0)
		i++;
	return &remotes[i];
}

static int run_remote(int argc, char **argv)
{
	struct call call = {.remote = find_remote(argv[0])};
	struct session *session = NULL;
	int status = read_options(&call, argc, argv), r;

	if (status != EXIT_OK)
		return status;
	r = session_open(&session, call.socket_path);
	if (r < 0) {
		say_no_session(address_choose(call.socket_path), r);
		return EXIT_TROUBLE;
	}
	status = call.remote->run(&call, session);
	session_close(session);
	return status;
}
