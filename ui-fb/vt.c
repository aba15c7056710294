/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui-fb/vt.h"

#include "core/base/fd.h"
#include "core/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* One per process, as a crash handler has no other way to find it. -1: not taken. */
static atomic_int taken_fd = -1;
static atomic_int found_mode = KD_TEXT;
static int signal_fd = -1;

static bool is_terminal(int fd)
{
	struct vt_mode mode;

	return ioctl(fd, VT_GETMODE, &mode) == 0;
}

static int terminal_find(void)
{
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

	if (fd >= 0 && is_terminal(fd))
		return fd;
	fd_close(fd);
	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && is_terminal(fd))
		return fd;
	fd_close(fd);
	return -ENOTTY;
}

static int signals_take(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	int error = pthread_sigmask(SIG_BLOCK, &set, NULL);

	if (error != 0)
		return -error;
	signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return signal_fd < 0 ? -errno : 0;
}

static int terminal_take(int fd)
{
	struct vt_mode mode = {.mode = VT_PROCESS, .relsig = SIGUSR1, .acqsig = SIGUSR2};
	int found = KD_TEXT;

	if (ioctl(fd, KDGETMODE, &found) < 0 || ioctl(fd, VT_SETMODE, &mode) < 0)
		return -errno;
	/* From here on a crash must undo it. */
	atomic_store(&found_mode, found);
	atomic_store(&taken_fd, fd);
	return ioctl(fd, KDSETMODE, KD_GRAPHICS) < 0 ? -errno : 0;
}

int vt_open(void)
{
	int fd = terminal_find();

	if (fd < 0)
		return fd;
	int result = signals_take();

	if (result == 0)
		result = terminal_take(fd);
	if (result == 0)
		return signal_fd;
	log_errno(LOG_LEVEL_WARNING, result,
		"The console may draw over the picture: no graphics mode on this terminal");
	if (atomic_load(&taken_fd) < 0)
		fd_close(fd);
	vt_close();
	return -ENOTTY;
}

void vt_restore_now(void)
{
	int fd = atomic_load(&taken_fd);
	struct vt_mode mode = {.mode = VT_AUTO};

	if (fd < 0)
		return;
	ioctl(fd, KDSETMODE, atomic_load(&found_mode));
	ioctl(fd, VT_SETMODE, &mode);
}

void vt_close(void)
{
	vt_restore_now();
	fd_close(atomic_exchange(&taken_fd, -1));
	fd_close(signal_fd);
	signal_fd = -1;
}

enum vt_news vt_read(void)
{
	struct signalfd_siginfo info;

	if (signal_fd < 0 || read(signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return VT_NEWS_NONE;
	return info.ssi_signo == SIGUSR1 ? VT_NEWS_LEAVE : VT_NEWS_ENTER;
}

void vt_left(void)
{
	ioctl(atomic_load(&taken_fd), VT_RELDISP, 1);
}

void vt_entered(void)
{
	ioctl(atomic_load(&taken_fd), VT_RELDISP, VT_ACKACQ);
}
