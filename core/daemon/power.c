/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/power.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-bus.h>

#include "core/base/cleanup.h"
#include "core/base/log.h"
#include "core/daemon/child.h"

#define LOGIN "org.freedesktop.login1"
#define LOGIN_PATH "/org/freedesktop/login1"
#define LOGIN_MANAGER "org.freedesktop.login1.Manager"
#define LINE_BYTES_MAX 4096

struct power {
	const struct power_options *options; /* borrowed */
	sd_event *event; /* borrowed */
	sd_bus *bus; /* NULL: not connected */
	sd_bus_slot *inhibit_slot, *halt_slot, *signal_slots[2];
	enum halting_reason told; /* what logind has said that it is going to do */
	int inhibitor_fd; /* owned: as long as it is open nobody shuts down */
	bool is_busy;
	bool has_failed; /* said once */
	struct child *command; /* owned */
	const struct power_handler *handler; /* borrowed */
	void *userdata;
};

static void close_bus(struct power *power)
{
	power->inhibit_slot = sd_bus_slot_unref(power->inhibit_slot);
	power->halt_slot = sd_bus_slot_unref(power->halt_slot);
	for (size_t i = 0; i < 2; i++)
		power->signal_slots[i] = sd_bus_slot_unref(power->signal_slots[i]);
	power->bus = sd_bus_close_unref(power->bus);
}

/* --- when others shut the machine down --- */

static void tell_going_down(struct power *power, enum halting_reason reason)
{
	power->told = reason;
	power->handler->going_down(power->userdata, reason);
}

/* org.freedesktop.login1(5): "type" is "power-off", "reboot", "halt", "kexec" or "soft-reboot". */
static enum halting_reason read_reason(sd_bus_message *message)
{
	const char *key, *type = "";
	bool is_type = false;

	if (sd_bus_message_enter_container(message, 'a', "{sv}") < 0)
		return HALTING_POWEROFF;
	while (!is_type && sd_bus_message_enter_container(message, 'e', "sv") > 0) {
		if (sd_bus_message_read(message, "s", &key) < 0)
			break;
		is_type = !strcmp(key, "type");
		if ((is_type ? sd_bus_message_read(message, "v", "s", &type)
			     : sd_bus_message_skip(message, "v")) < 0 ||
			sd_bus_message_exit_container(message) < 0)
			break;
	}
	return strstr(type, "reboot") || !strcmp(type, "kexec") ? HALTING_REBOOT : HALTING_POWEROFF;
}

/* Older systemd sends the plain one only, newer ones both, in an order that is not promised. */
static int on_prepare(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct power *power = userdata;
	bool has_type = sd_bus_message_has_signature(message, "ba{sv}");
	int is_going;

	(void)error;
	if (sd_bus_message_read(message, "b", &is_going) < 0)
		return 0;
	if (!is_going)
		tell_going_down(power, HALTING_NONE);
	else if (has_type)
		tell_going_down(power, read_reason(message));
	else if (power->told == HALTING_NONE)
		tell_going_down(power, HALTING_POWEROFF);
	return 0;
}

static int listen_to_logind(struct power *power)
{
	static const char *const signals[] = {
		"PrepareForShutdown", "PrepareForShutdownWithMetadata"};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < 2; i++)
		r = sd_bus_match_signal_async(power->bus, &power->signal_slots[i], LOGIN,
			LOGIN_PATH, LOGIN_MANAGER, signals[i], on_prepare, NULL, power);
	return r;
}

/* Only begins to connect; a bus that is not there says so at once. */
static int open_bus(struct power *power)
{
	int r;

	if (power->bus && sd_bus_is_open(power->bus) > 0)
		return 0;
	close_bus(power);
	r = sd_bus_open_system(&power->bus);
	if (r >= 0)
		r = sd_bus_attach_event(power->bus, power->event, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = listen_to_logind(power);
	if (r < 0)
		close_bus(power);
	return r < 0 ? r : 0;
}

/* --- keeping the machine awake --- */

static void say_uninhibited(struct power *power, int error)
{
	if (!power->has_failed)
		(void)log_errno(LOG_LEVEL_INFO, error,
			"the system cannot be kept from shutting down while cards are copied");
	power->has_failed = true;
}

static int on_inhibited(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct power *power = userdata;
	int fd = -1, r;

	(void)error;
	if (sd_bus_message_is_method_error(message, NULL)) {
		say_uninhibited(power, -sd_bus_message_get_errno(message));
		return 0;
	}
	r = sd_bus_message_read(message, "h", &fd); /* the message owns fd */
	if (r < 0 || !power->is_busy)
		return 0;
	fd_close(power->inhibitor_fd);
	power->inhibitor_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return 0;
}

static int ask_inhibitor(struct power *power)
{
	power->inhibit_slot = sd_bus_slot_unref(power->inhibit_slot);
	return sd_bus_call_method_async(power->bus, &power->inhibit_slot, LOGIN, LOGIN_PATH,
		LOGIN_MANAGER, "Inhibit", on_inhibited, power, "ssss", "shutdown:sleep", "imgtank",
		"A card is being copied", "block");
}

void power_set_busy(struct power *power, bool is_busy)
{
	int r;

	if (!power->options->use_logind || power->is_busy == is_busy)
		return;
	power->is_busy = is_busy;
	if (!is_busy) {
		fd_close(TAKE_FD(power->inhibitor_fd));
		return;
	}
	r = open_bus(power);
	if (r == 0)
		r = ask_inhibitor(power);
	if (r < 0)
		say_uninhibited(power, r);
}

/* --- shutting down --- */

static int on_halt_answer(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct power *power = userdata;

	(void)error;
	if (sd_bus_message_is_method_error(message, NULL))
		power->handler->failed(power->userdata, -sd_bus_message_get_errno(message));
	return 0; /* else systemd stops this daemon presently */
}

static void on_command_line(void *userdata, const char *line, size_t length)
{
	(void)userdata;
	(void)line;
	(void)length;
}

static void on_command_ended(void *userdata, const siginfo_t *how)
{
	struct power *power = userdata;
	bool is_done = how->si_code == CLD_EXITED && how->si_status == 0;

	child_free(TAKE_PTR(power->command));
	if (!is_done)
		power->handler->failed(power->userdata, -EIO);
}

static const struct child_handler command_handler = {on_command_line, on_command_ended};

static int run_command(struct power *power, const char *command)
{
	const char *const argv[] = {"/bin/sh", "-c", command, NULL};

	child_free(TAKE_PTR(power->command));
	return child_new(
		&power->command, power->event, argv, LINE_BYTES_MAX, &command_handler, power);
}

static int ask_logind(struct power *power, const char *method)
{
	int r = power->options->use_logind ? open_bus(power) : -EOPNOTSUPP;

	if (r < 0)
		return r;
	power->halt_slot = sd_bus_slot_unref(power->halt_slot);
	return sd_bus_call_method_async(power->bus, &power->halt_slot, LOGIN, LOGIN_PATH,
		LOGIN_MANAGER, method, on_halt_answer, power, "b", 0);
}

void power_halt(struct power *power, enum halting_reason reason)
{
	bool is_poweroff = reason == HALTING_POWEROFF;
	const char *command =
		is_poweroff ? power->options->poweroff_command : power->options->reboot_command;
	int r;

	power_set_busy(power, false);
	r = *command ? run_command(power, command)
		     : ask_logind(power, is_poweroff ? "PowerOff" : "Reboot");
	if (r < 0)
		power->handler->failed(power->userdata, r);
}

int power_new(struct power **ret, sd_event *event, const struct power_options *options,
	const struct power_handler *handler, void *userdata)
{
	struct power *power = calloc(1, sizeof(*power));

	if (!power)
		return -ENOMEM;
	power->options = options;
	power->event = event;
	power->inhibitor_fd = -1;
	power->handler = handler;
	power->userdata = userdata;
	if (options->use_logind)
		(void)open_bus(power); /* without a bus there is nobody who would tell */
	*ret = power;
	return 0;
}

void power_free(struct power *power)
{
	if (!power)
		return;
	fd_close(power->inhibitor_fd);
	close_bus(power);
	child_free(power->command);
	free(power);
}
