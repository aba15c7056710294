/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_setup.c - `imgtank setup`: finds the program of a step and becomes it. The steps are
 * scripts (access/), as what they do is calling the system's own tools.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "core/base/text.h"
#include "core/cli/cli.h"

static const char *const steps[] = {"ap", "mdns", "samba", "tank", "ui", "web"};

static bool is_step(const char *name)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!strcmp(steps[i], name))
			return true;
	return false;
}

/* The steps call imgtank themselves, this one, and write where it reads. */
static void tell_where_we_are(void)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	(void)setenv("IMGTANK_ETC", IMGTANK_SYSCONF_DIR, 1);
	if (length <= 0)
		return;
	self[length] = '\0';
	(void)setenv("IMGTANK", self, 1);
}

static int become(const char *step, char **argv)
{
	const char *folder = secure_getenv("IMGTANK_SETUP_DIR");
	char path[PATH_MAX];

	if (!text_format(path, sizeof(path), "%s/%s",
		    folder ? folder : IMGTANK_LIBEXEC_DIR "/setup", step))
		return EXIT_TROUBLE;
	tell_where_we_are();
	(void)execv(path, argv);
	(void)fprintf(stderr,
		"imgtank: The set-up program %s cannot be started: %s.\n"
		"  Nothing was changed.\n"
		"  Install imgtank again.\n",
		path, strerrordesc_np(errno) ?: "?");
	return EXIT_TROUBLE;
}

static int run(int argc, char **argv)
{
	if (argc < 2)
		return become("ask", (char *[]){(char[]){"ask"}, NULL});
	if (!is_step(argv[1]))
		return cli_usage_error(&command_setup, "there is no step '%s'", argv[1]);
	return become(argv[1], argv + 1);
}

const struct cli_command command_setup = {
	.name = "setup",
	.summary = "set the box up: its disk, front ends, network",
	.help = "Usage: imgtank setup\n"
		"       imgtank setup tank [--disk NAME [--erase NAME [--file-system "
		"ext4|exfat]]]\n"
		"                          [--mount DIR] [--dry-run]\n"
		"       imgtank setup ui [NAME...] [--dry-run]\n"
		"       imgtank setup web [--port PORT] [--password-file FILE | --code]\n"
		"                         [--tls | --certificate FILE --key FILE] [--dry-run]\n"
		"       imgtank setup samba [--tank DIR] [--drop DIR] [--password-file FILE]\n"
		"                           [--dry-run]\n"
		"       imgtank setup ap --country CC [--name NAME] [--interface NAME] [--address "
		"IP]\n"
		"                        [--password-file FILE] [--share-uplink] [--sae] [--port "
		"PORT]\n"
		"                        [--dry-run]\n"
		"       imgtank setup mdns [--port PORT] [--dry-run]\n"
		"       imgtank setup STEP --undo [--dry-run]\n"
		"\n"
		"Without a step it asks for each. Each step says what it does, checks the result "
		"by using it, and can be run "
		"again.\n"
		"access.md in /usr/share/doc/imgtank tells what each one changes.\n"
		"\n"
		"tank: the disk that cards are copied to, mounted at every start if it is there;\n"
		"without a disk it shows those that there are\n"
		"  --disk NAME           use the file system that is on it, and keep what is "
		"there\n"
		"  --erase NAME          the same name once more: erase it first\n"
		"  --file-system KIND    then make this one: ext4 (default) or exfat\n"
		"  --mount DIR           where (default: the tank's folder in the configuration)\n"
		"\n"
		"ui: which front ends run; names, or auto: those whose hardware is here, or none\n"
		"\n"
		"web: the page for browsers in the same network, with uploads; asks for a "
		"password\n"
		"  --port PORT           where it is (default: 80, with TLS 443, which browsers\n"
		"                        need not be told)\n"
		"  --password-file FILE  its first line is the password; - is standard input\n"
		"  --code                no password: a code on the box's screen for each log-in\n"
		"  --tls                 https, with a certificate that is made here; browsers "
		"warn "
		"once;\n"
		"                        http:// leads there, if port 80 is free\n"
		"  --certificate FILE    https, with this one (PEM)\n"
		"  --key FILE            and its key (PEM)\n"
		"\n"
		"samba: the pictures as a network share that can only be read, and a share to put\n"
		"pictures into that can only be written; only with the password\n"
		"  --tank DIR            the tank's folder (default: from the configuration)\n"
		"  --drop DIR            the folder that is dropped into (default:\n"
		"                        /var/spool/imgtank/drop)\n"
		"  --password-file FILE  its first line is the password; - is standard input\n"
		"                        (default: one is made up and shown)\n"
		"\n"
		"ap: a Wi-Fi of the box's own, in which it is called 'imgtank'\n"
		"  --country CC          where the box is, as in DE: its rules for radios are "
		"kept\n"
		"  --name NAME           what the Wi-Fi is called (default: imgtank)\n"
		"  --interface NAME      the radio (default: the first one)\n"
		"  --address IP          the box's address in it (default: 192.168.100.1)\n"
		"  --password-file FILE  as above\n"
		"  --share-uplink        also let those in it reach the network that the box is "
		"in\n"
		"  --sae                 WPA3 (SAE) beside WPA2; not every radio can\n"
		"  --port PORT           where its web page is (default: as set up)\n"
		"\n"
		"mdns: phones and file managers find the box by themselves, by Avahi\n"
		"  --port PORT           where its web page is (default: as set up)\n"
		"\n"
		"  --undo                take the step back: all is as it was before it\n"
		"  --dry-run             only show what would be done\n",
	.run = run,
};
