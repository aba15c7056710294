/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake_logind.c - org.freedesktop.login1 on the bus of DBUS_SYSTEM_BUS_ADDRESS, for tests.
 *
 * Says on standard output what it was asked: "ready", "inhibit WHAT WHO MODE",
 * "released", "PowerOff 0". With the argument "refuse" it refuses everything. SIGUSR1: tells all
 * that the machine is going down, as systemd 252 does; SIGUSR2: that it is restarting, as 257
 * does; SIGHUP: that it stays on; then it says "told".
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define NAME "org.freedesktop.login1"

static bool must_refuse;

/* The other end of an inhibitor was closed. */
static int on_released(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)revents;
	(void)userdata;
	(void)close(fd);
	(void)sd_event_source_disable_unref(source);
	(void)puts("released");
	return 0;
}

static int on_inhibit(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	const char *what, *who, *why, *mode;
	sd_event_source *source = NULL;
	int fds[2], r;

	if (must_refuse)
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "not you");
	r = sd_bus_message_read(message, "ssss", &what, &who, &why, &mode);
	if (r < 0)
		return r;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return sd_bus_error_set(error, SD_BUS_ERROR_FAILED, "no pipe");
	(void)printf("inhibit %s %s %s\n", what, who, mode);
	r = sd_event_add_io(userdata, &source, fds[0], 0, on_released, NULL);
	if (r >= 0)
		r = sd_bus_reply_method_return(message, "h", fds[1]);
	(void)close(fds[1]);
	return r;
}

static int on_halt(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	int is_interactive;
	int r = sd_bus_message_read(message, "b", &is_interactive);

	(void)userdata;
	if (r < 0)
		return r;
	(void)printf("%s %d\n", sd_bus_message_get_member(message), is_interactive);
	if (must_refuse)
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "not you");
	return sd_bus_reply_method_return(message, NULL);
}

static const sd_bus_vtable table[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Inhibit", "ssss", "h", on_inhibit, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("PowerOff", "b", "", on_halt, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Reboot", "b", "", on_halt, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("PrepareForShutdown", "b", 0),
	SD_BUS_SIGNAL("PrepareForShutdownWithMetadata", "ba{sv}", 0),
	SD_BUS_VTABLE_END,
};

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	static const char path[] = "/org/freedesktop/login1", interface[] = NAME ".Manager";
	int r = 0;

	(void)source;
	if (info->ssi_signo == SIGUSR2)
		r = sd_bus_emit_signal(userdata, path, interface, "PrepareForShutdownWithMetadata",
			"ba{sv}", 1, 2, "colour", "s", "red", "type", "s", "reboot");
	if (r >= 0)
		r = sd_bus_emit_signal(userdata, path, interface, "PrepareForShutdown", "b",
			info->ssi_signo != SIGHUP);
	if (r >= 0)
		(void)puts("told");
	return r;
}

static int listen_to_signals(sd_event *event, sd_bus *bus)
{
	static const int signals[] = {SIGUSR1, SIGUSR2, SIGHUP};
	sigset_t set;
	int r = 0;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < 3; i++)
		(void)sigaddset(&set, signals[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; r >= 0 && i < 3; i++)
		r = sd_event_add_signal(event, NULL, signals[i], on_signal, bus);
	return r;
}

int main(int argc, char **argv)
{
	sd_event *event = NULL;
	sd_bus *bus = NULL;
	int r = sd_event_new(&event);

	must_refuse = argc > 1 && !strcmp(argv[1], "refuse");
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (r >= 0)
		r = sd_bus_open_system(&bus);
	if (r >= 0)
		r = sd_bus_add_object_vtable(
			bus, NULL, "/org/freedesktop/login1", NAME ".Manager", table, event);
	if (r >= 0)
		r = sd_bus_attach_event(bus, event, 0);
	if (r >= 0)
		r = sd_bus_request_name(bus, NAME, 0);
	if (r >= 0)
		r = listen_to_signals(event, bus);
	if (r >= 0) {
		(void)puts("ready");
		r = sd_event_loop(event);
	}
	(void)fprintf(stderr, "fake_logind: %s\n", strerror(-r));
	sd_bus_flush_close_unref(bus);
	(void)sd_event_unref(event);
	return EXIT_FAILURE;
}
