/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/daemon/power.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

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
	sd_bus_slot *inhibit_slot, *halt_slot;
	int inhibitor_fd; /* owned: as long as it is open nobody shuts down */
	bool is_busy;
	bool has_failed; /* said once */
	struct child *command; /* owned */
	power_failed_fn failed;
	void *userdata;
};

static void close_bus(struct power *power)
{
	power->inhibit_slot = sd_bus_slot_unref(power->inhibit_slot);
	power->halt_slot = sd_bus_slot_unref(power->halt_slot);
	power->bus = sd_bus_close_unref(power->bus);
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
		power->failed(power->userdata, -sd_bus_message_get_errno(message));
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
		power->failed(power->userdata, -EIO);
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
		power->failed(power->userdata, r);
}

int power_new(struct power **ret, sd_event *event, const struct power_options *options,
	power_failed_fn failed, void *userdata)
{
	struct power *power = calloc(1, sizeof(*power));

	if (!power)
		return -ENOMEM;
	power->options = options;
	power->event = event;
	power->inhibitor_fd = -1;
	power->failed = failed;
	power->userdata = userdata;
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
